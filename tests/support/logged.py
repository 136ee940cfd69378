"""The lines of the log in a test, as CloudWatch would get them."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib.core import log_lines


class Lines:
    def __init__(self, written: io.StringIO) -> None:
        self._written = written

    @property
    def text(self) -> str:
        return self._written.getvalue()

    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    def of(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.all() if line.get("message") == event]


@contextmanager
def logged() -> Iterator[Lines]:
    """Keep what is logged meanwhile, from the level INFO on."""
    root = logging.getLogger("relais")
    level = root.level
    root.setLevel("INFO")
    log_lines.install(root, "test")
    written = io.StringIO()
    (handler,) = [one for one in root.handlers if isinstance(one.formatter, log_lines.JsonLines)]
    assert isinstance(handler, logging.StreamHandler)
    before = handler.setStream(written)
    try:
        yield Lines(written)
    finally:
        handler.setStream(before)
        root.setLevel(level)
