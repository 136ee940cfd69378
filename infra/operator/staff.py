"""`relais staff …`: who decides, as an operator keeps them."""

from datetime import date
from typing import Annotated, Literal

import typer

from chalicelib.cases.roles import FILE_ROLES
from chalicelib.cases.staff import Roster
from chalicelib.core.languages import Lang
from infra.operator.commands import Commands
from infra.operator.parameters import address, coming_day, words
from infra.operator.session import Session, session_of

commands = Commands("Keep the roster of those who decide.")

Id = Annotated[str, typer.Argument(help="Their id, as `staff list` shows it.")]
Other = Annotated[str, typer.Argument(help="The id of the other person.")]


def _roster(session: Session) -> Roster:
    return session.operator.services.cases.roster


def _alone(session: Session, staff_id: str) -> str:
    """Return a warning where one person alone decides, and would no more; blank otherwise."""
    deciding = [staff.id for staff in session.operator.services.cases.file_roster.active()]
    return "Nobody is left who can decide then. " if deciding == [staff_id] else ""


@commands.add("list")
def list_(context: typer.Context) -> None:
    """List everybody who is or was on the roster."""
    session = session_of(context)
    rows = [
        {
            "id": staff.id,
            "name": staff.name,
            "email": staff.email,
            "lang": staff.lang,
            "removed": not staff.active,
            "away_until": staff.away_until,
            "deputy": staff.deputy,
            "manager": staff.manager,
            "admin": staff.admin,
            "roles": sorted(staff.roles),
            "unreachable": not staff.reachable,
        }
        for staff in _roster(session).all()
    ]
    session.list_rows(rows, "Nobody yet")


@commands.add()
def add(
    context: typer.Context,
    name: Annotated[str, typer.Option(help="Their name, as letters show it.", parser=words)],
    email: Annotated[str, typer.Option(help="Where letters to them go.", parser=address)],
    lang: Annotated[Lang, typer.Option(help="The language of letters to them.")],
) -> None:
    """Add somebody; whoever was removed comes back under the id they had."""
    session = session_of(context)
    added = _roster(session).add(name, email, lang, session.operator.now())
    session.say(f"Added {added}")


@commands.add()
def remove(context: typer.Context, staff_id: Id) -> None:
    """Take somebody's links away, at once and for good."""
    session = session_of(context)
    roster = _roster(session)
    staff = roster.require(staff_id)
    session.confirm(f"{_alone(session, staff_id)}Remove {staff.name} <{staff.email}>?")
    roster.remove(staff_id)
    session.say(f"Removed {staff_id}")


@commands.add()
def away(
    context: typer.Context,
    staff_id: Id,
    until: Annotated[
        date,
        typer.Option(help="The first day back: 2026-08-03, or 3 août 2026.", parser=coming_day),
    ],
) -> None:
    """Say that somebody is away: their links decide nothing, and others get the letters."""
    session = session_of(context)
    _roster(session).set_away(staff_id, str(until))
    session.say(f"{staff_id} is away until {until}")


@commands.add()
def back(context: typer.Context, staff_id: Id) -> None:
    """Say that somebody is back."""
    session = session_of(context)
    _roster(session).end_absence(staff_id)
    session.say(f"{staff_id} is back")


@commands.add()
def deputy(context: typer.Context, staff_id: Id, other: Other) -> None:
    """Choose who gets the letters of somebody who is away."""
    session = session_of(context)
    _roster(session).set_deputy(staff_id, other)
    session.say(f"{other} is the deputy of {staff_id}")


@commands.add()
def manager(context: typer.Context, staff_id: Id, other: Other) -> None:
    """Choose who hears of what waits too long for somebody."""
    session = session_of(context)
    _roster(session).set_manager(staff_id, other)
    session.say(f"{other} is the manager of {staff_id}")


@commands.add()
def reachable(context: typer.Context, staff_id: Id) -> None:
    """Say that mail to somebody arrives again: their letters go to them, and not to others."""
    session = session_of(context)
    _roster(session).set_reachable(staff_id)
    session.say(f"{staff_id} is reachable")


@commands.add()
def role(
    context: typer.Context,
    staff_id: Id,
    role: Annotated[list[str], typer.Option(help="What they may do at the desk; several times.")],
) -> None:
    """Choose what somebody may do at the desk, in place of what they might before."""
    session = session_of(context)
    if not FILE_ROLES & {*role} and (alone := _alone(session, staff_id)):
        session.confirm(f"{alone}Change the roles of {staff_id}?")
    _roster(session).set_roles(staff_id, role)
    session.say(f"{staff_id}: {', '.join(role)}")


@commands.add()
def admin(
    context: typer.Context,
    staff_id: Id,
    switch: Annotated[Literal["on", "off"], typer.Argument(help="Whether they are.")],
) -> None:
    """Choose whether somebody is written to when a letter cannot be sent."""
    session = session_of(context)
    _roster(session).set_admin(staff_id, admin=switch == "on")
    session.say(f"{staff_id}: admin {switch}")
