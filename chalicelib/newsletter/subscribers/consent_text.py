"""The words that consent is given to, and the topics that can be chosen."""

import hmac
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from chalicelib import content
from chalicelib.core.languages import Lang, lang_or
from chalicelib.core.settings import Settings
from chalicelib.core.shown_words import hash_of_words

if TYPE_CHECKING:
    from chalicelib.content.shapes.newsletter import TitledPage
    from chalicelib.content.shapes.text import Option

SHOWN_FIELD: Final = "consent_shown"
"""The field in which a form brings back the words that it showed."""


class ConsentText(NamedTuple):
    """A text as it stands on the page, named and whole, so that it can be shown again."""

    text_id: str
    text: str
    lang: Lang

    def facts(self) -> dict[str, str]:
        """Return what a proof keeps of it: `text_id`, `text_lang`, `text`, and `text_hash`
        (SHA-256)."""
        return {
            "text_id": self.text_id,
            "text_lang": self.lang,
            "text": self.text,
            "text_hash": hash_of_words(self.text),
        }


class ConsentTexts:
    """The consent in each language, and what a page shows of it to come back with the form.

    A page may be posted after a deploy has changed the words: what it brings back are the words
    that stood on it, with their hash under our key, for others could bring back any.
    """

    def __init__(self, settings: Settings, people_key: bytes) -> None:
        self._settings = settings
        self._key = people_key

    def current(self, lang: Lang) -> ConsentText:
        return consent(lang, self._settings)

    def shown(self, lang: Lang) -> str:
        """Return the value of `SHOWN_FIELD` for a page in this language."""
        return self._sealed(self.current(lang))

    def of(self, fields: Mapping[str, object], lang: Lang) -> ConsentText:
        """Return the words that a form brings back; those of today in this language when it
        brings none, or none of ours."""
        given = fields.get(SHOWN_FIELD)
        parts = given.split(":", 3) if isinstance(given, str) else []
        if len(parts) == 4:  # noqa: PLR2004
            found = ConsentText(parts[1], parts[3], lang_or(parts[2], lang))
            if hmac.compare_digest(self._sealed(found).encode(), str(given).encode()):
                return found
        return self.current(lang)

    def _sealed(self, words: ConsentText) -> str:
        signed = f"{words.text_id}:{words.lang}:{words.text}"
        digest = hmac.digest(self._key, f"consent:{signed}".encode(), "sha256").hex()
        return f"{digest}:{signed}"


def consent(lang: Lang, settings: Settings) -> ConsentText:
    """Return the consent in one language, with who asks for it and where they are."""
    texts = content.newsletter()
    template = texts["consent"][lang]
    if not settings.postal_address:
        template = template.replace(", {postal_address}", "")
    text = template.format(
        frequency=texts["frequency"][lang],
        organization_name=settings.organization_name,
        postal_address=settings.postal_address,
        contact_email=settings.contact_email,
        website=settings.site(lang) or settings.public_url,
    )
    return ConsentText(texts["consent"]["id"], text, lang)


def box(lang: Lang, settings: Settings) -> str:
    """Return the label of the newsletter's box on another form; empty while it cannot be offered.

    The law asks for the sender's postal address beside the box, so without one there is none.
    """
    return consent(lang, settings).text if settings.postal_address else ""


def topics() -> list[str]:
    return [option["id"] for option in _topic_options()]


def topic_names(lang: Lang) -> dict[str, str]:
    return {option["id"]: option[lang] for option in _topic_options()}


def topic_name(topic: str, lang: Lang) -> str:
    """Return the name of a topic; of one that is offered no more, its id."""
    return topic_names(lang).get(topic, topic)


def sentence(key: str, lang: Lang) -> str:
    """Return a sentence of the pages."""
    text = content.newsletter()["said"][key][lang]
    assert isinstance(text, str)
    return text


def page_text(key: str, lang: Lang) -> "TitledPage":
    """Return the title and the text of a page that says what was done."""
    text = content.newsletter()["said"][key][lang]
    assert not isinstance(text, str)
    return text


def _topic_options() -> "Sequence[Option]":
    fields = (f for section in content.newsletter()["sections"] for f in section["fields"])
    return next(field["options"] for field in fields if field["key"] == "topics")
