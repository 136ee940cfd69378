"""`relais issue …`: an issue of the newsletter, from its first line to its report."""

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from chalicelib import content
from chalicelib.aws.issue_account import SesAccount, TestMail
from chalicelib.newsletter.issues.link_check import tries
from chalicelib.newsletter.sending.audience import reader_counts
from chalicelib.newsletter.sending.recipients import bounces
from infra.operator.commands import Commands
from infra.operator.errors import OperatorError
from infra.operator.newsletter import drafts, lifecycle
from infra.operator.newsletter import report as reports
from infra.operator.newsletter.context import IssueContext, Outside
from infra.operator.parameters import address, coming_moment, words
from infra.operator.session import Session, session_of

commands = Commands("Write, check, test and send the newsletter.")

By = Annotated[
    str, typer.Option(help="Your id on the roster, as `staff list` shows it.", parser=words)
]
Folder = Annotated[Path, typer.Argument(help="The folder of the issue's files.")]
IssueId = Annotated[str, typer.Argument(metavar="ISSUE", help="The issue: 2026-04.")]


def _begun(context: typer.Context, by: str) -> tuple[Session, IssueContext]:
    """Return the session, and an issue's context as the deployed API is set."""
    session = session_of(context)
    operator, services = session.operator, session.operator.services
    outside = Outside(
        account=SesAccount(operator.client("sesv2")),
        audience=lambda topics: reader_counts(operator.store, topics, operator.now()),
        tries=tries,
        deliver=TestMail(
            operator.mail_client(), services.settings, services.links, services.secret.people
        ),
        missed=services.issues.unreached,
        bounces=partial(bounces, operator.store),
    )
    return session, IssueContext(services, outside, by)


@commands.add()
def new(
    context: typer.Context,
    folder: Folder,
    by: By,
    slug: Annotated[
        str | None, typer.Option(help="Its address: 2026-04; without, the folder's name.")
    ] = None,
) -> None:
    """Begin an issue: two files to fill in, one in each language."""
    session, issue = _begun(context, by)
    session.say(drafts.new(issue, folder, slug or folder.name))


@commands.add()
def text(context: typer.Context, folder: Folder, by: By) -> None:
    """Write the text parts as they are made of the Markdown, to edit them."""
    session, issue = _begun(context, by)
    session.say(drafts.text(issue, folder))


@commands.add()
def check(
    context: typer.Context,
    folder: Folder,
    by: By,
    offline: Annotated[bool, typer.Option("--offline", help="Do not try the links.")] = False,
    over_days: Annotated[
        bool, typer.Option("--over-days", help="It may take several days to send.")
    ] = False,
    edit: Annotated[
        bool, typer.Option("--edit", help="Change it although it is approved or scheduled.")
    ] = False,
) -> None:
    """Save the draft, and list what blocks it, what to look at and what to know."""
    session, issue = _begun(context, by)
    found, well = drafts.check(
        issue, folder, offline=offline, over_days=over_days, edit=edit, confirm=session.confirm
    )
    if not well:
        raise OperatorError(found)
    session.say(found)


@commands.add()
def test(
    context: typer.Context,
    issue_id: IssueId,
    to: Annotated[list[str], typer.Option(help="An address; repeat it for more.", parser=address)],
    by: By,
) -> None:
    """Send an issue in both languages to addresses that are looked at."""
    session, issue = _begun(context, by)
    session.say(lifecycle.test(issue, issue_id, to, session.confirm))


@commands.add()
def ask(context: typer.Context, issue_id: IssueId, by: By) -> None:
    """Ask those who wrote none of it to approve an issue."""
    session, issue = _begun(context, by)
    session.say(lifecycle.ask(issue, issue_id, session.confirm))


@commands.add()
def schedule(
    context: typer.Context,
    issue_id: IssueId,
    by: By,
    at: Annotated[
        datetime | None,
        typer.Option(help="Eastern Time: 2026-03-05 09:00; without, now.", parser=coming_moment),
    ] = None,
) -> None:
    """Say when an approved issue leaves; again to change it."""
    session, issue = _begun(context, by)
    session.say(lifecycle.schedule(issue, issue_id, at, session.confirm))


@commands.add()
def unschedule(context: typer.Context, issue_id: IssueId, by: By) -> None:
    """Have a scheduled issue wait for another time; it stays approved."""
    session, issue = _begun(context, by)
    session.say(lifecycle.unschedule(issue, issue_id))


@commands.add()
def pause(context: typer.Context, issue_id: IssueId, by: By) -> None:
    """Stop the sending of an issue after the mails in flight."""
    session, issue = _begun(context, by)
    session.say(lifecycle.pause(issue, issue_id))


@commands.add()
def resume(context: typer.Context, issue_id: IssueId, by: By) -> None:
    """Go on with the sending of an issue that is paused."""
    session, issue = _begun(context, by)
    session.say(lifecycle.resume(issue, issue_id))


@commands.add()
def cancel(context: typer.Context, issue_id: IssueId, by: By) -> None:
    """End an issue: whoever has not been written to will not be."""
    session, issue = _begun(context, by)
    session.confirm(issue.text("cancel_question", issue=issue.issue(issue_id).id))
    session.say(lifecycle.cancel(issue, issue_id))


@commands.add()
def status(
    context: typer.Context,
    by: By,
    issue_id: Annotated[
        str | None, typer.Argument(metavar="ISSUE", help="The issue; all without.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Show a bar until it is sent.")] = False,
) -> None:
    """Show where an issue stands, with its figures and the link to its page; or all issues."""
    session, issue = _begun(context, by)
    if issue_id is not None:
        if follow:
            reports.follow(issue, issue_id, session.say)
        session.say(reports.status(issue, issue_id))
        return
    ids = _every_id(session)
    if not session.as_json:
        session.say(reports.every(issue, ids))
        return
    rows = [
        {
            "issue": one.id,
            "status": one.status,
            "version": one.version,
            "updated_at": one.updated_at,
        }
        for one in reports.newest_first(issue, ids)
    ]
    session.list_rows(rows, "")


@commands.add()
def report(
    context: typer.Context,
    issue_id: IssueId,
    by: By,
    csv: Annotated[Path | None, typer.Option(help="Write the list to this file.")] = None,
) -> None:
    """Show the figures of an issue, and everybody who was not reached, with the reason."""
    session, issue = _begun(context, by)
    found = issue.issue(issue_id)
    missed = list(issue.outside.missed(found))
    if session.as_json:
        session.list_rows(reports.unreached_rows(issue, missed), "")
        return
    session.say(reports.report(issue, found, missed, csv))


@commands.add("send-to-missing")
def send_to_missing(context: typer.Context, issue_id: IssueId, by: By) -> None:
    """Make another issue of the same texts, for those who were not reached and can be."""
    session, issue = _begun(context, by)
    session.say(lifecycle.send_to_missing(issue, issue_id, session.confirm))


def _every_id(session: Session) -> list[str]:
    tables = session.operator.tables
    found = [
        item
        for state in content.issues()["states"]
        for item in tables.people_in_state(f"ISSUE#{state}")
    ]
    return [str(item["pk"]).partition("#")[2] for item in found]
