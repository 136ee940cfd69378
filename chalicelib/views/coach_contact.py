"""The page to write to a coach, and what its form brings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.coaches.cache import Reader
from chalicelib.coaches.messages import Messages
from chalicelib.content import load
from chalicelib.core.errors import NotHere, RelaisError
from chalicelib.core.languages import Lang, other_language
from chalicelib.core.ports import Clock
from chalicelib.core.settings import Settings
from chalicelib.forms.problems import InvalidForm
from chalicelib.web.request import Answer, Asked, as_text, json_answer, lang_of
from chalicelib.web.responses import PRIVATE, Problems

_OURS: Final = ("lang", "website", "started_at")


@dataclass(frozen=True)
class Writing:
    reader: Reader
    messages: Messages
    settings: Settings
    problems: Problems
    clock: Clock

    def form(self, asked: Asked, slug: str) -> Answer:
        coach = self._coach(slug, asked.lang)
        if "sent" in asked.query:
            return self._sent(coach, asked.lang)
        if not asked.wants_page:
            return json_answer(
                self._described(slug, asked.lang), {"Cache-Control": "public, max-age=60"}
            )
        return self._page(coach, asked.lang, {})

    def send(self, asked: Asked, slug: str) -> Answer:
        fields: dict[str, Any] = {}
        lang = asked.lang
        coach = self._coach(slug, lang)
        try:
            fields = asked.fields()
            lang = lang_of(fields, asked)
            ours = {key: as_text(fields.pop(key, "")) for key in _OURS}
            sent = self.messages.send(
                coach["slug"],
                fields,
                lang,
                address=asked.address,
                trap=ours["website"],
                started_at=ours["started_at"],
            )
        except RelaisError as error:
            if not asked.wants_page or not fields:
                return self.problems.answer(asked, error, lang, form="message")
            return self._again(coach, lang, fields, error)
        headers = {"Idempotent-Replayed": "true"} if sent.replayed else {}
        if asked.wants_page:
            where = f"{self._address(slug)}?lang={lang}&sent=1"
            return Answer(303, "", "text/html; charset=utf-8", {**headers, "Location": where})
        told = {"status": "received", "message": _said("sent", lang, coach["name"])}
        return json_answer(told, {**headers, **PRIVATE}, status=201)

    def _again(
        self, coach: Mapping[str, Any], lang: Lang, typed: Mapping[str, Any], error: Exception
    ) -> Answer:
        """The form with what was typed, and what is wrong with it."""
        said = self.problems.said(error, lang, form="message")
        problems = [
            {"field": p.field, "code": p.code, "message": p.message(lang)}
            for p in (error.problems if isinstance(error, InvalidForm) else ())
        ]
        banner = None if problems else (said.title, said.detail)
        return self._page(
            coach, lang, typed, problems, banner, status=said.status, headers=said.headers
        )

    def _page(  # noqa: PLR0913
        self,
        coach: Mapping[str, Any],
        lang: Lang,
        values: Mapping[str, Any],
        problems: list[dict[str, str]] | None = None,
        banner: tuple[str, str] | None = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        from chalicelib.web import pages

        address = self._address(coach["slug"])
        described = self._described(coach["slug"], lang)
        title = _said("title", lang, coach["name"])
        stamp = {} if status != 200 else {"started_at": str(int(self.clock().timestamp()))}
        page = pages.form(
            "message",
            {**described, "title": title},
            lang,
            action=address,
            values=values,
            problems=problems or [],
            banner=banner,
            hidden={"lang": lang, **stamp},
            switch_url=f"{address}?lang={other_language(lang)}",
            frame=self.problems.frame(lang),
        )
        return self.problems.page(page, status, headers)

    def _sent(self, coach: Mapping[str, Any], lang: Lang) -> Answer:
        from chalicelib.web import pages

        base = f"{self.settings.public_url}/coaches"
        page = pages.told(
            lang,
            title=_said("done", lang, coach["name"]),
            paragraphs=[_said("sent", lang, coach["name"])],
            links=[
                (coach["name"], f"{base}/{coach['slug']}?lang={lang}"),
                (load("network")["all"][lang], f"{base}?lang={lang}"),
            ],
            switch_url=f"{self._address(coach['slug'])}?lang={other_language(lang)}&sent=1",
            frame=self.problems.frame(lang),
        )
        return self.problems.page(page)

    def _coach(self, slug: str, lang: Lang) -> dict[str, Any]:
        known = self.reader.directory().coach(slug[:80], lang)
        if known is None:
            raise NotHere(slug)
        return known

    def _described(self, slug: str, lang: Lang) -> dict[str, Any]:
        from chalicelib.forms import description

        contact = self.settings.privacy_contact
        form = description.describe("message", lang, privacy_contact=contact)
        return {**form, "action": self._address(slug)}

    def _address(self, slug: str) -> str:
        return f"{self.settings.public_url}/coaches/{slug}/contact"


def _said(key: str, lang: Lang, name: str) -> str:
    return str(load("network")["message"][key][lang]).format(name=name)
