"""How long a letter about a file takes from owed to handed over, through boto3 to `bench.cloud`."""

import time
from datetime import UTC, datetime
from typing import Any

import boto3

from bench.handing import ONCE, QUICK, credentials
from chalicelib.aws.lists import DynamoSubscriberStore
from chalicelib.aws.ses import SesMailer
from chalicelib.cases.staff import Roster
from chalicelib.core.letter_row import letter, tag_of
from chalicelib.core.ports import Item, Mail, Put
from chalicelib.core.records import stamp
from chalicelib.mail.draft import Draft
from chalicelib.mail.outbox import Outbox

EVERY = 0.2
"""Seconds between two letters."""


class Desk:
    """A letter of the usual size, written already: what is measured is its way out."""

    def write(self, row: Item, now: datetime) -> Draft | None:
        tag = tag_of(row["pk"], row["sk"])
        mail = Mail(
            to="ada@example.org", subject="s", text="t" * 2000, html="h" * 8000, lang="fr", tag=tag
        )
        return Draft(mail, row["letter"], {"subject": "s"})


def measure(url: str, seconds: int) -> list[float]:
    """Return the times in seconds, sorted."""
    credentials()
    client: Any = boto3.client("dynamodb", endpoint_url=url, config=QUICK)
    ses: Any = boto3.client("sesv2", endpoint_url=url, config=ONCE)
    store = DynamoSubscriberStore(client, "Records", "Subscribers")
    mailer = SesMailer(ses, sender="a@example.org", reply_to="b@example.org", configuration_set="c")
    post = Outbox(store, mailer, Desk(), Roster(store), lambda: datetime.now(UTC))
    times = []
    until = time.perf_counter() + seconds
    while (began := time.perf_counter()) < until:
        now = stamp(datetime.now(UTC))
        row = letter(f"CASE#{time.time_ns()}", 1, "eoi_received", to="applicant", due=now)
        store.commit([Put(row)])
        outcome = post.deliver((row["pk"], row["sk"]))
        assert outcome == "sent", outcome
        times.append(time.perf_counter() - began)
        time.sleep(max(0.0, EVERY - times[-1]))
    return sorted(times)
