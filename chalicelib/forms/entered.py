"""Answers as people write them in the fields of a form, and how what they wrote is read."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from pydantic import TypeAdapter, ValidationError

from chalicelib import content
from chalicelib.core.languages import Lang
from chalicelib.forms import field_types
from chalicelib.forms.description import in_words
from chalicelib.forms.normalise import Repeated, tidy

if TYPE_CHECKING:
    from chalicelib.content.shapes.forms import FormField

_WRITTEN_OTHERWISE: Final = ("money", "decimal", "phone", "bn_rr", "date", "month", "month_day")
"""Kinds that are kept in another way than people write them."""


def entered(form: str, answers: Mapping[str, object], lang: Lang) -> dict[str, object]:
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


def readings(form: str, typed: Mapping[str, object], lang: Lang) -> dict[str, str]:
    """Return how each answer is read that was written in another way: `team[0].email` → text."""
    fields = [f for section in content.form(form)["sections"] for f in section["fields"]]
    return dict(_readings(fields, typed, lang, ""))


def _readings(
    fields: "Iterable[FormField]", typed: Mapping[str, object], lang: Lang, before: str
) -> Iterator[tuple[str, str]]:
    for f in fields:
        value = typed.get(f["key"])
        value = value[-1] if isinstance(value, Repeated) else value
        if f["type"] == "rows" and isinstance(value, list):
            for number, row in enumerate(value[: int(f["max"])]):
                if isinstance(row, dict):
                    path = f"{before}{f['key']}[{number}]."
                    yield from _readings(f["fields"], row, lang, path)
        elif f["type"] in (*_WRITTEN_OTHERWISE, "email") and isinstance(value, str):
            text = _reading(f, value, lang)
            if text and text.split() != value.split():
                yield f"{before}{f['key']}", text


def _reading(f: "FormField", typed: str, lang: Lang) -> str:
    """Return an answer as it is read, in words; blank when it cannot be."""
    text = tidy(typed, field_types.length_limit(f))
    try:
        kept = _adapter(f["type"], f.get("min"), f.get("max")).validate_python(
            text, context={"lang": lang}
        )
    except ValidationError:
        return ""
    return in_words(f, kept, lang)


@cache
def _adapter(kind: str, low: float | None, high: float | None) -> TypeAdapter[object]:
    limits = {name: limit for name, limit in (("min", low), ("max", high)) if limit is not None}
    return TypeAdapter(field_types.type_of(cast("FormField", {"type": kind, **limits})))
