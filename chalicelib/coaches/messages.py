"""A visitor's message to a coach whose address is not shown: passed on, and kept for 30 days."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.core import eastern_time, rate_limit
from chalicelib.core.errors import Conflict
from chalicelib.core.languages import Lang
from chalicelib.core.letter_row import letter
from chalicelib.core.links import person_key
from chalicelib.core.ports import Change, Item, Now, Put, Store, Write
from chalicelib.core.records import stamp
from chalicelib.forms import parsing
from chalicelib.forms.spam import looks_like_spam

KEPT: Final = timedelta(days=30)
TO_COACH: Final = "coach"
HELD: Final = "MESSAGE_HELD"
"""Where the index of states holds what looked like spam, for staff to release."""


@dataclass(frozen=True)
class Sent:
    """Whether it was sent before: then nothing was sent again."""

    replayed: bool = False


class Messages:
    """One transaction: the message, the letter that carries it, and the counters."""

    def __init__(self, store: Store, now: Now, *, people_key: bytes, per_hour: int) -> None:
        self._store = store
        self._now = now
        self._key = people_key
        self._per_hour = per_hour

    def send(
        self,
        slug: str,
        fields: Mapping[str, Any],
        lang: Lang,
        *,
        address: str,
        trap: str = "",
        started_at: str = "",
    ) -> Sent:
        """Raises InvalidForm; TooMany after many from one network or to one coach."""
        now = self._now()
        answers = parsing.parse("message", fields, lang, eastern_time.today(now)).answers
        spam = looks_like_spam(trap=trap, started_at=started_at, answers=answers, now=now)
        pk = f"MESSAGE#{self._digest(slug, answers, eastern_time.today(now).isoformat())}"
        expires = int((now + KEPT).timestamp())
        row = {
            "pk": pk,
            "sk": "MESSAGE",
            "kind": "message",
            "coach": slug,
            "lang": lang,
            "at": stamp(now),
            "expires": expires,
            **answers,
        }
        if spam:
            row |= {"held": spam, "state_key": HELD, "updated_at": stamp(now)}
        counters = [self._counter(of, now) for of in (f"network {address}", f"coach {slug}")]
        writes: list[Write] = [Put(row, unless_after=int(now.timestamp())), *counters]
        if not spam:
            writes.append(Put(_owed(pk, stamp(now), expires)))
        try:
            self._store.commit(writes)
        except Conflict as conflict:
            if set(conflict.found) <= {counter.key for counter in counters}:
                raise rate_limit.too_many(now) from None
            return Sent(replayed=True)
        return Sent()

    def release(self, row: Item) -> None:
        """Sends what was held. Raises Conflict when somebody did already."""
        now = stamp(self._now())
        self._store.commit(
            [
                Change(
                    (row["pk"], row["sk"]),
                    expect={"state_key": HELD},
                    remove=("state_key", "updated_at"),
                ),
                Put(_owed(row["pk"], now, row["expires"])),
            ]
        )

    def _counter(self, of: str, now: datetime) -> Change:
        return rate_limit.hourly(person_key(of, self._key), self._per_hour, now)

    def _digest(self, *parts: Any) -> str:
        """Names a message by what it says: the same one within a day is the same message."""
        text = json.dumps(parts, ensure_ascii=False, sort_keys=True)
        return hmac.digest(self._key, text.encode(), "sha256").hex()[:32]


def _owed(pk: str, due: str, expires: int) -> Item:
    """The kept copy of the letter goes with the message."""
    return {**letter(pk, 1, "coach_message", to=TO_COACH, due=due), "expires": expires}
