"""Our table beside python-statemachine: `python -m bench.states` prints transitions a second.

Both take the very same walks through the very same states, turn by turn in one run, and both
refuse what is not in the table. python-statemachine 3.2.2 (pip install python-statemachine)
gets a class made of content/states.json, as its documentation advises, without callbacks and
without an asynchronous loop; rows that lead back are followed to where the walk came from.
The last line is a whole step of a case: the transition, its chained event, letters and clocks.
"""

import argparse
import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from chalicelib.cases.audit import FIRST_EVENT
from chalicelib.cases.case import Case
from chalicelib.cases.states import BEFORE, NEW, step, table
from chalicelib.cases.transition import StateChange

Walk = list[tuple[str, str, str]]
"""(state, event, where the case was before): a life of a case, one step after the other."""


def walks(count: int, length: int) -> list[Walk]:
    dice = random.Random(1)
    by_state: dict[str, list[str]] = {}
    for state, event in table():
        by_state.setdefault(state, []).append(event)
    found = []
    for _ in range(count):
        walk: Walk = []
        state, before = NEW, NEW
        while len(walk) < length and (events := by_state.get(state)):
            event = dice.choice(events)
            row = table()[state, event]
            if row.to == BEFORE and before not in row.back_to:
                continue
            walk.append((state, event, before))
            after = step(state, event, before).to
            state, before = after, state
        found.append(walk)
    return found


def theirs(statemachine: Any) -> Any:
    """Return the same table as a class of python-statemachine."""
    names = sorted({state for state, _ in table()} | {r.to for r in table().values()} - {BEFORE})
    ends = {name for name in names if not any(state == name for state, _ in table())}
    states = {
        name: statemachine.State(name, initial=name == NEW, final=name in ends) for name in names
    }
    events: dict[str, Any] = {}
    for (state, event), row in table().items():
        for to in row.back_to if row.to == BEFORE else (row.to,):
            # One event can lead back to several states: each is an event of its own there.
            name = f"{event}__{to}" if row.to == BEFORE else event
            made = states[state].to(states[to])
            events[name] = made if name not in events else events[name] | made
    body = {**states, **events, "allow_event_without_transition": False}
    return type("Cases", (statemachine.StateMachine,), body)


def timed(run: Callable[[], int]) -> float:
    """Return the transitions a second of CPU."""
    start = time.process_time()
    done = run()
    return done / (time.process_time() - start)


def ours_alone(lives: list[Walk]) -> int:
    for walk in lives:
        for state, event, before in walk:
            step(state, event, before)
    return sum(map(len, lives))


def theirs_alone(made: Any, lives: list[Walk]) -> int:
    for walk in lives:
        machine = made()
        for state, event, before in walk:
            back = table()[state, event].to == BEFORE
            machine.send(f"{event}__{before}" if back else event)
        last, event, before = walk[-1]
        assert machine.current_state.id == step(last, event, before).to
    return sum(map(len, lives))


def whole_steps(lives: list[Walk]) -> int:
    now = datetime(2026, 3, 2, 15, tzinfo=UTC)
    for walk in lives:
        case = _case(now)
        for state, event, before in walk:
            row = step(state, event, before)
            if event in ("approve", "extend", "reopen"):
                case = replace(case, apply_by="2026-09-01")
            move = StateChange(replace(case, state=state), row, now, "rita-roy", {"to": row.to})
            for name in (*row.letters, *row.held_letters):
                move.owes([name], "applicant", due=now)
            move.writes()
            case = move.after()
    return sum(map(len, lives))


def _case(now: datetime) -> Case:
    at = now.isoformat()
    return Case(
        id="2026-4T7KQ-M", state=NEW, version=0, events=0, head=FIRST_EVENT, lang="fr",
        cycle="2026", person="p", email="ada@example.org", contact_name="Ada", org="Maison Ada",
        submitted_at=at, updated_at=at, answers={}, warnings=[],
        conditions=[{"text": "Un fiduciaire", "due": "2026-09-01"}],
    )  # fmt: skip


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--turns", type=int, default=7)
    turns: int = asked.parse_args().turns
    import statemachine

    lives = walks(200, 20)
    made = theirs(statemachine)
    runs: dict[str, Callable[[], int]] = {
        "Relais: look up and check a step": lambda: ours_alone(lives),
        f"python-statemachine {statemachine.__version__}": lambda: theirs_alone(made, lives),
        "Relais: a whole step, ready to commit": lambda: whole_steps(lives),
    }
    best = dict.fromkeys(runs, 0.0)
    for _ in range(turns):
        for name, run in runs.items():
            best[name] = max(best[name], timed(run))
    floor = best[f"python-statemachine {statemachine.__version__}"]
    states = len({state for state, _ in table()} | {NEW})
    print(f"{states} states, {len(table())} transitions, {sum(map(len, lives))} steps a turn\n")
    for name, speed in best.items():
        print(f"{name:42} {speed:12,.0f} a second  {speed / floor:8.1f} ×")


if __name__ == "__main__":
    main()
