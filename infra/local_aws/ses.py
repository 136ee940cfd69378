"""A local SES between the functions and the emulator, for what the emulator's leaves out.

The emulator checks permissions and identities and takes the mail, but it forgets headers and
tags and reports nothing to a configuration set. This server passes each `SendEmail` and each
`SendBulkEmail` on to it, keeps the whole messages, and publishes the events that SES would:
Send, then Delivery, or what the addresses of the mailbox simulator ask for. What is on its
suppression list gets no mail, and a Bounce in its place.
"""

import json
import queue
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.local_aws import ses_messages as messages
from infra.stage_file import REGION

TOPIC = f"arn:aws:sns:{REGION}:000000000000:relais-local-mail-events"

SIMULATED: dict[str, tuple[str, ...]] = {
    "bounce": ("Bounce",),
    "suppressionlist": ("Bounce",),
    "complaint": ("Delivery", "Complaint"),
}
"""The local part of a mailbox simulator address, less its label → what happens after the Send."""

EVENT_PAUSE_SECONDS = 0.05
"""Each event wakes a function, and this is a small machine."""

CALL_INTERVAL_SECONDS = 1.0
"""All calls but those that send are limited to one a second, as SES does."""

DEAD_AFTER_SECONDS = 10.0
"""A connection that was idle so long is dead, and says so only when it is used: so they are after
a function was held still between two invocations. Between its tries a client waits 8 s at most."""

Refusal = tuple[int, str]
"""A status and an error code."""


class LocalSes:
    """Keeps sent mail in the file `path`, so that it is there after a restart."""

    def __init__(self, port: int, emulator: str, path: Path, *, fresh: bool = False) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.refuse: Callable[[], Refusal | None] = lambda: None
        """A test sets it to refuse mail: what it returns, unless None, is the response."""
        self.quota: dict[str, float] = {}
        """What `GetAccount` returns instead of the emulator's: Max24HourSend, MaxSendRate, …"""
        self.reporting = True
        """Whether events are published; a test of many letters does without them."""
        self.suppressed: dict[str, str] = {}
        """The suppression list: an address → BOUNCE or COMPLAINT, until it is taken off."""
        self._emulator = emulator
        self._called_at = 0.0
        self._path = path
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        if fresh:
            path.unlink(missing_ok=True)
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        self._messages: list[dict[str, Any]] = [json.loads(line) for line in lines]
        handler = type("ThisSesHandler", (_SesHandler,), {"ses": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        # Made here: the default session of boto3 is not for two threads at once.
        self._topics: Any = boto3.client("sns", region_name=REGION, endpoint_url=emulator)
        self._reports: queue.Queue[tuple[dict[str, Any], str]] = queue.Queue()
        # One after the other: reports must not crowd out the forms on a small machine.
        threading.Thread(target=self._report_all, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def is_too_fast(self) -> bool:
        """Tell whether a call that sends nothing comes too soon after another one."""
        with self._lock:
            now = time.monotonic()
            if now - self._called_at < CALL_INTERVAL_SECONDS:
                return True
            self._called_at = now
            return False

    def messages(self) -> list[dict[str, Any]]:
        """Return all mail, oldest first, each with to, subject, text, html, headers and at."""
        with self._lock:
            return list(self._messages)

    def keep(self, sent: dict[str, Any], message_id: str) -> None:
        message = messages.message(sent, message_id)
        with self._lock:
            self._messages.append(message)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(message, ensure_ascii=False) + "\n")

    def report(self, sent: dict[str, Any], message_id: str) -> None:
        """Publish to the topic of the configuration set, as SES does, after the response."""
        if self.reporting:
            self._reports.put((sent, message_id))

    def _report_all(self) -> None:
        while True:
            try:
                self._publish(*self._reports.get())
            except (BotoCoreError, ClientError):
                # An event that gets lost is what SES may do too; the next one comes.
                continue

    def _publish(self, sent: dict[str, Any], message_id: str) -> None:
        for address in sent["Destination"]["ToAddresses"]:
            for kind in ("Send", *_after(address, is_suppressed=messages.is_suppressed(sent))):
                event = messages.event(kind, sent, message_id, address)
                self._topics.publish(
                    TopicArn=TOPIC,
                    Subject="Amazon SES Email Event Notification",
                    Message=json.dumps(event),
                    # The emulator leaves the key out when there are none; AWS never does.
                    MessageAttributes={"source": {"DataType": "String", "StringValue": "ses"}},
                )
                time.sleep(EVENT_PAUSE_SECONDS)


def _after(address: str, *, is_suppressed: bool) -> tuple[str, ...]:
    """Return the events that follow the Send to an address."""
    local, _, domain = address.partition("@")
    if is_suppressed:
        return ("Bounce",)
    if domain != "simulator.amazonses.com":
        return ("Delivery",)
    return SIMULATED.get(local.partition("+")[0], ("Delivery",))


class _SesHandler(BaseHTTPRequestHandler):
    ses: LocalSes
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    """Or each body waits some 40 ms for the word that its head has arrived."""

    def setup(self) -> None:
        super().setup()
        self._used_at = time.monotonic()

    def parse_request(self) -> bool:
        """Read the head of a request, unless the connection has died meanwhile."""
        idle, self._used_at = time.monotonic() - self._used_at, time.monotonic()
        if idle > DEAD_AFTER_SECONDS:
            self.close_connection = True
            return False
        return super().parse_request()

    def do_GET(self) -> None:
        if self.ses.is_too_fast():
            self._respond(429, {"message": "Too Many Requests"}, "TooManyRequestsException")
            return
        if "/suppression/" in self.path:
            self._respond_of_list(self.ses.suppressed.get(self._listed()))
            return
        status, response, error = self._forward(None)
        if status == 200 and self.path.endswith("/account"):
            response["SendQuota"] |= self.ses.quota
        self._respond(status, response, error)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        refusal = self.ses.refuse()
        if refusal:
            self._respond(refusal[0], {"message": "not now"}, refusal[1])
            return
        status, response, error = self._forward(body)
        if status != 200:
            self._respond(status, response, error)
            return
        # A sender that has gone meanwhile hears of its mail by the event.
        accepted = list(messages.accepted(json.loads(body), response))
        for sent, message_id in accepted:
            messages.mark_suppressed(sent, self.ses.suppressed)
            if not messages.is_suppressed(sent):
                self.ses.keep(sent, message_id)
        try:
            self._respond(status, response, error)
        except OSError:
            self.close_connection = True
        for sent, message_id in accepted:
            self.ses.report(sent, message_id)

    def do_DELETE(self) -> None:
        """Take an address off the suppression list, which the emulator does not have."""
        self._respond_of_list(self.ses.suppressed.pop(self._listed(), None))

    def _listed(self) -> str:
        """Return the address that a call about the suppression list names."""
        return urllib.parse.unquote(self.path.rpartition("/")[2])

    def _respond_of_list(self, reason: str | None) -> None:
        if reason is None:
            self._respond(404, {"message": "not on the list"}, "NotFoundException")
            return
        listed = {"EmailAddress": self._listed(), "Reason": reason, "LastUpdateTime": time.time()}
        self._respond(200, {"SuppressedDestination": listed}, "")

    def _forward(self, body: bytes | None) -> tuple[int, dict[str, Any], str]:
        headers = {name: value for name, value in self.headers.items() if name != "Connection"}
        url = f"{self.ses._emulator}{self.path}"
        request = urllib.request.Request(url, data=body, headers=headers, method=self.command)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, json.load(response), ""
        except urllib.error.HTTPError as error:
            return error.code, json.load(error), error.headers.get("x-amzn-errortype", "")
        except OSError as error:
            return 503, {"message": str(error)}, "ServiceUnavailable"

    def _respond(self, status: int, response: dict[str, Any], error: str) -> None:
        body = json.dumps(response).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if error:
            self.send_header("x-amzn-errortype", error)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Print nothing: the functions log what became of their letters."""
