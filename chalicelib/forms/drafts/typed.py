"""What somebody typed in one section, as a draft keeps it: not judged, and nothing left out."""

import secrets
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from chalicelib import content
from chalicelib.core.errors import NotFound, SectionTooLarge, TooLarge
from chalicelib.core.json_text import compact
from chalicelib.core.languages import Lang
from chalicelib.forms.cleaning import asked as is_asked
from chalicelib.forms.drafts.draft import ROW_BYTES, ROW_ID, Values, row_names, section_ids
from chalicelib.forms.drafts.merging import unseen
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
    """Return what was typed in these fields: blank ones are left out, line ends are LF. Raises
    InvalidForm for what is no list where rows are asked for."""
    found = {f["key"]: _typed(f, given[f["key"]]) for f in fields if f["key"] in given}
    return {key: value for key, value in found.items() if not _is_blank(value)}


def typed_in(
    lang: Lang | None, fields: "Sequence[FormField]", given: Mapping[str, object], seen: str = ""
) -> Values:
    """Return what was typed on a page in this language: a day that others would read otherwise is
    in words, but for one that the page showed (`seen`), as somebody else may have typed it. In no
    language, nothing is read. Raises InvalidForm."""
    from chalicelib.forms.entered import as_understood

    values = typed(fields, given)
    if lang is None:
        return values
    fresh = unseen(values, seen)
    return as_understood([f for f in fields if f["key"] in fresh], values, lang)


def _is_blank(value: object) -> bool:
    return value in ("", None, [], {}) or (isinstance(value, str) and value.isspace())


def _typed(f: "FormField", value: object) -> object:
    if f["type"] == "rows":
        return _typed_rows(f, value)
    if isinstance(value, Repeated) and f["type"] not in _SEVERAL:
        value = value[-1]
    if isinstance(value, str):
        value = value.replace("\r\n", "\n")
        return [value] if f["type"] == "choices" and value else value
    if f["type"] == "lines" and isinstance(value, list):
        while value and value[-1] in ("", None):
            value = value[:-1]
    return list(value) if isinstance(value, Repeated) else value


def _typed_rows(f: "FormField", value: object) -> list[Values]:
    """Return the rows of a list that hold something, each with an id of its own. Raises InvalidForm
    for what is no list of rows, and for more rows than are looked at: none is left out."""
    if value in (None, ""):
        return []
    if not isinstance(value, list):
        raise InvalidForm([Problem(f["key"], "wrong_list")])
    if len(value) > ROWS_LIMIT:
        bounds = {"max": f["max"], "count": len(value)}
        raise InvalidForm([Problem(f["key"], "too_many", bounds)])
    rows: dict[object, Values] = {}
    for number, given in enumerate(value):
        if not isinstance(given, dict | None):
            raise InvalidForm([Problem(f"{f['key']}[{number}]", "wrong_list")])
        row = typed_row(f, given)
        if row[ROW_ID] in rows:
            row[ROW_ID] = new_row_id()
        if len(row) > 1:
            rows[row[ROW_ID]] = row
    return list(rows.values())


def row_typed_in(
    lang: Lang, f: "FormField", given: Mapping[str, object], row_id: str, seen: str
) -> Values:
    """Return a row of a list that was typed on a page in this language, as `typed_in` does; the
    page names it by its id, or has none for it."""
    return {**typed_in(lang, f["fields"], given, seen), ROW_ID: row_id_of({}, row_id)}


def typed_row(f: "FormField", given: object, row_id: str = "") -> Values:
    """Return what was typed in a row, with what tells it from the others."""
    row = given if isinstance(given, dict) else {}
    return {**typed(f["fields"], row), ROW_ID: row_id_of(row, row_id)}


def row_id_of(row: Mapping[str, object], row_id: str = "") -> str:
    """Return what tells a row from the others: the id that it is given, or has, or a new one."""
    known = row.get(ROW_ID)
    kept = row_id or (known if isinstance(known, str) and known.isalnum() else "") or new_row_id()
    return kept[:ROW_ID_LENGTH]


ROW_ID_LENGTH: Final = 12


def new_row_id() -> str:
    return secrets.token_hex(ROW_ID_LENGTH // 2)


def check_known(section: "Section", given: Mapping[str, object]) -> None:
    """Refuse names that the section does not know, in its rows too. Raises InvalidForm."""
    fields = {f["key"]: f for f in section["fields"]}
    unknown = _unknown(given, fields)
    for key, f in fields.items():
        rows = given.get(key)
        if f["type"] == "rows" and isinstance(rows, list):
            for number, row in enumerate(rows[:ROWS_LIMIT]):
                unknown += _unknown_cells(f, row, f"{key}[{number}].")
    if unknown:
        raise InvalidForm([Problem(name, "unknown_field") for name in unknown[:100]])


def check_known_cells(f: "FormField", row: Mapping[str, object]) -> None:
    """Refuse names that no cell of a row has. Raises InvalidForm."""
    if unknown := _unknown_cells(f, row):
        raise InvalidForm([Problem(name, "unknown_field") for name in unknown[:100]])


def _unknown_cells(f: "FormField", row: object, before: str = "") -> list[str]:
    cells = {ROW_ID, *(cell["key"] for cell in f["fields"])}
    return [before + name for name in _unknown(row if isinstance(row, dict) else {}, cells)]


def _unknown(given: Mapping[str, object], known: Container[str]) -> list[str]:
    return [key[:80] for key in given if key not in known]


CARRIED_BYTES: Final = 2000
"""What a field may take that stays with a draft beside its answers."""


def check_size(
    form: str, values: Mapping[str, object], carried: Mapping[str, str] | None = None
) -> None:
    """Refuse a section that is too large. Raises SectionTooLarge for a section that leaves the
    others no room in one row, with what is carried along with it."""
    check_carried(carried or {})
    taken = len(compact(values).encode()) + len(compact(dict(carried or {})).encode())
    limit = ROW_BYTES // len(section_ids(form))
    if taken > limit:
        raise SectionTooLarge(taken, limit)


def check_carried(carried: Mapping[str, str]) -> None:
    """Refuse a field beside the answers that is too large. Raises TooLarge."""
    if any(len(text.encode()) > CARRIED_BYTES for text in carried.values()):
        raise TooLarge


def asked(fields: "Iterable[FormField]", values: Mapping[str, object]) -> "list[FormField]":
    """Return the fields whose condition the answers beside them meet, or that have none."""
    return [f for f in fields if "when" not in f or is_asked(f, values)]


def prefilled(form: str, known: Values) -> dict[str, object]:
    """Return what a row begins with of what is known. Raises TooLarge."""
    found: dict[str, object] = {}
    for name in section_ids(form):
        values = typed(section_of(form, name)["fields"], known)
        check_size(form, values)
        lists = row_names(form, name)
        found |= {f"r_{key}": values.pop(key) for key in lists if key in values}
        if values:
            found[f"d_{name}"] = values
    return found
