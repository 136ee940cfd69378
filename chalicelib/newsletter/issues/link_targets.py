"""Whether the target of a link is one that a reader can reach: a host, a mailbox, a number."""

import re
from ipaddress import ip_address
from typing import Final
from urllib.parse import unquote, urlsplit

from chalicelib.core.email_address import email_or_none
from chalicelib.core.web_address import WEB_SCHEMES

_INSIDE: Final = frozenset({
    "corp", "example", "home", "internal", "intranet", "invalid", "lan", "local", "localdomain",
    "localhost", "private", "test",
})  # fmt: skip
"""Last parts of names that no reader's network knows."""

_NUMBER: Final = re.compile(r"\+?[0-9A-Za-z().-]*")
_SHORT_NUMBER: Final = re.compile(r"[2-9]11|988|310\d{4}")
"""Numbers that are whole without a region: 211, 811, the line against suicide, 310-xxxx."""

_NUMBER_LENGTHS: Final = range(10, 16)
"""Digits of a whole number, with its region, and at most its country."""


def unreachable(url: str) -> str:
    """Return the code of what is wrong with where a link leads; empty when a reader can reach it."""
    scheme, _, rest = url.partition(":")
    if scheme in WEB_SCHEMES:
        return "" if _is_public(urlsplit(url).hostname or "") else "bad_host"
    if scheme == "mailto":
        return "" if all(map(email_or_none, _mailboxes(rest))) else "bad_mailbox"
    return "" if scheme != "tel" or _is_number(rest) else "bad_number"


def _is_public(host: str) -> bool:
    """Return whether a name is one of the public web. Numbers are none: they are of one network,
    or of a page that mail filters take for a trap."""
    try:
        ip_address(host)
    except ValueError:
        *_, last = labels = host.removesuffix(".").split(".")
        if not all(labels):
            return False
        return len(last) > 1 and not re.fullmatch(r"\d+|0x[0-9a-f]*", last) and last not in _INSIDE
    return False


def _mailboxes(rest: str) -> list[str]:
    return unquote(rest.partition("?")[0]).split(",")


def _is_number(rest: str) -> bool:
    number = unquote(rest).partition(";")[0].replace(" ", "")
    digits = re.sub(r"\D", "", number)
    whole = len(re.sub(r"[^0-9A-Za-z]", "", number)) in _NUMBER_LENGTHS
    has_region = len(digits) >= 4 and digits.strip("0") != ""
    short = _SHORT_NUMBER.fullmatch(digits) is not None
    return bool(_NUMBER.fullmatch(number)) and (short or (whole and has_region))
