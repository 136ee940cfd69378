"""How often something may be done in an hour, or a day, counted in the store."""

from datetime import datetime, timedelta

from chalicelib.core.errors import Conflict, TooMany
from chalicelib.core.ports import Change, Key, Store


def key(of: str, now: datetime, shard: int = 0) -> Key:
    return f"RATE#{of}#{now:%Y%m%d%H}", str(shard)


def hourly(of: str, limit: int, now: datetime, shard: int = 0) -> Change:
    """A write that fails after `limit` of them in this hour; kept for two. `of` holds no
    personal data, and the row says that it counts."""
    return Change(
        key(of, now, shard),
        add={"posts": 1},
        at_most={"posts": limit},
        set={"kind": "rate", "expires": int(now.timestamp()) + 7200},
    )


def count(store: Store, of: str, limit: int, now: datetime) -> None:
    """One more in this hour. Raises TooMany."""
    try:
        store.commit([hourly(of, limit, now)])
    except Conflict:
        raise too_many(now) from None


def count_daily(store: Store, of: str, limit: int, now: datetime) -> None:
    """One more in this day of UTC. Raises TooMany."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    today = Change(
        (f"RATE#{of}#{now:%Y%m%d}", "0"),
        add={"posts": 1},
        at_most={"posts": limit},
        set={"kind": "rate", "expires": int(midnight.timestamp()) + 3600},
    )
    try:
        store.commit([today])
    except Conflict:
        raise TooMany(int((midnight - now).total_seconds()) + 1) from None


def too_many(now: datetime) -> TooMany:
    """With the seconds until the counters begin anew."""
    return TooMany(3600 - now.minute * 60 - now.second)
