"""The criteria of a form as staff edit them: their words, how each is answered, what is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter

from chalicelib import content
from chalicelib.cases.case import FormName
from chalicelib.content.edits import CRITERIA, Value
from chalicelib.core.languages import Lang
from chalicelib.desk.editing import (
    EditField,
    Fault,
    FieldGroup,
    WithoutSamples,
    new_id,
    text_fields,
    typed_rows,
)

if TYPE_CHECKING:
    from chalicelib.content.shapes.desk import Criterion

KINDS: Final = ("checklist", "score")
NUMBERS: Final = {"max": 4, "weight": 1}
"""The numbers of a score, and what each is where nothing was typed."""

LARGEST_NUMBER: Final = 100
ROOM_FOR_CRITERIA: Final = 1
"""Blank rows below the criteria, for new ones."""


def criteria_of(form: FormName) -> "list[Criterion]":
    """Return all criteria of a form, as they stand."""
    return content.criteria()[form]


def asked_criteria(form: FormName) -> "list[Criterion]":
    """Return the criteria that are asked now."""
    return [one for one in criteria_of(form) if not one.get("retired")]


@dataclass(frozen=True)
class CriteriaEditor(WithoutSamples):
    """The criteria by which files are appraised. None is taken away: one that is no longer asked
    comes back with its words."""

    form: FormName

    @property
    def subject(self) -> str:
        return f"{CRITERIA}/{self.form}"

    def title(self, lang: Lang) -> str:
        return content.desk()["edits"][f"{CRITERIA}_{self.form}"][lang]

    def packaged(self) -> Value:
        return content.packaged(CRITERIA)[self.form]

    def groups(self, value: Value, lang: Lang) -> list[FieldGroup]:
        words = content.desk()["edits"]
        kinds = [(kind, words[kind][lang]) for kind in KINDS]
        found = []
        for number, one in enumerate([*value, *[{}] * ROOM_FOR_CRITERIA]):
            name = f"criterion.{number}"
            kind = EditField(
                f"{name}.kind", "kind", "choice", one.get("kind", KINDS[0]), options=kinds
            )
            numbers = [
                EditField(f"{name}.{key}", key, "line", str(one.get(key, "")), hint=f"{key}_hint")
                for key in NUMBERS
            ]
            fields = [*text_fields(name, one), kind, *numbers]
            if one:
                is_asked = "" if one.get("retired") else "on"
                fields.append(EditField(f"{name}.asked", "asked", "box", is_asked))
            title = str(one.get(lang) or words["new_criterion"][lang])
            if one.get("retired"):
                title = f"{words['not_asked'][lang]} – {title}"
            found.append(FieldGroup(title, fields))
        return found

    def read(self, fields: Mapping[str, str], lang: Lang | None) -> tuple[Value, list[Fault]]:
        standing = criteria_of(self.form)
        new = new_id({one["id"] for one in standing})
        value: list[dict[str, object]] = []
        faults: list[Fault] = []
        for number, name, words, wrong in typed_rows(
            "criterion", len(standing), ROOM_FOR_CRITERIA, fields
        ):
            faults += wrong
            is_new = number >= len(standing)
            kind = fields.get(f"{name}.kind")
            one: dict[str, object] = {
                "id": new if is_new else standing[number]["id"],
                "kind": kind if kind in KINDS else KINDS[0],
                **words,
            }
            if kind == "score":
                numbers, wrong = _numbers(name, fields)
                one |= numbers
                faults += wrong
            if not is_new and not fields.get(f"{name}.asked"):
                one["retired"] = True
            value.append(one)
        if not faults:
            from chalicelib.content.shapes.desk import Criterion

            TypeAdapter(list[Criterion]).validate_python(value)
        return value, faults


def _numbers(name: str, fields: Mapping[str, str]) -> tuple[dict[str, int], list[Fault]]:
    """Return the highest score and the weight that were typed, and what is wrong with them."""
    found: dict[str, int] = {}
    faults = []
    for key, usual in NUMBERS.items():
        number, typed = usual, fields.get(f"{name}.{key}", "").strip()
        if typed:
            number = int(typed) if typed.isdecimal() and len(typed) < 4 else 0
        if not 0 < number <= LARGEST_NUMBER:
            faults.append(Fault(f"{name}.{key}", "up_to", str(LARGEST_NUMBER)))
        found[key] = number
    return found, faults
