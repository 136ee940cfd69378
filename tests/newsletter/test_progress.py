"""After an issue was sent: who was missed, why, and how they are written to again."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, get_args

import pytest
from chalice.test import Client

import app as application
import issue_factory
from chalicelib import content
from chalicelib.core.ports import Put
from chalicelib.newsletter.issue_counts import Readership, count
from chalicelib.newsletter.issues.issue import Issue
from chalicelib.newsletter.sending.keys import seen_key, shard_row_key
from chalicelib.newsletter.sending.ledger import Batch, RecipientOutcome, batches_of
from chalicelib.newsletter.sending.unreached import Unreached, UnreachedReader
from chalicelib.newsletter.subscribers import subscriber
from chalicelib.newsletter.subscribers.subscriber import Status, Subscriber
from chalicelib.services import Services
from chalicelib.views.issue_figures import MAX_READERS_SHOWN
from fakes import MemoryStore, SetClock
from visitor import hidden

HTML = {"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"}
SHARD = "00-0000"
FRENCH = Readership("fr", ("news",))


def person(number: int) -> str:
    return f"{number:032x}"


@pytest.fixture
def sent(service: Services, store: MemoryStore, clock: SetClock) -> None:
    """An issue to six people: sent, failed, skipped, bounced, failed and gone, unknown."""
    issue = issue_factory.sending(service)
    (batch,) = batches_of(issue.id, SHARD, {FRENCH: [person(n) for n in range(6)]})
    outcomes = {
        0: RecipientOutcome("S", message_id="m0"),
        1: RecipientOutcome("F", "refused: 550"),
        2: RecipientOutcome("K", "unsubscribed"),
        3: RecipientOutcome("S", message_id="m3"),
        4: RecipientOutcome("F", "refused: 550"),
        5: RecipientOutcome("U", "no answer"),
    }
    done: Batch = batch.answered(outcomes, clock())
    store.commit([Put({"pk": shard_row_key(issue.id, SHARD)[0], "sk": f"SHARD#{SHARD}"})])
    store.commit([replace(done).row(clock())])
    pk, sk = seen_key(issue.id, SHARD, 0)
    seen = {"pk": pk, "sk": sk, "bounced": {3}, "why_3": {"text": "5.1.1", "domain": "a.org"}}
    store.items[pk, sk] = seen
    statuses: list[Status] = ["ACTIVE", "ACTIVE", "UNSUBSCRIBED", "BOUNCED"]
    for number, status in enumerate(statuses):
        email = f"reader{number}@example.org" if status != "UNSUBSCRIBED" else ""
        row = Subscriber(person(number), status, 1, "2026-03-01T00:00:00.000Z", email=email)
        store.commit([Put({**row.item(), "email": email})])
    issue_factory.newsroom(service).lifecycle.finished(issue, {})


@pytest.fixture
def client(service: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setattr(application, "services", lambda: service)
    monkeypatch.setattr(application, "settings", lambda: service.settings)
    with Client(application.app) as found:
        yield found


def path(service: Services, issue: str = "2026-03") -> str:
    return service.links.progress(issue, "rita-roy").removeprefix(service.settings.public_url)


def post(client: Client, where: str, **fields: str) -> Any:
    nonce = hidden(client.http.get(where, headers=HTML).body.decode(), "nonce")
    pairs = {"nonce": nonce, "confirm": "on", "act": "send_again", **fields}
    body = "&".join(f"{name}={value}" for name, value in pairs.items())
    return client.http.post(where, headers=HTML, body=body.encode())


@pytest.mark.usefixtures("sent")
def test_each_one_missed_has_a_reason_and_a_chance_or_none(
    service: Services, store: MemoryStore, clock: SetClock
) -> None:
    found = list(Unreached(store, clock)(issue_factory.newsroom(service).lifecycle.get("2026-03")))
    assert [(one.person[-1], one.reason("en"), one.again) for one in found] == [
        ("1", "SES did not take it (refused: 550)", True),
        ("2", "Unsubscribed before it was sent", False),
        ("3", "Their e-mail service returned it (5.1.1)", False),
        ("4", "SES did not take it (refused: 550)", False),
        ("5", "SES has not told what became of it (no answer)", False),
    ]
    assert found[0].email == "reader1@example.org"


def test_every_reason_to_skip_somebody_has_its_words() -> None:
    reasons = {
        f"skipped_{status.lower()}" for status in get_args(subscriber.Status) if status != "ACTIVE"
    }
    reasons |= {"skipped_paused", "skipped_topics", "skipped_moved"}
    rest = {"complained", "bounced", "soft", "rejected", "failed", "unknown", "not_sent"}
    assert set(content.newsroom()["missed"]) == reasons | rest


@pytest.mark.usefixtures("sent")
def test_the_page_lists_them_when_asked_with_addresses_hinted_at(
    client: Client, service: Services, store: MemoryStore
) -> None:
    store.commit([count("2026-03", FRENCH, SHARD, {"failed": 2})])
    assert "refused" not in client.http.get(path(service), headers=HTML).body.decode()
    page = client.http.get(f"{path(service)}?missed=1", headers=HTML).body.decode()
    assert "r***@example.org (FR)" in page
    assert "SES ne l’a pas pris (refused: 550)" in page
    assert "reader1@" not in page


@pytest.mark.usefixtures("sent")
def test_send_to_these_makes_one_issue_however_often_it_is_pressed(
    client: Client, service: Services, store: MemoryStore
) -> None:
    answer = post(client, path(service))
    assert answer.status_code == 303
    assert "/newsletter/progress/" in answer.headers["Location"]
    again = issue_factory.newsroom(service).lifecycle.get("2026-03-suite-2")
    assert (again.status, again.segment) == ("SCHEDULED", {"missed": "2026-03"})
    assert ("ISSUE#2026-03-suite-2", "ISSUE") in list(store.due("2026-03-02T15:00:00.000Z"))
    page = client.http.get(path(service), headers=HTML).body.decode()
    assert 'name="act"' not in page
    body = (
        b"act=send_again&confirm=on&nonce="
        + service.links.nonce(path(service).rsplit("/", 1)[1]).encode()
    )
    assert client.http.post(path(service), headers=HTML, body=body).status_code == 409


@pytest.mark.usefixtures("sent")
def test_with_nobody_to_reach_nothing_is_made(
    client: Client, service: Services, store: MemoryStore
) -> None:
    store.items[f"PERSON#{person(1)}", "PROFILE"]["status"] = "UNSUBSCRIBED"
    answer = post(client, path(service))
    assert answer.status_code == 422
    assert "Il n’y a personne à qui renvoyer" in answer.body.decode()
    assert ("ISSUE#2026-03-suite-2", "ISSUE") not in store.items


@pytest.mark.usefixtures("sent")
@pytest.mark.parametrize(
    ("texts", "why"),
    [
        ({"postal_address": "1, rue Ancienne"}, "a changé depuis"),
        ({"named": ["Un autre nom", "info@example.org"]}, "a changé depuis"),
    ],
)
def test_nothing_is_sent_again_that_names_its_sender_as_it_was(
    client: Client, service: Services, store: MemoryStore, texts: dict[str, Any], why: str
) -> None:
    store.items["ISSUE#2026-03", "ISSUE"] |= texts
    answer = post(client, path(service))
    assert answer.status_code == 422
    assert why in answer.body.decode()
    assert ("ISSUE#2026-03-suite-2", "ISSUE") not in store.items


@pytest.mark.usefixtures("sent")
def test_without_a_tick_nothing_is_sent_again(client: Client, service: Services) -> None:
    assert post(client, path(service), confirm="").status_code == 422


def test_the_page_lists_no_more_than_it_shows(
    client: Client, service: Services, store: MemoryStore, clock: SetClock
) -> None:
    issue = issue_factory.sending(service)
    people = {FRENCH: [person(n) for n in range(MAX_READERS_SHOWN + 50)]}
    for batch in batches_of(issue.id, SHARD, people):
        failed = {n: RecipientOutcome("F", "550") for n in range(len(batch.people))}
        store.commit([batch.answered(failed, clock()).row(clock())])
    store.commit([Put({"pk": f"ISSUE#{issue.id}", "sk": f"SHARD#{SHARD}"})])
    store.commit([count(issue.id, FRENCH, SHARD, {"failed": MAX_READERS_SHOWN + 50})])
    issue_factory.newsroom(service).lifecycle.finished(issue, {})
    page = client.http.get(f"{path(service)}?missed=1&lang=en", headers=HTML).body.decode()
    assert page.count("SES did not take it (550)") == MAX_READERS_SHOWN
    assert f"The first {MAX_READERS_SHOWN}." in page


@pytest.mark.usefixtures("sent")
def test_whoever_died_before_it_was_scheduled_finds_that_still_to_do(
    client: Client, service: Services
) -> None:
    newsroom = issue_factory.newsroom(service)
    newsroom.follow_up(newsroom.lifecycle.get("2026-03"), "rita-roy")
    assert post(client, path(service)).status_code == 303
    assert newsroom.lifecycle.get("2026-03-suite-2").status == "SCHEDULED"


@pytest.mark.usefixtures("sent")
def test_a_slow_ledger_is_not_taken_for_nobody(
    service: Services, store: MemoryStore, clock: SetClock
) -> None:
    def slowly(issue: Issue) -> Iterator[UnreachedReader]:
        for one in Unreached(store, clock)(issue):
            clock.pass_(seconds=16)
            yield replace(one, again=False)

    acts = replace(service.issues.acts, missed=slowly)
    assert acts._anybody(issue_factory.newsroom(service).lifecycle.get("2026-03"))


@pytest.mark.usefixtures("sent")
def test_a_link_to_an_issue_ends_a_month_after_the_issue(
    client: Client, service: Services, clock: SetClock
) -> None:
    where = path(service)
    clock.pass_(days=30)
    assert client.http.get(where, headers=HTML).status_code == 200
    clock.pass_(seconds=1)
    assert client.http.get(where, headers=HTML).status_code == 404


def test_the_page_has_the_figures_of_each_topic_where_there_are_several(
    client: Client, service: Services, store: MemoryStore
) -> None:
    issue = issue_factory.sending(service)
    store.commit([count(issue.id, FRENCH, SHARD, {"queued": 1200, "sent": 700})])
    where = f"{path(service)}?lang=fr"
    page = client.http.get(where, headers=HTML).body.decode()
    assert "Par sujet" not in page
    both = Readership("fr", ("events", "news"))
    store.commit([count(issue.id, both, SHARD, {"queued": 30, "sent": 20, "skipped": 4})])
    page = client.http.get(where, headers=HTML).body.decode()
    rows = re.findall("À envoyer</th><td>([^<]+)</td>", page)
    assert rows == ["1\u00a0230", "30", "1\u00a0230"]
    assert re.findall("<h3>([^<]+)</h3>", page) == [
        "events", "Accompagnement, financement et événements",
    ]  # fmt: skip
