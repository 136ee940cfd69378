"""Two people change one section at the same time: both versions, field by field, to choose from."""

from dataclasses import dataclass
from typing import NamedTuple

from chalicelib.core.languages import Lang
from chalicelib.core.typed_text import whole_number
from chalicelib.forms.drafts.draft import ROW_ID, Values
from chalicelib.forms.drafts.drafts import Drafts
from chalicelib.forms.drafts.merging import digests
from chalicelib.forms.drafts.refused import EditedMeanwhile, Holder
from chalicelib.forms.drafts.summary import as_typed, row_text
from chalicelib.forms.drafts.typed import rows_field, section_of, singles, typed, typed_row
from chalicelib.views.draft_pages import Place
from chalicelib.views.draft_section_pages import SectionPages, pairs
from chalicelib.web.responses import Response, see_other

Control = dict[str, str]
"""Fields that a page of a section sends for itself."""


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

    def show(self, place: Place, holder: Holder, both: EditedMeanwhile, back: str) -> Response:
        """Answer with both versions of what two people changed, field by field, to choose from."""
        draft, lang = both.draft, place.lang
        section = section_of(draft.form, both.section)
        fields = rows_field(section, both.rows)["fields"] if both.rows else section["fields"]
        saved = draft.sections[both.section]
        facts = {
            **self.pages.head(place, draft, both.section, None, []),
            "both": _listed(both, lang),
            "removed": bool(both.rows and not both.theirs),
            "saved": self.pages.last_saved(holder, draft, both.section),
            "kept": [pair for f in fields for pair in pairs(f["key"], both.joined.get(f["key"]))],
            "hidden": {
                "lang": lang,
                "version": str(saved.version),
                "seen": digests(both.theirs),
                "row": f"{both.rows}.{both.row}" if both.rows else "",
                "from": back,
            },
        }
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

    def choose(
        self, place: Place, holder: Holder, name: str, fields: dict[str, object], control: Control
    ) -> Response:
        """Save what somebody chose of two versions; what changed since then is shown anew."""
        draft = self.drafts.get(holder)
        there = draft.sections[name]
        rows, _, row_id = control["row"].partition(".")
        section = section_of(holder.form, name)
        if rows:
            f = rows_field(section, rows)
            theirs: Values = next(
                (row for row in there.values.get(rows, []) if row.get(ROW_ID) == row_id), {}
            )
            mine = _picked(typed_row(f, fields, row_id), theirs, fields)
            if theirs or fields.get(f"pick.{rows}") != "theirs":
                seen = control["seen"] if theirs else ""
                self.drafts.save_row(holder, name, rows, {**mine, ROW_ID: row_id}, seen=seen)
            return see_other(place.to(name, **{"from": control["from"]}))
        mine = _picked(typed(singles(section), fields), there.values, fields)
        version = whole_number(control["version"]) or 0
        self.drafts.save(holder, name, mine, version=version, seen=control["seen"])
        return see_other(place.to(name, check="1", **{"from": control["from"]}))


def _listed(both: EditedMeanwhile, lang: Lang) -> list[Both]:
    """Return what there is to choose from: fields, or a row that one changed and one removed."""
    section = section_of(both.draft.form, both.section)
    if both.rows and not both.theirs:
        f = rows_field(section, both.rows)
        return [Both(both.rows, f["label"][lang], row_text(f, both.mine, lang), "")]
    fields = rows_field(section, both.rows)["fields"] if both.rows else section["fields"]
    return [
        Both(f["key"], f["label"][lang].rstrip("."), as_typed(f, both.mine.get(f["key"]), lang),
             as_typed(f, both.theirs.get(f["key"]), lang))
        for f in fields if f["key"] in both.disputed
    ]  # fmt: skip


def _picked(mine: Values, theirs: Values, fields: dict[str, object]) -> Values:
    """Return my version, with theirs where it was chosen."""
    chosen = {**mine}
    for key in {*mine, *theirs}:
        if fields.get(f"pick.{key}") == "theirs":
            chosen.pop(key, None)
            if key in theirs:
                chosen[key] = theirs[key]
    return chosen
