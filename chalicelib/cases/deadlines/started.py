"""Whether an invited applicant began: a form that was sent with mistakes is a person at work.

A page that was merely opened says nothing, for mail scanners open all of them; and looking
writes nothing.
"""

from datetime import datetime, timedelta
from typing import Final

from chalicelib.cases.case import Case
from chalicelib.core.errors import RelaisError
from chalicelib.core.ports import Put, Store
from chalicelib.core.records import stamp

PREFIX: Final = "STARTED#"
STARTED_RETENTION: Final = timedelta(days=400)


def note(store: Store, case: Case, now: datetime) -> None:
    """Note it once a day and case. The form comes back all the same when this fails."""
    row = {
        "pk": case.key[0],
        "sk": f"{PREFIX}{case.version:06d}#{now:%Y-%m-%d}",
        "kind": "started",
        "at": stamp(now),
        "expires": int((now + STARTED_RETENTION).timestamp()),
    }
    try:
        store.commit([Put(row)])
    except RelaisError:
        pass


def begun(store: Store, case: Case) -> bool:
    return bool(store.rows(case.key[0], PREFIX))
