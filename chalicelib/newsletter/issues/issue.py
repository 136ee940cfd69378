"""An issue as the store keeps it: its row, its texts, its counts, and where they are."""

from dataclasses import dataclass, field, fields
from typing import Any, Final

from chalicelib.content import load
from chalicelib.core.errors import Refused
from chalicelib.core.ports import Item, Key, Store
from chalicelib.newsletter.issue_counts import counted
from chalicelib.newsletter.issues.rendered import Rendered

DRAFT: Final = "DRAFT"
CHECKED: Final = "CHECKED"
TESTED: Final = "TESTED"
APPROVED: Final = "APPROVED"
SCHEDULED: Final = "SCHEDULED"
SENDING: Final = "SENDING"
PAUSED: Final = "PAUSED"
AUTO_PAUSED: Final = "AUTO_PAUSED"
SENT: Final = "SENT"
CANCELLED: Final = "CANCELLED"


@dataclass(frozen=True)
class Issue:
    """The row of an issue; times are stamps. `id` is also its address in the archive.

    `version` is of the texts: any edit makes a new one, and links, tests and approvals are
    for one version. `events` counts every step, and every step expects the count it saw.
    `follows` names the issue whose missed recipients this one is for.
    """

    id: str
    status: str
    version: int
    events: int
    head: str
    authors: list[str]
    """Staff who wrote any of it: none of them can approve it."""
    topics: list[str]
    """Who gets it: subscribers of any of these topics; of all when empty."""
    date: str
    created_at: str
    updated_at: str
    archive: bool = True
    segment: dict[str, Any] = field(default_factory=dict)
    """Narrows the audience: `{"langs": ["fr"]}`, `{"missed": "2026-11"}`; empty for all."""
    send_at: str | None = None
    checks: list[dict[str, Any]] = field(default_factory=list)
    """What the pre-flight found for this version."""
    checked_at: str | None = None
    postal_address: str | None = None
    """The one in the texts of this version."""
    tested_at: str | None = None
    approved: dict[str, Any] | None = None
    started_at: str | None = None
    finished_at: str | None = None
    paused: dict[str, Any] | None = None
    """`{"by", "at", "reason", "facts"}` while it is paused; `by` is `relais` for AUTO_PAUSED."""
    report: dict[str, Any] | None = None
    follows: str | None = None

    @property
    def key(self) -> Key:
        return issue_key(self.id)

    @classmethod
    def of(cls, item: Item) -> "Issue":
        names = {f.name for f in fields(cls)}
        return cls(**{k: v for k, v in item.items() if k in names})

    def item(self) -> Item:
        pk, sk = self.key
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {"pk": pk, "sk": sk, "kind": "issue", **indexed(self.status), **values}


def issue_key(issue: str) -> Key:
    return f"ISSUE#{issue}", "ISSUE"


def text_key(issue: str, lang: str) -> Key:
    """The row of an issue's text: what `Rendered` holds, its source, and its page."""
    return f"ISSUE#{issue}", f"TEXT#{lang}"


def indexed(status: str) -> Item:
    """The issue's place in the index of states."""
    return {"state_key": f"ISSUE#{status}"}


def step(status: str, event: str) -> str:
    """Where an event leads. Raises Refused when the table has no such move."""
    for row in load("issues")["transitions"]:
        if row["event"] == event and status in row["from"]:
            return str(row["to"])
    raise Refused("issue_not_now", state=status, event=event)


def status_name(status: str, lang: str) -> str:
    return str(load("issues")["states"][status][lang])


def issue_of(store: Store, issue: str) -> Issue | None:
    item = store.get(*issue_key(issue))
    return None if item is None else Issue.of(item)


def rendered_of(store: Store, issue: Issue, lang: str) -> Rendered | None:
    """The text to send; None when it is missing, or of another version than the issue."""
    item = store.get(*text_key(issue.id, lang))
    return None if item is None or item["version"] != issue.version else Rendered.of(item)


def watched(store: Store, issue: str) -> dict[str, int]:
    """What a pause is decided by, over both languages."""
    found = counted(store, issue)
    names = ("sent", "bounced", "complained")
    return {name: sum(of_lang[name] for of_lang in found.values()) for name in names}


def freeze_key(issue: str) -> Key:
    """How far the freezing is: the units, the next one, whether its shards are queued, and
    what was counted when an automatic pause was ended."""
    return f"ISSUE#{issue}", "FREEZE"
