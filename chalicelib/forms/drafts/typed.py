"""What somebody typed in one section, as a draft keeps it: not judged, and nothing left out."""

import secrets
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from chalicelib import content
from chalicelib.core.errors import NotFound, TooLarge
from chalicelib.core.json_text import compact
from chalicelib.forms.cleaning import asked as is_asked
from chalicelib.forms.drafts.draft import ROW_BYTES, ROW_ID, Values, section_ids
from chalicelib.forms.normalise import ROWS_LIMIT, Repeated
from chalicelib.forms.problems import InvalidForm, Problem

if TYPE_CHECKING:
    from chalicelib.content.shapes.forms import FormField, Section

_SEVERAL: Final = ("choices", "lines", "rows")


def section_of(form: str, name: str) -> "Section":
    """Return a section of a form by its name. Raises NotFound for a section that the form does not
    have."""
    for section in content.form(form)["sections"]:
        if section["id"] == name:
            return section
    raise NotFound(name)


def singles(section: "Section") -> "list[FormField]":
    return [f for f in section["fields"] if f["type"] != "rows"]


def rows_field(section: "Section", key: str) -> "FormField":
    """Return the list of rows of a section. Raises NotFound for what is no list of rows of this
    section."""
    for f in section["fields"]:
        if f["key"] == key and f["type"] == "rows":
            return f
    raise NotFound(key)


def typed(fields: "Iterable[FormField]", given: Mapping[str, object]) -> Values:
    """Return what was typed in these fields: blank ones are left out, line ends are LF."""
    found = {f["key"]: _typed(f, given[f["key"]]) for f in fields if f["key"] in given}
    return {key: value for key, value in found.items() if value not in ("", None, [], {})}


def _typed(f: "FormField", value: object) -> object:
    if isinstance(value, Repeated) and f["type"] not in _SEVERAL:
        value = value[-1]
    if isinstance(value, str):
        value = value.replace("\r\n", "\n")
        return [value] if f["type"] == "choices" and value else value
    if f["type"] == "lines" and isinstance(value, list):
        while value and value[-1] in ("", None):
            value = value[:-1]
    if f["type"] == "rows" and isinstance(value, list):
        return [typed_row(f, row) for row in value[:ROWS_LIMIT]]
    return list(value) if isinstance(value, Repeated) else value


def typed_row(f: "FormField", given: object, row_id: str = "") -> Values:
    """Return what was typed in a row, with what tells it from the others."""
    row = given if isinstance(given, dict) else {}
    known = row.get(ROW_ID)
    kept = row_id or (known if isinstance(known, str) and known.isalnum() else "") or new_row_id()
    return {**typed(f["fields"], row), ROW_ID: kept[:ROW_ID_LENGTH]}


ROW_ID_LENGTH: Final = 12


def new_row_id() -> str:
    return secrets.token_hex(ROW_ID_LENGTH // 2)


def check_known(section: "Section", given: Mapping[str, object]) -> None:
    """Refuse names that the section does not know. Raises InvalidForm for a name that is no field
    of the section."""
    known = {f["key"] for f in section["fields"]}
    if unknown := [key for key in given if key not in known]:
        raise InvalidForm([Problem(key[:80], "unknown_field") for key in unknown[:100]])


def check_size(form: str, values: Mapping[str, object]) -> None:
    """Refuse a section that is too large. Raises TooLarge for a section that leaves the others no
    room in one row."""
    if len(compact(values).encode()) > ROW_BYTES // len(section_ids(form)):
        raise TooLarge


def asked(fields: "Iterable[FormField]", values: Mapping[str, object]) -> "list[FormField]":
    """Return the fields whose condition the answers beside them meet, or that have none."""
    return [f for f in fields if "when" not in f or is_asked(f, values)]
