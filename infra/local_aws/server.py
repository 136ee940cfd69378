"""A small web server for pages that are made when asked for."""

from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass(frozen=True)
class Page:
    body: str
    type: str = "text/html; charset=utf-8"
    status: int = 200
    location: str = ""


class PageHandler(BaseHTTPRequestHandler):
    """Responds to GET and HEAD with what `page` returns; keeps no log."""

    protocol_version = "HTTP/1.1"

    def page(self, path: str) -> Page:
        raise NotImplementedError

    def do_GET(self) -> None:
        try:
            page = self.page(self.path)
        except OSError as error:
            page = Page(f"Not available: {error}", "text/plain; charset=utf-8", 503)
        body = page.body.encode()
        self.send_response(page.status)
        self.send_header("Content-Type", page.type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        if page.location:
            self.send_header("Location", page.location)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *arguments: object) -> None:
        """Print nothing: the terminal shows what Relais does."""


def serve_forever(handler: type[BaseHTTPRequestHandler], port: int) -> ThreadingHTTPServer:
    """Serve on this machine alone, in a thread that ends with the process."""
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    return server
