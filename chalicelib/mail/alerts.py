"""Alerts to the admins when something needs a hand: one a day for each kind of incident."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

from chalicelib.core import eastern_time
from chalicelib.core.errors import Conflict
from chalicelib.core.letter_row import ADMINS, letter
from chalicelib.core.ports import Item, Put, Store, Write
from chalicelib.core.records import stamp

LETTER: Final = "staff_action_needed"
DEAD_LETTER: Final = "dead_letter"
"""The incident: a letter could not be sent."""

EMPTY_ROSTER: Final = "nobody"
"""The incident: a letter has no reader on the roster."""

NO_FILE_ROLE: Final = "no_file_role"
"""The incident: nobody on the roster has a role that may read a letter."""


MANY_LETTERS: Final = "many_letters"
"""The incident: letters to unproved addresses met their ceiling, and leave later."""

BAD_MAIL: Final = "bad_mail"
"""The incident: too many letters bounced or were complained of; those to unproved addresses wait."""


ACCOUNT_REFUSED: Final = "account_refused"
"""The incident: SES takes no mail of the account; letters wait until it does."""


BROKEN_EDIT: Final = "broken_edit"
"""The incident: what staff worded anew in a letter could not be written; the packaged one left."""


STAFF_MAIL: Final = "staff_mail"
"""The incident: mail to a member of staff came back, or was reported as spam."""


def alert_letter(incident: str, now: datetime, number: int = 1, who: str = "") -> Item:
    """Return the letter of today for a kind of incident, whose texts are in content/review.json;
    with another `number` it is another one of the same day. `who` is the id of the member of staff
    that it is about, if any."""
    about = f"{incident}-{who}" if who else incident
    pk = f"INCIDENT#{about}-{eastern_time.today(now)}"
    facts = {"incident": incident, **({"who": who} if who else {})}
    return letter(pk, number, LETTER, to=ADMINS, due=stamp(now), facts=facts)


def commit_with_alert(
    store: Store, writes: Sequence[Write], incident: str, now: datetime, who: str = ""
) -> None:
    """Commit, and owe the admins an alert in the same transaction unless today's is owed already.

    Raises Conflict when anything else than the alert stands in the way.
    """
    alert = Put(alert_letter(incident, now, who=who))
    try:
        store.commit([*writes, alert])
    except Conflict as conflict:
        if set(conflict.found) != {alert.key}:
            raise
        store.commit(list(writes))


def tell(store: Store, incident: str, now: datetime) -> None:
    """Owe the admins an alert, unless today's is owed already."""
    with suppress(Conflict):
        store.commit([Put(alert_letter(incident, now))])
