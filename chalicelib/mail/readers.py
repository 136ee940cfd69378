"""Who of the roster reads a letter to all of them, and why it may be nobody."""

from datetime import datetime

from chalicelib.cases.case import Case
from chalicelib.cases.recipients import readers_of
from chalicelib.cases.staff import Roster, Staff
from chalicelib.core import eastern_time
from chalicelib.core.letter_row import ADMINS
from chalicelib.core.ports import Item, Store
from chalicelib.mail import alerts
from chalicelib.mail.delivery_events import case_key_of
from chalicelib.mail.letters import LETTERS


def readers(store: Store, roster: Roster, row: Item, now: datetime) -> list[Staff]:
    """Return who reads a letter to all, of those whose role lets them: of one about a case, whom it
    concerns; of one to the admins, those who are, if any."""
    may_read = _may_read(roster, row)
    if row["to"] == ADMINS:
        admins = [staff for staff in may_read if staff.admin] or may_read
        reached = [staff for staff in admins if staff.reachable]
        return reached or [staff for staff in may_read if staff.reachable] or may_read
    item = store.get(*case_key_of((row["pk"], row["sk"])))
    today = str(eastern_time.today(now))
    if item is not None and item.get("kind") == "case":
        return readers_of(Case.of(item), row["letter"], may_read, today)
    return [staff for staff in may_read if staff.here(today)] or may_read


def why_nobody(roster: Roster, row: Item) -> str:
    """Return the incident of a letter without a reader: all stand back, or none has a role that
    lets them."""
    lacks_role = bool(roster.active()) and not _may_read(roster, row)
    return alerts.NO_FILE_ROLE if lacks_role else alerts.EMPTY_ROSTER


def _may_read(roster: Roster, row: Item) -> list[Staff]:
    roles = LETTERS[row["letter"]].roles
    return [staff for staff in roster.active() if staff.roles & roles]
