"""Whether the content can be served: its shape, both languages, and names that meet."""

import json
import string
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from chalicelib.content import HERE

Words = Annotated[str, Field(min_length=1, pattern=r"^\S")]
Key = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
Points = Annotated[int, Field(ge=0, le=15)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(Strict):
    en: Words
    fr: Words


class Option(Text):
    id: str
    score: Annotated[int, Field(ge=0, le=3)] | None = None


class Province(Text):
    id: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    fr_abbreviation: Words


class Stream(Text):
    id: Key
    status: Literal["active", "search", "archived"]
    intake: bool
    order: int


class When(Strict):
    field: Key
    among: Annotated[list[str], Field(alias="in", min_length=1)]


class Asked(Strict):
    """One question; `fields` are those of a row."""

    key: Key
    type: Literal[
        "name", "line", "lines", "text", "email", "phone", "digits", "url", "bn_rr", "postal_code",
        "money", "decimal", "int", "date", "month", "month_day", "bool", "consent", "choice",
        "choices", "rows", "coach_ref", "assessment_ref",
    ]  # fmt: skip
    label: Text
    help: Text | None = None
    short: Text | None = None
    measures: Text | None = None
    required: bool
    when: When | None = None
    min: float | None = None
    max: float | None = None
    max_length: int | None = None
    named: Annotated[Key | None, Field(alias="list")] = None
    options: list[Option] | None = None
    autocomplete: str | None = None
    default: str | None = None
    hidden: bool = False
    fields: "list[Asked] | None" = None


class Section(Strict):
    id: Key
    title: Text
    fields: list[Asked]


class Form(BaseModel):
    form: Literal["assessment", "eoi", "application", "message", "profile"]
    version: Words
    prefix: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    title: Text
    intro: Text
    submit: Text
    notice: Text | None = None
    sections: Annotated[list[Section], Field(min_length=1)]


class Range(Strict):
    min: Points | None = None
    max: Points | None = None


class Band(Strict):
    id: Key
    when: dict[str, Range]


class Action(Text):
    id: Literal["contact", "ci_101", "coaches", "eoi"]


class Outcome(Strict):
    title: Text
    summary: Text
    steps: Annotated[list[Text], Field(min_length=1)]
    primary_action: Action
    secondary_action: Action | None = None


class Assessment(Form):
    model_config = ConfigDict(extra="forbid")
    status: Literal["proposed", "approved"]
    start: Text
    restart: Text
    score: Range
    bands: list[Band]
    results: dict[str, Outcome | dict[str, Text]]
    hints: dict[str, Text]


Percent = Annotated[float, Field(ge=0, le=100)]
Count = Annotated[int, Field(ge=1)]
Forms = Literal["assessment", "eoi", "application"]


class Programme(BaseModel):
    intake: dict[Forms, Literal["open", "paused"]]
    max_request_cad: Count | None
    min_contribution_percent: Percent | None
    admin_fee_max_percent: Percent | None
    backbone_time_fundable: bool
    max_months: Count
    team_min: Count
    team_max: Count
    application_link_valid_days: Count
    reply_target_business_days: Count
    privacy_notice: Text
    retention: dict[Forms, Text]
    form_name: dict[Forms, Text]


State = Annotated[str, Field(pattern=r"^[A-Z_]+$")]
ClockStep = Annotated[
    str, Field(pattern=r"^(start|restart|stop|pause|resume) ([A-Z]|all|own)$|^restore$")
]


class StateText(Text):
    kind: Literal["active", "terminal", "held", "gone"]
    clock: Annotated[str, Field(pattern=r"^[A-Z]$")] | None = None


class Row(Strict):
    n: Annotated[int, Field(ge=1, le=28)] | None
    event: Key
    sources: Annotated[list[State], Field(alias="from", min_length=1)]
    to: State
    back_to: list[State] = []
    actor: Literal["applicant", "staff", "clock", "post", "system", "anyone"]
    undo: bool = False
    reason: bool = False
    code: bool = False
    quiet: bool = False
    choice: bool = False
    guards: list[Key]
    letters: list[Key]
    held_letters: list[Key] = []
    clocks: list[ClockStep]


class States(Strict):
    states: dict[State, StateText]
    transitions: list[Row]


class IssueRow(Strict):
    event: Key
    sources: Annotated[list[State], Field(alias="from", min_length=1)]
    to: State


class Issues(Strict):
    states: dict[State, Text]
    transitions: list[IssueRow]


_SHAPES: Final[dict[str, Any]] = {
    "assessment": Assessment,
    "eoi": Form,
    "application": Form,
    "message": Form,
    "profile": Form,
    "lists": dict[Key, list[Option]],
    "provinces": list[Province],
    "streams": list[Stream],
    "messages": dict[Key, Text],
    "programme": Programme,
    "states": States,
    "issues": Issues,
}
FORMS: Final = ("assessment", "eoi", "application", "message", "profile")


def faults(folder: Path = HERE) -> list[str]:
    """What is wrong, each with its file and place; empty when all is well."""
    found: list[str] = []
    contents: dict[str, Any] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            contents[path.stem] = json.loads(path.read_bytes())
        except ValueError as error:
            found.append(f"{path.name}: {error}")
    found += [f"{name}.json: missing" for name in _SHAPES if name not in contents]
    for name, content in contents.items():
        found += [f"{name}.json: {fault}" for fault in _both_languages(content, "")]
        found += [f"{name}.json: {fault}" for fault in _shape(name, content)]
    if not found:
        for name in FORMS:
            found += [f"{name}.json: {fault}" for fault in _names_meet(contents[name], contents)]
        found += [f"assessment.json: {fault}" for fault in _scoring(contents["assessment"])]
    return found


def _shape(name: str, content: Any) -> Iterator[str]:
    if name not in _SHAPES:
        return
    try:
        TypeAdapter(_SHAPES[name]).validate_python(content)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            yield f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"


def _both_languages(content: Any, path: str) -> Iterator[str]:
    """Wherever one language stands, so does the other, with the same placeholders."""
    if isinstance(content, list):
        for number, item in enumerate(content):
            yield from _both_languages(item, f"{path}[{number}]")
    elif isinstance(content, dict):
        if ("en" in content) != ("fr" in content):
            yield f"{path}: one language only"
        elif "en" in content:
            yield from _same_blanks(content["en"], content["fr"], path)
        for key, item in content.items():
            yield from _both_languages(item, f"{path}.{key}".removeprefix("."))


def _same_blanks(en: Any, fr: Any, path: str) -> Iterator[str]:
    if isinstance(en, str) and isinstance(fr, str):
        if not en.strip() or not fr.strip():
            yield f"{path}: a language is empty"
        elif _blanks(en) != _blanks(fr):
            yield f"{path}: {sorted(_blanks(en))} in English, {sorted(_blanks(fr))} in French"
    elif type(en) is not type(fr):
        yield f"{path}: the languages differ in kind"


def _blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _names_meet(form: Any, contents: dict[str, Any]) -> Iterator[str]:
    fields = [f for section in form["sections"] for f in section["fields"]]
    yield from _twice((section["id"] for section in form["sections"]), "section")
    yield from _fields_meet(fields, contents)
    for f in fields:
        if f["type"] == "rows":
            yield from (f"{f['key']}: {fault}" for fault in _fields_meet(f["fields"], contents))


def _fields_meet(fields: list[Any], contents: dict[str, Any]) -> Iterator[str]:
    yield from _twice((f["key"] for f in fields), "field")
    by_key = {f["key"]: f for f in fields}
    for f in fields:
        if f["type"] in ("choice", "choices"):
            options = _options(f, contents)
            yield from _twice(options, f"option of {f['key']}")
            if not options or f.get("default", "lang") not in [*options, "lang"]:
                yield f"{f['key']}: no such list or default"
        if f["type"] in ("rows", "lines", "choices") and not {"min", "max"} <= set(f):
            yield f"{f['key']}: says no min and max"
        if f["type"] in ("line", "name", "text", "email", "url", "digits") and "max" not in f:
            yield f"{f['key']}: says no max"
        if "min" in f and "max" in f and f["min"] > f["max"]:
            yield f"{f['key']}: min over max"
        if "when" in f:
            other = by_key.get(f["when"]["field"])
            if other is None or not set(f["when"]["in"]) <= set(_options(other, contents)):
                yield f"{f['key']}: its condition names no answer of {f['when']['field']}"


def _options(f: Any, contents: dict[str, Any]) -> list[str]:
    if "options" in f:
        return [o["id"] for o in f["options"]]
    name = f.get("list", "")
    if name in ("serves", "coach_modes", "coach_languages", "coach_streams"):
        from chalicelib import fields

        return [str(o["id"]) for o in fields.options(f)]
    found = contents[name] if name in ("streams", "provinces") else contents["lists"].get(name, [])
    return [o["id"] for o in found]


def _scoring(content: Any) -> Iterator[str]:
    questions = [f for s in content["sections"] for f in s["fields"] if "options" in f]
    keys = {f["key"] for f in questions}
    if content["hints"].keys() != keys:
        yield "hints: not one for each question"
    if content["results"].keys() != {"common", *(band["id"] for band in content["bands"])}:
        yield "results: not one for each band"
    if content["bands"][-1]["when"]:
        yield "bands: the last must fit everyone"
    if any(set(band["when"]) - keys - {"total"} for band in content["bands"]):
        yield "bands: a condition names no question"
    if any("score" not in o for f in questions for o in f["options"]):
        yield "questions: an option has no score"
    if content["score"]["max"] != sum(max(o["score"] for o in f["options"]) for f in questions):
        yield "score: max is not the sum of the best answers"


def _twice(names: Iterable[str], what: str) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield f"{what} {name} stands twice"
        seen.add(name)
