"""Lists the issues that were sent: by year, so that no list grows without end."""

from collections.abc import Iterator
from typing import Final

from chalicelib.core.errors import Conflict
from chalicelib.core.languages import LANGS
from chalicelib.core.ports import Change, Delete, Item, Key, Put, Store, Write
from chalicelib.newsletter.issues.issue import (
    CANCELLED,
    Issue,
    issue_of,
    pause_counts,
    text_key,
)

YEARS_KEY: Final = "ISSUES"
"""The years that have issues are rows of this key; a year's issues are rows of `ISSUES#2026`."""


def publication(store: Store, issue: Issue, at: str) -> list[Write]:
    """Return the writes that list an issue from the moment that it leaves; none for one without a
    page."""
    if not issue.archive:
        return []
    year = issue.date[:4]
    pk, sk = published_key(issue)
    row: Item = {
        "pk": pk,
        "sk": sk,
        "kind": "published",
        "issue": issue.id,
        "date": issue.date,
        "published_at": at,
    }
    for lang in LANGS:
        text = store.get(*text_key(issue.id, lang)) or {}
        row |= {f"title_{lang}": text.get("title", ""), f"summary_{lang}": text.get("summary", "")}
    # The year may stand there already: the same row, whoever writes it.
    return [Put(row), Change((YEARS_KEY, year), set={"kind": "year"})]


def published_key(issue: Issue) -> Key:
    return f"{YEARS_KEY}#{issue.date[:4]}", f"{issue.date}#{issue.id}"


def withdrawal(store: Store, issue: Issue) -> list[Write]:
    """Return the writes that take an issue down which is cancelled before anything of it left: the
    archive and the feeds tell what left, and nothing else."""
    if not issue.archive or issue.started_at is None or has_left(store, issue):
        return []
    return [Delete(published_key(issue))]


def put_back(store: Store, issue: Issue) -> None:
    """List a cancelled issue again of which, as is known now, mails had left."""
    if not issue.archive or store.get(*published_key(issue)) or not has_left(store, issue):
        return
    try:
        store.commit(publication(store, issue, str(issue.started_at)))
    except Conflict:
        pass  # Another worker did.


def has_left(store: Store, issue: Issue) -> bool:
    """Return whether somebody has a mail of an issue, as far as it was counted."""
    return any(pause_counts(store, issue.id).values())


def years(store: Store) -> list[str]:
    """Return the years that have issues, newest first."""
    return [row["sk"] for row in reversed(store.rows(YEARS_KEY))]


def of_year(store: Store, year: str) -> list[Item]:
    """Return the issues of a year, newest first: `issue`, `date`, `published_at`, and `title_…` and
    `summary_…` of each language."""
    return store.rows(f"{YEARS_KEY}#{year}")[::-1]


def newest(store: Store, most: int) -> list[Item]:
    found: list[Item] = []
    for year in years(store):
        found += of_year(store, year)
        if len(found) >= most:
            break
    return found[:most]


def published(store: Store, slug: str, lang: str) -> tuple[Issue, Item] | None:
    """Return the issue of an address and its text; None unless it has left, and has a page."""
    issue = issue_of(store, slug)
    if issue is None or not issue.archive or issue.started_at is None:
        return None
    if issue.status == CANCELLED and not has_left(store, issue):
        return None
    text = store.get(*text_key(slug, lang))
    return None if text is None else (issue, text)


def with_pages(store: Store, rows: list[Item], lang: str) -> Iterator[tuple[Item, Item]]:
    """Yield each published issue with its text in one language."""
    for row in rows:
        text = store.get(*text_key(row["issue"], lang))
        if text is not None:
            yield row, text
