"""Words that were shown to whoever agreed to them: each text is kept once, under its hash."""

import hashlib
from collections.abc import Mapping
from typing import Final, Literal

from chalicelib.core.ports import Change, Item, Key, Store

Kind = Literal["notice", "words"]
"""The notice of a form, or the words of a consent to the newsletter."""


_MARKS: Final[Mapping[Kind, Item]] = {"notice": {"kind": "notice"}, "words": {"kind": "words"}}
"""What the row of each kind is known by."""


def hash_of_words(text: str) -> str:
    """Return SHA-256 of a text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def shown_key(kind: Kind, text_hash: str) -> Key:
    return f"{kind.upper()}#{text_hash}", kind.upper()


class ShownWords:
    """The texts of one kind that were shown; a process remembers those that it has met.

    Each is a row of its own, so that forms do not all write to one row. Written twice, it says the
    same; whoever dies before somebody agrees leaves a text that is about nobody.
    """

    def __init__(self, store: Store, kind: Kind) -> None:
        self._store = store
        self._kind = kind
        self._kept: set[str] = set()
        self._read: dict[str, Item] = {}

    def unkept(self, text_hash: str, words: Mapping[str, str]) -> list[Change]:
        """Return the write that keeps `words` (their `text`, and what else is known of it); none
        where this process has seen them kept."""
        if text_hash in self._kept:
            return []
        return [Change(shown_key(self._kind, text_hash), set={**_MARKS[self._kind], **words})]

    def note_kept(self, text_hash: str) -> None:
        """Remember that the words of this hash are in the store."""
        self._kept.add(text_hash)

    def keep(self, text_hash: str, words: Mapping[str, str]) -> None:
        """Keep words before somebody agrees to them. Raises StoreDown."""
        if writes := self.unkept(text_hash, words):
            self._store.commit(writes)
            self.note_kept(text_hash)

    def find(self, text_hash: str) -> Item | None:
        """Return the row of the words that were kept under a hash."""
        if text_hash not in self._read:
            row = self._store.get(*shown_key(self._kind, text_hash))
            if row is None:
                return None
            self._read[text_hash] = row
        return self._read[text_hash]
