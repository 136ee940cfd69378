"""What the review page shows of a case: its answers, what changed, its history and choices."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final, TypedDict

from chalicelib import content
from chalicelib.cases.case import Case
from chalicelib.cases.faults import MailFault, faults_now
from chalicelib.cases.guards import MAX_CONDITIONS
from chalicelib.cases.lookup import Cases
from chalicelib.cases.matching import CaseCandidates
from chalicelib.cases.review.model import OpenedReview
from chalicelib.cases.review.reviews import Reviews
from chalicelib.cases.standing_back import standing_back
from chalicelib.cases.states import choices, kind, staff_name
from chalicelib.cases.votes import voters
from chalicelib.core.languages import Lang
from chalicelib.core.ports import Item
from chalicelib.core.records import moment
from chalicelib.forms import assessment, description, diff
from chalicelib.mail.writers.phrases import file_notes, fit_text, reason_texts, warning_texts
from chalicelib.views.condition_facts import conditions_facts, dated, new_days_facts
from chalicelib.views.leaving import Departure, departures
from chalicelib.views.letter_history import LetterHistory, letter_history
from chalicelib.web.problems import FieldError

MAX_STEPS: Final = 5
"""Steps that the page of an old link names."""


class Choice(TypedDict):
    id: str
    label: str


class Colleague(TypedDict):
    id: str
    name: str


class CandidateFacts(TypedDict):
    """A case that an application without an invitation may belong to."""

    ref: str
    org: str
    contact: str
    state_name: str
    fit: str


class VotesFacts(TypedDict):
    """Who approved so far, how many it takes, and the conditions that came with these votes."""

    names: list[str]
    needed: int
    conditions: list[Mapping[str, object]]


class HistoryEntry(TypedDict):
    at: datetime
    what: str
    who: str
    reasons: Sequence[str]
    message: str
    changes: Sequence[diff.Change]


class ConsentFacts(TypedDict):
    """What was agreed to with a form: `text` are the words, blank where they are not kept; `shown`
    says whether the form named them as those that it showed."""

    form: str
    version: str
    at: datetime
    shown: bool
    text: str


class CaseFacts(TypedDict):
    """`answers` and `eoi_answers` are sections in words: see `description.readable`."""

    case: Case
    state_name: str
    submitted_at: datetime
    answers: Sequence[Mapping[str, object]]
    applied: bool
    eoi_answers: Sequence[Mapping[str, object]] | None
    warnings: Sequence[str]
    proof: Sequence[str]
    consents: Sequence[ConsentFacts]
    faults: Sequence[MailFault]
    letters: LetterHistory
    assessment: Mapping[str, object] | None
    history: list[HistoryEntry]
    question: Mapping[str, object] | None
    conditions: list[dict[str, object]]


class ChoiceFacts(TypedDict):
    """`beside` are the steps beside the decision, such as `recuse`; a held file `decides` nothing."""

    choices: list[Choice]
    reasons: list[Choice]
    condition_rows: Sequence[int]
    candidates: list[CandidateFacts]
    votes: VotesFacts | None
    new_days: list[dict[str, object]]
    code_required: bool
    colleagues: list[Colleague]
    beside: Collection[str]
    mine: bool
    decides: bool
    leaves: list[Departure]


class ReviewPageFacts(CaseFacts, ChoiceFacts):
    """All that the page `review` shows, with what was `entered`; in a `step`, a code is on its way."""

    nonce: str
    action: str
    letters_url: str
    part_url: str
    recipient_masked: str
    name: str
    preselected: str
    documents: object
    entered: Mapping[str, object]
    step: bool
    errors: list[FieldError]


def case_facts(
    opened: OpenedReview, reviews: Reviews, cases: Cases, candidates: CaseCandidates, lang: Lang
) -> CaseFacts:
    """Return the case in words: the same for every state."""
    assert opened.case is not None
    case = opened.case
    applied = case.application is not None
    eoi = description.readable("eoi", case.answers, lang)
    return {
        "case": case,
        "state_name": staff_name(case.state, lang),
        "submitted_at": moment(case.applied_at or case.submitted_at),
        "answers": description.readable("application", case.application or {}, lang)
        if applied
        else eoi,
        "applied": applied,
        "eoi_answers": eoi if applied and eoi else None,
        "warnings": warning_texts((case.application_warnings or []) + case.warnings, lang),
        "proof": file_notes(case, reviews.owner(case), candidates.twins(case), lang),
        "consents": _consents(case, cases, lang),
        "faults": [*faults_now(case), *faults_now(case, "complaint")],
        "letters": letter_history(cases.letters(case), reviews.roster, lang),
        "assessment": _assessment(case, cases, lang),
        "history": _history(opened, case, lang),
        "question": case.question,
        "conditions": conditions_facts(case),
    }


def choice_facts(
    opened: OpenedReview, reviews: Reviews, candidates: CaseCandidates, lang: Lang
) -> ChoiceFacts:
    """Return what can be chosen, and what each choice needs."""
    assert opened.case is not None
    assert opened.staff is not None
    assert opened.link is not None
    case, allowed = opened.case, set(opened.link["allowed"])
    rows = [row for row in choices(case.state) if row.event in allowed]
    events = {row.event for row in rows}
    beside = allowed - events
    names = content.review()["decisions"]
    return {
        "choices": [{"id": row.event, "label": names[row.event][lang]} for row in rows],
        "reasons": _reasons(lang) if "decline" in events else [],
        "condition_rows": range(MAX_CONDITIONS) if "conditions" in events else [],
        "candidates": candidates_facts(candidates, case, lang) if "link" in events else [],
        "votes": votes_facts(case, reviews)
        if any("quorum_app" in row.guards for row in rows)
        else None,
        "new_days": new_days_facts(case, reviews, events),
        "code_required": any(row.code for row in rows),
        "colleagues": _colleagues(opened, reviews) if "assign" in beside else [],
        "beside": beside,
        "decides": kind(case.state) != "held",
        "mine": opened.staff.id in voters(reviews.votes(case)),
        "leaves": departures(rows, reviews.leaving, reviews.now(), lang),
    }


def votes_facts(case: Case, reviews: Reviews) -> VotesFacts | None:
    """Return where the votes on an application stand; None where one person decides alone."""
    votes = reviews.votes(case)
    if case.application is None or (reviews.quorum <= 1 and not votes):
        return None
    return {
        "names": [vote["name"] for vote in votes],
        "needed": reviews.quorum,
        "conditions": [dated(one) for vote in votes for one in vote["conditions"]],
    }


def candidates_facts(candidates: CaseCandidates, case: Case, lang: Lang) -> list[CandidateFacts]:
    return [
        {
            "ref": one.ref,
            "org": one.org,
            "contact": one.contact_name,
            "state_name": staff_name(one.state, lang),
            "fit": fit_text(case, one, lang),
        }
        for one in candidates.of(case)
    ]


def _consents(case: Case, cases: Cases, lang: Lang) -> list[ConsentFacts]:
    return [
        {
            "form": content.form(form)["title"][lang],
            "version": given["version"],
            "at": moment(given["at"]),
            "shown": given["shown"],
            "text": str((cases.notice(given["text_hash"]) or {}).get("text", "")),
        }
        for form, given in (case.consents or {}).items()
    ]


def _reasons(lang: Lang) -> list[Choice]:
    reasons = content.offered_reasons()
    return [{"id": reason["id"], "label": reason[lang]} for reason in reasons]


def _colleagues(opened: OpenedReview, reviews: Reviews) -> list[Colleague]:
    """Return who may take the case over: nobody who stands back from it."""
    assert opened.case is not None
    assert opened.staff is not None
    found = reviews.colleagues(opened.staff)
    recused = standing_back(opened.case, found)
    return [{"id": one.id, "name": one.name} for one in found if one.id not in recused]


def _history(opened: OpenedReview, case: Case, lang: Lang) -> list[HistoryEntry]:
    changed = diff.of_history(opened.history, case.answers, case.application, lang)
    return [_entry(row, changed.get(row["number"], []), lang) for row in opened.history]


def steps_since(opened: OpenedReview, lang: Lang) -> list[HistoryEntry]:
    """Return the last steps that were taken since the link was sent, for its owner alone."""
    if opened.link is None:
        return []
    known = opened.link.get("case_events", opened.link["case_version"])
    later = [row for row in opened.history if row["number"] > known]
    return [_entry(row, [], lang) for row in later[-MAX_STEPS:]]


def _entry(row: Item, changes: Sequence[diff.Change], lang: Lang) -> HistoryEntry:
    texts, data = content.review(), row["data"]
    actor = texts["actors"].get(row["actor"], texts["applicant"])
    name = data.get("name") or data.get("by_name")
    return {
        "at": moment(row["at"]),
        "what": texts["events"][row["event"]][lang],
        "who": actor[lang] if name is None or name in texts["actors"] else name,
        "reasons": reason_texts(data.get("reasons", []), lang),
        "message": data.get("message") or data.get("answer") or "",
        "changes": changes,
    }


def _assessment(case: Case, cases: Cases, lang: Lang) -> Mapping[str, object] | None:
    found = cases.attached(case)
    if found is None:
        return None
    return assessment.explain(assessment.score(found["answers"]), found["answers"], lang)
