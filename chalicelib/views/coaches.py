"""The door to the directory: a search and a coach, as JSON or as a page at the same address."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from chalicelib.coaches.cache import DirectoryCache
from chalicelib.coaches.directory.folding import fold_text
from chalicelib.coaches.directory.layout import FILTERS
from chalicelib.coaches.directory.query import UnusableQuery
from chalicelib.coaches.directory.search import Directory
from chalicelib.content import load
from chalicelib.core import eastern_time
from chalicelib.core.errors import BadQuery, NotFound
from chalicelib.core.languages import Lang, other_language
from chalicelib.core.ports import Now
from chalicelib.core.settings import Settings
from chalicelib.web.request import Request, Response, json_response, with_etag
from chalicelib.web.responses import Responder

log = logging.getLogger("relais.coaches")

SHARED: Final = {"Cache-Control": "public, max-age=60, stale-while-revalidate=600"}
"""Anybody may keep an answer for a minute: a new edition is everywhere within two."""

_ONE: Final = ("q", "lang", "limit", "cursor")
_PARAMETERS_LIMIT: Final = 80


@dataclass(frozen=True)
class CoachViews:
    reader: DirectoryCache
    settings: Settings
    responder: Responder
    now: Now

    def search(self, request: Request) -> Response:
        """`q`, the filters (each as often as wanted), `lang`, `limit`, `cursor`."""
        directory = self.reader.directory()
        if request.wants_page:
            return self._page(request, directory)
        filters = _filters(request)
        day = eastern_time.today(self.now()).isoformat()
        tag = directory.etag(day, request.lang, _canonical(request))
        if request.has(tag):
            return self._unchanged(request, tag)
        found = self._found(directory, request, filters, day)
        return json_response(found, {**SHARED, "ETag": tag, **_spoken(request)})

    def coach(self, request: Request, slug: str) -> Response:
        directory = self.reader.directory()
        known = directory.coach(slug[:80], request.lang)
        if known is None:
            raise NotFound(slug)
        known = {**known, "links": self._links(slug)}
        if not request.wants_page:
            tag = directory.etag("coach", request.lang, slug)
            if request.has(tag):
                return self._unchanged(request, tag)
            return json_response(known, {**SHARED, "ETag": tag, **_spoken(request)})
        from chalicelib.core import formatting
        from chalicelib.web import pages

        lang = request.lang
        said = formatting.phone(known["phone"], None, lang) if "phone" in known else ""
        page = pages.coach(
            lang,
            coach={**known, "phone_said": said},
            photo=self._photo(known),
            contact_url=f"{self._address(slug)}/contact?lang={lang}",
            search_url=f"{self._address()}?lang={lang}",
            switch_url=f"{self._address(slug)}?lang={other_language(lang)}",
            frame=self.responder.frame(lang),
        )
        return self._shared_page(request, page)

    def _page(self, request: Request, directory: Directory) -> Response:
        """What the address says beside our parameters is left alone: links carry all sorts."""
        from chalicelib.web import pages

        lang = request.lang
        known = {key: values for key, values in request.several.items() if key in FILTERS}
        day = eastern_time.today(self.now()).isoformat()
        wrong = None
        try:
            found = self._found(directory, request, known, day)
        except BadQuery as error:
            wrong = error.message(lang)
            found = directory.search("", {}, lang, day=day)
        q = request.query.get("q", "")[:300]
        kept = [("q", q)] if q else []
        chosen = [
            (name, each["value"], each["label"])
            for name, values in found["facets"].items()
            for each in values
            if each["selected"]
        ]
        kept += [(name, value) for name, value, _ in chosen]
        page = pages.coaches(
            lang,
            q=q,
            found={**found, "results": [_in_words(directory, r, lang) for r in found["results"]]},
            suggestions=[
                {**each, "url": self._without(each, kept, lang)}
                for each in found.get("help", {}).get("suggestions", [])
            ],
            wrong=wrong,
            said=_count(found["total"], lang),
            filters=load("coaches")["filters"],
            chosen=[
                {
                    "label": label,
                    "url": self._link([pair for pair in kept if pair != (name, value)], lang),
                }
                for name, value, label in chosen
            ],
            action=self._address(),
            clear_url=f"{self._address()}?{urlencode({'lang': lang})}",
            next_url=self._more(found["next_cursor"], kept, lang),
            urls={each["slug"]: f"{self._address(each['slug'])}?lang={lang}"
                  for each in found["results"]},
            switch_url=f"{self._address()}?{urlencode([('lang', other_language(lang)), *kept])}",
            frame=self.responder.frame(lang),
        )  # fmt: skip
        return self._shared_page(request, page, 400 if wrong else 200)

    def _found(
        self,
        directory: Directory,
        request: Request,
        filters: Mapping[str, Sequence[str]],
        day: str,
    ) -> dict[str, Any]:
        query = request.query
        found = directory.search(
            query.get("q", ""),
            filters,
            request.lang,
            query.get("limit"),
            query.get("cursor"),
            day=day,
        )
        if not found["total"]:
            _note(found["help"]["unknown"])
        return found

    def _more(self, cursor: str | None, kept: Sequence[tuple[str, str]], lang: str) -> str | None:
        return None if cursor is None else self._link([*kept, ("cursor", cursor)], lang)

    def _without(
        self, suggestion: Mapping[str, Any], kept: Sequence[tuple[str, str]], lang: str
    ) -> str:
        """The same search without what a suggestion says to drop."""
        less: list[tuple[str, str]] = []
        for key, value in kept:
            if key == "q":
                words = [w for w in value.split() if fold_text(w) != suggestion.get("word")]
                less += [("q", " ".join(words))] if words else []
            elif suggestion["drop"] != "filters" and key != suggestion.get("filter"):
                less.append((key, value))
        return self._link(less, lang)

    def _link(self, kept: Sequence[tuple[str, str]], lang: str) -> str:
        return f"{self._address()}?{urlencode([('lang', lang), *kept])}"

    def _shared_page(self, request: Request, page: str, status: int = 200) -> Response:
        """A page that anybody may see, keep and find: unlike the pages behind a link."""
        if status != 200:
            return self.responder.page(page, status)
        headers = {**SHARED, "X-Robots-Tag": "all", **_spoken(request)}
        return with_etag(request, self.responder.page(page, status, headers))

    def _unchanged(self, request: Request, tag: str) -> Response:
        return Response(304, "", "text/plain", {**SHARED, "ETag": tag, **_spoken(request)})

    def _photo(self, coach: Mapping[str, Any]) -> str | None:
        """Shown from the website alone: no third party learns who looks at whom."""
        photo = str(coach.get("photo", ""))
        return photo if photo.startswith(tuple(self.responder.photo_origins())) else None

    def _links(self, slug: str) -> dict[str, str]:
        return {"self": self._address(slug), "contact": f"{self._address(slug)}/contact"}

    def _address(self, slug: str = "") -> str:
        return f"{self.settings.public_url}/coaches" + (f"/{slug}" if slug else "")


def _filters(request: Request) -> dict[str, Sequence[str]]:
    """What a script asks to filter by; the directory refuses names that it does not know."""
    if sum(map(len, request.several.values())) > _PARAMETERS_LIMIT:
        raise UnusableQuery("too_many_filters", max=_PARAMETERS_LIMIT)
    return {key: values for key, values in request.several.items() if key not in _ONE}


def _canonical(request: Request) -> str:
    return urlencode(sorted((k, v) for k, values in request.several.items() for v in values))


def _count(total: int, lang: Lang) -> str:
    from chalicelib.core import formatting

    texts = load("coaches")["found"]
    if total < 2:
        return str(texts["one" if total else "none"][lang])
    return str(texts["several"][lang]).format(count=formatting.number(total, lang))


def _note(unknown: Sequence[Mapping[str, str]]) -> None:
    """Words that nobody knows teach the synonyms. Only such words, without who asked: what
    looks like an address or a number is left out."""
    words = [each["word"] for each in unknown if each["word"].isalpha() and len(each["word"]) < 25]
    if words:
        log.info("nothing found for: %s", " ".join(words))


def _in_words(directory: Directory, result: Mapping[str, Any], lang: Lang) -> dict[str, Any]:
    return {
        **result,
        "province_label": directory.label("province", result["province"], lang),
        "availability_label": directory.label("availability", result["availability"], lang),
    }


def _spoken(request: Request) -> dict[str, str]:
    return {"Content-Language": f"{request.lang}-CA"}
