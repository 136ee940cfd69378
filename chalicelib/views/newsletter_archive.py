"""The archive of issues, and their feeds; nobody who reads them is counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import quote

from chalicelib.core.errors import NotFound
from chalicelib.core.languages import LANGS, Lang
from chalicelib.core.ports import Item, Store
from chalicelib.core.settings import Settings
from chalicelib.newsletter.issues import archive as publishing
from chalicelib.newsletter.issues import feeds
from chalicelib.views.issue_images import IssueImageViews
from chalicelib.web.pages import Pages, in_language
from chalicelib.web.request import Request
from chalicelib.web.responses import Response, json_response, with_etag

CACHEABLE: Final = {"Cache-Control": "public, max-age=300"}
FEED_ISSUES: Final = 10
"""How many issues a feed tells of: the newest."""


@dataclass(frozen=True)
class ArchiveViews:
    store: Store
    settings: Settings
    pages: Pages
    images: IssueImageViews

    def archive(self, request: Request) -> Response:
        """Answer with the issues of a year, the newest year when none is asked for."""
        lang = request.lang
        years = publishing.years(self.store)
        year = request.query.get("year") or (years[0] if years else "")
        if year and year not in years:
            raise NotFound(year)
        rows = publishing.of_year(self.store, year) if year else []
        issues = [self._summary(row, lang) for row in rows]
        if not request.wants_page:
            body = {"year": year, "years": years, "issues": issues, "feeds": self._feeds()}
            return with_etag(request, json_response(body, CACHEABLE))
        facts = {"issues": issues, "year": year, "years": years, "address": self._address()}
        address = self._address() + (f"?year={year}" if year else "")
        return self._page("newsletter_archive", request, facts, address)

    def issue(self, request: Request, slug: str) -> Response:
        lang = request.lang
        found = publishing.published(self.store, slug, lang)
        if found is None:
            raise NotFound(slug)
        issue, text = found
        title, summary = feeds.plain(text["title"]), feeds.plain(text["summary"])
        if not request.wants_page:
            body = {
                "slug": slug,
                "title": title,
                "summary": summary,
                "date": issue.date,
                "url": self._issue_url(slug, lang),
                "html": text["page"],
            }
            return with_etag(request, json_response(body, CACHEABLE))
        from markupsafe import Markup

        facts = {
            "title": title,
            "summary": summary,
            "date": date.fromisoformat(issue.date),
            "body": Markup(text["page"]),
            "archive_url": in_language(self._address(), lang),
            "form_url": in_language(self.pages.address("newsletter"), lang),
        }
        return self._page("newsletter_issue", request, facts, self._address(slug))

    def feed(self, request: Request, lang: Lang, kind: str) -> Response:
        """Answer with the newest issues, whole; `kind` is `atom` or `json`."""
        rows = publishing.newest(self.store, FEED_ISSUES)
        entries = [
            feeds.FeedEntry(
                slug=row["issue"],
                url=self._issue_url(row["issue"], lang),
                title=text["title"],
                summary=text["summary"],
                page=text["page"],
                date=row["date"],
                at=row["published_at"],
            )
            for row, text in publishing.with_pages(self.store, rows, lang)
        ]
        about = feeds.About(
            lang=lang,
            organization=self.settings.organization_name,
            home=in_language(self._address(), lang),
            address=self._feeds()[lang][kind],
            host=self.settings.public_origin.partition("://")[2],
        )
        if kind == "json":
            body, content_type = feeds.json_feed(about, entries), "application/feed+json"
        else:
            body, content_type = feeds.atom(about, entries), "application/atom+xml; charset=utf-8"
        return with_etag(request, Response(200, body, content_type, CACHEABLE))

    def _address(self, *slug: str) -> str:
        return self.pages.address("newsletter", "archive", *(quote(one, safe="") for one in slug))

    def _issue_url(self, slug: str, lang: str) -> str:
        return in_language(self._address(slug), lang)

    def _summary(self, row: Item, lang: str) -> dict[str, str]:
        from chalicelib.core import formatting

        return {
            "slug": row["issue"],
            "title": feeds.plain(row[f"title_{lang}"]),
            "summary": feeds.plain(row[f"summary_{lang}"]),
            "date": row["date"],
            "day": formatting.long_date(date.fromisoformat(row["date"]), lang),
            "url": self._issue_url(row["issue"], lang),
        }

    def _feeds(self) -> dict[str, dict[str, str]]:
        base = self.pages.address("newsletter", "feed")
        return {
            lang: {"atom": f"{base}.{lang}.xml", "json": f"{base}.{lang}.json"} for lang in LANGS
        }

    def _page(
        self, template: str, request: Request, facts: Mapping[str, object], address: str
    ) -> Response:
        """Answer with a page that anybody may keep and find; images come from the sender's own
        sites alone, and from where those that were uploaded lie."""
        lang = request.lang
        head = {
            "own_url": in_language(address, lang),
            "alternates": {code: in_language(address, code) for code in LANGS},
            "feeds": self._feeds()[lang],
        }
        policy = self.pages.policy(images=self.images.origins(str(facts.get("body", ""))))
        headers = {**CACHEABLE, "Content-Security-Policy": policy, "X-Robots-Tag": "all"}
        page = self.pages.respond(
            template, lang, {**facts, **head}, address=address, headers=headers
        )
        return with_etag(request, page)
