"""The pages of one section: its fields and lists, and a row of a list."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib.core import eastern_time
from chalicelib.core.languages import Lang
from chalicelib.core.ports import Now
from chalicelib.core.records import moment
from chalicelib.core.settings import Settings
from chalicelib.core.ticks import tick
from chalicelib.forms.drafts.draft import ROW_ID, FormDraft, Values, section_ids
from chalicelib.forms.drafts.merging import digests
from chalicelib.forms.drafts.progress import MISSING, problems_of, progress
from chalicelib.forms.drafts.refused import Holder
from chalicelib.forms.drafts.rows import RowList, choices_of_removed
from chalicelib.forms.drafts.summary import budget_totals, removed_row, row_text
from chalicelib.forms.drafts.typed import asked, rows_field, section_of, singles
from chalicelib.forms.entered import readings
from chalicelib.forms.parsing import Examined
from chalicelib.forms.problems import Problem
from chalicelib.newsletter.subscribers.consent_text import SHOWN_FIELD, ConsentTexts
from chalicelib.views.described import describe_form
from chalicelib.views.draft_pages import DraftPages, Place, section_title
from chalicelib.web.form_errors import form_errors
from chalicelib.web.pages import Pages
from chalicelib.web.problems import ProblemText, in_words
from chalicelib.web.responses import Response

if TYPE_CHECKING:
    from chalicelib.content.shapes.forms import Section


class Row(NamedTuple):
    """A row of a list as a section shows it."""

    id: str
    text: str
    error: str


class Unsaved(NamedTuple):
    """Why a page that was posted was not saved, and the answers that it had been shown with."""

    why: ProblemText
    version: str
    seen: str


@dataclass(frozen=True)
class SectionPages:
    pages: Pages
    frame: DraftPages
    settings: Settings
    consent_texts: ConsentTexts
    now: Now

    def section(  # noqa: PLR0913
        self,
        place: Place,
        holder: Holder,
        draft: FormDraft,
        name: str,
        found: Examined,
        query: Mapping[str, str],
        unsaved: Unsaved | None = None,
    ) -> Response:
        """Answer with a section; with `check` in the query, with all that is to be mended in it."""
        described = self._described(draft.form, place.lang)
        section, saved, lang = section_of(draft.form, name), draft.sections[name], place.lang
        only_more = query.get("part") == "more"
        done = next(p for p in progress(draft, found) if p.id == name)
        problems = _shown_problems(done.problems, query)
        shown = _keys_shown(section, saved.values, only_more=only_more)
        fields = _visible(described, name, shown)
        facts = {
            **self.head(place, draft, name, described, problems),
            **_place_of(draft, name),
            "fields": fields,
            "values": saved.values,
            "kept": [pair for f in singles(section) if f["key"] not in shown
                     for pair in pairs(f["key"], saved.values.get(f["key"]))],
            "rows": {f["key"]: self._rows(f, saved.values, problems, lang)
                     for f in section["fields"] if f["type"] == "rows"},
            "gone": dict(removed_row(draft, name, query.get("removed", ""), lang)),
            "reads": _reads(draft.form, saved.values, lang),
            "warnings": {p.field: p.message(lang) for p in done.warnings if query.get("check")},
            "same": _same(section, lang),
            "totals": budget_totals(name, found, lang),
            "saved": self.last_saved(holder, draft, name),
            "more": only_more,
            "notice": described["notice"],
            "unsaved": unsaved,
            "hidden": {**_control(draft, name, query, lang), **_words(described),
                       **_conditions(fields), **_posted(unsaved)},
        }  # fmt: skip
        return self.respond("draft_section", place, facts, status=_status(unsaved))

    def row(  # noqa: PLR0913
        self,
        place: Place,
        draft: FormDraft,
        name: str,
        rows: str,
        row_id: str,
        query: Mapping[str, str],
        unsaved: Unsaved | None = None,
    ) -> Response:
        """Answer with the page of one row of a list, new or there already."""
        described = self._described(draft.form, place.lang)
        f = rows_field(section_of(draft.form, name), rows)
        kept = draft.sections[name].values.get(rows, [])
        number = next((n for n, row in enumerate(kept) if row.get(ROW_ID) == row_id), None)
        row = {} if number is None else kept[number]
        problems = self._row_problems(draft.form, name, rows, row, place.lang)
        problems = _shown_problems(problems, query) if row else []
        listed = next(g for g in _fields(described, name) if g["key"] == rows)
        inner = {"title": listed["label"], "sections": [{"fields": listed["fields"]}]}
        facts = {
            **self.head(place, draft, name, inner, problems),
            "field": listed,
            "number": (len(kept) if number is None else number) + 1,
            "values": row or choices_of_removed(draft, RowList(name, rows), row_id),
            "reads": {},
            "unsaved": unsaved,
            "room": len(kept) + (number is None) < int(f["max"]),
            "hidden": {
                "lang": place.lang,
                "row": f"{rows}.{row_id}",
                "seen": digests(row) if row else "",
                "from": query.get("from", ""),
                "checked": "1" if query.get("check") else "",
                **_posted(unsaved),
            },
        }
        return self.respond("draft_row", place, facts, status=_status(unsaved))

    def _row_problems(
        self, form: str, name: str, rows: str, row: Values, lang: Lang
    ) -> list[Problem]:
        today = eastern_time.today(self.now())
        found = problems_of(form, name, {rows: [row]}, lang, today)
        inside = (p for p in found if p.field.startswith(f"{rows}[0]."))
        return [Problem(p.field.partition(".")[2], p.code, p.params) for p in inside]

    def _described(self, form: str, lang: Lang) -> Mapping[str, Any]:
        return describe_form(form, lang, self.settings, self.consent_texts)

    def head(
        self,
        place: Place,
        draft: FormDraft,
        name: str,
        described: Mapping[str, Any] | None,
        problems: list[Problem],
    ) -> dict[str, Any]:
        texts = [in_words(problem, place.lang) for problem in problems]
        return {
            **form_errors(texts, described, place.lang),
            "form_title": self._described(draft.form, place.lang)["title"],
            "title": section_title(draft.form, name, place.lang),
            "action": f"{place.url}/{name}",
            "place": place,
            "section": name,
        }

    def _rows(self, f: Any, values: Values, problems: list[Problem], lang: Lang) -> list[Row]:
        kept = values.get(f["key"], [])
        found = []
        for number, row in enumerate(kept if isinstance(kept, list) else []):
            start = f"{f['key']}[{number}]"
            wrong = next((p.message(lang) for p in problems if p.field.startswith(start)), "")
            found.append(Row(str(row.get(ROW_ID, "")), row_text(f, row, lang), wrong))
        return found

    def last_saved(
        self, holder: Holder, draft: FormDraft, name: str
    ) -> tuple[datetime, str, bool] | None:
        """Return when a section was saved, by whom, and whether that was somebody else."""
        saved = draft.sections[name]
        if not saved.version:
            return None
        return moment(saved.at), draft.editors.get(saved.by, ""), saved.by != holder.editor

    def respond(
        self, template: str, place: Place, facts: Mapping[str, object], *, status: int = 200
    ) -> Response:
        return self.pages.respond(template, place.lang, facts, status=status, scripted=True)


def _shown_problems(problems: Sequence[Problem], query: Mapping[str, str]) -> list[Problem]:
    """Return what a page says is to be mended: all of it for whoever comes from the check, and
    what does not fit for whoever has just saved it."""
    wanted = query.get("check")
    return [p for p in problems if wanted and (wanted == "1" or p.code not in MISSING)]


def _keys_shown(section: "Section", values: Values, *, only_more: bool) -> list[str]:
    """Return the fields of a section that are asked for, or only those that depend on others."""
    return [
        f["key"]
        for f in asked(section["fields"], values)
        if not f.get("hidden") and ("when" in f or not only_more)
    ]


def _visible(described: Mapping[str, Any], name: str, keys: list[str]) -> list[dict[str, Any]]:
    """Return the fields that a page shows. What is asked here is asked: no label says "if it
    applies"."""
    return [
        {**f, "required": f["required"] or "required_when" in f}
        for f in _fields(described, name)
        if f["key"] in keys
    ]


def _same(section: "Section", lang: Lang) -> list[dict[str, str]]:
    """Return the boxes that copy answers of other sections."""
    return [
        {"id": same["id"], "before": same["before"], "label": same["label"][lang]}
        for same in section.get("same_as", [])
    ]


def _place_of(draft: FormDraft, name: str) -> dict[str, int]:
    """Return which of how many parts a section is."""
    order = section_ids(draft.form)
    return {"number": order.index(name) + 1, "count": len(order)}


def _control(draft: FormDraft, name: str, query: Mapping[str, str], lang: Lang) -> dict[str, str]:
    """Return what a page of a section sends back of itself."""
    keys = {f["key"] for f in singles(section_of(draft.form, name))}
    saved = draft.sections[name]
    return {
        "lang": lang,
        "version": str(saved.version),
        "seen": digests({k: v for k, v in saved.values.items() if k in keys}),
        "from": query.get("from", ""),
        "checked": "1" if query.get("check") else "",
    }


def _conditions(fields: Sequence[Mapping[str, object]]) -> dict[str, str]:
    """Return which questions that depend on others a page shows."""
    return {"shown": " ".join(sorted(str(f["key"]) for f in fields if "asked_when" in f))}


def _posted(unsaved: Unsaved | None) -> dict[str, str]:
    """Return what a page that was not saved still says of the answers that it was shown with."""
    return {"version": unsaved.version, "seen": unsaved.seen} if unsaved else {}


def _status(unsaved: Unsaved | None) -> int:
    return unsaved.why.status if unsaved else 200


def _words(described: Mapping[str, Any]) -> dict[str, str]:
    """Return what says which notice and which consent a page showed."""
    shown = {"notice": described.get("notice_hash", "")}
    return {**shown, SHOWN_FIELD: str(described.get(SHOWN_FIELD, ""))}


def pairs(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield the hidden fields that bring an answer back as it is."""
    if isinstance(value, bool):
        value = "on" if tick(value) else ""
    if isinstance(value, list):
        yield from ((name, str(one)) for one in value)
    elif value not in (None, "") and not isinstance(value, dict):
        yield name, str(value)


def _fields(described: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    return next(list(s["fields"]) for s in described["sections"] if s["id"] == name)


def _reads(form: str, values: Values, lang: Lang) -> dict[str, str]:
    from chalicelib.core.templates import field_id

    return {
        field_id(path): text for path, text in readings(form, values, lang, asks_dates=True).items()
    }
