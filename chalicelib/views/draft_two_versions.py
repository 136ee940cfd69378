"""Two people change one section at the same time: both versions, field by field, to choose from."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from chalicelib.core.languages import Lang
from chalicelib.core.typed_text import whole_number
from chalicelib.forms.drafts.draft import ROW_ID, Values
from chalicelib.forms.drafts.drafts import Drafts
from chalicelib.forms.drafts.merging import Merged, beside, digests, merge
from chalicelib.forms.drafts.refused import EditedMeanwhile, Holder
from chalicelib.forms.drafts.summary import as_typed, row_text
from chalicelib.forms.drafts.typed import rows_field, section_of, singles, typed, typed_row
from chalicelib.views.draft_pages import Place
from chalicelib.views.draft_section_pages import SectionPages, pairs
from chalicelib.web.responses import Response, see_other

if TYPE_CHECKING:
    from chalicelib.content.shapes.forms import FormField

Control = dict[str, str]
"""Fields that a page of a section sends for itself."""

PICK: Final = "pick."
"""The start of the names of fields by which somebody chooses."""


class Both(NamedTuple):
    """A field that two people wrote otherwise."""

    key: str
    label: str
    mine: str
    theirs: str


@dataclass(frozen=True)
class TwoVersions:
    drafts: Drafts
    pages: SectionPages

    def show(  # noqa: PLR0913
        self,
        place: Place,
        holder: Holder,
        both: EditedMeanwhile,
        back: str,
        picked: Collection[str] = (),
    ) -> Response:
        """Answer with both versions of what two people changed, field by field, to choose from;
        `picked` are those of which the other version is chosen already."""
        draft, lang = both.draft, place.lang
        saved = draft.sections[both.section]
        facts = {
            **self.pages.head(place, draft, both.section, None, []),
            "both": _listed(both, lang),
            "picked": picked,
            "removed": _is_removed(both),
            "saved": self.pages.last_saved(holder, draft, both.section),
            "kept": [pair for f in _fields_of(both)
                     for pair in pairs(f["key"], both.joined.get(f["key"]))],
            "hidden": {
                "lang": lang,
                "version": str(saved.version),
                "seen": digests(both.theirs),
                "row": f"{both.rows}.{both.row}" if both.rows else "",
                "from": back,
            },
        }  # fmt: skip
        return self.pages.respond("draft_both", place, facts, status=409)

    def for_script(self, place: Place, both: EditedMeanwhile) -> Response:
        saved = both.draft.sections[both.section]
        problems = self.pages.frame.problems
        members = {
            "section": both.section,
            "version": saved.version,
            "saved_at": saved.at,
            "yours": both.mine,
            "theirs": both.theirs,
            "disputed": list(both.disputed),
            "seen": digests(both.theirs),
        }
        return problems.document(problems.text(both, place.lang), place.lang, members)

    def again(  # noqa: PLR0913
        self, place: Place, holder: Holder, name: str, fields: dict[str, object], control: Control
    ) -> Response:
        """Answer with the same in the other language, and what was chosen so far."""
        both = self._both(holder, name, fields, control)
        return self.show(place, holder, both, control["from"], picked=_theirs_of(fields))

    def choose(  # noqa: PLR0913
        self, place: Place, holder: Holder, name: str, fields: dict[str, object], control: Control
    ) -> Response:
        """Save what somebody chose of two versions; what changed since then is shown anew."""
        both = self._both(holder, name, fields, control)
        picked = _theirs_of(fields)
        mine = {key: value for key, value in both.mine.items() if key not in picked}
        mine |= {key: both.theirs[key] for key in picked if key in both.theirs}
        back = {"from": control["from"]}
        if both.rows:
            if both.theirs or both.rows not in picked:
                row = {**mine, ROW_ID: both.row}
                seen = control["seen"] if both.theirs else ""
                self.drafts.save_row(holder, name, both.rows, row, seen=seen)
            return see_other(place.to(name, **back))
        version = whole_number(control["version"]) or 0
        self.drafts.save(holder, name, mine, version=version, seen=control["seen"])
        return see_other(place.to(name, check="1", **back))

    def _both(
        self, holder: Holder, name: str, fields: dict[str, object], control: Control
    ) -> EditedMeanwhile:
        """Return both versions as they stand now, as the page brings mine; what it gave to choose
        from is disputed still."""
        draft = self.drafts.get(holder)
        section, there = section_of(draft.form, name), draft.sections[name].values
        rows, _, row_id = control["row"].partition(".")
        # Each answer was read when it was typed, in the language of that page.
        if rows:
            mine = typed_row(rows_field(section, rows), fields, row_id)
            kept: list[Values] = there.get(rows, [])
            theirs = next((row for row in kept if row.get(ROW_ID) == row_id), {})
        else:
            mine = typed(singles(section), fields)
            theirs = beside(there, draft.form, name, mine)
        merged = merge(mine, theirs, control["seen"])
        offered = [name.removeprefix(PICK) for name in fields if name.startswith(PICK)]
        disputed = dict.fromkeys((*offered, *merged.disputed))
        joined = {**merged.values, **{key: mine[key] for key in disputed if key in mine}}
        found = Merged(joined, tuple(disputed))
        return EditedMeanwhile(draft, name, mine, theirs, found, rows, row_id)


def _theirs_of(fields: dict[str, object]) -> list[str]:
    """Return the fields of which the other version was chosen."""
    return [key.removeprefix(PICK) for key, value in fields.items()
            if key.startswith(PICK) and value == "theirs"]  # fmt: skip


def _is_removed(both: EditedMeanwhile) -> bool:
    """Tell whether the other version is that a row is not there any more."""
    return bool(both.rows and not both.theirs)


def _fields_of(both: EditedMeanwhile) -> "Sequence[FormField]":
    """Return the fields of what two people changed: of a section, or of a row of one of its lists."""
    section = section_of(both.draft.form, both.section)
    return rows_field(section, both.rows)["fields"] if both.rows else section["fields"]


def _listed(both: EditedMeanwhile, lang: Lang) -> list[Both]:
    """Return what there is to choose from: fields, or a row that one changed and one removed."""
    if _is_removed(both):
        f = rows_field(section_of(both.draft.form, both.section), both.rows)
        return [Both(both.rows, f["label"][lang], row_text(f, both.mine, lang), "")]
    return [
        Both(f["key"], f["label"][lang].rstrip("."), as_typed(f, both.mine.get(f["key"]), lang),
             as_typed(f, both.theirs.get(f["key"]), lang))
        for f in _fields_of(both) if f["key"] in both.disputed
    ]  # fmt: skip
