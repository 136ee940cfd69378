"""Put what visitors type to the search: `python -m bench.typed` prints what came of each kind.

The queries of `typed.txt` were written before the search could answer them, for the sample of
sixty coaches. `--wrong` lists those that are not right.
"""

import sys
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from chalicelib.coaches.coach import Coach, public_profile
from chalicelib.coaches.directory import sheets
from chalicelib.coaches.directory.search import Directory
from chalicelib.coaches.directory.search_page import SearchPage
from chalicelib.coaches.directory.snapshot import build, filter_values, serialise
from chalicelib.forms.cells import read_cells

QUERIES = Path(__file__).with_name("typed.txt")
SAMPLE = Path(__file__).resolve().parents[1] / "infra" / "local_aws" / "sample" / "coaches.csv"
DAY = "2026-03-01"

Outcome = Literal["right", "marked", "missed", "nonsense"]
"""Right first or rightly nobody; somebody else, and the page says why; nobody though somebody
fits; somebody else, and the page says nothing."""


class Typed(NamedTuple):
    kind: str
    q: str
    expected: str


class Answer(NamedTuple):
    typed: Typed
    outcome: Outcome
    first: str


@cache
def typed_queries() -> tuple[Typed, ...]:
    lines = (line for line in QUERIES.read_text("utf-8").splitlines() if line[:1] not in ("", "#"))
    return tuple(Typed(*(part.strip() for part in line.split(" | "))) for line in lines)


@cache
def sample() -> tuple[Coach, ...]:
    return sheets.parse(read_cells("coaches.csv", SAMPLE.read_bytes())).coaches


@cache
def sample_directory() -> Directory:
    return Directory.load(serialise(build(sample())))


@cache
def _facts(slug: str) -> frozenset[str]:
    """Return what may be expected of a coach, as typed.txt writes it."""
    row = next(public_profile(coach) for coach in sample() if coach.slug == slug)
    values = {f"{name}={value}" for name, value in filter_values(row)}
    serves_all = {"serves=all"} if "all" in row["serves"] else set()
    return frozenset({"anybody", f"home={row['province']}", *serves_all, *values})


def fits(slug: str, expected: str) -> bool:
    return any(
        all(part in _facts(slug) if part in _facts(slug) else part in slug for part in way)
        for way in (each.split("&") for each in expected.split("/"))
    )


def outcome(page: SearchPage, expected: str) -> Outcome:
    if not page["results"]:
        return "right" if "nobody" in expected.split("/") else "missed"
    if fits(page["results"][0]["slug"], expected):
        return "right"
    marked = bool(page.get("did_you_mean") or page.get("left_out") or page.get("notes"))
    return "marked" if marked else "nonsense"


def answers(queries: Sequence[Typed], directory: Directory) -> list[Answer]:
    """Return what came of each query, in both languages: the worse of the two."""
    worst = list(get_args(Outcome))
    found = []
    for typed in queries:
        pages = [directory.search(typed.q, lang=lang, day=DAY) for lang in ("fr", "en")]
        both = [(outcome(page, typed.expected), page) for page in pages]
        named, page = max(both, key=lambda each: worst.index(each[0]))
        first = page["results"][0]["slug"] if page["results"] else "nobody"
        found.append(Answer(typed, named, first))
    return found


def table(found: Sequence[Answer]) -> str:
    outcomes = get_args(Outcome)
    lines = ["| kind | queries | " + " | ".join(outcomes) + " |", "|---|" + "---:|" * 5]
    kinds = [*dict.fromkeys(each.typed.kind for each in found), "all"]
    for kind in kinds:
        counts = Counter(each.outcome for each in found if kind in ("all", each.typed.kind))
        numbers = " | ".join(str(counts[each]) for each in outcomes)
        lines.append(f"| {kind} | {counts.total()} | {numbers} |")
    return "\n".join(lines)


def main() -> None:
    found = answers(typed_queries(), sample_directory())
    print(table(found))
    for each in found if "--wrong" in sys.argv else ():
        if each.outcome != "right":
            print(each.outcome, "|", *each.typed, "|", each.first)


if __name__ == "__main__":
    main()
