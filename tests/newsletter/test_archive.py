"""The archive and its feeds: in both languages, well formed, bounded, and about nobody."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from chalice.test import Client
from hypothesis import given
from hypothesis import strategies as st

import app as application
import issue_factory
from chalicelib.core.ports import Put
from chalicelib.newsletter.issues import archive, feeds
from chalicelib.services import Services
from fakes import MemoryStore

HTML = {"Accept": "text/html"}
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def client(service: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setattr(application, "services", lambda: service)
    monkeypatch.setattr(application, "settings", lambda: service.settings)
    with Client(application.app) as found:
        yield found


@pytest.fixture
def sent(service: Services) -> None:
    issue_factory.sending(service)


def get(client: Client, path: str, **headers: str) -> Any:
    return client.http.get(path, headers={**HTML, **headers})


@pytest.mark.parametrize(("lang", "other"), [("fr", "en"), ("en", "fr")])
@pytest.mark.usefixtures("sent")
def test_an_issue_has_a_page_in_each_language(client: Client, lang: str, other: str) -> None:
    answer = get(client, f"/newsletter/archive/2026-03?lang={lang}")
    page = answer.body.decode()
    assert answer.status_code == 200
    assert f'<html lang="{lang}-CA">' in page
    base = "https://relais.example.org/api/newsletter/archive/2026-03?lang="
    assert f'<link rel="canonical" href="{base}{lang}">' in page
    for code in (lang, other):
        assert f'<link rel="alternate" hreflang="{code}-CA" href="{base}{code}">' in page
    assert f"/newsletter/feed.{lang}.xml" in page
    assert "noindex" not in page
    assert answer.headers["Cache-Control"] == "public, max-age=300"


@pytest.mark.usefixtures("sent")
def test_the_page_is_about_nobody_and_loads_nothing(client: Client) -> None:
    answer = get(client, "/newsletter/archive/2026-03?lang=fr")
    page = answer.body.decode()
    assert "Bonjour à vous" in page
    assert not re.search(r"\{\{|unsubscribe/|preferences/|<script|<img|utm_", page)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "path",
    ["", "/2026-03", "?year=2026", "/../feed.fr.xml", "/../feed.en.json"],
)
@pytest.mark.usefixtures("sent")
def test_what_is_known_is_not_sent_again(client: Client, path: str) -> None:
    path = f"/newsletter/archive{path}".replace("/archive/..", "")
    tag = get(client, path).headers["ETag"]
    again = get(client, path, **{"If-None-Match": tag})
    assert (again.status_code, again.body) == (304, b"")
    assert again.headers["ETag"] == tag


def test_what_has_not_left_is_not_here(client: Client, service: Services) -> None:
    issue_factory.scheduled(service)
    for path in ("/newsletter/archive/2026-03", "/newsletter/archive/none",
                 "/newsletter/archive?year=1999"):  # fmt: skip
        assert get(client, path).status_code == 404


def test_nothing_is_listed_before_the_first_issue(client: Client) -> None:
    assert "Aucun numéro" in get(client, "/newsletter/archive?lang=fr").body.decode()
    feed = ET.fromstring(get(client, "/newsletter/feed.fr.xml").body)
    assert feed.findall(f"{ATOM}entry") == []
    assert json.loads(get(client, "/newsletter/feed.en.json").body)["items"] == []


def published(store: MemoryStore, dates: list[str]) -> None:
    """Issues that left on these days, one a day."""
    for date in dates:
        year, slug = date[:4], f"n-{date}"
        text = {"title": f"N &amp; {date}", "summary": "S", "page": "<p>P</p>"}
        row = {f"{k}_{lang}": v for lang in ("fr", "en") for k, v in text.items() if k != "page"}
        store.items[f"ISSUES#{year}", f"{date}#{slug}"] = {
            "pk": f"ISSUES#{year}", "sk": f"{date}#{slug}", "issue": slug, "date": date,
            "published_at": f"{date}T14:00:00.000Z", **row,
        }  # fmt: skip
        store.items["ISSUES", year] = {"pk": "ISSUES", "sk": year}
        for lang in ("fr", "en"):
            store.items[f"ISSUE#{slug}", f"TEXT#{lang}"] = text


def test_the_archive_goes_by_year_newest_first(client: Client, store: MemoryStore) -> None:
    published(store, ["2024-05-01", "2025-01-10", "2025-06-01", "2026-01-05"])
    found = client.http.get("/newsletter/archive").json_body
    assert (found["year"], found["years"]) == ("2026", ["2026", "2025", "2024"])
    found = client.http.get("/newsletter/archive?year=2025").json_body
    assert [issue["date"] for issue in found["issues"]] == ["2025-06-01", "2025-01-10"]
    page = get(client, "/newsletter/archive?year=2025&lang=en").body.decode()
    assert page.index("June 1, 2025") < page.index("January 10, 2025")
    assert 'aria-current="page">2025<' in page


def test_a_feed_reads_no_more_than_it_tells(client: Client, store: MemoryStore) -> None:
    published(store, [f"2025-{month:02d}-{day:02d}" for month in range(1, 13) for day in (1, 15)])
    published(store, ["2026-01-01"])
    # A process looks at the edits of the desk now and then, whoever asks.
    get(client, "/newsletter/archive")
    store.reads = 0
    feed = json.loads(get(client, "/newsletter/feed.fr.json").body)
    assert [item["id"][-16:] for item in feed["items"]][:2] == [
        "/n-2026-01-01/fr",
        "/n-2025-12-15/fr",
    ]
    assert len(feed["items"]) == 10
    assert store.reads <= 10 + 3


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.usefixtures("sent")
def test_the_atom_feed_is_valid(client: Client, lang: str) -> None:
    answer = get(client, f"/newsletter/feed.{lang}.xml")
    assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = ET.fromstring(answer.body)
    assert feed.tag == f"{ATOM}feed"
    assert feed.attrib["{http://www.w3.org/XML/1998/namespace}lang"] == f"{lang}-CA"
    for part in (feed, *feed.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert part.findtext(f"{ATOM}{name}")
        datetime.fromisoformat(str(part.findtext(f"{ATOM}updated")))
        for link in part.findall(f"{ATOM}link"):
            assert link.attrib["href"].startswith("https://relais.example.org/api/newsletter/")
    (entry,) = feed.findall(f"{ATOM}entry")
    content = entry.find(f"{ATOM}content")
    assert content is not None
    assert content.attrib["type"] == "html"
    assert str(content.text).startswith("<p>")
    assert "tag:relais.example.org,2026-03-02:newsletter/2026-03/" in str(
        entry.findtext(f"{ATOM}id")
    )


@pytest.mark.usefixtures("sent")
def test_the_json_feed_is_valid(client: Client) -> None:
    answer = get(client, "/newsletter/feed.en.json")
    assert answer.headers["Content-Type"] == "application/feed+json"
    feed = json.loads(answer.body)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == "https://relais.example.org/api/newsletter/feed.en.json"
    (item,) = feed["items"]
    assert item["title"] == "A spring of collective impact"
    assert item["url"].startswith("https://")
    datetime.fromisoformat(item["date_published"])


@given(st.text(max_size=40))
def test_whatever_an_issue_says_the_feed_is_xml(text: str) -> None:
    from html import escape

    about = feeds.About("fr", text, "https://a.org", "https://a.org/f", "a.org:8080")
    entry = feeds.FeedEntry("s", "https://a.org/é?a=1&b", escape(text), text, text, "2026-03-02", "2026-03-02T14:00:00.000Z")  # fmt: skip
    feed = ET.fromstring(feeds.atom(about, [entry]).encode("utf-8", "surrogatepass"))
    assert feed.findtext(f"{ATOM}entry/{ATOM}id") == "tag:a.org,2026-03-02:newsletter/s/fr"
    json.loads(feeds.json_feed(about, [entry]))


def test_a_year_is_listed_once_however_many_issues_it_has(store: MemoryStore) -> None:
    from chalicelib.newsletter.issues.issue import Issue

    for number in (1, 2):
        issue = Issue(
            id=f"n-{number}", status="SCHEDULED", version=1, events=0, head="", authors=[],
            topics=[], date=f"2026-0{number}-01", created_at="", updated_at="",
        )  # fmt: skip
        store.commit([Put(issue.item())])
        store.commit(archive.publication(store, issue, "2026-01-01T00:00:00.000Z"))
    assert archive.years(store) == ["2026"]
    assert [row["issue"] for row in archive.newest(store, 9)] == ["n-2", "n-1"]
