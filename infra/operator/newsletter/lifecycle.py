"""An issue from its test to its end: `issue test`, `ask`, `schedule`, `pause` and the rest."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from chalicelib.core.errors import DeliveryFailed, OutcomeUnknown
from chalicelib.core.languages import LANGS
from chalicelib.newsletter.issues import trial
from chalicelib.newsletter.issues.issue import Issue, SentBy, status_after, unaddressed
from chalicelib.newsletter.issues.rendered import Rendered
from infra.operator.errors import OperatorError
from infra.operator.newsletter.context import IssueContext
from infra.operator.newsletter.report import link

Confirm = Callable[[str], None]
"""Asks a question, and raises to stop what it asks about."""


def test(
    context: IssueContext,
    issue_id: str,
    to: Sequence[str],
    confirm: Confirm,
) -> str:
    """Send the mail in both languages, to addresses that are looked at."""
    issue = context.issue(issue_id)
    if not context.settings.postal_address:
        raise OperatorError(context.text("no_postal_address"))
    # Asked before anything is sent: a draft must be checked first.
    context.attempt(lambda: status_after(issue.status, "test"), issue_id)
    number = len(to) * len(LANGS)
    confirm(context.text("test_question", issue=issue.id, number=number, to=", ".join(to)))
    deliver = partial(_deliver, context)
    context.attempt(
        lambda: trial.send(context.store, context.newsroom, issue, to, context.staff.id, deliver),
        issue_id,
    )
    return context.text("tested", to=", ".join(to), issue=issue.id, by=context.staff.id)


def ask(context: IssueContext, issue_id: str, confirm: Confirm = lambda question: None) -> str:
    issue = context.issue(issue_id)
    # Refused before anybody is asked.
    context.attempt(lambda: status_after(issue.status, "ask"), issue_id)
    reviewers = context.attempt(lambda: context.newsroom.reviewers(issue), issue_id)
    names = ", ".join(staff.name for staff in reviewers)
    confirm(context.text("ask_question", issue=issue.id, number=len(reviewers), names=names))
    asked = context.attempt(lambda: context.newsroom.ask(issue, context.staff.id), issue_id)
    names = ", ".join(staff.name for staff in asked)
    return context.text("asked", names=names, issue=issue.id, by=context.staff.id)


def schedule(
    context: IssueContext,
    issue_id: str,
    at: datetime | None,
    confirm: Confirm = lambda question: None,
) -> str:
    """Say when it leaves (None: now); `confirm` raises to stop before that."""
    issue = context.issue(issue_id)
    _check_sender(context, issue)
    when = context.now() if at is None else at
    # Refused before anybody is asked: what is not approved is not scheduled.
    context.attempt(lambda: status_after(issue.status, "schedule"), issue_id)
    readers = _readers(context, issue)
    confirm(
        context.text(
            "send_question",
            issue=issue.id,
            when=context.when(when),
            fr=readers["fr"],
            en=readers["en"],
        )
    )
    context.attempt(lambda: context.newsroom.schedule(issue, context.staff.id, when), issue_id)
    return context.text("scheduled", when=context.when(when), link=link(context, issue_id))


def _readers(context: IssueContext, issue: Issue) -> Mapping[str, int]:
    """Return how many the issue would go to now, by language: for a follow-up, those alone whom
    the one before did not reach and it can."""
    before = issue.segment.get("missed")
    if before is None:
        return context.outside.audience(issue.topics)
    missed = context.outside.missed(context.issue(before))
    again = Counter(one.lang for one in missed if one.again)
    return {lang: again[lang] for lang in LANGS}


def unschedule(context: IssueContext, issue_id: str) -> str:
    issue = context.issue(issue_id)
    context.attempt(lambda: context.newsroom.unschedule(issue, context.staff.id), issue_id)
    return context.text("unscheduled", issue=issue.id, by=context.staff.id)


def pause(context: IssueContext, issue_id: str) -> str:
    issue = context.issue(issue_id)
    context.attempt(lambda: context.newsroom.lifecycle.pause(issue, context.staff.id), issue_id)
    return context.text("paused")


def resume(context: IssueContext, issue_id: str) -> str:
    issue = context.issue(issue_id)
    _check_sender(context, issue)
    context.attempt(lambda: context.newsroom.lifecycle.resume(issue, context.staff.id), issue_id)
    return context.text("resumed")


def cancel(context: IssueContext, issue_id: str) -> str:
    issue = context.issue(issue_id)
    context.attempt(lambda: context.newsroom.lifecycle.cancel(issue, context.staff.id), issue_id)
    return context.text("cancelled")


def send_to_missing(
    context: IssueContext,
    issue_id: str,
    confirm: Confirm = lambda question: None,
) -> str:
    """Make another issue with the same texts, for those whom this one can still reach."""
    issue = context.issue(issue_id)
    _check_sender(context, issue)
    number = sum(one.again for one in context.outside.missed(issue))
    if not number:
        raise OperatorError(context.text("nobody_missed"))
    confirm(context.text("again_question", issue=issue.id, number=number))
    again = context.attempt(lambda: context.newsroom.follow_up(issue, context.staff.id), issue_id)
    return context.text("followed", issue=again.id, number=number, by=context.staff.id)


def _check_sender(context: IssueContext, issue: Issue) -> None:
    """Raise OperatorError when the issue may not be sent: it names its sender otherwise than the
    settings, or they have no postal address."""
    if wrong := unaddressed(issue, SentBy.of(context.settings)):
        changed = wrong == "sender_changed"
        raise OperatorError(context.text(wrong if changed else "no_postal_address"))


def _deliver(context: IssueContext, text: Rendered, address: str, issue_id: str) -> None:
    try:
        context.outside.deliver(text, address, issue_id)
    except (DeliveryFailed, OutcomeUnknown) as error:
        raise OperatorError(context.text("test_failed", to=address, why=error)) from error
