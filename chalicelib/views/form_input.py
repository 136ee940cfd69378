"""What comes with the answers of a public form, and says how to treat them."""

from collections.abc import Mapping
from typing import Final

from chalicelib.cases.intake.submission import IncomingForm
from chalicelib.core.languages import Lang
from chalicelib.forms.spam import PERSON_FIELD
from chalicelib.newsletter.subscribers.consent_text import SHOWN_FIELD
from chalicelib.web.request import ASKS_DATES, Request

INVITATION_FIELDS: Final = ("invite", "ref", "uninvited")
"""Fields of the query that say how somebody came to a form: they stay with it."""

CONTROL_FIELDS: Final = (
    *INVITATION_FIELDS,
    "lang",
    "redirect",
    "website",
    "started_at",
    PERSON_FIELD,
    "notice",
    SHOWN_FIELD,
    ASKS_DATES,
)
"""Fields that say how to treat a form, and are no answers."""


def incoming(
    name: str,
    fields: Mapping[str, object],
    lang: Lang,
    request: Request,
    control: Mapping[str, str],
) -> IncomingForm:
    return IncomingForm(
        form=name,
        fields=fields,
        lang=lang,
        key=request.headers.get("idempotency-key"),
        address=request.address,
        invite=control["invite"] or request.query.get("invite", ""),
        ref=control["ref"],
        trap=control["website"],
        started_at=control["started_at"],
        person=control[PERSON_FIELD],
        notice=control["notice"],
        page=request.headers.get("referer", ""),
        agent=request.headers.get("user-agent", ""),
        consent_shown=control[SHOWN_FIELD],
        asks_dates=bool(control[ASKS_DATES]),
    )
