"""A stranger who knows an address, a reference and the public pages gets into no file by them."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

import samples
from chalicelib.cases.case import Case
from chalicelib.core.errors import BadLink, Overtaken
from chalicelib.core.letter_row import APPLICANT, FIDUCIARY, NEW_ADDRESS, OLD_ADDRESS
from chalicelib.mail.writers.context import CaseLetter
from journey import ADA, RITA, Journey
from letter_facts import LETTERS
from visitor import token

EVE = "eve@example.net"
"""The stranger, who writes her own address wherever a form takes one that is not Ada's."""


@pytest.fixture
def invited(way: Journey) -> Case:
    case = way.declare()
    way.decide(RITA, decision="approve")
    way.after_undo()
    return way.again(case)


def apply(way: Journey, **fields: Any) -> dict[str, Any]:
    """What a script is answered that posts an application."""
    answer = way.visitor.send("/forms/application", samples.application(**fields))
    assert answer.status_code == 201, answer.body
    way.deliver()
    found: dict[str, Any] = answer.json_body
    return found


def confirming(way: Journey) -> str:
    """The page that the last letter to confirm an application leads to."""
    mails = [m for m in way.mailer.to(ADA) if "Confirmez votre demande" in m.subject]
    return f"/file/{token(mails[-1].text, 'file')}"


def test_a_stranger_takes_no_file_over(way: Journey) -> None:
    """A1, played whole: EOI in Ada's name, then the application with her reference and address."""
    told = way.visitor.send("/forms/eoi", samples.eoi())
    way.deliver()
    case = way.case(told.json_body["ref"])
    standing = f"/file/{token(told.json_body['links']['status'], 'file')}"
    way.decide(RITA, decision="approve")
    way.after_undo()
    taken = apply(
        way, ref=told.json_body["ref"], applicant_email=ADA, fid_lead_email=EVE,
        problem="Le texte de l’étrangère.",
    )  # fmt: skip
    way.deliver()
    assert way.letters(EVE) == []
    receipt = f"/file/{token(taken['links']['status'], 'file')}"
    for link in (standing, receipt):
        page = way.visitor.page(link).body.decode()
        assert "Jeunes en action" not in page
        for action in ("withdraw", "correct", "reply", "confirm"):
            fields = [("action", action), ("confirm", "on"), ("address", EVE), ("answer", "x")]
            answer = way.visitor.submit(link, [*fields, ("nonce", _nonce(way, link))])
            assert answer.status_code in (404, 409, 422)
    after = way.again(case)
    assert (after.state, after.mail_to, after.application) == ("EOI_APPROVED", ADA, None)
    assert way.events(case) == ["submit", "approve"], "her file was not touched"
    mine = apply(way, invite=way.invite(), fid_city="Laval")
    assert mine["ref"] == f"DF-{case.id}"
    assert way.again(case).state == "APP_PENDING"


def _nonce(way: Journey, link: str) -> str:
    return way.service.links.nonce(link.rpartition("/")[2])


def test_a_confirmed_application_joins_its_file_as_with_an_invitation(
    way: Journey, invited: Case
) -> None:
    told = apply(way, ref=invited.ref.lower())
    orphan = way.case(told["ref"])
    assert (orphan.state, orphan.claims) == ("ORPHAN_APP", invited.id)
    assert way.again(invited).state == "EOI_APPROVED", "nothing moves before she confirms"
    link = confirming(way)
    page = way.visitor.page(link)
    assert "Jeunes en action" in page.body.decode(), "she sees what she confirms"
    assert way.again(invited).state == "EOI_APPROVED", "looking changes nothing"
    assert way.do(link, action="confirm", confirm="").status_code == 422
    assert way.do(link, action="confirm").status_code == 200
    way.deliver()
    joined, left = way.again(invited), way.again(orphan)
    assert (joined.state, left.state, left.linked_to) == ("APP_PENDING", "LINKED", invited.id)
    assert joined.application == orphan.application
    assert "Nous avons bien reçu votre demande" in way.subjects(ADA)[-1]
    invite = way.invite()
    again = way.visitor.send("/forms/application", samples.application(invite=invite, fid_city="X"))
    assert again.status_code == 409, "the invitation is spent"
    code = way.code(RITA)
    assert way.decide(RITA, decision="approve", code=code).status_code == 200


def test_confirming_twice_says_the_same_and_changes_nothing_more(
    way: Journey, invited: Case
) -> None:
    apply(way, ref=invited.ref)
    link = confirming(way)
    nonce = _nonce(way, link)
    fields = [("nonce", nonce), ("action", "confirm"), ("confirm", "on")]
    first, second = (way.visitor.submit(link, fields) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert way.events(invited).count("apply_confirmed") == 1


def test_of_two_applications_one_is_confirmed_and_the_other_stays_with_the_staff(
    way: Journey, invited: Case
) -> None:
    apply(way, ref=invited.ref, fid_lead_email=EVE)
    first = confirming(way)
    told = apply(way, ref=invited.ref, fid_city="Laval")
    second = confirming(way)
    assert way.do(second, action="confirm").status_code == 200
    late = way.do(first, action="confirm")
    assert late.status_code == 409
    assert way.case(told["ref"]).state == "LINKED"
    states = sorted(str(row["state"]) for row in way.store.kinds("case"))
    assert states == ["APP_PENDING", "LINKED", "ORPHAN_APP"]


def test_what_was_sent_in_time_is_confirmed_after_the_invitation_ended(
    way: Journey, invited: Case
) -> None:
    way.clock.pass_(days=179)
    way.deliver()
    apply(way, ref=invited.ref)
    link = confirming(way)
    way.clock.pass_(days=5)
    way.deliver()
    assert way.again(invited).state == "INVITE_EXPIRED"
    assert way.do(link, action="confirm").status_code == 200
    assert way.again(invited).state == "APP_PENDING"


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"applicant_email": EVE},
        {"ref": "DI-2026-00000-0"},
        {"ref": "rubbish"},
        {"applicant_email": EVE, "ref": ""},
    ],
    ids=["fits", "another address", "no such file", "rubbish", "none"],
)
def test_the_answer_does_not_tell_whether_reference_and_address_fit(
    way: Journey, invited: Case, change: dict[str, str]
) -> None:
    told = apply(way, **{"ref": invited.ref, **change})
    orphan = way.case(told["ref"])
    assert told["ref"] == f"DF-{orphan.id}"
    assert orphan.id != invited.id, "a reference of its own"
    assert told["message"] == f"Nous avons bien reçu votre demande ({told['ref']})."
    assert set(told) <= {"ref", "status", "message", "links", "warnings"}
    assert told["status"] == "received"
    page = way.visitor.page(f"/file/{token(told['links']['status'], 'file')}").body.decode()
    assert invited.ref not in page
    assert invited.org not in page or change.get("applicant_email") is None
    assert orphan.state == "ORPHAN_APP"
    assert (orphan.claims == invited.id) is (not change)
    assert way.again(invited).state == "EOI_APPROVED"


@pytest.mark.parametrize("state", ["EOI_PENDING", "undo", "WITHDRAWN", "APP_PENDING"])
def test_a_reference_of_a_file_that_waits_for_no_application_claims_nothing(
    way: Journey, state: str
) -> None:
    case = way.declare()
    if state != "EOI_PENDING":
        way.decide(RITA, decision="approve")
    if state in ("WITHDRAWN", "APP_PENDING"):
        way.after_undo()
    if state == "WITHDRAWN":
        way.do(way.own(), "?do=withdraw", action="withdraw")
    if state == "APP_PENDING":
        apply(way, invite=way.invite())
    before = way.again(case)
    told = apply(way, ref=case.ref, fid_city="Laval")
    assert way.case(told["ref"]).claims is None
    assert way.again(case) == before


def test_a_moved_address_confirms_nothing_any_more(way: Journey, invited: Case) -> None:
    apply(way, ref=invited.ref)
    link = confirming(way)
    way.service.cases.applicant.correct_address(way.again(invited), "ada@new.org", by="rita-roy")
    assert way.visitor.page(link).status_code == 404
    assert way.visitor.submit(link, [("action", "confirm"), ("confirm", "on")]).status_code == 404
    assert way.again(invited).state == "EOI_APPROVED"


def test_staff_see_what_an_application_claims_and_that_nobody_confirmed_it(
    way: Journey, invited: Case
) -> None:
    apply(way, ref=invited.ref)
    letter = way.letters(RITA)[-1]
    page = way.visitor.page(way.review(RITA)).body.decode()
    for text in (letter, page):
        assert f"indique la référence {invited.ref}" in text
        assert "n’a pas encore confirmé" in text
        assert f"même adresse courriel\u00a0: {ADA}" in text
    assert way.press(way.review(RITA), decision="link", target=invited.ref).status_code == 200
    assert way.again(invited).state == "APP_PENDING", "and may link it themselves"


def test_an_application_that_its_address_disowns_joins_nothing_and_staff_are_told(
    way: Journey, invited: Case
) -> None:
    told = apply(way, ref=invited.ref)
    link = confirming(way)
    answer = way.visitor.submit(link, [("action", "not_me"), ("nonce", "forged")])
    assert answer.status_code == 422
    fields = [("action", "not_me"), ("nonce", _nonce(way, link))]
    for _ in range(2):
        answer = way.visitor.submit(link, fields)
        assert answer.status_code == 200
        assert "rien n’a été changé" in answer.body.decode()
    way.deliver()
    orphan = way.case(told["ref"])
    assert (orphan.state, way.events(orphan).count("disown")) == ("ORPHAN_APP", 1)
    assert way.again(invited) == invited
    assert "envoyée au nom d’une autre personne" in way.subjects(RITA)[-1]
    page = way.visitor.page(way.review(RITA)).body.decode()
    assert "dit qu’elle ne vient pas d’elle" in page
    assert (
        way.visitor.submit(
            link, [*fields[1:], ("action", "confirm"), ("confirm", "on")]
        ).status_code
        == 409
    ), "what was disowned joins nothing"
    assert "rien n’a été changé" in way.visitor.page(link).body.decode()
    assert apply(way, invite=way.invite(), fid_city="Laval")["ref"] == f"DF-{invited.id}"


def test_the_letter_to_confirm_repeats_nothing_that_was_typed(way: Journey, invited: Case) -> None:
    apply(way, ref=invited.ref, applicant_first_name="Gagnez", fid_legal_name="Offre spéciale")
    mail = way.mailer.to(ADA)[-1]
    for part in (mail.text, mail.html, mail.subject):
        assert "Gagnez" not in part
        assert "Offre" not in part


@pytest.mark.parametrize("action", ["withdraw", "correct", "reply", "approve"])
def test_the_link_to_confirm_does_nothing_else(way: Journey, invited: Case, action: str) -> None:
    told = apply(way, ref=invited.ref)
    orphan = way.case(told["ref"])
    link = confirming(way)
    before = (way.events(invited), way.events(orphan))
    fields = [("nonce", _nonce(way, link)), ("action", action), ("confirm", "on"),
              ("address", EVE), ("answer", "x")]  # fmt: skip
    assert way.visitor.submit(link, fields).status_code == 409
    assert (way.events(invited), way.events(orphan)) == before
    assert way.visitor.page(link.replace("/file/", "/review/")).status_code == 410


def test_an_invitation_used_with_another_address_moves_nothing_before_that_is_proved(
    way: Journey, invited: Case
) -> None:
    apply(way, invite=way.invite(), applicant_email=EVE)
    joined = way.again(invited)
    assert (joined.state, joined.mail_to, joined.person) == ("APP_PENDING", ADA, invited.person)
    assert "Nous avons bien reçu votre demande" in "".join(way.subjects(ADA))
    assert EVE in way.letters(ADA, "autre adresse")[-1], "the old address is told"
    assert "Confirmez votre adresse courriel" in way.subjects(EVE)[-1]
    page = way.visitor.page(way.review(RITA)).body.decode()
    for text in (page, way.letters(RITA)[-1]):
        assert EVE in text
        assert ADA in text
        assert "Les courriels vont à celle du dossier" in text
    assert way.do(way.own(EVE), action="confirm").status_code == 200
    way.deliver()
    assert way.again(invited).mail_to == EVE
    for address in (ADA, EVE):
        assert "Votre adresse courriel a été modifiée" in way.subjects(address)[-1]


def test_an_application_linked_by_staff_leaves_the_file_s_address(
    way: Journey, invited: Case
) -> None:
    """A4: an application in the name of Ada's organization, from an address of the stranger's."""
    apply(way, applicant_email=EVE, fid_lead_email=EVE)
    review = way.review(RITA)
    for text in (way.visitor.page(review).body.decode(), way.letters(RITA)[-1]):
        assert f"par son nom ou son numéro seulement, autre adresse courriel\u00a0: {ADA}" in text
    assert way.press(review, decision="link", target=invited.ref).status_code == 200
    way.deliver()
    joined = way.again(invited)
    assert (joined.state, joined.mail_to) == ("APP_PENDING", ADA)
    assert EVE in way.letters(ADA, "autre adresse")[-1], "the file's address is told"
    assert "Nous avons bien reçu votre demande" in "".join(way.subjects(ADA))
    before = len(way.letters(EVE))
    way.decide(RITA, decision="approve", code=way.code(RITA))
    way.after_undo()
    assert "Votre demande est approuvée" in way.subjects(ADA)[-1]
    assert len(way.letters(EVE)) == before, "no decision reaches the other address"


def test_an_address_that_was_corrected_stays_when_an_application_joins(
    way: Journey, invited: Case
) -> None:
    way.service.cases.applicant.correct_address(invited, "ada@new.org", by="rita-roy")
    way.deliver()
    apply(way, invite=way.invite("ada@new.org"), applicant_email=ADA)
    assert way.again(invited).mail_to == "ada@new.org"


def test_the_fiduciary_learns_that_an_application_was_received_and_no_more(
    way: Journey, invited: Case
) -> None:
    told = apply(way, invite=way.invite(), fid_lead_email=EVE)
    (mail,) = way.mailer.to(EVE)
    assert told["ref"] in mail.text
    for part in (mail.text, mail.html):
        assert "Jeunes en action" not in part
        assert "Ada" not in part
    link = f"/file/{token(mail.text, 'file')}"
    with pytest.raises(BadLink):
        way.service.links._tokens.open("file", link.removeprefix("/file/"))
    assert "Jeunes en action" not in way.visitor.page(link).body.decode()
    fields = [("action", "withdraw"), ("confirm", "on"), ("nonce", _nonce(way, link))]
    assert way.visitor.submit(link, fields).status_code == 409
    assert way.again(invited).state == "APP_PENDING"


def test_a_form_is_proved_by_what_only_its_address_gets(way: Journey) -> None:
    case = way.declare()
    assert case.proved is None, "whoever posts has proved nothing"
    assert "n’a pas encore confirmé" in way.letters(RITA)[-1]
    way.visitor.page(way.own())
    assert way.again(case).proved is None, "a robot that opens links proves nothing"
    way.do(way.own(), action="correct", address="ada@new.org")
    proved = way.again(case).proved
    assert proved == {"eoi": {"at": "2026-03-02T15:00:00.000Z", "by": "link"}}
    page = way.visitor.page(way.review(RITA)).body.decode()
    assert "confirmée par son adresse courriel le 2 mars 2026" in page


def test_an_invitation_proves_declaration_and_application(way: Journey, invited: Case) -> None:
    apply(way, invite=way.invite())
    proved = way.again(invited).proved or {}
    assert {form: proof["by"] for form, proof in proved.items()} == {
        "eoi": "invitation",
        "application": "invitation",
    }


def test_a_confirmed_application_is_proved_and_one_linked_by_staff_is_not(
    way: Journey, invited: Case
) -> None:
    told = apply(way, ref=invited.ref)
    assert way.case(told["ref"]).proved is None
    way.do(confirming(way), action="confirm")
    assert set(way.again(invited).proved or {}) == {"eoi", "application"}
    way.declare(EVE, org_legal_name="Maison Eve")
    way.decide(RITA, decision="approve")
    way.after_undo()
    other = way.case(way.mailer.to(EVE)[-1].subject.partition("(")[2].rstrip(")"))
    apply(way, applicant_email="zoe@example.org", fid_city="Gatineau")
    way.press(way.review(RITA), decision="link", target_ref=other.ref)
    assert way.again(other).application is not None
    assert "application" not in (way.again(other).proved or {})


READERS = (APPLICANT, FIDUCIARY, OLD_ADDRESS, NEW_ADDRESS)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("owner", ["ada", "somebody"])
def test_a_link_with_a_right_is_in_no_letter_but_to_the_file_s_own_address(
    way: Journey, invited: Case, reader: str, owner: str
) -> None:
    """Every letter of a case to anybody outside × every reader, with addresses that are the
    file's and that are not."""
    address = ADA if owner == "ada" else EVE
    told = apply(way, applicant_email=EVE, fid_lead_email=address)
    application = way.case(told["ref"]).application
    links, case = way.service.links, replace(
        invited, application=application, claims="2026-4T7KQ-M",
        conditions=[], closed={"from": "EOI_PENDING", "at": "2026-03-02T15:00:00.000Z"},
    )  # fmt: skip
    facts = {
        "old_address": address, "new_address": address, "message": "m", "reasons": [],
        "reply_by": "2026-04-01", "conditions": [], "answer": "a", "clock": "C",
        "until": "2026-04-01", "last": False, "coach": "c",
    }  # fmt: skip
    owed = CaseLetter(case, "fr", facts, reader, way.clock(), way.store, links)
    is_own = owed.address == ADA
    seen = 0
    for name, registered in LETTERS.items():
        if registered.facts_of.__annotations__.get("owed") is not CaseLetter:
            continue
        try:
            given = registered.facts_of(owed)
        except Overtaken:
            continue
        seen += 1
        urls = [v for v in given.values() if isinstance(v, str) and v.startswith("https://")]
        for url in urls:
            may = purposes(way, url)
            if name in ("application_confirm", "address_confirm"):
                continue  # Each goes by its own reader alone, and its link does one thing.
            assert is_own or not may & {"file", "invite"}, (name, reader, url)
    assert seen > 15


def purposes(way: Journey, url: str) -> set[str]:
    """What a link opens, by trying every purpose that is signed."""
    found = set()
    end = url.rpartition("/")[2].rpartition("invite=")[2]
    for purpose in ("file", "invite", "standing", "address", "claim"):
        with suppress(BadLink):
            way.service.links._tokens.open(purpose, end)
            found.add(purpose)
    return found


def test_staff_s_form_letters_name_one_reader_each() -> None:
    """Whole links go to one kind of reader: a letter for two kinds would need two texts."""
    outside = {name: one.readers & set(READERS) for name, one in LETTERS.items()}
    shared = {name for name, readers in outside.items() if len(readers) > 1}
    assert shared == {"address_changed"}


def test_whoever_posted_a_form_learns_nothing_of_what_came_to_its_file_since(way: Journey) -> None:
    """Within the day: she is invited, and applies; the link of the first post is over, and stays so."""
    told = way.visitor.send("/forms/eoi", samples.eoi())
    way.deliver()
    link = f"/file/{token(told.json_body['links']['status'], 'file')}"
    assert way.visitor.get(link).json_body["ref"] == told.json_body["ref"]
    way.decide(RITA, decision="approve")
    way.after_undo()
    assert way.visitor.get(link).status_code == 410
    applied = apply(way, invite=way.invite())
    assert way.visitor.get(link).status_code == 410
    assert applied["ref"] not in way.visitor.page(link).body.decode()
    hers = f"/file/{token(applied['links']['status'], 'file')}"
    assert way.visitor.get(hers).json_body["ref"] == applied["ref"]


def test_a_later_request_for_another_address_ends_the_one_before(way: Journey) -> None:
    """The first one was a slip of the pen: whoever reads mail there must not get the file."""
    case = way.declare()
    links = []
    for address in (EVE, "ada@new.example.org"):
        way.do(way.own(), action="correct", address=address)
        way.deliver()
        links.append(f"/file/{token(way.letters(address, '/file/')[-1], 'file')}")
        way.clock.pass_(minutes=1)
    assert way.visitor.page(links[0]).status_code == 404
    assert way.visitor.submit(links[0], [("action", "confirm")]).status_code == 404
    assert way.again(case).mail_to == ADA
    assert way.do(links[1], action="confirm").status_code == 200
    assert way.again(case).mail_to == "ada@new.example.org"
