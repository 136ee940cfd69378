"""The days that a page tells of, for the calendar of whoever reads it."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Final, NamedTuple

from chalicelib import content
from chalicelib.cases.case import Case
from chalicelib.cases.due_dates import decision_due
from chalicelib.core import eastern_time
from chalicelib.core.calendar_file import CALENDAR, DayToKeep, calendar_file
from chalicelib.core.languages import Lang
from chalicelib.core.settings import Settings
from chalicelib.forms.drafts.draft import FormDraft
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
        days.append(_day(_of_case(case), "apply", facts["apply_by"], lang, settings))
    if facts["question"]:
        days.append(_day(_of_case(case), "reply", facts["question"]["reply_by"], lang, settings))
    for number, condition in enumerate(facts["conditions"], 1):
        if "met_at" not in condition:
            name, text = f"condition-{number}", str(condition["text"])
            days.append(_day(_of_case(case), name, condition["due"], lang, settings, text))
    return days


def invited_days(case: Case, lang: Lang, settings: Settings) -> list[DayToKeep]:
    """Return the last day to apply; none once nobody is invited."""
    last = date.fromisoformat(case.apply_by) if case.apply_by else None
    return [_day(_of_case(case), "apply", last, lang, settings)] if last else []


def staffs_days(case: Case, lang: Lang, settings: Settings) -> list[DayToKeep]:
    """Return the day by which staff are to decide; none where nobody waits for them."""
    due = decision_due(case)
    return [_day(_of_case(case), "decide", due, lang, settings)] if due else []


def drafts_days(draft: FormDraft, lang: Lang, settings: Settings) -> list[DayToKeep]:
    """Return the last day of a form that was begun: who adds it knows the form and nothing of what
    is in it."""
    last = eastern_time.today(datetime.fromtimestamp(draft.expires, UTC))
    title = content.form(draft.form)["title"][lang]
    uid = f"draft-{sha256(draft.id.encode()).hexdigest()[:16]}"
    named = _Named(uid, title, int(draft.row["edits"]))
    return [_day(named, "draft", last, lang, settings)]


def respond_with_days(days: Iterable[DayToKeep], name: str, lang: Lang, now: datetime) -> Response:
    """Return a file that a calendar opens."""
    named = {"Content-Disposition": f'attachment; filename="{name}.ics"'}
    return Response(200, calendar_file(days, lang, now), CALENDAR, {**PRIVATE, **named})


class _Named(NamedTuple):
    """What a day is about: the start of its id, what people call it, and how often it changed."""

    uid: str
    name: str
    sequence: int


def _of_case(case: Case) -> _Named:
    return _Named(case.current_ref, case.current_ref, case.version)


def _day(  # noqa: PLR0913
    about: _Named, kind: str, day: date, lang: Lang, settings: Settings, detail: str = ""
) -> DayToKeep:
    words = content.review()["dates"][kind.partition("-")[0]]
    given = {"organization": settings.organization_name, "ref": about.name, "detail": detail}
    host = settings.public_url.partition("://")[2].partition("/")[0]
    return DayToKeep(
        uid=f"{about.uid}-{kind}@{host}",
        day=day,
        title=words["title"][lang].format(**given),
        text=words["text"][lang].format(**given),
        sequence=about.sequence,
    )
