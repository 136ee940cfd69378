"""What the table does not name is refused with 409, whoever asks, and kept as an attempt; of a
file whose answers are gone with 410."""

import itertools
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

import samples
from chalicelib import content
from chalicelib.cases import states
from chalicelib.cases.case import Case
from chalicelib.cases.review.link import review_link
from chalicelib.forms import parsing
from journey import ADA, RITA, SAM, Journey
from visitor import token

STATES = list(content.states()["states"])
STAFF = [event for event in states.events()
         if any(row.actor in ("staff", "anyone") for key, row in states.table().items()
                if key[1] == event) and event not in ("vote", "attach", "undo")]  # fmt: skip
"""What a staff form may say; a vote is an approval, and undo has tests of its own."""

OWN = {"reply": "reply", "withdraw": "withdraw", "correct": "ask_address", "copy": "copy"}


def standing(way: Journey, state: str) -> Case:
    """A case in a state, put there by hand, with all that any step may want of it."""
    case = way.declare()
    now = "2026-03-02T15:00:00.000Z"
    application = parsing.parse(
        "application", samples.application(), "fr", date(2026, 3, 2)
    ).answers
    put = replace(
        case,
        state=state,
        application=application if state.startswith(("APP", "ORPHAN")) else None,
        apply_by="2026-09-01",
        question={
            "text": "Qui?",
            "by": "sam-lee",
            "name": "Sam",
            "at": now,
            "reply_by": "2026-03-23",
        },
        closed={"from": "EOI_PENDING", "at": now},
    )
    way.store.items[case.key] = {k: v for k, v in put.item().items() if v is not None}
    return put


@pytest.mark.parametrize(("state", "event"), list(itertools.product(STATES, STAFF)))
def test_staff_do_what_the_table_names_and_nothing_else(
    way: Journey, state: str, event: str
) -> None:
    case = standing(way, state)
    secret, hashed, code = way.service.links.new_review()
    way.store.items[f"LINK#{hashed}", "LINK"] = review_link(
        hashed, case=case, recipient="rita-roy", allowed=states.staff_steps(state), now=way.clock()
    )
    path = f"/review/{token(secret, 'review')}"
    fields: dict[str, Any] = {
        "decision": event, "confirm": "on", "message": "Voilà.", "reason": "funds", "code": code,
        "nonce": way.service.links.nonce(token(secret, "review")), "met": "0", "colleague": "sam-lee",
        "address": "new@example.org", "target": "DI-2026-00000-0", "condition_0": "Un",
        "due_0": "2026-05-01", "new_day_0": "2026-06-01",
    }  # fmt: skip
    answer = way.visitor.submit(path, list(fields.items()))
    if (state, event) in states.table() and event not in ("release", "release_application"):
        # Linking wants a file that is there; all others go through.
        assert answer.status_code == (422 if event == "link" else 200), answer.body
        return
    if state == "ANONYMISED":
        assert answer.status_code == 410, answer.body
        assert way.again(case).events == case.events
        return
    assert answer.status_code == 409, answer.body
    assert way.again(case).events == case.events
    assert [a["decision"] for a in way.attempts(case)] == [event]


@pytest.mark.parametrize(("state", "action"), list(itertools.product(STATES, OWN)))
def test_applicants_do_what_the_table_names_and_nothing_else(
    way: Journey, state: str, action: str
) -> None:
    case = standing(way, state)
    url = way.service.links.file(case.id, case.person)
    given = token(url, "file")
    fields = {
        "action": action, "answer": "Voilà.", "confirm": "on", "address": "new@example.org",
        "nonce": way.service.links.nonce(given),
    }  # fmt: skip
    answer = way.visitor.submit(f"/file/{given}", list(fields.items()))
    if (state, OWN[action]) in states.table():
        assert answer.status_code == 200, answer.body
        return
    if state == "ANONYMISED":
        assert answer.status_code == 410, answer.body
        assert way.again(case).events == case.events
        return
    assert answer.status_code == 409, answer.body
    assert way.again(case).events == case.events
    assert [a["by"] for a in way.attempts(case)] == ["applicant"]


def test_more_time_is_given_twice_and_no_third_time(way: Journey) -> None:
    case = way.declare()
    way.decide(RITA, decision="approve")
    early = way.press(way.fresh(SAM), decision="extend")
    assert "can still be undone" in early.body.decode(), "not while it can be undone"
    way.after_undo()
    for until in ("2026-10-01", ""):
        link = way.fresh(RITA)
        assert way.press(link, decision="extend", until="hier").status_code == 422
        assert way.press(link, decision="extend", until=until).status_code == 200
        way.deliver()
    assert way.again(case).apply_by == "2026-11-30", "60 days more than the last date"
    assert "Nouvelle date limite" in way.subjects(ADA)[-1]
    third = way.press(way.fresh(RITA), decision="extend")
    assert third.status_code == 409
    assert "Toutes les prolongations possibles (2)" in third.body.decode()


def test_decisions_that_can_be_undone_are_undone_to_where_they_came_from(way: Journey) -> None:
    case = way.apply()
    link = way.review(RITA)
    way.press(
        link, decision="conditions", code=way.code(RITA), condition_0="Un", due_0="2026-05-01"
    )
    assert way.press(link, decision="undo").status_code == 200
    after = way.again(case)
    assert (after.state, after.conditions, after.decided) == ("APP_PENDING", None, None)
    way.deliver()
    way.press(way.review(RITA), decision="waitlist")
    way.deliver()
    link = way.fresh(RITA)
    way.press(link, decision="decline", code=way.code(RITA), reason="funds")
    way.press(link, decision="undo")
    assert way.again(case).state == "APP_WAITLISTED"


def test_a_step_beside_a_decision_does_not_keep_it_from_being_undone(way: Journey) -> None:
    case = way.apply()
    link = way.review(RITA)
    way.press(link, decision="decline", code=way.code(RITA), reason="funds")
    way.deliver()
    own = way.own()
    assert way.do(own, action="correct", address="new@example.org").status_code == 200
    assert way.press(link, decision="undo").status_code == 200
    way.after_undo()
    assert way.again(case).state == "APP_PENDING"
    assert not [s for s in way.subjects(ADA) if "Décision" in s]
