"""The table of states is whole: every state and event is defined or refused."""

import pytest

from chalicelib import states
from chalicelib.content import load
from chalicelib.errors import Refused
from chalicelib.letters import LETTERS


def test_every_state_and_event_is_defined_or_refused() -> None:
    data = load("states")
    events = {row["event"] for row in data["transitions"]}
    for state in [*data["states"], states.NEW]:
        for event in events:
            if (state, event) in states.table():
                assert states.step(state, event).to in data["states"]
            else:
                with pytest.raises(Refused):
                    states.step(state, event)


def test_no_row_of_the_table_stands_twice() -> None:
    rows = [
        (source, row["event"]) for row in load("states")["transitions"] for source in row["from"]
    ]
    assert len(rows) == len(set(rows))


def test_every_state_is_reached_and_every_source_exists() -> None:
    data = load("states")
    assert {row.to for row in states.table().values()} == set(data["states"])
    assert {source for source, _ in states.table()} <= {*data["states"], states.NEW}


def test_every_letter_of_the_table_can_be_written() -> None:
    for row in states.table().values():
        assert {*row.letters, *row.held_letters} <= set(LETTERS)


def test_what_can_be_undone_has_an_undo_that_leads_back() -> None:
    for row in states.table().values():
        if row.undo:
            assert states.step(row.to, "undo").to == row.source


def test_staff_choose_only_where_a_decision_is_due() -> None:
    assert [row.event for row in states.choices("EOI_PENDING")] == ["approve", "decline"]
    assert [row.event for row in states.choices("APP_PENDING")] == ["approve", "decline"]
    for state in ("EOI_APPROVED", "EOI_DECLINED", "APP_APPROVED", "APP_DECLINED", "HELD_AS_SPAM"):
        assert states.choices(state) == []


def test_the_last_decision_asks_for_the_code_and_a_refusal_for_a_reason() -> None:
    assert states.step("APP_PENDING", "approve").code
    assert states.step("APP_PENDING", "decline").code
    assert not states.step("EOI_PENDING", "approve").code
    assert states.step("EOI_PENDING", "decline").reason


def test_states_have_public_names_in_both_languages() -> None:
    for state in load("states")["states"]:
        assert states.public_name(state, "fr") != ""
        assert states.public_name(state, "en") != ""
