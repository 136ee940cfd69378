"""The two languages of Relais."""

from typing import Final, Literal, cast

Lang = Literal["fr", "en"]

LANGS: Final[tuple[Lang, Lang]] = ("fr", "en")
"""Both, in the order in which they are shown: French first."""


def lang_or(text: str | None, default: str) -> Lang:
    """Return `text` when it is one of our languages, else `default`."""
    return cast(Lang, text if text in LANGS else default)


def other_language(lang: str) -> Lang:
    """Return the language that a page's switch leads to."""
    return "en" if lang == "fr" else "fr"
