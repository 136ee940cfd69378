"""What holds for the staff themselves: whom they may not decide about, what a decision takes, and
which of them hears of a file."""

from datetime import UTC, datetime
from typing import Any

import pytest

import samples
from chalicelib import content
from chalicelib.cases import states
from chalicelib.cases.effects import Decider
from chalicelib.cases.guards import DecisionInput
from chalicelib.core.errors import Refused
from chalicelib.core.letter_row import OUTSIDE
from journey import ADA, RITA, SAM, Journey
from visitor import hidden

RITAS = Decider("rita-roy", "Rita Roy")

NIGHT = datetime(2026, 3, 3, 3, 30, tzinfo=UTC)


# Nobody decides what they ask for themselves.

SPELLINGS = ("rita.roy@example.org", "Rita.Roy@Example.org", "rita.roy+innoweave@example.org")


@pytest.mark.parametrize("address", SPELLINGS)
def test_nobody_decides_her_own_declaration_in_any_spelling_of_her_address(
    way: Journey, address: str
) -> None:
    case = way.declare(address)
    assert not way.letters(RITA, "/review/"), "the letter to decide goes to the others"
    assert way.letters(SAM, "/review/")
    for event in ("approve", "decline", "ask", "recuse", "assign"):
        with pytest.raises(Refused, match="not_recused"):
            way.service.cases.decisions.act(
                case, event, RITAS, DecisionInput(reasons=("funds",), message="Oui", colleague="sam-lee")
            )  # fmt: skip
    assert way.events(case) == ["submit"]


def test_a_link_from_before_she_was_named_in_the_file_opens_no_more(way: Journey) -> None:
    case = way.declare()
    review = way.review(RITA)
    way.decide(SAM, decision="correct_address", address=RITA)
    page = way.visitor.page(review)
    assert page.status_code == 410
    assert way.visitor.submit(review, [("decision", "approve"), ("confirm", "on")]).status_code in (
        409, 410,
    )  # fmt: skip
    assert way.again(case).state == "EOI_PENDING"
    assert "rita-roy" not in way.visitor.page(way.fresh(SAM)).body.decode()


@pytest.mark.parametrize(
    "answers",
    [{"fid_lead_email": RITA},
     {"team": [{**samples.APPLICATION["team"][0]},
                       {**samples.APPLICATION["team"][1], "email": RITA}]}],
    ids=["fiduciary", "team"],
)  # fmt: skip
def test_whoever_is_named_in_an_application_has_no_vote_on_it(
    way: Journey, answers: dict[str, Any]
) -> None:
    case = way.apply(**answers)
    with pytest.raises(Refused, match="not_recused"):
        way.service.cases.decisions.act(case, "approve", RITAS)
    assert f"[{case.app_ref}]" not in " ".join(way.subjects(RITA))
    assert f"[{case.app_ref}]" in " ".join(way.subjects(SAM))


# What a decision takes.


def conditional(way: Journey) -> Any:
    case = way.apply()
    way.decide(RITA, decision="conditions", code=way.code(RITA),
               condition_0="Signer", due_0="2026-05-01")  # fmt: skip
    if way.service.settings.quorum_application == 2:
        way.decide(SAM, decision="approve", code=way.code(SAM))
    way.after_undo()
    assert way.again(case).state == "APP_CONDITIONAL"
    return case


def test_conditions_are_met_with_the_code_of_the_letter_alone(way: Journey) -> None:
    case = conditional(way)
    review = way.fresh(RITA)
    for code in ("", "AAAA"):
        assert way.press(review, decision="conditions_met", met="0", code=code).status_code == 422
    assert way.again(case).state == "APP_CONDITIONAL"
    way.press(review, decision="conditions_met", met="0", code=way.code(RITA))
    assert way.again(case).state == "APP_APPROVED"


def test_conditions_are_met_when_as_many_say_so_as_an_approval_takes(way: Journey) -> None:
    way.settings(QUORUM_APPLICATION="2")
    case = conditional(way)
    ritas, sams = way.fresh(RITA), way.fresh(SAM)
    before = len(way.mailer.to(ADA))
    voted = way.press(ritas, decision="conditions_met", met="0", code=way.code(RITA))
    assert "1 vote sur 2" in voted.body.decode()
    again = way.press(way.fresh(RITA), decision="conditions_met", met="0", code=way.code(RITA))
    assert again.status_code == 409
    way.deliver()
    assert (way.again(case).state, len(way.mailer.to(ADA))) == ("APP_CONDITIONAL", before)
    page = way.visitor.page(sams).body.decode()
    assert "Approved so far: Rita Roy" in page
    way.press(sams, decision="conditions_met", met="0", code=way.code(SAM))
    way.after_undo()
    assert way.again(case).state == "APP_APPROVED"
    assert len(way.mailer.to(ADA)) == before + 1


def test_every_way_to_an_approved_application_takes_code_quorum_and_step_up() -> None:
    for row in states.table().values():
        if (
            row.actor == "staff"
            and row.to in ("APP_APPROVED", "APP_CONDITIONAL")
            and row.to != row.source
            and not row.beside
        ):
            if row.event == "vote":
                continue
            assert {"code", "quorum_app", "step_up", "not_recused"} <= set(row.guards), row


@pytest.mark.parametrize(
    ("until", "status"),
    [("2026-08-29", 422), ("2026-08-28", 422), ("2026-03-05", 422), ("2026-08-30", 200), ("", 200)],
)
def test_more_time_is_never_less(way: Journey, until: str, status: int) -> None:
    case = way.declare()
    way.decide(RITA, decision="approve")
    way.after_undo()
    assert way.again(case).apply_by == "2026-08-29"
    review = way.fresh(RITA)
    assert way.press(review, decision="extend", until=until).status_code == status
    assert str(way.again(case).apply_by) >= "2026-08-29"


def test_other_as_a_reason_needs_a_message(way: Journey) -> None:
    case = way.declare()
    for reasons in (("other",), ("funds", "other")):
        review = way.review(SAM)
        nonce = hidden(way.visitor.page(review).body.decode(), "nonce")
        fields = [*(("reason", one) for one in reasons), ("nonce", nonce), ("confirm", "on"),
                  ("decision", "decline")]  # fmt: skip
        answer = way.visitor.submit(review, fields)
        assert answer.status_code == 422
        assert "says nothing by itself" in answer.body.decode()
    assert way.again(case).state == "EOI_PENDING"
    way.decide(RITA, decision="decline", reason="other", message="Ce n’est pas la saison.")
    assert way.again(case).state == "EOI_DECLINED"


def test_every_reason_is_known_to_say_something_or_to_need_a_message() -> None:
    mute = [row["id"] for row in content.lists()["decline_reason"] if row.get("needs_message")]
    assert mute == ["other"]


# Who hears of a file, and when.


def test_the_owner_is_named_in_letters_and_on_the_page_and_hears_of_the_file(way: Journey) -> None:
    way.declare()
    way.decide(RITA, decision="assign", colleague="sam-lee")
    way.deliver()
    way.press(way.fresh(SAM), decision="ask", message="Combien?")
    way.after_undo()
    before = len(way.mailer.to(RITA))
    way.do(way.own(), action="reply", answer="Douze.")
    way.deliver()
    assert "Assigned to Sam Lee" in way.letters(SAM)[-1]
    assert "Assigned to Sam Lee" in way.visitor.page(way.review(SAM)).body.decode()
    assert len(way.mailer.to(RITA)) == before, "whose file it is not is not written to"


def test_the_deputy_of_the_owner_hears_too_and_everybody_votes(way: Journey) -> None:
    way.settings(QUORUM_APPLICATION="2")
    way.store.items["STAFF", "noor-ali"] = {
        **way.store.items["STAFF", "rita-roy"], "sk": "noor-ali", "name": "Noor Ali",
        "email": "noor@example.org",
    }  # fmt: skip
    way.store.items["STAFF", "sam-lee"]["deputy"] = "noor-ali"
    case = way.declare()
    way.decide(RITA, decision="assign", colleague="sam-lee")
    before = {one: len(way.mailer.to(one)) for one in (RITA, SAM, "noor@example.org")}
    way.do(way.own(), "?do=withdraw", action="withdraw")
    way.deliver()
    after = {one: len(way.mailer.to(one)) - count for one, count in before.items()}
    assert after == {RITA: 0, SAM: 2, "noor@example.org": 1}, "Sam was told of the assignment too"
    assert way.again(case).state == "WITHDRAWN"
    applied = way.apply("bea@example.org")
    heard = {m.to for m in way.mailer.sent if f"[{applied.app_ref}]" in m.subject}
    assert heard == {RITA, SAM, "noor@example.org"}


def test_an_application_without_a_declaration_is_due_in_its_own_three_days(way: Journey) -> None:
    way.visitor.send("/forms/application", samples.application())
    way.deliver()
    assert "le 5 mars 2026" in way.letters(RITA)[-1], "three business days after 2 March"
    assert states.reply_days("ORPHAN_APP") == 3
    assert states.reply_days("EOI_PENDING") == content.programme()["reply_target_business_days"]


@pytest.mark.parametrize("event", ["correct_address", "assign", "extend"])
def test_what_staff_do_at_night_is_told_outside_in_the_morning(way: Journey, event: str) -> None:
    way.declare()
    if event == "extend":
        way.decide(RITA, decision="approve")
        way.after_undo()
    review = way.fresh(RITA)
    way.clock.now = NIGHT
    fields = {"correct_address": {"address": "ada@new.example.org"},
              "assign": {"colleague": "sam-lee"}}.get(event, {})  # fmt: skip
    before = len(way.mailer.sent)
    way.press(review, decision=event, **fields)
    way.deliver()
    outside = [m for m in way.mailer.sent[before:] if m.to not in (RITA, SAM)]
    assert outside == []
    way.clock.pass_(hours=12)
    way.deliver()
    told = {m.to for m in way.mailer.sent[before:]} - {RITA, SAM}
    assert bool(told) == (event != "assign")


def test_what_the_applicant_does_at_night_is_answered_at_once(way: Journey) -> None:
    way.declare()
    own = way.own()
    way.clock.now = NIGHT
    before = len(way.mailer.to(ADA))
    way.do(own, "?do=withdraw", action="withdraw")
    way.deliver()
    assert len(way.mailer.to(ADA)) == before + 1


def test_no_letter_outside_leaves_at_night_unless_its_reader_acted(way: Journey) -> None:
    way.declare()
    way.decide(RITA, decision="approve")
    for row in way.store.kinds("letter"):
        if row["to"] in OUTSIDE:
            acted = row["letter"] == "eoi_received"
            assert bool(row.get("by_day")) != acted, row["letter"]


# What was refused is kept.


def test_an_application_that_is_refused_is_kept_beside_its_file(way: Journey) -> None:
    case = way.declare()
    way.decide(RITA, decision="approve")
    way.after_undo()
    invite = way.invite()
    way.do(way.own(), "?do=withdraw", action="withdraw")
    given = {**samples.application(applicant_email=ADA), "invite": invite}
    assert way.visitor.send("/forms/application", given).status_code == 409
    (attempt,) = way.attempts(case)
    assert (attempt["decision"], attempt["why"], attempt["state"]) == (
        "apply", "not_invited", "WITHDRAWN",
    )  # fmt: skip
    assert way.visitor.send("/forms/application", {**given, "invite": "x"}).status_code == 409
    assert len(way.attempts(case)) == 1, "an invitation that never was one is nobody's"


@pytest.mark.parametrize("why", ["invite_over", "already_applied"])
def test_every_refusal_of_an_invitation_says_why(way: Journey, why: str) -> None:
    case = way.apply() if why == "already_applied" else way.declare()
    if why == "invite_over":
        way.decide(RITA, decision="approve")
        way.after_undo()
        invite = way.invite()
        way.clock.pass_(days=184)
    else:
        invite = way.invite()
    given = samples.application(applicant_email=ADA, fid_city="Laval")
    assert way.visitor.send("/forms/application", {**given, "invite": invite}).status_code in (
        409,
        410,
    )
    assert [row["why"] for row in way.attempts(case)] == [why]
