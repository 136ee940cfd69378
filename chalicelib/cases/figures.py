"""The counts that the figures of the programme are made of, kept in the transaction of each step.

What a file adds to them follows from what it remembers of itself alone (`milestones.Passed`): a
step writes the difference, and a recount of all files must come to the same.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args

from chalicelib.cases.milestones import Milestone, Passed
from chalicelib.core.counts import Counts, count_writes
from chalicelib.core.ports import Item, Key, Write
from chalicelib.core.records import shard_of

if TYPE_CHECKING:
    from chalicelib.cases.case import Case

FIGURES: Final = "FIGURES"
"""The key of the counts: a row a month, kind and shard; an attribute a group of files and fact."""

FIGURE_ROW: Final = {"kind": "figures"}

REACHED: Final[tuple[Milestone, ...]] = (
    "received", "proved", "decided", "invited", "applied", "judged", "funded",
)  # fmt: skip
"""What is counted of the files of one month, by when they came."""

Span = Literal["declaration", "invitation", "application", "conditions", "whole"]
SPANS: Final[Mapping[Span, tuple[Milestone, Milestone]]] = {
    "declaration": ("received", "decided"),
    "invitation": ("invited", "applied"),
    "application": ("applied", "judged"),
    "conditions": ("conditions", "met"),
    "whole": ("received", "ended"),
}
"""The stages whose days are counted, in the month in which they end."""

Dimension = Literal["a", "l", "p", "s", "r"]
"""All files, or those of a language, province or stream, or that were declined for a reason: what
comes first in an attribute. Of a reason, days alone are counted."""

REASON: Final[Dimension] = "r"

GROUPS: Final = ("lang", "province", "stream")
"""What files are grouped by; the first letter of each is its dimension."""

MAX_STAGE_DAYS: Final = 400
"""Whatever took longer counts as this, so that a row stays small."""

REACH: Final = "reach"
HELD: Final = "held"
ENDS: Final = "ends"
MAIL: Final = "mail"
NEWS: Final = "news"
"""Who came to the newsletter and left it: `newsletter/subscribers/growth.py` counts them."""

WHY: Final = "why_"
Starts = Callable[[str], tuple[str, ...]]
_COUNTED: Final = "__"


class Fact(NamedTuple):
    """One thing that is counted: in a month, of a kind (`reach`, `ends`, a stage …)."""

    month: str
    kind: str
    what: str


class Figure(NamedTuple):
    """How often a fact holds of a group of files: all (`a`), or those of a value."""

    fact: Fact
    dimension: Dimension
    value: str
    number: int


def figure_writes(pk: str, before: Passed | None, after: Passed | None) -> list[Write]:
    """Return what a step of the file under `pk` adds to the figures, and takes from them."""
    if before == after:
        return []
    return count_writes(FIGURE_ROW, counted(pk, before), counted(pk, after))


def counted(pk: str, passed: Passed | None) -> Counts:
    """Return what one file adds to the figures, by row and attribute."""
    found: dict[Key, dict[str, int]] = {}
    if passed is None:
        return found
    groups = ["a", *(f"{name[0]}_{passed['of'].get(name) or '0'}" for name in GROUPS)]
    reasons = [f"{REASON}_{reason}" for reason in passed.get("reasons", ())]
    for fact, number in Counter(facts(passed)).items():
        row = found.setdefault(_row_key(fact, pk), {})
        for group in [*groups, *(reasons if fact.kind in SPANS else ())]:
            row[f"{group}{_COUNTED}{fact.what}"] = number
    return found


def facts(passed: Passed) -> Iterator[Fact]:
    """Yield every fact of a file, as often as it holds."""
    days = passed["days"]
    if "held" in days:
        yield Fact(days["held"][:7], HELD, "held")
        if "received" in days:
            yield Fact(days["held"][:7], HELD, "released")
    if "received" in days:
        yield from (Fact(days["received"][:7], REACH, name) for name in REACHED if name in days)
    if "ended" in days:
        month = days["ended"][:7]
        yield Fact(month, ENDS, passed["end"])
        yield from (Fact(month, ENDS, f"{WHY}{reason}") for reason in passed.get("reasons", ()))
    for span, (start, stop) in SPANS.items():
        if start in days and stop in days:
            length = date.fromisoformat(days[stop]) - date.fromisoformat(days[start])
            yield Fact(days[stop][:7], span, f"d{min(max(length.days, 0), MAX_STAGE_DAYS)}")
    faults = {"bounced": passed.get("bounced", {}), "complained": passed.get("complained", {})}
    for what, by_month in faults.items():
        for month, number in by_month.items():
            yield from [Fact(month, MAIL, what)] * number


def figures(rows: Iterable[Item], starts: Starts = lambda kind: ("",)) -> Iterator[Figure]:
    """Yield what the rows of counts say; what is none any more is left out.

    `starts` says how the names of the attributes begin that are wanted of a kind: a row of days has
    hundreds of them.
    """
    known: dict[str, tuple[Dimension, str, str] | None] = {}
    for row in rows:
        month, kind, _ = row["sk"].split("#")
        wanted = starts(kind)
        for name, number in row.items():
            if not number or not name.startswith(wanted):
                continue
            if name not in known:
                known[name] = _parsed(name)
            if (found := known[name]) is not None:
                dimension, value, what = found
                yield Figure(Fact(month, kind, what), dimension, value, int(number))


def _parsed(name: str) -> tuple[Dimension, str, str] | None:
    """Return the group and the fact of an attribute; None for one that counts nothing."""
    group, sign, what = name.partition(_COUNTED)
    start, _, value = group.partition("_")
    dimension = next((one for one in get_args(Dimension) if one == start), None)
    return (dimension, value, what) if sign and dimension else None


def recounted_figures(cases: "Iterable[Case]") -> Counts:
    """Return the counts that these files make up, by row and attribute."""
    found: dict[Key, dict[str, int]] = {}
    for case in cases:
        for key, values in counted(case.key[0], case.passed).items():
            row = found.setdefault(key, {})
            for name, number in values.items():
                row[name] = row.get(name, 0) + number
    return found


def _row_key(fact: Fact, pk: str) -> Key:
    return FIGURES, f"{fact.month}#{fact.kind}#{shard_of(pk)}"
