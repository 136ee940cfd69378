"""Nobody loses a day, or a file, because our mail did not reach them."""

import re
from datetime import date, timedelta
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import content
from chalicelib.cases.case import Case
from chalicelib.cases.effects import Decider
from chalicelib.cases.ladder import days_told
from chalicelib.cases.sending_again import SendingAgain
from chalicelib.cases.states import clock_of
from chalicelib.core.formatting import long_date
from chalicelib.core.letter_row import tag_of
from clock_steps import Programme
from gallery_cases import bounced

ADA: Final = "ada@example.org"
MONDAY: Final = "2026-03-02T15:00:00+00:00"
ENDS: Final = {"EOI_INFO_REQUESTED": "EOI_LAPSED", "EOI_APPROVED": "INVITE_EXPIRED",
               "APP_CONDITIONAL": "APP_LAPSED", "APP_INFO_REQUESTED": "APP_LAPSED"}  # fmt: skip


def awaiting(programme: Programme, state: str) -> Case:
    """A file that waits for its applicant, who was just written to."""
    case = programme.declare(ADA)
    if state == "EOI_INFO_REQUESTED":
        return programme.ask(case)
    case = programme.final(case, "approve")
    if state == "EOI_APPROVED":
        return case
    case = programme.apply(case)
    if state == "APP_INFO_REQUESTED":
        return programme.ask(case)
    return programme.final(case, "conditions", conditions=(("Un fiduciaire", "2026-04-15"),))


def comes_back(programme: Programme, case: Case, kind: str = "Permanent") -> None:
    last = [one for one in programme.letters if one.to == "applicant"][-1]
    assert last.key[0] == case.key[0]
    programme.service.delivery_events.settle(bounced(tag_of(*last.key), kind))
    programme.settle()


def last_day(case: Case) -> date:
    clock = clock_of(case.state)
    assert clock
    return days_told(clock, case)[-1]


def found_again(programme: Programme, case: Case, how: str) -> Case:
    case = programme.again(case)
    if how == "corrected":
        programme.service.cases.applicant.correct_address(
            case, "ada@new.example.org", by="rita-roy"
        )
    else:
        service = programme.service
        sending = SendingAgain(
            programme.store, service.lookup, service.cases.roster, programme.clock
        )
        sending.send(case, Decider("rita-roy", "Rita Roy"))
    programme.settle()
    return programme.again(case)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(ENDS)), st.integers(0, 58), st.sampled_from(["corrected", "again"]))
def test_the_days_in_which_no_mail_arrived_are_given_back(state: str, lost: int, how: str) -> None:
    programme = Programme(MONDAY)
    case = awaiting(programme, state)
    promised = last_day(case)
    comes_back(programme, case)
    before = len(programme.letters)
    programme.pass_(days=lost)
    assert programme.again(case).state == state
    assert not [one for one in programme.letters[before:] if one.to == "applicant"]
    case = found_again(programme, case, how)
    assert last_day(case) == promised + timedelta(days=lost)
    programme.day(str(last_day(case)), "12:00")
    assert programme.again(case).state == state
    programme.pass_(days=12)
    assert programme.again(case).state == ENDS[state]


@pytest.mark.parametrize("how", ["corrected", "again"])
def test_the_question_that_is_sent_again_tells_the_new_day(how: str) -> None:
    programme = Programme(MONDAY)
    case = awaiting(programme, "EOI_INFO_REQUESTED")
    comes_back(programme, case)
    programme.day("2026-04-10")
    found_again(programme, case, how)
    if how == "corrected":
        found_again(programme, case, "again")
    last = [one.mail.text for one in programme.letters if one.letter == "eoi_info_requested"][-1]
    assert long_date(last_day(programme.again(case)), "fr") in last
    assert "1er mai 2026" in last.replace("\u00a0", " ")


@pytest.mark.parametrize("state", sorted(ENDS))
def test_a_file_that_nobody_can_reach_ends_all_the_same(state: str) -> None:
    programme = Programme(MONDAY)
    case = awaiting(programme, state)
    comes_back(programme, case)
    programme.pass_(days=content.programme()["unreached_days"] + 200)
    assert programme.again(case).state == ENDS[state]


def test_a_full_mailbox_stops_no_clock() -> None:
    programme = Programme(MONDAY)
    case = awaiting(programme, "EOI_INFO_REQUESTED")
    comes_back(programme, case, "Transient")
    programme.pass_(days=30)
    assert programme.again(case).state == "EOI_LAPSED"


@pytest.mark.parametrize(
    ("state", "waits"), [("EOI_PENDING", False), *((state, True) for state in sorted(ENDS))]
)
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_staff_read_that_dates_wait_where_they_do(state: str, waits: bool, lang: str) -> None:
    programme = Programme(MONDAY)
    programme.store.put({**programme.store.items["STAFF", "rita-roy"], "lang": lang})
    case = programme.declare(ADA) if state == "EOI_PENDING" else awaiting(programme, state)
    comes_back(programme, case)
    (told,) = [one.mail.text for one in programme.letters
               if one.letter == "staff_undeliverable" and one.to == "rita-roy"]  # fmt: skip
    # With its word: a link or a reference may have the digits too.
    assert bool(re.search(r"\b60\s(?:jours|days)\b", told)) is waits
    assert ("les dates limites attendent" in told or "the due dates wait" in told) is waits


def test_an_address_that_failed_before_the_question_loses_no_day_twice() -> None:
    """The days count from the question on, and not from the receipt that came back long before."""
    programme = Programme(MONDAY)
    case = programme.declare(ADA)
    comes_back(programme, case)
    programme.day("2026-03-12")
    case = programme.ask(case)
    promised = last_day(case)
    programme.pass_(days=5)
    assert last_day(found_again(programme, case, "corrected")) == promised + timedelta(days=5)
