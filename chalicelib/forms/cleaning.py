"""Makes what was typed tidy, before it is judged: blanks and what was not asked are taken out."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from chalicelib.core.formatting import unaccented
from chalicelib.forms import field_types
from chalicelib.forms.ignored import is_beside_answers
from chalicelib.forms.normalise import ROWS_LIMIT, Repeated, tidy
from chalicelib.forms.problems import PROBLEMS_LIMIT, Fields, Problem, by_key

if TYPE_CHECKING:
    from chalicelib.content.shapes.forms import FormField

FIELDS_LIMIT: Final = 200
"""Fields of one form, or of one row, that are looked at; every form has fewer."""

RAW_FACTOR: Final = 4
"""A letter with its accents apart has four characters at most."""

_NOTHING: Final = frozenset(
    [
        "na",
        "none",
        "nil",
        "nothing",
        "notapplicable",
        "sansobjet",
        "so",
        "aucun",
        "aucune",
        "neant",
        "rien",
        "nd",
    ]
)
"""What people write in a field that they leave empty, without accents, spaces and signs."""

_NOTHING_MAX_LENGTH: Final = 20
_LINE_SIGNS: Final = " .-\u2010\u2011\u2012\u2013\u2014\u2015\u2212/_*"
_WORD: Final = re.compile(r"\w+")
CHOSEN_TYPES: Final = ("choice", "choices", "bool", "consent")

RAW_SPACES: Final = 1000
"""Spaces and line ends around an answer that are taken away without a word."""


def clean(given: Mapping[str, object], fields: Fields) -> tuple[dict[str, object], list[Problem]]:
    """Return the answers with their text tidied, without blanks and what was not asked, and the
    problems: a field that is unknown is one."""
    cleaned: dict[str, object] = {}
    unknown = [key for key in given if key not in fields and not is_beside_answers(key, fields)]
    problems = [Problem(key[:80], "unknown_field") for key in unknown]
    for key, f in fields.items():
        if key not in given:
            continue
        value = given[key]
        if f["type"] == "rows":
            rows, more = _clean_rows(value, f)
            problems += more
            if rows:
                cleaned[key] = rows
            continue
        value = _tidied(value, f)
        if value not in ("", None, []):
            cleaned[key] = value
    for f in fields.values():
        if "when" in f and not asked(f, cleaned):
            cleaned.pop(f["key"], None)
    return cleaned, problems[:PROBLEMS_LIMIT]


def _clean_rows(value: object, f: "FormField") -> tuple[list[object], list[Problem]]:
    if value is None or (isinstance(value, str) and not value.strip()):
        return [], []
    if not isinstance(value, list):
        return [], [Problem(f["key"], "wrong_list")]
    if len(value) > ROWS_LIMIT:
        return [], [Problem(f["key"], "too_many", {"max": f["max"], "count": len(value)})]
    row_fields = by_key(f)
    rows: list[object] = []
    problems: list[Problem] = []
    for number, row in enumerate(value):
        row = {} if row is None else row
        if not isinstance(row, dict):
            return [], [Problem(f"{f['key']}[{number}]", "wrong_list")]
        if len(row) > FIELDS_LIMIT:
            return [], [Problem(f"{f['key']}[{number}]", "too_much", {"max": FIELDS_LIMIT})]
        cleaned, wrong = clean(row, row_fields)
        problems += [Problem(f"{f['key']}[{number}].{p.field}", p.code, p.params) for p in wrong]
        # A row without any answer was left blank; its place is kept, for the
        # problems of the rows after it are told by the number on the page.
        rows.append(cleaned if any(value is not False for value in cleaned.values()) else None)
    return _without_tail(rows), problems[:PROBLEMS_LIMIT]


def _tidied(value: object, f: "FormField") -> object:
    """Return an answer made tidy; of a single one that a form has twice, the last."""
    if f["type"] in ("bool", "consent"):
        return tidy(value) if isinstance(value, str) else value
    if isinstance(value, Repeated) and f["type"] not in ("choices", "lines"):
        value = value[-1]
    if isinstance(value, list):
        return _tidy_list(value, f)
    short = isinstance(value, str) and len(value) <= RAW_SPACES
    text = tidy(value) if short else tidy(value, _raw_limit(f))
    return "" if not f["required"] and _says_nothing(text, f["type"]) else text


def _says_nothing(text: object, kind: str) -> bool:
    """Say whether a text is what people write where they have nothing to say. Somebody's name may
    be any word: there, the sign between the letters is needed."""
    if not isinstance(text, str) or len(text) > _NOTHING_MAX_LENGTH or kind in CHOSEN_TYPES:
        return False
    if not text.strip(_LINE_SIGNS):
        return True
    letters = "".join(_WORD.findall(unaccented(text)))
    return letters in _NOTHING and (kind != "name" or not text.isalpha())


def _tidy_list(values: list[object], f: "FormField") -> list[object]:
    """Tidy several answers to one question; lines keep their places, as rows do."""
    limit = _raw_limit(f)
    found = [tidy(value, limit) for value in values[: ROWS_LIMIT + 1]]
    if f["type"] == "lines":
        return _without_tail([None if value == "" else value for value in found])
    return [value for value in found if value not in ("", None)]


def _raw_limit(f: "FormField") -> int:
    """Return how many characters of an answer are normalised: more than fit even when each is
    written with its accents apart."""
    return RAW_FACTOR * field_types.length_limit(f) + RAW_SPACES


def _without_tail(rows: list[object]) -> list[object]:
    while rows and rows[-1] is None:
        rows.pop()
    return rows


def asked(f: "FormField", answers: Mapping[str, object]) -> bool:
    when = f["when"]
    return answers.get(when["field"]) in when["in"]
