"""The deployed stack as a person and an operator see it: addresses, mail, rows, logs."""

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import boto3

import samples
from infra.local_aws.emulator import free_port
from infra.local_aws.stack import start_stack
from infra.operator.anchoring import SCHEDULED

HTML = {"Accept": "text/html,*/*;q=0.8"}

RUNNING: "list[Stack]" = []
"""What tells of itself when a wait is in vain."""

LOG_LINES = 40
OWED_ROWS = 20
"""How much of it: the end of the emulator's log, and the first letters still owed."""


@dataclass(frozen=True)
class Response:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


OPENER = urllib.request.build_opener(NoRedirect)


def ask(method: str, url: str, body: bytes | None = None, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, data=body, headers=named, method=method)
    try:
        with OPENER.open(request, timeout=300) as response:
            return Response(response.status, _lower(response.headers), response.read().decode())
    except urllib.error.HTTPError as error:
        return Response(error.code, _lower(error.headers), error.read().decode())


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


class Stack:
    """What a person and an operator see of the deployed stack."""

    table = "relais-local-records"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._site_port, self._gateway_port = free_port(18080), free_port(14566)
        self._start(fresh=True)
        RUNNING.append(self)

    def _start(self, *, fresh: bool) -> None:
        self._local = start_stack(
            self.folder, fresh=fresh, site_port=self._site_port, gateway_port=self._gateway_port
        )
        addresses = self._local.addresses
        self.emulator = self._local.emulator
        self.ses = self._local.ses
        self.scan = self._local.scan
        self.api = addresses["api"]
        self.site = addresses["site"]
        self.mailbox = addresses["mailbox"]

    def stop(self) -> None:
        RUNNING.remove(self)
        self._local.stop()

    def report(self) -> str:
        """Say what a failed wait is understood by: the letters still owed, and the last words of
        the emulator, which has those of the functions."""
        try:
            owed = [letter_line(row) for row in self.items() if is_waiting(row)]
        except Exception as error:
            owed = [f"the tables cannot be read: {error!r}"]
        log = self.emulator.log_path.read_text("utf-8", "replace").splitlines()
        return "\n".join(
            [
                f"{len(owed)} letters owed:",
                *owed[:OWED_ROWS],
                f"the end of {self.emulator.log_path}:",
                *log[-LOG_LINES:],
            ]
        )

    def restart(self, *, killed: bool = False) -> None:
        """Start again over the state that was kept.

        The emulator of a `killed` run is told to end, and nobody waits for it to save its state.
        """
        before = self._local
        if killed:
            before.emulator.tell_to_end()
            before.close_servers()
        else:
            before.stop()
        self._start(fresh=False)
        if killed:
            before.emulator.stop()

    def client(self, service: str) -> Any:
        return boto3.client(service, endpoint_url=self.emulator.url)  # type: ignore[call-overload]

    def post(self, form: str, fields: dict[str, Any], **headers: str) -> Response:
        body = json.dumps(fields).encode()
        return ask(
            "POST", f"{self.api}/forms/{form}", body, Content_Type="application/json", **headers
        )

    def submit(self, url: str, pairs: list[tuple[str, str]]) -> Response:
        """Send what a browser sends."""
        body = urlencode(pairs).encode()
        kind = "application/x-www-form-urlencoded"
        return ask("POST", url, body, Content_Type=kind, **HTML)

    def page(self, url: str) -> Response:
        return ask("GET", url, None, **HTML)

    def mail(self, to: str, subject: str = "") -> list[dict[str, Any]]:
        return [m for m in self.ses.messages() if to in m["to"] and subject in m["subject"]]

    def wait_for_mail(self, to: str, subject: str = "", count: int = 1) -> dict[str, Any]:
        found = wait_for(lambda: (m := self.mail(to, subject)) if len(self.mail(to, subject)) >= count else None,
                         f"mail to {to}: {subject}")  # fmt: skip
        last: dict[str, Any] = found[-1]
        return last

    def items(self, prefix: str = "") -> list[dict[str, Any]]:
        return [item for item in self._scan(self.table) if item["pk"]["S"].startswith(prefix)]

    def subscriber_items(self) -> list[dict[str, Any]]:
        return self._scan("relais-local-subscribers")

    def _scan(self, table: str) -> list[dict[str, Any]]:
        pages = self.client("dynamodb").get_paginator("scan").paginate(TableName=table)
        return [item for page in pages for item in page["Items"]]

    def sweep(self) -> None:
        """Do now what the schedule does every minute."""
        self.run_scheduled("sweep")

    def run_scheduled(self, function: str) -> Any:
        """Run a function as its schedule does, and return what it returns."""
        name = f"relais-local-{function}"
        response = self.client("lambda").invoke(FunctionName=name, Payload=SCHEDULED)
        told = response["Payload"].read()
        assert "FunctionError" not in response, told
        return json.loads(told)

    def logs(self, function: str) -> str:
        group = f"/aws/lambda/relais-local-{function}"
        events = self.client("logs").filter_log_events(logGroupName=group)["events"]
        return "\n".join(event["message"] for event in events)


def is_waiting(row: dict[str, Any]) -> bool:
    """Whether a row of the table is a letter that has not left."""
    status = row.get("status", {}).get("S")
    return row.get("kind", {}).get("S") == "letter" and status in ("owed", "claimed")


def letter_line(row: dict[str, Any]) -> str:
    """Return a letter's row in one line, without what it says and to whom."""
    names = ("pk", "sk", "status", "due_at", "attempts", "why", "sent_by")
    return " ".join(f"{name}={next(iter(row[name].values()))}" for name in names if name in row)


def wait_for(look: Callable[[], Any], what: str, seconds: float = 60, every: float = 0.3) -> Any:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := look():
            return found
        time.sleep(every)
    reports = [stack.report() for stack in RUNNING]
    raise AssertionError("\n".join([f"waited {seconds} s in vain for {what}", *reports]))


def link_in(text: str, kind: str) -> str:
    """Return the first whole link of a kind in the text part of a mail."""
    match = re.search(rf"http\S+(?:/{kind}/|[?&]{kind}=)[\w.~-]+", text)
    assert match, f"no {kind} link in {text[:500]}"
    return match[0]


def hidden(page: str, name: str) -> str:
    match = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert match, f"no {name} on {page[:2000]}"
    return match[1]


def fill(page: str, answers: dict[str, Any]) -> list[tuple[str, str]]:
    """Return a person's answers with all that the page hides in its form; the trap stays empty. Of
    a list it shows the first rows at least: one post takes them all, in place of those it knew."""
    shown = {re.sub(r"\[\d+\]", "[0]", name) for name, _ in samples.as_html(answers)}
    missing = {name for name in shown if f'name="{name}"' not in page}
    assert not missing, f"the page has no {missing}"
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    # A person takes longer than the robot that runs this.
    kept = [(n, v if n != "started_at" else str(int(v) - 60)) for n, v in found
            if n.partition("[")[0] not in answers]  # fmt: skip
    return [*kept, ("website", ""), *samples.as_html(answers)]
