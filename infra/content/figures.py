"""Whether the numbers that texts say are those that the programme and the code go by."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Final, NamedTuple

from chalicelib.people import retention

UNITS: Final = {
    "jours ouvrables": "business days", "jours": "days", "jour": "days", "day": "days",
    "heures": "hours", "heure": "hours", "mois": "months", "month": "months", "ans": "years",
    "an": "years", "années": "years", "minute": "minutes", "personnes": "people",
    "semaines": "weeks", "dernières années": "years", "derniers mois": "months",
    "caractères": "characters",
}  # fmt: skip
TYPED: Final = re.compile(
    r"(?<![\d.,-])(\d{1,3}(?:[,\u00a0\u202f]\d{3})+|\d+)[ \u00a0]((?:dernières[ \u00a0]années|derniers[ \u00a0]mois"
    r"|business[ \u00a0]days|jours[ \u00a0]ouvrables|days?|jours?|minutes?|hours?|heures?|months?"
    r"|mois|years?|ans?|années|people|personnes|weeks?|semaines"
    r"|characters|caractères)\b)"
)
LENGTHS: Final = {
    "days": timedelta(days=1), "hours": timedelta(hours=1), "minutes": timedelta(minutes=1),
    "years": timedelta(days=365), "characters": timedelta(seconds=1),
}  # fmt: skip
"""What one of a unit is of a constant; a constant that is a plain number counts in seconds."""


class TypedFigure(NamedTuple):
    """Files, by a pattern of their path, in which a unit's number is typed; `held` are constants
    whose sum it is, with a minus before those that are taken off; none: a number from outside."""

    files: str
    unit: str
    held: str = ""


_SUBSCRIBER: Final = "chalicelib.newsletter.subscribers.subscriber:"
TABLE: Final = (
    TypedFigure("newsletter_confirm", "days", f"{_SUBSCRIBER}PURGE_AFTER"),
    TypedFigure("newsletter_reminder", "days", f"{_SUBSCRIBER}PURGE_AFTER -{_SUBSCRIBER}REMIND_AFTER"),
    TypedFigure("newsletter_move/|newsletter.json", "days", f"{_SUBSCRIBER}LINK_VALID"),
    TypedFigure("newsletter.json", "years", f"{_SUBSCRIBER}EVIDENCE_RETENTION"),
    TypedFigure("staff_code/|pages/review.html", "minutes", "chalicelib.cases.review.step_up:CODE_LIFETIME"),
    TypedFigure("coach_message/|message.json", "days", "chalicelib.coaches.messages:MESSAGE_RETENTION"),
    TypedFigure("draft_|_steps", "days", "chalicelib.forms.drafts.draft:RETENTION"),
    TypedFigure("retention.json", "days", "chalicelib.forms.drafts.draft:EMPTY_RETENTION"),
    TypedFigure("retention.json", "days", "chalicelib.forms.drafts.draft:SENT_RETENTION"),
    TypedFigure("fiduciary_named/", "hours", "chalicelib.cases.lookup:RECEIPT_LIFETIME"),
    TypedFigure("review.json|newsroom.json", "hours", "chalicelib.core.link_purposes:NONCE_SECONDS"),
    TypedFigure("review.json", "hours", "chalicelib.mail.reputation:WINDOW"),
    TypedFigure("review", "characters", "chalicelib.core.typed_text:MESSAGE_LIMIT"),
    TypedFigure("desk.json|network.json|newsroom.json", "characters", "chalicelib.core.typed_text:REMARKS_LIMIT"),
    TypedFigure("desk.json", "characters", "chalicelib.core.typed_text:COMMENT_LIMIT"),
    TypedFigure("desk.json", "characters", "chalicelib.cases.staff:MEMBER_NAME_LIMIT"),
    TypedFigure("review|newsroom|newsletter_approval", "characters", "chalicelib.core.signing:CODE_LENGTH"),
    # By law, by Amazon, or of the same file, where the data beside it says it too.
    TypedFigure("staff_privacy_request/|privacy", "days"),
    TypedFigure("preflight.json|holds.json", "hours"),
    TypedFigure("_base/usual|pages/file.html", "months"),
    TypedFigure("newsletter.json|programme.json|retention.json|rights.json", "months"),
    TypedFigure("newsletter.json|programme.json|retention.json|rights.json|assessment.json", "years"),
)  # fmt: skip


def typed(path: str, text: str, figures: dict[str, int]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with each number of a text, and how to mend it."""
    for found in TYPED.finditer(text):
        number = int(re.sub(r"\D", "", found[1]))
        unit = UNITS.get(found[2].replace("\u00a0", " "), found[2])
        rows = [row for row in TABLE if row.unit == unit and re.search(row.files, path)]
        if any(not row.held or _held(row) == number for row in rows):
            continue
        if rows:
            what = f"“{found[0]}”, and the code holds {_held(rows[0])}"
            yield what, f"Write the number of {rows[0].held}."
            continue
        knobs = [name for name, value in figures.items() if value == number]
        name = max(knobs, key=lambda knob: unit.rstrip("s") in knob, default="…")
        yield (
            f"“{found[0]}” is typed",
            f"Write {{{name}}}, a figure of programme.json, so that it is said once.",
        )


def _held(row: TypedFigure) -> int:
    whole = timedelta()
    for part in row.held.split():
        found = retention.constant(part.removeprefix("-"))
        assert found is not None, part
        whole += -found if part.startswith("-") else found
    return whole // LENGTHS[row.unit]
