"""One `SendBulkEmail` for fifty readers beside fifty `SendEmail`, through boto3 to `bench.cloud`."""

import time
from collections.abc import Callable
from typing import Any, Final

import boto3

from bench.handing import ONCE, credentials
from bench.support.newsstand import person, settings, texts
from chalicelib.aws.bulk import SesBulkMailer
from chalicelib.core.links import Links
from chalicelib.newsletter.issue_counts import Readership
from chalicelib.newsletter.issues.rendered import fill
from chalicelib.newsletter.sending.envelopes import Envelopes
from chalicelib.newsletter.sending.ledger import BATCH_SIZE, batches_of
from chalicelib.newsletter.sending.ports import Bulk, Envelope

SIZE: Final = 25_000
"""Bytes of the issue."""


def bulk_of() -> Bulk:
    """Return fifty readers of one language, as the sender offers them."""
    config = settings()
    readers = [person(number, "fr") for number in range(BATCH_SIZE)]
    (batch,) = batches_of("2026-03", "00-0000", {Readership("fr"): [one.person for one in readers]})
    envelopes = Envelopes(Links(["a" * 64], config.public_url, config.website_url), config)
    profiles = {one.person: {"email": one.email, "name": one.name} for one in readers}
    return Bulk(
        texts(SIZE)["fr"],
        envelopes.common("2026-03", "fr"),
        envelopes.each(batch, range(BATCH_SIZE), profiles),
    )


def at_once(client: Any, bulk: Bulk) -> None:
    config = settings()
    mailer = SesBulkMailer(
        client, sender=config.sender, reply_to=config.reply_to, configuration_set="bench"
    )
    assert {reply.kind for reply in mailer.offer(bulk)} == {"sent"}


def one_by_one(client: Any, bulk: Bulk) -> None:
    """Send the same mails, each filled here instead of by SES."""
    config = settings()
    for envelope in bulk.envelopes:
        client.send_email(
            FromEmailAddress=config.sender,
            ReplyToAddresses=[config.reply_to],
            Destination={"ToAddresses": [envelope.to]},
            Content={"Simple": _content(bulk, envelope)},
            EmailTags=_named(envelope.tags),
            ConfigurationSetName="bench",
        )


def measure(url: str, rounds: int) -> dict[str, dict[str, float]]:
    """Return, for each way and of one reader, microseconds of CPU and of waiting, and calls of SES."""
    credentials()
    client: Any = boto3.client("sesv2", endpoint_url=url, config=ONCE)
    calls: list[str] = []
    client.meta.events.register("before-send.*.*", lambda **_: calls.append("call"))
    bulk = bulk_of()
    ways: dict[str, Callable[[Any, Bulk], None]] = {
        "SendBulkEmail": at_once,
        "SendEmail": one_by_one,
    }
    found = {}
    for name, way in ways.items():
        way(client, bulk)
        calls.clear()
        began, cpu = time.perf_counter(), time.process_time()
        for _ in range(rounds):
            way(client, bulk)
        number = rounds * BATCH_SIZE
        found[name] = {
            "cpu": (time.process_time() - cpu) / number * 1e6,
            "wall": (time.perf_counter() - began) / number * 1e6,
            "calls": len(calls) / number,
        }
    return found


def _content(bulk: Bulk, envelope: Envelope) -> dict[str, Any]:
    mail = fill(bulk.rendered, envelope.values)
    return {
        "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
        "Body": {
            "Text": {"Data": mail.text, "Charset": "UTF-8"},
            "Html": {"Data": mail.html, "Charset": "UTF-8"},
        },
        "Headers": _named({**bulk.headers, **envelope.headers}),
    }


def _named(values: Any) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in values.items()]
