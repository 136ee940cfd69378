"""The lists of files, their counts, and the search: each a bounded number of calls."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple

from chalicelib import content
from chalicelib.cases.case import Case, case_key
from chalicelib.cases.file_index import (
    COUNTS,
    FOUND,
    LISTED,
    START_LENGTH,
    Count,
    counts,
    folded,
    list_key,
    list_row,
)
from chalicelib.cases.states import kind
from chalicelib.core import eastern_time, references
from chalicelib.core.email_address import email_or_none
from chalicelib.core.links import person_key
from chalicelib.core.ports import Item, Now, Store, Stretch, Where
from chalicelib.core.records import stamp
from chalicelib.core.typed_text import whole_number
from chalicelib.desk.filters import SORTED, Filters
from chalicelib.desk.list_order import Line, LinePlace, in_order, is_behind

if TYPE_CHECKING:
    from chalicelib.content.shapes.desk import DeskTab

PAGE_LENGTH: Final = 10

MAX_SORTED: Final = 300
"""Files that can be put in any order; of more, those that came first or last are shown."""

IDS_AT_ONCE: Final = 2_000
"""Lines that one call for a whole list asks for."""

MAX_FOUND: Final = 15
"""Files that a page of what was found shows."""

MAX_FOUND_WHOLE: Final = 2_000
"""Files that an export of what was found holds."""

MAX_QUERY_WORDS: Final = 6


Read = Callable[[str, Stretch, Sequence[Where]], Iterable[Item]]
"""Reads the rows of a listing."""


class Tab(NamedTuple):
    """How many files of the same filters are in another tab; `at_least` where not all could be
    looked at."""

    id: str
    number: int
    at_least: bool


class FileList(NamedTuple):
    """One page of a list. `more` is what the next page begins after; blank on the last one.
    `is_ordered` says whether the order that was asked for could be given."""

    lines: list[Line]
    tabs: list[Tab]
    more: str
    is_ordered: bool


class Found(NamedTuple):
    """What a search found. `reached` is the file up to which all were looked at, where there are
    more than one look takes; blank once there are none."""

    cases: list[Case]
    reached: str


@dataclass(frozen=True)
class Files:
    store: Store
    now: Now
    people_key: bytes = field(repr=False)

    def listed(self, filters: Filters, me: str, after: str = "") -> FileList:
        """Return a page of a list, and how many files are in each tab."""
        by_state = self._by_state(filters, me)
        tabs = [self._tab(tab, filters, me, by_state) for tab in content.desk()["tabs"]]
        here = next(tab for tab in tabs if tab.id == filters.tab)
        states = [state for state in filters.states if by_state.get(state)]
        if filters.order in SORTED and here.number <= MAX_SORTED:
            start = whole_number(after) or 0
            lines, end = self._sorted(states, filters, me), start + PAGE_LENGTH
            more = str(end) if len(lines) > end else ""
            return FileList(lines[start:end], tabs, more, True)
        lines, more = self._page(states, filters, me, after, PAGE_LENGTH)
        return FileList(lines, tabs, more, filters.order not in SORTED)

    def number(self, filters: Filters, me: str) -> Tab:
        """Return how many files a list has."""
        if filters.q:
            return Tab("", len(self.ids(filters, me)), False)
        here = next(tab for tab in content.desk()["tabs"] if tab["id"] == filters.tab)
        return self._tab(here, filters, me, self._by_state(filters, me))

    def ids(self, filters: Filters, me: str) -> list[str]:
        """Return the cases of a whole list, in its order: as many calls as it is long."""
        if filters.q:
            return self._found(filters.q, self._whole)[:MAX_FOUND_WHOLE]
        found: list[tuple[str, str]] = []
        for state in filters.states:
            rows = self._whole(
                f"{LISTED}#{state}", self._stretch(filters), self._where(filters, me)
            )
            found += [(str(row["sk"]), str(row["case"])) for row in rows]
        found.sort(reverse=self._is_backward(filters))
        return list(dict.fromkeys(case for _, case in found))

    def _whole(self, pk: str, stretch: Stretch, where: Sequence[Where]) -> Iterator[Item]:
        """Yield all rows of a listing."""
        is_whole = False
        while not is_whole:
            part = self.store.listing(pk, stretch, where, IDS_AT_ONCE)
            yield from part.rows
            is_whole, stretch = part.is_whole, stretch._replace(after=part.more_after)

    def first(self, filters: Filters, me: str, limit: int) -> tuple[list[str], bool]:
        """Return the references of the first files of a list, in the order that it is shown in,
        and whether they are all of it."""
        if filters.q:
            ids = self.ids(filters, me)
            return [case.current_ref for case in self._cases(ids[:limit])], len(ids) <= limit
        lines, is_whole = self.lines_after(filters, me, None, limit)
        return [line.ref for line in lines], is_whole

    def lines_after(
        self, filters: Filters, me: str, place: LinePlace | None, limit: int
    ) -> tuple[list[Line], bool]:
        """Return what follows a place in a list, or what it begins with, in the order that the
        list is shown in, and whether that is all of it."""
        if filters.order in SORTED and self.number(filters, me).number <= MAX_SORTED:
            lines = self._sorted(filters.states, filters, me)
            left = [one for one in lines if not place or is_behind(one, place, filters.order)]
            return left[:limit], len(left) <= limit
        after = place.position if place else ""
        lines, more = self._page(filters.states, filters, me, after, limit)
        return lines, not more

    def search(self, text: str, after: str = "") -> Found:
        """Return the files with a reference, an address, or words that begin so: the newest behind
        `after`, among as many as one look takes."""
        reached: list[str] = []

        def newest(pk: str, stretch: Stretch, where: Sequence[Where]) -> Iterable[Item]:
            found = self.store.listing(pk, stretch._replace(after=after), where, MAX_FOUND)
            reached.append(found.reached)
            return found.rows

        cases = self._cases(self._found(text, newest)[:MAX_FOUND])
        return Found(cases, "".join(reached))

    def _found(self, text: str, read: Read) -> list[str]:
        """Return the cases that a search finds, `read` from the listing of their words."""
        ref = references.parse_reference(text)
        if ref is not None:
            return [references.file_number_of(ref)]
        found: list[str] = []
        if (email := email_or_none(text.strip())) is not None:
            found += self.store.of_person(person_key(email, self.people_key), MAX_FOUND)
        return list(dict.fromkeys([*found, *self._by_words(text, read)]))

    def _by_words(self, text: str, read: Read) -> Iterator[str]:
        words = sorted(folded(text)[:MAX_QUERY_WORDS], key=len, reverse=True)
        if not words or len(words[0]) < START_LENGTH:
            return
        starts = tuple(f" {word}" for word in words)
        wanted = [Where("words", starts, "has")]
        pk = f"{FOUND}#{words[0][:START_LENGTH]}"
        yield from (str(row["case"]) for row in read(pk, Stretch(backward=True), wanted))

    def _cases(self, ids: Sequence[str]) -> list[Case]:
        rows = self.store.batch_get([case_key(one) for one in ids])
        cases = [Case.of(row) for one in ids if (row := rows.get(case_key(one)))]
        return [case for case in cases if kind(case.state) != "gone"]

    def _by_state(self, filters: Filters, me: str) -> dict[str, int]:
        found: dict[str, int] = {}
        one: Count
        for one in counts(self.store.rows(COUNTS)):
            if filters.is_counted(one.state, one.owner, one.facets, me):
                found[one.state] = found.get(one.state, 0) + one.number
        return found

    def _tab(self, tab: "DeskTab", filters: Filters, me: str, by_state: dict[str, int]) -> Tab:
        if not filters.is_timed:
            number = sum(by_state.get(state, 0) for state in filters.states_of(tab))
            return Tab(tab["id"], number, False)
        number, at_least = 0, False
        for state in filters.states_of(tab):
            # Where nothing fits what is counted, nothing fits all of it.
            if by_state.get(state):
                one, whole = self.store.counted(
                    f"{LISTED}#{state}", self._stretch(filters), self._where(filters, me)
                )
                number, at_least = number + one, at_least or not whole
        return Tab(tab["id"], number, at_least)

    def _page(
        self, states: Sequence[str], filters: Filters, me: str, after: str, limit: int
    ) -> tuple[list[Line], str]:
        """Return the next lines of a list by when files came, and what the page after begins with."""
        lines: list[Line] = []
        reached: list[str] = []
        for state in states:
            stretch = self._stretch(filters)._replace(after=after)
            found = self.store.listing(
                f"{LISTED}#{state}", stretch, self._where(filters, me), limit + 1
            )
            lines += [Line(row, state) for row in found.rows]
            reached += [found.reached] if found.reached else []
        backward = self._is_backward(filters)
        lines.sort(key=lambda line: line.position, reverse=backward)
        # Behind where one state's calls ended, another one's files would hide some of it.
        end = (max if backward else min)(reached) if reached else ""
        if end:
            lines = [
                one for one in lines if (one.position >= end) == backward or one.position == end
            ]
        shown = lines[:limit]
        return shown, shown[-1].position if len(lines) > limit else end

    def _sorted(self, states: Sequence[str], filters: Filters, me: str) -> list[Line]:
        lines = [
            Line(row, state)
            for state in states
            for row in self.store.listing(
                f"{LISTED}#{state}", self._stretch(filters), self._where(filters, me), MAX_SORTED
            ).rows
        ]
        return in_order(self.store, lines, filters.order, me)

    def _where(self, filters: Filters, me: str) -> list[Where]:
        found = {
            "form": filters.form, "stream": filters.stream_code, "lang": filters.language,
            "province": filters.province, "undeliverable": filters.undeliverable,
            "unproved": filters.unproved, "unread": filters.unread,
        }  # fmt: skip
        where = [Where(name, (value,)) for name, value in found.items() if value]
        where += [Where("owner", (owner,)) for owner in filters.owners(me)]
        if filters.late:
            where.append(Where("due", (str(self._day_before),), "up_to"))
        return where

    def _stretch(self, filters: Filters) -> Stretch:
        high = stamp(filters.before(self._today)) if filters.age else "~"
        return Stretch(high=high, backward=self._is_backward(filters))

    def _is_backward(self, filters: Filters) -> bool:
        if filters.order in ("oldest", "newest"):
            return filters.order == "newest"
        return next(t for t in content.desk()["tabs"] if t["id"] == filters.tab)["newest_first"]

    @property
    def _today(self) -> date:
        return eastern_time.today(self.now())

    @property
    def _day_before(self) -> date:
        return date.fromordinal(self._today.toordinal() - 1)


def line_of(case: Case) -> Line:
    """Return a file as a list shows it."""
    pk, sk = list_key(case)
    return Line({"pk": pk, "sk": sk, **list_row(case)}, case.state)
