"""Keeps the words of consents: each text once, under its hash, whoever agreed to it."""

import hashlib

from chalicelib.core.errors import Conflict
from chalicelib.core.ports import Item, Key, Put, Store, Write


def hash_of_words(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class ShownWords:
    """The texts that were shown; a process remembers those that it has met."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._met: dict[str, str] = {}

    def kept_once(self, write: Write) -> Write:
        """Return the write of a consent without its text, which is kept before it; any other write
        as it is.

        The text is a row of its own, so that sign-ups do not all write to one row; whoever dies
        in between leaves a text that is about nobody.
        """
        if not isinstance(write, Put) or "text" not in write.item:
            return write
        row = {name: value for name, value in write.item.items() if name != "text"}
        self._keep(row["text_hash"], write.item["text"])
        return Put(row, write.unless_after)

    def filled_in(self, row: Item) -> Item:
        """Return a consent with its words."""
        if "text_hash" not in row or "text" in row:
            return row
        return {**row, "text": self._text(row["text_hash"])}

    def _keep(self, text_hash: str, text: str) -> None:
        if text_hash in self._met:
            return
        pk, sk = _key(text_hash)
        try:
            self._store.commit([Put({"pk": pk, "sk": sk, "kind": "words", "text": text})])
        except Conflict:
            pass  # Somebody agreed to the same words before.
        self._met[text_hash] = text

    def _text(self, text_hash: str) -> str:
        if text_hash not in self._met:
            row = self._store.get(*_key(text_hash))
            self._met[text_hash] = row["text"] if row else ""
        return self._met[text_hash]


def _key(text_hash: str) -> Key:
    return f"WORDS#{text_hash}", "WORDS"
