"""Whether the names in one content file are known to the others, and to the code."""

import difflib
from collections.abc import Collection, Iterator
from typing import Any, Final

from chalicelib.coaches.directory.snapshot import all_labels
from chalicelib.forms.rules import RULES
from chalicelib.people import retention
from chalicelib.web.problems import CODES
from infra.content import codes, receivers, states
from infra.content.slips import Contents, Place, Slip, one_for_each, unknown

LISTS: Final = ("decline_reason", "closing_reason", "mode")
"""Lists that the code reads by name, beside those of the forms."""

BESIDE_CHOICES: Final = {"vote", "undo"}
"""What the staff do beside the choices of a state, and read the name of."""


def slips(contents: Contents) -> Iterator[Slip]:
    """Yield each name that leads nowhere."""
    yield from _forms(contents)
    for name in LISTS:
        if name not in contents["lists"]:
            yield Slip("lists", (), f"without {name}", f"Add “{name}”: the code reads it.")
    yield from states.slips(contents)
    yield from _words_of_cases(contents)
    yield from _retention(contents)
    yield from _issues(contents)
    yield from _codes(contents)
    yield from _ids(contents)
    yield from _names_of_values(contents)


def _forms(contents: Contents) -> Iterator[Slip]:
    forms = {
        name: content
        for name, content in contents.items()
        if isinstance(content, dict) and "sections" in content
    }
    for name, form in forms.items():
        if form["form"] != name:
            mend = f"Write “{name}”, as the file is called."
            yield Slip(name, ("form",), f"form: is called {form['form']}", mend)
    offered = contents["programme"]["intake"]
    for name in offered:
        yield from unknown("programme", ("intake", name), [name], forms, "form")
    for file, key in (
        ("programme", "form_name"),
        ("programme", "retention"),
        ("review", "received"),
    ):
        yield from one_for_each(file, (key,), contents[file][key], offered)
    yield from _prefixes(forms, offered)
    prefixed = [name for name, form in forms.items() if "prefix" in form]
    plurals = contents["review"]["form_plural"]
    yield from one_for_each("review", ("form_plural",), plurals, prefixed)
    yield from receivers.slips(contents, forms, offered)
    for name in RULES.keys() - forms.keys():
        yield Slip(name, (), "missing, and the code has rules for it", "Write the form again.")


def _prefixes(forms: Contents, offered: Collection[str]) -> Iterator[Slip]:
    prefixes = {name: form["prefix"] for name, form in forms.items() if "prefix" in form}
    for name, prefix in prefixes.items():
        if list(prefixes.values()).count(prefix) > 1:
            what = f"prefix: another form has {prefix} too"
            yield Slip(name, ("prefix",), what, "Give each form two letters of its own.")
    for name in offered:
        form = forms.get(name, {})
        if "prefix" not in form:
            what = "prefix: missing, and its references begin with it"
            yield Slip(name, (), what, "Add “prefix”: two capital letters.")


def _words_of_cases(contents: Contents) -> Iterator[Slip]:
    review, rows = contents["review"], contents["states"]["transitions"]
    named = contents["states"]["states"]
    chosen = {row["event"] for row in rows if row.get("choice")} | BESIDE_CHOICES
    yield from one_for_each("review", ("next_steps",), review["next_steps"], named)
    yield from one_for_each("review", ("events",), review["events"], states.events(contents))
    yield from one_for_each("review", ("decisions",), review["decisions"], chosen)
    yield from unknown("review", ("ended_while",), review["ended_while"], named, "state")


def _retention(contents: Contents) -> Iterator[Slip]:
    table, states = contents["retention"], contents["states"]["states"]
    months = table["case_months"]
    for name in months:
        place: Place = ("case_months", name)
        yield from unknown("retention", place, [name], {*states, "others"}, "state")
    if "others" not in months:
        mend = "Add “others”: how long all other files are kept, in months."
        yield Slip("retention", ("case_months",), "case_months: without others", mend)
    named: set[str] = set()
    for part in ("rows", "elsewhere"):
        for number, row in enumerate(table[part]):
            place = (part, number)
            if row["name"] in named:
                what = f"{row['name']}: stands twice"
                yield Slip("retention", (*place, "name"), what, "Keep one of the two.")
            named.add(row["name"])
            ways = table["ended_by"]
            yield from unknown("retention", place, [row["ended_by"]], ways, "way to end")
            yield from _period(row, place, table)


def _period(row: Any, place: Place, table: Any) -> Iterator[Slip]:
    period = row.get("period", {})
    setting, constant = period.get("months_of", "case_months"), period.get("constant")
    settings = [name for name in table if name.endswith("_months")]
    yield from unknown("retention", (*place, "period"), [setting], settings, "setting")
    if constant is not None and retention.constant(constant) is None:
        what = f"{row['name']}: no such constant: {constant}"
        mend = "Write “module:NAME” as the code has it."
        yield Slip("retention", (*place, "period", "constant"), what, mend)


def _issues(contents: Contents) -> Iterator[Slip]:
    states = contents["issues"]["states"]
    for number, row in enumerate(contents["issues"]["transitions"]):
        place = ("transitions", number)
        yield from unknown("issues", place, [*row["from"], row["to"]], states, "state")


def _codes(contents: Contents) -> Iterator[Slip]:
    wanted = {*CODES.values(), "broken"}
    yield from one_for_each("problems", (), contents["problems"], wanted)
    for function, code in sorted(codes.named()):
        places = codes.CALLS[function][1]
        if not any(code in _at(contents, place) for place in places):
            file, _, key = places[0].partition(".")
            what = f"{key}{'.' if key else ''}{code}: missing, and {function}() names it"
            mend = f"Add “{code}” here, in both languages."
            yield Slip(
                file, (*filter(None, (key,)), *_misspelt(code, contents, places[0])), what, mend
            )


def _misspelt(code: str, contents: Contents, place: str) -> list[str]:
    """Return the name that stands where a code is missing, and that no call has."""
    known = {code for _, code in codes.named()}
    unused = [name for name in _at(contents, place) if name not in known]
    return difflib.get_close_matches(code, unused, 1)


def _ids(contents: Contents) -> Iterator[Slip]:
    """Find every id that stands twice in a list."""
    lists: list[tuple[str, Place, Any]] = [
        (name, (), contents[name]) for name in ("streams", "provinces", "languages")
    ]
    lists += [("lists", (name,), rows) for name, rows in contents["lists"].items()]
    lists += [
        ("newsletter", (name,), contents["newsletter"][name]) for name in ("bases", "reasons")
    ]
    for file, place, rows in lists:
        seen: set[str] = set()
        for number, row in enumerate(rows):
            if row["id"] in seen:
                what = f"{row['id']} stands twice"
                yield Slip(file, (*place, number), what, "Keep one, or give the other its own id.")
            seen.add(row["id"])


def _at(contents: Contents, place: str) -> Collection[str]:
    """Return the names that stand at a place such as `coaches.import`."""
    file, _, key = place.partition(".")
    found = contents[file][key] if key else contents[file]
    return {row["event"] for row in found} if isinstance(found, list) else list(found)


def _names_of_values(contents: Contents) -> Iterator[Slip]:
    """Yield what the names of places, languages and themes lead to and nobody can choose."""
    provinces = {province["id"] for province in contents["provinces"]}
    places = contents["places"]
    for number, region in enumerate(places["regions"]):
        where = ("regions", number, "provinces")
        yield from unknown("places", where, region["provinces"], provinces, "province")
    yield from unknown("places", ("cities",), places["cities"], provinces, "province")
    values = all_labels()
    for number, entry in enumerate(contents["terms"]):
        for key in ("means", "near"):
            filed = entry.get(key, {})
            yield from unknown("terms", (number, key), filed, values, "filter")
            for name in filed.keys() & values.keys():
                place = (number, key, name)
                yield from unknown("terms", place, filed[name], values[name], "value")
