"""The form of an e-mail address that mail servers know."""


def with_ascii_domain(address: str) -> str:
    """Return the address with its domain in ASCII and lower case: `québec.ca` → `xn--qubec-csa.ca`.

    Raises UnicodeError when the domain has no such form.
    """
    local, at, domain = address.rpartition("@")
    if not domain.isascii():
        domain = domain.encode("idna").decode("ascii")
    return f"{local}{at}{domain.lower()}"
