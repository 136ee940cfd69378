"""An issue as the store keeps it: its row, its states, and the keys of what belongs to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Final, Literal, NamedTuple, NotRequired, TypedDict, cast

from chalicelib import content
from chalicelib.core.errors import NotFound, Refused
from chalicelib.core.languages import Lang
from chalicelib.core.ports import Item, Key, Store
from chalicelib.core.settings import Settings
from chalicelib.newsletter.issue_counts import counted
from chalicelib.newsletter.issues.findings import StoredFinding
from chalicelib.newsletter.issues.rendered import Rendered

IssueStatus = Literal[
    "DRAFT", "CHECKED", "TESTED", "APPROVED", "SCHEDULED", "SENDING", "PAUSED", "AUTO_PAUSED",
    "SENT", "CANCELLED",
]  # fmt: skip
DecisionName = Literal["approve", "send_back"]
IssueEvent = (
    DecisionName
    | Literal[
        "save", "edit", "check", "test", "ask", "schedule", "unschedule", "start", "pause",
        "auto_pause", "resume", "cancel", "finish",
    ]
)  # fmt: skip

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


class Approval(TypedDict):
    """What was decided about a version of an issue in one round of asking; `by` is a member of the
    staff."""

    by: str
    name: str
    at: str
    decision: DecisionName
    remarks: str
    version: int
    round: NotRequired[int]


class IssuePause(TypedDict):
    """Who paused an issue, when and why; `by` is `relais` for AUTO_PAUSED, `reason` a code then."""

    by: str
    at: str
    reason: str
    facts: dict[str, object]


class Segment(TypedDict, total=False):
    """Narrows an audience: to some languages, to those whom the issue `missed` did not reach."""

    langs: list[str]
    missed: str


class SentBy(NamedTuple):
    """Who sends, as the law has every mail name them."""

    organization: str
    contact_email: str
    postal_address: str

    @property
    def named(self) -> list[str]:
        return [self.organization, self.contact_email]

    @classmethod
    def of(cls, settings: Settings) -> "SentBy":
        return cls(settings.organization_name, settings.contact_email, settings.postal_address)


@dataclass(frozen=True)
class Issue:
    """The row of an issue; times are stamps. `id` is also its address in the archive.

    `version` is of the texts: any edit makes a new one, and links, tests and approvals are
    for one version. `events` counts every event, and every event expects the count it saw.
    `follows` names the issue whose missed recipients this one is for.
    """

    id: str
    status: IssueStatus
    version: int
    events: int
    head: str
    authors: list[str]
    """Staff who wrote any of it: none of them can approve it."""
    topics: list[str]
    """It goes to subscribers of any of these topics, or of all topics when there are none."""
    date: str
    created_at: str
    updated_at: str
    archive: bool = True
    segment: Segment = field(default_factory=Segment)
    send_at: str | None = None
    checks: list[StoredFinding] = field(default_factory=list)
    """What the pre-flight found for this version."""
    checked_at: str | None = None
    postal_address: str | None = None
    """The address in the texts of this version."""
    named: list[str] | None = None
    """The organization and its contact address in the texts of this version."""
    tested_at: str | None = None
    approved: Approval | None = None
    """What was decided last: also when it was sent back."""
    round: int = 0
    """How often it was sent back: links and decisions are of one round, and end with it."""
    started_at: str | None = None
    finished_at: str | None = None
    paused: IssuePause | None = None
    report: Mapping[str, Mapping[str, int]] | None = None
    """The counts at the end: language → name → number."""
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
    """Return the key of an issue's text: what `Rendered` holds, its source, and its page."""
    return f"ISSUE#{issue}", f"TEXT#{lang}"


def indexed(status: IssueStatus) -> Item:
    """Return the issue's place in the index of states."""
    return {"state_key": f"ISSUE#{status}"}


def status_after(status: IssueStatus, event: IssueEvent) -> IssueStatus:
    """Return where an event leads. Raises Refused when content/issues.json has no such transition."""
    for row in content.issues()["transitions"]:
        if row["event"] == event and status in row["from"]:
            return cast(IssueStatus, row["to"])
    raise Refused("issue_not_now", state=status, event=event)


def status_name(status: str, lang: Lang) -> str:
    return content.issues()["states"][status][lang]


def issue_of(store: Store, issue: str) -> Issue | None:
    item = store.get(*issue_key(issue))
    return None if item is None else Issue.of(item)


def existing_issue(store: Store, issue: str) -> Issue:
    """Return an issue that is there. Raises NotFound."""
    found = issue_of(store, issue)
    if found is None:
        raise NotFound(issue)
    return found


def rendered_of(store: Store, issue: Issue, lang: str) -> Rendered | None:
    """Return the text to send; None when it is missing, or of another version than the issue."""
    item = store.get(*text_key(issue.id, lang))
    return None if item is None or item["version"] != issue.version else Rendered.of(item)


def pause_counts(store: Store, issue: str) -> dict[str, int]:
    """Return the numbers that an automatic pause is decided by, over both languages: `sent`,
    `bounced`, `complained`, `rejected`."""
    found = counted(store, issue)
    names = ("sent", "bounced", "complained", "rejected")
    return {name: sum(of_lang[name] for of_lang in found.values()) for name in names}


def freeze_key(issue: str) -> Key:
    """Return the key of how far the freeze is: the units, the next one, whether the shards are
    queued, and what was counted when an automatic pause was ended."""
    return f"ISSUE#{issue}", "FREEZE"


def unaddressed(issue: Issue, sender: SentBy) -> Literal["postal_address", "sender_changed"] | None:
    """Return why an issue may not begin or go on: its texts must name the sender as it is now."""
    if not sender.postal_address:
        return "postal_address"
    same = issue.postal_address in (None, sender.postal_address)
    return None if same and issue.named in (None, sender.named) else "sender_changed"
