"""Whether the states of a case, its transitions and its clocks name what there is."""

from collections.abc import Collection, Iterator
from typing import Any, Final

import chalicelib.wiring.mail  # noqa: F401 - it imports every module that registers letters
from chalicelib.cases.guards import CALLERS_GUARDS, GUARDS
from chalicelib.cases.states import BEFORE, NEW, SAME
from chalicelib.core.letter_row import APPLICANT
from chalicelib.mail.letters import LETTERS, STAFF
from infra.content.slips import Contents, Place, Slip, instead, unknown

ERASE: Final = "erase"
"""The event of a clock that is in no row of the table: the case itself goes."""


def slips(contents: Contents) -> Iterator[Slip]:
    yield from _states(contents)
    yield from _transitions(contents)
    yield from _ends(contents)
    yield from _clocks(contents)


def events(contents: Contents) -> set[str]:
    """Return the names of all events."""
    return {row["event"] for row in contents["states"]["transitions"]}


def _states(contents: Contents) -> Iterator[Slip]:
    states, clocks = contents["states"]["states"], contents["clocks"]["clocks"]
    left = {name for row in contents["states"]["transitions"] for name in row["from"]}
    for name, state in states.items():
        place: Place = ("states", name)
        for key, known, what in (
            ("clock", clocks, "clock"),
            ("staff_letter", LETTERS, "letter"),
            ("shown_as", states, "state"),
        ):
            if key in state:
                yield from unknown("states", (*place, key), [state[key]], known, what)
        if state.get("turnaround") and "form" not in state:
            mend = "Say under “form” which form is decided in this state."
            yield Slip("states", place, f"{name}: turnaround without a form", mend)
        if "clock" in state and "awaits" not in clocks.get(state["clock"], {"awaits": ""}):
            what = f"{name}: clock {state['clock']} does not say what it awaits"
            yield Slip("states", (*place, "clock"), what, "Add “awaits” to it in clocks.json.")
        if state["kind"] != "gone" and name not in left:
            what = f"{name}: no transition leads away from it"
            yield Slip("states", place, what, "Name it under “from” of a row, or remove it.")


def _transitions(contents: Contents) -> Iterator[Slip]:
    states, clocks = contents["states"]["states"], contents["clocks"]["clocks"]
    for number, row in enumerate(contents["states"]["transitions"]):
        started = [step.split()[1] for step in row["clocks"] if " " in step]
        for key, names, known, what in (
            ("from", row["from"], {*states, NEW}, "state"),
            ("back_to", row.get("back_to", []), {*states, NEW}, "state"),
            ("to", [row["to"]], {*states, BEFORE, SAME}, "state"),
            ("guards", row["guards"], {*GUARDS, *CALLERS_GUARDS}, "guard"),
            ("letters", row["letters"], LETTERS, "letter"),
            ("held_letters", row.get("held_letters", []), LETTERS, "letter"),
            ("clocks", started, {*clocks, "all", "own"}, "clock"),
        ):
            yield from unknown("states", ("transitions", number, key), names, known, what)
        place: Place = ("transitions", number, "held_letters")
        yield from _readers("states", place, row.get("held_letters", ()), [APPLICANT])


def _ends(contents: Contents) -> Iterator[Slip]:
    """Find what the clock of a state sets off and cannot be done in that state."""
    rows = contents["states"]["transitions"]
    for name, state in contents["states"]["states"].items():
        clock = contents["clocks"]["clocks"].get(state.get("clock"), {"steps": ()})
        for rung in clock["steps"]:
            event = rung.get("event")
            if event and not any(row["event"] == event and name in row["from"] for row in rows):
                what = (
                    f"{name}: clock {state['clock']} ends by “{event}”, which does not begin here"
                )
                mend = f"Name {name} under “from” of a row of {event}."
                yield Slip("states", ("states", name), what, mend)


def _readers(file: str, place: Place, names: Collection[str], to: list[str]) -> Iterator[Slip]:
    """Find each letter that goes to somebody whom it is not written for."""
    wanted = APPLICANT if APPLICANT in to else STAFF
    for name in names:
        if name in LETTERS and wanted not in LETTERS[name].readers:
            fitting = [one for one, found in LETTERS.items() if wanted in found.readers]
            what = f"letter {name} is not for {wanted}"
            yield Slip(file, place, what, instead(name, fitting))


def _clocks(contents: Contents) -> Iterator[Slip]:
    for name, clock in contents["clocks"]["clocks"].items():
        rungs: list[tuple[Place, Any]] = [
            (("steps", at), rung) for at, rung in enumerate(clock["steps"])
        ]
        rungs += [(("repeat",), clock["repeat"])] if "repeat" in clock else []
        for at, rung in rungs:
            place: Place = ("clocks", name, *at)
            for key, known, what in (
                ("letter", LETTERS, "letter"),
                ("event", {*events(contents), ERASE}, "event"),
            ):
                if key in rung:
                    yield from unknown("clocks", (*place, key), [rung[key]], known, what)
            if len({"letter", "event"} & rung.keys()) != 1:
                mend = "Give it either a “letter” or an “event”."
                yield Slip("clocks", place, "a step with no one thing to do", mend)
            if "letter" in rung and not rung.get("to"):
                yield Slip("clocks", place, "a letter to nobody", "Say under “to” who reads it.")
            given = [rung["letter"]] if "letter" in rung else []
            yield from _readers("clocks", (*place, "letter"), given, rung.get("to", []))
