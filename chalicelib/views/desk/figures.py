"""The figures of the programme at the desk: tables, each with its chart."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from chalicelib import content
from chalicelib.cases.figures import (
    ENDS,
    HELD,
    MAIL,
    NEWS,
    REACH,
    REACHED,
    REASON,
    SPANS,
    WHY,
    Dimension,
)
from chalicelib.cases.file_index import stream_code
from chalicelib.core import eastern_time
from chalicelib.core.languages import Lang
from chalicelib.desk.figures import (
    ALL_FILES,
    Figures,
    FigureTable,
    Group,
    months,
    months_back,
)
from chalicelib.mail.writers.phrases import reason_texts
from chalicelib.views.desk.address_notes import left_aside
from chalicelib.views.desk.entry import Entry
from chalicelib.views.desk.visit import Visit
from chalicelib.web.responses import Response

MONTHS_OFFERED: Final = 36
USUAL_MONTHS: Final = 12
_MONTH: Final = re.compile(r"\d{4}-\d{2}")
_DIMENSIONS: Final[Mapping[Dimension, str]] = {"l": "language", "p": "province", "s": "stream"}
"""What files are grouped by, by the name of its filter."""


@dataclass(frozen=True)
class FiguresViews:
    entry: Entry
    figures: Figures

    def show(self, visit: Visit) -> Response:
        lang, query = visit.lang, visit.request.query
        offered = months_back(eastern_time.today(self.entry.now()), MONTHS_OFFERED)
        first, last = sorted(
            (_month(query.get("from", ""), offered, offered[USUAL_MONTHS - 1]),
             _month(query.get("to", ""), offered, offered[0]))
        )  # fmt: skip
        names = _names(lang)
        group = _group(query.get("of", ""), names)
        table, is_whole = self.figures.table(first, last, group)
        stages = [(one, table.stage(one, group)) for one in SPANS]
        by_month = _by_month(table, group, months(first, last))
        facts: dict[str, object] = {
            "aside": _aside(visit, offered, names),
            "offered": offered,
            "first": first,
            "last": last,
            "of": query.get("of", "") if group != ALL_FILES else "",
            "groups": _offered_groups(names),
            "is_whole": is_whole,
            "texts": {name: text[lang] for name, text in content.desk()["figures"].items()},
            "funnel": [(name, table.number(REACH, name, group)) for name in REACHED],
            "stages": stages,
            "longest": max([1, *(found.most for _, found in stages if found)]),
            "by_month": by_month,
            "month_days": [(one["month"], one["days"]) for one in by_month],
            "by_group": _by_group(table, names) if group == ALL_FILES else [],
            **_ends(table, group, lang),
            "news": _news(table, group, months(first, last)),
            "held": {one: table.number(HELD, one, group) for one in ("held", "released")},
            "faults": [
                (kind, {one: table.number(kind, one, group) for one in ("bounced", "complained")})
                for kind in (MAIL, *([NEWS] if group.dimension in ("a", "l") else []))
            ],
        }
        address = self.entry.address("figures")
        given = f"{address}?from={first}&to={last}" + (f"&of={facts['of']}" if facts["of"] else "")
        return self.entry.page(visit, "figures", {**facts, "base": address}, address=given)


def _month(asked: str, offered: Sequence[str], usual: str) -> str:
    return asked if asked in offered else usual


Names = Mapping[Dimension, Mapping[str, str]]
"""The values of each dimension, and what they are called."""


def _names(lang: Lang) -> Names:
    return {
        "l": {"fr": "Français", "en": "English"},
        "p": {one["id"]: one[lang] for one in content.provinces()},
        "s": {stream_code(one["id"]): one[lang] for one in content.streams()},
    }


def _aside(visit: Visit, offered: Sequence[str], names: Names) -> list[str]:
    group = partial(_group, names=names)
    known = {"from": offered.__contains__, "to": offered.__contains__}
    return left_aside(visit, {**known, "of": lambda one: group(one) != ALL_FILES})


def _group(asked: str, names: Names) -> Group:
    """Return whose files an address asks for; all of them where it names none."""
    for dimension, known in names.items():
        start, _, value = asked.partition("_")
        if start == dimension and value in known:
            return Group(dimension, value)
    return ALL_FILES


def _offered_groups(names: Names) -> list[tuple[str, list[tuple[str, str]]]]:
    return [
        (_DIMENSIONS[dimension], [(f"{dimension}_{value}", name) for value, name in known.items()])
        for dimension, known in names.items()
    ]


def _by_month(table: FigureTable, group: Group, every: Sequence[str]) -> list[Mapping[str, object]]:
    return [
        {
            "month": month,
            "received": table.number(REACH, "received", group, month),
            "decided": sum(
                found.cases
                for span in ("declaration", "application")
                if (found := table.stage(span, group, month))
            ),
            "funded": table.number(ENDS, "approved", group, month),
            "days": [table.stage(one, group, month) for one in SPANS],
        }
        for month in every
    ]


def _by_group(table: FigureTable, names: Names) -> list[tuple[str, list[Mapping[str, object]]]]:
    """Return a table for each dimension: how the files of each of its values fared."""
    found = []
    for dimension, name in _DIMENSIONS.items():
        rows: list[Mapping[str, object]] = []
        for value in table.values(dimension):
            group = Group(dimension, value)
            stage = table.stage("declaration", group)
            rows.append({
                "name": names[dimension].get(value, ""),
                "received": table.number(REACH, "received", group),
                "invited": table.number(REACH, "invited", group),
                "funded": table.number(REACH, "funded", group),
                "days": stage,
            })  # fmt: skip
        found.append((name, rows))
    return found


def _news(table: FigureTable, group: Group, every: Sequence[str]) -> list[Mapping[str, object]]:
    """Return who came to the newsletter and left it, by month; nothing of a province or stream."""
    if group.dimension not in ("a", "l"):
        return []
    found: list[Mapping[str, object]] = []
    for month in every:
        came, left = (table.number(NEWS, one, group, month) for one in ("came", "left"))
        found.append({"month": month, "came": came, "left": left})
    return found if any(row["came"] or row["left"] for row in found) else []


def _ends(table: FigureTable, group: Group, lang: Lang) -> dict[str, object]:
    """Return how files ended, and for which reasons they were declined."""
    every = table.whats(ENDS, group)
    reasons = [(what.removeprefix(WHY), n) for what, n in every if what.startswith(WHY)]
    names = {code: "".join(reason_texts([code], lang)) or code for code, _ in reasons}
    return {
        "ends": [(what, number) for what, number in every if not what.startswith(WHY)],
        "reasons": [(names[code], number) for code, number in reasons],
        "reason_days": [
            (names[code], [table.stage(one, Group(REASON, code)) for one in SPANS])
            for code, _ in reasons
        ],
    }
