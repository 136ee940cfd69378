"""What staff do with an issue: save it, have it checked, tested, approved, and scheduled."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from chalicelib.cases.audit import FIRST_EVENT, event
from chalicelib.cases.staff import Roster, Staff
from chalicelib.core.errors import Refused
from chalicelib.core.languages import LANGS
from chalicelib.core.letter_row import letter
from chalicelib.core.ports import Change, Item, Now, Put, Store, Write
from chalicelib.core.records import stamp
from chalicelib.newsletter.issues.findings import Finding
from chalicelib.newsletter.issues.issue import APPROVED, DRAFT, SENT, Issue, issue_of, text_key
from chalicelib.newsletter.issues.lifecycle import IssueLifecycle

LETTER: Final = "newsletter_review"

ISSUE_LETTERS: Final = "EDITION"
"""How the keys of letters about an issue begin."""

_OUTDATED: Final = ("approved", "tested_at", "checked_at", "checks", "postal_address", "send_at")
"""What is said of a version, and of no other."""


class Newsroom:
    def __init__(self, store: Store, now: Now, roster: Roster) -> None:
        self._store = store
        self._now = now
        self._roster = roster
        self.lifecycle = IssueLifecycle(store, now)

    def now(self) -> datetime:
        return self._now()

    def save(
        self, texts: Mapping[str, Mapping[str, Any]], facts: Mapping[str, Any], by: str
    ) -> Issue:
        """Keeps both languages; a text that changed makes a new version, and a DRAFT of it.

        `facts`: id, topics, date, archive. Saving what is there already changes nothing.
        """
        old = issue_of(self._store, facts["id"])
        if old is None:
            return self._begin(texts, facts, by)
        kept = {lang: self._store.get(*text_key(old.id, lang)) for lang in LANGS}
        same = all(getattr(old, name) == value for name, value in facts.items())
        if same and all(_same(kept[lang], texts[lang]) for lang in LANGS):
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
        sets = {**facts, "version": version, "authors": authors}
        del sets["id"]
        issue = self.lifecycle.move(
            old, "save", by, sets, drop=_OUTDATED, also=writes, data={"version": version}
        )
        return replace(issue, checks=[])

    def checked(
        self, issue: Issue, findings: Sequence[Finding], by: str, postal_address: str | None = None
    ) -> Issue:
        """DRAFT → CHECKED: nothing blocks it, and its texts name this address."""
        sets = {
            "checks": [f.kept() for f in findings],
            "checked_at": stamp(self._now()),
            "postal_address": postal_address,
        }
        return self.lifecycle.move(issue, "check", by, sets)

    def tested(self, issue: Issue, by: str, to: Sequence[str]) -> Issue:
        """CHECKED → TESTED: it was sent to these addresses, in both languages."""
        sets = {"tested_at": stamp(self._now())}
        return self.lifecycle.move(issue, "test", by, sets, data={"addresses": len(to)})

    def ask(self, issue: Issue, by: str) -> list[Staff]:
        """Owes a review link to everybody who may approve. Raises Refused("nobody_else")."""
        asked = [staff for staff in self._roster.active() if staff.id not in issue.authors]
        if not asked:
            raise Refused("nobody_else")
        now = stamp(self._now())
        pk = issue_letters_pk(issue.id)
        facts = {"version": issue.version, "by": by}
        letters = [
            Put(letter(pk, issue.events + 1, LETTER, to=staff.id, due=now, facts=facts))
            for staff in asked
        ]
        self.lifecycle.move(
            issue, "ask", by, {}, also=letters, data={"asked": [staff.id for staff in asked]}
        )
        return asked

    def schedule(self, issue: Issue, by: str, at: datetime) -> Issue:
        """APPROVED → SCHEDULED; the sweep meets it at that time, or now if that has passed."""
        sets = {"send_at": stamp(at)}
        return self.lifecycle.move(issue, "schedule", by, sets, data=sets, due=at)

    def follow_up(self, issue: Issue, by: str) -> Issue:
        """A new issue with the same approved texts, for those whom this one did not reach.

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
            segment={**issue.segment, "missed": issue.id},
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
        texts = {lang: self._store.get(*text_key(issue.id, lang)) for lang in LANGS}
        return self._created(again, texts, by, {"missed": issue.id})  # type: ignore[arg-type]

    def _begin(
        self, texts: Mapping[str, Mapping[str, Any]], facts: Mapping[str, Any], by: str
    ) -> Issue:
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

    def _created(
        self, issue: Issue, texts: Mapping[str, Mapping[str, Any]], by: str, data: Mapping[str, Any]
    ) -> Issue:
        now = stamp(self._now())
        told = {"to": issue.status, "version": issue.version, **data}
        happened = event(issue.key[0], 1, FIRST_EVENT, name="create", actor=by, at=now, data=told)
        issue = replace(issue, events=1, head=happened["hash"], updated_at=now)
        self._store.commit(
            [
                Put(issue.item()),
                Put(happened),
                *(Put(_text_row(issue, lang, texts[lang])) for lang in LANGS),
            ]
        )
        return issue


def followed_by(issue: str) -> str:
    """`2026-03` → `2026-03-suite-2` → `2026-03-suite-3`."""
    first, suite, number = issue.rpartition("-suite-")
    return f"{first}-suite-{int(number) + 1}" if suite else f"{issue}-suite-2"


def issue_letters_pk(issue: str) -> str:
    """Where letters about an issue are owed: beside those of the cases, which leave at once."""
    return f"{ISSUE_LETTERS}#{issue}"


def _text_row(issue: Issue, lang: str, text: Mapping[str, Any]) -> Item:
    pk, sk = text_key(issue.id, lang)
    return {**text, "pk": pk, "sk": sk, "kind": "issue_text", "version": issue.version}


def _same(kept: Item | None, text: Mapping[str, Any]) -> bool:
    return kept is not None and all(kept.get(name) == value for name, value in text.items())
