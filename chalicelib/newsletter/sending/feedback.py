"""Acts on what SES reports of mail, once each: bounces, complaints, deliveries."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.core.errors import Conflict, StoreDown
from chalicelib.core.letter_row import key_of
from chalicelib.core.ports import Change, Item, Key, Now, Put
from chalicelib.core.records import stamp
from chalicelib.newsletter.issue_counts import Readership, count
from chalicelib.newsletter.sending.auto_pause import AutoPause
from chalicelib.newsletter.sending.counts import COUNT_ATTEMPTS
from chalicelib.newsletter.sending.keys import batch_key, row_of, seen_key
from chalicelib.newsletter.sending.ledger import BATCH_SIZE, LEDGER_RETENTION, Batch
from chalicelib.newsletter.sending.ports import SubscriberStore
from chalicelib.newsletter.sending.ses_event import TRIAL, SesEvent, parse_event
from chalicelib.newsletter.subscribers.feedback import SubscriberFeedback
from chalicelib.newsletter.subscribers.subscriber import letters_pk

log = logging.getLogger("relais.newsletter")

STRAY_RETENTION_SECONDS: Final = 90 * 86400
"""How long an event is kept whose mail we do not know."""

_COUNTED: Final = ("delivered", "soft", "bounced", "complained", "rejected")


@dataclass
class _Gathered:
    """What is added to one row beside a batch by all the events that came together."""

    issue: str
    shard: str
    batch: int
    lang: str
    sets: dict[str, set[int]] = field(default_factory=dict)
    facts: dict[str, object] = field(default_factory=dict)


class Feedback:
    def __init__(  # noqa: PLR0913
        self,
        settle_letter: Callable[[Mapping[str, object]], str | None],
        store: SubscriberStore,
        subscribers: SubscriberFeedback,
        auto_pause: AutoPause,
        now: Now,
        *,
        people_key: bytes,
        topic: str,
    ) -> None:
        """`settle_letter` does what an event means for a letter of the outbox; messages of other
        topics than `topic` are refused."""
        self._settle_letter = settle_letter
        self._store = store
        self._subscribers = subscribers
        self._auto_pause = auto_pause
        self._now = now
        self._key = people_key
        self._topic = topic

    def settle(self, event: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
        """Act on a bundle from the queue of the topic, and return which messages are to come
        again: `{"batchItemFailures": [{"itemIdentifier": …}]}`."""
        found = [(m["messageId"], _unwrapped(m["body"], self._topic)) for m in event["Records"]]
        failed = self.take([report for _, report in found])
        return {"batchItemFailures": [{"itemIdentifier": found[n][0]} for n in failed]}

    def take(self, reports: Sequence[Mapping[str, object]]) -> list[int]:
        """Act on all reports of SES; return the positions of those that failed, to be given
        again."""
        failed: set[int] = set()
        arrived: dict[int, SesEvent] = {}
        rows: dict[Key, _Gathered] = {}
        of_row: dict[Key, list[int]] = {}
        for position, report in _deliveries_first(reports):
            try:
                event = parse_event(report, self._key)
                if event is None:
                    continue
                key = self._sort(report, event, rows)
                self._tell_subscribers(event, key, rows)
            except Exception:
                log.exception("event %s", position)
                failed.add(position)
                continue
            if key is not None:
                of_row.setdefault(key, []).append(position)
                if event.name == "delivered":
                    arrived[position] = event
        failed.update(self._arrived(arrived))
        for key, gathered in rows.items():
            try:
                self._keep(key, gathered)
            except Exception:
                log.exception("events of %s", key)
                failed.update(of_row.get(key, ()))
        return sorted(failed)

    def _sort(
        self, report: Mapping[str, object], event: SesEvent, rows: dict[Key, _Gathered]
    ) -> Key | None:
        """Take an event to where it belongs: a letter, the row beside a batch, or the strays.
        Return the key of the row beside a batch, which is in `rows` then."""
        if "mail" in event.tags:
            self._settle_letter(report)
            return None
        if TRIAL in event.tags:
            return None
        row = row_of(event.tags.get("row", ""))
        issue = event.tags.get("campaign", "")
        if row is None or not issue:
            self._stray(event)
            return None
        shard, batch, position = row
        key = seen_key(issue, shard, batch)
        lang = event.tags.get("lang", "")
        gathered = rows.setdefault(key, _Gathered(issue, shard, batch, lang))
        if event.name:
            gathered.sets.setdefault(event.name, set()).add(position)
        if event.why:
            gathered.facts[f"why_{position}"] = dict(event.why)
        return key

    def _keep(self, key: Key, gathered: _Gathered) -> None:
        """Add to the sets beside the batch, and count for the issue what is new in them: an event
        that comes again adds nothing."""
        if not gathered.sets:
            return
        expires = {"expires": int((self._now() + LEDGER_RETENTION).timestamp())}
        row = self._store.gather(key, gathered.sets, {**gathered.facts, **expires})
        readers = self._readers(gathered, row)
        for _ in range(COUNT_ATTEMPTS):
            sizes = {name: len(row.get(name) or ()) for name in _COUNTED}
            known = row.get("counts") or {}
            numbers = {n: v - known.get(n, 0) for n, v in sizes.items() if v != known.get(n, 0)}
            if not numbers:
                return
            try:
                self._store.commit(
                    [
                        _recounted(key, row, sizes, readers),
                        count(gathered.issue, readers, gathered.shard, numbers),
                    ]
                )
            except Conflict:
                row = self._store.get(*key) or {}
                continue
            if {"bounced", "complained", "rejected"} & set(numbers):
                self._auto_pause.check(gathered.issue)
            return
        raise StoreDown(f"counts of {key}")

    def _readers(self, gathered: _Gathered, row: Item) -> Readership:
        """Return the readership of a batch, which is noted beside it the first time."""
        if "readers" in row:
            return Readership.of(row["readers"])
        key = batch_key(gathered.issue, gathered.shard, gathered.batch)
        batch = self._store.get(*key)
        return Batch.of(batch).readers if batch else Readership(gathered.lang)

    def _tell_subscribers(
        self, event: SesEvent, key: Key | None, rows: Mapping[Key, _Gathered]
    ) -> None:
        # A letter's own reader was told with the letter.
        letter = key_of(event.tags.get("mail", ""))
        for person in event.people:
            if letter and letter[0] == letters_pk(person):
                continue
            if event.name in ("bounced", "soft"):
                self._subscribers.bounced(
                    person,
                    hard=event.name == "bounced",
                    at=event.at,
                    sent_at=event.sent_at,
                    mail=event.message_id,
                    arrived=event.name == "soft" and self._has_arrived(event, key, rows),
                )
            elif event.name == "complained":
                log.info("complaint: %s", self._subscribers.complained(person))

    def _has_arrived(self, event: SesEvent, key: Key | None, rows: Mapping[Key, _Gathered]) -> bool:
        """Return whether the delivery of this very mail was reported, now or before."""
        row = row_of(event.tags.get("row", ""))
        if key is None or row is None:
            return False
        known = (self._store.get(*key) or {}).get("delivered") or ()
        return row[2] in known or row[2] in rows[key].sets.get("delivered", ())

    def _arrived(self, arrived: Mapping[int, SesEvent]) -> Sequence[int]:
        """Tell those whose mail came back lately that one arrived: for all others it does not
        matter. Return the positions of what could not be done."""
        of = {person: event for event in arrived.values() for person in event.people}
        people = list(of)
        try:
            for start in range(0, len(people), BATCH_SIZE):
                found = self._store.profiles(people[start : start + BATCH_SIZE])
                for person in [p for p, profile in found.items() if profile.get("soft_bounces")]:
                    self._subscribers.delivered(person, of[person].at, of[person].message_id)
        except Exception:
            log.exception("deliveries")
            return list(arrived)
        return ()

    def _stray(self, event: SesEvent) -> None:
        """Keep an event whose mail is not known: the person that it is about may be."""
        now = self._now()
        row = {
            "pk": f"STRAY#{now:%Y-%m-%d}",
            "sk": f"{event.message_id}#{event.kind}",
            "kind": "stray",
            "event": event.kind,
            "people": list(event.people),
            "tags": dict(event.tags),
            "why": dict(event.why),
            "at": event.at or stamp(now),
            "expires": int(now.timestamp()) + STRAY_RETENTION_SECONDS,
        }
        try:
            self._store.commit([Put(row)])
        except Conflict:
            return
        log.warning("event %s of a mail that is not known: %s", event.kind, event.message_id)


def _deliveries_first(
    reports: Sequence[Mapping[str, object]],
) -> Iterator[tuple[int, Mapping[str, object]]]:
    """Yield the reports with their positions, those of what arrived before those of what came
    back: the two of one mail may come in any order."""
    later: list[tuple[int, Mapping[str, object]]] = []
    for position, report in enumerate(reports):
        if str(report.get("eventType") or report.get("notificationType")).lower() == "bounce":
            later.append((position, report))
        else:
            yield position, report
    yield from later


def _recounted(key: Key, row: Item, sizes: Mapping[str, int], readers: Readership) -> Change:
    """Return the write that notes how much of the sets was counted for the issue, for the same
    transaction: whoever dies between gathering and counting leaves the rest to the next event."""
    turn = row.get("turn")
    return Change(
        key,
        expect={} if turn is None else {"turn": turn},
        absent=("turn",) if turn is None else (),
        set={"turn": (turn or 0) + 1, "counts": dict(sizes), "readers": readers.name},
    )


def _unwrapped(body: str, topic: str) -> Mapping[str, object]:
    """Return the report in a message of the topic, {} for a message of another one.

    The queue's policy holds who may put messages there, and the topic's who may publish: this
    is one more lock beside those. No address in a message is ever fetched.
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
