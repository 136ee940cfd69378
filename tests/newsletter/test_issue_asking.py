"""An issue moves by what somebody says, never by a look; those who made it hear of it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import issue_factory
from accounts import SetAccount
from chalicelib.core.errors import Refused
from chalicelib.core.languages import LANGS
from chalicelib.newsletter.issues.approval import ApprovalInput, Approvals
from chalicelib.newsletter.issues.issue import Issue, Segment
from chalicelib.newsletter.issues.preflight import LinkAnswer
from chalicelib.newsletter.pace import Allowance
from chalicelib.newsletter.sending.unreached import UnreachedReader
from chalicelib.services import Services
from fakes import MemoryMailer, MemoryStore
from infra.operator.errors import OperatorError
from infra.operator.newsletter import drafts, lifecycle, report
from infra.operator.newsletter.context import IssueContext, Outside
from issue_factory import newsroom, token_and_code

Deliver = Callable[[], int]
ISSUE = "2026-03"
WAITING = [
    UnreachedReader("a" * 32, "ada@example.org", "fr", "failed", "", again=True),
    UnreachedReader("b" * 32, "bea@example.org", "en", "skipped_unsubscribed", "", again=False),
]


def context(service: Services, **changed: object) -> IssueContext:
    settings = service.settings.model_copy(update=changed)
    outside = Outside(
        account=SetAccount(Allowance(rate=14, daily=50_000, used=0)),
        audience=lambda topics: {"fr": 3, "en": 2},
        tries=lambda urls: {url: LinkAnswer("well") for url in urls},
        deliver=lambda text, address, issue: None,
        missed=lambda issue: WAITING,
        bounces=lambda issue: {},
    )
    services = Services(settings, service.store, service.secret, now=service.now)
    return IssueContext(services, outside, "sam-lee")


def now_is(service: Services) -> Issue:
    return newsroom(service).lifecycle.get(ISSUE)


def decide(service: Services, mailer: MemoryMailer, decision: str, **typed: Any) -> str:
    """Rita decides by the newest of her letters."""
    found = Approvals(service.store, service.cases.roster, service.links, service.now)
    asked = [m for m in mailer.to("rita.roy@example.org") if "/newsletter/review/" in m.text]
    token, code = token_and_code(asked[-1].text)
    given = ApprovalInput(decision, confirm=True, code=code, nonce=service.links.nonce(token))
    return found.decide(found.open(token), ApprovalInput(**{**given.__dict__, **typed}))[0]


def ask_again(service: Services) -> None:
    room = newsroom(service)
    again = room.tested(room.checked(now_is(service), [], "sam-lee"), "sam-lee", ["a@example.org"])
    room.ask(again, "sam-lee")


def test_what_was_sent_back_is_approved_when_it_is_asked_for_again(
    service: Services, mailer: MemoryMailer, deliver: Deliver
) -> None:
    issue_factory.asked(service, by="sam-lee")
    deliver()
    assert decide(service, mailer, "send_back", remarks="Attendez.") == "decided"
    old, _ = token_and_code(mailer.to("rita.roy@example.org")[0].text)
    for _ in range(2):
        ask_again(service)
        deliver()
        found = Approvals(service.store, service.cases.roster, service.links, service.now)
        assert found.open(old).standing != "open"
        assert decide(service, mailer, "send_back", remarks="Encore.") == "decided"
    ask_again(service)
    deliver()
    assert decide(service, mailer, "approve") == "decided"
    assert (now_is(service).status, now_is(service).version) == ("APPROVED", 1)


def test_a_letter_of_an_asking_that_ended_does_not_leave(
    service: Services, mailer: MemoryMailer, deliver: Deliver
) -> None:
    issue_factory.asked(service, by="sam-lee")
    back = {"by": "rita-roy", "name": "Rita Roy", "at": "2026-03-02T15:00:00.000Z", "round": 0,
            "decision": "send_back", "remarks": "Non.", "version": 1}  # fmt: skip
    sets = {"approved": back, "round": 1}
    newsroom(service).lifecycle.move(now_is(service), "send_back", "rita-roy", sets)
    ask_again(service)
    deliver()
    asked = [m for m in mailer.to("rita.roy@example.org") if "/newsletter/review/" in m.text]
    assert len(asked) == 1


def into(service: Services, state: str) -> None:
    room = newsroom(service)
    issue_factory.approved(service)
    if state != "APPROVED":
        room.schedule(now_is(service), "sam-lee", datetime(2026, 3, 5, 14, tzinfo=UTC))
    if state in ("SENDING", "PAUSED", "SENT"):
        room.lifecycle.start(now_is(service))
    if state == "PAUSED":
        room.lifecycle.pause(now_is(service), "sam-lee")
    if state == "SENT":
        room.lifecycle.finished(now_is(service), {})
    if state == "CANCELLED":
        room.lifecycle.cancel(now_is(service), "sam-lee")


STATES = ("APPROVED", "SCHEDULED", "SENDING", "PAUSED", "SENT", "CANCELLED")
CHANGED: list[dict[str, object]] = [
    {"postal_address": "1, rue Neuve, Laval (Québec) H7A 1A1"},
    {"organization_name": "Autre"},
    {"public_url": "https://other.example.org"},
]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("changed", CHANGED)
def test_a_look_changes_no_issue_that_is_approved(
    service: Services, store: MemoryStore, state: str, changed: dict[str, object]
) -> None:
    into(service, state)
    before = {key: dict(row) for key, row in store.items.items()}
    looks = context(service, **changed)
    told, well = drafts.check(looks, issue_factory.SAMPLE, offline=False, over_days=False)
    report.status(looks, ISSUE)
    report.report(looks, now_is(service), WAITING, None)
    assert store.items == before
    assert not well
    assert "Nothing was changed" in told
    assert ("--edit" in told) == (state in ("APPROVED", "SCHEDULED"))


@pytest.mark.parametrize("state", STATES)
def test_the_files_of_another_issue_under_its_address_change_nothing(
    service: Services, store: MemoryStore, state: str, tmp_path: Path
) -> None:
    into(service, state)
    for lang in LANGS:
        text = (issue_factory.SAMPLE / f"{lang}.md").read_text("utf-8")
        (tmp_path / f"{lang}.md").write_text(text + "\nA.\n", "utf-8")
    before = {key: dict(row) for key, row in store.items.items()}
    assert not drafts.check(context(service), tmp_path, offline=True, over_days=False)[1]
    assert store.items == before


@pytest.mark.parametrize("state", ["APPROVED", "SCHEDULED"])
def test_an_approved_issue_is_edited_by_saying_so_after_a_question(
    service: Services, state: str
) -> None:
    def no(question: str) -> None:
        raise OperatorError(question)

    into(service, state)
    edits = context(service, organization_name="Autre")

    def check(confirm: Callable[[str], None]) -> None:
        drafts.check(
            edits, issue_factory.SAMPLE, offline=True, over_days=False, edit=True, confirm=confirm
        )

    with pytest.raises(OperatorError, match="Its approval ends"):
        check(no)
    assert now_is(service).status == state
    check(lambda question: None)
    edited = now_is(service)
    assert (edited.status, edited.version) == ("CHECKED", 2)
    assert (edited.approved, edited.send_at) == (None, None)
    # An edit that changes nothing asks nothing.
    check(pytest.fail)


def test_an_unscheduled_issue_waits_for_another_time(
    service: Services, store: MemoryStore, clock: Any
) -> None:
    into(service, "SCHEDULED")
    assert lifecycle.unschedule(context(service), ISSUE).startswith("Unscheduled")
    issue = now_is(service)
    assert (issue.status, issue.send_at) == ("APPROVED", None)
    clock.pass_(days=30)
    service.mail.outbox.sweep()
    assert now_is(service).status == "APPROVED"
    with pytest.raises(OperatorError, match="“Approved”"):
        lifecycle.unschedule(context(service), ISSUE)
    lifecycle.schedule(context(service), ISSUE, None)
    assert now_is(service).status == "SCHEDULED"


@pytest.mark.parametrize("event", ["save", "edit", "check", "test", "ask", "approve"])
def test_a_schedule_is_left_only_by_its_own_events(service: Services, event: Any) -> None:
    into(service, "SCHEDULED")
    issue = now_is(service)
    if event == "edit":
        assert newsroom(service).lifecycle.move(issue, event, "sam-lee", {}).status == "DRAFT"
        return
    with pytest.raises(Refused):
        newsroom(service).lifecycle.move(issue, event, "sam-lee", {})


def test_author_and_approver_hear_of_what_others_do(
    service: Services, mailer: MemoryMailer, deliver: Deliver
) -> None:
    issue_factory.asked(service, by="sam-lee")
    deliver()
    assert decide(service, mailer, "send_back", remarks="La date.") == "decided"
    deliver()
    (told,) = mailer.to("sam.lee@example.org")
    assert told.subject == "Rita Roy sent issue 2026-03 back"
    assert "La date." in told.text
    ask_again(service)
    deliver()
    assert decide(service, mailer, "approve") == "decided"
    deliver()
    assert mailer.to("sam.lee@example.org")[-1].subject.endswith("approved issue 2026-03")
    room, at = newsroom(service), datetime(2026, 3, 5, 14, tzinfo=UTC)
    before = len(mailer.to("rita.roy@example.org"))
    room.schedule(now_is(service), "sam-lee", at)
    room.unschedule(now_is(service), "sam-lee")
    room.schedule(now_is(service), "sam-lee", at)
    room.lifecycle.cancel(now_is(service), "rita-roy")
    deliver()
    news = [mail.subject for mail in mailer.to("rita.roy@example.org")[before:]]
    assert [subject.split()[3] for subject in news] == ["planifié", "déplanifié", "planifié"]
    assert "5 mars 2026" in mailer.to("rita.roy@example.org")[before].text
    # And nobody of what they did themselves.
    assert mailer.to("sam.lee@example.org")[-1].subject.endswith("Rita Roy cancelled issue 2026-03")


def test_the_question_before_a_follow_up_counts_those_whom_it_is_for(service: Services) -> None:
    issue = issue_factory.sending(service)
    newsroom(service).lifecycle.finished(issue, {})
    again = newsroom(service).follow_up(now_is(service), "sam-lee")
    assert again.segment == Segment(missed=ISSUE)
    questions: list[str] = []
    lifecycle.schedule(context(service), again.id, None, questions.append)
    assert "1 in French, 0 in English" in questions[0]
