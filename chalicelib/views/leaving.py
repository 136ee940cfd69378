"""When the letter of a decision may leave, as a form offers it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TypedDict

from chalicelib import content
from chalicelib.cases.leaving import CHOSEN_FORMAT, WITHIN_THE_HOUR, LeavingTimes
from chalicelib.cases.states import Transition
from chalicelib.core import eastern_time
from chalicelib.core.formatting import clock_time, date_and_time
from chalicelib.core.languages import Lang


class Departure(TypedDict):
    """A moment that may be chosen: what the form sends, and what it says."""

    id: str
    label: str


def departures(
    rows: Iterable[Transition], leaving: LeavingTimes, now: datetime, lang: Lang
) -> list[Departure]:
    """Return when the letter of a decision may leave, the usual moment first; none where all
    letters of these rows leave at once."""
    if not any(row.held_letters for row in rows):
        return []
    texts = content.review()["leaving"]
    found: list[Departure] = [{"id": "", "label": _usual(leaving, now, lang)}]
    in_an_hour = leaving.at(WITHIN_THE_HOUR, now)
    if in_an_hour == now + timedelta(hours=1):
        found.append({"id": WITHIN_THE_HOUR, "label": texts["hour"][lang]})
    for moment in leaving.hours(now):
        there = eastern_time.local(moment)
        label = texts["today"][lang].format(at=clock_time(there.time(), lang))
        found.append({"id": there.strftime(CHOSEN_FORMAT), "label": label})
    return found


def _usual(leaving: LeavingTimes, now: datetime, lang: Lang) -> str:
    """Return when a letter leaves for which nothing was chosen."""
    texts, usual = content.review()["leaving"], leaving.at("", now)
    assert usual is not None
    if not leaving.undo:
        return texts["at_once"][lang]
    if usual != now + leaving.undo:
        return texts["morning"][lang].format(at=date_and_time(usual, lang))
    return texts["soon"][lang].format(minutes=-(-leaving.undo // timedelta(minutes=1)))
