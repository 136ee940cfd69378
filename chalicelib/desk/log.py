"""What staff did at the desk beside the files: who exported what, who changed the roster."""

import secrets
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Final

from chalicelib.cases.staff import Staff
from chalicelib.core.business_days import at_eastern_time
from chalicelib.core.ports import Item, Put, Store, Stretch
from chalicelib.core.records import stamp

LOG: Final = "DESKLOG"
LOG_RETENTION: Final = timedelta(days=400)
LINES_A_PAGE: Final = 100


def entry(staff: Staff, what: str, facts: Mapping[str, object], now: datetime) -> Put:
    """Return the write that notes what somebody did, for the transaction that does it."""
    at = stamp(now)
    return Put(
        {
            "pk": f"{LOG}#{at[:7]}",
            "sk": f"{at}#{secrets.token_hex(4)}",
            "kind": "desk_log",
            "what": what,
            "by": staff.id,
            "name": staff.name,
            "at": at,
            "facts": dict(facts),
            "expires": int((now + LOG_RETENTION).timestamp()),
        }
    )


def of_month(store: Store, month: str, after: str = "") -> list[Item]:
    """Return what was done in a month of Eastern time (`2026-11`), the newest first, from behind
    `after` on: as much as a page has, and one more where there is more."""
    first = date.fromisoformat(f"{month}-01")
    start, end = (stamp(at_eastern_time(day, time.min)) for day in (first, _month_after(first)))
    stretch, found = Stretch(start, end, after, backward=True), list[Item]()
    # A line stands under its month of UTC, which begins some hours earlier than ours.
    for kept_under in (end[:7], start[:7]):
        if (wanted := LINES_A_PAGE + 1 - len(found)) > 0:
            found += store.listing(f"{LOG}#{kept_under}", stretch, [], wanted).rows
    return found


def months(today: date) -> list[str]:
    """Return the months of which something may be kept, this one first."""
    found, day, oldest = list[str](), today.replace(day=1), today - LOG_RETENTION
    while _month_after(day) > oldest:
        found.append(f"{day:%Y-%m}")
        day = (day - timedelta(days=1)).replace(day=1)
    return found


def _month_after(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)
