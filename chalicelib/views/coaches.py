"""The public directory: a search and a coach, as JSON or as a page at the same address."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from chalicelib import content
from chalicelib.coaches.cache import DirectoryCache
from chalicelib.coaches.directory.folding import fold_text
from chalicelib.coaches.directory.layout import FILTERS
from chalicelib.coaches.directory.query import UnusableQuery
from chalicelib.coaches.directory.results import FoundCard
from chalicelib.coaches.directory.search import Directory
from chalicelib.coaches.directory.search_page import Notes, SearchPage
from chalicelib.coaches.directory.suggestions import Suggestion
from chalicelib.core import eastern_time
from chalicelib.core.errors import BadQuery, NotFound
from chalicelib.core.languages import Lang
from chalicelib.core.links import Links
from chalicelib.core.ports import Now
from chalicelib.web.pages import Pages, in_language
from chalicelib.web.request import Request
from chalicelib.web.responses import Response, json_response, with_etag
from chalicelib.web.tracking import is_tracking

SHARED: Final = {"Cache-Control": "public, max-age=60, stale-while-revalidate=600"}
"""Anybody may keep a response for a minute: a new edition is everywhere within two."""

PARAMETERS_LIMIT: Final = 80
QUERY_LIMIT: Final = 300
"""Characters of a search that are shown again."""

PAGE_RESULTS: Final = 8
"""Coaches on a page for a browser: a phone scrolls five screens at most."""

_SINGLE: Final = ("q", "lang", "limit", "cursor")
"""Parameters that are no filters, and given once."""

Query = Sequence[tuple[str, str]]
"""The parameters of a search, in their order: each filter as often as it has values."""


@dataclass(frozen=True)
class CoachViews:
    cache: DirectoryCache
    links: Links
    pages: Pages
    now: Now
    count_missed: Callable[[Sequence[str]], None]

    def search(self, request: Request) -> Response:
        """Search by `q`, the filters (each as often as wanted), `lang`, `limit`, `cursor`."""
        directory = self.cache.directory()
        if request.wants_page:
            return self._page(request, directory)
        asked = _without_tracking(request)
        filters = {key: values for key, values in asked.items() if key not in _SINGLE}
        day = eastern_time.today(self.now()).isoformat()
        etag = directory.etag(day, request.lang, repr(sorted(asked.items())))
        if request.has(etag):
            return self._unchanged(request, etag)
        query = request.query
        text, notes = directory.search_text(
            query.get("q", ""),
            filters,
            request.lang,
            query.get("limit"),
            query.get("cursor"),
            day=day,
        )
        self.count_missed(_unknown(notes))
        headers = {**SHARED, "ETag": etag, **_content_language(request)}
        return Response(200, text, "application/json", headers)

    def coach(self, request: Request, slug: str) -> Response:
        directory, lang = self.cache.directory(), request.lang
        coach = directory.coach(slug[:80], lang)
        if coach is None:
            raise NotFound(slug)
        address = self._address(slug)
        contact = f"{address}/contact"
        if not request.wants_page:
            etag = directory.etag("coach", lang, slug)
            if request.has(etag):
                return self._unchanged(request, etag)
            body = {**coach, "links": {"self": address, "contact": contact}}
            return json_response(body, {**SHARED, "ETag": etag, **_content_language(request)})
        from chalicelib.core import formatting

        phone = formatting.phone(coach["phone"], None, lang) if "phone" in coach else ""
        facts = {
            "coach": {**coach, "phone_text": phone},
            "photo": self._photo(coach),
            "contact_url": in_language(contact, lang),
            "declare_url": self.links.declare(lang, coach_id=slug),
            "search_url": in_language(self._address(), lang),
        }
        return self._shared_page("coach", request, facts, address)

    def _page(self, request: Request, directory: Directory) -> Response:
        """Answer with the page, and leave alone what the address says beside our parameters: links
        carry all sorts."""
        lang = request.lang
        filters = {key: values for key, values in request.several.items() if key in FILTERS}
        day = eastern_time.today(self.now()).isoformat()
        wrong = None
        try:
            found = self._found(directory, request, filters, day)
        except BadQuery as error:
            wrong = error.message(lang)
            found = directory.search("", {}, lang, PAGE_RESULTS, day=day)
        q = request.query.get("q", "")[:QUERY_LIMIT]
        chosen = _chosen(found)
        kept = [*([("q", q)] if q else []), *((name, value) for name, value, _ in chosen)]
        facts = {
            "q": q,
            "wrong": wrong,
            "chosen": [
                {"label": label, "url": self._link([p for p in kept if p != (name, value)], lang)}
                for name, value, label in chosen
            ],
            "filters": content.coaches()["filters"],
            "action": self._address(),
            "clear_url": self._link([], lang),
            **self._result_facts(directory, found, kept, lang),
        }
        address = f"{self._address()}?{urlencode(kept)}" if kept else self._address()
        return self._shared_page("coaches", request, facts, address, 400 if wrong else 200)

    def _result_facts(
        self, directory: Directory, found: SearchPage, kept: Query, lang: Lang
    ) -> dict[str, object]:
        """Return what was found in words, with the links to more of it, or to less of a search."""
        cursor = found["next_cursor"]
        results = found["results"]
        return {
            "found": {**found, "results": [_in_words(directory, each, lang) for each in results]},
            "count_text": _count_text(found["total"], lang),
            "suggestions": [
                {**each, "url": self._link(_less(each, kept), lang)}
                for each in found.get("help", {}).get("suggestions", [])
            ],
            "alone": [
                {**each, "url": self._link(_instead(each["q"], kept), lang)}
                for each in found.get("left_out", {}).get("alone", [])
            ],
            "next_url": None if cursor is None else self._link([*kept, ("cursor", cursor)], lang),
            "urls": {each["slug"]: in_language(self._address(each["slug"]), lang)
                     for each in results},
        }  # fmt: skip

    def _found(
        self,
        directory: Directory,
        request: Request,
        filters: Mapping[str, Sequence[str]],
        day: str,
    ) -> SearchPage:
        query = request.query
        found = directory.search(
            query.get("q", ""),
            filters,
            request.lang,
            query.get("limit") or PAGE_RESULTS,
            query.get("cursor"),
            day=day,
        )
        self.count_missed(_unknown(found))
        return found

    def _link(self, kept: Query, lang: str) -> str:
        return f"{self._address()}?{urlencode([('lang', lang), *kept])}"

    def _shared_page(
        self,
        template: str,
        request: Request,
        facts: Mapping[str, object],
        address: str,
        status: int = 200,
    ) -> Response:
        """Answer with a page that anybody may see, keep and find, unlike the pages behind a link;
        but for one that says what is wrong with a search."""
        lang = request.lang
        if status != 200:
            return self.pages.respond(template, lang, facts, address=address, status=status)
        headers = {**SHARED, "X-Robots-Tag": "all", **_content_language(request)}
        page = self.pages.respond(template, lang, facts, address=address, headers=headers)
        return with_etag(request, page)

    def _unchanged(self, request: Request, etag: str) -> Response:
        headers = {**SHARED, "ETag": etag, **_content_language(request)}
        return Response(304, "", "text/plain", headers)

    def _photo(self, coach: Mapping[str, object]) -> str | None:
        """Return the address of a photo of the website alone: no third party learns who looks at
        whom."""
        photo = str(coach.get("photo", ""))
        return photo if photo.startswith(tuple(self.pages.photo_origins())) else None

    def _address(self, *slug: str) -> str:
        return self.pages.address("coaches", *slug)


def _chosen(found: SearchPage) -> list[tuple[str, str, str]]:
    """Return each filter in use: its name, its value and the label of that value."""
    return [
        (name, each["value"], each["label"])
        for name, values in found["facets"].items()
        for each in values
        if each["selected"]
    ]


def _less(suggestion: Suggestion, kept: Query) -> Query:
    """Return the same search without what a suggestion says to drop."""
    less: list[tuple[str, str]] = []
    for key, value in kept:
        if key == "q":
            q = suggestion.get("q", value)
            less += [("q", q)] if q else []
        elif suggestion["drop"] != "filters" and key != suggestion.get("filter"):
            less.append((key, value))
    return less


def _instead(q: str, kept: Query) -> Query:
    """Return the same filters with another query."""
    return [("q", q), *((key, value) for key, value in kept if key != "q")]


def _without_tracking(request: Request) -> dict[str, Sequence[str]]:
    """Return the parameters of a script; the directory refuses names of filters that it does not
    know."""
    if sum(map(len, request.several.values())) > PARAMETERS_LIMIT:
        raise UnusableQuery("too_many_filters", max=PARAMETERS_LIMIT)
    return {
        key: sorted(values) if key not in _SINGLE else values
        for key, values in request.several.items()
        if not is_tracking(key)
    }


def _count_text(total: int, lang: Lang) -> str:
    from chalicelib.core import formatting

    texts = content.coaches()["found"]
    if total < 2:
        return str(texts["one" if total else "none"][lang])
    return str(texts["several"][lang]).format(count=formatting.number(total, lang))


def _unknown(notes: Notes) -> list[str]:
    """Return the words that nobody has: they teach the synonyms."""
    unknown = [each["word"] for each in notes["help"]["unknown"]] if "help" in notes else []
    left = notes.get("left_out")
    if left is None:
        return unknown
    known = {each["word"] for each in left["alone"]}
    return unknown + [fold_text(word) for word in left["words"] if word not in known]


def _in_words(directory: Directory, result: FoundCard, lang: Lang) -> dict[str, object]:
    return {
        **result,
        "province_label": directory.label("province", result["province"], lang),
        "availability_label": directory.label("availability", result["availability"], lang),
    }


def _content_language(request: Request) -> dict[str, str]:
    return {"Content-Language": f"{request.lang}-CA"}
