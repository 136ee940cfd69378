"""The newest issues as Atom (RFC 4287) and as JSON Feed 1.1."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from typing import Final
from xml.sax.saxutils import escape, quoteattr

TITLE: Final = {"fr": "Infolettre – {}", "en": "{} newsletter"}

_EMPTY: Final = "1970-01-01T00:00:00Z"
"""When a feed without entries was last changed: Atom wants a time."""

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class About:
    """The feed itself; `home` is the address of the archive, `address` its own."""

    lang: str
    organization: str
    home: str
    address: str
    host: str

    @property
    def title(self) -> str:
        return TITLE[self.lang].format(self.organization)


@dataclass(frozen=True)
class FeedEntry:
    """An issue; `title`, `summary` and `page` are markup, `at` is a stamp."""

    slug: str
    url: str
    title: str
    summary: str
    page: str
    date: str
    at: str


def atom(about: About, entries: Sequence[FeedEntry]) -> str:
    lang = f"{about.lang}-CA"
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{lang}">',
        f"<id>{_text(about.address)}</id>",
        f"<title>{_text(about.title)}</title>",
        f"<updated>{_moment(max((e.at for e in entries), default=_EMPTY))}</updated>",
        f"<author><name>{_text(about.organization)}</name></author>",
        f'<link rel="self" type="application/atom+xml" href={quoteattr(about.address)}/>',
        f'<link rel="alternate" type="text/html" hreflang="{lang}" href={quoteattr(about.home)}/>',
    ]
    for entry in entries:
        lines += [
            "<entry>",
            f"<id>{_text(_id(about, entry))}</id>",
            f'<title type="html">{_text(entry.title)}</title>',
            f"<published>{_moment(entry.at)}</published>",
            f"<updated>{_moment(entry.at)}</updated>",
            f'<link rel="alternate" type="text/html" hreflang="{lang}" href={quoteattr(entry.url)}/>',
            f'<summary type="html">{_text(entry.summary)}</summary>',
            f'<content type="html">{_text(entry.page)}</content>',
            "</entry>",
        ]
    return "\n".join([*lines, "</feed>", ""])


def json_feed(about: About, entries: Sequence[FeedEntry]) -> str:
    found = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": about.title,
        "home_page_url": about.home,
        "feed_url": about.address,
        "language": f"{about.lang}-CA",
        "authors": [{"name": about.organization}],
        "items": [
            {
                "id": _id(about, entry),
                "url": entry.url,
                "title": plain(entry.title),
                "summary": plain(entry.summary),
                "content_html": entry.page,
                "date_published": _moment(entry.at),
                "language": f"{about.lang}-CA",
            }
            for entry in entries
        ],
    }
    return json.dumps(found, ensure_ascii=False)


def plain(markup: str) -> str:
    """Return a title or a summary, which hold no elements, as text."""
    return unescape(markup)


def _id(about: About, entry: FeedEntry) -> str:
    """Return an id that stays the same, wherever the API moves within its host (RFC 4151)."""
    return f"tag:{about.host.partition(':')[0]},{entry.date}:newsletter/{entry.slug}/{about.lang}"


def _moment(text: str) -> str:
    return re.sub(r"\.\d+Z$", "Z", text)


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("", text))
