"""Whether the content can be served: shapes, languages, words, names and numbers that meet."""

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from types import GenericAlias
from typing import Any, Final

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from chalicelib.content import HERE, numbers_of, whole
from chalicelib.content.shapes.by_file import SHAPES
from chalicelib.content.shapes.forms import Form, FormField
from chalicelib.core.templates import TEMPLATES
from infra.content import forms, letters, names, numbers, placeholders, texts
from infra.content.slips import ROOT, Contents, JsonSource, Slip, instead, message, shown

WEBSITE: Final = ROOT / "website" / "pages"


def faults(folder: Path = HERE, templates: Path = TEMPLATES) -> list[str]:
    """Return what is wrong, each with its file, its line and how to mend it; empty when all is
    well."""
    return of_programmes(folder) + of_templates(folder, templates)


def of_programmes(folder: Path = HERE) -> list[str]:
    """Return what is wrong with the content of the first programme, and of those beside it."""
    found = _of_programme(folder, "")
    for own in sorted(folder.glob("programmes/*/")):
        found += [fault for fault in _of_programme(folder, own.name) if fault not in found]
    return found


def of_templates(folder: Path = HERE, templates: Path = TEMPLATES) -> list[str]:
    """Return what is wrong with the templates of letters and pages, and of the example site."""
    try:
        figures = numbers_of(whole("programme", {}, folder, ""))
    except (OSError, ValueError):
        return []
    slips = [*letters.slips(templates), *texts.of_templates((templates, WEBSITE), figures)]
    return [message(slip, ()) for slip in slips]


def _of_programme(folder: Path, programme: str) -> list[str]:
    """Return what is wrong with the content files of one programme."""
    own = folder / "programmes" / programme
    paths = [*folder.glob("*.json"), *(own.glob("*.json") if programme else ())]
    sources: dict[str, list[JsonSource]] = {}
    for path in sorted(paths):
        sources.setdefault(path.stem, []).append(JsonSource(path))
    if unread := [*_unread(sources, folder)]:
        return unread
    if strangers := [*_strangers(own, sources)] if programme else ():
        return list(strangers)
    figures = numbers_of(whole("programme", {}, folder, programme))
    raws = {name: whole(name, {}, folder, programme) for name in sources}
    contents = {name: whole(name, figures, folder, programme) for name in sources}
    slips = [slip for name in contents for slip in texts.of_content(name, raws[name], figures)]
    broken = [slip for name, content in contents.items() for slip in _shape(name, content)]
    slips += broken or _meetings(contents, raws, figures)
    return list(dict.fromkeys(message(slip, sources.get(slip.file, ())) for slip in slips))


def _unread(sources: dict[str, list[JsonSource]], folder: Path) -> Iterator[str]:
    """Yield what is wrong with files that are missing, or no JSON."""
    for name in SHAPES:
        if name not in sources:
            yield f"{shown(folder)}/{name}.json:1: missing. Write the file again."
    for found in sources.values():
        for source in found:
            try:
                yield from _twice(source)
            except ValueError as error:
                line = getattr(error, "lineno", 1)
                what = getattr(error, "msg", str(error))
                yield f"{shown(source.path)}:{line}: {what}. Correct the JSON before this place."


def _twice(source: JsonSource) -> Iterator[str]:
    """Yield each name that an object has twice: the first would be dropped without a word."""
    json.loads(source.text)
    for place, line in source.twice:
        what = f"{'.'.join(map(str, place))} stands twice"
        yield f"{shown(source.path)}:{line}: {what}. Keep one of the two."


def _strangers(own: Path, sources: dict[str, list[JsonSource]]) -> Iterator[str]:
    """Yield what a programme's folder has that is never read, or that it lacks to be one."""
    if not re.fullmatch(r"[a-z0-9_-]+", own.name):
        mend = "Write its name in small letters, digits and hyphens."
        yield f"{shown(own)}:1: no name for a programme. {mend}"
    paths = sorted(own.iterdir())
    if not paths:
        yield f"{shown(own)}:1: empty. Add the files that differ, or remove the folder."
    known = [name for name, found in sources.items() if any(own != s.path.parent for s in found)]
    for path in paths:
        if path.suffix != ".json" or path.stem not in known:
            yield f"{shown(path)}:1: never read, by this name. {instead(path.stem, known)}"


def _meetings(contents: Contents, raws: Contents, figures: dict[str, int]) -> Sequence[Slip]:
    return [
        *forms.slips(contents),
        *names.slips(contents),
        *numbers.slips(contents),
        *placeholders.slips(raws, figures),
    ]


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    # The shape within a list: a list takes settings, and what it holds goes by them.
    shape: Any = GenericAlias(list, (SHAPES.get(name, Form),))
    return TypeAdapter(shape, config=ConfigDict(extra="forbid"))


def _shape(name: str, content: Any) -> Iterator[Slip]:
    try:
        # As JSON: “yes” is no true, and a date is a text all the same.
        _adapter(name).validate_json(json.dumps([content]), strict=True)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            place = tuple(fault["loc"][1:])
            what = str(fault["msg"]).removeprefix("Value error, ").rstrip(".")
            # Where a name is misspelt, the place is where it stands.
            useless = re.search(r"(\w+) is of no use", what)
            at = (*place, useless[1]) if useless else place
            yield Slip(name, at, what, _mend(fault, content))


def _mend(fault: ErrorDetails, content: Any) -> str:
    last = str(fault["loc"][-1])
    match fault["type"]:
        case "missing":
            return f"Add “{last}”: its shape is in chalicelib/content/shapes/."
        case "extra_forbidden":
            known = [name for name in _neighbours(content, fault["loc"][1:-1]) if name != last]
            return f"Remove “{last}”, or correct its name. {instead(last, known)}"
        case "literal_error":
            return f"Write one of these: {fault['ctx']['expected']}."
        case "value_error":
            return "Write the names that the code reads, and no others."
        case _:
            return f"Correct the value {str(fault['input'])[:40]!r}."


def _neighbours(content: Any, place: Sequence[int | str]) -> list[str]:
    """Return the keys that other values of the same kind have, for a name that may be misspelt."""
    value = content
    for key in place[1:] if place and place[0] == 0 else place:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            break
    return [*value, *FormField.__annotations__] if isinstance(value, dict) else []
