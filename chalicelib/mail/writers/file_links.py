"""Writes the letter with the links of somebody's files, if they have any."""

from datetime import datetime
from typing import Final, cast

from chalicelib.cases.case import Case, case_key
from chalicelib.cases.states import kind, public_name
from chalicelib.core.errors import Overtaken
from chalicelib.core.languages import Lang
from chalicelib.core.links import Links
from chalicelib.core.ports import Item, Store
from chalicelib.mail import letters
from chalicelib.mail.outbox import Draft
from chalicelib.mail.writers.case import Sender
from chalicelib.mail.writers.draft import draft

MOST: Final = 10
"""Files that one letter lists."""


class FileLinksWriter:
    def __init__(self, store: Store, links: Links, office: Sender) -> None:
        self._store = store
        self._links = links
        self._office = office

    def write(self, row: Item, now: datetime) -> Draft | None:
        """Raises Overtaken when the address has no file: nobody is written to then."""
        person = row["pk"].partition("#")[2]
        lang = cast(Lang, row["facts"]["lang"])
        opened = (self._store.get(*case_key(one)) for one in self._store.of_person(person, MOST))
        cases = [Case.of(item) for item in opened if item is not None]
        files = [
            {
                "ref": case.current_ref,
                "state_name": public_name(case.shown(now), lang),
                "url": self._links.file(case.id, case.person),
            }
            for case in cases
            if case.person == person and kind(case.state) in ("active", "terminal")
        ]
        if not files:
            raise Overtaken("no file of this address")
        letter = letters.compose(
            row["letter"], lang, case=None, sender=self._office.sender, files=files
        )
        return draft(row, row["address"], letter, keep_address=False)
