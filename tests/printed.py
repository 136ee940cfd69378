"""An issue that is ready to be sent, and its readers: what the tests of sending share."""

from datetime import datetime
from typing import Any

from chalicelib.links import person_key
from chalicelib.newsletter.issues import SCHEDULED, Issue, text_key
from chalicelib.newsletter.people import ACTIVE, Subscriber
from chalicelib.newsletter.rendered import Rendered
from chalicelib.ports import Put, Store
from chalicelib.records import FIRST_EVENT, shard_of, stamp

ISSUE = "2026-03"

TEXTS = {
    "fr": Rendered(
        "fr",
        "Mars pour {{first_name}}",
        "Ce qui se prépare",
        "<p>Bonjour {{first_name_html}}</p><a href='{{unsubscribe_url_html}}'>Se désabonner</a>",
        "Bonjour {{first_name}}\n{{unsubscribe_url}}\n{{preferences_url}}\n",
        {"first_name": "à vous"},
    ),
    "en": Rendered(
        "en",
        "March for {{first_name}}",
        "What is coming up",
        "<p>Hello {{first_name_html}}</p><a href='{{unsubscribe_url_html}}'>Unsubscribe</a>",
        "Hello {{first_name}}\n{{unsubscribe_url}}\n{{preferences_url}}\n",
        {"first_name": "there"},
    ),
}


def reader(key: bytes, email: str, lang: str = "fr", **values: Any) -> Subscriber:
    facts = {
        "status": ACTIVE,
        "version": 1,
        "updated_at": "2026-01-01T00:00:00.000Z",
        "email": email,
        "lang": lang,
        "topics": ["news"],
        "basis": "express",
        **values,
    }
    return Subscriber(person=person_key(email, key), **facts)


def enrol(store: Store, *readers: Subscriber) -> None:
    for one in readers:
        store.commit([Put(one.item())])


def scheduled(store: Store, now: datetime, **values: Any) -> Issue:
    """An issue whose time has come, in both languages."""
    at = stamp(now)
    facts: dict[str, Any] = {
        "id": ISSUE, "status": SCHEDULED, "version": 1, "events": 1, "head": FIRST_EVENT,
        "authors": ["rita-roy"], "topics": [], "date": "2026-03-02", "created_at": at,
        "updated_at": at, "send_at": at, **values,
    }  # fmt: skip
    issue = Issue(**facts)
    pk, _ = issue.key
    store.commit([Put({**issue.item(), "due_at": at, "due_shard": shard_of(pk)})])
    for lang, text in TEXTS.items():
        pk, sk = text_key(issue.id, lang)
        names = ("lang", "subject", "preheader", "html", "text", "defaults")
        row = {"pk": pk, "sk": sk, "version": issue.version, "kind": "issue_text"}
        store.commit([Put({**row, **{name: getattr(text, name) for name in names}})])
    return issue
