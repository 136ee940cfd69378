"""What an applicant's page shows of their file, in words."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from chalicelib.cases.case import Case
from chalicelib.cases.states import next_step, public_name, table
from chalicelib.core.languages import Lang
from chalicelib.core.letter_row import APPLICANT
from chalicelib.core.ports import Item
from chalicelib.core.records import moment
from chalicelib.forms import description, diff


def standing_facts(case: Case, now: datetime, lang: Lang) -> dict[str, Any]:
    """Where the file stands: all that whoever posts a form in somebody's name may know."""
    state = case.shown(now)
    return {
        "case": case,
        "state_name": public_name(state, lang),
        "next_step": next_step(state, lang),
        "may_act": (state, "withdraw") in table(),
        "answers": [],
        "changes": [],
        "conditions": [],
        "question": None,
        "description": None,
        "values": {},
        "apply_by": None,
        "whole": False,
    }


def whole_facts(case: Case, history: list[Item], now: datetime, lang: Lang) -> dict[str, Any]:
    """Everything the applicant gave and was told, and what can be done now."""
    state = case.shown(now)
    facts = standing_facts(case, now, lang)
    copies = [("eoi", case.answers), ("application", case.application)]
    facts |= {
        "whole": True,
        "answers": [
            section
            for form, given in copies
            if given
            for section in description.readable(form, given, lang)
        ],
        "changes": _changes(case, history, lang),
    }
    # What a decision brought is shown only once it can no longer be undone.
    if state != case.state:
        return facts
    if case.state == "EOI_APPROVED" and case.apply_by:
        facts["apply_by"] = date.fromisoformat(case.apply_by)
    if case.state == "APP_CONDITIONAL":
        facts["conditions"] = [
            {**c, "due": date.fromisoformat(c["due"])} for c in case.conditions or []
        ]
    if (state, "reply") in table() and case.question is not None:
        facts["question"] = {
            "text": case.question["text"],
            "reply_by": date.fromisoformat(case.question["reply_by"]),
        }
    return facts


def _changes(case: Case, history: list[Item], lang: Lang) -> list[dict[str, Any]]:
    """What the applicant sent after the first time, newest first."""
    fields = diff.of_history(history, case.answers, case.application, lang)
    return [
        {
            "at": moment(row["at"]),
            "answer": _text(row["data"], "answer") if row["event"] == "reply" else "",
            "fields": fields.get(row["number"], []),
        }
        for row in reversed(history)
        if row["actor"] == APPLICANT and row["event"] in ("reply", "revise")
    ]


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key, "")
    return value if isinstance(value, str) else ""
