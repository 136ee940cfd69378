"""How often somebody may do something in an hour, counted in the store under a keyed hash."""

from datetime import datetime

from chalicelib.links import person_key
from chalicelib.ports import Change


def hourly(of: str, key: bytes, now: datetime, limit: int) -> Change:
    """A write that fails when `of` did it `limit` times in this hour; kept for two hours."""
    hashed = person_key(of, key)
    return Change(
        (f"RATE#{hashed}#{now:%Y%m%d%H}", "0"),
        add={"posts": 1},
        at_most={"posts": limit},
        set={"expires": int(now.timestamp()) + 7200},
    )


def rest_of_hour(now: datetime) -> int:
    """Seconds until the counters begin anew."""
    return 3600 - now.minute * 60 - now.second
