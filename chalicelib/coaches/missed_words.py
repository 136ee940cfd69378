"""Counts the words that visitors look for and nobody knows, without who asked."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from hashlib import blake2s
from typing import Final, NamedTuple

from chalicelib.core import eastern_time
from chalicelib.core.errors import Conflict, StoreDown
from chalicelib.core.letter_row import ADMINS, letter
from chalicelib.core.ports import Change, Now, Put, Store
from chalicelib.core.records import stamp

PK: Final = "MISSED"

MISSED_RETENTION: Final = timedelta(days=60)
"""How long a word is counted."""

WRITTEN_FROM: Final = 3
"""A word is written down when it is missed for this time: before, it may be anybody's name."""

MISSED_LETTER: Final = "staff_missed_words"
MISSED_LETTERS: Final = "MISSED_WORDS"
"""How the keys begin of the letters to the admins about these words."""

WORDS_PER_LETTER: Final = 30
"""Words that one letter names, at most; the others are in the next one."""

WORDS_PER_MINUTE: Final = 10
"""Words that one container counts in a minute, at most: nobody fills the store by searching."""

WORD_MAX_LENGTH: Final = 24


class MissedWord(NamedTuple):
    word: str
    times: int


class MissedWords:
    """Counts single words of letters, never a whole query, under a keyed hash of each."""

    def __init__(self, store: Store, now: Now, key: bytes) -> None:
        self._store = store
        self._now = now
        self._key = key[:32]
        self._minute = ""
        self._counted = 0

    def count(self, words: Iterable[str]) -> None:
        """Count some words once more; whatever goes wrong here, the search goes on."""
        for word in words:
            if word.isalpha() and 3 <= len(word) <= WORD_MAX_LENGTH and self._may_count():
                with suppress(Conflict, StoreDown):
                    self._count(word)

    def listed(self) -> list[MissedWord]:
        """Return the words that were missed often enough, the most wanted first."""
        rows = (row for row in self._store.rows(PK) if "word" in row)
        return sorted((MissedWord(row["word"], row["count"]) for row in rows),
                      key=lambda each: (-each.times, each.word))  # fmt: skip

    def tell(self) -> int:
        """Owe the admins a letter about the words that none has named yet, one a day; return how
        many. Dying before it is done does no harm: words and letter are one transaction."""
        fresh = [row for row in self._store.rows(PK) if "word" in row and "told_on" not in row]
        fresh.sort(key=lambda row: (-row["count"], row["word"]))
        if not fresh:
            return 0
        now = self._now()
        today, some = eastern_time.today(now).isoformat(), fresh[:WORDS_PER_LETTER]
        facts = {"words": [[row["word"], row["count"]] for row in some]}
        pk = f"{MISSED_LETTERS}#{today}"
        owed = letter(pk, 1, MISSED_LETTER, to=ADMINS, due=stamp(now), facts=facts)
        marks = [
            Change((row["pk"], row["sk"]), absent=("told_on",), set={"told_on": today})
            for row in some
        ]
        try:
            self._store.commit([Put(owed), *marks])
        except Conflict:
            return 0
        return len(some)

    def _may_count(self) -> bool:
        minute = self._now().strftime("%H%M")
        if minute != self._minute:
            self._minute, self._counted = minute, 0
        self._counted += 1
        return self._counted <= WORDS_PER_MINUTE

    def _count(self, word: str) -> None:
        digest = blake2s(word.encode(), key=self._key, digest_size=12).hexdigest()
        known = self._store.get(PK, digest)
        so_far = known["count"] if known else 0
        expires = int((self._now() + MISSED_RETENTION).timestamp())
        values: dict[str, object] = {"kind": "missed_word", "expires": expires}
        if so_far + 1 >= WRITTEN_FROM:
            values["word"] = word
        self._store.commit([Change((PK, digest), set=values, add={"count": 1})])
