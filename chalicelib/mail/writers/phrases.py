"""Kept facts in a reader's words: warnings, reasons and dates."""

from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

from chalicelib import content
from chalicelib.cases.case import Case
from chalicelib.content import load
from chalicelib.core import eastern_time
from chalicelib.core.business_days import after_business_days
from chalicelib.core.languages import Lang
from chalicelib.core.records import moment
from chalicelib.forms.problems import Problem


def said(warnings: list[dict[str, Any]], lang: Lang) -> list[str]:
    """Kept warnings in a reader's language."""
    return [Problem(w["field"], w["code"], w["params"]).message(lang) for w in warnings]


def due_date(start: datetime) -> date:
    """When an answer is due, in business days from the programme's target."""
    days = content.programme()["reply_target_business_days"]
    return after_business_days(eastern_time.today(start), days)


def reasons_said(codes: list[str], lang: Lang) -> list[str]:
    lists = load("lists")
    known = [*lists["decline_reason"], *lists["closing_reason"]]
    names = {row["id"]: row[lang] for row in known}
    return [names[code] for code in codes if code in names]


def view(case: Case) -> SimpleNamespace:
    """The case as templates read it."""
    return SimpleNamespace(
        **{k: getattr(case, k) for k in ("id", "ref", "app_ref", "state", "lang", "org")},
        contact_name=case.contact_name,
        submitted_at=moment(case.submitted_at),
        applied_at=moment(case.applied_at) if case.applied_at else None,
        apply_by=date.fromisoformat(case.apply_by) if case.apply_by else None,
    )
