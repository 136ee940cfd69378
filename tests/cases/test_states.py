"""The table of states is whole: every state and event is defined or refused."""

import itertools

import pytest

from chalicelib import content
from chalicelib.cases import states
from chalicelib.cases.guards import CALLERS_GUARDS, GUARDS
from chalicelib.core.errors import Refused
from infra import state_diagram as picture
from letter_facts import LETTERS

ALL = [*content.states()["states"], states.NEW]


@pytest.mark.parametrize(("state", "event"), [*itertools.product(ALL, states.events())])
def test_every_state_and_event_is_defined_or_refused(state: str, event: str) -> None:
    row = states.table().get((state, event))
    if row is None:
        with pytest.raises(Refused):
            states.step(state, event)
    elif row.to == states.BEFORE:
        with pytest.raises(Refused):
            states.step(state, event)
        for before in ALL:
            if before in row.back_to:
                assert states.step(state, event, before).to == before
            else:
                with pytest.raises(Refused):
                    states.step(state, event, before)
    else:
        assert states.step(state, event).to in content.states()["states"]


def test_every_transition_of_the_specification_is_in_the_table() -> None:
    assert {row["n"] for row in content.states()["transitions"]} - {None} == set(range(1, 29))


def test_no_row_of_the_table_stands_twice() -> None:
    rows = [
        (source, row["event"]) for row in content.states()["transitions"] for source in row["from"]
    ]
    assert len(rows) == len(set(rows))


def test_every_state_is_reached_and_every_source_exists() -> None:
    data = content.states()
    reached = {row.to for row in states.table().values()} - {states.BEFORE}
    assert reached == set(data["states"])
    assert {source for source, _ in states.table()} <= {*data["states"], states.NEW}
    for row in states.table().values():
        assert set(row.back_to) <= set(data["states"])


def test_every_letter_of_the_table_can_be_written() -> None:
    named = {name for row in states.table().values() for name in row.letters + row.held_letters}
    assert named <= set(LETTERS)


def test_what_can_be_undone_has_an_undo_that_leads_back() -> None:
    for row in states.table().values():
        if row.undo:
            assert states.step(row.to, "undo", row.source).to == row.source


def test_letters_that_wait_for_the_undo_belong_to_decisions_that_have_one() -> None:
    for row in states.table().values():
        assert bool(row.held_letters) == row.undo, row


def test_every_active_state_has_its_clock_and_a_way_out_by_the_applicant() -> None:
    for name, state in content.states()["states"].items():
        assert ("clock" in state) == (state["kind"] in ("active", "unconfirmed")), name
        assert ((name, "withdraw") in states.table()) == (state["kind"] == "active"), name


def test_clocks_run_only_where_somebody_waits() -> None:
    """A row into an active state starts, resumes or keeps its clock; one into an end stops all."""
    own = {name: state.get("clock") for name, state in content.states()["states"].items()}
    for row in states.table().values():
        if row.to in (states.BEFORE, row.source) or row.quiet:
            continue
        said = set(row.clocks)
        clock = own[row.to]
        if clock:
            assert said & {f"start {clock}", f"resume {clock}", f"restart {clock}"}, row
        before = own.get(row.source)
        if before and before != clock:
            assert said & {f"stop {before}", f"pause {before}", "stop all"}, row


def test_staff_choose_what_the_state_allows() -> None:
    chosen = {
        "EOI_PENDING": ["approve", "decline", "ask"],
        "EOI_APPROVED": ["extend"],
        "EOI_DECLINED": ["reopen"],
        "APP_PENDING": ["approve", "conditions", "decline", "waitlist", "ask"],
        "APP_WAITLISTED": ["approve", "decline"],
        "APP_CONDITIONAL": ["conditions_met", "postpone", "decline"],
        "ORPHAN_APP": ["link", "treat_as_eoi", "decline"],
        "WITHDRAWN": ["reopen"],
    }
    for state in ("EOI_INFO_REQUESTED", "APP_APPROVED", "LINKED", "ANONYMISED", "HELD_AS_SPAM"):
        chosen[state] = []
    known = {event for events in chosen.values() for event in events}
    for state, wanted in chosen.items():
        # A state that is added brings choices of its own, beside these.
        found = [row.event for row in states.choices(state) if row.event in known]
        assert found == wanted, state


def test_every_guard_of_the_table_is_kept_somewhere() -> None:
    named = {guard for row in states.table().values() for guard in row.guards}
    assert named == {*GUARDS, *CALLERS_GUARDS}


def test_the_last_decision_asks_for_the_code_and_a_refusal_for_a_reason() -> None:
    assert states.step("APP_PENDING", "approve").code
    assert states.step("APP_PENDING", "decline").code
    assert not states.step("EOI_PENDING", "approve").code
    assert states.step("EOI_PENDING", "decline").reason


def test_states_have_public_names_in_both_languages() -> None:
    for state in content.states()["states"]:
        assert states.public_name(state, "fr") != ""
        assert states.public_name(state, "en") != ""


def test_the_picture_shows_the_table_as_it_is() -> None:
    assert picture.PAGE.read_text("utf-8") == picture.draw(), "run python -m infra.state_diagram"
