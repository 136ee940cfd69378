"""Copies of a form's answers, and what an answer changed in them; the letter that is a copy."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

from chalicelib.cases.applicant import COPY_LETTER
from chalicelib.cases.case import Case
from chalicelib.core.languages import Lang
from chalicelib.core.letter_row import APPLICANT
from chalicelib.core.ports import Item
from chalicelib.forms import description, diff
from chalicelib.mail.letters import letter
from chalicelib.mail.writers.context import CaseLetter

Copy = Sequence[Mapping[str, object]]
"""A form's answers in words, section by section: `description.readable`."""


def changes(case: Case, facts: Item, lang: Lang) -> list[diff.Change]:
    """Return what an answer changed in its form, as the form stands now."""
    if "before" not in facts or "form" not in facts:
        return []
    form = facts["form"]
    after = case.answers if form == "eoi" else case.application or {}
    return diff.between(form, facts["before"], after, lang)


class FileCopy(TypedDict):
    answers: Copy
    status_url: str


@letter(COPY_LETTER, to=APPLICANT)
def file_copy(owed: CaseLetter) -> FileCopy:
    """Send a copy of the answers: whoever asks for it has opened a link that came to the address,
    which is proved."""
    return {"answers": copy_of_answers(owed), "status_url": owed.status_url}


def copy_of_answers(owed: CaseLetter) -> Copy:
    """Return the answers of the form that the file is about, section by section."""
    case = owed.case
    answers = case.answers if case.application is None else case.application
    return description.readable(case.form, answers, owed.lang)
