"""The words that consent is given to, and what can be chosen: data of the content."""

import hashlib
from dataclasses import dataclass
from typing import Any

from chalicelib.content import load
from chalicelib.core.settings import Settings


@dataclass(frozen=True)
class ConsentText:
    """A text as it stood on the page, named and whole, so that it can be shown again."""

    text_id: str
    text: str

    def facts(self) -> dict[str, str]:
        digest = hashlib.sha256(self.text.encode()).hexdigest()
        return {"text_id": self.text_id, "text": self.text, "text_hash": digest}


def consent(lang: str, settings: Settings) -> ConsentText:
    """The consent in one language, with who asks for it and where they are."""
    content = load("newsletter")
    template: str = content["consent"][lang]
    if not settings.postal_address:
        template = template.replace(", {postal_address}", "")
    text = template.format(
        frequency=content["frequency"][lang],
        organization_name=settings.organization_name,
        postal_address=settings.postal_address,
        contact_email=settings.contact_email,
        website=settings.website_url or settings.public_url,
    )
    return ConsentText(content["consent"]["id"], text)


def box(lang: str, settings: Settings) -> str:
    """The label of the newsletter's box on another form; empty while it cannot be offered.

    The law asks for the sender's postal address beside the box, so without one there is none.
    """
    return consent(lang, settings).text if settings.postal_address else ""


def topics() -> list[str]:
    return [option["id"] for option in _topic_options()]


def topic_names(lang: str) -> dict[str, str]:
    return {option["id"]: option[lang] for option in _topic_options()}


def said(key: str, lang: str) -> Any:
    """A text of the pages."""
    return load("newsletter")["said"][key][lang]


def _topic_options() -> list[dict[str, str]]:
    sections = load("newsletter")["sections"]
    found = next(f for s in sections for f in s["fields"] if f["key"] == "topics")
    options: list[dict[str, str]] = found["options"]
    return options
