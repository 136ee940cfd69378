"""What somebody is told, and says yes to, before a form with their information is sent."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from chalicelib import content
from chalicelib.content.edits import cached
from chalicelib.core.languages import Lang
from chalicelib.core.settings import Settings
from chalicelib.core.shown_words import hash_of_words

if TYPE_CHECKING:
    from chalicelib.content.shapes.text import Text

CONSENT_TO_PRIVACY = "consent_privacy"
"""The box of a form that says yes to the notice."""

NO_TEXT: "Final[Text]" = {"en": "", "fr": ""}
"""What a form that is not offered by its name is called in a notice: its own says all itself."""


@dataclass(frozen=True)
class Notice:
    """The words in one language as the form shows them: the notice, then what its boxes say."""

    form: str
    version: str
    lang: Lang
    text: str

    @cached_property
    def text_hash(self) -> str:
        """SHA-256 of the words, in hex."""
        return hash_of_words(self.text)


def notice(form: str, lang: Lang, settings: Settings) -> Notice | None:
    """Return what a form asks consent to; None for a form that asks none."""
    contact, policy = settings.privacy_contact, settings.privacy_policy(lang)
    return _notice(form, lang, contact, policy)


@cached
def _notice(form: str, lang: Lang, contact: str, policy: str) -> Notice | None:
    sections = content.form(form)["sections"]
    fields = [field for section in sections for field in section["fields"]]
    if all(field["key"] != CONSENT_TO_PRIVACY for field in fields):
        return None
    boxes = [f["label"][lang] for f in fields if f["type"] == "consent" and f["required"]]
    version = content.programme()["privacy_notice"]["id"]
    text = "\n\n".join([notice_text(form, lang, contact, policy), *boxes])
    return Notice(form, version, lang, text)


def notice_text(form: str, lang: Lang, privacy_contact: str, privacy_policy: str) -> str:
    """Return how personal information is used, as it stands above the button of a form."""
    programme = content.programme()
    words = content.form(form).get("notice", programme["privacy_notice"])
    return words[lang].format(
        form_name=programme["form_name"].get(form, NO_TEXT)[lang],
        retention=programme["retention"].get(form, NO_TEXT)[lang],
        privacy_contact=privacy_contact,
        privacy_policy=privacy_policy,
    )
