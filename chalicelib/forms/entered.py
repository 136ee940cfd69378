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


def readings(
    form: str, typed: Mapping[str, object], lang: Lang, *, asks_dates: bool = False
) -> dict[str, str]:
    """Return how each answer is read that was written in another way: `team[0].email` → text."""
    fields = [f for section in content.form(form)["sections"] for f in section["fields"]]
    written_in = None if asks_dates else lang
    return {
        path: words
        for path, f, text in _strings(fields, typed, "")
        if (kept := _read(f, text, written_in)) is not None
        and (words := in_words(f, kept, lang)).split() != text.split()
    }


def as_understood(
    fields: "Iterable[FormField]", typed: Mapping[str, object], lang: Lang
) -> dict[str, object]:
    """Return answers in which a date that others than who wrote it in this language would read
    otherwise, or not at all, is written out in words: then everybody reads the same day."""
    found = dict(typed)
    for f in fields:
        value = typed.get(f["key"])
        value = value[-1] if isinstance(value, Repeated) else value
        if f["type"] == "rows" and isinstance(value, list):
            found[f["key"]] = [
                as_understood(f["fields"], row, lang) if isinstance(row, dict) else row
                for row in value
            ]
        elif f["type"] in field_types.DATES and isinstance(value, str):
            day = _read(f, value, lang)
            if day is not None and _read(f, value, None) != day:
                found[f["key"]] = in_words(f, day, lang)
    return found


def _strings(
    fields: "Iterable[FormField]", typed: Mapping[str, object], before: str
) -> Iterator[tuple[str, "FormField", str]]:
    """Yield where each answer stands that may be written in several ways, its field and its text."""
    for f in fields:
        value = typed.get(f["key"])
        value = value[-1] if isinstance(value, Repeated) else value
        if f["type"] == "rows" and isinstance(value, list):
            for number, row in enumerate(value[: int(f["max"])]):
                if isinstance(row, dict):
                    path = f"{before}{f['key']}[{number}]."
                    yield from _strings(f["fields"], row, path)
        elif f["type"] in (*_WRITTEN_OTHERWISE, "email") and isinstance(value, str):
            yield f"{before}{f['key']}", f, value


def _read(f: "FormField", typed: str, written_in: Lang | None) -> object:
    """Return an answer as it is read; None when it cannot be."""
    text = tidy(typed, field_types.length_limit(f))
    adapter = _adapter(f["type"], f.get("min"), f.get("max"))
    try:
        return adapter.validate_python(text, context={"lang": written_in})
    except ValidationError:
        return None


@cache
def _adapter(kind: str, low: float | None, high: float | None) -> TypeAdapter[object]:
    limits = {name: limit for name, limit in (("min", low), ("max", high)) if limit is not None}
    return TypeAdapter(field_types.type_of(cast("FormField", {"type": kind, **limits})))
