"""What staff do with an issue: save, check, test, approve and schedule it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, TypedDict

from chalicelib.cases.audit import FIRST_EVENT, event
from chalicelib.cases.staff import Roster, Staff
from chalicelib.core.errors import Refused
from chalicelib.core.languages import LANGS
from chalicelib.core.letter_row import letter
from chalicelib.core.ports import Change, Item, Now, Put, Store, Write
from chalicelib.core.records import stamp
from chalicelib.newsletter.issues.findings import Finding
from chalicelib.newsletter.issues.issue import (
    APPROVED,
    DRAFT,
    SCHEDULED,
    SENT,
    Issue,
    IssueEvent,
    Segment,
    SentBy,
    issue_of,
    text_key,
)
from chalicelib.newsletter.issues.lifecycle import IssueLifecycle, issue_letters_pk
from chalicelib.newsletter.issues.source import SUITE

LETTER: Final = "newsletter_review"

_OUTDATED: Final = (
    "approved", "tested_at", "checked_at", "checks", "postal_address", "named", "send_at",
)  # fmt: skip
"""Attributes of one version, which an edit removes."""


class IssueFacts(TypedDict):
    """What the head of both sources says of an issue."""

    id: str
    topics: list[str]
    date: str
    archive: bool


Texts = Mapping[str, Mapping[str, object]]
"""For each language, what `Compiled.kept` returns."""


class Newsroom:
    def __init__(self, store: Store, now: Now, roster: Roster) -> None:
        self._store = store
        self._now = now
        self._roster = roster
        self.lifecycle = IssueLifecycle(store, now)

    def now(self) -> datetime:
        return self._now()

    def save(self, texts: Texts, facts: IssueFacts, by: str, *, edit: bool = False) -> Issue:
        """Keep both languages; a text that changed makes a new version, and a DRAFT of it. Saving
        what is there already changes nothing.

        What is approved is changed only by an `edit` that says so, which ends the approval.
        Raises Refused.
        """
        old = issue_of(self._store, facts["id"])
        if old is None:
            return self._begin(texts, facts, by)
        if not self.differs(old, texts, facts):
            return old
        version = old.version + 1
        writes: list[Write] = [
            Change(
                text_key(old.id, lang),
                expect={"version": old.version},
                set={**texts[lang], "version": version},
                remove=[name for name, value in texts[lang].items() if value is None],
            )
            for lang in LANGS
        ]
        authors = old.authors if by in old.authors else [*old.authors, by]
        sets = {k: v for k, v in facts.items() if k != "id"}
        sets |= {"version": version, "authors": authors}
        event: IssueEvent = "edit" if edit and old.status in (APPROVED, SCHEDULED) else "save"
        issue = self.lifecycle.move(
            old, event, by, sets, drop=_OUTDATED, also=writes, data={"version": version}
        )
        return replace(issue, checks=[])

    def differs(self, issue: Issue, texts: Texts, facts: IssueFacts) -> bool:
        """Return whether saving these would change the issue."""
        if any(getattr(issue, name) != value for name, value in facts.items()):
            return True
        kept = {lang: self._store.get(*text_key(issue.id, lang)) for lang in LANGS}
        return not all(_same(kept[lang], texts[lang]) for lang in LANGS)

    def checked(
        self, issue: Issue, findings: Sequence[Finding], by: str, sender: SentBy | None = None
    ) -> Issue:
        """Note that nothing blocks a DRAFT, and that its texts name this sender: → CHECKED."""
        sets = {
            "checks": [f.kept() for f in findings],
            "checked_at": stamp(self._now()),
            "postal_address": sender.postal_address if sender else None,
            "named": sender.named if sender else None,
        }
        return self.lifecycle.move(issue, "check", by, sets)

    def tested(self, issue: Issue, by: str, to: Sequence[str]) -> Issue:
        """Note that it was sent to these addresses in both languages: CHECKED → TESTED."""
        sets = {"tested_at": stamp(self._now())}
        return self.lifecycle.move(issue, "test", by, sets, data={"addresses": len(to)})

    def reviewers(self, issue: Issue) -> list[Staff]:
        """Return everybody who may approve an issue. Raises Refused("nobody_else")."""
        found = [staff for staff in self._roster.active() if staff.id not in issue.authors]
        if not found:
            raise Refused("nobody_else")
        return found

    def ask(self, issue: Issue, by: str) -> list[Staff]:
        """Owe a review link to everybody who may approve, and return them. Raises
        Refused("nobody_else")."""
        reviewers = self.reviewers(issue)
        now = stamp(self._now())
        pk = issue_letters_pk(issue.id)
        facts = {"version": issue.version, "round": issue.round, "by": by}
        letters = [
            Put(letter(pk, issue.events + 1, LETTER, to=staff.id, due=now, facts=facts))
            for staff in reviewers
        ]
        self.lifecycle.move(
            issue, "ask", by, {}, also=letters, data={"asked": [staff.id for staff in reviewers]}
        )
        return reviewers

    def schedule(self, issue: Issue, by: str, at: datetime) -> Issue:
        """Have the sweep start an APPROVED issue at that time, now if that has passed: → SCHEDULED."""
        sets = {"send_at": stamp(at)}
        return self.lifecycle.move(issue, "schedule", by, sets, data=sets, due=at)

    def unschedule(self, issue: Issue, by: str) -> Issue:
        """Have a SCHEDULED issue wait for another time: → APPROVED."""
        return self.lifecycle.move(issue, "unschedule", by, {}, drop=("send_at",))

    def follow_up(self, issue: Issue, by: str) -> Issue:
        """Create an issue with the same approved texts, for those whom this one did not reach.

        It is APPROVED as its texts are, and has no page of its own. There is one for an issue:
        two would write twice to the same people. Raises Refused, and Conflict when somebody
        did the same at once.
        """
        if issue.status != SENT:
            raise Refused("issue_not_now", state=issue.status, event="follow_up")
        again_id = followed_by(issue.id)
        if issue_of(self._store, again_id) is not None:
            raise Refused("followed", issue=again_id)
        now = stamp(self._now())
        again = replace(
            issue,
            id=again_id,
            status=APPROVED,
            segment=Segment(**{**issue.segment, "missed": issue.id}),
            follows=issue.follows or issue.id,
            archive=False,
            events=0,
            head=FIRST_EVENT,
            created_at=now,
            send_at=None,
            started_at=None,
            finished_at=None,
            paused=None,
            report=None,
        )
        texts: Texts = {
            str(lang): self._store.get(*text_key(issue.id, lang)) or {} for lang in LANGS
        }
        return self._created(again, texts, by, {"missed": issue.id})

    def _begin(self, texts: Texts, facts: IssueFacts, by: str) -> Issue:
        now = stamp(self._now())
        issue = Issue(
            status=DRAFT,
            version=1,
            events=0,
            head=FIRST_EVENT,
            authors=[by],
            created_at=now,
            updated_at=now,
            **facts,
        )
        return self._created(issue, texts, by, {})

    def _created(self, issue: Issue, texts: Texts, by: str, data: Mapping[str, object]) -> Issue:
        now = stamp(self._now())
        facts = {"to": issue.status, "version": issue.version, **data}
        issue = replace(issue, events=1, updated_at=now)
        happened = event(
            issue.key[0], 1, FIRST_EVENT,
            name="create", actor=by, at=now, data=facts, row=issue.item(),
        )  # fmt: skip
        issue = replace(issue, head=happened["hash"])
        self._store.commit(
            [
                Put(issue.item()),
                Put(happened),
                *(Put(_text_row(issue, lang, texts[lang])) for lang in LANGS),
            ]
        )
        return issue


def followed_by(issue: str) -> str:
    """Return the id of the follow-up: `2026-03` → `2026-03-suite-2` → `2026-03-suite-3`."""
    first, suite, number = issue.rpartition(SUITE)
    return f"{first}{SUITE}{int(number) + 1}" if suite else f"{issue}{SUITE}2"


def _text_row(issue: Issue, lang: str, text: Mapping[str, object]) -> Item:
    pk, sk = text_key(issue.id, lang)
    return {**text, "pk": pk, "sk": sk, "kind": "issue_text", "version": issue.version}


def _same(kept: Item | None, text: Mapping[str, object]) -> bool:
    return kept is not None and all(kept.get(name) == value for name, value in text.items())
