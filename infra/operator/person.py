"""`relais person …`: what is kept of one person, given out, corrected, erased or held."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from chalicelib.cases.case import Case
from chalicelib.core import eastern_time
from chalicelib.core.errors import Conflict, Refused
from chalicelib.core.languages import LANGS
from chalicelib.people.erasure import ErasureDecision
from chalicelib.people.export import zipped
from chalicelib.people.finder import PersonFound
from chalicelib.people.requests import PersonRequest, RequestKind
from chalicelib.wiring.people import PeopleServices
from infra.operator.commands import Commands
from infra.operator.errors import OperatorError
from infra.operator.parameters import address, coming_day, past_day, words
from infra.operator.session import Session, bar, session_of

commands = Commands("See, give out, correct, erase or hold what is kept of one person.")
requests = Commands("Keep the register of what people ask for.")
commands.add_typer(requests, name="request")

Email = Annotated[
    str,
    typer.Argument(help="One of their e-mail addresses: the others are found.", parser=address),
]
Id = Annotated[str, typer.Argument(help="The request, as `person request list` shows it.")]


@commands.add()
def show(context: typer.Context, email: Email) -> None:
    """List what is kept of a person, where, and how often."""
    session = session_of(context)
    found = _found(session, email)
    rows = [
        {"what": f"file DI-{id}", "as": ", ".join(sorted(roles)), "rows": 1}
        for id, roles in sorted(found.files.items())
    ]
    rows += [{"what": line, "as": "", "rows": number} for line, number in found.counts().items()]
    if not session.as_json and rows:
        session.say(f"Addresses: {', '.join(sorted(found.person.addresses))}")
    session.list_rows(rows, "Nothing is kept of this address")


@commands.add()
def export(
    context: typer.Context,
    email: Email,
    file: Annotated[Path, typer.Argument(help="The zip to write.")],
) -> None:
    """Write everything kept of a person into a zip: JSON, CSV, their letters and documents."""
    session = session_of(context)
    found = _found(session, email)
    if not found.rows and not found.coaches:
        raise OperatorError("nothing is kept of this address")
    people = _people(session)
    exported = people.export.of(found, session.operator.now())
    file.write_bytes(zipped(exported, people.documents(found)))
    session.say(f"Wrote {file}; it holds what is kept of {email}, and nobody else's data")


@commands.add()
def erase(
    context: typer.Context,
    email: Email,
    reason: Annotated[
        str, typer.Option(help="Why staff decided to erase the files; without it they stay.")
    ] = "",
    force_open: Annotated[
        bool, typer.Option("--force-open", help="Close and erase files that are open, too.")
    ] = False,
    certificate: Annotated[
        Path | None, typer.Option(help="The folder to write the certificate into.")
    ] = None,
) -> None:
    """Erase a person as far as law and programme allow, and certify what went and what stays."""
    session = session_of(context)
    erasure = _people(session).erasure
    with _looking() as progress:
        found = erasure.find(email, progress)
    session.confirm(f"Erase what is kept of {', '.join(sorted(found.person.addresses))}, for good?")
    session.done = "part of it is erased; the same command again goes on"
    with _looking() as progress:
        done = erasure.erase(found, ErasureDecision(reason, force_open), progress)
    written = done.as_json()
    if certificate is not None:
        certificate.mkdir(parents=True, exist_ok=True)
        text = json.dumps(written, ensure_ascii=False, indent=1)
        (certificate / "certificate.json").write_text(text, "utf-8")
        for lang in LANGS:
            (certificate / f"certificate.{lang}.txt").write_text(done.text(lang), "utf-8")
    if session.as_json:
        session.say(json.dumps(written, ensure_ascii=False, indent=1))
        return
    session.say(
        done.text("en") if certificate is None else f"Wrote the certificate to {certificate}"
    )


@commands.add()
def correct(
    context: typer.Context,
    email: Email,
    to: Annotated[str, typer.Option(help="Their right address.", parser=address)],
) -> None:
    """Write to another address from now on; both addresses are told, and subscribers confirm."""
    session = session_of(context)
    services = session.operator.services
    found = _found(session, email)
    session.confirm(f"Write to {to} in place of {email}?")
    lines: list[str] = []
    for case in _own(session, found):
        try:
            services.cases.applicant.correct_address(case, to, by="operator", name="operator")
            lines.append(f"{case.current_ref}: corrected, both addresses are told")
        except Refused as refused:
            lines.append(f"{case.current_ref}: not corrected ({refused})")
    for coach in found.coaches:
        upkeep = services.coaches.upkeep
        if upkeep.coach(coach.slug) is not None:
            upkeep.edit(coach.slug, {"email": to}, by="operator", why="another address")
            lines.append(f"coach {coach.slug}: corrected")
    for key in sorted(found.person.keys):
        if services.subscribers.preferences.move(key, to) == "asked":
            lines.append("newsletter: the new address is asked to confirm")
    session.say("\n".join(lines) or "Nothing to correct: no file, page or subscription")


@commands.add()
def hold(
    context: typer.Context,
    email: Email,
    reason: Annotated[str, typer.Option(help="Why nothing may be erased.", parser=words)],
    until: Annotated[
        date, typer.Option(help="The last day: 2027-08-03, or 3 août 2027.", parser=coming_day)
    ],
) -> None:
    """Keep everything of a person to the end of a day, whatever its time is."""
    session = session_of(context)
    kept = _people(session).holds.set(_found(session, email), reason, until)
    session.say(f"Held until {until}; {kept} rows are kept beyond their time")


@commands.add()
def release(context: typer.Context, email: Email) -> None:
    """End a legal hold: clocks go on, and what is over goes within two days."""
    session = session_of(context)
    found = _found(session, email)
    session.confirm(f"End the hold of {email}?")
    done = _people(session).holds.release(found)
    session.say("Released" if done else "Nothing to do: nothing is held")


@requests.add()
def add(
    context: typer.Context,
    email: Annotated[str, typer.Argument(help="Where the answer goes.", parser=address)],
    kind: Annotated[RequestKind, typer.Option(help="What is asked for.")],
    received: Annotated[
        date | None,
        typer.Option(help="The day it came (2026-03-02); today when left out.", parser=past_day),
    ] = None,
) -> None:
    """Note a request: it is due after 30 days, with reminders to those who run the programme."""
    session = session_of(context)
    day = received or eastern_time.today(session.operator.now())
    request = _people(session).register.add(kind, email, day)
    session.say(f"Added {request.id}: due on {request.due}")


@requests.add("list")
def list_(context: typer.Context) -> None:
    """List the requests that wait for an answer, the first that is due first."""
    session = session_of(context)
    today = str(eastern_time.today(session.operator.now()))
    rows = [_row(request, today) for request in _people(session).register.open()]
    session.list_rows(rows, "No request waits")


@requests.add()
def extend(context: typer.Context, request: Id) -> None:
    """Take 30 days more, once: tell the person before the first term is over."""
    session = session_of(context)
    session.confirm(f"Was the person of {request} told that the answer takes longer?")
    done = _people(session).register.extend(request)
    session.say(f"Extended {done.id}: due on {done.due}")


@requests.add()
def close(
    context: typer.Context,
    request: Id,
    outcome: Annotated[
        str, typer.Option(help="How it was answered, in a few words.", parser=words)
    ],
) -> None:
    """Note that a request was answered; nobody is reminded of it any more."""
    session = session_of(context)
    done = _people(session).register.close(request, outcome)
    session.say(f"Closed {done.id}")


def _row(request: PersonRequest, today: str) -> dict[str, object]:
    return {
        "id": request.id, "asks": request.kind, "email": request.email,
        "received": request.received, "due": request.due, "extended": request.extended,
        "late": request.due < today,
    }  # fmt: skip


def _people(session: Session) -> PeopleServices:
    return session.operator.services.people(session.operator.tables)


def _found(session: Session, email: str) -> PersonFound:
    with _looking() as progress:
        return _people(session).finder.find(email, None, progress)


def _own(session: Session, found: PersonFound) -> Iterator[Case]:
    for id, roles in sorted(found.files.items()):
        case = session.operator.services.lookup.case(id) if "owner" in roles else None
        if case is not None:
            yield case


@contextmanager
def _looking() -> Iterator[Callable[[int], None]]:
    """Show how many rows were read: both tables are read whole."""
    with bar("Reading the tables") as shown:
        try:
            yield shown.show
        except Conflict as conflict:
            raise OperatorError("something moved meanwhile; run it again to go on") from conflict
