"""The account at SES: while it takes no mail of ours at all, letters wait and lose no try by it.

From the first refusal on, the sweep alone sends, and asks with a few letters each minute. The
others keep their place, so that they leave in the order in which they were owed. Once a sweep
has sent all that was due, the stream sends again.
"""

import logging
from dataclasses import dataclass
from typing import Final

from chalicelib.core import eastern_time
from chalicelib.core.errors import AccountRefused, Conflict
from chalicelib.core.ports import Change, Item, Key, Now, Store
from chalicelib.core.records import stamp
from chalicelib.mail import alerts
from chalicelib.mail.letter_rows import Outcome
from chalicelib.mail.reputation import PK

log = logging.getLogger("relais.mail.account")

ACCOUNT_KEY: Final[Key] = (PK, "ACCOUNT")

REFUSALS_IN_A_ROW: Final = 3
"""So many letters that are refused one after the other end the sending of a sweep. One alone
might be refused for a reason of its own, and must not keep all others."""


@dataclass(frozen=True)
class MailAccount:
    store: Store
    now: Now

    def is_refused(self) -> bool:
        return is_refused(self._row())

    def note(self, refused: AccountRefused) -> None:
        """Keep that SES refuses the account, and tell the admins once a day while it lasts."""
        log.error("SES refuses the account: %s", refused)
        row, now = self._row(), self.now()
        today = str(eastern_time.today(now))
        if row.get("told_on") == today and is_refused(row):
            return
        held = {
            "kind": "account",
            "refused_at": row.get("refused_at", stamp(now)),
            "why": str(refused),
            "told_on": today,
        }
        try:
            alerts.commit_with_alert(
                self.store, [_change(row, set=held)], alerts.ACCOUNT_REFUSED, now
            )
        except Conflict:
            # Another delivery has noted the same.
            return

    def probes(self) -> "Probes":
        return Probes(self, refused=self.is_refused())

    def mend(self) -> None:
        """Let the stream send again."""
        row = self._row()
        if not is_refused(row):
            return
        try:
            self.store.commit([_change(row, remove=("refused_at", "why"))])
        except Conflict:
            return
        log.warning("SES takes mail again, after it refused the account from %s", row["refused_at"])

    def _row(self) -> Item:
        return self.store.get(*ACCOUNT_KEY) or {}


class Probes:
    """The letters of one sweep: whether the next one is offered to SES, and what follows of it."""

    def __init__(self, account: MailAccount, *, refused: bool) -> None:
        self._account = account
        self.was_refused = refused
        """Whether the sweep began with an account that was refused."""
        self._in_a_row = 0
        self._is_more = False

    @property
    def is_open(self) -> bool:
        return self._in_a_row < REFUSALS_IN_A_ROW

    def saw(self, outcome: Outcome) -> None:
        """Note what became of a letter that was offered."""
        if outcome in ("refused", "spread"):
            # What was spread is due since, and the stream has left it to the next sweep.
            self._is_more = True
        if outcome == "refused":
            self._in_a_row += 1
        elif outcome in ("sent", "late"):
            self._in_a_row = 0

    def finish(self) -> None:
        """Say that no letter is left that was due."""
        if self.was_refused and not self._is_more:
            self._account.mend()


def is_refused(row: Item) -> bool:
    """Tell whether what is kept of the account says that SES refuses it."""
    return "refused_at" in row


def _change(row: Item, set: Item | None = None, remove: tuple[str, ...] = ()) -> Change:
    """Return a write of what is kept of the account, unless somebody wrote since `row` was read."""
    names = ("refused_at", "told_on")
    expect = {name: row[name] for name in names if name in row}
    absent = tuple(name for name in names if name not in row)
    return Change(ACCOUNT_KEY, expect, absent, set or {}, remove)
