"""The days that a page tells of, for the calendar of whoever reads it."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final

from chalicelib import content
from chalicelib.cases.case import Case
from chalicelib.cases.due_dates import decision_due
from chalicelib.core.calendar_file import CALENDAR, DayToKeep, calendar_file
from chalicelib.core.languages import Lang
from chalicelib.core.settings import Settings
from chalicelib.views.file_facts import FileFacts
from chalicelib.web.responses import PRIVATE, Response

DAYS: Final = "days"
"""The field of the query that asks for them."""


def applicants_days(facts: FileFacts, lang: Lang, settings: Settings) -> list[DayToKeep]:
    """Return the days of a file that its applicant was told: to apply, to reply, and of each
    condition that is not met."""
    case = facts["case"]
    days = []
    if facts["apply_by"]:
        days.append(_day(case, "apply", facts["apply_by"], lang, settings))
    if facts["question"]:
        days.append(_day(case, "reply", facts["question"]["reply_by"], lang, settings))
    for number, condition in enumerate(facts["conditions"], 1):
        if "met_at" not in condition:
            name, text = f"condition-{number}", str(condition["text"])
            days.append(_day(case, name, condition["due"], lang, settings, text))
    return days


def invited_days(case: Case, lang: Lang, settings: Settings) -> list[DayToKeep]:
    """Return the last day to apply; none once nobody is invited."""
    last = date.fromisoformat(case.apply_by) if case.apply_by else None
    return [_day(case, "apply", last, lang, settings)] if last else []


def staffs_days(case: Case, lang: Lang, settings: Settings) -> list[DayToKeep]:
    """Return the day by which staff are to decide; none where nobody waits for them."""
    due = decision_due(case)
    return [_day(case, "decide", due, lang, settings)] if due else []


def respond_with_days(days: Iterable[DayToKeep], case: Case, lang: Lang, now: datetime) -> Response:
    """Return a file that a calendar opens."""
    named = {"Content-Disposition": f'attachment; filename="{case.current_ref}.ics"'}
    return Response(200, calendar_file(days, lang, now), CALENDAR, {**PRIVATE, **named})


def _day(  # noqa: PLR0913
    case: Case, name: str, day: date, lang: Lang, settings: Settings, detail: str = ""
) -> DayToKeep:
    words = content.review()["dates"][name.partition("-")[0]]
    organization, ref = settings.organization_name, case.current_ref
    given = {"organization": organization, "ref": ref, "detail": detail}
    return DayToKeep(
        uid=f"{ref}-{name}@{settings.public_url.partition('://')[2].partition('/')[0]}",
        day=day,
        title=words["title"][lang].format(**given),
        text=words["text"][lang].format(**given),
        sequence=case.version,
    )
