"""Mail that comes back, or is reported as spam, is a fact of an address: of whoever it is, in
whatever state the file, told once to each who can help, and gone with the address."""

from typing import Any

import pytest

import samples
from chalicelib.cases.case import Case
from chalicelib.core.letter_row import tag_of
from gallery_cases import bounced
from journey import ADA, RITA, SAM, Journey

LEAD = "beatrice.obrien@example.org"
NEW = "ada@new.example.org"


def tag(way: Journey, name: str, to: str = "applicant") -> str:
    """The tag of the newest letter of a name."""
    rows = [r for r in way.store.kinds("letter") if r["letter"] == name and r["to"] == to]
    return tag_of(rows[-1]["pk"], rows[-1]["sk"])


def complaint(of: str, kind: str = "abuse") -> dict[str, Any]:
    told = {"complaintFeedbackType": kind}
    return {
        "eventType": "Complaint",
        "mail": {"tags": {"mail": [of]}, "messageId": "m"},
        "complaint": told,
    }


def told(way: Journey, address: str = RITA, about: str = "joindre") -> int:
    way.deliver()
    return sum(about in subject for subject in way.subjects(address))


ENDS = {
    "EOI_DECLINED": ("eoi_declined", {"decision": "decline", "reason": "funds"}),
    "EOI_APPROVED": ("eoi_approved", {"decision": "approve"}),
    "EOI_INFO_REQUESTED": ("eoi_info_requested", {"decision": "ask", "message": "Qui?"}),
    "WITHDRAWN": ("file_withdrawn", {}),
    "APP_APPROVED": ("application_approved", {"decision": "approve"}),
    "APP_DECLINED": ("application_declined", {"decision": "decline", "reason": "funds"}),
    "APP_CONDITIONAL": (
        "application_conditional",
        {"decision": "conditions", "condition_0": "Signer", "due_0": "2026-05-01"},
    ),
}


def ended(way: Journey, state: str) -> Case:
    letter, fields = ENDS[state]
    case = way.apply() if state.startswith("APP") else way.declare()
    if state == "WITHDRAWN":
        way.do(way.own(), "?do=withdraw", action="withdraw")
    else:
        code = {"code": way.code(RITA)} if state.startswith("APP") else {}
        way.decide(RITA, **fields, **code)
    way.after_undo()
    assert way.again(case).state == state
    assert letter
    return case


@pytest.mark.parametrize("state", ENDS)
def test_a_decision_that_comes_back_is_told_and_sent_again_to_the_corrected_address(
    way: Journey, state: str
) -> None:
    case = ended(way, state)
    letter = ENDS[state][0]
    for _ in range(2):
        way.service.delivery_events.settle(bounced(tag(way, letter)))
    assert (told(way), told(way, SAM, "could not reach")) == (1, 1)
    assert "Ada Tremblay (ada.tremblay@example.org)" in way.letters(RITA)[-1]
    page = way.visitor.page(way.review(RITA)).body.decode()
    assert "Courriel non remis" in page
    assert "revenu le" in page
    way.decide(RITA, decision="correct_address", address=NEW)
    way.deliver()
    assert "Courriel non remis" not in way.visitor.page(way.review(RITA)).body.decode()
    before = len(way.mailer.to(NEW))
    subject = next(
        m.subject for m in way.mailer.to(ADA)[::-1] if letter.replace("_", "--") in m.tag
    )
    assert way.decide(RITA, decision="send_again").status_code == 200
    way.deliver()
    assert way.subjects(NEW)[before:] == [subject]
    assert way.again(case).state == state, "sending again decides nothing"


def test_the_fiduciarys_bounce_is_told_as_the_fiduciarys_and_hides_no_other(way: Journey) -> None:
    case = way.apply()
    way.service.delivery_events.settle(bounced(tag(way, "fiduciary_named", "fiduciary")))
    assert told(way) == 1
    letter = way.letters(RITA)[-1]
    assert f"Béatrice O’Brien, responsable chez l’organisme fiduciaire ({LEAD})" in letter
    assert way.again(case).undeliverable is None
    way.service.delivery_events.settle(bounced(tag(way, "application_received")))
    assert told(way) == 2
    assert "Ada Tremblay" in way.letters(RITA)[-1]
    assert [one["to"] for one in way.again(case).mail_faults or []] == ["fiduciary", "applicant"]


def test_a_corrected_fiduciary_is_written_to_and_no_longer_flagged(way: Journey) -> None:
    case = way.apply()
    way.service.delivery_events.settle(bounced(tag(way, "fiduciary_named", "fiduciary")))
    way.deliver()
    way.decide(RITA, decision="ask", message="Quelle est l’adresse?")
    way.after_undo()
    given = samples.application(fid_lead_email="b.obrien@example.org")
    pairs = dict(samples.as_html(given)) | {"answer": "Voici.", "revised": "1"}
    team = [(k, v) for k, v in samples.as_html(given)]
    page = way.visitor.page(way.own()).body.decode()
    nonce = page.split('name="nonce" value="')[1].split('"')[0]
    fields = [*team, ("answer", "Voici."), ("revised", "1"), ("nonce", nonce), ("action", "reply")]
    assert pairs
    assert way.visitor.submit(way.own(), fields).status_code == 200
    way.deliver()
    assert way.mailer.to("b.obrien@example.org")
    assert "Courriel non remis" not in way.visitor.page(way.review(RITA)).body.decode()
    assert way.again(case).state == "APP_PENDING"


def test_a_slip_in_a_corrected_address_is_told_when_it_bounces(way: Journey) -> None:
    case = way.declare()
    way.service.delivery_events.settle(bounced(tag(way, "eoi_received")))
    assert told(way) == 1
    way.decide(RITA, decision="correct_address", address="ada@typo.example.org")
    way.deliver()
    way.service.delivery_events.settle(bounced(tag(way, "address_changed", "old_address")))
    assert told(way) == 1, "that the old address is dead is no news"
    way.service.delivery_events.settle(bounced(tag(way, "address_changed", "new_address")))
    assert told(way) == 2
    assert "ada@typo.example.org" in way.letters(RITA)[-1]
    found = way.again(case).undeliverable
    assert found
    assert (found["to"], found["address"]) == ("applicant", "ada@typo.example.org")


def test_a_slip_in_the_address_that_the_applicant_asks_for_is_told(way: Journey) -> None:
    case = way.declare()
    way.do(way.own(), action="correct", address="ada@typo.example.org")
    way.deliver()
    way.service.delivery_events.settle(bounced(tag(way, "address_confirm", "new_address")))
    assert told(way) == 1
    assert "il écrit toujours à son adresse" in way.letters(RITA)[-1]
    mine = way.visitor.page(way.own()).body.decode()
    assert "Notre courriel à ada@typo.example.org est revenu" in mine
    assert way.again(case).undeliverable is None
    assert "ada@typo.example.org" in way.visitor.page(way.review(RITA)).body.decode()
    way.decide(RITA, decision="correct_address", address=NEW)
    assert way.again(case).mail_faults == []
    way.deliver()
    assert "est revenu" not in way.visitor.page(way.own(NEW)).body.decode()


def test_an_address_that_comes_back_is_told_anew(way: Journey) -> None:
    way.declare()
    way.service.delivery_events.settle(bounced(tag(way, "eoi_received")))
    way.deliver()
    for address in (NEW, ADA):
        way.decide(RITA, decision="correct_address", address=address)
        way.deliver()
    assert told(way) == 1
    way.service.delivery_events.settle(bounced(tag(way, "address_changed", "new_address")))
    assert told(way) == 2


def test_a_complaint_leaves_a_trace_and_is_told_once(way: Journey) -> None:
    case = way.declare()
    for _ in range(2):
        way.service.delivery_events.settle(complaint(tag(way, "eoi_received")))
    assert told(way, about="signalé comme pourriel") == 1
    assert way.events(case) == ["submit", "complaint"]
    page = way.visitor.page(way.review(RITA)).body.decode()
    assert "Courriel signalé comme pourriel" in page
    assert "signalé comme pourriel le 2 mars 2026" in page
    way.service.delivery_events.settle(bounced(tag(way, "eoi_received")))
    assert told(way) == 0, "one letter has one end"


def test_whoever_takes_a_mail_out_of_the_spam_complains_of_nothing(way: Journey) -> None:
    case = way.declare()
    assert (
        way.service.delivery_events.settle(complaint(tag(way, "eoi_received"), "not-spam")) is None
    )
    assert way.events(case) == ["submit"]


def test_an_answer_of_somebody_out_of_the_office_is_no_bounce_of_what_was_delivered(
    way: Journey,
) -> None:
    way.declare()
    of = tag(way, "eoi_received")
    delivered = {"eventType": "Delivery", "mail": {"tags": {"mail": [of]}, "messageId": "m"}}
    assert way.service.delivery_events.settle(delivered) == "delivered"
    assert way.service.delivery_events.settle(bounced(of, "Transient")) is None
    assert way.service.delivery_events.settle(bounced(of)) == "bounced"


# What joined another file, or waits beside it, is told of there.


def test_a_letter_of_what_joined_a_file_is_told_of_in_that_file(way: Journey) -> None:
    case = way.declare()
    way.visitor.send("/forms/eoi", samples.eoi(org_city="Laval"))
    way.deliver()
    way.service.delivery_events.settle(bounced(tag(way, "declaration_beside")))
    assert told(way) == 1
    assert way.events(case) == ["submit", "bounce"]


def test_a_mail_with_lost_links_that_comes_back_is_told_in_each_file(way: Journey) -> None:
    first = way.declare()
    other = way.declare("bea@example.org")
    way.visitor.submit("/file", [("email", ADA)])
    way.deliver()
    way.service.delivery_events.settle(bounced(tag(way, "file_links")))
    assert told(way) == 1
    assert (way.events(first), way.events(other)) == (["submit", "bounce"], ["submit"])


# The staff's own mail.


def test_a_reviewers_bounce_is_told_to_the_admins_by_name_once(way: Journey) -> None:
    way.store.items["STAFF", "sam-lee"]["admin"] = True
    case = way.declare()
    for _ in range(2):
        way.service.delivery_events.settle(bounced(tag(way, "staff_eoi_received", "rita-roy")))
    assert told(way, SAM, "Action needed") == 1
    assert told(way, RITA, "Intervention") == 0
    letter = way.letters(SAM)[-1]
    assert "Rita Roy (rita.roy@example.org)" in letter
    assert "staff reachable rita-roy" in letter
    assert way.events(case) == ["submit"], "that is no fact of the file"
    before = len(way.mailer.to(RITA))
    way.declare("bea@example.org")
    assert len(way.mailer.to(RITA)) == before, "others get her letters"
    way.service.cases.roster.set_reachable("rita-roy")
    way.declare("cleo@example.org")
    assert len(way.mailer.to(RITA)) == before + 1


@pytest.mark.parametrize("report", [bounced, complaint])
def test_an_admins_own_fault_is_told_to_another(way: Journey, report: Any) -> None:
    way.store.items["STAFF", "sam-lee"]["admin"] = True
    way.declare()
    way.service.delivery_events.settle(report(tag(way, "staff_eoi_received", "sam-lee")))
    way.deliver()
    heard = [RITA, SAM][report is complaint]
    assert told(way, heard, "Action needed" if heard == SAM else "Intervention") == 1


def test_a_letter_that_a_stand_in_got_says_nothing_of_who_is_away(way: Journey) -> None:
    way.declare()
    way.decide(RITA, decision="assign", colleague="sam-lee")
    way.store.items["STAFF", "sam-lee"] |= {"away_until": "2027-01-01", "deputy": "rita-roy"}
    way.deliver()
    assert "staff--assigned" in way.mailer.to(RITA)[-1].tag
    way.service.delivery_events.settle(bounced(tag(way, "staff_assigned", "sam-lee")))
    roster = {one.id: one.reachable for one in way.service.cases.roster.all()}
    assert roster == {"rita-roy": False, "sam-lee": True}


# Sending again.


def test_a_letter_that_has_not_left_is_not_sent_again(way: Journey) -> None:
    case = way.declare()
    way.decide(RITA, decision="decline", reason="funds")
    review = way.fresh(SAM)
    assert "send_again" not in way.visitor.page(review).body.decode()
    answer = way.press(review, decision="send_again")
    assert answer.status_code == 409
    assert way.events(case) == ["submit", "decline"]


def test_the_letter_of_a_decision_that_was_undone_is_not_sent_again(way: Journey) -> None:
    way.declare()
    way.decide(RITA, decision="decline", reason="funds")
    way.press(way.review(RITA), decision="undo")
    way.after_undo()
    before = len(way.mailer.to(ADA))
    assert way.press(way.fresh(RITA), decision="send_again").status_code == 200
    way.deliver()
    assert [m.tag.split("_")[3] for m in way.mailer.to(ADA)[before:]] == ["eoi--received"]


def test_sent_again_a_bounce_is_told_again(way: Journey) -> None:
    ended(way, "EOI_DECLINED")
    way.service.delivery_events.settle(bounced(tag(way, "eoi_declined")))
    assert told(way) == 1
    way.decide(RITA, decision="send_again")
    way.deliver()
    way.service.delivery_events.settle(bounced(tag(way, "eoi_declined")))
    assert told(way) == 2
