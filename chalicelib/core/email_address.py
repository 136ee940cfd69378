"""What an e-mail address may be, and the form of it that mail servers know."""

import re
from typing import Final

EMAIL_MAX_LENGTH: Final = 254

_EMAIL: Final = re.compile(r"[^@\s<>()\[\],:;\\\"]{1,64}@[^@\s<>()\[\],:;\\\"]+\.[^@\s.]{2,}")


def with_ascii_domain(address: str) -> str:
    """Return the address with its domain in ASCII and lower case: `québec.ca` → `xn--qubec-csa.ca`.

    Raises UnicodeError when the domain has no such form.
    """
    local, at, domain = address.rpartition("@")
    if not domain.isascii():
        domain = domain.encode("idna").decode("ascii")
    return f"{local}{at}{domain.lower()}"


def email_or_none(text: str) -> str | None:
    """Return the address as it is kept, with its domain in ASCII; None when it cannot be one."""
    if len(text) > EMAIL_MAX_LENGTH:
        return None
    if not _EMAIL.fullmatch(text) or ".." in text or not text.isprintable():
        return None
    try:
        address = with_ascii_domain(text)
    except UnicodeError:
        return None
    return address if address.isascii() and len(address) <= EMAIL_MAX_LENGTH else None


def is_same_address(one: str, other: str) -> bool:
    """Say whether two addresses, as forms keep them, are one mailbox's."""
    return one.strip().lower() == other.strip().lower()
