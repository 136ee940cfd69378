"""The rows of a list of a draft: one saved, taken out, or put back, whatever others did meanwhile."""

from typing import NamedTuple

from chalicelib.core.ports import Item
from chalicelib.forms.cleaning import CHOSEN_TYPES
from chalicelib.forms.drafts.draft import ROW_ID, FormDraft, RemovedRow, Values
from chalicelib.forms.drafts.merging import Merged, merge, unseen
from chalicelib.forms.drafts.refused import EditedMeanwhile
from chalicelib.forms.drafts.typed import rows_field, section_of


class RowList(NamedTuple):
    """A list of rows of a section."""

    section: str
    rows: str

    def of(self, draft: FormDraft) -> list[Values]:
        return list(draft.sections[self.section].values.get(self.rows, []))


class ChangedRows(NamedTuple):
    """A list of rows as it is to be kept, and the row that was taken out of it, if any."""

    kept: list[Values]
    removed: RemovedRow | None = None

    @property
    def noted(self) -> Item:
        """What is written beside the list."""
        return {"removed": self.removed} if self.removed else {}


def is_blank(row: Values) -> bool:
    """Tell whether a row holds nothing but what tells it from the others."""
    return not row.keys() - {ROW_ID}


def with_row(draft: FormDraft, where: RowList, row: Values, seen: str) -> ChangedRows:
    """Return a list with one row as it was saved: a new one at its end, one that was emptied taken
    out, one that comes back where it was. Raises EditedMeanwhile."""
    kept, row_id = where.of(draft), row[ROW_ID]
    place = place_of(kept, row_id)
    if place is None:
        gone = draft.removed if draft.removed and _is_gone(draft.removed, where, row_id) else None
        if _is_emptied(draft, where, row, gone["row"] if gone else {}):
            return ChangedRows(kept)
        if seen:
            merged = Merged(row, (where.rows,))
            raise EditedMeanwhile(draft, where.section, row, {}, merged, where.rows, row_id)
        at = int(gone["place"]) if gone else len(kept)
        return ChangedRows([*kept[:at], row, *kept[at:]])
    theirs = kept[place]
    merged = merge(row, theirs, seen)
    if merged.disputed:
        raise EditedMeanwhile(draft, where.section, row, theirs, merged, where.rows, row_id)
    left = merged.values
    if is_blank(left) or (not unseen(theirs, seen) and _is_emptied(draft, where, left, theirs)):
        return without_row(draft, where, row_id)
    return ChangedRows([*kept[:place], left, *kept[place + 1 :]])


def with_typed(draft: FormDraft, where: RowList, row: Values) -> list[Values]:
    """Return a list as it would be with a row as it was typed."""
    kept = where.of(draft)
    place = place_of(kept, row[ROW_ID])
    at = len(kept) if place is None else place
    return [*kept[:at], row, *kept[at + 1 :]]


def without_row(draft: FormDraft, where: RowList, row_id: str) -> ChangedRows:
    """Return a list without one row, which can be put back; as it is where that is gone already."""
    kept = where.of(draft)
    place = place_of(kept, row_id)
    if place is None:
        return ChangedRows(kept)
    gone = RemovedRow(rows=where.rows, place=place, row=kept[place])
    return ChangedRows([*kept[:place], *kept[place + 1 :]], gone)


def with_row_back(draft: FormDraft, where: RowList, row_id: str) -> ChangedRows:
    """Return a list with the row that was taken out last where it was; as it is where that is there
    already, or another one was taken out since."""
    kept = where.of(draft)
    gone = draft.removed
    if gone is None or not _is_gone(gone, where, row_id) or place_of(kept, row_id) is not None:
        return ChangedRows(kept)
    at = int(gone["place"])
    return ChangedRows([*kept[:at], gone["row"], *kept[at:]])


def choices_of_removed(draft: FormDraft, where: RowList, row_id: str) -> Values:
    """Return what was only chosen in the row that was taken out last: its page, where it is shown
    again, has that still. Nothing for another row."""
    gone = draft.removed
    if gone is None or not _is_gone(gone, where, row_id):
        return {}
    written = _written(draft, where)
    return {key: value for key, value in gone["row"].items() if key not in {*written, ROW_ID}}


def place_of(rows: list[Values], row_id: str) -> int | None:
    return next((n for n, row in enumerate(rows) if row.get(ROW_ID) == row_id), None)


def _is_emptied(draft: FormDraft, where: RowList, row: Values, before: Values) -> bool:
    """Tell whether nothing is left of a row that anybody wrote in it: what was only chosen cannot be
    taken back by hand."""
    written = _written(draft, where)
    return is_blank(row) or bool(written & before.keys() and not written & row.keys())


def _written(draft: FormDraft, where: RowList) -> set[str]:
    """Return the keys of a list in which something is written, and not chosen."""
    fields = rows_field(section_of(draft.form, where.section), where.rows)["fields"]
    return {f["key"] for f in fields if f["type"] not in CHOSEN_TYPES}


def _is_gone(gone: RemovedRow, where: RowList, row_id: str) -> bool:
    return gone["rows"] == where.rows and gone["row"].get(ROW_ID) == row_id
