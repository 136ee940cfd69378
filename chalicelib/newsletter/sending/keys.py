"""The keys of a ledger's rows, and the tags by which SES's events find them again."""

from chalicelib.core.ports import Key


def shard_key(issue: str, shard: str) -> str:
    return f"ISSUESHARD#{issue}#{shard}"


def batch_key(issue: str, shard: str, batch: int) -> Key:
    return shard_key(issue, shard), f"BATCH#{batch:02d}"


def seen_key(issue: str, shard: str, batch: int) -> Key:
    """Return the key of the row beside a batch with what SES reported: sets of positions under
    the names of EVENTS, and under `why_<position>` the `domain` and `text` of a failure."""
    return shard_key(issue, shard), f"SEEN#{batch:02d}"


def shard_row_key(issue: str, shard: str) -> Key:
    """Return the key of the row of the issue that says how far a shard is."""
    return f"ISSUE#{issue}", f"SHARD#{shard}"


def row_tag(shard: str, batch: int, position: int) -> str:
    """Return the tag of a recipient, which comes back with every event of SES."""
    return f"{shard}-{batch}-{position}"


def row_of(tag: str) -> tuple[str, int, int] | None:
    """Return the shard, batch and position of a tag; None for a tag of something else."""
    shard, _, rest = tag.partition("-")
    parts = rest.split("-")
    if not shard or len(parts) != 3 or not all(p.isdecimal() for p in parts):
        return None
    return f"{shard}-{parts[0]}", int(parts[1]), int(parts[2])
