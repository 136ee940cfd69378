"""Passes a visitor's message on to a coach whose address is not shown."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chalicelib.core import eastern_time, rate_limit
from chalicelib.core.errors import Conflict
from chalicelib.core.languages import Lang
from chalicelib.core.letter_row import letter
from chalicelib.core.links import person_key
from chalicelib.core.ports import Change, Item, Now, Put, Store, Write
from chalicelib.core.records import stamp
from chalicelib.forms import parsing
from chalicelib.forms.spam import looks_like_spam

MESSAGE_RETENTION: Final = timedelta(days=30)
"""How long a message and the kept copy of its letter stay."""

TO_COACH: Final = "coach"
"""The reader of a letter to the coach whom its row is about."""

HELD_STATE_KEY: Final = "MESSAGE_HELD"
"""The key under which the index of states lists what looked like spam, for staff to release."""


@dataclass(frozen=True)
class Sent:
    """What became of a message; `replayed` if the same one was sent within the day before."""

    replayed: bool = False


class Messages:
    """Keeps a message, the letter that carries it and the counters in one transaction."""

    def __init__(self, store: Store, now: Now, *, people_key: bytes, per_hour: int) -> None:
        self._store = store
        self._now = now
        self._key = people_key
        self._per_hour = per_hour

    def send(
        self,
        slug: str,
        fields: Mapping[str, object],
        lang: Lang,
        *,
        address: str,
        trap: str = "",
        started_at: str = "",
    ) -> Sent:
        """Send a message to a coach, or hold it for staff if it looks like spam.

        `address` is the visitor's IP address; `trap` and `started_at` are the form's fields
        against robots. Raises InvalidForm; TooMany after too many messages within an hour
        from one network or to one coach.
        """
        now = self._now()
        answers = parsing.parse("message", fields, lang, eastern_time.today(now)).answers
        spam = looks_like_spam(trap=trap, started_at=started_at, answers=answers, now=now)
        row = self._row(slug, answers, lang, now)
        if spam:
            row |= {"held": spam, "state_key": HELD_STATE_KEY, "updated_at": stamp(now)}
        counters = [self._counter(of, now) for of in (f"network {address}", f"coach {slug}")]
        writes: list[Write] = [Put(row, unless_after=int(now.timestamp())), *counters]
        if not spam:
            writes.append(Put(_owed(row["pk"], stamp(now), row["expires"])))
        try:
            self._store.commit(writes)
        except Conflict as conflict:
            if set(conflict.found) <= {counter.key for counter in counters}:
                raise rate_limit.too_many(now) from None
            return Sent(replayed=True)
        return Sent()

    def _row(self, slug: str, answers: Item, lang: Lang, now: datetime) -> Item:
        """Return the message's row, under the same key for the same words on the same day."""
        digest = self._digest(slug, answers, eastern_time.today(now).isoformat())
        return {
            "pk": f"MESSAGE#{digest}",
            "sk": "MESSAGE",
            "kind": "message",
            "coach": slug,
            "lang": lang,
            "at": stamp(now),
            "expires": int((now + MESSAGE_RETENTION).timestamp()),
            **answers,
        }

    def release(self, row: Item) -> None:
        """Send a held message. Raises Conflict when somebody released it already."""
        now = stamp(self._now())
        self._store.commit(
            [
                Change(
                    (row["pk"], row["sk"]),
                    expect={"state_key": HELD_STATE_KEY},
                    remove=("state_key", "updated_at"),
                ),
                Put(_owed(row["pk"], now, row["expires"])),
            ]
        )

    def _counter(self, of: str, now: datetime) -> Change:
        return rate_limit.hourly(person_key(of, self._key), self._per_hour, now)

    def _digest(self, *parts: object) -> str:
        text = json.dumps(parts, ensure_ascii=False, sort_keys=True)
        return hmac.digest(self._key, text.encode(), "sha256").hex()[:32]


def _owed(pk: str, due: str, expires: int) -> Item:
    """Return the letter's row; its kept copy expires with the message."""
    return {**letter(pk, 1, "coach_message", to=TO_COACH, due=due), "expires": expires}
