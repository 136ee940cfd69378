"""The same organization from another address: staff see both files beside each other."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import samples
from chalicelib.cases.name_index import plain_name
from chalicelib.cases.twins import MAX_TWINS, MAX_TWINS_OPENED
from journey import ADA, RITA, Journey

BEA = "bea@example.org"
BN = "123456782RR0001"
OTHER_BN = "118829803RR0001"


def named(name: str) -> dict[str, str]:
    """A form in which every organization is called so."""
    return {"org_legal_name": name, "collective_name": name}


def page(way: Journey, number: int) -> str:
    """The review page of the file of Rita's n-th letter."""
    letters = way.letters(RITA, "/review/")
    path = letters[number].split("/review/")[1].split()[0].partition("?")[0]
    return way.visitor.page(f"/review/{path}").body.decode()


@pytest.mark.parametrize(
    ("one", "other", "says"),
    [
        ({"org_bn": BN}, {"org_bn": "123456782 RR 0002", "org_legal_name": "Autre"},
         "numéro d’entreprise"),
        ({"org_bn": BN}, {"org_bn": "123456782RR0009", "org_legal_name": "Autre"}, "numéro d’entreprise"),
        ({"org_legal_name": "La Maison Bleue inc."}, {"org_legal_name": "maison bleue"},
         "nom d’organisme"),
        ({"org_legal_name": "Café des Aînés"}, {"org_legal_name": "CAFE DES AINES"},
         "nom d’organisme"),
    ],
)  # fmt: skip
def test_staff_see_both_files_of_an_organization_beside_each_other(
    way: Journey, one: dict[str, str], other: dict[str, str], says: str
) -> None:
    first = way.declare(ADA, **{"org_legal_name": "Une", "org_bn": OTHER_BN, **one})
    assert "d’une autre adresse" not in page(way, 0)
    second = way.declare(BEA, **{"org_bn": "106792021RR0001", **other})
    assert f"Même {says} que {first.ref}" in way.letters(RITA)[-1]
    assert f"Même {says} que {first.ref}" in page(way, -1)
    assert ADA in page(way, -1)
    assert f"Même {says} que {second.ref}" in page(way, 0), "the earlier file shows it too"


def test_an_applications_fiduciary_and_a_corrected_number_count(way: Journey) -> None:
    way.declare(ADA, org_bn=OTHER_BN, org_legal_name="Une")
    orphan = samples.application(applicant_email=BEA, fid_bn=BN, fid_legal_name="Deux")
    ref = way.visitor.send("/forms/application", orphan).json_body["ref"]
    way.deliver()
    assert f"Même nom d’organisme que {ref}" in page(way, 0), "of the collective"
    declared = way.letters(RITA, "/review/")[0].split("/review/")[1].split()[0].partition("?")[0]
    way.press(f"/review/{declared}", decision="ask", message="Quel numéro?")
    way.after_undo()
    own = way.own(ADA)
    nonce = way.visitor.page(own).body.decode().split('name="nonce" value="')[1].split('"')[0]
    form = samples.as_html(samples.eoi(contact_email=ADA, org_bn=BN, org_legal_name="Une"))
    fields = [*form, ("answer", "Voici."), ("revised", "1"), ("nonce", nonce), ("action", "reply")]
    assert way.visitor.submit(own, fields).status_code == 200
    way.deliver()
    assert f"Même numéro d’entreprise que {ref}" in way.letters(RITA)[-1]


def test_files_of_one_address_or_that_never_counted_are_no_doubles(way: Journey) -> None:
    way.declare(ADA, org_bn=BN)
    way.visitor.send("/forms/eoi", samples.eoi(contact_email=ADA, org_bn=BN, org_city="Laval"))
    way.deliver()
    assert "d’une autre adresse" not in page(way, 0)


@pytest.mark.parametrize("others", [0, 1, MAX_TWINS_OPENED + 4])
def test_whatever_the_table_holds_doubles_cost_the_same_few_reads(
    way: Journey, others: int
) -> None:
    """One a number or name of the form, and one for all the files that these name."""
    for number in range(others):
        way.declare(f"other{number}@example.org", org_bn=BN, org_city=f"Ville {number}")
    case = way.declare(ADA, org_bn=BN)
    before = way.store.reads
    found = way.service.cases.candidates.twins(case)
    assert len(found) == min(others, MAX_TWINS)
    assert way.store.reads - before <= (1 if others > MAX_TWINS_OPENED else 4) + min(others, 1)


def test_an_application_that_joined_a_file_stands_for_that_file(way: Journey) -> None:
    case = way.declare(ADA, org_bn=BN)
    joined = way.declare("cleo@example.org", org_bn=OTHER_BN, **named("Trois"))
    way.store.items[case.key] = {**way.store.items[case.key], "linked_to": joined.id}
    new = way.declare(BEA, org_bn=BN, **named("Deux"))
    assert [twin.case.id for twin in way.service.cases.candidates.twins(new)] == [joined.id]
    way.store.items[case.key]["linked_to"] = "2026-NOBODY-9"
    assert way.service.cases.candidates.twins(new) == []


def test_an_erased_file_is_no_double(way: Journey) -> None:
    case = way.declare(ADA, org_bn=BN)
    way.do(way.own(), "?do=withdraw", action="withdraw")
    clock = way.store.items[case.key[0], "CLOCK#R"]
    clock |= {"due_at": "2026-03-02T15:00:00.000Z", "since": "2024-02-01", "until": "2026-02-01"}
    way.deliver()
    way.service.mail.outbox.sweep()
    assert way.again(case).state == "ANONYMISED"
    way.declare(BEA, org_bn=BN)
    assert case.ref not in way.letters(RITA)[-1]


@settings(max_examples=30)
@given(
    st.lists(st.sampled_from(["Maison", "Bleue", "des", "Aînés", "Café", "du"]), min_size=1, max_size=4),
    st.sampled_from(["", " inc.", " Ltée", ", Inc", " OBNL"]),
    st.sampled_from(["", "The ", "La ", "L’"]),
)  # fmt: skip
def test_a_name_is_the_same_however_its_form_and_article_are_written(
    words: list[str], form: str, article: str
) -> None:
    name = " ".join(words)
    assert plain_name(f"{article}{name}{form}".upper()) == plain_name(name)
