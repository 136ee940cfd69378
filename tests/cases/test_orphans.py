"""An application without an invitation is kept, and finds its way to the file it belongs to."""

from typing import Any

import pytest

import samples
from chalicelib.cases.case import Case
from chalicelib.cases.effects import Decider
from chalicelib.cases.orphans import Orphans
from chalicelib.core.errors import Conflict
from journey import ADA, RITA, Journey
from visitor import hidden, token

ZOE = "zoe@example.org"


def uninvited(way: Journey, **answers: Any) -> Case:
    told = way.visitor.send("/forms/application", samples.application(**answers))
    assert told.status_code == 201, told.body
    way.deliver()
    return way.case(told.json_body["ref"])


@pytest.fixture
def invited(way: Journey) -> Case:
    case = way.declare()
    way.decide(RITA, decision="approve")
    way.after_undo()
    return way.again(case)


def test_an_application_without_an_invitation_is_kept_and_everybody_is_told(way: Journey) -> None:
    orphan = uninvited(way)
    assert orphan.state == "ORPHAN_APP"
    letter = way.letters(ADA)[-1]
    assert "Rien n’est perdu" in letter
    assert "https://www.example.org/fr/eoi" in letter
    assert "Jeunes en action" not in letter, "nobody has proved the address"
    assert "la rattacher?" in way.subjects(RITA)[-1]
    assert "Aucun dossier ne lui ressemble." in way.letters(RITA)[-1]
    assert "vérification en cours" in way.visitor.page(way.own()).body.decode()


@pytest.mark.parametrize(
    "answers",
    [
        {"applicant_email": ZOE, "fid_legal_name": "TABLE DE QUARTIER Coeur-de-l'Ile",
         "fid_bn": None, "fid_status": "nonprofit"},
        {"applicant_email": ZOE, "fid_legal_name": "La Table de quartier Cœur-de-l’Île, inc.",
         "fid_bn": None, "fid_status": "nonprofit"},
        {"applicant_email": ADA, "fid_legal_name": "Autre nom"},
        {"applicant_email": ZOE, "fid_legal_name": "Autre nom", "fid_bn": "123456782RR0001"},
    ],
    ids=["folded name", "legal form", "same address", "same number"],
)  # fmt: skip
def test_the_likeliest_file_is_found(way: Journey, invited: Case, answers: dict[str, Any]) -> None:
    orphan = uninvited(way, **answers)
    assert invited.ref in way.letters(RITA)[-1]
    page = way.visitor.page(way.review(RITA)).body.decode()
    assert f'value="{invited.ref}"' in page
    assert orphan.ref not in page


def test_at_most_three_files_are_proposed_the_likeliest_first(way: Journey, invited: Case) -> None:
    for number in range(4):
        way.declare(f"p{number}@example.org", org_bn="987654329RR0001", org_city=f"Ville {number}")
        way.decide(RITA, decision="approve")
        way.after_undo()
    uninvited(way)
    page = way.visitor.page(way.review(RITA)).body.decode()
    assert page.count('name="target" value=') == 3
    assert page.index(invited.ref) < page.index('name="target_ref"')
    first = page.partition('name="target" value="')[2].partition('"')[0]
    assert first == invited.ref, "same address, name and number"


def test_an_application_is_linked_to_a_file(way: Journey, invited: Case) -> None:
    orphan = uninvited(way, applicant_email=ZOE)
    review = way.review(RITA)
    assert way.press(review, decision="link").status_code == 422
    assert way.press(review, decision="link", target=invited.ref).status_code == 200
    way.deliver()
    joined, left = way.again(invited), way.again(orphan)
    assert (joined.state, left.state, left.linked_to) == ("APP_PENDING", "LINKED", invited.id)
    assert joined.application == orphan.application
    received = [m for m in way.mailer.to(ADA) if "Nous avons bien reçu votre demande" in m.subject]
    assert joined.app_ref
    assert joined.app_ref in received[-1].text
    (kept,) = [m for m in way.mailer.to(ZOE) if "vérifions" in m.subject]
    mine = f"/file/{token(kept.text, 'file')}"
    assert "Jointe à votre dossier" in way.visitor.page(mine).body.decode()
    assert way.decide(RITA, decision="approve", code=way.code(RITA)).status_code == 200


def test_the_reference_of_another_file_may_be_typed(way: Journey, invited: Case) -> None:
    uninvited(way, applicant_email=ZOE, fid_legal_name="Autre", fid_bn=None, fid_status="nonprofit",
              collective_name="Sans lien", fid_postal_code="G1R 4P3")  # fmt: skip
    review = way.review(RITA)
    assert 'name="target" value=' not in way.visitor.page(review).body.decode()
    for wrong in ("DI-2026-00000-0", "rubbish", ""):
        assert way.press(review, decision="link", target_ref=wrong).status_code == 422
    typed = invited.ref.lower().replace("-", " - ")
    assert way.press(review, decision="link", target_ref=typed).status_code == 200
    assert way.again(invited).state == "APP_PENDING"


def test_two_applications_cannot_be_linked_to_one_file(way: Journey, invited: Case) -> None:
    one = uninvited(way, applicant_email=ZOE)
    two = uninvited(way, applicant_email="max@example.org")
    orphans = Orphans(way.store, way.service.cases.roster, way.clock)
    by = Decider("rita-roy", "Rita Roy")
    orphans.link(one, invited, by)
    with pytest.raises(Conflict):
        orphans.link(two, invited, by)
    assert way.again(two).state == "ORPHAN_APP", "nothing is lost"
    review = way.review(RITA)
    assert way.press(review, decision="link", target_ref=invited.ref).status_code == 422


def test_an_application_is_treated_as_a_declaration(way: Journey) -> None:
    orphan = uninvited(way)
    assert way.decide(RITA, decision="treat_as_eoi").status_code == 200
    way.deliver()
    after = way.again(orphan)
    assert (after.state, after.application) == ("EOI_PENDING", None)
    assert after.answers["org_legal_name"] == "Table de quartier Cœur-de-l’Île"
    assert "Déclaration d’intérêt" in way.subjects(ADA)[-1]
    event = next(e for e in way.store.kinds("event") if e["event"] == "treat_as_eoi")
    assert event["data"]["application"]["fid_city"] == "Montréal", "what was sent is kept"
    assert way.decide(RITA, decision="approve").status_code == 200
    way.after_undo()
    form = way.visitor.get(f"/forms/application?invite={way.invite()}").json_body
    assert form["values"]["fid_legal_name"] == "Table de quartier Cœur-de-l’Île"


def test_an_application_is_declined_and_that_can_be_undone(way: Journey) -> None:
    orphan = uninvited(way)
    review = way.review(RITA)
    way.press(review, decision="decline", reason="incomplete")
    assert way.again(orphan).state == "APP_DECLINED"
    assert way.press(review, decision="undo").status_code == 200
    way.after_undo()
    assert way.again(orphan).state == "ORPHAN_APP"
    assert way.decide(RITA, decision="decline", reason="incomplete").status_code == 200
    way.after_undo()
    assert "Décision concernant votre demande" in way.subjects(ADA)[-1]


def test_a_reference_and_its_address_stand_in_for_the_invitation_once_confirmed(
    way: Journey, invited: Case
) -> None:
    given = {**samples.application(), "ref": invited.ref.lower()}
    told = way.visitor.send("/forms/application", given)
    assert told.status_code == 201
    way.deliver()
    assert way.again(invited).state == "EOI_APPROVED"
    assert way.do(way.own(), action="confirm").status_code == 200
    assert way.again(invited).state == "APP_PENDING"
    receipt = f"/file/{token(told.json_body['links']['status'], 'file')}"
    assert "Jeunes en action" not in way.visitor.page(receipt).body.decode()


@pytest.mark.parametrize("change", [{"applicant_email": ZOE}, {"ref": "DI-2026-00000-0"}])
def test_a_reference_without_its_address_opens_nothing_and_loses_nothing(
    way: Journey, invited: Case, change: dict[str, str]
) -> None:
    given = {**samples.application(), "ref": invited.ref, **change}
    kept = way.visitor.send("/forms/application", given)
    assert kept.status_code == 201
    orphan = way.case(kept.json_body["ref"])
    assert (orphan.state, orphan.claims) == ("ORPHAN_APP", None)
    assert way.again(invited).state == "EOI_APPROVED"


def test_a_browser_is_told_first_and_may_go_on_knowingly(way: Journey) -> None:
    told = way.visitor.page("/forms/application?lang=fr")
    assert told.status_code == 409
    body = told.body.decode()
    assert "uninvited=1" in body
    form = way.visitor.page("/forms/application?lang=fr&uninvited=1")
    assert form.status_code == 200
    pairs = [*samples.as_html(samples.application()), ("uninvited", "1"), ("lang", "fr")]
    sent = way.visitor.submit("/forms/application", pairs)
    assert sent.status_code == 303
    page = way.visitor.page(sent.headers["Location"].partition("/api")[2]).body.decode()
    assert "Merci, c’est bien reçu" in page
    with_ref = way.visitor.page("/forms/application?ref=DI-2026-4T7KQ-M").body.decode()
    assert hidden(with_ref, "ref") == "DI-2026-4T7KQ-M"


def test_the_same_application_with_its_invitation_is_no_repeat(way: Journey, invited: Case) -> None:
    orphan = uninvited(way)
    again = way.visitor.send("/forms/application", samples.application())
    assert again.headers["Idempotent-Replayed"] == "true"
    invite = way.invite()
    told = way.visitor.send("/forms/application", {**samples.application(), "invite": invite})
    assert "Idempotent-Replayed" not in told.headers
    assert told.json_body["ref"] == f"DF-{invited.id}"
    assert way.again(orphan).state == "ORPHAN_APP"


def test_a_replay_with_a_made_up_invitation_shows_nothing(way: Journey, invited: Case) -> None:
    given = {**samples.application(), "invite": way.invite()}
    way.visitor.send("/forms/application", given, Idempotency_Key="k")
    again = way.visitor.send("/forms/application", given, Idempotency_Key="k")
    assert again.headers["Idempotent-Replayed"] == "true"
    for invite in ("rubbish", ""):
        other = way.visitor.send(
            "/forms/application", {**given, "invite": invite}, Idempotency_Key="k"
        )
        assert other.status_code in (409, 422), "another content under the same key"


def test_what_is_held_is_released_as_what_it_is(way: Journey) -> None:
    for number in range(11):
        orphan = uninvited(way, fid_city=f"Ville {number}")
    assert orphan.state == "HELD_AS_SPAM"
    way.service.cases.decisions.release(orphan, Decider("operator", "operator"))
    way.deliver()
    assert way.again(orphan).state == "ORPHAN_APP"
    assert "Nous avons reçu votre demande" in way.subjects(ADA)[-1]


def test_applications_in_somebody_s_name_are_held_for_staff_beyond_ten_a_day(way: Journey) -> None:
    answers = [
        way.visitor.send("/forms/application", samples.application(fid_city=f"Ville {number}"))
        for number in range(12)
    ]
    assert [answer.status_code for answer in answers] == [201] * 12, "nobody is shut out"
    states = [way.case(answer.json_body["ref"]).state for answer in answers]
    assert states == ["ORPHAN_APP"] * 10 + ["HELD_AS_SPAM"] * 2
    way.service.cases.decisions.release(
        way.case(answers[-1].json_body["ref"]), Decider("operator", "operator")
    )
    assert way.case(answers[-1].json_body["ref"]).state == "ORPHAN_APP"


def test_an_approval_that_can_be_undone_opens_nothing(way: Journey) -> None:
    case = way.declare()
    way.decide(RITA, decision="approve")
    orphan = uninvited(way, ref=case.ref)
    assert (orphan.claims, way.again(case).application) == (None, None)
    refused = way.press(way.review(RITA), decision="link", target_ref=case.ref)
    assert refused.status_code == 409
    assert "encore être annulée" in refused.body.decode()
    assert way.again(orphan).state == "ORPHAN_APP"


def test_one_word_in_common_makes_no_candidate(way: Journey, invited: Case) -> None:
    orphan = uninvited(
        way,
        applicant_email=ZOE,
        fid_legal_name="Coeur ouvert de Rimouski",
        fid_bn=None,
        fid_status="nonprofit",
        fid_postal_code="G5L 1A1",
        collective_name="Rien de semblable",
    )
    assert way.service.cases.candidates.of(orphan) == []
    alike = uninvited(
        way, applicant_email=ZOE, fid_legal_name=invited.org, fid_postal_code="G5L 1A1"
    )
    assert [one.id for one in way.service.cases.candidates.of(alike)] == [invited.id]
