"""What an e-mail address may be, and the form of it that mail servers know: one check for every
way in."""

import re
import unicodedata
from typing import Final
from urllib.parse import unquote

from chalicelib.core.typed_text import in_plain_signs

EMAIL_MAX_LENGTH: Final = 254

LOCAL_MAX_LENGTH: Final = 64
"""Characters before the `@`, as in RFC 5321."""

TYPED_EMAIL_MAX_LENGTH: Final = 2 * EMAIL_MAX_LENGTH
"""Characters of what somebody types for an address, with what is copied beside it."""

_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN: Final = re.compile(rf"(?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{0,58}}[a-z0-9])")

_BEFORE: Final = ' \n<([{"“”„«»‘’‹›,;:'
"""What is copied with an address before it, and is never part of one."""

_AFTER: Final = _BEFORE + ">)]}'`.…!?"

_DOTS: Final = str.maketrans("\u3002\uff0e\uff61", "...")
"""What IDNA reads as a dot between labels."""


def with_ascii_domain(address: str) -> str:
    """Return the address with its domain in ASCII and lower case: `québec.ca` → `xn--qubec-csa.ca`.

    Raises UnicodeError when the domain has no such form.
    """
    local, at, domain = address.rpartition("@")
    if not domain.isascii():
        domain = domain.encode("idna").decode("ascii")
    return f"{local}{at}{domain.lower()}"


def email_or_none(text: str) -> str | None:
    """Return the address as it is kept, with its domain in ASCII; None when it cannot be one.

    What is copied beside an address is no part of it: brackets, quotes, a comma, a full stop.
    """
    if len(text) > TYPED_EMAIL_MAX_LENGTH:
        return None
    local, at, domain = _bare(in_plain_signs(text)).rpartition("@")
    # A telephone writes a curly apostrophe, which no address has.
    local = local.replace("\u2019", "'")
    if not at or len(local) > LOCAL_MAX_LENGTH or not _LOCAL.fullmatch(local):
        return None
    plain = _domain_or_none(domain)
    if plain is None:
        return None
    address = f"{local}@{plain}"
    return address if len(address) <= EMAIL_MAX_LENGTH else None


def address_in(text: str) -> str | None:
    """Return the one address that a text names, as it is kept: also `Ada <ada@example.org>`, a
    `mailto:` with what follows it, or an address among words. None when there is none, or more
    than one: whoever acts on it must not have to guess."""
    if len(text) > 2 * TYPED_EMAIL_MAX_LENGTH:
        return None
    plain = in_plain_signs(text)
    if "mailto:" in plain.lower():
        plain = unquote(re.sub(r"\?\S*", " ", plain))
    pieces = [piece for piece in re.split(r"[\s<>,;\"]+", plain) if "@" in piece]
    found = [email_or_none(piece) for piece in pieces]
    same = {address.lower() for address in found if address}
    return found[0] if len(same) == 1 and None not in found else None


def is_same_address(one: str, other: str) -> bool:
    """Say whether two addresses, as forms keep them, are one mailbox's."""
    return one.strip().lower() == other.strip().lower()


def _bare(text: str) -> str:
    text = text.strip(" \n")
    if text.startswith("'") and text.endswith("'"):
        text = text[1:]
    text = text.lstrip(_BEFORE).rstrip(_AFTER)
    return text[7:].lstrip(_BEFORE) if text[:7].lower() == "mailto:" else text


def _domain_or_none(domain: str) -> str | None:
    """Return a domain as it is written in ASCII; None where a label is none."""
    if domain.isascii() and "xn--" not in domain.lower():
        domain = domain.lower()
        return domain if _DOMAIN.fullmatch(domain) else None
    if not domain.isascii():
        # Some letters are read as others: what they are read as has to be a label too.
        domain = unicodedata.normalize("NFKC", domain.translate(_DOTS))
        if not all(c in ".-" or c.isalnum() or unicodedata.category(c)[0] == "M" for c in domain):
            return None
    try:
        domain = domain.lower().encode("idna").decode("ascii")
        domain.encode("ascii").decode("idna")
    except UnicodeError:
        return None
    return domain if _DOMAIN.fullmatch(domain) else None
