"""The consent that comes with a form: the words that were shown, kept once, and who saw them."""

from typing import Final

from chalicelib.cases.case import Consent
from chalicelib.core.languages import LANGS, Lang
from chalicelib.core.ports import Change, Item, Store
from chalicelib.core.settings import Settings
from chalicelib.core.shown_words import ShownWords
from chalicelib.forms.notice import Notice, notice

HASH_LENGTH: Final = 64
"""Hex digits of SHA-256."""


class Notices:
    """Keeps the words of each notice under their hash, the first time that they are shown or
    agreed to."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._settings = settings
        self._words = ShownWords(store, "notice")

    def current(self, form: str, lang: Lang) -> Notice | None:
        """Return what a form asks consent to now; None for one that asks none."""
        return notice(form, lang, self._settings)

    def agreed(self, form: str, lang: Lang, shown_hash: str) -> Consent | None:
        """Return what was agreed to with a form, but for the moment and the page.

        `shown_hash` is what the form carried: the words that it names are those that were shown,
        though they have changed since. Without it, or with one that we never showed, `shown` is
        false and the words are those of the form now.
        """
        current = self.current(form, lang)
        if current is None:
            return None
        for each in LANGS:
            known = self.current(form, each)
            if known is not None and known.text_hash == shown_hash:
                return _consent(known.version, known.text_hash, each, shown=True)
        found = self.words(shown_hash) if len(shown_hash) == HASH_LENGTH else None
        if found is not None and found["form"] == form:
            return _consent(found["version"], shown_hash, found["lang"], shown=True)
        return _consent(current.version, current.text_hash, lang, shown=False)

    def words(self, text_hash: str) -> Item | None:
        """Return the row of a notice: `form`, `version`, `lang` and `text`."""
        return self._words.find(text_hash)

    def unkept(self, form: str, text_hash: str) -> list[Change]:
        """Return the write that keeps the words of this hash; none where this process has seen
        them kept."""
        found = [
            each for each in (self.current(form, lang) for lang in LANGS)
            if each is not None and each.text_hash == text_hash
        ]  # fmt: skip
        return [write for each in found for write in self._words.unkept(text_hash, _kept(each))]

    def note_kept(self, text_hash: str) -> None:
        """Remember that the words of this hash are in the store."""
        self._words.note_kept(text_hash)

    def keep(self, shown: Notice) -> None:
        """Keep the words of a page before somebody agrees to them. Raises StoreDown."""
        self._words.keep(shown.text_hash, _kept(shown))


def _consent(version: str, text_hash: str, lang: Lang, *, shown: bool) -> Consent:
    return {
        "version": version,
        "text_hash": text_hash,
        "text_lang": lang,
        "shown": shown,
        "at": "",
        "page": "",
    }


def _kept(shown: Notice) -> dict[str, str]:
    return {"form": shown.form, "version": shown.version, "lang": shown.lang, "text": shown.text}
