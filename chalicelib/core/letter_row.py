"""The row of a letter that is owed: its key, its reader, and its name in what SES reports."""

import json
import zlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from chalicelib.core import log_lines
from chalicelib.core.ports import Item
from chalicelib.core.records import moment, shard_of

APPLICANT: Final = "applicant"
FIDUCIARY: Final = "fiduciary"
OLD_ADDRESS: Final = "old_address"
NEW_ADDRESS: Final = "new_address"
OUTSIDE: Final = (APPLICANT, FIDUCIARY, OLD_ADDRESS, NEW_ADDRESS)
"""Readers beside the staff: the applicant, the fiduciary's lead, the addresses of a correction."""

ADMINS: Final = "admins"
"""A letter to those who run the programme's Relais; to everybody when nobody is named."""
ALL_STAFF: Final = "staff"
"""A letter to everybody on the roster: spread into one a person when it is delivered."""

ONE_OF_US: Final = "one"
"""How the log names a reader whose id is made of their name."""

CANARY: Final = "CANARY"
"""What owes the letter of a canary, which no figure, ceiling or alert knows: see mail/canary.py."""

DAILY_CANARY: Final = "DAILYCANARY"
"""The clock of the canary of each day."""

NAMED_OWNERS: Final = ("COACH", "PROPOSAL", "STAFF", "DIGEST")
"""Kinds of rows whose keys are made of the name of a coach, or of somebody on the staff."""

LETTER_RETENTION: Final = timedelta(days=400)
"""How long a letter is kept that belongs to no file, unless it says otherwise itself."""

DEAD: Final = "DEAD_LETTER"
"""Where the index of states holds the letters that could not be sent."""


def letter(  # noqa: PLR0913
    pk: str,
    since: int | str,
    name: str,
    *,
    to: str,
    due: str,
    facts: Mapping[str, object] | None = None,
    by_day: bool = False,
    held: bool = False,
    about: tuple[str, int] | None = None,
) -> Item:
    """Return the row of a letter that is owed since an event (its number) or a step of a clock
    (`B000002-001`): at most one of a name to a reader. One of a file goes with the file, any other
    one expires.

    `to` is one of the readers above or the id of a member of staff, `due` a stamp. A letter
    that leaves `by_day` keeps to the programme's hours, whenever it is tried; one that is `held`
    is due only when what it is about cannot be undone any more. `about` is the state and version
    of the file that it tells of, `cid` the correlation id of what owes it.
    """
    since = f"{since:06d}" if isinstance(since, int) else since
    return {
        "pk": pk,
        "sk": f"LETTER#{since}#{name}#{to}",
        "kind": "letter",
        "letter": name,
        "to": to,
        "status": "owed",
        "attempts": 0,
        "due_shard": shard_of(pk),
        "due_at": due,
        "facts": dict(facts or {}),
        "by_day": by_day or None,
        "held": held or None,
        **_about(about),
        "cid": log_lines.cid() or None,
        "expires": None if pk.startswith("CASE#") else _expires(due),
    }


def _about(about: tuple[str, int] | None) -> Item:
    return dict(zip(("state", "version"), about or (None, None), strict=True))


def _expires(due: str) -> int:
    return int((moment(due) + LETTER_RETENTION).timestamp())


def packed(kept: Mapping[str, str]) -> bytes:
    """Return the copy of a letter as its row keeps it."""
    return zlib.compress(json.dumps(kept, ensure_ascii=False).encode())


def kept_copy(row: Item) -> dict[str, str] | None:
    """Return the copy that a letter's row keeps: subject, text, HTML, and the address where it
    may be kept. None before it left, and once it was taken away."""
    if not isinstance(row.get("copy"), bytes):
        return None
    copy: dict[str, str] = json.loads(zlib.decompress(row["copy"]))
    return copy


def tag_of(pk: str, sk: str) -> str:
    """Return the letter's key as an SES tag, which takes letters, digits, `-` and `_` alone."""
    return f"{pk}#{sk.removeprefix('LETTER#')}".replace("_", "--").replace("#", "_")


def log_name(pk: str, sk: str) -> str:
    """Return the key of a letter, or of whatever else is due, as the log names it: by its tag,
    without the name of whoever of the staff reads it, or of the coach whom it is about."""
    kind, _, owner = pk.partition("#")
    if kind in NAMED_OWNERS:
        pk = f"{kind}#{zlib.crc32(owner.encode()):08x}"
    if sk.startswith("LETTER#"):
        _, since, name, reader, *_ = (*sk.split("#"), "", "", "")
        known = reader in (*OUTSIDE, ADMINS, ALL_STAFF)
        sk = f"LETTER#{since}#{name}#{reader if known else ONE_OF_US}"
    return tag_of(pk, sk)


def is_canary(pk: str) -> bool:
    return pk.startswith(f"{CANARY}#")


def key_of(tag: str) -> tuple[str, str] | None:
    """Return the key of the letter that a tag names; None for a tag of something else."""
    parts = tag.replace("_", "#").replace("--", "_").split("#", 3)
    if len(parts) < 4:
        return None
    kind, owner, number, rest = parts
    return f"{kind}#{owner}", f"LETTER#{number}#{rest}"


def unchanged(row: Item) -> Item:
    """Return what the row must still hold for a change of it to be written."""
    return {key: row[key] for key in ("status", "attempts", "due_at")}
