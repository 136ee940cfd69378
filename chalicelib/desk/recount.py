"""The counts of the desk and of the figures, counted again from the files themselves: once a day."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from chalicelib.cases.case import Case
from chalicelib.cases.figures import FIGURE_ROW, FIGURES, recounted_figures
from chalicelib.cases.file_index import COUNT_ROW, COUNTS, recounted
from chalicelib.cases.turnaround import MONTHS_COUNTED, STAGES, sum_write
from chalicelib.core import eastern_time
from chalicelib.core.errors import Conflict
from chalicelib.core.ports import Change, Item, Key, Now, Store
from chalicelib.core.records import stamp
from chalicelib.desk.figures import Figures, months_back

log = logging.getLogger("relais.desk.recount")

CHECKED: Final = (FIGURES, "checked")
"""The row that says when all files were counted last."""

RECOUNT_LEASE: Final = timedelta(minutes=30)
RECOUNT_ATTEMPTS: Final = 3
"""How often all files are read at most: what two readings agree on is wrong, and no step of a
moment ago."""

_ROWS: Final = {COUNTS: COUNT_ROW, FIGURES: FIGURE_ROW}

Attribute = tuple[Key, str]
"""One count: its row, and its name there."""


class CountsDiffered(Exception):
    """Raised once counts that were wrong are mended: the alarm of the function rings, and somebody
    looks for what made them so."""


@dataclass(frozen=True)
class Recount:
    store: Store
    now: Now
    every_file: Callable[[], Iterable[Case]]
    """Reads each file, as it is now."""

    readers: Callable[[], Iterable[Mapping[Key, Mapping[str, int]]]]
    """Reads each subscriber, as what they add to the figures."""

    def daily(self) -> bool:
        """Count all files again, once a day, and say whether it was done now. Raises CountsDiffered
        when counts were wrong, which they then are no more."""
        today, row = str(eastern_time.today(self.now())), self.store.get(*CHECKED) or {}
        if row.get("on") == today or not self._leased(row):
            return False
        wrong = self.repair()
        done = {"on": today, "wrong": wrong}
        self.store.commit([Change(CHECKED, set=done, remove=("until",)), self._usual()])
        if wrong:
            log.error("counts that differed from the files, and are mended: %s", wrong)
            raise CountsDiffered(wrong)
        return True

    def repair(self) -> int:
        """Set right what differs from the files, whatever people do meanwhile; return how much."""
        found: Counter[tuple[Attribute, int]] = Counter()
        for _ in range(RECOUNT_ATTEMPTS):
            differing = self._differing()
            found.update(differing.items())
            if not found:
                return 0
            if len(found) == sum(1 for times in found.values() if times > 1):
                break
        wrong = {at: step for (at, step), times in found.items() if times > 1}
        rows: dict[Key, dict[str, int]] = {}
        for (key, name), step in wrong.items():
            rows.setdefault(key, {})[name] = step
        # What is added holds, whatever else is counted in the same moment.
        for key, steps in rows.items():
            self.store.commit([Change(key, set=_ROWS[key[0]], add=steps)])
        return len(wrong)

    def _usual(self) -> Change:
        """Return the write that sums up how long decisions took in the last months."""
        now = self.now()
        last, *_, first = months_back(eastern_time.today(now), MONTHS_COUNTED)
        table, _ = Figures(self.store).table(first, last)
        stages = {form: table.stage(span) for form, span in STAGES.items()}
        sums = {form: found for form, found in stages.items() if found}
        return sum_write(sums, now)

    def _differing(self) -> dict[Attribute, int]:
        """Return by how much each count is off, but for those that changed while files were read."""
        before = self._there()
        right: Counter[Attribute] = Counter()
        for case in self.every_file():
            right.update(_attributes(recounted([case])))
            right.update(_attributes(recounted_figures([case])))
        for counts in self.readers():
            right.update(_attributes(counts))
        after = self._there()
        return {
            at: right[at] - after[at]
            for at in {*before, *right, *after}
            if before[at] == after[at] != right[at]
        }

    def _there(self) -> Counter[Attribute]:
        found: Counter[Attribute] = Counter()
        for pk in _ROWS:
            for row in self.store.rows(pk):
                counts = {name: int(n) for name, n in row.items() if "__" in name}
                found.update(_attributes({(pk, row["sk"]): counts}))
        return found

    def _leased(self, row: Item) -> bool:
        """Take the count of today, unless somebody is at it."""
        held, now = row.get("until"), self.now()
        if held and stamp(now) < held:
            return False
        expect, absent = ({"until": held}, ()) if held else ({}, ("until",))
        values = {**FIGURE_ROW, "until": stamp(now + RECOUNT_LEASE)}
        try:
            self.store.commit([Change(CHECKED, expect=expect, absent=absent, set=values)])
        except Conflict:
            return False
        return True


def _attributes(rows: Mapping[Key, Mapping[str, int]]) -> dict[Attribute, int]:
    return {(key, name): n for key, counts in rows.items() for name, n in counts.items()}
