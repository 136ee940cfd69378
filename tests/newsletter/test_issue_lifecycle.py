"""How staff bring an issue to its readers: versions, tests, a second person, and the clock."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from chalice.test import Client
from moto import mock_aws

import app as application
import issue_factory
from chalicelib.aws.keys import Keys
from chalicelib.aws.lists import DynamoSubscriberStore
from chalicelib.core.errors import Conflict, Refused, TooMany
from chalicelib.core.languages import LANGS
from chalicelib.core.ports import Put
from chalicelib.core.settings import Settings
from chalicelib.newsletter.issue_counts import Readership, count, counted
from chalicelib.newsletter.issues import archive
from chalicelib.newsletter.issues.approval import ApprovalInput, Approvals
from chalicelib.newsletter.issues.compiler import compiled
from chalicelib.newsletter.issues.issue import rendered_of
from chalicelib.newsletter.issues.lifecycle import issue_letters_pk
from chalicelib.newsletter.issues.newsroom import IssueFacts
from chalicelib.newsletter.issues.source import read_folder
from chalicelib.services import Services
from environment import RITA, SAM
from fakes import MemoryMailer, MemoryStore, MemorySuppression, SetClock
from issue_factory import token_and_code
from tables import make_tables
from visitor import hidden

Deliver = Callable[[], int]


def approvals(service: Services) -> Approvals:
    return Approvals(service.store, service.cases.roster, service.links, service.now)


@pytest.fixture
def link(service: Services, mailer: MemoryMailer, deliver: Deliver) -> tuple[str, str]:
    """Rita's token and code."""
    issue_factory.asked(service)
    deliver()
    return token_and_code(mailer.to("rita.roy@example.org")[-1].text)


def said(service: Services, token: str, right: str, **changed: Any) -> ApprovalInput:
    typed = {"decision": "approve", "confirm": True, "code": right, **changed}
    return ApprovalInput(**{"nonce": service.links.nonce(token), **typed})


def test_saving_the_same_changes_nothing(service: Services, store: MemoryStore) -> None:
    first = issue_factory.saved(service)
    before = len(store.commits)
    assert issue_factory.saved(service, by="rita-roy") == first
    assert len(store.commits) == before


def test_an_edit_makes_a_draft_of_a_new_version(service: Services) -> None:
    approved = issue_factory.approved(service)
    assert approved.approved is not None
    edited = issue_factory.saved(service, by="rita-roy", edit=True, topics=["news"])
    assert (edited.status, edited.version) == ("DRAFT", 2)
    assert edited.authors == [issue_factory.AUTHOR, "rita-roy"]
    assert edited == issue_factory.newsroom(service).lifecycle.get("2026-03")
    assert (edited.approved, edited.tested_at, edited.checks) == (None, None, [])
    for lang in LANGS:
        assert rendered_of(service.store, edited, lang) is not None


@pytest.mark.parametrize("state", ["SENDING", "SENT", "CANCELLED"])
def test_what_has_left_is_not_edited(service: Services, state: str) -> None:
    issue = issue_factory.sending(service)
    lifecycle = issue_factory.newsroom(service).lifecycle
    if state == "SENT":
        lifecycle.finished(issue, {})
    if state == "CANCELLED":
        lifecycle.cancel(issue, "rita-roy")
    with pytest.raises(Refused):
        issue_factory.saved(service, topics=["news"])


def test_a_saving_that_dies_leaves_the_version_before(
    service: Services, store: MemoryStore
) -> None:
    first = issue_factory.saved(service)
    store.before = lambda writes: (_ for _ in ()).throw(RuntimeError("power"))
    with pytest.raises(RuntimeError):
        issue_factory.saved(service, topics=["news"])
    store.before = lambda writes: None
    assert issue_factory.newsroom(service).lifecycle.get("2026-03") == first
    assert rendered_of(store, first, "fr") is not None


def test_of_two_who_begin_an_issue_at_once_one_wins(service: Services, store: MemoryStore) -> None:
    def faster(writes: object) -> None:
        store.before = lambda writes: None
        issue_factory.saved(service, by="rita-roy")

    store.before = faster
    with pytest.raises(Conflict):
        issue_factory.saved(service, by="sam-lee")
    assert issue_factory.newsroom(service).lifecycle.get("2026-03").authors == ["rita-roy"]


def test_nothing_is_approved_before_it_was_tested(service: Services) -> None:
    issue = issue_factory.saved(service)
    newsroom = issue_factory.newsroom(service)
    with pytest.raises(Refused):
        newsroom.ask(issue, issue_factory.AUTHOR)
    checked = newsroom.checked(issue, [], issue_factory.AUTHOR)
    with pytest.raises(Refused):
        newsroom.ask(checked, issue_factory.AUTHOR)


def test_everybody_but_the_authors_is_asked(
    service: Services, mailer: MemoryMailer, deliver: Deliver
) -> None:
    issue_factory.asked(service, by="sam-lee")
    assert deliver() == 1
    (mail,) = mailer.sent
    assert mail.to == "rita.roy@example.org"
    assert mail.subject == "[2026-03] Numéro à approuver\u00a0: Le printemps de l’impact collectif"


def test_with_nobody_else_nobody_is_asked(service: Services, store: MemoryStore) -> None:
    store.items["STAFF", "sam-lee"]["active"] = False
    issue = issue_factory.through_test(service, "rita-roy")
    with pytest.raises(Refused) as refused:
        issue_factory.newsroom(service).ask(issue, "rita-roy")
    assert refused.value.why == "nobody_else"


def test_a_letter_that_an_edit_overtook_does_not_leave(
    service: Services, mailer: MemoryMailer, deliver: Deliver
) -> None:
    issue_factory.asked(service)
    issue_factory.saved(service, topics=["news"])
    deliver()
    assert mailer.sent == []


def test_a_second_person_approves(service: Services, link: tuple[str, str]) -> None:
    token, code = link
    found = approvals(service)
    assert found.decide(found.open(token), said(service, token, code)) == ("decided", ())
    issue = issue_factory.newsroom(service).lifecycle.get("2026-03")
    assert issue.status == "APPROVED"
    assert issue.approved is not None
    assert issue.approved["by"] == "rita-roy"
    assert found.open(token).standing == "decided"


def test_sent_back_it_is_a_draft_with_remarks(service: Services, link: tuple[str, str]) -> None:
    token, _ = link
    found = approvals(service)
    back = said(service, token, "", decision="send_back", remarks="La date est fausse.")
    assert found.decide(found.open(token), back) == ("decided", ())
    issue = issue_factory.newsroom(service).lifecycle.get("2026-03")
    assert issue.status == "DRAFT"
    assert issue.approved is not None
    assert issue.approved["remarks"] == "La date est fausse."


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"decision": "explode"}, "decision", "choose_decision"),
        ({"nonce": "x"}, "nonce", "nonce"),
        ({"code": "2222"}, "code", "wrong_code"),
        ({"confirm": False}, "confirm", "confirm"),
        ({"decision": "send_back"}, "remarks", "remarks"),
        ({"decision": "send_back", "remarks": "x" * 3001}, "remarks", "too_long"),
    ],
)
def test_what_is_missing_is_said_and_nothing_moves(
    service: Services,
    store: MemoryStore,
    link: tuple[str, str],
    changed: dict[str, Any],
    field: str,
    code: str,
) -> None:
    token, right = link
    found = approvals(service)
    outcome, errors = found.decide(found.open(token), said(service, token, right, **changed))
    assert (outcome, errors) == ("invalid", ((field, code),))
    assert issue_factory.newsroom(service).lifecycle.get("2026-03").status == "TESTED"
    assert [row["why"] for row in store.rows(issue_letters_pk("2026-03"), "ATTEMPT#")] == [code]


def test_a_link_has_only_so_many_tries(service: Services, link: tuple[str, str]) -> None:
    token, code = link
    found = approvals(service)
    for _ in range(20):
        found.decide(found.open(token), said(service, token, "2222"))
    with pytest.raises(TooMany):
        found.decide(found.open(token), said(service, token, code))


def test_of_two_who_decide_at_once_one_does(
    service: Services, store: MemoryStore, mailer: MemoryMailer, link: tuple[str, str]
) -> None:
    other, other_code = token_and_code(mailer.to("sam.lee@example.org")[-1].text)
    found = approvals(service)

    def faster(writes: object) -> None:
        store.before = lambda writes: None
        found.decide(found.open(other), said(service, other, other_code))

    opened = found.open(link[0])
    store.before = faster
    assert found.decide(opened, said(service, *link)) == ("late", ())
    issue = issue_factory.newsroom(service).lifecycle.get("2026-03")
    assert issue.approved is not None
    assert issue.approved["by"] == "sam-lee"


def test_an_author_does_not_approve(
    service: Services, store: MemoryStore, link: tuple[str, str]
) -> None:
    store.items["ISSUE#2026-03", "ISSUE"]["authors"] = ["rita-roy"]
    found = approvals(service)
    opened = found.open(link[0])
    assert opened.standing == "author"
    assert found.decide(opened, said(service, *link))[0] == "late"


def test_an_edit_ends_the_links_of_the_version_before(
    service: Services, link: tuple[str, str]
) -> None:
    issue_factory.saved(service, topics=["news"])
    assert approvals(service).open(link[0]).standing == "stale"


def test_who_leaves_the_roster_loses_the_link(
    service: Services, store: MemoryStore, link: tuple[str, str]
) -> None:
    store.items["STAFF", "rita-roy"]["active"] = False
    assert approvals(service).open(link[0]).standing == "unknown"


def test_a_link_ends_after_14_days(
    service: Services, clock: SetClock, link: tuple[str, str]
) -> None:
    clock.pass_(days=14)
    assert approvals(service).open(link[0]).standing == "expired"


def test_a_case_link_opens_no_issue(service: Services, store: MemoryStore) -> None:
    _, token_hash, _ = service.links.new_review()
    store.any_rows = True
    store.commit([Put({"pk": f"LINK#{token_hash}", "sk": "LINK", "case": "1", "recipient": "x"})])
    assert approvals(service).open("x").standing == "unknown"


def test_it_waits_for_its_time(service: Services, store: MemoryStore) -> None:
    issue = issue_factory.scheduled(service, datetime(2026, 3, 5, 14, tzinfo=UTC))
    assert issue.status == "SCHEDULED"
    assert ("ISSUE#2026-03", "ISSUE") not in list(store.due("2026-03-05T13:59:59.000Z"))
    assert ("ISSUE#2026-03", "ISSUE") in list(store.due("2026-03-05T14:00:00.000Z"))
    later = issue_factory.newsroom(service).schedule(issue, "x", datetime(2026, 3, 6, tzinfo=UTC))
    assert later.send_at == "2026-03-06T00:00:00.000Z"


def test_its_page_is_there_when_the_first_mail_leaves(
    service: Services, store: MemoryStore
) -> None:
    issue_factory.scheduled(service)
    assert archive.published(store, "2026-03", "fr") is None
    lifecycle = issue_factory.newsroom(service).lifecycle
    lifecycle.start(lifecycle.get("2026-03"))
    assert archive.published(store, "2026-03", "fr") is not None
    assert [row["issue"] for row in archive.newest(store, 5)] == ["2026-03"]


def test_without_a_page_it_is_not_listed(service: Services, store: MemoryStore) -> None:
    issue_factory.saved(service)
    store.items["ISSUE#2026-03", "ISSUE"]["archive"] = False
    store.items["ISSUE#2026-03", "ISSUE"]["status"] = "SCHEDULED"
    lifecycle = issue_factory.newsroom(service).lifecycle
    lifecycle.start(lifecycle.get("2026-03"))
    assert archive.newest(store, 5) == []
    assert archive.published(store, "2026-03", "fr") is None


def test_a_follow_up_has_the_approved_texts_and_its_own_life(service: Services) -> None:
    newsroom = issue_factory.newsroom(service)
    first = newsroom.lifecycle.finished(issue_factory.sending(service), {})
    again = newsroom.follow_up(first, "rita-roy")
    assert (again.id, again.status) == ("2026-03-suite-2", "APPROVED")
    assert again.segment == {"missed": "2026-03"}
    assert rendered_of(service.store, again, "en") == rendered_of(service.store, first, "en")
    assert newsroom.lifecycle.get(again.id) == again
    sent = newsroom.lifecycle.finished(
        newsroom.lifecycle.start(newsroom.schedule(again, "rita-roy", service.now())), {}
    )
    third = newsroom.follow_up(sent, "rita-roy")
    assert (third.id, third.segment) == ("2026-03-suite-3", {"missed": "2026-03-suite-2"})
    with pytest.raises(Refused):
        newsroom.follow_up(third, "rita-roy")
    for before in (first, sent):
        with pytest.raises(Refused) as refused:
            newsroom.follow_up(before, "rita-roy")
        assert refused.value.why == "followed"


def test_of_two_follow_ups_at_once_there_is_one(service: Services, store: MemoryStore) -> None:
    newsroom = issue_factory.newsroom(service)
    first = newsroom.lifecycle.finished(issue_factory.sending(service), {})

    def faster(writes: object) -> None:
        store.before = lambda writes: None
        newsroom.follow_up(first, "sam-lee")

    store.before = faster
    with pytest.raises(Conflict):
        newsroom.follow_up(first, "rita-roy")


# ---------------------------------------------------------------- the pages


@pytest.fixture
def client(service: Services, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(application, "services", lambda: service)
    monkeypatch.setattr(application, "settings", lambda: service.settings)
    with Client(application.app) as found:
        yield found


HTML = {"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"}


def test_looking_a_thousand_times_changes_nothing(
    client: Client, store: MemoryStore, service: Services, link: tuple[str, str]
) -> None:
    progress = service.links.progress("2026-03", "rita-roy").removeprefix(
        service.settings.public_url
    )
    before = len(store.commits)
    for path in (f"/newsletter/review/{link[0]}", f"/newsletter/review/{link[0]}/fr", progress):
        for method in ("GET", "HEAD"):
            for _ in range(20):
                assert client.http.request(method, path, headers=HTML).status_code == 200
    assert len(store.commits) == before


def test_the_mail_to_approve_is_shown_in_a_page_that_can_do_nothing(
    client: Client, link: tuple[str, str]
) -> None:
    answer = client.http.get(f"/newsletter/review/{link[0]}/en", headers=HTML)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "A spring of collective impact" in answer.body.decode()
    assert "{{" not in answer.body.decode()
    for path, status in ((f"{link[0]}/de", 404), ("unknown/fr", 410)):
        assert client.http.get(f"/newsletter/review/{path}", headers=HTML).status_code == status


def test_a_decision_beside_another_ask_is_not_lost(
    client: Client, service: Services, store: MemoryStore, link: tuple[str, str]
) -> None:
    def asks(writes: object) -> None:
        store.before = lambda writes: None
        newsroom = issue_factory.newsroom(service)
        newsroom.ask(newsroom.lifecycle.get("2026-03"), issue_factory.AUTHOR)

    path = f"/newsletter/review/{link[0]}"
    nonce = hidden(client.http.get(path, headers=HTML).body.decode(), "nonce")
    body = f"decision=approve&confirm=on&nonce={nonce}&code={link[1]}".encode()
    store.before = asks
    answer = client.http.post(path, headers=HTML, body=body)
    assert answer.status_code == 422
    assert client.http.post(path, headers=HTML, body=body).status_code == 200
    assert issue_factory.newsroom(service).lifecycle.get("2026-03").status == "APPROVED"


def test_an_issue_is_paused_and_resumed_from_its_page(client: Client, service: Services) -> None:
    issue_factory.sending(service)
    lifecycle = issue_factory.newsroom(service).lifecycle
    path = service.links.progress("2026-03", "rita-roy").removeprefix(service.settings.public_url)

    def post(**fields: str) -> int:
        nonce = hidden(client.http.get(path, headers=HTML).body.decode(), "nonce")
        body = "&".join(f"{k}={v}" for k, v in {"nonce": nonce, "confirm": "on", **fields}.items())
        return int(client.http.post(path, headers=HTML, body=body.encode()).status_code)

    assert post(act="pause", confirm="") == 422
    assert post(act="start") == 422
    assert post(act="pause", nonce="x") == 422
    assert lifecycle.get("2026-03").status == "SENDING"
    assert post(act="pause") == 200
    assert lifecycle.get("2026-03").status == "PAUSED"
    assert post(act="pause") == 409
    assert post(act="resume") == 200
    assert lifecycle.get("2026-03").status == "SENDING"


def test_a_progress_link_dies_with_the_place_on_the_roster(
    client: Client, service: Services, store: MemoryStore
) -> None:
    issue_factory.sending(service)
    path = service.links.progress("2026-03", "rita-roy").removeprefix(service.settings.public_url)
    store.items["STAFF", "rita-roy"]["active"] = False
    assert client.http.get(path, headers=HTML).status_code == 404
    assert client.http.get("/newsletter/progress/forged", headers=HTML).status_code == 404


def test_the_page_renews_itself_only_when_asked_and_only_while_it_is_sent(
    client: Client, service: Services
) -> None:
    issue = issue_factory.sending(service)
    path = service.links.progress("2026-03", "rita-roy").removeprefix(service.settings.public_url)
    mark = 'http-equiv="refresh"'
    assert mark not in client.http.get(path, headers=HTML).body.decode()
    assert mark in client.http.get(f"{path}?follow=1", headers=HTML).body.decode()
    issue_factory.newsroom(service).lifecycle.finished(issue, {})
    assert mark not in client.http.get(f"{path}?follow=1", headers=HTML).body.decode()


# ---------------------------------------------------------------- on DynamoDB


@pytest.fixture
def deployed(aws: None, settings: Settings, clock: SetClock) -> Iterator[Services]:
    """The same service on the tables as they are deployed."""
    with mock_aws():
        client = boto3.client("dynamodb")
        make_tables(client)
        store = DynamoSubscriberStore(client, "Records", "Subscribers")
        store.commit([Put(dict(RITA)), Put(dict(SAM))])
        keys = Keys(links=("a" * 64,), people=b"p" * 32)
        yield Services(settings, store, keys, MemoryMailer(), clock, MemorySuppression())


def test_an_issue_goes_its_way_on_dynamodb(deployed: Services) -> None:
    newsroom = issue_factory.newsroom(deployed)
    issue = issue_factory.asked(deployed)
    owed = deployed.store.rows(issue_letters_pk(issue.id), "LETTER#")
    assert [row["to"] for row in owed] == ["rita-roy", "sam-lee"]
    assert newsroom.lifecycle.get(issue.id) == issue
    edited = issue_factory.saved(deployed, topics=["news"])
    assert edited == newsroom.lifecycle.get(issue.id)
    assert edited.version == 2
    with pytest.raises(Conflict):
        newsroom.lifecycle.cancel(issue, "rita-roy")
    issue_factory.saved(deployed, topics=[])
    assert issue_factory.sending(deployed).status == "SENDING"
    assert [row["issue"] for row in archive.newest(deployed.store, 5)] == ["2026-03"]
    sent = newsroom.lifecycle.finished(newsroom.lifecycle.get("2026-03"), {"fr": {"sent": 1}})
    again = newsroom.follow_up(sent, "rita-roy")
    assert newsroom.lifecycle.get(again.id) == again
    for lang in LANGS:
        assert rendered_of(deployed.store, again, lang) is not None
    deployed.store.commit([count(again.id, Readership("fr"), "0", {"sent": 3})])
    assert counted(deployed.store, again.id)["fr"]["sent"] == 3


def test_an_issue_at_every_limit_fits_its_rows(deployed: Services) -> None:
    newsroom = issue_factory.newsroom(deployed)
    sources, _ = read_folder(issue_factory.SAMPLE)
    text = {
        **compiled(sources["fr"], issue_factory.IMPRINT).kept(),
        "html": "é" * 49_999, "text": "é" * 49_999, "page": "é" * 49_999, "source": "é" * 29_999,
    }  # fmt: skip
    facts: IssueFacts = {"id": "big", "topics": [], "date": "2026-03-02", "archive": True}
    assert newsroom.save({"fr": text, "en": text}, facts, "rita-roy").version == 1
