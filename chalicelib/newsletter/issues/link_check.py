"""Whether links answer: each address once, a few at a time, and never for long."""

import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from ipaddress import ip_address
from typing import Final

from chalicelib.newsletter.issues.preflight import LinkAnswer

PARALLEL_CHECKS: Final = 8
CHECK_SECONDS: Final = 8.0
"""For one try of one address."""

ALL_CHECKS_SECONDS: Final = 90.0
"""For all of them: what has not answered by then did not answer."""

PAGE_CHECK_SECONDS: Final = 12.0
"""For all links of an issue while somebody waits for a page: API Gateway waits for 29 seconds."""

AGENT: Final = "Mozilla/5.0 (compatible; Relais link check)"

_SHY: Final = {401, 402, 403, 405, 406, 407, 418, 429, 451, 999}
"""What sites say to a program and not to a person."""

Open = Callable[[str, str], int]
"""(method, address) → status. Raises OSError or HTTPException."""


def tries(
    urls: Sequence[str], opened: Open | None = None, seconds: float = ALL_CHECKS_SECONDS
) -> Mapping[str, LinkAnswer]:
    opened = opened or _opened
    pool = ThreadPoolExecutor(PARALLEL_CHECKS)
    asked = {url: pool.submit(_answer, url, opened) for url in dict.fromkeys(urls)}
    wait(asked.values(), timeout=seconds)
    pool.shutdown(wait=False, cancel_futures=True)
    late = LinkAnswer("dead", "timeout")
    return {
        url: one.result() if one.done() and not one.cancelled() else late
        for url, one in asked.items()
    }


def _answer(url: str, opened: Open) -> LinkAnswer:
    """Ask with HEAD first, and a site that does not like it as a browser asks."""
    found = _asked("HEAD", url, opened)
    return found if found.kind == "well" else _asked("GET", url, opened)


def _asked(method: str, url: str, opened: Open) -> LinkAnswer:
    try:
        status = opened(method, url)
    except urllib.error.HTTPError as error:
        status = error.code
        error.close()
    except (OSError, HTTPException, ValueError) as error:
        return LinkAnswer("dead", _why(error))
    if status < 400:
        return LinkAnswer("well")
    return LinkAnswer("unsure" if status in _SHY else "dead", str(status))


def _why(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    if isinstance(reason, TimeoutError):
        return "timeout"
    if isinstance(reason, socket.gaierror):
        return "no such host"
    if isinstance(reason, ssl.SSLError):
        return "TLS"
    return type(reason).__name__


def _opened(method: str, url: str) -> int:
    asked = urllib.request.Request(url, method=method, headers={"User-Agent": AGENT})
    with urllib.request.urlopen(asked, timeout=CHECK_SECONDS) as answer:
        return int(answer.status)


def public_tries(urls: Sequence[str]) -> Mapping[str, LinkAnswer]:
    """Try links from inside the service, for a page that somebody waits for: no address of a
    network is asked, whatever name or redirect leads there."""
    return tries(urls, _publicly_opened, PAGE_CHECK_SECONDS)


def _publicly_opened(method: str, url: str) -> int:
    asked = urllib.request.Request(url, method=method, headers={"User-Agent": AGENT})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _PublicHttp, _PublicHttps)
    with opener.open(asked, timeout=CHECK_SECONDS) as answer:
        return int(answer.status)


def _public_socket(
    address: tuple[str, int],
    timeout: float | None = None,
    source_address: tuple[str, int] | None = None,
) -> socket.socket:
    """Connect to a host by the very address that was looked at. Raises OSError for one that is not
    of the public network."""
    host, port = address
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    numbers = [str(one[4][0]) for one in found]
    if not numbers or not all(ip_address(number).is_global for number in numbers):
        raise OSError("not a public address")
    return socket.create_connection((numbers[0], port), timeout, source_address)


class _PublicHttpConnection(HTTPConnection):
    def connect(self) -> None:
        vars(self)["_create_connection"] = _public_socket
        super().connect()


class _PublicHttpsConnection(HTTPSConnection):
    def connect(self) -> None:
        vars(self)["_create_connection"] = _public_socket
        super().connect()


class _PublicHttp(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(_PublicHttpConnection, req)


class _PublicHttps(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(_PublicHttpsConnection, req)
