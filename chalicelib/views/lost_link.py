"""For whoever lost their link: a mail with the links of their files, to their address alone."""

from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from pydantic_core import PydanticCustomError

from chalicelib.content import load
from chalicelib.core import rate_limit
from chalicelib.core.errors import Conflict
from chalicelib.core.languages import Lang, other_language
from chalicelib.core.letter_row import APPLICANT, letter
from chalicelib.core.links import person_key
from chalicelib.core.ports import Clock, Put, Store
from chalicelib.core.records import stamp
from chalicelib.forms import field_types
from chalicelib.forms.normalise import tidy
from chalicelib.web.request import Answer, Asked, json_answer, lang_of, text_of
from chalicelib.web.responses import PRIVATE, Problems

LOST: Final = "FILES"
"""How the keys of these letters begin."""

LETTER: Final = "file_links"

KEPT: Final = 30 * 86400
"""Seconds that it is kept that a letter was asked for."""


@dataclass(frozen=True)
class LostLinks:
    """The same answer for every address, and as quick: whose files there are is only looked up
    when the letter is written."""

    store: Store
    problems: Problems
    people_key: bytes = field(repr=False)
    clock: Clock

    def show(self, asked: Asked) -> Answer:
        if not asked.wants_page:
            return json_answer({"action": self._address, "fields": ["email", "lang"]}, PRIVATE)
        if "asked" in asked.query:
            return self._told(asked.lang)
        return self._page(asked.lang)

    def ask(self, asked: Asked) -> Answer:
        """Raises TooMany for a network that asks too often."""
        fields = asked.fields()
        lang = lang_of(fields, asked)
        typed = str(tidy(text_of(fields, "email")))
        try:
            email = field_types.email(typed)
        except PydanticCustomError:
            wrong = str(load("messages")["email"][lang])
            if not asked.wants_page:
                errors = [{"field": "email", "code": "email", "message": wrong}]
                return json_answer({"status": 422, "errors": errors}, PRIVATE, status=422)
            return self._page(lang, typed[:254], wrong)
        now = self.clock()
        network = person_key(asked.address, self.people_key)
        limit = self.problems.settings.signups_per_hour
        rate_limit.count(self.store, f"FILES#{network}", limit, now)
        self._owe(email, lang)
        told = load("review")["file"]["links_asked"]
        if not asked.wants_page:
            return json_answer(
                {"status": "asked", "message": told["text"][lang]}, PRIVATE, status=202
            )
        where = f"{self._address}?{urlencode({'asked': 1, 'lang': lang})}"
        return Answer(303, "", "text/html; charset=utf-8", {"Location": where})

    def _owe(self, email: str, lang: Lang) -> None:
        """One letter to an address in an hour, whoever asks and however often."""
        now = self.clock()
        row = letter(
            f"{LOST}#{person_key(email, self.people_key)}",
            f"{now:%Y%m%d%H}",
            LETTER,
            to=APPLICANT,
            due=stamp(now),
            facts={"lang": lang},
        )
        expires = int(now.timestamp()) + KEPT
        try:
            self.store.commit([Put({**row, "address": email, "expires": expires})])
        except Conflict:
            pass

    def _told(self, lang: Lang) -> Answer:
        from chalicelib.web import pages

        told = load("review")["file"]["links_asked"]
        page = pages.told(
            lang,
            title=told["title"][lang],
            paragraphs=[told["text"][lang]],
            links=[],
            switch_url=f"{self._address}?asked=1&lang={other_language(lang)}",
            frame=self.problems.frame(lang),
        )
        return self.problems.page(page)

    def broken(self, asked: Asked) -> Answer:
        """In place of a file whose link does not work: how to get another one."""
        return self._page(asked.lang, broken=True, status=404)

    def _page(
        self,
        lang: Lang,
        typed: str = "",
        wrong: str = "",
        *,
        broken: bool = False,
        status: int = 200,
    ) -> Answer:
        from chalicelib.web import pages

        facts: dict[str, Any] = {
            "typed": typed,
            "wrong": wrong,
            "broken": load("problems")["bad_link"]["title"][lang] if broken else "",
            "action": self._address,
        }
        page = pages.lost(
            lang,
            **facts,
            switch_url=f"{self._address}?lang={other_language(lang)}",
            frame=self.problems.frame(lang),
        )
        return self.problems.page(page, 422 if wrong else status)

    @property
    def _address(self) -> str:
        return f"{self.problems.settings.public_url}/file"
