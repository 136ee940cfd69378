"""Whether the names in one content file are known to the others, and to the code."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

import chalicelib.wiring.mail  # noqa: F401 - it imports every module that registers letters
from chalicelib.cases.guards import CALLERS_GUARDS, GUARDS
from chalicelib.cases.intake.receive import RECEIVERS
from chalicelib.cases.states import BEFORE, NEW, SAME
from chalicelib.forms.rules import RULES
from chalicelib.mail.letters import LETTERS
from chalicelib.people import retention
from chalicelib.web.problems import CODES
from infra.content import codes

Contents = Mapping[str, Any]
"""What stands in each content file, by its name without `.json`; every shape is right."""

ERASE: Final = "erase"
"""The event of a clock that is in no row of the table: the case itself goes."""

LISTS: Final = ("decline_reason", "closing_reason", "mode")
"""Lists that the code reads by name, beside those of the forms."""

BESIDE_CHOICES: Final = {"vote", "undo"}
"""What the staff do beside the choices of a state, and read the name of."""


def faults(contents: Contents) -> Iterator[str]:
    """Yield each name that leads nowhere, with its file and place."""
    yield from _forms(contents)
    yield from (f"lists.json: without {name}" for name in LISTS if name not in contents["lists"])
    yield from _transitions(contents)
    yield from _clocks(contents)
    yield from _words_of_cases(contents)
    yield from _retention(contents)
    yield from _issues(contents)
    yield from _codes(contents)


def _forms(contents: Contents) -> Iterator[str]:
    forms = {name: content for name, content in contents.items() if "sections" in content}
    for name, form in forms.items():
        if form["form"] != name:
            yield f"{name}.json: form: is called {form['form']}"
    offered = contents["programme"]["intake"]
    yield from _unknown("programme.json: intake", offered, forms, "form")
    for place, found in (
        ("programme.json: form_name", contents["programme"]["form_name"]),
        ("programme.json: retention", contents["programme"]["retention"]),
        ("review.json: received", contents["review"]["received"]),
    ):
        yield from _one_for_each(place, found, offered)
    prefixes = {name: form["prefix"] for name, form in forms.items() if "prefix" in form}
    for name, prefix in prefixes.items():
        if list(prefixes.values()).count(prefix) > 1:
            yield f"{name}.json: prefix: another form has {prefix} too"
    for name in offered:
        form = forms.get(name, {})
        if "prefix" not in form:
            yield f"{name}.json: prefix: missing, and its references begin with it"
        if form.get("received_as") not in RECEIVERS:
            known = ", ".join(RECEIVERS)
            yield f"{name}.json: received_as: says none of {known}, so nothing receives it"
    yield from _one_for_each(
        "review.json: form_plural",
        contents["review"]["form_plural"],
        prefixes,
    )
    for name in RULES.keys() - forms.keys():
        yield f"{name}.json: missing, and the code has rules for it"


def _transitions(contents: Contents) -> Iterator[str]:
    states, clocks = contents["states"]["states"], contents["clocks"]["clocks"]
    for name, state in states.items():
        yield from _unknown(f"states.json: {name}", [state["clock"]] if "clock" in state else [],
                            clocks, "clock")  # fmt: skip
        letter, shown = state.get("staff_letter"), state.get("shown_as")
        yield from _unknown(f"states.json: {name}", [letter] if letter else [], LETTERS, "letter")
        yield from _unknown(f"states.json: {name}", [shown] if shown else [], states, "state")
        if state.get("turnaround") and "form" not in state:
            yield f"states.json: {name}: turnaround without a form"
        if "clock" in state and "awaits" not in clocks.get(state["clock"], {}):
            yield f"states.json: {name}: clock {state['clock']} does not say what it awaits"
    for number, row in enumerate(contents["states"]["transitions"]):
        place = f"states.json: transitions.{number} ({row['event']})"
        letters = [*row["letters"], *row.get("held_letters", [])]
        started = [step.split()[1] for step in row["clocks"] if " " in step]
        yield from _unknown(place, [*row["from"], *row.get("back_to", [])], {*states, NEW}, "state")
        yield from _unknown(place, [row["to"]], {*states, BEFORE, SAME}, "state")
        yield from _unknown(place, row["guards"], {*GUARDS, *CALLERS_GUARDS}, "guard")
        yield from _unknown(place, letters, LETTERS, "letter")
        yield from _unknown(place, started, {*clocks, "all", "own"}, "clock")


def _clocks(contents: Contents) -> Iterator[str]:
    for name, clock in contents["clocks"]["clocks"].items():
        rungs = [*clock["steps"], *([clock["repeat"]] if "repeat" in clock else [])]
        place = f"clocks.json: {name}"
        letters = [rung["letter"] for rung in rungs if "letter" in rung]
        events = [rung["event"] for rung in rungs if "event" in rung]
        yield from _unknown(place, letters, LETTERS, "letter")
        yield from _unknown(place, events, {*_events(contents), ERASE}, "event")


def _retention(contents: Contents) -> Iterator[str]:
    table, states = contents["retention"], contents["states"]["states"]
    months = table["case_months"]
    yield from _unknown("retention.json: case_months", months, {*states, "others"}, "state")
    if "others" not in months:
        yield "retention.json: case_months: without others"
    named: set[str] = set()
    for row in [*table["rows"], *table["elsewhere"]]:
        place = f"retention.json: {row['name']}"
        if row["name"] in named:
            yield f"{place}: stands twice"
        named.add(row["name"])
        yield from _unknown(place, [row["ended_by"]], table["ended_by"], "way to end")
        period = row.get("period", {})
        if period.get("months_of", "case_months") not in table:
            yield f"{place}: no such setting: {period['months_of']}"
        if "constant" in period and retention.constant(period["constant"]) is None:
            yield f"{place}: no such constant: {period['constant']}"


def _words_of_cases(contents: Contents) -> Iterator[str]:
    review, rows = contents["review"], contents["states"]["transitions"]
    events = _events(contents)
    chosen = {row["event"] for row in rows if row.get("choice")} | BESIDE_CHOICES
    yield from _one_for_each("review.json: next_steps", review["next_steps"],
                             contents["states"]["states"])  # fmt: skip
    yield from _one_for_each("review.json: events", review["events"], events)
    yield from _one_for_each("review.json: decisions", review["decisions"], chosen)


def _issues(contents: Contents) -> Iterator[str]:
    states = contents["issues"]["states"]
    for number, row in enumerate(contents["issues"]["transitions"]):
        place = f"issues.json: transitions.{number} ({row['event']})"
        yield from _unknown(place, [*row["from"], row["to"]], states, "state")


def _codes(contents: Contents) -> Iterator[str]:
    wanted = {*CODES.values(), "broken"}
    yield from _one_for_each("problems.json", contents["problems"], wanted)
    for function, code in sorted(codes.named()):
        places = codes.CALLS[function][1]
        if not any(code in _at(contents, place) for place in places):
            file, _, key = places[0].partition(".")
            yield f"{file}.json: {key}{'.' if key else ''}{code}: missing, and {function}() names it"


def _at(contents: Contents, place: str) -> Collection[str]:
    """Return the names that stand at a place such as `coaches.import`."""
    file, _, key = place.partition(".")
    found = contents[file][key] if key else contents[file]
    return {row["event"] for row in found} if isinstance(found, list) else list(found)


def _events(contents: Contents) -> set[str]:
    return {row["event"] for row in contents["states"]["transitions"]}


def _unknown(place: str, names: Iterable[str], known: Collection[str], what: str) -> Iterator[str]:
    for name in names:
        if name not in known:
            yield f"{place}: no such {what}: {name}"


def _one_for_each(place: str, found: Collection[str], wanted: Collection[str]) -> Iterator[str]:
    for name in wanted:
        if name not in found:
            yield f"{place}: without {name}"
    for name in found:
        if name not in wanted:
            yield f"{place}: {name} is of no use"
