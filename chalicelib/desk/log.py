"""What staff did at the desk beside the files: who exported what, who changed the roster."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from chalicelib.cases.staff import Staff
from chalicelib.core.ports import Item, Put, Store
from chalicelib.core.records import stamp

LOG: Final = "DESKLOG"
LOG_RETENTION: Final = timedelta(days=400)
MAX_SHOWN: Final = 200


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


def of_month(store: Store, month: str) -> list[Item]:
    """Return what was done last in a month (`2026-11`), the newest first."""
    return store.latest(f"{LOG}#{month}", MAX_SHOWN)
