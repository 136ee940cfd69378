"""Passes a visitor's message on to a coach whose address is not shown."""

import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chalicelib.core import eastern_time, rate_limit
from chalicelib.core.errors import Conflict, StoreDown
from chalicelib.core.languages import Lang
from chalicelib.core.letter_row import letter
from chalicelib.core.ports import Change, Item, Key, Now, Put, Store, Write
from chalicelib.core.records import HELD_MESSAGES, is_over, stamp
from chalicelib.forms import parsing
from chalicelib.forms.spam import ask_person

MESSAGE_RETENTION: Final = timedelta(days=30)
"""How long a message and the kept copy of its letter stay."""

TO_COACH: Final = "coach"
"""The reader of a letter to the coach whom its row is about."""


@dataclass(frozen=True)
class Sent:
    """What became of a message; `replayed` if the same one was sent within the day before, `later`
    if it leaves within the next hours, or once staff have looked at it."""

    replayed: bool = False
    later: bool = False


@dataclass(frozen=True)
class _Way:
    """One way for a message, beside the count of its network."""

    writes: tuple[Write, ...]
    later: bool = False


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
        person: str = "",
    ) -> Sent:
        """Send a message to a coach.

        `address` is the visitor's IP address; `trap`, `started_at` and `person` are the form's
        fields against robots. When one coach is written to very often, a message leaves in another
        hour, or is held for staff: nobody can shut the form for others. Raises InvalidForm;
        TooMany after too many messages within an hour from one network.
        """
        now = self._now()
        odd = ask_person(trap=trap, started_at=started_at, person=person, answers=fields, now=now)
        today = eastern_time.today(now)
        answers = parsing.parse("message", fields, lang, today, also=odd).answers
        row = self._row(slug, answers, lang, now)
        network = rate_limit.counters(
            "message_posts", rate_limit.of_network(address, self._key), now,
            per_hour=self._per_hour,
        )  # fmt: skip
        for way in self._ways(slug, row, now):
            try:
                self._store.commit([*network, *way.writes])
            except Conflict as conflict:
                if conflict.met((row["pk"], row["sk"])) is not None:
                    return Sent(replayed=True)
                if any(conflict.met(counter.key) is not None for counter in network):
                    raise rate_limit.too_many(now) from None
                continue
            return Sent(later=way.later)
        raise StoreDown("no way for a message")

    def _ways(self, slug: str, row: Item, now: datetime) -> Iterator["_Way"]:
        """Yield what may be done with a message, the best first: it leaves at once, in the next
        hour, or when staff release it."""
        all_day = rate_limit.counters("all_messages_of_coach", slug, now)
        hour = rate_limit.counters("messages_of_coach", slug, now)
        put = Put(row, unless_after=int(now.timestamp()))
        yield _Way((put, *hour, *all_day, Put(_owed(row["pk"], stamp(now), row["expires"]))))
        later = rate_limit.window_end("hour", now)
        owed = Put(_owed(row["pk"], stamp(later), row["expires"]))
        yield _Way((put, *all_day, owed), later=True)
        held = {"held": "crowded", "state_key": HELD_MESSAGES, "updated_at": stamp(now)}
        yield _Way((Put({**row, **held}, unless_after=int(now.timestamp())),), later=True)

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

    def held(self) -> Iterator[Item]:
        """Yield the messages that wait for staff."""
        # All keys first: what is released leaves the index while it is read.
        for key in self._held_keys():
            if row := self._store.get(*key):
                yield row

    def first_held(self, limit: int) -> list[Item]:
        """Return those that have waited longest, in two calls: a hundred at most."""
        keys = self._held_keys()[:limit]
        found = self._store.batch_get(keys) if keys else {}
        return [row for key in keys if (row := found.get(key)) and self._waits(row)]

    def one_held(self, digest: str) -> Item | None:
        """Return a message that waits, by the end of its key."""
        row = self._store.get(f"MESSAGE#{digest}", "MESSAGE")
        return row if row is not None and self._waits(row) else None

    def _waits(self, row: Item) -> bool:
        return row.get("state_key") == HELD_MESSAGES and not is_over(row, self._now())

    def _held_keys(self) -> list[Key]:
        return [(item["pk"], item["sk"]) for item in self._store.listed(HELD_MESSAGES)]

    def number_held(self) -> int:
        """Return how many messages wait for staff."""
        return len(self._held_keys())

    def release(self, row: Item, also: Sequence[Write] = ()) -> None:
        """Send a held message. Raises Conflict when somebody released or refused it already."""
        owed = Put(_owed(row["pk"], stamp(self._now()), row["expires"]))
        self._store.commit([self._no_longer_held(row, {}), owed, *also])

    def refuse(self, row: Item, also: Sequence[Write] = ()) -> None:
        """Let a held message go nowhere; it is gone with its time. Raises Conflict as `release`."""
        self._store.commit([self._no_longer_held(row, {"refused_at": stamp(self._now())}), *also])

    def _no_longer_held(self, row: Item, values: Mapping[str, object]) -> Change:
        listed = ("state_key", "updated_at")
        expect = {"state_key": HELD_MESSAGES}
        return Change((row["pk"], row["sk"]), expect=expect, set=values, remove=listed,
                      unless_over=int(self._now().timestamp()))  # fmt: skip

    def _digest(self, *parts: object) -> str:
        text = json.dumps(parts, ensure_ascii=False, sort_keys=True)
        return hmac.digest(self._key, text.encode(), "sha256").hex()[:32]


def _owed(pk: str, due: str, expires: int) -> Item:
    """Return the letter's row; its kept copy expires with the message."""
    return {**letter(pk, 1, "coach_message", to=TO_COACH, due=due), "expires": expires}
