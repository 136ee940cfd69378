"""The network that an IP address belongs to, and the mailbox of an e-mail address."""

import ipaddress


def network_of(address: str) -> str:
    """Return an IPv4 address itself, or the /64 that an IPv6 address was given out of; a text that is
    neither comes back as it is."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    return str(ipaddress.ip_network(f"{found}/64", strict=False))


def truncated(address: str) -> str:
    """Return the /24 or /48 of an address, which tells a country and a provider, not a household;
    an empty text for what is no address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    size = 24 if found.version == 4 else 48
    return str(ipaddress.ip_network(f"{found}/{size}", strict=False))


def mailbox_of(address: str) -> str:
    """Return the address whose mailbox an e-mail address belongs to, for counters alone.

    What follows a `+` is a tag that the owner of a mailbox makes up. Google delivers an address
    with any dots to the one without: there, nobody else can have it. At other providers a dot
    may be another person.
    """
    local, _, domain = address.strip().lower().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in ("gmail.com", "googlemail.com"):
        local, domain = local.replace(".", "") or local, "gmail.com"
    return f"{local}@{domain}"
