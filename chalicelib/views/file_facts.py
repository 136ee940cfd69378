"""What an applicant's page shows of their file, in words."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NotRequired, TypedDict

from chalicelib import content
from chalicelib.cases.case import Case, Condition
from chalicelib.cases.faults import faults_now
from chalicelib.cases.states import next_step, public_name, shows, table
from chalicelib.core import references
from chalicelib.core.languages import Lang
from chalicelib.core.letter_row import APPLICANT, NEW_ADDRESS
from chalicelib.core.ports import Item
from chalicelib.core.records import moment
from chalicelib.forms import description, diff
from chalicelib.views.documents import DocumentFacts
from chalicelib.web.form_errors import Description, FormErrors
from chalicelib.web.mending import Mending


class AskedQuestion(TypedDict):
    text: str
    reply_by: date


class SentChange(TypedDict):
    """What the applicant sent after the first time: an answer, and fields that it changed."""

    at: datetime
    answer: str
    fields: Sequence[diff.Change]


class DatedCondition(TypedDict):
    text: str
    due: date
    met_at: NotRequired[str]


class FileFacts(TypedDict):
    """`answers` are sections in words: see `description.readable`."""

    case: Case
    state_name: str
    next_step: str
    answers: Sequence[Mapping[str, object]]
    changes: list[SentChange]
    conditions: list[DatedCondition]
    question: AskedQuestion | None
    apply_by: date | None


class FileAddresses(TypedDict):
    apply_url: str | None
    days_url: str | None
    copy_url: str
    part_url: str
    withdraw_url: str | None
    documents_url: str | None


class FilePageFacts(FileFacts, FileAddresses, FormErrors):
    """All that the page `file` shows; `description` is of the form that may be revised with an
    answer, `mending` what is revised of it now, `opened` the section of it that is shown whole;
    `entered` is what the last post brought."""

    description: Description | None
    mending: Mending | None
    opened: str
    entered: Mapping[str, object]
    new: bool
    warnings: Sequence[str]
    delay: object
    action: str
    documents: Sequence[DocumentFacts]
    nonce: str
    address_form: bool
    unreached: str
    mail_to: str


def file_facts(case: Case, history: list[Item], state: str, lang: Lang) -> FileFacts:
    """Return everything the applicant gave and was told, and what can be done now; `state` is the
    one that they may know."""
    copies = [("eoi", case.answers), ("application", case.application)]
    facts: FileFacts = {
        "case": case,
        "state_name": public_name(state, lang),
        "next_step": next_step(state, lang, case.came_from),
        "answers": [
            section
            for form, given in copies
            if given
            for section in description.readable(form, given, lang)
        ],
        "changes": _changes(case, history, lang),
        "conditions": [],
        "question": None,
        "apply_by": None,
    }
    # What a decision brought is shown only once its letter has left.
    if state != case.state:
        return facts
    if shows(case.state, "apply_by") and case.apply_by:
        facts["apply_by"] = date.fromisoformat(case.apply_by)
    if shows(case.state, "conditions"):
        facts["conditions"] = [_dated(condition) for condition in case.conditions or []]
    if (state, "reply") in table() and case.question is not None:
        facts["question"] = {
            "text": case.question["text"],
            "reply_by": date.fromisoformat(case.question["reply_by"]),
        }
    return facts


def _dated(condition: Condition) -> DatedCondition:
    met: DatedCondition = {"text": condition["text"], "due": date.fromisoformat(condition["due"])}
    return {**met, "met_at": condition["met_at"]} if "met_at" in condition else met


def _changes(case: Case, history: list[Item], lang: Lang) -> list[SentChange]:
    """Return what the applicant sent after the first time, newest first."""
    fields = diff.of_history(history, case.answers, case.application, lang)
    return [
        {
            "at": moment(row["at"]),
            "answer": str(row["data"].get("answer", "")) if row["event"] == "reply" else "",
            "fields": fields.get(row["number"], []),
        }
        for row in reversed(history)
        if row["actor"] == APPLICANT and row["event"] in ("reply", "revise")
    ]


def unreached(case: Case) -> str:
    """Return the new address that was asked for last and takes no mail; blank without one."""
    asked = [one["address"] for one in faults_now(case) if one["to"] == NEW_ADDRESS]
    return asked[-1] if asked else ""


def error_text(code: str, lang: Lang) -> str:
    return str(content.review()["file_errors"][code][lang])


def is_stored_form(ref: str) -> bool:
    """Say whether a reference is of a form that opens no file."""
    form = references.form_of(ref)
    return form is not None and "stored" in content.form(form)
