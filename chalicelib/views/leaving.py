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
    if leaving.at(WITHIN_THE_HOUR, now):
        found.append({"id": WITHIN_THE_HOUR, "label": texts["hour"][lang]})
    if morning := leaving.morning(now):
        label = texts["morning"][lang].format(at=date_and_time(morning, lang))
        found.append({"id": _chosen(morning), "label": label})
    for moment in leaving.hours(now):
        at = clock_time(eastern_time.local(moment).time(), lang)
        found.append({"id": _chosen(moment), "label": texts["today"][lang].format(at=at)})
    return found


def _chosen(moment: datetime) -> str:
    return eastern_time.local(moment).strftime(CHOSEN_FORMAT)


def _usual(leaving: LeavingTimes, now: datetime, lang: Lang) -> str:
    """Return when a letter leaves for which nothing was chosen."""
    name = "soon" if leaving.undo else "at_once"
    text = content.review()["leaving"][f"night_{name}" if leaving.morning(now) else name][lang]
    return text.format(minutes=-(-leaving.undo // timedelta(minutes=1)))
