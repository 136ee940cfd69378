"""A flood of posts from many networks beside honest visitors, through the whole app.

The store is in memory: one contract holds it to the tables of AWS (`contracts.py`), and moto copies
every table for each transaction, which would take days for ten thousand posts.
"""

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

import app as application
import samples
from chalicelib.aws.keys import Keys
from chalicelib.core.ports import Put
from chalicelib.core.settings import read
from chalicelib.services import Services
from clock_steps import QuickStore
from environment import ENVIRONMENT, RITA, SAM
from fakes import MemoryMailer, MemorySuppression, SetClock
from worst_requests import Place, Sent, event

VICTIMS = 5
HONEST_EVERY = 50
"""One post in so many is an honest visitor's, from a network of their own."""

LIMITS = {
    "POSTS_PER_HOUR": "120",
    "SIGNUPS_PER_HOUR": "60",
    "UNPROVED_LETTERS_PER_HOUR": "200",
}


@dataclass
class Flooded:
    """What a flood came to. `letters` and `owed` are after the two days that follow it."""

    posts: int
    honest: int = 0
    served: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    letters: Counter[str] = field(default_factory=Counter)
    most_to_a_victim_in_the_hour: int = 0
    most_to_one_of_staff_in_the_hour: int = 0
    owed: int = 0
    cpu_ms: float = 0

    def lines(self) -> list[str]:
        """Return the table, a line for each number."""
        found = [
            ("posts", self.posts),
            ("honest visitors served", f"{self.served} of {self.honest}"),
            *((f"posts {name}", number) for name, number in sorted(self.outcomes.items())),
            *((f"rows {kind}", number) for kind, number in sorted(self.rows.items())),
            ("letters in the hour, most to a victim", self.most_to_a_victim_in_the_hour),
            ("letters in the hour, most to one of staff", self.most_to_one_of_staff_in_the_hour),
            *((f"letters within two days to {who}", n) for who, n in sorted(self.letters.items())),
            ("letters still owed", self.owed),
            ("CPU a post, ms", f"{self.cpu_ms:.2f}"),
        ]
        return [f"{name:<44}{value}" for name, value in found]


class Flood:
    def __init__(self, posts: int, networks: int) -> None:
        self.store, self.mailer, self.clock = QuickStore(), MemoryMailer(), SetClock()
        self.store.commit([Put({**RITA}), Put({**SAM})])
        self.service = Services(
            read({**ENVIRONMENT, **LIMITS}), self.store,
            Keys(links=("a" * 64,), people=b"p" * 32), self.mailer, self.clock,
            MemorySuppression(),
        )  # fmt: skip
        self.networks = networks
        self.told = Flooded(posts)

    def run(self) -> Flooded:
        """Post for an hour, then let almost two days pass."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(application, "services", lambda: self.service)
            patch.setattr(application, "settings", lambda: self.service.settings)
            return self._run()

    def _run(self) -> Flooded:
        told, cpu = self.told, 0.0
        for number in range(told.posts):
            began = time.process_time()
            outcome = self._post(number)
            cpu += time.process_time() - began
            told.outcomes[outcome] += 1
            if number % HONEST_EVERY == 0:
                self._honest(number)
            self.clock.pass_(seconds=3000 / told.posts)
            if number % 100 == 0:
                self._deliver()
        self._deliver()
        told.cpu_ms = cpu * 1000 / told.posts
        kept = list(self.store.everything())
        told.rows = Counter(str(row.get("kind")) for row in kept)
        told.outcomes["held"] = sum(row.get("state") == "HELD_AS_SPAM" for row in kept)
        sent = Counter(reader_of(mail.to) for mail in self.mailer.sent)
        told.most_to_a_victim_in_the_hour = max(sent[f"victim{n}"] for n in range(VICTIMS))
        told.most_to_one_of_staff_in_the_hour = max(sent["rita.roy"], sent["sam.lee"])
        for _ in range(40):
            self.clock.pass_(hours=1)
            self._deliver()
        told.letters = Counter(reader_of(mail.to, kinds=True) for mail in self.mailer.sent)
        told.owed = sum(row["status"] == "owed" for row in self.store.kinds("letter"))
        return told

    def _deliver(self) -> None:
        while {"sent", "spread"} & set(self.service.mail.outbox.sweep()):
            pass

    def _post(self, number: int) -> str:
        return outcome_of(self._ask(*stranger_post(number, self.networks)))

    def _ask(self, path: str, given: dict[str, Any], network: str) -> int:
        route = "/forms/{form}" if path.startswith("/forms/") else path
        body = ("application/json", json.dumps(given).encode())
        made: dict[str, Any] = event(route, "POST", Place(path), Sent(body))
        made["requestContext"]["identity"]["sourceIp"] = network
        status = int(application.app(made, SimpleNamespace())["statusCode"])
        assert status < 500  # noqa: PLR2004
        return status

    def _honest(self, number: int) -> None:
        """Somebody mistypes their address, is told so, and is served."""
        self.told.honest += 1
        network = f"192.0.2.{number % 250}"
        for email, wanted in ((f"honest{number}@", 422), (f"honest{number}@example.org", 201)):
            status = self._ask("/forms/eoi", samples.eoi(contact_email=email), network)
            assert status == wanted, status
        self.told.served += 1


def stranger_post(number: int, networks: int) -> tuple[str, dict[str, Any], str]:
    """Return what a stranger posts, by one address after the other, with path and network."""
    network = f"2001:db8:{number % networks:x}::{number:x}"
    # Half of them to a few mailboxes, the others to addresses made up.
    target = f"victim{number % VICTIMS}+{number}" if number % 2 else f"made.up{number}"
    address = f"{target}@example.com"
    sign_up = {"email": address, "language": "fr", "consent": True}
    ways = [
        ("/forms/eoi", samples.eoi(contact_email=address)),
        ("/forms/eoi", samples.eoi(contact_email=address)),
        ("/forms/application", samples.application(applicant_email=address)),
        ("/forms/assessment", samples.assessment(send_to_email=address)),
        ("/forms/eoi", samples.eoi(contact_email="x", org_city="")),
        ("/newsletter", sign_up),
    ]
    path, given = ways[(number // 2) % len(ways)]
    return path, given, network


def outcome_of(status: int) -> str:
    return {422: "refused for what is in them", 429: "refused as too many"}.get(status, "taken")


def reader_of(address: str, *, kinds: bool = False) -> str:
    """Return whose mailbox an address is: which victim or member of staff, or what kind of them."""
    name = address.partition("@")[0].partition("+")[0]
    for kind in ("victim", "honest", "made.up") if kinds else ("honest", "made.up"):
        if name.startswith(kind):
            return kind
    return name
