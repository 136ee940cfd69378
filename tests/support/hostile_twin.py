"""Each letter once more, as if whoever typed what it repeats had proved nothing and meant harm."""

from collections.abc import Mapping
from dataclasses import is_dataclass, replace
from typing import Any

import pytest

from chalicelib import content
from chalicelib.cases.case import Case
from chalicelib.core.letter_row import OUTSIDE
from chalicelib.core.ports import Item, Mail
from chalicelib.mail.letters import LETTERS
from chalicelib.mail.writers.draft import LetterSender
from chalicelib.newsletter.subscribers.repository import SUBSCRIBER

HOSTILE = (
    'Gagnez1 <a href="https://evil.example/x">1000 $</a> [ici](https://evil.example) '
    "\u202eetsoh\u202c \x07 evil@evil.example"
)
TRACES = ("Gagnez1", "evil", "1000 $", "etsoh", "\u202e", "\x07", "[ici]")
"""Whatever of it could come through."""

FREE = ("text", "line", "name", "lines")
"""Types of fields that take what anybody likes to write."""

Twins = dict[tuple[str, str], Mail]


def answers(form: str, given: Mapping[str, Any], text: str = HOSTILE) -> Item:
    """Return the answers with a text wherever a person may write."""
    fields = [field for section in content.form(form)["sections"] for field in section["fields"]]
    return _typed(fields, given, text)


def _typed(fields: Any, given: Mapping[str, Any], text: str) -> Item:
    found = dict(given)
    for field in fields:
        value = found.get(field["key"])
        if field["type"] in FREE and isinstance(value, str):
            found[field["key"]] = text
        elif isinstance(value, list) and "fields" in field:
            found[field["key"]] = [_typed(field["fields"], row, text) for row in value]
        elif field["type"] in FREE and isinstance(value, list):
            found[field["key"]] = [text for _ in value]
    return found


def unproved(case: Case) -> Case:
    """Return the case as if nobody had used a link to it, with hostile words wherever one types."""
    return replace(
        case,
        org=HOSTILE,
        contact_name=HOSTILE,
        answers=answers("eoi", case.answers),
        application=case.application and answers("application", case.application),
        proved=None,
    )


def _twin(value: Any) -> Any:
    """Return a letter's own facts with every case and subscriber in them made hostile."""
    if isinstance(value, Case):
        return unproved(value)
    if isinstance(value, list):
        return [_twin(one) for one in value]
    if is_dataclass(value) and not isinstance(value, type):
        changed = {
            name: _twin(each)
            for name in value.__dataclass_fields__
            if isinstance(each := getattr(value, name), Case | list) or name == "subscriber"
        }
        if "name" in value.__dataclass_fields__:
            changed["name"] = HOSTILE
        return replace(value, **changed)
    return value


def record(patch: pytest.MonkeyPatch) -> Twins:
    """Have every letter to somebody outside written a second time, and return where those are."""
    found: Twins = {}
    written = LetterSender.draft

    def draft(self: LetterSender, row: Item, to: str, lang: Any, owed: Any, **more: Any) -> Any:
        if row["to"] in (*OUTSIDE, SUBSCRIBER):
            case = more.get("case")
            again = {**more, "case": unproved(case)} if case else more
            twin = written(self, row, to, lang, _twin(owed), **again)
            found[row["letter"], row["to"]] = twin.mail
        return written(self, row, to, lang, owed, **more)

    patch.setattr(LetterSender, "draft", draft)
    return found


def to_somebody_outside() -> set[tuple[str, str]]:
    """Return every letter that such a person may read, with the reader."""
    return {
        (name, reader)
        for name, registered in LETTERS.items()
        for reader in registered.readers
        if reader in (*OUTSIDE, SUBSCRIBER)
    }
