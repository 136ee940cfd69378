"""The reader's door: the archive of issues, and their feeds; nobody is counted."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from chalicelib.core.errors import NotFound
from chalicelib.core.languages import Lang, other_language
from chalicelib.core.ports import Item, Store
from chalicelib.newsletter.issues import archive as publishing
from chalicelib.newsletter.issues import feeds
from chalicelib.web.request import Request, Response, with_etag
from chalicelib.web.responses import Responder

FRESH: Final = {"Cache-Control": "public, max-age=300"}
HTML: Final = "text/html; charset=utf-8"
NEWEST: Final = 10
"""How many issues a feed tells of."""


@dataclass(frozen=True)
class ArchiveViews:
    store: Store
    responder: Responder

    def archive(self, request: Request) -> Response:
        """The issues of a year, the newest year when none is asked for."""
        lang = request.lang
        years = publishing.years(self.store)
        year = request.query.get("year") or (years[0] if years else "")
        if year and year not in years:
            raise NotFound(year)
        rows = publishing.of_year(self.store, year) if year else []
        issues = [self._listed(row, lang) for row in rows]
        if not request.wants_page:
            body = {"year": year, "years": years, "issues": issues, "feeds": self._feeds()}
            return self._cached(request, json.dumps(body, ensure_ascii=False), "application/json")
        from chalicelib.web import pages

        return self._page(
            request,
            pages.newsletter(
                "archive",
                lang,
                issues=issues,
                year=year,
                years=years,
                address=self.address,
                **self._around(lang, f"?year={year}&" if year else "?"),
            ),
        )

    def issue(self, request: Request, slug: str) -> Response:
        lang = request.lang
        found = publishing.published(self.store, slug, lang)
        if found is None:
            raise NotFound(slug)
        issue, text = found
        told = {
            "slug": slug,
            "title": feeds.plain(text["title"]),
            "summary": feeds.plain(text["summary"]),
            "date": issue.date,
            "url": self._url(slug, lang),
        }
        if not request.wants_page:
            body = {**told, "html": text["page"]}
            return self._cached(request, json.dumps(body, ensure_ascii=False), "application/json")
        from datetime import date

        from markupsafe import Markup

        from chalicelib.web import pages

        return self._page(
            request,
            pages.newsletter(
                "issue",
                lang,
                title=told["title"],
                summary=told["summary"],
                date=date.fromisoformat(issue.date),
                body=Markup(text["page"]),
                archive_url=f"{self.address}?lang={lang}",
                form_url=f"{self.responder.settings.public_url}/newsletter?lang={lang}",
                **self._around(lang, f"/{quote(slug, safe='')}?"),
            ),
        )

    def feed(self, request: Request, lang: Lang, kind: str) -> Response:
        """`atom` or `json`: the newest issues, whole."""
        rows = publishing.newest(self.store, NEWEST)
        entries = [
            feeds.Entry(
                slug=row["issue"],
                url=self._url(row["issue"], lang),
                title=text["title"],
                summary=text["summary"],
                page=text["page"],
                date=row["date"],
                at=row["published_at"],
            )
            for row, text in publishing.with_pages(self.store, rows, lang)
        ]
        settings = self.responder.settings
        about = feeds.About(
            lang=lang,
            organization=settings.organization_name,
            home=f"{self.address}?lang={lang}",
            own=self._feeds()[lang][kind],
            host=settings.public_origin.partition("://")[2],
        )
        if kind == "json":
            return self._cached(request, feeds.json_feed(about, entries), "application/feed+json")
        return self._cached(
            request, feeds.atom(about, entries), "application/atom+xml; charset=utf-8"
        )

    @property
    def address(self) -> str:
        return f"{self.responder.settings.public_url}/newsletter/archive"

    def _url(self, slug: str, lang: str) -> str:
        return f"{self.address}/{quote(slug, safe='')}?lang={lang}"

    def _listed(self, row: Item, lang: str) -> dict[str, Any]:
        from datetime import date

        from chalicelib.core import formatting

        return {
            "slug": row["issue"],
            "title": feeds.plain(row[f"title_{lang}"]),
            "summary": feeds.plain(row[f"summary_{lang}"]),
            "date": row["date"],
            "day": formatting.long_date(date.fromisoformat(row["date"]), lang),
            "url": self._url(row["issue"], lang),
        }

    def _around(self, lang: Lang, path: str) -> dict[str, Any]:
        """What the head of a page says of its other language and of the feeds."""
        return {
            "own_url": f"{self.address}{path}lang={lang}",
            "switch_url": f"{self.address}{path}lang={other_language(lang)}",
            "alternates": {code: f"{self.address}{path}lang={code}" for code in ("fr", "en")},
            "feeds": self._feeds()[lang],
            "frame": self.responder.frame(lang),
        }

    def _feeds(self) -> dict[str, dict[str, str]]:
        base = f"{self.responder.settings.public_url}/newsletter/feed"
        return {
            lang: {"atom": f"{base}.{lang}.xml", "json": f"{base}.{lang}.json"}
            for lang in ("fr", "en")
        }

    def _page(self, request: Request, page: str) -> Response:
        """Anybody may keep it; images come from the sender's own sites alone."""
        from chalicelib.web import pages

        policy = (
            f"default-src 'none'; style-src '{pages.STYLE_HASH}'; "
            f"img-src {' '.join(self.responder.settings.image_origins)}; "
            "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
        )
        headers = {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer"}
        return self._cached(request, page, HTML, headers)

    def _cached(
        self, request: Request, body: str, kind: str, headers: Mapping[str, str] | None = None
    ) -> Response:
        return with_etag(request, Response(200, body, kind, {**FRESH, **(headers or {})}))
