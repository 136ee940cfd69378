"""The directory changed as a whole: by a sheet, or back to an earlier edition; what would change is
known first, and published only as it was known."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from pydantic import ValidationError

from chalicelib import content
from chalicelib.coaches.catalogue import column_values
from chalicelib.coaches.coach import Coach
from chalicelib.coaches.directory import sheets
from chalicelib.coaches.directory.changes import Changes, Edits, compare
from chalicelib.coaches.directory.sheet_problems import SheetProblem
from chalicelib.coaches.edition import Edition
from chalicelib.coaches.editions import EditionStore, Withdrawn
from chalicelib.coaches.own_edits import own_values
from chalicelib.core.errors import Conflict
from chalicelib.core.languages import Lang
from chalicelib.core.ports import Write
from chalicelib.forms.cells import read_cells
from chalicelib.forms.sheet_bounds import SheetTooLarge, UnreadableSheet

_RULED_BY_CONSENT = frozenset({"status", "consent_publication"})
"""Columns that no sheet sets against a coach's will, by a rule of their own: see `Withdrawals`."""


class SheetRefused(Exception):
    """Raised for a file that is no sheet of coaches at all."""

    def __init__(self, code: str, cause: UnreadableSheet | None = None) -> None:
        super().__init__(code)
        self._code = code
        self._cause = cause

    def message(self, lang: Lang) -> str:
        if self._cause is not None:
            return self._cause.message(lang)
        return content.coaches()["import"][self._code][lang]


class PublishedMeanwhile(Exception):
    """Raised when somebody else published since a plan was made: nothing was published."""


@dataclass(frozen=True)
class Plan:
    """What is to stand in place of the edition `after`, and what changes by that; `before` are its
    coaches.

    `kept` is what coaches set themselves and a sheet would undo: by slug and column, their value
    and that of the sheet. It stays as theirs.
    """

    after: Edition | None
    before: Sequence[Coach]
    coaches: Sequence[Coach]
    changes: Changes
    kept: Mapping[str, Edits] = field(default_factory=dict)

    @property
    def names(self) -> Mapping[str, str]:
        """The name of each coach who is there or would be, by slug."""
        return {coach.slug: coach.full_name for coach in (*self.before, *self.coaches)}

    @property
    def counts(self) -> Mapping[str, int]:
        changes = self.changes
        return {
            "added": len(changes.added),
            "changed": len(changes.changed),
            "removed": len(changes.removed),
        }


def read_sheet(
    name: str,
    data: bytes,
    today: date,
    progress: Callable[[int, int], None] | None = None,
) -> sheets.Sheet:
    """Return the coaches of a CSV or XLSX file, and its problems. Raises SheetRefused."""
    try:
        cells = read_cells(name, data)
    except SheetTooLarge:
        raise SheetRefused("too_large") from None
    except UnreadableSheet as unreadable:
        raise SheetRefused("unreadable", unreadable) from None
    except ValueError:
        raise SheetRefused("unreadable") from None
    return sheets.parse(cells, progress, today=today)


@dataclass(frozen=True)
class DirectoryPublishing:
    editions: EditionStore

    def problems(self, sheet: sheets.Sheet) -> list[SheetProblem]:
        """Return what is wrong with a sheet, with the rows of those who would be shown against
        their will: with one of them anywhere, nothing of it is published."""
        return [*sheet.problems, *self._withdrawn(sheet)]

    def of_sheet(self, sheet: sheets.Sheet, overruled: Collection[str] = ()) -> Plan:
        """Return what a sheet would change. What coaches set themselves stays, but for those who
        are `overruled`, by slug."""
        current = self.editions.current()
        before = self.editions.catalogue(current)
        kept = self._kept(compare(before, sheet.coaches), overruled)
        stands = {coach.slug: coach for coach in before}
        coaches: list[Coach] = []
        for coach in sheet.coaches:
            theirs = kept.get(coach.slug)
            found = _with(coach, theirs) if theirs else coach
            if found is None:
                # Half of the one and half of the other fits no coach: all stays as it stands.
                found = stands[coach.slug]
                kept[coach.slug] = dict(compare([found], [coach]).changed[coach.slug])
            coaches.append(found)
        return Plan(current, before, coaches, compare(before, coaches), kept)

    def of_edition(self, edition: Edition) -> Plan:
        """Return what publishing an earlier edition again would change; what coaches changed of
        their own page since stays."""
        # The current one is read first: who publishes from now on is not undone.
        current = self.editions.current()
        before, coaches = self.editions.catalogue(current), self.editions.restored(edition)
        return Plan(current, before, coaches, compare(before, coaches))

    def found(self, edition: str) -> Edition | None:
        """Return an edition that can be restored, by its id."""
        return next((one for one in self.editions.restorable() if one.id == edition), None)

    def publish(self, plan: Plan, *, by: str, why: str, also: Sequence[Write] = ()) -> Edition:
        """Publish what was planned, and return that edition. Raises PublishedMeanwhile."""
        try:
            return self.editions.publish(plan.coaches, by=by, why=why, after=plan.after, also=also)
        except (Conflict, Withdrawn):
            raise PublishedMeanwhile from None

    def _withdrawn(self, sheet: sheets.Sheet) -> Iterator[SheetProblem]:
        against = {coach.slug for coach in self.editions.withdrawals.against(sheet.coaches)}
        for row, coach in zip(sheet.rows, sheet.coaches, strict=True):
            if coach.slug in against:
                facts = {"value": coach.slug}
                yield SheetProblem(row, "consent_publication", "withdrawn", facts)

    def _kept(self, changes: Changes, overruled: Collection[str]) -> dict[str, Edits]:
        """Return the edits of a sheet to what the coaches themselves set, and nobody after them."""
        found: dict[str, Edits] = {}
        for slug, edits in changes.changed.items():
            if slug in overruled:
                continue
            own = own_values(self.editions.store, slug)
            theirs = {
                column: values
                for column, values in edits.items()
                if column in own
                and column not in _RULED_BY_CONSENT
                and (values[0] or None) == (own[column].value or None)
            }
            if theirs:
                found[slug] = theirs
        return found


def _with(coach: Coach, theirs: Edits) -> Coach | None:
    """Return a coach of a sheet with what they set themselves; None where that does not fit."""
    own = column_values({column: before for column, (before, _) in theirs.items()})
    try:
        return Coach.model_validate({**coach.model_dump(), **own})
    except ValidationError:
        return None
