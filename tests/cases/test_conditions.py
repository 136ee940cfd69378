"""Conditions have days that are still to come, reminders each, and new days when they need them."""

from datetime import date, timedelta
from typing import Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib import content
from chalicelib.cases.case import Case
from chalicelib.cases.ladder import Ladder
from chalicelib.core.errors import Refused
from clock_steps import Programme
from journey import ADA, RITA, SAM, Journey

MONDAY = "2026-03-02T15:00:00+00:00"
CLOCKS: Final = content.clocks()["clocks"]
FIRST, SECOND = "2026-06-22", "2026-07-15"


@pytest.fixture
def programme() -> Programme:
    return Programme(MONDAY)


def conditional(programme: Programme, *days: str) -> Case:
    case = programme.apply(programme.final(programme.declare(ADA), "approve"))
    wanted = tuple((f"Condition {number}", day) for number, day in enumerate(days))
    return programme.final(case, "conditions", conditions=wanted)


def test_each_condition_has_reminders_of_its_own(programme: Programme) -> None:
    case = conditional(programme, SECOND, FIRST)
    programme.day("2026-07-22")
    assert programme.sent("reminder") == [
        "2026-06-08 09:00", "2026-06-19 09:00", "2026-07-02 08:00", "2026-07-12 09:00",
    ]  # fmt: skip
    told = [s.mail.text for s in programme.letters if s.letter == "reminder"]
    assert ["Condition 0" in text for text in told] == [False, False, True, True]
    assert ["Condition 1" in text for text in told] == [True, True, False, False]
    assert programme.again(case).state == "APP_LAPSED"


def test_a_reminder_that_left_late_gives_more_time_and_the_file_says_so(
    programme: Programme,
) -> None:
    case = conditional(programme, FIRST, SECOND)
    programme.swept = False
    programme.day("2026-06-30", "10:00")
    programme.swept = True
    programme.settle()
    after = programme.again(case)
    assert [each["due"] for each in after.conditions or []] == ["2026-07-02", SECOND]
    assert "2 juillet 2026" in programme.letters[-1].mail.text
    assert programme.service.lookup.history(after)[-1]["event"] == "more_time"
    programme.day("2026-07-13")
    told = [s.mail.text for s in programme.letters if s.letter == "reminder"]
    assert ["Condition 1" in text for text in told] == [False, True, True]


@pytest.mark.parametrize("again", ["2026-07-20", "2026-08-20", "2028-05-10"])
def test_days_that_fall_together_after_an_outage_still_lead_to_an_end(
    programme: Programme, again: str
) -> None:
    case = conditional(programme, FIRST, "2026-07-06", SECOND)
    programme.swept = False
    programme.day(again, "10:00")
    programme.swept = True
    programme.settle()
    ends = max(each["due"] for each in programme.again(case).conditions or [])
    programme.day(str(date.fromisoformat(ends) + timedelta(days=9)))
    assert programme.again(case).state == "APP_LAPSED"


@given(
    days=st.lists(st.integers(100, 160), min_size=1, max_size=4),
    outages=st.lists(
        st.tuples(st.integers(0, 40), st.sampled_from([3, 8, 15, 30])), min_size=1, max_size=3
    ),
)
@example(days=[117, 104, 130, 117], outages=[(20, 8), (16, 3), (13, 3)])
@settings(max_examples=12)
def test_whatever_outages_move_the_days_of_conditions_lead_to_an_end(
    days: list[int], outages: list[tuple[int, int]]
) -> None:
    programme, first = Programme(MONDAY), date(2026, 3, 2)
    case = conditional(programme, *(str(first + timedelta(days=n)) for n in days))
    today = date(2026, 6, 1)
    for before, long in outages:
        today += timedelta(days=before)
        programme.day(str(today), "10:00")
        programme.swept = False
        today += timedelta(days=long)
        programme.day(str(today), "10:00")
        programme.swept = True
        programme.settle()
    ends = [each["due"] for each in programme.again(case).conditions or []]
    programme.day(str(date.fromisoformat(max([*ends, str(today)])) + timedelta(days=9)))
    assert programme.again(case).state == "APP_LAPSED"


@pytest.mark.parametrize(
    "clock", [c for c in CLOCKS if any("event" in s for s in CLOCKS[c]["steps"])]
)
@pytest.mark.parametrize("position", [0, 3, 50])
def test_a_clock_that_ends_its_file_never_runs_out_of_steps(clock: str, position: int) -> None:
    since = date(2026, 3, 2)
    ladder = Ladder(clock, since, since + timedelta(days=30), (since + timedelta(days=30),))
    found = ladder.step(position)
    assert found is not None
    assert found.event or found.position >= position


@pytest.mark.parametrize("typed", ["2026-08-10", "10 août 2026", "August 10, 2026"])
def test_a_condition_is_given_a_new_day(programme: Programme, typed: str) -> None:
    case = conditional(programme, FIRST, SECOND)
    programme.act(case, "postpone", new_days=(("0", typed),), message="Bien sûr.")
    (told,) = [s.mail for s in programme.letters if s.letter == "conditions_postponed"]
    assert "10 août 2026" in told.text
    assert "Bien sûr." in told.text
    programme.day("2026-08-16")
    assert programme.again(case).state == "APP_LAPSED"
    assert programme.sent("reminder") == [
        "2026-07-02 08:00", "2026-07-12 09:00", "2026-07-27 09:00", "2026-08-07 09:00",
    ]  # fmt: skip


@pytest.mark.parametrize("typed", ["", "20260810", "2026-01-01", "9999-12-31", "bientôt"])
def test_a_new_day_that_is_none_is_refused(programme: Programme, typed: str) -> None:
    case = conditional(programme, FIRST)
    with pytest.raises(Refused):
        programme.act(case, "postpone", new_days=(("0", typed),) if typed else ())
    assert programme.again(case).conditions == case.conditions


def test_a_conditional_file_that_ended_is_reopened_with_new_days_alone(
    programme: Programme,
) -> None:
    case = conditional(programme, FIRST, SECOND)
    programme.day("2026-07-30")
    with pytest.raises(Refused):
        programme.act(case, "reopen", message="À sa demande.")
    with pytest.raises(Refused):
        programme.act(case, "reopen", message="À sa demande.", new_days=(("0", "2026-09-01"),))
    new_days = (("0", "2026-09-01"), ("1", "2026-10-01"))
    programme.act(case, "reopen", message="À sa demande.", new_days=new_days)
    programme.day("2026-08-15")
    assert programme.again(case).state == "APP_CONDITIONAL"
    (told,) = [s.mail.text for s in programme.letters if s.letter == "file_reopened"]
    assert "1er septembre 2026" in told
    assert "1er octobre 2026" in told
    assert programme.sent("reminder")[-1] < "2026-08-01"
    programme.day("2026-10-08")
    assert programme.again(case).state == "APP_LAPSED"


def test_the_last_vote_gives_a_new_day_to_a_condition_whose_day_is_over(way: Journey) -> None:
    way.settings(QUORUM_APPLICATION="2")
    case = way.apply()
    way.decide(RITA, decision="conditions", code=way.code(RITA), condition_0="Un fiduciaire",
               due_0="2026-03-05")  # fmt: skip
    way.clock.pass_(days=4)
    link = way.fresh(SAM)
    page = way.visitor.page(link).body.decode()
    assert "date passed" in page
    refused = way.press(link, decision="approve", code=way.code(SAM))
    assert refused.status_code == 422
    assert way.again(case).state == "APP_PENDING"
    decided = way.press(link, decision="approve", code=way.code(SAM), new_day_0="April 1, 2026")
    assert decided.status_code == 200
    assert way.again(case).conditions == [{"text": "Un fiduciaire", "due": "2026-04-01"}]
    way.after_undo()
    assert "d’ici le 1er avril 2026" in way.letters(ADA)[-1]


@pytest.mark.parametrize(
    "due", ["20260910", "2026-W37-4", "9999-12-31", "0001-01-01", "10/09/2026"]
)
def test_a_condition_s_day_is_a_day_or_none(way: Journey, due: str) -> None:
    case = way.apply()
    answer = way.decide(RITA, decision="conditions", code=way.code(RITA), condition_0="Un",
                        due_0=due)  # fmt: skip
    assert answer.status_code == 422
    assert way.again(case).state == "APP_PENDING"


def test_a_day_in_words_is_kept_as_the_day_that_it_is(way: Journey) -> None:
    case = way.apply()
    way.decide(RITA, decision="conditions", code=way.code(RITA), condition_0="Un",
               due_0="10 sept. 2026")  # fmt: skip
    assert (way.again(case).conditions or [])[0]["due"] == "2026-09-10"
