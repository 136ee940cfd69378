"""An issue on the deployed stack: queue, pace, headers, and the whole way of what SES tells."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

import files
import sent_issue
from chalicelib.aws.keys import people_key, read_secret
from chalicelib.aws.lists import DynamoSubscriberStore
from chalicelib.core.ports import Change
from chalicelib.core.records import shard_of, stamp
from chalicelib.newsletter.issue_counts import counted
from chalicelib.newsletter.issues.issue import SCHEDULED, indexed, issue_key, issue_of
from chalicelib.newsletter.sending.recipients import missed, recipients
from chalicelib.newsletter.subscribers.subscriber import Subscriber, profile_key
from deployed import Stack, ask, wait_for
from deployed_desk import DeskBrowser
from tests.e2e.test_documents import given

ISSUE = "2026-04"

BACK = {
    "bounce": "BOUNCED",
    "suppressionlist": "BOUNCED",
    "complaint": "COMPLAINED",
    "success": "ACTIVE",
}


def simulated(outcome: str) -> str:
    """The simulator knows labels; without one these would be readers of another test."""
    return f"{outcome}+issue@simulator.amazonses.com"


@pytest.fixture(scope="module")
def lists(stack: Stack) -> DynamoSubscriberStore:
    client: Any = stack.client("dynamodb")
    return DynamoSubscriberStore(client, stack.table, "relais-local-subscribers")


@pytest.fixture(scope="module")
def sent(stack: Stack, lists: DynamoSubscriberStore) -> dict[str, Subscriber]:
    """Forty readers, and the addresses of the mailbox simulator, were sent an issue."""
    key = people_key(read_secret(stack.client("secretsmanager"), "relais-local-people"))
    readers = [
        sent_issue.reader(key, f"reader{n}@example.org", "fr" if n % 2 else "en", name=f"R{n}")
        for n in range(40)
    ]
    readers += [sent_issue.reader(key, simulated(name)) for name in BACK]
    sent_issue.enrol(lists, *readers)
    sent_issue.scheduled(lists, datetime.now(UTC), id=ISSUE)

    wait_until_sent(stack, lists, ISSUE)
    return {reader.email: reader for reader in readers}


def wait_until_sent(stack: Stack, lists: DynamoSubscriberStore, name: str) -> None:
    def over() -> bool:
        # The next round is a minute away; a test need not wait for it.
        lists.commit([Change(issue_key(name), set={"due_at": stamp(datetime.now(UTC))})])
        stack.sweep()
        issue = issue_of(lists, name)
        return issue is not None and issue.status == "SENT"

    wait_for(over, f"the issue {name} to be sent", seconds=120, every=1)


def test_every_reader_gets_it_once_with_the_headers_of_a_newsletter(
    stack: Stack, sent: dict[str, Subscriber]
) -> None:
    for email, reader in sent.items():
        subject = "Mars pour" if reader.lang == "fr" else "March for"
        (mail,) = stack.mail(email, subject)
        headers = mail["headers"]
        assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert headers["List-Id"] == f"<news-{reader.lang}.example.org>"
        assert headers["Content-Language"] == f"{reader.lang}-CA"
        assert headers["Precedence"] == "bulk"
        assert f"campaign={ISSUE}" in headers["X-SES-MESSAGE-TAGS"]
        assert "{{" not in mail["subject"] + mail["html"] + mail["text"]


def test_what_the_simulator_does_reaches_ledger_and_people(
    stack: Stack, sent: dict[str, Subscriber], lists: DynamoSubscriberStore
) -> None:
    def status(name: str) -> str:
        person = sent[simulated(name)].person
        row = lists.get(*profile_key(person))
        assert row is not None
        return str(row["status"])

    wait_for(
        lambda: {name: status(name) for name in BACK} == BACK, "bounces and complaints", seconds=120
    )
    wait_for(
        lambda: sum(c["delivered"] for c in counted(lists, ISSUE).values()) == 42,
        "deliveries",
        seconds=120,
    )
    found = {one.person: one for one in missed(lists, ISSUE)}
    assert set(found) == {sent[simulated(name)].person for name in BACK if name != "success"}
    assert "OnAccountSuppressionList" in found[sent[simulated("suppressionlist")].person].why
    assert all(one.state == "SENT" for one in recipients(lists, ISSUE))


def test_the_one_click_of_the_header_leaves_at_once(
    stack: Stack, sent: dict[str, Subscriber], lists: DynamoSubscriberStore
) -> None:
    reader = sent["reader1@example.org"]
    (mail,) = stack.mail(reader.email, "Mars pour")
    address = mail["headers"]["List-Unsubscribe"].split(">")[0].lstrip("<")
    for method in ("HEAD", "GET"):
        assert ask(method, address).status == 200
    row = lists.get(*profile_key(reader.person))
    assert row is not None
    assert row["status"] == "ACTIVE"
    kind = "application/x-www-form-urlencoded"
    answer = ask("POST", address, b"List-Unsubscribe=One-Click", Content_Type=kind)
    assert (answer.status, answer.text) == (200, "")
    row = lists.get(*profile_key(reader.person))
    assert row is not None
    assert row["status"] == "UNSUBSCRIBED"


def test_a_chain_ends_at_its_seventeenth_link_here_whatever_a_function_is_allowed(
    stack: Stack, sent: dict[str, Subscriber]
) -> None:
    """So the issue above, and that of `make issue`, are sent by chains which stay below."""

    def put(link: int) -> None:
        """What a function puts there that is the link of a chain itself."""
        queue: Any = stack.client("sqs")
        header = {"X-Ministack-Invoke-Depth": str(link)}
        queue.meta.events.register_first(
            "before-call.sqs.SendMessage", lambda params, **_: params["headers"].update(header)
        )
        url = queue.get_queue_url(QueueName="relais-local-issues")["QueueUrl"]
        queue.send_message(QueueUrl=url, MessageBody=f'{{"issue": "link-{link}"}}')

    put(16)
    put(15)
    wait_for(lambda: "link-15" in stack.logs("send_issue"), "the sixteenth link", seconds=60)
    assert "link-16" not in stack.logs("send_issue")


def test_the_mail_of_an_issue_written_at_the_desk_shows_the_image_that_was_brought(
    stack: Stack, lists: DynamoSubscriberStore
) -> None:
    key = people_key(read_secret(stack.client("secretsmanager"), "relais-local-people"))
    reader = sent_issue.reader(key, "image@example.org", topics=["events"])
    sent_issue.enrol(lists, reader)
    lists.commit([Change(("STAFF", "rita-roy"), set={"roles": ["communications"]})])
    image = files.png(files.chunk(b"tEXt", b"Author\0Ada"))
    desk = DeskBrowser(stack, "rita.roy@example.org")
    desk.sign_in()
    nonce = desk.nonce("/desk/newsletter")
    begun = desk.submit("/desk/newsletter", nonce=nonce, slug="2026-06")
    assert begun.status == 303, begun.text
    given_words = {"words_fr": "Le jardin", "words_en": "The garden", "place": "on", "act": "add"}
    nonce = desk.nonce("/desk/newsletter/2026-06/images")
    form = files.form_data(image, "Jardin.png", nonce=nonce, **given_words)
    placed = desk.post("/desk/newsletter/2026-06/images", form, files.SENT_WITH)
    assert placed.status == 303, placed.text
    assert "done=image_placed_now" in placed.headers["location"]
    row = issue_key("2026-06")
    due = {**indexed(SCHEDULED), "due_shard": shard_of(row[0])}
    step = {"status": SCHEDULED, "send_at": stamp(datetime.now(UTC)), "topics": ["events"], **due}
    lists.commit([Change(row, set=step)])
    wait_until_sent(stack, lists, "2026-06")
    mail = stack.wait_for_mail(reader.email)["html"]
    shown = re.search(r'<img src="([^"]+)" alt="Le jardin"', mail)
    assert shown, mail
    led = ask("GET", shown[1], None, Accept="image/avif,image/webp,*/*;q=0.8")
    assert led.status == 302
    status, headers, body = given(led.headers["location"])
    assert (status, headers["Content-Type"], body) == (200, "image/png", files.png())


def test_no_permission_is_missing_to_send(stack: Stack, sent: dict[str, Subscriber]) -> None:
    for function in ("api", "sweep", "send_issue", "settle_mail"):
        assert "AccessDenied" not in stack.logs(function)
