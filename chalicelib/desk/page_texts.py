"""What the pages around a form say, as staff edit it: buttons, headings and sentences of the way to
send it, of its receipt and of the applicant's file, which stand in templates."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from chalicelib import content
from chalicelib.content.edits import PAGE, Value, laid
from chalicelib.core.languages import Lang
from chalicelib.core.templates import passages_of_page
from chalicelib.desk.editing import Examples, Sample
from chalicelib.desk.letter_texts import PassageEditor, example_of

EDITED_PAGES: Final = (
    "draft_start", "question_start", "form", "_fields", "_steps", "draft_section", "draft_row",
    "draft_tasks", "_documents", "draft_documents", "draft_document", "draft_check", "_mend",
    "draft_both", "draft_later", "draft_link", "draft_colleagues", "draft_delete",
    "draft_deleted", "draft_sent", "receipt", "uninvited", "form_blank", "lost_link", "_result",
    "thanks", "file", "file_documents", "withdrawing", "declaration", "claim", "confirming",
    "_typed",
)  # fmt: skip
"""The pages that applicants and visitors read, and what several of them share, in the order of the
way; those of the newsletter prove a consent, and are changed by a release."""

PASSAGES_AROUND: Final = 2
"""Passages of a page that a preview shows on each side of one."""


@dataclass(frozen=True)
class PagePassageEditor(PassageEditor):
    """One passage of a page; `letter` is the name of the page."""

    @property
    def subject(self) -> str:
        return f"{PAGE}/{self.letter}/{self.passage.id}"

    def _samples(self, value: Value, lang: Lang) -> Iterator[Sample]:
        """Yield the passage as it is edited, between those around it, as they are in force."""
        known, edited = passages_of_page(self.letter), laid(PAGE, self.letter)
        here = known.index(self.passage)
        for number, one in enumerate(known):
            if abs(number - here) <= PASSAGES_AROUND:
                text = (value if number == here else edited.get(one.id, one.texts))[lang]
                filled = {name: example_of(name, how, lang) for name, how in one.filled.items()}
                yield Sample(Examples(filled).text(text), number == here)


def name_of(page: str, lang: Lang) -> str:
    """Return what a page is called."""
    return content.desk()["pages"][page][lang]


def texts_of(page: str) -> Iterator[PagePassageEditor]:
    for one in passages_of_page(page):
        yield PagePassageEditor(page, one)


def editor_of(page: str, passage: str) -> PagePassageEditor | None:
    """Return the editor of a passage of a page; None where there is no such passage."""
    if page not in EDITED_PAGES:
        return None
    return next((one for one in texts_of(page) if one.passage.id == passage), None)
