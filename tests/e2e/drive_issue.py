"""An issue to ten thousand readers on the local AWS on a bad day: `make issue`.

SES throttles all that is sent for five minutes, limits every other call to one a second, and
connections that were idle are dead. READERS and THROTTLED_SECONDS make it shorter.
"""

import os
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

import sent_issue
from chalicelib.aws.keys import people_key, read_secret
from chalicelib.aws.lists import DynamoSubscriberStore
from chalicelib.core.ports import Put
from chalicelib.newsletter.issue_counts import counted, shown
from chalicelib.newsletter.issues.issue import SENT, issue_of
from deployed import Stack

READERS = int(os.environ.get("READERS", "10000"))
THROTTLED_SECONDS = int(os.environ.get("THROTTLED_SECONDS", "300"))

ISSUE = "2026-05"
BATCH_ROWS = 25
QUOTA = {"Max24HourSend": 50_000.0, "MaxSendRate": 100.0, "SentLast24Hours": 0.0}
AT_MOST_SECONDS = 3600


@pytest.fixture(scope="module")
def lists(stack: Stack) -> Iterator[DynamoSubscriberStore]:
    client: Any = stack.client("dynamodb")
    stack.ses.quota = {**QUOTA}
    stack.ses.reporting = False
    yield DynamoSubscriberStore(client, stack.table, "relais-local-subscribers")
    stack.ses.refuse = lambda: None


def enrolled(stack: Stack, lists: DynamoSubscriberStore) -> set[str]:
    """Write the rows of all readers, and return their addresses."""
    key = people_key(read_secret(stack.client("secretsmanager"), "relais-local-people"))
    readers = [
        sent_issue.reader(key, f"reader{n}@example.org", "fr" if n % 2 else "en")
        for n in range(READERS)
    ]
    batches = [readers[at : at + BATCH_ROWS] for at in range(0, READERS, BATCH_ROWS)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda batch: lists.commit([Put(one.item()) for one in batch]), batches))
    return {one.email for one in readers}


def test_ten_thousand_readers_get_it_once_on_a_bad_day(
    stack: Stack, lists: DynamoSubscriberStore
) -> None:
    addresses = enrolled(stack, lists)
    sent_issue.scheduled(lists, datetime.now(UTC), id=ISSUE)
    began, known = time.monotonic(), letters(stack)
    first_mail: list[float] = []

    def refuse() -> tuple[int, str] | None:
        """Throttle from the first hundred mails on, until the minutes are over."""
        now = time.monotonic()
        if not first_mail and len(stack.ses.messages()) > 100:
            first_mail.append(now)
        is_throttled = first_mail and now - first_mail[0] < THROTTLED_SECONDS
        return (429, "TooManyRequestsException") if is_throttled else None

    stack.ses.refuse = refuse
    status = ""
    while status != SENT:
        assert time.monotonic() - began < AT_MOST_SECONDS, f"{len(got(stack, addresses))} sent"
        time.sleep(30)
        found = issue_of(lists, ISSUE)
        status = found.status if found else ""
    took = time.monotonic() - began
    received = got(stack, addresses)
    assert first_mail, "no weather came"
    assert set(received) == addresses, f"lost: {len(addresses - set(received))}"
    assert max(received.values()) == 1, f"twice: {[a for a, n in received.items() if n > 1][:5]}"
    numbers = counted(lists, ISSUE)
    assert sum(shown(n)["sent"] for n in numbers.values()) == READERS
    told = letters(stack) - known
    assert told <= {"newsletter_report"}, "what mends itself is told to nobody"
    print(f"{READERS} readers in {took:.0f} s, of which {THROTTLED_SECONDS} s throttled")


def got(stack: Stack, addresses: set[str]) -> Counter[str]:
    """Count the mails that each reader got."""
    return Counter(to for m in stack.ses.messages() for to in m["to"] if to in addresses)


def letters(stack: Stack) -> set[str]:
    """Return the names of all letters that were owed to anybody."""
    return {
        row["letter"]["S"] for row in stack.items() + stack.subscriber_items()
        if row.get("kind", {}).get("S") == "letter"
    }  # fmt: skip
