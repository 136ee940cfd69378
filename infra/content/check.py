"""Whether the content can be served: its shape, both languages, and names that meet."""

import string
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import GenericAlias
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from chalicelib.content import HERE, figures, parsed
from chalicelib.content.shapes.by_file import SHAPES
from chalicelib.content.shapes.forms import Form
from infra.content import names


def faults(folder: Path = HERE) -> list[str]:
    """What is wrong, each with its file and place; empty when all is well."""
    found: list[str] = []
    contents: dict[str, Any] = {}
    numbers = figures()
    for path in sorted(folder.glob("*.json")):
        try:
            contents[path.stem] = parsed(path.read_bytes(), numbers)
        except ValueError as error:
            found.append(f"{path.name}: {error}")
    found += [f"{name}.json: missing" for name in SHAPES if name not in contents]
    for name, content in contents.items():
        found += [f"{name}.json: {fault}" for fault in _both_languages(content, "")]
        found += [f"{name}.json: {fault}" for fault in _shape(name, content)]
    if not found:
        for name, content in contents.items():
            if "sections" in content:
                found += [f"{name}.json: {fault}" for fault in _names_meet(content, contents)]
        found += [f"assessment.json: {fault}" for fault in _scoring(contents["assessment"])]
        found += names.faults(contents)
    return found


def _shape(name: str, content: Any) -> Iterator[str]:
    # The shape within a list: a list takes settings, and what it holds goes by them.
    shape: Any = GenericAlias(list, (SHAPES.get(name, Form),))
    try:
        TypeAdapter(shape, config=ConfigDict(extra="forbid")).validate_python([content])
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            yield f"{'.'.join(map(str, fault['loc'][1:]))}: {fault['msg']}"


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
        from chalicelib.forms import choices

        return [str(o["id"]) for o in choices.options(f)]
    found = contents[name] if name in ("streams", "provinces") else contents["lists"].get(name, [])
    return [o["id"] for o in found]


def _scoring(content: Any) -> Iterator[str]:
    questions = [f for s in content["sections"] for f in s["fields"] if "options" in f]
    keys = {f["key"] for f in questions}
    if content["hints"].keys() != keys:
        yield "hints: not one for each question"
    if content["results"].keys() != {band["id"] for band in content["bands"]}:
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
