"""What staff have changed at the desk, laid over the packaged content of this process.

An edit has a subject, such as `form/eoi/title`, and a value. What no longer fits the content
that this release was packaged with is left out, so that a text may be broken, and nothing else is.
"""

import functools
import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar

log = logging.getLogger("relais.content.edits")

Value = Any
"""What an edit says, as JSON that is looked at before it counts."""

Edits = Mapping[str, tuple[int, Value]]
"""What is in force: by subject, the number of the edit and the value."""

LANGS: Final = ("fr", "en")
FORM: Final = "form"
LETTER: Final = "letter"
PAGE: Final = "page"
INTAKE: Final = "intake"
DATES: Final = "dates"
REASONS: Final = "reasons"
CRITERIA: Final = "criteria"
SETTINGS: Final = "settings"

Result = TypeVar("Result")

_NAMED: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")

_caches: list[Callable[[], None]] = []
_laid: dict[str, tuple[int, Value]] = {}


def cached(function: Callable[..., Result]) -> "functools._lru_cache_wrapper[Result]":
    """Keep what a function makes of the content until the content is edited."""
    made = functools.cache(function)
    _caches.append(made.cache_clear)
    return made


def lay(edits: Edits) -> bool:
    """Lay these edits over the packaged content, in place of those before; say whether anything
    changed by it."""
    if dict(edits) == _laid:
        return False
    _laid.clear()
    _laid.update(edits)
    forget()
    return True


def forget() -> None:
    """Make anew, when it is next needed, all that follows from the content."""
    for clear in _caches:
        clear()


def laid(kind: str, name: str = "") -> dict[str, Value]:
    """Return the values in force of a kind, of what is called `name`, by the rest of the subject."""
    prefix = f"{kind}/{name}/" if name else f"{kind}/"
    return {s.removeprefix(prefix): v for s, (_, v) in _laid.items() if s.startswith(prefix)}


def value_of(subject: str) -> Value:
    """Return the value in force of a subject; None where the packaged one is."""
    return _laid[subject][1] if subject in _laid else None


def over(file: str, content: Value, numbers: Mapping[str, int]) -> Value:
    """Return the content of a file with what was edited in its place; `content` is changed."""
    try:
        if file == "programme":
            _programme(content)
        elif file == "lists" and value_of(REASONS):
            content["decline_reason"] = value_of(REASONS)
        elif file == "criteria":
            content.update({k: v for k, v in laid(CRITERIA).items() if k in content})
        _words(file, content, numbers)
    except (KeyError, TypeError, AttributeError):
        log.exception("an edit of %s no longer fits, and is left out", file)
    return content


def _programme(content: dict[str, Value]) -> None:
    content.update({k: v for k, v in (value_of(DATES) or {}).items() if k in content})
    for form, value in laid(INTAKE).items():
        if form in content["intake"]:
            content["intake"][form] = value["status"]
            if value["status"] == "paused":
                words = {"words": value["words"]} if value.get("words") else {}
                reopens = {"reopens": value["reopens"]} if value.get("reopens") else {}
                content.setdefault("pauses", {})[form] = {**words, **reopens}


def _words(name: str, content: Value, numbers: Mapping[str, int]) -> None:
    """Put in the texts of a file; the version of a form then says by which edit it was worded."""
    edited = laid(FORM, name)
    if not edited:
        return
    for place, text in texts(content):
        value = edited.get(place)
        if value is None:
            continue
        if not fits(text, value, numbers):
            log.error("the edit of %s at %s no longer fits, and is left out", name, place)
            continue
        text.update({lang: with_numbers(value[lang], numbers) for lang in LANGS})
    if isinstance(content, dict) and "version" in content:
        last = max(n for subject, (n, _) in _laid.items() if subject.startswith(f"{FORM}/{name}/"))
        content["version"] = f"{content['version']}+{last}"


def texts(content: Value, place: str = "") -> Iterator[tuple[str, dict[str, Value]]]:
    """Yield each text in both languages, and where it stands: members of lists by their own name."""
    if isinstance(content, list):
        for item in content:
            name = item.get("key", item.get("id")) if isinstance(item, dict) else None
            if name is not None:
                yield from texts(item, f"{place}.{name}" if place else str(name))
    elif isinstance(content, dict):
        if all(isinstance(content.get(lang), str) for lang in LANGS):
            yield place, content
        for key, item in content.items():
            yield from texts(item, f"{place}.{key}" if place else key)


def fits(packaged: Mapping[str, str], value: Mapping[str, str], numbers: Mapping[str, int]) -> bool:
    """Say whether an edited text names the blanks that the packaged one names, figures aside."""
    try:
        wanted = blanks(packaged["fr"]) - numbers.keys()
        return all(
            value[lang].strip() and blanks(value[lang]) - numbers.keys() == wanted for lang in LANGS
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return False


def blanks(text: str) -> set[str]:
    """Return the names in braces of a text. Raises ValueError for any other brace: a doubled one
    would be code in the template of a letter."""
    if re.search(r"[{}]", _NAMED.sub("", text)):
        raise ValueError("a brace without a name in it")
    return set(_NAMED.findall(text))


def with_numbers(text: str, numbers: Mapping[str, int]) -> str:
    """Return a text with the figures of the programme as their numbers."""
    for name, number in numbers.items():
        text = text.replace(f"{{{name}}}", str(number))
    return text


def packed(edits: Edits) -> str:
    """Return edits as they are kept."""
    return json.dumps(edits, ensure_ascii=False, separators=(",", ":"))


def unpacked(text: str) -> dict[str, tuple[int, Value]]:
    return {subject: (number, value) for subject, (number, value) in json.loads(text).items()}
