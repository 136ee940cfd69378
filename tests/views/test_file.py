"""The applicant's own page: it opens one file, and does what its link gives the right to."""

import inspect
import re

import pytest

import samples
from chalicelib import content
from chalicelib.cases.turnaround import Turnaround, sum_write
from chalicelib.forms import rules
from journey import ADA, RITA, Journey
from visitor import hidden, token

BEA = "bea@example.org"


def test_a_file_is_withdrawn_from_a_page_that_asks_first(way: Journey) -> None:
    case = way.declare()
    own = way.own()
    before = repr(way.store.items)
    page = way.visitor.page(f"{own}?do=withdraw")
    assert "Retirer le dossier" in page.body.decode()
    assert repr(way.store.items) == before, "looking withdraws nothing"
    assert way.do(own, "?do=withdraw", action="withdraw", confirm="").status_code == 422
    assert way.again(case).state == "EOI_PENDING"
    done = way.do(own, "?do=withdraw", action="withdraw", message="Nous reviendrons.")
    assert done.status_code == 200
    way.deliver()
    assert way.again(case).state == "WITHDRAWN"
    assert "est retiré" in way.subjects(ADA)[-1]
    assert "1er avril 2026" in way.letters(ADA)[-1], "30 days to think again"
    assert "Nous reviendrons." in way.letters(RITA)[-1]
    assert "Retirée" in way.visitor.page(own).body.decode()
    assert "do=withdraw" not in way.visitor.page(own).body.decode()
    assert way.do(own, action="withdraw").status_code == 409


def test_a_withdrawn_file_is_reopened_where_it_was(way: Journey) -> None:
    case = way.declare()
    way.do(way.own(), "?do=withdraw", action="withdraw")
    way.deliver()
    review = way.review(RITA)
    assert way.press(review, decision="reopen").status_code == 422, "without a word why"
    assert way.press(review, decision="reopen", message="À votre demande.").status_code == 200
    way.deliver()
    after = way.again(case)
    assert (after.state, after.closed) == ("EOI_PENDING", None)
    assert "À votre demande." in way.letters(ADA)[-1]


def test_after_thirty_days_a_file_stays_closed_and_that_is_said(way: Journey) -> None:
    case = way.declare()
    way.do(way.own(), "?do=withdraw", action="withdraw")
    way.deliver()
    way.clock.pass_(days=37)
    review = way.fresh(RITA)
    answer = way.press(review, decision="reopen", message="À votre demande.")
    assert answer.status_code == 409
    assert "plus de 30\u00a0jours" in answer.body.decode()
    assert way.again(case).state == "WITHDRAWN"
    assert way.attempts(case)[-1]["why"] == "thirty_days"


def test_an_address_is_corrected_by_both_addresses(way: Journey) -> None:
    case = way.declare()
    own = way.own()
    asked = way.do(own, action="correct", address="ada@new.example.org")
    assert asked.status_code == 200
    way.deliver()
    assert way.again(case).mail_to == ADA, "nothing changes before it is confirmed there"
    assert "personne" in way.letters("ada@new.example.org")[-1]
    confirm = way.own("ada@new.example.org")
    before = repr(way.store.items)
    assert way.visitor.page(confirm).status_code == 200
    assert repr(way.store.items) == before
    assert way.do(confirm, action="confirm", confirm="").status_code == 422
    assert way.do(confirm, action="confirm").status_code == 200
    way.deliver()
    after = way.again(case)
    assert after.mail_to == "ada@new.example.org"
    assert after.version == case.version, "links of the staff still work"
    for address in (ADA, "ada@new.example.org"):
        assert "a été modifiée" in way.subjects(address)[-1]
        assert "Ce n’était pas vous?" in way.letters(address)[-1]
    assert "/file/" not in way.letters(ADA)[-1], "no link for the old address"
    assert way.visitor.page(own).status_code == 404, "and its old one stops"
    assert way.visitor.page(way.own("ada@new.example.org")).status_code == 200
    assert way.visitor.page(confirm).status_code == 404, "a confirmation works once"


def test_after_a_correction_letters_go_to_the_new_address_and_a_form_finds_the_file(
    way: Journey,
) -> None:
    case = way.declare()
    way.do(way.own(), action="correct", address="ada@new.example.org")
    way.deliver()
    way.do(way.own("ada@new.example.org"), action="confirm")
    way.deliver()
    way.decide(RITA, decision="approve")
    way.after_undo()
    assert "Invitation" in way.subjects("ada@new.example.org")[-1]
    assert "modifiée" in way.subjects(ADA)[-1]
    invite = way.invite("ada@new.example.org")
    assert way.visitor.get(f"/forms/application?invite={invite}").status_code == 200
    other = way.declare(ADA, org_city="Laval")
    assert other.id != case.id, "a form from the old address joins nothing"


def test_the_staff_correct_an_address_too(way: Journey) -> None:
    case = way.declare()
    review = way.review(RITA)
    wrong = way.press(review, decision="correct_address", address="ada@")
    assert wrong.status_code == 422
    done = way.press(review, decision="correct_address", address="ada@new.example.org")
    assert done.status_code == 200
    way.deliver()
    assert way.again(case).mail_to == "ada@new.example.org"
    assert "modifiée" in way.subjects(ADA)[-1]
    assert way.press(review, decision="approve").status_code == 200, "the same link still decides"


@pytest.mark.parametrize("address", ["", "ada", "ada@x", "a b@example.org", "a@example.org\r\nBcc: x",
                                     ADA, ADA.upper(), "x" * 250 + "@example.org"])  # fmt: skip
def test_what_is_no_new_address_is_refused(way: Journey, address: str) -> None:
    case = way.declare()
    answer = way.do(way.own(), action="correct", address=address)
    assert answer.status_code == 422
    assert way.events(case) == ["submit"]


ACTIONS = {
    "reply": {"action": "reply", "answer": "Voici."},
    "withdraw": {"action": "withdraw", "confirm": "on"},
    "correct": {"action": "correct", "address": "eve@example.org"},
    "confirm": {"action": "confirm", "confirm": "on"},
    "nothing": {"action": "approve", "confirm": "on"},
}
ALLOWED = {("file", "reply"), ("file", "withdraw"), ("file", "correct"), ("address", "confirm")}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("purpose", ["file", "standing", "address", "invite", "review", "rubbish"])
def test_each_link_does_what_it_is_for_and_nothing_else(
    way: Journey, purpose: str, action: str
) -> None:
    case = way.declare()
    way.decide(RITA, decision="ask", message="Qui?")
    way.after_undo()
    way.service.cases.applicant.ask_address(way.again(case), "eve@example.org")
    links = way.service.links
    tokens = {
        "file": token(links.file(case.id, case.person), "file"),
        "standing": token(links.standing(case.ref, case.person), "file"),
        "address": token(links.address(case.id, case.person, "eve@example.org"), "file"),
        "invite": token(links.invite(case.id, case.person, "fr"), "invite"),
        "review": way.review(RITA).rpartition("/")[2],
        "rubbish": "rubbish",
    }
    given = tokens[purpose]
    before = way.events(case)
    fields = {**ACTIONS[action], "nonce": links.nonce(given)}
    answer = way.visitor.submit(f"/file/{given}", list(fields.items()))
    moved = way.events(case) != before
    assert moved is ((purpose, action) in ALLOWED), answer.body
    if moved:
        assert answer.status_code == 200
    elif purpose in ("invite", "review", "rubbish"):
        assert answer.status_code == 404
    else:
        assert answer.status_code in (409, 422)


@pytest.mark.parametrize("purpose", ["file", "standing", "address"])
def test_no_link_of_an_applicant_opens_the_staff_s_page(way: Journey, purpose: str) -> None:
    case = way.declare()
    links = way.service.links
    url = {
        "file": links.file(case.id, case.person),
        "standing": links.standing(case.ref, case.person),
        "address": links.address(case.id, case.person, BEA),
    }[purpose]
    given = token(url, "file")
    assert way.visitor.page(f"/review/{given}").status_code == 410
    fields = [("nonce", links.nonce(given)), ("decision", "approve"), ("confirm", "on")]
    assert way.visitor.submit(f"/review/{given}", fields).status_code == 410
    assert way.visitor.page(f"/forms/application?invite={given}").status_code == 409
    assert way.again(case).state == "EOI_PENDING"


def test_a_link_opens_one_file_and_no_other(way: Journey) -> None:
    first = way.declare()
    second = way.declare(BEA, org_legal_name="Maison Bea")
    mine, theirs = way.own(), way.own(BEA)
    assert "Maison Bea" not in way.visitor.page(mine).body.decode()
    assert "Maison Bea" in way.visitor.page(theirs).body.decode()
    body, _, signature = mine.rpartition(".")
    for forged in (
        f"{theirs.rpartition('.')[0]}.{signature}",
        f"{body}.{theirs.rpartition('.')[2]}",
        mine[:-2],
    ):
        assert way.visitor.page(forged).status_code == 404
    # Signed by us, for another person of the same file: a link from before a correction.
    stale = way.service.links.file(first.id, second.person)
    assert way.visitor.page(f"/file/{token(stale, 'file')}").status_code == 404


@pytest.mark.parametrize("decision", ["ask", "approve", "decline", "assign", "recuse"])
def test_the_page_behind_a_receipt_ends_at_the_first_step_of_staff(
    way: Journey, decision: str
) -> None:
    told = way.visitor.send("/forms/eoi", samples.eoi()).json_body
    way.deliver()
    receipt = f"/file/{token(told['links']['status'], 'file')}"
    assert way.visitor.page(receipt).status_code == 200
    fields = {"message": "Qui porte le projet?", "reason": "not_ci", "colleague": "sam-lee"}
    assert way.decide(RITA, decision=decision, **fields).status_code == 200
    ended = way.visitor.page(receipt)
    assert ended.status_code == 410
    assert "M’envoyer les liens" in ended.body.decode()
    for hidden_words in ("Qui porte", "En attente", "Invitation", "Non retenue", told["ref"]):
        assert hidden_words not in ended.body.decode()
    assert way.visitor.get(receipt).status_code == 410


def test_the_page_behind_a_receipt_ends_after_a_day(way: Journey) -> None:
    told = way.visitor.send("/forms/eoi", samples.eoi()).json_body
    receipt = f"/file/{token(told['links']['status'], 'file')}"
    way.clock.pass_(hours=23, minutes=59)
    assert way.visitor.page(receipt).status_code == 200
    way.clock.pass_(minutes=2)
    assert way.visitor.page(receipt).status_code == 410


def test_the_page_behind_a_receipt_says_that_it_came_and_nothing_more(way: Journey) -> None:
    told = way.visitor.send("/forms/eoi", samples.eoi()).json_body
    way.deliver()
    receipt = f"/file/{token(told['links']['status'], 'file')}"
    page = way.visitor.page(receipt).body.decode()
    assert told["ref"] in page
    for hidden_words in ("à l’étude", "Jeunes en action", ADA, "<form", "do=withdraw"):
        assert hidden_words not in page
    assert "lien de ce courriel" in page.lower()
    assert way.visitor.get(receipt).json_body["status"] == "received"
    refused = way.visitor.submit(receipt, [("action", "reply"), ("answer", "Moi.")])
    assert refused.status_code == 409
    assert "prouve que le dossier est le vôtre" in refused.body.decode()
    case = way.case(told["ref"])
    assert way.attempts(case)[-1]["why"] == "standing"


def test_a_link_may_send_so_much_an_hour(way: Journey) -> None:
    way.declare()
    own = way.own()
    statuses = [way.visitor.submit(own, [("action", "withdraw")]).status_code for _ in range(22)]
    assert statuses == [422] * 20 + [429] * 2


def test_a_stranger_s_posts_leave_the_applicant_s_own_count_alone(way: Journey) -> None:
    case = way.declare()
    standing = way.service.links.standing(case.ref, case.person).rpartition("/")[2]
    for _ in range(21):
        last = way.visitor.submit(f"/file/{standing}", [("action", "withdraw")])
    assert last.status_code == 429
    assert way.visitor.submit(way.own(), [("action", "withdraw")]).status_code == 422


def test_an_answer_may_take_an_afternoon(way: Journey) -> None:
    case = way.declare()
    page = way.visitor.page(f"{way.own()}?do=withdraw").body.decode()
    fields = {"nonce": hidden(page, "nonce"), "action": "withdraw", "confirm": "on"}
    way.clock.pass_(hours=20)
    assert way.visitor.submit(way.own(), list(fields.items())).status_code == 200
    assert way.again(case).state == "WITHDRAWN"


def test_a_robot_that_presses_every_button_withdraws_nothing(way: Journey) -> None:
    case = way.declare()
    for fields in ([("action", "withdraw")], [("action", "withdraw"), ("confirm", "on")]):
        assert way.visitor.submit(way.own(), fields).status_code == 422
    assert way.again(case).state == "EOI_PENDING"


def test_a_decision_that_can_be_undone_shows_nowhere_on_the_page(way: Journey) -> None:
    way.declare()
    way.decide(RITA, decision="approve", message="Bravo!")
    page = way.visitor.page(way.own()).body.decode()
    assert "Remplir la demande" not in page
    way.after_undo()
    page = way.visitor.page(way.own()).body.decode()
    assert "Remplir la demande" in page
    assert "29 août 2026" in page


def test_a_script_follows_and_acts_too(way: Journey) -> None:
    way.declare()
    own = way.own()
    assert way.visitor.get(own).json_body["status"] == "EOI_PENDING"
    nonce = way.service.links.nonce(own.rpartition("/")[2])
    sent = way.visitor.send(own, {"action": "withdraw", "confirm": True, "nonce": nonce})
    assert sent.json_body["status"] == "WITHDRAWN"
    again = way.visitor.send(own, {"action": "withdraw", "confirm": True, "nonce": nonce})
    assert again.status_code == 409


def test_the_usual_delay_is_told_once_ten_files_were_decided(way: Journey) -> None:
    way.declare()
    for cases in (9, 10):
        assert "Délai habituel" not in way.visitor.page(way.own()).body.decode()
        way.store.commit([sum_write({"eoi": Turnaround(6, 19, cases)}, way.clock())])
    page = way.visitor.page(f"{way.own()}?lang=en").body.decode()
    assert "Usual response time: 6 days" in page
    assert "within 19 days" in page


def test_what_is_worth_a_look_is_told_to_the_applicant_and_to_staff_in_words_of_their_own(
    way: Journey,
) -> None:
    few = samples.eoi()["partners"][:1]
    way.declare(org_bn="123456789RR0001", partners=few, lang="en", contact_language="en")
    page = way.visitor.page(f"{way.own()}?lang=en").body.decode()
    assert "Worth a look in your answers" in page
    assert "yours included" in page
    staff = way.visitor.page(f"{way.review(RITA)}?lang=en").body.decode()
    assert "the applicant’s included" in staff
    assert "yours included" not in staff
    assert "yours included" not in "".join(way.letters(RITA))
    way.do(way.own(), "?do=withdraw", action="withdraw")
    assert "Worth a look" not in way.visitor.page(f"{way.own()}?lang=en").body.decode()


def test_every_warning_that_speaks_to_an_applicant_has_other_words_for_staff() -> None:
    own = content.review()["warnings"]
    codes = set(re.findall(r'Problem\([^,]+, "(\w+)"', inspect.getsource(rules)))
    spoken = {code for code in codes if code in own}
    assert spoken == set(own), "each is raised"
    for code in own:
        assert not re.search(r"\b(?:you|your|yours)\b", own[code]["en"])
        assert not re.search(r"\b(?:vous|votre|vos|vôtre)\b", own[code]["fr"])
