"""Kept facts in a reader's words: warnings, reasons, dates."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from chalicelib import content
from chalicelib.cases.case import Case, FormName, KeptWarning
from chalicelib.cases.staff import Staff
from chalicelib.cases.states import staff_name
from chalicelib.cases.twins import Twin
from chalicelib.core import eastern_time, formatting, references
from chalicelib.core.email_address import is_same_address
from chalicelib.core.languages import Lang
from chalicelib.core.records import moment
from chalicelib.forms.problems import Problem


def warning_texts(warnings: Iterable[KeptWarning], lang: Lang) -> list[str]:
    """Return kept warnings for staff: those that speak to the applicant have words of their own."""
    own, usual = content.review()["warnings"], content.messages()
    found = (Problem(w["field"], w["code"], dict(w["params"])) for w in warnings)
    return [each.worded(own.get(each.code, usual[each.code]), lang) for each in found]


def reason_texts(codes: Iterable[str], lang: Lang) -> list[str]:
    """Return the reasons of a decision in words; one that is no longer listed is left out."""
    lists = content.lists()
    rows = [*lists["decline_reason"], *lists["closing_reason"]]
    names = {row["id"]: row[lang] for row in rows}
    return [names[code] for code in codes if code in names]


def proof_texts(case: Case, lang: Lang) -> list[str]:
    """Return which parts of a file are proved and which are not, in words for the staff."""
    texts, forms = content.review()["proof"], _forms(case)
    found = []
    for form in forms:
        title, proof = content.form(form)["title"][lang], (case.proved or {}).get(form)
        if proof is None:
            found.append(texts["unproved"][lang].format(form=title))
        else:
            day = formatting.long_date(eastern_time.today(moment(proof["at"])), lang)
            found.append(texts["proved"][lang].format(form=title, date=day))
    if case.claims and not case.linked_to:
        claims = "disowned" if case.disowned else "claims"
        found.append(texts[claims][lang].format(ref=references.reference("eoi", case.claims)))
    other = (case.application or {}).get("applicant_email")
    if other and not is_same_address(other, case.mail_to):
        found.append(texts["addresses"][lang].format(other=other, own=case.mail_to))
    return found


def file_notes(case: Case, owner: Staff | None, twins: Sequence[Twin], lang: Lang) -> list[str]:
    """Return what staff should know of a file before they decide, line by line."""
    texts = content.review()["proof"]
    mine = [texts["owner"][lang].format(name=owner.name)] if owner else []
    doubles = [
        texts[f"same_{twin.shares}"][lang].format(
            ref=twin.case.current_ref,
            org=twin.case.org,
            address=twin.case.mail_to,
            state=staff_name(twin.case.state, lang),
        )
        for twin in twins
    ]
    return [*mine, *doubles, *proof_texts(case, lang)]


def fit_text(orphan: Case, candidate: Case, lang: Lang) -> str:
    """Return whether a file fits an application by its address, or by its name alone."""
    fits = "fits_address" if candidate.person == orphan.person else "fits_name"
    return content.review()["proof"][fits][lang].format(own=candidate.mail_to)


def _forms(case: Case) -> list[FormName]:
    given: dict[FormName, object] = {"eoi": case.answers, "application": case.application}
    return [form for form, answers in given.items() if answers]


PLAIN_NAME_LENGTH: Final = 60
_PLAIN_NAME: Final = re.compile(r"[^\W\d_]+(?:[ '’-][^\W\d_]+)*")


def plain_name(text: str) -> str:
    """Return a name of letters, spaces, hyphens and apostrophes alone; blank for any other text."""
    is_plain = len(text) <= PLAIN_NAME_LENGTH and _PLAIN_NAME.fullmatch(text)
    return text if is_plain else ""


@dataclass(frozen=True)
class LetterFile:
    """What the templates of a letter may say of its file. `org_note` follows a reference; it is
    blank where the organization has no name that may be repeated."""

    id: str
    ref: str
    app_ref: str | None
    state: str
    lang: str
    org: str
    org_note: str
    contact_name: str
    submitted_at: datetime
    applied_at: datetime | None
    apply_by: date | None


def view(case: Case, lang: Lang, *, proved: bool = True) -> LetterFile:
    """Return the case as templates read it; for a reader whose address is not `proved`, with
    nothing that was typed but plain names."""
    nameless = content.review()["nameless"]
    org = case.org if proved else plain_name(case.org)
    name = case.contact_name if proved else plain_name(case.contact_name)
    return LetterFile(
        id=case.id,
        ref=case.ref,
        app_ref=case.app_ref,
        state=case.state,
        lang=case.lang,
        org=org or nameless["org"][lang],
        org_note=f" ({org})" if org else "",
        contact_name=name or nameless["contact"][lang],
        submitted_at=moment(case.submitted_at),
        applied_at=moment(case.applied_at) if case.applied_at else None,
        apply_by=date.fromisoformat(case.apply_by) if case.apply_by else None,
    )
