"""Clocks keep their place over pauses, wait for whoever may undo, and tell one date."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import samples
from chalicelib import content
from chalicelib.cases.due_dates import decision_due
from chalicelib.cases.intake.submission import IncomingForm
from chalicelib.core.formatting import long_date
from clock_steps import Programme

ADA = "ada@example.org"
MONDAY = "2026-03-02T15:00:00+00:00"
LONG_UNDO = str(60 * 24 * 3600)


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 14), st.integers(1, 20), st.integers(1, 20))
def test_no_pause_repeats_or_skips_a_reminder(before: int, first: int, second: int) -> None:
    programme = Programme(MONDAY)
    case = programme.declare(ADA)
    for number, asked in enumerate((first, second)):
        programme.pass_(days=before if number == 0 else 2)
        programme.ask(case)
        programme.pass_(days=asked)
        programme.reply(case)
        due = decision_due(programme.again(case))
        assert due is not None
        assert due > date(2026, 3, 2)
    programme.pass_(days=60)
    assert len(programme.sent("staff_waiting", "rita-roy")) == 3, "one a rung, pauses or none"


@pytest.fixture
def programme() -> Programme:
    return Programme(MONDAY)


def test_the_day_that_staff_are_told_moves_with_a_pause(programme: Programme) -> None:
    case = programme.declare(ADA)
    assert decision_due(case) == date(2026, 3, 23)
    programme.day("2026-03-04")
    programme.ask(case)
    programme.day("2026-03-24")
    programme.reply(case)
    (told, *_) = [s.mail.text for s in programme.letters if s.letter == "staff_answer_received"]
    due = decision_due(programme.again(case))
    assert due == date(2026, 4, 13)
    assert f"Décision attendue d’ici le {long_date(due, 'fr')}" in told


@pytest.mark.parametrize(
    ("name", "word", "days"),
    [("ask", {"message": "Combien?"}, 30),
     ("conditions", {"conditions": (("Un fiduciaire", "2026-05-04"),)}, 20)],
)  # fmt: skip
def test_no_clock_moves_a_file_whose_decision_can_still_be_undone(
    name: str, word: dict[str, Any], days: int
) -> None:
    programme = Programme(MONDAY, UNDO_SECONDS=LONG_UNDO)
    case = programme.declare(ADA)
    programme.act(case, "approve")
    programme.pass_(days=61)
    case = programme.apply(case)
    after = programme.act(case, name, **word)
    programme.pass_(days=days)
    assert programme.again(case).state == after.state
    assert not programme.sent("reminder")
    programme.act(case, "undo")
    programme.pass_(days=10)
    assert programme.again(case).state == "APP_PENDING"


def test_a_question_has_one_date_however_late_its_reminder_left(programme: Programme) -> None:
    case = programme.ask(programme.declare(ADA))
    programme.swept = False
    programme.day("2026-03-22", "11:00")
    programme.swept = True
    programme.settle()
    question = programme.again(case).question
    assert question is not None
    assert question["reply_by"] == "2026-03-24"
    assert "24 mars 2026" in programme.letters[-1].mail.subject
    assert programme.service.lookup.history(programme.again(case))[-1]["event"] == "more_time"
    programme.day("2026-03-31")
    assert programme.sent("file_closed") == ["2026-03-25 09:00"]


def test_a_question_that_is_asked_again_by_reopening_has_one_date(programme: Programme) -> None:
    case = programme.ask(programme.declare(ADA))
    programme.day("2026-03-10")
    programme.withdraw(case)
    programme.day("2026-03-12")
    programme.act(case, "reopen", message="À sa demande.")
    programme.day("2026-03-30")
    (told,) = [s.mail.text for s in programme.letters if s.letter == "file_reopened"]
    assert "23 mars 2026" in told
    assert programme.sent("file_closed") == ["2026-03-24 09:00"], "on the day that was told"


@pytest.mark.parametrize(("cycle", "day"), [(None, "2027-01-11"), ("2031", "2026-03-20"),
                                            (None, "2031-02-03")])  # fmt: skip
def test_a_file_is_open_in_whatever_year_and_cycle(
    cycle: str | None, day: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    programme = Programme(MONDAY)
    case = programme.declare(ADA)
    # Nobody sweeps, or a clock would end it long before.
    programme.swept = False
    monkeypatch.setitem(content.programme(), "cycle", cycle)
    programme.day(day, "12:00")
    programme.service.views.forms.intake.receive(
        IncomingForm("eoi", samples.eoi(contact_email=ADA, org_city="Laval"), "fr")
    )
    states = sorted(item["state"] for item in programme.store.kinds("case"))
    assert states == ["EOI_PENDING", "EOI_TO_CONFIRM"]
    agenda = programme.service.cases.digest._agenda.of(date.fromisoformat(day))
    assert agenda["rita-roy"].decide == [case.id]
