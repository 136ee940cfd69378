"""Answers as people write them, for the fields of a form that is filled in for them."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from chalicelib import content
from chalicelib.core.languages import Lang
from chalicelib.forms.description import in_words

if TYPE_CHECKING:
    from chalicelib.content.shapes.forms import FormField

_WRITTEN_OTHERWISE: Final = ("money", "decimal", "phone", "bn_rr", "date", "month", "month_day")
"""Kinds that are kept in another way than people write them."""


def entered(form: str, answers: Mapping[str, Any], lang: Lang) -> dict[str, Any]:
    """Return answers as somebody would have typed them: read again, they are the same."""
    fields = [f for section in content.form(form)["sections"] for f in section["fields"]]
    return _entered(fields, answers, lang)


def _entered(
    fields: "Iterable[FormField]", answers: Mapping[str, Any], lang: Lang
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for f in fields:
        value = answers.get(f["key"])
        if f["type"] == "rows" and value is not None:
            found[f["key"]] = [_entered(f["fields"], row, lang) for row in value]
        elif value is not None:
            written = f["type"] in _WRITTEN_OTHERWISE
            found[f["key"]] = in_words(f, value, lang) if written else value
    return found
