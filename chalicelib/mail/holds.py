"""What keeps letters from leaving: a pause, or SES that refuses the account. One read tells both."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from chalicelib.core.ports import Item, Now, Store
from chalicelib.mail import account
from chalicelib.mail.reputation import PAUSE_KEY, MailPause, pause_of

FREE_FOR: Final = timedelta(seconds=5)
"""How long a process goes on believing that nothing keeps letters, and so how late it hears of a
pause. Whoever pauses by hand, or by the count of an hour, cannot call back what left within such a
time anyway; and a letter that SES refuses in it loses no try."""


class MailHeld(NamedTuple):
    pause: MailPause | None
    refused: bool
    """Whether SES refuses the account."""


NOTHING: Final = MailHeld(None, refused=False)


@dataclass
class MailHolds:
    """Asks the store once for many letters while nothing keeps them, and for each letter when
    something does: the end of it is heard at once."""

    store: Store
    now: Now
    _free_at: datetime | None = None
    """When the store last told that nothing keeps letters."""

    def read(self) -> MailHeld:
        now = self.now()
        if self._free_at and timedelta(0) <= now - self._free_at < FREE_FOR:
            return NOTHING
        rows = self.store.batch_get([PAUSE_KEY, account.ACCOUNT_KEY])
        none: Item = {}
        held = MailHeld(
            pause_of(rows.get(PAUSE_KEY, none)),
            refused=account.is_refused(rows.get(account.ACCOUNT_KEY, none)),
        )
        self._free_at = now if held == NOTHING else None
        return held

    def forget(self) -> None:
        """Ask anew for the next letter: this process just wrote what keeps them."""
        self._free_at = None
