"""The words that consent is given to, and the topics that can be chosen."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib import content
from chalicelib.core.languages import Lang
from chalicelib.core.settings import Settings

if TYPE_CHECKING:
    from chalicelib.content.shapes.newsletter import TitledPage
    from chalicelib.content.shapes.text import Option


@dataclass(frozen=True)
class ConsentText:
    """A text as it stands on the page, named and whole, so that it can be shown again."""

    text_id: str
    text: str

    def facts(self) -> dict[str, str]:
        """Return what a proof keeps of it: `text_id`, `text`, and `text_hash` (SHA-256)."""
        digest = hashlib.sha256(self.text.encode()).hexdigest()
        return {"text_id": self.text_id, "text": self.text, "text_hash": digest}


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
        website=settings.website_url or settings.public_url,
    )
    return ConsentText(texts["consent"]["id"], text)


def box(lang: Lang, settings: Settings) -> str:
    """Return the label of the newsletter's box on another form; empty while it cannot be offered.

    The law asks for the sender's postal address beside the box, so without one there is none.
    """
    return consent(lang, settings).text if settings.postal_address else ""


def topics() -> list[str]:
    return [option["id"] for option in _topic_options()]


def topic_names(lang: Lang) -> dict[str, str]:
    return {option["id"]: option[lang] for option in _topic_options()}


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
