"""`relais subscribers …`: the newsletter's people, as an operator keeps them."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from chalicelib.core.csv_table import csv_table, csv_text
from chalicelib.core.email_address import address_in
from chalicelib.core.errors import BadLink
from chalicelib.core.languages import Lang
from chalicelib.core.links import person_key
from chalicelib.newsletter.subscribers import erasure, pending
from chalicelib.newsletter.subscribers.import_sheet import ImportRefused, words
from chalicelib.newsletter.subscribers.imports import Imported
from chalicelib.newsletter.subscribers.table import SUBSCRIBER_COLUMNS, row_of
from infra.operator.commands import Commands
from infra.operator.errors import OperatorError
from infra.operator.parameters import address
from infra.operator.parameters import words as filled
from infra.operator.session import Session, bar, session_of

commands = Commands("Keep the newsletter's subscribers.")

Email = Annotated[str, typer.Argument(help="Their e-mail address.", parser=address)]


@commands.add()
def count(context: typer.Context) -> None:
    """Count how many there are in each state."""
    session = session_of(context)
    counts = Counter(found["status"] for found in session.operator.tables.everybody())
    rows = [{"number": counts[name], "state": name} for name in sorted(counts)]
    session.list_rows(rows, "Nobody yet")


@commands.add()
def export(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="The file to write; else it is shown.")
    ] = None,
) -> None:
    """Write everybody who is known by an address, as CSV (or, without a file, --json)."""
    session = session_of(context)
    known = [found for found in session.operator.tables.everybody() if found.get("email")]
    if session.as_json and file is None:
        session.list_rows(
            [{name: one.get(name) for name in SUBSCRIBER_COLUMNS} for one in known], ""
        )
        return
    rows = [row_of(found) for found in known]
    if file is None:
        typer.echo(csv_text(SUBSCRIBER_COLUMNS, rows), nl=False)
        return
    file.write_bytes(csv_table(SUBSCRIBER_COLUMNS, rows))
    session.say(f"Wrote {len(rows)} subscribers to {file}; it holds their addresses")


@commands.add("import")
def import_(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="A CSV or XLSX: email, lang, basis, since, evidence.")
    ],
    by: Annotated[str, typer.Option(help="Who vouches for the list.", parser=filled)],
    write: Annotated[bool, typer.Option("--write", help="Do it; without, only try.")] = False,
    lang: Annotated[Lang, typer.Option(help="The language of what is said of the file.")] = "en",
) -> None:
    """Import a list with the consent of each row, all or nothing; without --write, only try."""
    session = session_of(context)
    content = file.read_bytes()
    run = partial(session.operator.services.subscribers.imports.run, content, by=by, lang=lang)
    try:
        # All rows are read before any is stored: with one that is wrong, none is.
        tried = list(run(write=False))
        wrong = [one for one in tried if one.problems]
        if wrong and write:
            raise OperatorError("\n".join(["nothing was imported", *_lines(wrong, lang)]))
        outcomes = tried
        if write:
            expected = Counter(one.outcome for one in tried)
            session.confirm(f"Import {len(tried)} rows for {by}: {_summed(expected)}?")
            outcomes = _stored(session, run, len(tried))
    except ImportRefused as error:
        raise OperatorError(str(error)) from None
    counts = Counter(one.outcome for one in outcomes)
    verb = "Imported" if write else "Would import"
    lines = [
        f"{len(outcomes)} rows read",
        *_lines([one for one in outcomes if one.why], lang),
        f"{verb} {_summed(counts)}" + ("" if write else ". Add --write to do it."),
    ]
    session.say("\n".join(lines))


def _stored(session: Session, run: Callable[..., Iterator[Imported]], rows: int) -> list[Imported]:
    """Store the rows of a list, and say at each death how far it was."""
    outcomes: list[Imported] = []
    with bar("Importing", rows) as shown:
        for one in run(write=True):
            outcomes.append(one)
            shown.show(len(outcomes))
            session.done = f"done up to line {one.line}; the same file again goes on"
    return outcomes


def _summed(counts: Mapping[str, int]) -> str:
    return f"{counts['imported']}; {counts['known']} known already, {counts['refused']} refused"


def _lines(imported: Sequence[Imported], lang: Lang) -> list[str]:
    """Return what is said of each row: every problem with its place, or why its owner is out."""
    lines: list[str] = []
    for one in imported:
        lines += [
            words("place", lang, row=one.line, column=column, message=why)
            for column, why in one.problems
        ] or [f"line {one.line}: {one.why}"]
    return lines


@commands.add()
def proof(context: typer.Context, email: Email) -> None:
    """Show what proves one person's consent, as JSON: words, times, forms, letters.

    It is of all their addresses, whichever of them is given.
    """
    session = session_of(context)
    proof = session.operator.services.subscribers.proof
    found = proof.of_all_addresses(_person(session, email))
    if found is None:
        raise OperatorError("nothing is known of this address")
    session.say(json.dumps(found, ensure_ascii=False, indent=1))


@commands.add()
def held(context: typer.Context) -> None:
    """List the sign-ups that look like spam, oldest first, with what they look like."""
    session = session_of(context)
    operator = session.operator
    keys = operator.tables.people_in_state(pending.HELD_SIGN_UPS)
    found = [operator.store.get(key["pk"], key["sk"]) for key in keys]
    rows = [
        {"at": row["updated_at"], "why": row["why"], "email": row["wish"]["email"]}
        for row in found
        if row
    ]
    session.list_rows(rows, "Nothing is held")


@commands.add()
def release(context: typer.Context, email: Email) -> None:
    """Let a sign-up that is held go the way of the others."""
    session = session_of(context)
    operator = session.operator
    session.confirm(f"Let {email} go? An e-mail to confirm leaves, and cannot be called back.")
    if not pending.release(operator.store, _person(session, email), operator.now()):
        raise OperatorError("nothing is held of this address")
    session.say("Released: the letter to confirm leaves within a minute")


@commands.add()
def leave(
    context: typer.Context,
    who: Annotated[
        str,
        typer.Argument(
            help="An address, or, in quotes, the subject of a mail that a mail program wrote to "
            "leave: its sender may be another address than the one that subscribed."
        ),
    ],
) -> None:
    """Unsubscribe somebody who asked for it; only they can come back, by the form."""
    session = session_of(context)
    services = session.operator.services
    person, issue = _named_by_subject(session, who)
    channel = "mailto" if person else "staff"
    person = person or _latest(session, who)
    if services.subscribers.repository.get(person) is None:
        raise OperatorError(f"nothing is known of {who!r}: is it the address that subscribed?")
    session.confirm(f"Unsubscribe {who}?")
    outcome = services.subscribers.subscriptions.leave(person, channel=channel, issue=issue)
    session.say("Nothing to do: not subscribed" if outcome == "already" else "Unsubscribed")


def _named_by_subject(session: Session, text: str) -> tuple[str, str]:
    """Return the person and the issue of the token in the subject of a mail that a mail program
    wrote to leave, whatever else stands there; empty when there is none."""
    for word in text.split():
        try:
            return session.operator.services.links.open_unsubscribe(word.strip("<>.,;:\"'()[]"))
        except BadLink:
            continue
    if "@" not in text:
        raise OperatorError("neither an address nor the subject of such a mail")
    return "", ""


def _latest(session: Session, text: str) -> str:
    """Return the person of an address, where their subscription is now."""
    person = _person(session, text)
    last = session.operator.services.subscribers.repository.latest(person)
    return last.person if last else person


@commands.add()
def erase(context: typer.Context, email: Email) -> None:
    """Forget somebody who asked for it, at all their addresses, for good."""
    session = session_of(context)
    repository = session.operator.services.subscribers.repository
    person = _latest(session, email)
    session.confirm(f"Forget {email} for good?")
    outcome = erasure.erase(repository, person)
    if outcome == "already" and repository.get(person) is None:
        raise OperatorError(f"nothing is known of {email!r}: is it the address that subscribed?")
    session.say("Nothing to do: nothing is known" if outcome == "already" else "Erased")


def _person(session: Session, text: str) -> str:
    """Return the key of the one address in a text, as mail programs copy it: `Ada <ada@…>`."""
    address = address_in(text)
    if address is None:
        raise OperatorError(f"{text!r} is not one e-mail address")
    return person_key(address, session.operator.services.secret.people)
