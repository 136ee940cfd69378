"""Letters that the account's own suppression list swallowed: each is owed once more, once the
address is off that list."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from chalicelib.core.errors import Conflict
from chalicelib.core.links import person_key
from chalicelib.core.ports import Change, Item, Key, Put
from chalicelib.core.records import stamp
from chalicelib.mail.mail_faults import is_suppressed
from chalicelib.newsletter.subscribers.repository import SubscriberRepository, owed

ENDS_A_BOUNCE: Final = ("newsletter_confirm", "newsletter_reminder", "newsletter_move")
"""The letters by which an address can prove that mail arrives there again: an earlier bounce, were
it of a letter about a file, of somebody who was forgotten, or never known, must not hold them."""


class Suppression(Protocol):
    """The account's list of addresses that are not mailed, whoever asks."""

    def lift(self, address: str, before: Callable[[], None]) -> bool:
        """Take off an address that bounced, and return whether it was there: one that complained
        stays. `before` is called once it is known, and nothing is done yet.

        Raises NotYet while it cannot be done, Throttled where only its speed is the reason.
        """


@dataclass(frozen=True)
class SuppressedLetters:
    """Every call may come twice, from two sides at once, and after one that died halfway: the
    letter is owed once more, and no more than once."""

    repository: SubscriberRepository
    suppression: Callable[[], Suppression]
    people_key: bytes

    def resend(self, key: Key, person: str, report: Mapping[str, Any]) -> bool:
        """Lift the address of a swallowed letter and owe the letter anew; return whether that is
        done, now or before. Otherwise the address is undeliverable."""
        row = self.repository.store.get(*key) if is_suppressed(report) else None
        if row is None or row["letter"] not in ENDS_A_BOUNCE or "lifted" in row["facts"]:
            return False
        if "lifted_at" in row:
            return True
        address = self._address(person, report)
        found = self.repository.get(person)
        if not address or (found is not None and found.refuses_mail):
            return False
        lifted = self.suppression().lift(address, lambda: self._note(row))
        # Whoever began it, and died or was slower, left a note: the list does not tell any more.
        return (lifted or self._has(key, "lifting_at")) and self._owe(row, person, address)

    def _address(self, person: str, report: Mapping[str, Any]) -> str | None:
        """Return the address that the letter went to: its row has given it up. None where the
        report names somebody else."""
        destination = report["mail"].get("destination") or ()
        named = (str(address) for address in destination)
        return next((one for one in named if person_key(one, self.people_key) == person), None)

    def _note(self, row: Item) -> None:
        """Note that the address is about to be lifted. Raises Conflict once the letter is gone."""
        at = stamp(self.repository.now())
        change = Change(_key(row), expect={"letter": row["letter"]}, set={"lifting_at": at})
        self.repository.store.commit([change])

    def _owe(self, row: Item, person: str, address: str) -> bool:
        """Owe the same letter once more, unless that was done, or its first row is gone, with
        whoever was forgotten."""
        now, facts = self.repository.now(), row["facts"]
        again = owed(
            person,
            row["letter"],
            address=address,
            lang=facts["lang"],
            now=now,
            facts={**facts, "lifted": True},
        ).item
        since, rest = row["sk"].removeprefix("LETTER#").split("#", 1)
        done = Change(
            _key(row),
            expect={"letter": row["letter"]},
            absent=("lifted_at",),
            set={"lifted_at": stamp(now)},
        )
        try:
            self.repository.store.commit(
                [done, Put({**again, "sk": f"LETTER#{since}-again#{rest}"})]
            )
        except Conflict:
            return self._has(_key(row), "lifted_at")
        return True

    def _has(self, key: Key, name: str) -> bool:
        return name in (self.repository.store.get(*key) or {})


def _key(row: Item) -> Key:
    return row["pk"], row["sk"]
