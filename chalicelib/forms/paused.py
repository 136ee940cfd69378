"""What visitors read of a form that is not taken for now."""

from datetime import date
from typing import TYPE_CHECKING

from chalicelib import content
from chalicelib.core import formatting
from chalicelib.core.languages import Lang

if TYPE_CHECKING:
    from chalicelib.content.shapes.programme import Pause
    from chalicelib.content.shapes.text import Text


def paused_text(form: str, lang: Lang) -> str:
    """Return what visitors read of a paused form."""
    pause: Pause = content.programme().get("pauses", {}).get(form, {})
    return text_of_pause(form, pause.get("words"), pause.get("reopens"), lang)


def text_of_pause(form: str, own_words: "Text | None", reopens: str | None, lang: Lang) -> str:
    """Return the words of a pause, or the usual ones, and the day of its end."""
    words = own_words[lang] if own_words else _usual(form, lang)
    if not reopens:
        return words
    day = formatting.long_date(date.fromisoformat(reopens), lang)
    end = content.problems()["intake_paused"]["reopens"][lang].format(day=day)
    return f"{words} {end}"


def paused_or_blank(form: str, lang: Lang) -> str:
    """Return what is read of a form that is paused; blank for one that is open."""
    is_open = content.programme()["intake"].get(form, "open") == "open"
    return "" if is_open else paused_text(form, lang)


def _usual(form: str, lang: Lang) -> str:
    plural = content.review()["form_plural"][form][lang]
    return str(content.problems()["intake_paused"]["detail"][lang].format(form_plural=plural))
