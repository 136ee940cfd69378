"""A lost link: one letter with the links of an address's files, owed to that address alone."""

from dataclasses import dataclass, field
from typing import Final

from chalicelib.core import rate_limit
from chalicelib.core.errors import Conflict
from chalicelib.core.languages import Lang
from chalicelib.core.letter_row import APPLICANT, letter
from chalicelib.core.links import person_key
from chalicelib.core.ports import Now, Put, Store
from chalicelib.core.records import stamp

FILE_LINKS: Final = "FILES"
"""How the keys of these letters begin."""

LETTER: Final = "file_links"

LETTER_RETENTION_SECONDS: Final = 30 * 86400
"""How long it is kept that a letter was asked for."""


@dataclass(frozen=True)
class LostLinks:
    """Whose files there are is only looked up when the letter is written."""

    store: Store
    now: Now
    people_key: bytes = field(repr=False)
    per_hour: int

    def ask(self, email: str, lang: Lang, network: str) -> None:
        """Owe one letter to an address in an hour, whoever asks and however often.

        `network` is the caller's IP address. Raises TooMany when it asks too often.
        """
        now = self.now()
        caller = rate_limit.of_network(network, self.people_key)
        rate_limit.count(self.store, "link_requests", caller, now, per_hour=self.per_hour)
        row = letter(
            f"{FILE_LINKS}#{person_key(email, self.people_key)}",
            f"{now:%Y%m%d%H}",
            LETTER,
            to=APPLICANT,
            due=stamp(now),
            facts={"lang": lang},
        )
        expires = int(now.timestamp()) + LETTER_RETENTION_SECONDS
        try:
            self.store.commit([Put({**row, "address": email, "expires": expires})])
        except Conflict:
            pass  # Asked for within this hour: the letter is on its way already.
