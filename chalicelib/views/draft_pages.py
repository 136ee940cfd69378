"""The pages of a form in steps: its first page, its list of sections, what is checked before it is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import urlencode

from chalicelib import content
from chalicelib.core.errors import RelaisError
from chalicelib.core.languages import Lang, other_language
from chalicelib.core.records import moment
from chalicelib.forms.attachment import fields_of
from chalicelib.forms.drafts.draft import FormDraft
from chalicelib.forms.drafts.progress import SectionProgress, progress
from chalicelib.forms.drafts.summary import SummaryLine, budget_totals, lines
from chalicelib.forms.parsing import Examined
from chalicelib.forms.paused import paused_or_blank
from chalicelib.forms.problems import InvalidForm, Problem, key_of
from chalicelib.forms.spam import PERSON_FIELD
from chalicelib.views.documents import DocumentFacts
from chalicelib.web.pages import Pages
from chalicelib.web.problems import Problems
from chalicelib.web.responses import Response

CHECK_ROOM: Final = 26_000
"""Bytes of answers on the page that checks them."""

TOLD_AT_ONCE = 8
"""Answers to mend that the page before sending lists by name; of more, the sections say it."""


class Place(NamedTuple):
    """The address of a draft for one editor, and the language that they read."""

    url: str
    lang: Lang

    def to(self, page: str = "", anchor: str = "", **query: str) -> str:
        """Return the address of a page of the draft."""
        path = f"{self.url}/{page}" if page else self.url
        kept = urlencode({**{k: v for k, v in query.items() if v}, "lang": self.lang})
        return f"{path}?{kept}{'#' + anchor if anchor else ''}"

    @property
    def switched(self) -> "Place":
        return self._replace(lang=other_language(self.lang))


class Worth(NamedTuple):
    """Something to look at before sending: the address leads to where it can be mended."""

    label: str
    message: str
    url: str


class Checked(NamedTuple):
    """A section as it is checked."""

    progress: SectionProgress
    title: str
    lines: list[SummaryLine]
    totals: list[dict[str, object]]
    url: str


@dataclass(frozen=True)
class DraftPages:
    pages: Pages
    problems: Problems

    def link(self, place: Place, draft: FormDraft, *, extended: bool = False) -> Response:
        """Answer with what the link leads to, and nothing that was written."""
        facts = {**self.about(place, draft), "extended": extended}
        return self._respond("draft_link", place, facts)

    def standing(self, place: Place, draft: FormDraft) -> Mapping[str, object]:
        """Return the same for a script: no answers, for whatever reads links reads it too."""
        sections = {
            name: {
                "version": saved.version,
                "saved_at": saved.at or None,
                "url": f"{place.url}/{name}",
            }
            for name, saved in draft.sections.items()
        }
        return {
            "form": draft.form,
            "status": "not_sent",
            "kept_until": str(draft.until),
            "sections": sections,
            "links": {"draft": place.url, "send": f"{place.url}/check"},
        }

    def tasks(self, place: Place, draft: FormDraft, found: Examined) -> Response:
        facts = {
            **self.about(place, draft),
            "documents": len(draft.attachments),
            "sections": [
                (section_title(draft.form, p.id, place.lang), p, place.to(p.id))
                for p in progress(draft, found)
            ],
        }
        return self._respond("draft_tasks", place, facts, "tasks")

    def check(
        self,
        place: Place,
        draft: FormDraft,
        found: Examined,
        documents: Sequence[DocumentFacts],
        refused: RelaisError | None = None,
    ) -> Response:
        """Answer with all answers, what is to be mended, what is worth a look, and the button that
        sends."""
        done = progress(draft, found)
        labels = _labels(draft.form, place.lang)
        where = {f: p.id for p in done for f in _keys(draft.form, p.id)}

        def in_lines(problems: list[Problem]) -> list[Worth]:
            return [
                Worth(labels[key_of(p.field)], p.message(place.lang),
                      place.to(where[key_of(p.field)], field_anchor(p), **{"from": "check", "check": "1"}))
                for p in problems if key_of(p.field) in where
            ]  # fmt: skip

        wrong = in_lines(list(found.problems))
        person = _asks_person(refused)
        text = self.problems.text(refused, place.lang, form=draft.form) if refused else None
        facts = {
            **self.about(place, draft),
            **_sections([self._checked(place, draft, p, found) for p in done]),
            "wrong": wrong if len(wrong) <= TOLD_AT_ONCE else [],
            "count": len(found.problems),
            "warnings": in_lines(list(found.warnings)),
            "ready": not found.problems,
            "documents": documents,
            "refused": refused is not None,
            "person": person,
            "banner": text.banner if text and not person else None,
            "submit": content.form(draft.form)["submit"][place.lang],
            "redirect": draft.carried.get("redirect", ""),
        }
        status = text.status if text else 200
        return self._respond("draft_check", place, facts, "check", status=status)

    def sent(self, draft: FormDraft, status_url: str, lang: Lang, *, typed: bool) -> Response:
        """Answer in place of a draft that was sent; `typed` when somebody still wrote in it."""
        facts = {
            "title": content.form(draft.form)["title"][lang],
            "ref": draft.sent["ref"],
            "at": moment(draft.sent["at"]),
            "status_url": status_url,
            "typed": typed,
        }
        return self.pages.respond("draft_sent", lang, facts, status=409 if typed else 200)

    def _checked(
        self, place: Place, draft: FormDraft, done: SectionProgress, found: Examined
    ) -> Checked:
        return Checked(
            done,
            section_title(draft.form, done.id, place.lang),
            lines(draft, done.id, found, place.lang),
            budget_totals(done.id, found, place.lang),
            place.to(done.id, **{"from": "check"}),
        )

    def about(self, place: Place, draft: FormDraft) -> dict[str, object]:
        return {
            "title": content.form(draft.form)["title"][place.lang],
            "intro": content.form(draft.form)["intro"][place.lang],
            "until": draft.until,
            "empty": draft.is_empty,
            "paused": paused_or_blank(draft.form, place.lang),
            "takes_documents": bool(fields_of(draft.form)),
            "place": place,
        }

    def _respond(
        self,
        template: str,
        place: Place,
        facts: Mapping[str, object],
        page: str = "",
        *,
        status: int = 200,
    ) -> Response:
        address = f"{place.url}/{page}" if page else place.url
        return self.pages.respond(template, place.lang, facts, address=address, status=status)


def _asks_person(refused: RelaisError | None) -> bool:
    problems = refused.problems if isinstance(refused, InvalidForm) else ()
    return any(problem.field == PERSON_FIELD for problem in problems)


def field_anchor(problem: Problem) -> str:
    from chalicelib.core.templates import field_id

    return field_id(key_of(problem.field))


def _sections(checked: list[Checked]) -> dict[str, object]:
    """Return the sections that are checked, and under `long` the ids of those that are read on
    their own pages, for the check has no room."""
    from chalicelib.core.templates import AnswerSection, beyond

    answers: list[AnswerSection] = [
        {"id": each.progress.id,
         "rows": [{"label": one.label, "value": "\n".join(one.rows) or one.text} for one in each.lines]}
        for each in checked
    ]  # fmt: skip
    return {"checked": checked, "long": beyond(answers, CHECK_ROOM)}


def section_title(form: str, name: str, lang: Lang) -> str:
    return next(s["title"][lang] for s in content.form(form)["sections"] if s["id"] == name)


def _keys(form: str, name: str) -> list[str]:
    sections = content.form(form)["sections"]
    return [f["key"] for s in sections if s["id"] == name for f in s["fields"]]


def _labels(form: str, lang: Lang) -> dict[str, str]:
    return {
        f["key"]: f["label"][lang].rstrip(".")
        for section in content.form(form)["sections"]
        for f in section["fields"]
    }
