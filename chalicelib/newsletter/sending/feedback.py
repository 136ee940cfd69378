"""What SES tells of mail: bounces, complaints, deliveries; each is acted on once."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from chalicelib.core.errors import Conflict, StoreDown
from chalicelib.core.ports import Change, Item, Key, Now, Put
from chalicelib.core.records import stamp
from chalicelib.newsletter.issue_counts import count
from chalicelib.newsletter.sending.auto_pause import AutoPause
from chalicelib.newsletter.sending.counts import COMMIT_ATTEMPTS
from chalicelib.newsletter.sending.ledger import BATCH_SIZE, LEDGER_RETENTION, row_of, seen_key
from chalicelib.newsletter.sending.ports import SubscriberStore
from chalicelib.newsletter.sending.ses_event import TRIAL, SesEvent, parse_event

log = logging.getLogger("relais.newsletter")

STRAY_RETENTION_SECONDS: Final = 90 * 86400
"""Seconds that an event is kept whose mail we do not know."""

_COUNTED: Final = ("delivered", "soft", "bounced", "complained")


class People(Protocol):
    """The subscribers, as feedback changes them; each call may come twice."""

    def bounced(self, person: str, *, hard: bool, at: str, sent_at: str) -> str: ...

    def delivered(self, person: str, at: str) -> str: ...

    def complained(self, person: str) -> str: ...


@dataclass
class _Gathered:
    """What is added to one row of the ledger by all the events that came together."""

    lang: str
    sets: dict[str, set[int]] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)


class Feedback:
    def __init__(  # noqa: PLR0913
        self,
        settle_letter: Callable[[Mapping[str, Any]], str | None],
        store: SubscriberStore,
        people: People,
        auto_pause: AutoPause,
        now: Now,
        *,
        people_key: bytes,
        topic: str,
    ) -> None:
        """`settle_letter` does what an event means for a letter about a case; `topic` is the
        one that is listened to."""
        self._settle_letter = settle_letter
        self._store = store
        self._people = people
        self._auto_pause = auto_pause
        self._now = now
        self._key = people_key
        self._topic = topic

    def settle(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """A bundle from the queue of the topic; names the messages that are to come again."""
        found = [(m["messageId"], _unwrapped(m["body"], self._topic)) for m in event["Records"]]
        failed = self.take([report for _, report in found])
        return {"batchItemFailures": [{"itemIdentifier": found[n][0]} for n in failed]}

    def take(self, reports: Sequence[Mapping[str, Any]]) -> list[int]:
        """Acts on all; returns the positions of those that could not be, to be given again."""
        failed: set[int] = set()
        arrived: dict[int, SesEvent] = {}
        rows: dict[Key, tuple[str, str, _Gathered]] = {}
        of_row: dict[Key, list[int]] = {}
        for position, report in enumerate(reports):
            try:
                told = parse_event(report, self._key)
                if told is None:
                    continue
                key = self._sort(report, told, rows)
                self._tell_people(told)
            except Exception:
                log.exception("event %s", position)
                failed.add(position)
                continue
            if key is not None:
                of_row.setdefault(key, []).append(position)
                if told.name == "delivered":
                    arrived[position] = told
        failed.update(self._arrived(arrived))
        for key, (issue, shard, gathered) in rows.items():
            try:
                self._keep(key, issue, shard, gathered)
            except Exception:
                log.exception("events of %s", key)
                failed.update(of_row.get(key, ()))
        return sorted(failed)

    def _sort(
        self,
        report: Mapping[str, Any],
        told: SesEvent,
        rows: dict[Key, tuple[str, str, _Gathered]],
    ) -> Key | None:
        """The event to where it belongs: a letter, a row of a ledger, or the strays."""
        if "mail" in told.tags:
            self._settle_letter(report)
            return None
        if TRIAL in told.tags:
            return None
        row = row_of(told.tags.get("row", ""))
        issue = told.tags.get("campaign", "")
        if row is None or not issue:
            self._stray(told)
            return None
        shard, batch, position = row
        key = seen_key(issue, shard, batch)
        lang = told.tags.get("lang", "")
        gathered = rows.setdefault(key, (issue, shard, _Gathered(lang)))[2]
        if told.name:
            gathered.sets.setdefault(told.name, set()).add(position)
        if told.why:
            gathered.facts[f"why_{position}"] = dict(told.why)
        return key

    def _keep(self, key: Key, issue: str, shard: str, gathered: _Gathered) -> None:
        """Into the sets beside the batch: an event that comes again adds nothing."""
        if not gathered.sets:
            return
        expires = {"expires": int((self._now() + LEDGER_RETENTION).timestamp())}
        row = self._store.gather(key, gathered.sets, {**gathered.facts, **expires})
        for _ in range(COMMIT_ATTEMPTS):
            sizes = {name: len(row.get(name) or ()) for name in _COUNTED}
            known = row.get("counts") or {}
            numbers = {n: v - known.get(n, 0) for n, v in sizes.items() if v != known.get(n, 0)}
            if not numbers:
                return
            try:
                self._store.commit(
                    [_recounted(key, row, sizes), count(issue, gathered.lang, shard, numbers)]
                )
            except Conflict:
                row = self._store.get(*key) or {}
                continue
            if "bounced" in numbers or "complained" in numbers:
                self._auto_pause.check(issue)
            return
        raise StoreDown(f"counts of {key}")

    def _tell_people(self, told: SesEvent) -> None:
        for person in told.people:
            if told.name in ("bounced", "soft"):
                self._people.bounced(
                    person, hard=told.name == "bounced", at=told.at, sent_at=told.sent_at
                )
            elif told.name == "complained":
                log.info("complaint: %s", self._people.complained(person))

    def _arrived(self, arrived: Mapping[int, SesEvent]) -> Sequence[int]:
        """Only for somebody whose mail came back lately does it matter that one arrived.
        Returns what could not be done."""
        at = {person: told.at for told in arrived.values() for person in told.people}
        people = list(at)
        try:
            for start in range(0, len(people), BATCH_SIZE):
                found = self._store.profiles(people[start : start + BATCH_SIZE])
                for person in [p for p, profile in found.items() if profile.get("soft_bounces")]:
                    self._people.delivered(person, at[person])
        except Exception:
            log.exception("deliveries")
            return list(arrived)
        return ()

    def _stray(self, told: SesEvent) -> None:
        """Kept, and not dropped: of whom it tells is known, of which mail is not."""
        now = self._now()
        row = {
            "pk": f"STRAY#{now:%Y-%m-%d}",
            "sk": f"{told.message_id}#{told.kind}",
            "kind": "stray",
            "event": told.kind,
            "people": list(told.people),
            "tags": dict(told.tags),
            "why": dict(told.why),
            "at": told.at or stamp(now),
            "expires": int(now.timestamp()) + STRAY_RETENTION_SECONDS,
        }
        try:
            self._store.commit([Put(row)])
        except Conflict:
            return
        log.warning("event %s of a mail that is not known: %s", told.kind, told.message_id)


def _recounted(key: Key, row: Item, sizes: Mapping[str, int]) -> Change:
    """What is in the sets was counted for the issue, in the same transaction: whoever dies
    between gathering and counting leaves the rest to the next event, or to the same one."""
    turn = row.get("turn")
    return Change(
        key,
        expect={} if turn is None else {"turn": turn},
        absent=("turn",) if turn is None else (),
        set={"turn": (turn or 0) + 1, "counts": dict(sizes)},
    )


def _unwrapped(body: str, topic: str) -> Mapping[str, Any]:
    """The event in a message of the topic; nothing for another one's.

    Who may put messages there is held by the queue's own policy, and who publishes by the
    topic's: this is one more lock on the same door. No address in a message is ever fetched.
    """
    try:
        wrapped = json.loads(body)
        if wrapped["TopicArn"] != topic:
            log.error("refused: a message of the topic %s", wrapped["TopicArn"])
            return {}
        found = json.loads(wrapped["Message"])
    except (ValueError, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}
