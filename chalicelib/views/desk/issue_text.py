"""The texts of an issue at the desk: both languages beside each other, saved, checked, looked at."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from chalicelib import content
from chalicelib.core.errors import NotFound
from chalicelib.core.languages import LANGS, Lang, lang_or
from chalicelib.core.ports import Store
from chalicelib.forms.drafts.merging import digests
from chalicelib.newsletter.issues import both_texts, feeds
from chalicelib.newsletter.issues.both_texts import NAMES, SHARED, Values
from chalicelib.newsletter.issues.compiler import Compiled
from chalicelib.newsletter.issues.drafting import standing_of
from chalicelib.newsletter.issues.editing import Editing, Written
from chalicelib.newsletter.issues.findings import blocking, what_of
from chalicelib.newsletter.issues.image import images_of
from chalicelib.newsletter.issues.image_placing import line_of
from chalicelib.newsletter.issues.issue import Issue, existing_issue, status_name
from chalicelib.newsletter.subscribers import consent_text
from chalicelib.views.desk.entry import Entry
from chalicelib.views.desk.visit import Visit
from chalicelib.views.issue_frames import IssueFrames
from chalicelib.web.request import is_ticked, text_or_empty
from chalicelib.web.responses import Response

PARTS: Final = ("mail", "text", "page")
"""What an issue becomes, and may be looked at as."""


@dataclass(frozen=True)
class IssueTextViews:
    entry: Entry
    store: Store
    editing: Editing
    frames: IssueFrames

    def show(self, visit: Visit, issue: str) -> Response:
        """Answer with the texts as they are stored, or as they were typed when a session ended."""
        found = existing_issue(self.store, issue)
        values = self.editing.read(found)
        seen = digests(values)
        if kept := dict(visit.kept):
            values |= {name: kept[name] for name in NAMES if name in kept}
            seen = kept.get("seen", seen)
        return self._page(visit, Written(found, values), seen)

    def save(self, visit: Visit, issue: str) -> Response:
        """Keep what was typed; check it, or add a picture to it, where that was asked for."""
        fields, staff = visit.request.fields(), visit.signed_in.staff
        existing_issue(self.store, issue)
        typed = {name: _raw(fields, name) for name in NAMES}
        act = _raw(fields, "do")
        if act == "image":
            typed, wrong = _with_image(fields, typed)
            if wrong:
                return self._page(visit, Written(existing_issue(self.store, issue), typed), _raw(fields, "seen"),
                                  wrong=wrong, entered=fields)  # fmt: skip
        seen = _raw(fields, "seen")
        written = self.editing.save(issue, typed, seen, staff.id, edit=is_ticked(fields, "edit"))
        if written.why:
            return self._page(visit, written, seen, entered=fields)
        if act == "images":
            return self.entry.go(self.entry.address("newsletter", issue, "images"))
        if act == "check":
            over_days = is_ticked(fields, "over_days")
            written = self.editing.check(written, staff.id, over_days=over_days)
        after = digests(self.editing.read(written.issue))
        return self._page(visit, written, after, act=act or "save", entered=fields)

    def preview(self, visit: Visit, issue: str) -> Response:
        """Answer with a part of an issue in a page that can do nothing, to be framed: of what was
        typed by POST, of what is stored by GET."""
        found, asked = existing_issue(self.store, issue), visit.request
        if asked.method == "POST":
            fields = asked.fields()
            values = {name: _raw(fields, name) for name in NAMES}
            part, of = _raw(fields, "part"), _raw(fields, "of")
        else:
            values = self.editing.read(found)
            part, of = asked.query.get("part", ""), asked.query.get("of", "")
        if part not in PARTS or of not in LANGS:
            raise NotFound(part)
        lang = lang_or(of, "fr")
        made = self.editing.made_of(found, values)[lang]
        return self._framed(found, made, part, lang)

    def _framed(self, issue: Issue, made: Compiled, part: str, lang: Lang) -> Response:
        if part == "mail":
            return self.frames.mail(made.rendered, framed=True)
        if part == "text":
            return self.frames.text(made.rendered)
        title, summary = (
            feeds.plain(str(made.kept()["title"])),
            feeds.plain(str(made.kept()["summary"])),
        )
        return self.frames.page(lang, title, summary, _day(made.source.date, issue), made.page)

    def _page(  # noqa: PLR0913
        self,
        visit: Visit,
        written: Written,
        seen: str,
        *,
        act: str = "",
        wrong: str = "",
        entered: Mapping[str, object] | None = None,
    ) -> Response:
        lang, issue = visit.lang, written.issue
        own = self.entry.address("newsletter", issue.id, "text")
        words, why = content.desk()["newsletter"], written.why or wrong
        blocks = blocking(written.found)
        facts: dict[str, object] = {
            **self._text_facts(written, lang),
            "back": self.entry.address("newsletter", issue.id),
            "action": own,
            "preview": self.entry.address("newsletter", issue.id, "preview"),
            "seen": digests(written.theirs) if written.why == "disputed" else seen,
            "act": act,
            "joined": written.joined,
            "blocks": len(blocks),
            "checked": act == "check" and not blocks and not why,
            "why": why,
            "wrong": words[why][lang].format(state=status_name(issue.status, lang)) if why else "",
            "entered": entered or {},
        }
        status = 409 if written.why in ("disputed", "moved", "approved", "begun") else 200
        return self.entry.page(
            visit, "issue_text", facts, address=own, status=422 if wrong else status,
            framed=True, scripted=True,
        )  # fmt: skip

    def _text_facts(self, written: Written, lang: Lang) -> dict[str, object]:
        """Return the fields, what was found beside each, and what a page says of them."""
        issue, lines = written.issue, _beside(written, lang)
        labels = content.desk()["issue_fields"]
        topics = (f"{one} ({consent_text.topic_name(one, lang)})" for one in consent_text.topics())
        sites = ", ".join(self.entry.settings.image_origins)
        return {
            "issue": issue,
            "state": status_name(issue.status, lang),
            "standing": standing_of(issue),
            "values": written.values,
            "theirs": {name: written.theirs.get(name, "") for name in written.disputed},
            "labels": {name: label[lang] for name, label in labels.items()},
            "topics_hint": "; ".join(topics),
            "images_hint": content.desk()["newsletter"]["images"][lang].format(sites=sites),
            "uploads": [line_of(one.name) for one in images_of(self.store, issue.id)],
            "lines": lines,
            "over_quota": any(one.code in ("over_quota", "over_days") for one in written.found),
            "shared_open": any(name in lines or name in written.disputed for name in SHARED),
        }


def _raw(fields: Mapping[str, object], name: str) -> str:
    return text_or_empty(fields.get(name))


def _day(typed: str, issue: Issue) -> date:
    for text in (typed, issue.date):
        try:
            return date.fromisoformat(text)
        except ValueError:
            continue
    return date.fromisoformat(issue.created_at[:10])


def _with_image(fields: Mapping[str, object], typed: Values) -> tuple[Values, str]:
    """Return the texts with a picture at the end of both, each with its own words; or what is
    missing."""
    address = _raw(fields, "image").strip()
    said = {lang: " ".join(_raw(fields, f"image_{lang}").split()) for lang in LANGS}
    if not address.startswith("https://") or any(sign in address for sign in " ()<>"):
        return typed, "image"
    if not all(said.values()):
        return typed, "image_words"
    found = dict(typed)
    for lang in LANGS:
        words = said[lang].replace("[", "(").replace("]", ")")
        found[f"body_{lang}"] = f"{found[f'body_{lang}'].rstrip()}\n\n![{words}]({address})\n"
    return found, ""


def _beside(written: Written, lang: Lang) -> Mapping[str, list[Mapping[str, object]]]:
    """Return what was found, by the field that it is about; blank for what is about all of it."""
    levels = content.preflight()["levels"]
    found: dict[str, list[Mapping[str, object]]] = {}
    for finding in written.found:
        name, line = both_texts.place_of(finding, written.sources)
        found.setdefault(name, []).append(
            {
                "level": levels[finding.level][lang],
                "blocks": finding.level == "blocks",
                "text": what_of(finding, lang),
                "line": line,
                "quoted": _line_of(written.values.get(name, ""), line),
            }
        )
    return found


def _line_of(text: str, line: int | None) -> str:
    lines = text.split("\n")
    return lines[line - 1][:120] if line is not None and line <= len(lines) else ""
