"""A letter to an applicant as staff read it before it leaves: the same words, without its links."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.cases.case import Case
from chalicelib.core.languages import lang_or
from chalicelib.core.letter_row import APPLICANT
from chalicelib.core.links import Links
from chalicelib.core.ports import Item, Store
from chalicelib.mail.letters import LETTERS, Letter
from chalicelib.mail.writers.context import CaseLetter
from chalicelib.mail.writers.draft import LetterSender


@dataclass(frozen=True)
class Previews:
    store: Store
    links: Links
    sender: LetterSender

    def letter(self, name: str, case: Case, facts: Item, now: datetime) -> Letter:
        """Return the letter of this name as it would leave at a moment for a case as it is then."""
        lang = lang_or(case.lang, "fr")
        owed = CaseLetter(case, lang, facts, APPLICANT, now, self.store, self.links)
        written = self.sender.compose(
            name, lang, LETTERS[name].facts_of(owed), case, proved=bool(case.proved)
        )
        return Letter(name, lang, written.subject, Links.redact(written.text), html="")
