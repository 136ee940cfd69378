"""One section of a form in steps: what a browser or a script saves of it, and its rows."""

from dataclasses import dataclass
from datetime import date
from typing import Final, TypeGuard

from chalicelib.core import eastern_time
from chalicelib.core.errors import DraftBusy, Malformed, RelaisError, SectionTooLarge
from chalicelib.core.languages import LANGS, Lang
from chalicelib.core.ports import Now
from chalicelib.core.typed_text import DIGITS_LIMIT, whole_number
from chalicelib.forms.drafts.draft import ROW_ID, FormDraft, Saved, Values, section_ids
from chalicelib.forms.drafts.drafts import Drafts
from chalicelib.forms.drafts.merging import digests
from chalicelib.forms.drafts.progress import MISSING, examined, problems_of, progress
from chalicelib.forms.drafts.refused import EditedMeanwhile, Holder
from chalicelib.forms.drafts.rows import RowList, place_of, with_typed
from chalicelib.forms.drafts.typed import (
    asked,
    check_known,
    check_known_cells,
    new_row_id,
    row_typed_in,
    rows_field,
    section_of,
    singles,
    typed_in,
)
from chalicelib.newsletter.subscribers.consent_text import SHOWN_FIELD
from chalicelib.views.draft_pages import Place
from chalicelib.views.draft_section_pages import SectionPages, Unsaved
from chalicelib.views.draft_two_versions import Control, TwoVersions
from chalicelib.web.problems import in_words
from chalicelib.web.request import Request, switched, take_control
from chalicelib.web.responses import PRIVATE, Response, json_response, see_other

CONTROL: Final = (
    "lang", "do", "version", "seen", "shown", "from", "checked", "row", "notice", "same", "pick",
    SHOWN_FIELD,
)  # fmt: skip
"""Fields that a section's page sends for itself."""


@dataclass(frozen=True)
class DraftSections:
    drafts: Drafts
    pages: SectionPages
    two_versions: TwoVersions
    now: Now

    def show(
        self, request: Request, place: Place, holder: Holder, draft: FormDraft, name: str
    ) -> Response:
        """Answer with the page of a section, or of one of its rows; for a script with what it
        holds."""
        section_of(draft.form, name)
        if not request.wants_page:
            saved = draft.sections[name]
            return json_response(self._for_script(holder, name, saved, place.lang, draft), PRIVATE)
        if row := request.query.get("row"):
            rows, _, row_id = row.partition(".")
            return self.pages.row(place, draft, name, rows, row_id, request.query)
        found = examined(draft, place.lang, self._today)
        return self.pages.section(place, holder, draft, name, found, request.query)

    def save(
        self,
        request: Request,
        place: Place,
        holder: Holder,
        name: str,
        fields: dict[str, object],
    ) -> Response:
        """Keep what was typed, and go where the pressed button leads."""
        section_of(holder.form, name)
        if request.kind == "application/json":
            return self._save_for_script(place, holder, name, fields)
        control = take_control(fields, CONTROL)
        try:
            if control["do"] == "merge":
                if other := switched(request, fields):
                    there = place._replace(lang=other)
                    return self.two_versions.again(there, holder, name, fields, control)
                return self.two_versions.choose(place, holder, name, fields, control)
            if control["row"]:
                return self._save_row(place, holder, name, fields, control)
            return self._save_section(place, holder, name, fields, control)
        except EditedMeanwhile as both:
            return self.two_versions.show(place, holder, both, control["from"])
        except (SectionTooLarge, DraftBusy) as refused:
            return self._given_back(place, holder, name, fields, control, refused)

    def _save_section(
        self, place: Place, holder: Holder, name: str, fields: dict[str, object], control: Control
    ) -> Response:
        section = section_of(holder.form, name)
        values = typed_in(place.lang, singles(section), fields, control["seen"])
        saved = self.drafts.save(
            holder,
            name,
            values,
            version=whole_number(control["version"]) or 0,
            seen=control["seen"],
            carried={key: control[key] for key in ("notice", SHOWN_FIELD)},
        )
        if control["same"]:
            self._copy(holder, name, control["same"], saved)
        return self._next(place, holder, name, saved.values, control)

    def _given_back(  # noqa: PLR0913
        self,
        place: Place,
        holder: Holder,
        name: str,
        fields: dict[str, object],
        control: Control,
        refused: RelaisError,
    ) -> Response:
        """Answer with the page that could not be saved, with all that was typed in it."""
        typed_lang, draft = place.lang, self.drafts.get(holder)
        do, _, what = control["do"].partition(":")
        if do == "lang" and what in LANGS:
            place = place._replace(lang=what)
        text = self.pages.frame.problems.text(refused, place.lang, form=draft.form)
        unsaved = Unsaved(text, control["version"], control["seen"])
        query = {"check": "wrong", "from": control["from"]}
        section = section_of(draft.form, name)
        if control["row"]:
            rows, _, row_id = control["row"].partition(".")
            f = rows_field(section, rows)
            row = row_typed_in(typed_lang, f, fields, row_id, control["seen"])
            shown = draft.showing(
                name,
                {**draft.sections[name].values, rows: with_typed(draft, RowList(name, rows), row)},
            )
            return self.pages.row(place, shown, name, rows, row_id, query, unsaved)
        shown = draft.showing(name, typed_in(typed_lang, singles(section), fields, control["seen"]))
        found = examined(shown, place.lang, self._today)
        return self.pages.section(place, holder, shown, name, found, query, unsaved)

    def _next(
        self, place: Place, holder: Holder, name: str, values: Values, control: Control
    ) -> Response:
        """Go where the button leads: on, once what is wrong was shown and what is asked now too."""
        do, _, what = control["do"].partition(":")
        back = {"from": control["from"]}
        if do == "lang" and what in LANGS:
            there = Place(place.url, what)
            return see_other(there.to(name, **back))
        if do in ("add", "change"):
            rows, _, row_id = what.partition(":")
            rows_field(section_of(holder.form, name), rows)
            return see_other(place.to(name, row=f"{rows}.{row_id or new_row_id()}", **back))
        if do in ("remove", "restore"):
            rows, _, row_id = what.partition(":")
            rows_field(section_of(holder.form, name), rows)
            change = self.drafts.remove_row if do == "remove" else self.drafts.restore_row
            change(holder, name, rows, row_id)
            gone = {"removed": row_id} if do == "remove" else {}
            return see_other(place.to(name, f"f-{rows.replace('_', '-')}", **back, **gone))
        if do in ("later", "tasks", "save"):
            return see_other(place.to({"save": name}.get(do, do), **back))
        order = [*section_ids(holder.form), "check"]
        at = order.index(name)
        if do == "back":
            return see_other(place.to(order[at - 1] if at else "tasks"))
        shown = control["shown"].split()
        more = [f for f in asked(singles(section_of(holder.form, name)), values)
                if "when" in f and f["key"] not in shown]  # fmt: skip
        if more:
            return see_other(place.to(name, part="more", **back))
        if (
            not control["checked"]
            and not control["same"]
            and self._wrong(holder, name, values, place.lang)
        ):
            return see_other(place.to(name, check="wrong", **back))
        return see_other(place.to("check" if control["from"] == "check" else order[at + 1]))

    def _wrong(self, holder: Holder, name: str, values: Values, lang: Lang) -> bool:
        """Tell whether an answer that is there does not fit; what is missing is told at the end."""
        found = problems_of(holder.form, name, values, lang, self._today)
        return any(problem.code not in MISSING for problem in found)

    def _copy(self, holder: Holder, name: str, ticked: str, saved: Saved) -> None:
        """Copy answers of other sections, as a ticked box says."""
        draft = self.drafts.get(holder)
        for same in section_of(holder.form, name).get("same_as", []):
            if same["id"] == ticked:
                copied = {to: draft.values[source] for to, source in same["fields"].items()
                          if source in draft.values}  # fmt: skip
                values = {**saved.values, **copied}
                self.drafts.save(
                    holder, name, values, version=saved.version, seen=digests(saved.values)
                )

    def _save_row(
        self, place: Place, holder: Holder, name: str, fields: dict[str, object], control: Control
    ) -> Response:
        rows, _, row_id = control["row"].partition(".")
        f = rows_field(section_of(holder.form, name), rows)
        back = {"from": control["from"]}
        do, _, what = control["do"].partition(":")
        seen = control["seen"]
        row = row_typed_in(place.lang, f, fields, row_id, seen)
        draft = self.drafts.save_row(holder, name, rows, row, seen=seen)
        if do == "lang" and what in LANGS:
            there = Place(place.url, what)
            return see_other(there.to(name, row=control["row"], **back))
        if do == "another":
            return see_other(place.to(name, row=f"{rows}.{new_row_id()}", **back))
        if place_of(draft.sections[name].values.get(rows, []), row[ROW_ID]) is None:
            back["removed"] = row[ROW_ID]
        elif not control["checked"] and self._row_wrong(holder, name, rows, row, place):
            return see_other(place.to(name, row=control["row"], check="wrong", **back))
        return see_other(place.to(name, f"f-{rows.replace('_', '-')}", **back))

    def _row_wrong(self, holder: Holder, name: str, rows: str, row: Values, place: Place) -> bool:
        found = problems_of(holder.form, name, {rows: [row]}, place.lang, self._today)
        inside = (p for p in found if p.field.startswith(f"{rows}[0]"))
        return any(problem.code not in MISSING for problem in inside)

    def _save_for_script(
        self, place: Place, holder: Holder, name: str, body: dict[str, object]
    ) -> Response:
        """Keep a section that a script sends; 409 with both versions where somebody else was first."""
        given, version = body.get("fields"), body.get("version", 0)
        if not isinstance(given, dict) or not _is_version(version):
            raise Malformed("JSON")
        section = section_of(holder.form, name)
        seen = seen if isinstance(seen := body.get("seen"), str) else ""
        try:
            if isinstance(row := body.get("row"), str) and row:
                return self._save_row_for_script(place, holder, name, row, given, seen)
            check_known(section, given)
            values = typed_in(place.lang, section["fields"], given, seen)
            saved = self.drafts.save(holder, name, values, version=version, seen=seen)
        except EditedMeanwhile as both:
            return self.two_versions.for_script(place, both)
        return json_response(self._for_script(holder, name, saved, place.lang), PRIVATE)

    def _save_row_for_script(  # noqa: PLR0913
        self,
        place: Place,
        holder: Holder,
        name: str,
        row: str,
        given: dict[str, object],
        seen: str,
    ) -> Response:
        """Keep one row of a list, as its page names it; a blank one is none, and one that was
        emptied is taken out."""
        rows, _, row_id = row.partition(".")
        f = rows_field(section_of(holder.form, name), rows)
        check_known_cells(f, given)
        kept_row = row_typed_in(place.lang, f, given, row_id, seen)
        draft = self.drafts.save_row(holder, name, rows, kept_row, seen=seen)
        saved = draft.sections[name]
        here = [one for one in saved.values.get(rows, []) if one[ROW_ID] == kept_row[ROW_ID]]
        shown = self._for_script(holder, name, saved, place.lang)
        return json_response({**shown, "seen": digests(here[0]) if here else ""}, PRIVATE)

    def _for_script(
        self, holder: Holder, name: str, saved: Saved, lang: Lang, draft: FormDraft | None = None
    ) -> dict[str, object]:
        """Return a section as it is kept, with what does not fit in it."""
        if draft is None:
            found = problems_of(holder.form, name, saved.values, lang, self._today)
        else:
            done = progress(draft, examined(draft, lang, self._today))
            found = list(next(p.problems for p in done if p.id == name))
        return {
            "section": name,
            "version": saved.version,
            "fields": saved.values,
            "seen": digests(saved.values),
            "saved_at": saved.at or None,
            "problems": [in_words(problem, lang) for problem in found],
        }

    @property
    def _today(self) -> date:
        return eastern_time.today(self.now())


def _is_version(value: object) -> TypeGuard[int]:
    """Tell whether a script sends a version: a number of as many digits as the store takes."""
    return type(value) is int and 0 <= value < 10**DIGITS_LIMIT
