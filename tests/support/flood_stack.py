"""A flood of posts against the stack on this machine, with the limits that are deployed: its
functions, tables, stream and mail are real, and so is its clock."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from urllib.parse import urlsplit

import samples
from deployed import Stack
from flood import HONEST_EVERY, VICTIMS, outcome_of, reader_of, stranger_post

AT_ONCE: Final = 6
"""Posts on their way at the same time."""

STAFF: Final = ("rita.roy", "sam.lee")

Say = Callable[[str], None]


class StackFlood:
    def __init__(self, stack: Stack, posts: int, networks: int, say: Say) -> None:
        self._stack = stack
        self._posts = posts
        self._networks = networks
        self._say = say
        self._api = urlsplit(stack.api)
        self._here = threading.local()
        self._outcomes: Counter[str] = Counter()
        self._seconds: list[float] = []
        self._refused: list[object] = []

    def run(self) -> list[str]:
        """Post, and return the table, a line for each number."""
        began = time.monotonic()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for done, _ in enumerate(pool.map(self._each, range(self._posts)), 1):
                if done % 1000 == 0:
                    self._say(f"{done} posts after {time.monotonic() - began:.0f} s")
        minutes = (time.monotonic() - began) / 60
        rows = self._rows()
        sent = Counter(reader_of(to) for mail in self._stack.ses.messages() for to in mail["to"])
        found: list[tuple[str, object]] = [
            ("posts", self._posts),
            ("minutes", f"{minutes:.1f}"),
            (
                "honest visitors served",
                f"{len(self._seconds)} of {-(-self._posts // HONEST_EVERY)}",
            ),
            ("slowest of their posts, s", f"{max(self._seconds, default=0):.2f}"),
            *((f"posts {name}", number) for name, number in sorted(self._outcomes.items())),
            *((f"rows: {kind}", number) for kind, number in sorted(rows.items())),
            ("letters, most to a victim", max(sent[f"victim{n}"] for n in range(VICTIMS))),
            ("letters, most to one of staff", max(sent[name] for name in STAFF)),
            ("letters to honest visitors", sent["honest"]),
            ("letters to addresses made up", sent["made.up"]),
        ]
        return [f"{name:<44}{value}" for name, value in found] + [
            f"an honest visitor got {each}" for each in self._refused
        ]

    def _each(self, number: int) -> None:
        if number % HONEST_EVERY == 0:
            given = samples.eoi(contact_email=f"honest{number}@example.org")
            began = time.monotonic()
            status = self._ask("/forms/eoi", given, f"192.0.2.{number // HONEST_EVERY % 250}")
            if status == http.client.CREATED:
                self._seconds.append(time.monotonic() - began)
            else:
                self._refused.append(status)
        self._outcomes[outcome_of(self._ask(*stranger_post(number, self._networks)))] += 1

    def _ask(self, path: str, given: dict[str, Any], network: str) -> int:
        """Post as from a network: the emulator reads it where a proxy writes it."""
        headers = {"Content-Type": "application/json", "X-Forwarded-For": network}
        if not hasattr(self._here, "connection"):
            host, port = self._api.hostname or "", self._api.port
            self._here.connection = http.client.HTTPConnection(host, port, timeout=120)
        connection = self._here.connection
        connection.request("POST", f"{self._api.path}{path}", json.dumps(given).encode(), headers)
        response = connection.getresponse()
        response.read()
        return int(response.status)

    def _rows(self) -> Counter[str]:
        items: Sequence[dict[str, Any]] = [*self._stack.items(), *self._stack.subscriber_items()]
        found = Counter(str(item.get("kind", {}).get("S")) for item in items)
        held = sum(item.get("state", {}).get("S") == "HELD_AS_SPAM" for item in items)
        owed = sum(item.get("status", {}).get("S") in ("owed", "claimed") for item in items)
        return found + Counter({"held": held, "letters still owed": owed})
