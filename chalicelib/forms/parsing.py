"""What may be submitted: the forms of the content, read and checked."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from chalicelib import content
from chalicelib.core.formatting import unaccented
from chalicelib.core.languages import Lang
from chalicelib.core.phone_number import EXTENSION_MARK
from chalicelib.core.ticks import tick
from chalicelib.forms import field_types
from chalicelib.forms.ignored import is_beside_answers
from chalicelib.forms.normalise import ROWS_LIMIT, Repeated, tidy
from chalicelib.forms.problems import (
    PROBLEMS_LIMIT,
    Fields,
    InvalidForm,
    Problem,
    at_page_row,
    by_key,
    from_pydantic,
    in_page_order,
    key_of,
)

if TYPE_CHECKING:
    from chalicelib.content.shapes.forms import FormField

FORMS: Final = tuple(content.programme()["intake"])
"""The forms that anybody may submit, as the programme lists them."""

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
_CHOSEN: Final = ("choice", "choices", "bool", "consent")

RAW_SPACES: Final = 1000
"""Spaces and line ends around an answer that are taken away without a word."""


class Submission(NamedTuple):
    """Answers that fit: normalised, JSON-able, with warnings that do not block."""

    form: str
    version: str
    lang: Lang
    answers: dict[str, Any]
    warnings: tuple[Problem, ...]


class Examined(NamedTuple):
    """Answers as far as they fit, and what is wrong or worth a look, in the order of the page."""

    answers: dict[str, Any]
    problems: list[Problem]
    warnings: list[Problem]


def parse(
    form: str,
    given: Mapping[str, Any],
    lang: Lang,
    today: date,
    *,
    also: Sequence[Problem] = (),
) -> Submission:
    """Raises InvalidForm with every problem found, and those that were found before (`also`);
    `given` holds strings or JSON values."""
    found = examine(form, given, lang, today)
    definition = _definition(form)
    if also or found.problems:
        raise InvalidForm(in_page_order([*also, *found.problems], definition.fields))
    return Submission(form, definition.version, lang, found.answers, tuple(found.warnings))


def examine(form: str, given: Mapping[str, Any], lang: Lang, today: date) -> Examined:
    """Judge all that is there, also what is said together by the answers that fit, whatever is
    missing beside them. Raises InvalidForm for more fields than any form has."""
    from chalicelib.forms import rules

    if len(given) > FIELDS_LIMIT:
        raise InvalidForm([Problem("", "too_much", {"max": FIELDS_LIMIT})])
    definition = _definition(form)
    cleaned, problems = _clean(given, definition.fields)
    problems += _missing(cleaned, definition.fields, "")
    places = _closed_up(cleaned, definition.fields)
    answers, wrong = _validated(cleaned, definition, lang)
    problems += [at_page_row(problem, places) for problem in wrong]
    problems += _split_extensions(answers, definition.fields)
    for key, default in definition.defaults.items():
        answers.setdefault(key, lang if default == "lang" else default)
    unsound = {key_of(problem.field) for problem in problems}
    together, warnings = rules.check(form, answers, today, unsound)
    problems += [at_page_row(problem, places) for problem in together]
    return Examined(answers, in_page_order(problems, definition.fields), warnings)


def _validated(
    cleaned: dict[str, Any], definition: "_Definition", lang: Lang
) -> tuple[dict[str, Any], list[Problem]]:
    """Return the answers that fit, and what is wrong with the others."""
    context = {"lang": lang}
    try:
        return definition.model.model_validate(cleaned, context=context).model_dump(
            exclude_unset=True
        ), []
    except ValidationError as error:
        found = error.errors(include_url=False)
    wrong = {each["loc"][0] for each in found}
    rest = {key: value for key, value in cleaned.items() if key not in wrong}
    validated = definition.model.model_validate(rest, context=context)
    problems = [from_pydantic(each, definition.fields) for each in found]
    return validated.model_dump(exclude_unset=True), problems


class _Definition(NamedTuple):
    version: str
    fields: Fields
    defaults: dict[str, Any]
    model: type[BaseModel]


@cache
def _definition(form: str) -> _Definition:
    described = content.form(form)
    all_fields = {f["key"]: f for section in described["sections"] for f in section["fields"]}
    return _Definition(
        version=described["version"],
        fields=all_fields,
        defaults={key: f["default"] for key, f in all_fields.items() if "default" in f},
        model=_model(form, all_fields.values()),
    )


def _model(model_name: str, fields: "Iterable[FormField]") -> type[BaseModel]:
    """Everything is optional here: what is required, and when, is said by `_missing`."""
    types: dict[str, Any] = {}
    for f in fields:
        if f["type"] == "rows":
            row = _model(f"{model_name}_{f['key']}", f["fields"])
            kind: Any = list[row]  # type: ignore[valid-type]
            limits = Field(default=None, min_length=int(f["min"]), max_length=int(f["max"]))
            types[f["key"]] = (kind, limits)
        else:
            types[f["key"]] = (field_types.type_of(f), None)
    return create_model(model_name, __config__=ConfigDict(extra="forbid"), **types)


def _clean(given: Mapping[str, Any], fields: Fields) -> tuple[dict[str, Any], list[Problem]]:
    """Text made tidy, blanks and what was not asked taken out, unknown fields refused."""
    cleaned: dict[str, Any] = {}
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
        if "when" in f and not _asked(f, cleaned):
            cleaned.pop(f["key"], None)
    return cleaned, problems[:PROBLEMS_LIMIT]


def _clean_rows(value: Any, f: "FormField") -> tuple[list[Any], list[Problem]]:
    if value is None or (isinstance(value, str) and not value.strip()):
        return [], []
    if not isinstance(value, list):
        return [], [Problem(f["key"], "wrong_list")]
    if len(value) > ROWS_LIMIT:
        return [], [Problem(f["key"], "too_many", {"max": f["max"], "count": len(value)})]
    row_fields = by_key(f)
    rows: list[Any] = []
    problems: list[Problem] = []
    for number, row in enumerate(value):
        row = {} if row is None else row
        if not isinstance(row, dict):
            return [], [Problem(f"{f['key']}[{number}]", "wrong_list")]
        if len(row) > FIELDS_LIMIT:
            return [], [Problem(f"{f['key']}[{number}]", "too_much", {"max": FIELDS_LIMIT})]
        cleaned, wrong = _clean(row, row_fields)
        problems += [Problem(f"{f['key']}[{number}].{p.field}", p.code, p.params) for p in wrong]
        # A row without any answer was left blank; its place is kept, for the
        # problems of the rows after it are told by the number on the page.
        rows.append(cleaned if any(value is not False for value in cleaned.values()) else None)
    return _without_tail(rows), problems[:PROBLEMS_LIMIT]


def _tidied(value: Any, f: "FormField") -> Any:
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


def _says_nothing(text: Any, kind: str) -> bool:
    """Say whether a text is what people write where they have nothing to say. Somebody's name may
    be any word: there, the sign between the letters is needed."""
    if not isinstance(text, str) or len(text) > _NOTHING_MAX_LENGTH or kind in _CHOSEN:
        return False
    if not text.strip(_LINE_SIGNS):
        return True
    letters = "".join(_WORD.findall(unaccented(text)))
    return letters in _NOTHING and (kind != "name" or not text.isalpha())


def _split_extensions(answers: dict[str, Any], fields: Fields) -> list[Problem]:
    """Move the extension that came with a number to the field beside it, where there is one."""
    problems = []
    for key, value in list(answers.items()):
        beside = f"{key}_ext"
        if beside not in fields or EXTENSION_MARK not in value:
            continue
        answers[key], _, extension = value.partition(EXTENSION_MARK)
        if answers.setdefault(beside, extension) != extension:
            problems.append(Problem(beside, "two_extensions"))
    return problems


def _tidy_list(values: list[Any], f: "FormField") -> list[Any]:
    """Several answers to one question; lines keep their places, as rows do."""
    limit = _raw_limit(f)
    found = [tidy(value, limit) for value in values[: ROWS_LIMIT + 1]]
    if f["type"] == "lines":
        return _without_tail([None if value == "" else value for value in found])
    return [value for value in found if value not in ("", None)]


def _raw_limit(f: "FormField") -> int:
    """Return how many characters of an answer are normalised: more than fit even when each is
    written with its accents apart."""
    return RAW_FACTOR * field_types.length_limit(f) + RAW_SPACES


def _without_tail(rows: list[Any]) -> list[Any]:
    while rows and rows[-1] is None:
        rows.pop()
    return rows


def _asked(f: "FormField", answers: Mapping[str, Any]) -> bool:
    when = f["when"]
    return answers.get(when["field"]) in when["in"]


def _missing(cleaned: Mapping[str, Any], fields: Fields, path: str) -> list[Problem]:
    """What is required and not there."""
    problems = []
    for key, f in fields.items():
        if f["type"] == "rows":
            for number, row in enumerate(cleaned.get(key, [])):
                if row is not None:
                    problems += _missing(row, by_key(f), f"{path}{key}[{number}].")
        if not f["required"] or "default" in f or ("when" in f and not _asked(f, cleaned)):
            continue
        if key not in cleaned or (f["type"] == "consent" and tick(cleaned[key]) is False):
            problems.append(Problem(path + key, _required_code(f)))
    return problems


def _closed_up(cleaned: dict[str, Any], fields: Fields) -> dict[str, list[int]]:
    """Takes blank rows out, and tells where the others stood on the page."""
    places = {}
    for key, f in fields.items():
        if f["type"] in ("rows", "lines") and isinstance(rows := cleaned.get(key), list):
            places[key] = [number for number, row in enumerate(rows) if row is not None]
            cleaned[key] = [row for row in rows if row is not None]
    return places


def _required_code(f: "FormField") -> str:
    if f["type"] == "consent":
        return "required_consent"
    return "required_choice" if f["type"] in ("choice", "choices") else "required"
