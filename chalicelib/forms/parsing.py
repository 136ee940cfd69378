"""What may be submitted: the forms of the content, read and checked."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from chalicelib import content
from chalicelib.content.edits import cached
from chalicelib.core.languages import Lang
from chalicelib.core.phone_number import EXTENSION_MARK
from chalicelib.core.ticks import tick
from chalicelib.forms import field_types
from chalicelib.forms.cleaning import FIELDS_LIMIT, asked, clean
from chalicelib.forms.problems import (
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

ALL_FORMS: Final = (*FORMS, "newsletter", "message", "profile")
"""Every form: beside these, the sign-up, the message to a coach, and a coach's own page."""


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
    given: Mapping[str, object],
    lang: Lang,
    today: date,
    *,
    also: Sequence[Problem] = (),
    asks_dates: bool = False,
) -> Submission:
    """Check what was given, and return it as a submission. Raises InvalidForm with every problem
    found, and those that were found before (`also`); `given` holds strings or JSON values."""
    found = examine(form, given, lang, today, asks_dates=asks_dates)
    definition = _definition(form)
    if also or found.problems:
        raise InvalidForm(in_page_order([*also, *found.problems], definition.fields))
    return Submission(form, definition.version, lang, found.answers, tuple(found.warnings))


def examine(
    form: str,
    given: Mapping[str, object],
    lang: Lang,
    today: date,
    *,
    asks_dates: bool = False,
) -> Examined:
    """Judge all that is there, also what is said together by the answers that fit, whatever is
    missing beside them. Raises InvalidForm for more fields than any form has.

    `asks_dates` for what may have been written in another language than `lang`: a date that can be
    two days is then asked for in both.
    """
    from chalicelib.forms import rules

    if len(given) > FIELDS_LIMIT:
        raise InvalidForm([Problem("", "too_much", {"max": FIELDS_LIMIT})])
    definition = _definition(form)
    cleaned, problems = clean(given, definition.fields)
    problems += _missing(cleaned, definition.fields, "")
    places = _closed_up(cleaned, definition.fields)
    answers, wrong = _validated(cleaned, definition, None if asks_dates else lang)
    problems += [at_page_row(problem, places) for problem in wrong]
    problems += _split_extensions(answers, definition.fields)
    for key, default in definition.defaults.items():
        answers.setdefault(key, lang if default == "lang" else default)
    unsound = {key_of(problem.field) for problem in problems}
    together, warnings = rules.check(form, answers, today, unsound)
    problems += [at_page_row(problem, places) for problem in together]
    return Examined(answers, in_page_order(problems, definition.fields), warnings)


def _validated(
    cleaned: dict[str, object], definition: "_Definition", lang: Lang | None
) -> tuple[dict[str, object], list[Problem]]:
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
    defaults: dict[str, object]
    model: type[BaseModel]


@cached
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
    """Build a model in which everything is optional: what is required, and when, is said by
    `_missing`."""
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


def _missing(cleaned: Mapping[str, Any], fields: Fields, path: str) -> list[Problem]:
    """Find what is required and not there."""
    problems = []
    for key, f in fields.items():
        if f["type"] == "rows":
            for number, row in enumerate(cleaned.get(key, [])):
                if row is not None:
                    problems += _missing(row, by_key(f), f"{path}{key}[{number}].")
        if not f["required"] or "default" in f or ("when" in f and not asked(f, cleaned)):
            continue
        if key not in cleaned or (f["type"] == "consent" and tick(cleaned[key]) is False):
            problems.append(Problem(path + key, _required_code(f)))
    return problems


def _closed_up(cleaned: dict[str, object], fields: Fields) -> dict[str, list[int]]:
    """Take blank rows out, and return where the others stood on the page."""
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
