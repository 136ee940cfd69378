"""What the review page shows of a case: its answers, what changed, its history and choices."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from chalicelib.cases.case import Case
from chalicelib.cases.guards import CONDITIONS, voters
from chalicelib.cases.lookup import Cases
from chalicelib.cases.matching import Candidates
from chalicelib.cases.review.model import OpenedReview
from chalicelib.cases.review.reviews import Reviews
from chalicelib.cases.states import choices, public_name
from chalicelib.content import load
from chalicelib.core.languages import Lang
from chalicelib.core.ports import Item
from chalicelib.core.records import moment
from chalicelib.forms import (
    assessment,
    description,
    diff,
)
from chalicelib.mail.writers.phrases import reasons_said, said


def case_facts(opened: OpenedReview, cases: Cases, lang: Lang) -> dict[str, Any]:
    """The case in words: the same for every state."""
    assert opened.case is not None
    case = opened.case
    applied = case.application is not None
    eoi = description.readable("eoi", case.answers, lang)
    return {
        "case": case,
        "state_name": public_name(case.state, lang),
        "submitted_at": moment(case.applied_at or case.submitted_at),
        "answers": description.readable("application", case.application or {}, lang)
        if applied
        else eoi,
        "applied": applied,
        "eoi_answers": eoi if applied and eoi else None,
        "warnings": said((case.application_warnings or []) + case.warnings, lang),
        "undeliverable": case.undeliverable,
        "assessment": _assessment(case, cases, lang),
        "history": history(opened, lang),
        "question": case.question,
        "conditions": [
            {**c, "due": date.fromisoformat(c["due"]), "id": str(number)}
            for number, c in enumerate(case.conditions or [])
        ],
    }


def choice_facts(
    opened: OpenedReview, reviews: Reviews, candidates: Candidates, lang: Lang
) -> dict[str, Any]:
    """What can be chosen, and what each choice needs."""
    assert opened.case is not None
    assert opened.staff is not None
    assert opened.link is not None
    case, staff = opened.case, opened.staff
    rows = [row for row in choices(case.state) if row.event in opened.link["allowed"]]
    events = {row.event for row in rows}
    beside = set(opened.link["allowed"]) - events
    texts = load("review")
    likely = candidates.of(case) if "link" in events else []
    return {
        "choices": [
            {"id": row.event, "label": texts["decisions"][row.event][lang]} for row in rows
        ],
        "reasons": [
            {"id": reason["id"], "label": reason[lang]}
            for reason in load("lists")["decline_reason"]
        ]
        if "decline" in events
        else [],
        "condition_rows": range(CONDITIONS) if "conditions" in events else [],
        "candidates": [
            {
                "ref": one.ref,
                "org": one.org,
                "contact": one.contact_name,
                "state_name": public_name(one.state, lang),
            }
            for one in likely
        ],
        "votes": {
            "names": [vote["name"] for vote in case.votes or []],
            "needed": reviews.quorum,
            "conditions": [c for vote in case.votes or [] for c in vote["conditions"]],
        }
        if "approve" in events and case.application is not None and reviews.quorum > 1
        else None,
        "code_required": any(row.code for row in rows),
        "colleagues": [
            {"id": other.id, "name": other.name}
            for other in reviews.colleagues(staff)
            if other.id not in (case.recused or [])
        ]
        if "assign" in beside
        else [],
        "beside": beside,
        "mine": staff.id in voters(case),
    }


def history(opened: OpenedReview, lang: Lang) -> list[dict[str, Any]]:
    case = opened.case
    assert case is not None
    changed = diff.of_history(opened.history, case.answers, case.application, lang)
    return [_said(row, changed.get(row["number"], []), lang) for row in opened.history]


def _said(row: Item, changed: list[diff.Change], lang: Lang) -> dict[str, Any]:
    texts = load("review")
    data: Mapping[str, Any] = row["data"]
    who = data.get("name") or data.get("by_name") or texts["actors"].get(row["actor"], {}).get(lang)
    return {
        "at": moment(row["at"]),
        "what": texts["events"][row["event"]][lang],
        "who": who or texts["applicant"][lang],
        "reasons": reasons_said(data.get("reasons", []), lang),
        "message": data.get("message") or data.get("answer") or "",
        "changes": changed,
    }


def _assessment(case: Case, cases: Cases, lang: Lang) -> dict[str, Any] | None:
    found = cases.attached(case)
    if found is None:
        return None
    return assessment.explain(assessment.score(found["answers"]), found["answers"], lang)
