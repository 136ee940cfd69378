"""A web server that hands each request to the app as API Gateway would."""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from app import app

ROUTES = ("forms", "file", "review")
"""Addresses with one argument each, named as in app.py."""

NAMES = {"forms": "form", "file": "token", "review": "token"}

ONE_AT_A_TIME = Lock()
"""A browser keeps connections open, a thread each; the app, as on Lambda, has one request."""


class Gateway(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        asked = event(self.command, self.path, self.headers, self.rfile.read(length))
        with ONE_AT_A_TIME:
            answer = app(asked, None)
        body = answer["body"].encode()
        if answer.get("isBase64Encoded"):
            body = base64.b64decode(answer["body"])
        self.send_response(answer["statusCode"])
        for name, values in answer["multiValueHeaders"].items() | answer["headers"].items():
            for value in values if isinstance(values, list) else [values]:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def log_message(self, *arguments: object) -> None:
        """Nothing: a test that fails says why."""


def event(method: str, path: str, headers: Any, body: bytes) -> dict[str, Any]:
    parts = urlsplit(path)
    _, route, *rest = parts.path.split("/")
    known = route in ROUTES and len(rest) == 1
    return {
        "resource": f"/{route}/{{{NAMES[route]}}}" if known else parts.path,
        "path": parts.path,
        "httpMethod": method,
        "headers": dict(headers.items()),
        "multiValueHeaders": {name: headers.get_all(name) for name in headers},
        "multiValueQueryStringParameters": parse_qs(parts.query) or None,
        "pathParameters": {NAMES[route]: rest[0]} if known else None,
        "stageVariables": None,
        "requestContext": {
            "httpMethod": method,
            "resourcePath": f"/{route}/{{{NAMES[route]}}}" if known else parts.path,
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


@contextmanager
def served(before: Callable[[str], None]) -> Iterator[str]:
    """The app at an address of this machine; `before` hears the address ahead of any request."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    address = f"http://127.0.0.1:{server.server_port}"
    before(address)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield address
    finally:
        server.shutdown()
        server.server_close()
