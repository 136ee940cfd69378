"""Who took their page down, or was taken out: a fact that no sheet and no edition undoes."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from hashlib import blake2s
from typing import TYPE_CHECKING, Final

from chalicelib.core import eastern_time
from chalicelib.core.ports import Change, Item, Key, Now, Store

if TYPE_CHECKING:
    from chalicelib.coaches.coach import Coach

PK: Final = "WITHDRAWALS"

WITHDRAWAL_RETENTION: Final = timedelta(days=10 * 365)
"""How long it is known: longer than any sheet or edition that may still name the coach."""


class Withdrawals:
    """Keeps a hash of the address of the page, and one of the e-mail address; not the coach.

    Whoever took their page down is shown again by a consent of a later day alone.
    """

    def __init__(self, store: Store, now: Now, key: bytes) -> None:
        self._store = store
        self._now = now
        self._key = key[:32]

    def noted(self, coach: "Coach") -> list[Change]:
        """Return the writes that keep the fact, for the transaction that takes the page down.

        They name the coach until every earlier edition was cleaned.
        """
        now = self._now()
        expires = int((now + WITHDRAWAL_RETENTION).timestamp())
        fact = {"kind": "withdrawal", "on": eastern_time.today(now).isoformat(), "expires": expires}
        by_slug, by_email = self._keys(coach)
        return [
            Change(by_slug, set={**fact, "unfinished": coach.slug}, add={"times": 1}),
            Change(by_email, set=fact, add={"times": 1}),
        ]

    def unfinished(self) -> list[str]:
        """Return the slugs of those whom earlier editions may still hold."""
        return [row["unfinished"] for row in self._rows() if row.get("unfinished")]

    def finish(self, slug: str) -> None:
        """Note that no edition holds a coach any more."""
        key = self._key_of(slug)
        if (row := self._store.get(*key)) is not None and row.get("unfinished"):
            change = Change(key, expect={"unfinished": slug}, remove=("unfinished",))
            self._store.commit([change])

    def against(self, coaches: "Sequence[Coach]") -> "list[Coach]":
        """Return those of the coaches who would be shown against their will."""
        on = {row["sk"]: date.fromisoformat(row["on"]) for row in self._rows()}
        return [coach for coach in coaches if coach.public and self._is_against(coach, on)]

    def _is_against(self, coach: "Coach", on: dict[str, date]) -> bool:
        days = [on[sk] for _, sk in self._keys(coach) if sk in on]
        consent, today = coach.consent_publication, eastern_time.today(self._now())
        # Nobody has agreed yet on a day to come: such a date is a slip, and undoes nothing.
        return any(consent is None or not day < consent <= today for day in days)

    def _rows(self) -> list[Item]:
        return self._store.rows(PK)

    def _keys(self, coach: "Coach") -> Iterator[Key]:
        yield self._key_of(coach.slug)
        yield self._key_of(coach.email.lower())

    def _key_of(self, text: str) -> Key:
        return PK, blake2s(text.encode(), key=self._key, digest_size=16).hexdigest()
