"""What operators type, as the types of options and arguments: what is wrong is told with all that
is, before a stage is reached."""

from contextvars import ContextVar
from datetime import date, datetime
from typing import Final

import typer

from chalicelib.core import eastern_time
from chalicelib.core.email_address import address_in
from chalicelib.core.ports import Now
from chalicelib.services import utc_now
from infra.operator.dates import any_day, day_ahead, moment_ahead, moment_past

NOW: Final[ContextVar[Now]] = ContextVar("NOW", default=utc_now)
"""The clock that days and moments are read by, while a command is."""


def coming_day(text: str) -> date:
    return day_ahead(text, NOW.get()())


def coming_moment(text: str) -> datetime:
    return moment_ahead(text, NOW.get()())


def past_moment(text: str) -> datetime:
    return moment_past(text, NOW.get()())


def past_day(text: str) -> date:
    """Return today, or a day before. Raises a usage error for one that lies ahead."""
    day = any_day(text)
    if day > eastern_time.today(NOW.get()()):
        raise typer.BadParameter(f"{text!r} lies ahead: write the day that it came")
    return day


def address(text: str) -> str:
    """Return the one e-mail address in a text, as mail programs copy it: `Ada <ada@…>`."""
    found = address_in(text)
    if found is None:
        raise typer.BadParameter(f"{text!r} is not one e-mail address")
    return found


def words(text: str) -> str:
    """Return what was typed, which must not be blank."""
    if not text.strip():
        raise typer.BadParameter("is blank: write at least a word")
    return text.strip()
