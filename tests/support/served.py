"""A web server that hands each request to the app as API Gateway would."""

import base64
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from app import app

ONE_AT_A_TIME = Lock()
"""A browser keeps connections open, a thread each; the app, as on Lambda, has one request."""


class Gateway(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def respond(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        request = event(self.command, self.path, self.headers, self.rfile.read(length))
        with ONE_AT_A_TIME:
            response = app(request, None)
        body = response["body"].encode()
        if response.get("isBase64Encoded"):
            body = base64.b64decode(response["body"])
        self.send_response(response["statusCode"])
        for name, values in response["multiValueHeaders"].items() | response["headers"].items():
            for value in values if isinstance(values, list) else [values]:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_OPTIONS = respond

    def log_message(self, *arguments: object) -> None:
        """Nothing: a test that fails says why."""


def event(method: str, path: str, headers: Any, body: bytes) -> dict[str, Any]:
    parts = urlsplit(path)
    resource, arguments = routed(parts.path)
    return {
        "resource": resource,
        "path": parts.path,
        "httpMethod": method,
        "headers": dict(headers.items()),
        "multiValueHeaders": {name: headers.get_all(name) for name in headers},
        "multiValueQueryStringParameters": parse_qs(parts.query) or None,
        "pathParameters": arguments,
        "stageVariables": None,
        "requestContext": {
            "httpMethod": method,
            "resourcePath": resource,
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def routed(path: str) -> tuple[str, dict[str, str] | None]:
    """Return the route of app.py that an address belongs to, and its arguments."""
    for route in app.routes:
        match = re.fullmatch(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(route)), path)
        if match:
            return route, match.groupdict() or None
    return "/{proxy+}", {"proxy": path.lstrip("/")}


@contextmanager
def served(before: Callable[[str], None]) -> Iterator[str]:
    """Serve the app at an address of this machine, which `before` gets ahead of any request."""
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
