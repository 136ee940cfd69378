"""What is logged: a line of JSON for each event, in the shape of Lambda's own, and nothing of a
person in it.

An event is opened by `event`, and whatever happens in it may `note` a fact or `count` something:
its line is written once, at its end. Other lines of the log carry its `cid`, the correlation id
that follows a submission through the stream, its letters and what SES reports of them.
"""

import json
import logging
import re
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal, TypedDict, Unpack, cast
from uuid import uuid4

from chalicelib.core.errors import RelaisError
from chalicelib.core.metrics import Metric, embedded

EventName = Literal[
    "request", "decision", "letter", "clock", "sweep", "mail_event", "issue_part", "jobs", "anchors",
    "document", "documents",
]  # fmt: skip
"""What a line tells of, under `event`."""


class Facts(TypedDict, total=False):
    """What a line may say beside message and time; docs/operators.md has a row for each."""

    cold: bool
    method: str
    route: str
    status: int
    code: str
    form: str
    letter: str
    outcome: str
    by: str
    kind: str
    counts: dict[str, int]
    issue: str
    ms: int


LINE_FIELDS: Final = (
    "timestamp", "level", "message", "logger", "requestId", "event", "cid",
    *Facts.__annotations__,
    "errorType", "errorMessage", "stackTrace",
)  # fmt: skip
"""Every field of a line, in the order in which they stand; those of metrics follow."""

_CID: Final = re.compile(r"[A-Za-z0-9-]{8,64}")
"""What a correlation id may be made of: SES takes no more in a tag."""

_ADDRESS: Final = re.compile(r"[^\s<>\"'(),:;\[\]]+@[^\s<>\"'(),:;\[\]]+")

log = logging.getLogger("relais.event")


@dataclass
class _Event:
    name: EventName
    cid: str
    facts: Facts = field(default_factory=Facts)
    metrics: dict[Metric, float] = field(default_factory=dict)


_current: ContextVar[_Event | None] = ContextVar("event", default=None)

_process: Final = {"stage": "", "request": "", "cold": "yes"}
"""What holds for this process: its stage, its invocation, and whether that is its first."""


def install(root: logging.Logger, stage: str = "", level: int | None = None) -> None:
    """Write the lines of a logger, and of those below it, as JSON."""
    _process["stage"] = stage or _process["stage"]
    if level is not None:
        root.setLevel(level)
    if not any(isinstance(one.formatter, JsonLines) for one in root.handlers):
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(JsonLines())
        root.addHandler(handler)
        root.propagate = False


def begin_invocation(request_id: str) -> None:
    """Note which invocation of Lambda the lines from here on are of."""
    _process["request"] = request_id


def is_cold() -> bool:
    """Tell whether nobody has asked before in this process."""
    was, _process["cold"] = _process["cold"], ""
    return bool(was)


def cid() -> str:
    """Return the correlation id of what goes on now; empty outside of every event."""
    current = _current.get()
    return current.cid if current else ""


@contextmanager
def event(name: EventName, cid: object = "") -> Iterator[None]:
    """Open an event, write its line at its end, however it ends. Without a `cid` that can be one
    it gets a new one."""
    given = cid if isinstance(cid, str) and _CID.fullmatch(cid) else str(uuid4())
    opened = _Event(name, given)
    token = _current.set(opened)
    start = time.perf_counter()
    try:
        yield
    finally:
        opened.facts["ms"] = round((time.perf_counter() - start) * 1000)
        if log.isEnabledFor(logging.INFO):
            log.info("%s", name, extra={"relais_event": opened})
        _current.reset(token)


def follow(cid: object) -> None:
    """Go on under the correlation id that a row or a mail brings, if it is one."""
    current = _current.get()
    if current and isinstance(cid, str) and _CID.fullmatch(cid):
        current.cid = cid


def note(**facts: Unpack[Facts]) -> None:
    """Add facts to the line of the event that goes on; outside of every event, do nothing."""
    if current := _current.get():
        current.facts.update(facts)


def count(metric: Metric, number: float = 1) -> None:
    """Add to a metric in the line of the event that goes on."""
    if current := _current.get():
        current.metrics[metric] = current.metrics.get(metric, 0) + number


class JsonLines(logging.Formatter):
    """Formats a record as Lambda does with its JSON format, and keeps back what may be personal:
    addresses, and the messages of errors that are not ours, which may repeat what was typed."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC)
        opened = cast("_Event | None", getattr(record, "relais_event", None))
        current = opened or _current.get()
        line: dict[str, object] = {
            "timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "message": masked(record.getMessage()),
            "logger": record.name,
            "requestId": _process["request"],
            "event": current.name if current else "",
            "cid": current.cid if current else "",
            **(opened.facts if opened else {}),
            **_error(record),
        }
        written = {name: value for name, value in line.items() if value not in ("", None)}
        if opened and opened.metrics:
            written |= embedded(_process["stage"], opened.metrics, at)
        return json.dumps(written, ensure_ascii=False)


def masked(text: str) -> str:
    """Return a text without the e-mail addresses in it."""
    return _ADDRESS.sub("…@…", text) if "@" in text else text


def _error(record: logging.LogRecord) -> dict[str, object]:
    if not record.exc_info or record.exc_info[1] is None:
        return {}
    error = record.exc_info[1]
    frames = traceback.extract_tb(record.exc_info[2])
    return {
        "errorType": type(error).__name__,
        "errorMessage": masked(_message(error)),
        # The lines of the source are in the source; what was in the variables stays out.
        "stackTrace": [f"{one.filename}:{one.lineno} {one.name}" for one in frames],
    }


def _message(error: BaseException) -> str:
    """Return what an error says, if it may be kept: ours, and the code of an error of AWS."""
    if isinstance(error, RelaisError):
        return str(error)
    response = getattr(error, "response", None)
    found = response.get("Error", {}).get("Code", "") if isinstance(response, dict) else ""
    return str(found)
