"""Whether anybody looked at an invitation: counted beside the case, at most once an hour."""

from datetime import datetime, timedelta
from typing import Final

from chalicelib.errors import RelaisError
from chalicelib.ports import Put, Store
from chalicelib.records import Case, moment, stamp

PREFIX: Final = "VIEWED#"
KEPT: Final = timedelta(days=400)

AT_FIRST: Final = timedelta(hours=1)
"""Whatever opens an invitation sooner after its letter may be a mail scanner."""


def saw(store: Store, case: Case, now: datetime) -> None:
    """Notes a look. The page is shown all the same when that fails, or was noted before."""
    row = {
        "pk": case.key[0],
        "sk": f"{PREFIX}{now:%Y-%m-%dT%H}",
        "kind": "view",
        "at": stamp(now),
        "expires": int((now + KEPT).timestamp()),
    }
    try:
        store.commit([Put(row)])
    except RelaisError:
        pass


def opened(store: Store, case: Case) -> bool:
    """Whether somebody looked since the invitation's letter, and not at once."""
    invited = (case.clocks or {}).get("C", {}).get("at", case.updated_at)
    since = stamp(moment(invited) + AT_FIRST)
    return any(row["at"] > since for row in store.rows(case.key[0], PREFIX))
