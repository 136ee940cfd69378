"""A letter says what is true when it leaves, or it does not leave, and the history says so."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final

import pytest

from chalicelib.cases.case import Case
from chalicelib.cases.effects import Decider
from chalicelib.core.business_days import after_business_days
from chalicelib.core.errors import DeliveryFailed, NotInvited, Refused
from chalicelib.core.formatting import long_date
from chalicelib.core.letter_row import OUTSIDE
from chalicelib.core.records import stamp
from chalicelib.core.templates import environment
from chalicelib.mail.letters import LETTERS
from clock_steps import Programme
from visitor import token

ADA = "ada@example.org"
EVENING = "2026-03-03T00:55:00+00:00"
"""19:55 on March 2 there: what is decided now leaves at 8:00."""

MORNING: Final = "2026-03-02T15:00:00+00:00"

FACTS: Final[dict[str, dict[str, Any]]] = {
    "ask": {"message": "Combien de jeunes?"},
    "decline": {"reasons": ("not_ci",)},
    "reopen": {"message": "À sa demande."},
    "conditions": {"conditions": (("Un fiduciaire", "2026-09-01"),)},
    "extend": {"until": "2026-12-01"},
    "postpone": {"new_days": (("0", "2026-11-01"),)},
}


@pytest.fixture
def programme() -> Programme:
    return Programme(EVENING)


def declared(programme: Programme) -> Case:
    return programme.declare(ADA)


def applied(programme: Programme) -> Case:
    programme.clock.now = programme.clock.now.replace(day=2, hour=15)
    case = programme.apply(programme.final(programme.declare(ADA), "approve"))
    programme.day("2026-03-02", "20:05")
    return case


def act(programme: Programme, case: Case, name: str) -> None:
    """A step in the evening, which nobody takes back."""
    if name == "withdraw":
        programme.withdraw(case)
    elif name == "reply":
        programme.reply(case)
    else:
        programme.act(case, name, **FACTS.get(name, {}))
    programme.pass_(minutes=11)


@pytest.mark.parametrize(
    ("begun", "steps", "told"),
    [
        (declared, ["approve", "withdraw"], ["file_withdrawn"]),
        (declared, ["ask", "withdraw"], ["file_withdrawn"]),
        (declared, ["ask", "reply", "approve"], ["answer_received", "eoi_approved"]),
        (declared, ["approve", "extend"], ["eoi_approved", "invitation_extended"]),
        (declared, ["decline", "reopen"], []),
        (declared, ["decline", "reopen", "approve"], ["eoi_approved"]),
        (declared, ["decline", "reopen", "decline"], ["eoi_declined"]),
        (applied, ["waitlist", "approve"], ["application_approved"]),
        (applied, ["waitlist", "decline", "reopen"], []),
        (applied, ["conditions", "postpone"], ["application_conditional", "conditions_postponed"]),
        (applied, ["conditions", "decline"], ["application_declined"]),
        (applied, ["conditions", "withdraw"], ["file_withdrawn"]),
    ],
)
def test_in_the_morning_only_what_is_still_true_leaves(
    begun: Callable[[Programme], Case], steps: list[str], told: list[str]
) -> None:
    programme = Programme(EVENING)
    case = begun(programme)
    before = len(programme.letters)
    for name in steps:
        act(programme, case, name)
    programme.day("2026-03-03", "12:00")
    left = [one for one in programme.letters[before:] if one.to in OUTSIDE]
    assert sorted(one.letter for one in left) == sorted(told)
    history = programme.service.lookup.history(programme.again(case))
    noted = {row["data"]["letter"] for row in history if row["event"] == "letter_overtaken"}
    dropped = {row["letter"] for row in programme.store.kinds("letter")
               if row["status"] == "dropped" and row["to"] in OUTSIDE}  # fmt: skip
    assert noted == dropped
    assert not [row for row in programme.store.kinds("letter") if row["status"] == "dead"]


def test_letters_that_follow_an_extension_tell_the_date_of_now(programme: Programme) -> None:
    case = declared(programme)
    act(programme, case, "approve")
    act(programme, case, "extend")
    programme.day("2026-03-03", "12:00")
    texts = [one.mail.text for one in programme.letters if one.to == "applicant"][1:]
    assert len(texts) == 2
    assert all("1er décembre 2026" in text for text in texts)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("name", ["approve", "decline", "ask"])
def test_nobody_learns_of_a_decision_before_its_letter_leaves(
    programme: Programme, name: str, late: bool
) -> None:
    """Neither by the page, nor by a correction of the address, nor by a lost link."""
    case = declared(programme)
    programme.act(case, name, **FACTS.get(name, {}))
    programme.pass_(minutes=40 if late else 2)
    before = len(programme.letters)
    files = programme.service.cases.applicant
    files.correct_address(programme.again(case), "ada.new@example.org", by="rita-roy")
    programme.day("2026-03-02", "23:00" if late else "20:01")
    known = programme.service.lookup.known_state(programme.again(case))
    assert known == "EOI_PENDING"
    invite = programme.service.links.invite(case.id, programme.again(case).person, "fr")
    with pytest.raises(NotInvited):
        programme.service.lookup.invited(token(invite, "invite"))
    programme.day("2026-03-03", "07:59")
    for one in programme.letters[before:]:
        assert one.letter == "staff_decision_recorded" or "invite=" not in one.mail.text
    programme.day("2026-03-03", "12:00")
    after = programme.again(case)
    assert programme.service.lookup.known_state(after) == after.state


@pytest.mark.parametrize("hour", ["19:49", "19:55", "12:00", "23:59"])
@pytest.mark.parametrize("name", ["approve", "decline", "ask"])
def test_between_the_end_of_the_undo_and_the_sweep_nobody_learns_of_a_decision(
    name: str, hour: str
) -> None:
    programme = Programme(MORNING)
    case = declared(programme)
    programme.day("2026-03-02", hour)
    programme.act(case, name, **FACTS.get(name, {}))
    case, decided = programme.again(case), programme.clock.now
    for seconds in (0, 1, 599, 600, 601, 630, 659):
        programme.clock.now = decided + timedelta(seconds=seconds)
        assert programme.service.lookup.known_state(case) == "EOI_PENDING", seconds
    programme.day("2026-03-03", "12:00")
    assert programme.service.lookup.known_state(case) == case.state


@pytest.mark.parametrize("undone", [True, False])
@pytest.mark.parametrize(
    ("steps", "letter", "decision"),
    [
        (["waitlist"], "application_waitlisted", "approve"),
        (["waitlist"], "application_waitlisted", "decline"),
        (["conditions", "postpone"], "conditions_postponed", "decline"),
        (["decline", "reopen"], "file_reopened", "ask"),
    ],
)
def test_a_letter_that_waits_for_the_morning_outlives_a_decision_that_is_undone(
    steps: list[str], letter: str, decision: str, undone: bool
) -> None:
    programme = Programme(EVENING)
    case = applied(programme)
    if "decline" in steps:
        programme.clock.now = programme.clock.now.replace(day=2, hour=18)
        act(programme, case, "decline")
        programme.day("2026-03-03", "20:05")
        steps = ["reopen"]
    for name in steps:
        act(programme, case, name)
    programme.act(case, decision, **FACTS.get(decision, {}))
    if undone:
        programme.act(case, "undo")
    programme.day("2026-03-04", "12:00")
    assert (letter in {one.letter for one in programme.letters}) is undone


@pytest.mark.parametrize("undone", [True, False])
def test_what_a_clock_reminds_of_waits_while_a_decision_can_be_undone(undone: bool) -> None:
    programme = Programme(MORNING)
    case = declared(programme)
    programme.day("2026-03-16", "08:59")
    programme.mailer.failing = [DeliveryFailed("busy", permanent=False)] * 40
    programme.day("2026-03-16", "09:01")
    programme.mailer.failing = []
    programme.act(case, "approve")
    programme.day("2026-03-16", "09:08")
    assert "holding_note" not in {one.letter for one in programme.letters}
    (note,) = [row for row in programme.store.kinds("letter") if row["letter"] == "holding_note"]
    assert note["status"] == "owed"
    if undone:
        programme.act(case, "undo")
    programme.day("2026-03-17")
    left = [one.letter for one in programme.letters if one.to == "applicant"]
    assert left == ["eoi_received", "holding_note" if undone else "eoi_approved"]


@pytest.mark.parametrize(("hours", "told"), [(0, ["eoi_received", "eoi_declined"]),
                                             (3, ["eoi_declined"])])  # fmt: skip
def test_a_receipt_that_was_delayed_gives_way_to_the_decision(hours: int, told: list[str]) -> None:
    """But not to a decision that nobody knows of yet."""
    programme = Programme(MORNING)
    programme.mailer.failing = [DeliveryFailed("busy", permanent=False)] * 40
    case = declared(programme)
    programme.mailer.failing = []
    (receipt,) = [row for row in programme.store.kinds("letter") if row["to"] == "applicant"]
    later = stamp(programme.clock() + timedelta(hours=hours))
    programme.store.put({**receipt, "due_at": later})
    programme.act(case, "decline", reasons=("not_ci",))
    programme.pass_(hours=5)
    assert [one.letter for one in programme.letters if one.to == "applicant"] == told


def test_a_reminder_of_an_invitation_that_ended_is_not_sent_after_more_time(
    programme: Programme,
) -> None:
    case = programme.final(declared(programme), "approve")
    programme.day("2026-08-31")
    programme.mailer.failing = [DeliveryFailed("busy", permanent=False)] * 400
    programme.day("2026-09-01", "09:01")
    assert programme.again(case).state == "INVITE_EXPIRED"
    programme.mailer.failing = []
    programme.act(case, "extend")
    programme.day("2026-09-02")
    assert "invitation_ended" not in {one.letter for one in programme.letters}


def test_every_letter_of_a_step_says_how_long_it_holds() -> None:
    told = {name for name, one in LETTERS.items() if one.stands != "always"}
    steps = {"eoi_approved", "application_declined", "file_closed", "reminder", "file_reopened"}
    assert steps <= told


def test_a_letter_never_writes_none() -> None:
    template = environment().from_string("{{ fact }}")
    template.name = "email/some/body.txt"
    with pytest.raises(TypeError):
        template.render(fact=None)
    template.name = "pages/some.html"
    assert template.render(fact=None) == "None"


def test_a_declaration_that_came_as_an_application_is_called_by_its_own_reference(
    programme: Programme,
) -> None:
    import samples
    from chalicelib.cases.intake.submission import IncomingForm

    form = samples.application(applicant_email=ADA)
    receipt = programme.service.views.forms.intake.receive(IncomingForm("application", form, "fr"))
    case = programme.case(receipt.ref)
    programme.act(case, "decline", reasons=("not_ci",))
    programme.pass_(minutes=11)
    programme.act(case, "reopen", message="Lue de nouveau.")
    programme.service.cases.decisions.act(
        programme.again(case), "treat_as_eoi", Decider("rita-roy", "Rita Roy")
    )
    programme.day("2026-03-03", "12:00")
    written = [f"{s.mail.subject} {s.mail.text}" for s in programme.letters]
    assert not [text for text in written if "None" in text]
    assert "application_declined" not in {one.letter for one in programme.letters}


@pytest.mark.parametrize("closed", ["2026-03-04T09:00", "2026-03-04T23:59", "2026-12-01T10:10"])
@pytest.mark.parametrize(("late", "reopened"), [(0, True), (3, True), (4, False)])
def test_what_is_asked_on_the_last_evening_that_was_told_can_still_be_done(
    closed: str, late: int, reopened: bool
) -> None:
    programme = Programme(MORNING)
    case = programme.declare(ADA)
    programme.day(*closed.split("T"))
    programme.withdraw(case)
    programme.pass_(hours=24)
    (letter,) = [one.mail.text for one in programme.letters if one.letter == "file_withdrawn"]
    told = date.fromisoformat(closed[:10]) + timedelta(days=30)
    assert long_date(told, "fr") in letter
    programme.day(str(after_business_days(told, late)), "23:00")
    if reopened:
        assert programme.act(case, "reopen", message="À sa demande.").state == "EOI_PENDING"
    else:
        with pytest.raises(Refused):
            programme.act(case, "reopen", message="À sa demande.")
