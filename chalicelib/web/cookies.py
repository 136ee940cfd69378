"""Cookies: read from a request, and written so that no other site or subdomain can set or read them."""

import re
from urllib.parse import urlsplit

from chalicelib.web.request import Request

STAFF_COOKIE = "relais-staff"
"""The session of a member of staff; nobody else is ever given a cookie of this name."""

LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")


class Cookies:
    """The cookies of one deployment. Over https, `__Host-` binds each to this very host; the local
    stack speaks http, where browsers take no such name: there alone it goes without."""

    def __init__(self, public_url: str) -> None:
        parts = urlsplit(public_url)
        self._is_local = parts.scheme == "http" and parts.hostname in LOCAL_HOSTS

    def name(self, name: str) -> str:
        return name if self._is_local else f"__Host-{name}"

    def read(self, request: Request, name: str) -> str:
        """Return the value of a cookie; blank without it, or where two have its name."""
        wanted = re.compile(rf"(?:^|;) ?{re.escape(self.name(name))}=([^; ]*)")
        found = wanted.findall(request.headers.get("cookie", ""))
        return str(found[0]) if len(found) == 1 else ""

    def written(self, name: str, value: str, seconds: int | None = None) -> dict[str, str]:
        """Return the header that sets a cookie, for so long or until the browser closes."""
        parts = [f"{self.name(name)}={value}", "Path=/", "HttpOnly", "SameSite=Lax"]
        if not self._is_local:
            parts.append("Secure")
        if seconds is not None:
            parts.append(f"Max-Age={seconds}")
        return {"Set-Cookie": "; ".join(parts)}

    def removed(self, name: str) -> dict[str, str]:
        return self.written(name, "", 0)


def has_session(request: Request) -> bool:
    """Say whether a browser brings what looks like a session: the desk is loaded for no other."""
    return STAFF_COOKIE in request.headers.get("cookie", "")
