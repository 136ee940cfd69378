"""Writes the result of a self-assessment to whoever left an address for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from chalicelib import content
from chalicelib.core.languages import Lang, lang_or
from chalicelib.core.letter_row import APPLICANT
from chalicelib.core.links import Links
from chalicelib.core.ports import Item, Store
from chalicelib.forms import assessment
from chalicelib.mail.draft import Draft
from chalicelib.mail.letters import letter
from chalicelib.mail.writers.draft import LetterSender


class AssessmentResult(TypedDict):
    """The link to the declaration brings the reference `ref` along."""

    ref: str
    result: Mapping[str, object]
    links: Mapping[str, object]


@dataclass(frozen=True)
class AssessmentLetter:
    ref: str
    answers: Item
    lang: Lang
    links: Links
    contact_email: str


@letter("assessment_result", to=APPLICANT, unproved=(APPLICANT,))
def assessment_result(owed: AssessmentLetter) -> AssessmentResult:
    answers, lang = owed.answers, owed.lang
    return {
        "ref": owed.ref,
        "result": assessment.explain(assessment.score(answers), answers, lang),
        "links": {
            "eoi": owed.links.declare(lang, assessment_id=owed.ref),
            "coaches": owed.links.coaches(lang),
            "contact": f"mailto:{owed.contact_email}",
            "ci_101": content.programme()["links"].get(f"ci_101_{lang}"),
        },
    }


class AssessmentLetterWriter:
    def __init__(self, store: Store, links: Links, sender: LetterSender) -> None:
        self._store = store
        self._links = links
        self._sender = sender

    def write(self, row: Item, now: datetime) -> Draft | None:
        found = self._store.get(row["pk"], "ASSESSMENT")
        if found is None or "address" not in row:
            return None
        lang = lang_or(found["lang"], "fr")
        contact = self._sender.contact_email
        owed = AssessmentLetter(found["ref"], found["answers"], lang, self._links, contact)
        return self._sender.draft(row, row["address"], lang, owed, keep_address=False)
