"""Word to the admins when something needs a hand: once an incident, which is a day."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from chalicelib.core import eastern_time
from chalicelib.core.errors import Conflict
from chalicelib.core.letter_row import ADMINS, letter
from chalicelib.core.ports import Item, Put, Store, Write
from chalicelib.core.records import stamp

LETTER: Final = "staff_action_needed"
DEAD_LETTER: Final = "dead_letter"
EMPTY_ROSTER: Final = "nobody"


def alert_letter(incident: str, now: datetime) -> Item:
    """The letter of a day and a kind of incident; its texts are in content/review.json."""
    pk = f"INCIDENT#{incident}-{eastern_time.today(now)}"
    return letter(pk, 1, LETTER, to=ADMINS, due=stamp(now), facts={"incident": incident})


def commit_with_alert(store: Store, writes: Sequence[Write], incident: str, now: datetime) -> None:
    """Commits, and writes to the admins in the same transaction unless they know."""
    alert = Put(alert_letter(incident, now))
    try:
        store.commit([*writes, alert])
    except Conflict as conflict:
        if set(conflict.found) != {alert.key}:
            raise
        store.commit(list(writes))
