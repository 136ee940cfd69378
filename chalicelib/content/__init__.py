"""The words and rules of a programme, as data that staff may change: one function a file."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from chalicelib.content.shapes.cases import Clocks, ProblemText, Review, States
    from chalicelib.content.shapes.coaches import Coaches, Network, Synonyms
    from chalicelib.content.shapes.forms import Assessment, Form
    from chalicelib.content.shapes.newsletter import (
        Holds,
        Issues,
        Newsletter,
        Newsroom,
        Preflight,
        Theme,
    )
    from chalicelib.content.shapes.people import Retention, Rights
    from chalicelib.content.shapes.programme import Language, Programme, Province, Stream
    from chalicelib.content.shapes.text import Option, Text

HERE = Path(__file__).resolve().parent


@cache
def _load(name: str) -> Any:
    """Return the content of `name`.json with the figures of the programme; it is read once."""
    return parsed((HERE / f"{name}.json").read_bytes(), figures())


def parsed(raw: bytes, numbers: Mapping[str, int]) -> Any:
    """Return the content of a file, each `{name}` of a figure as its number.

    A string that is nothing but the name becomes the number itself.
    """
    for name, number in numbers.items():
        token, digits = b"{%b}" % name.encode(), str(number).encode()
        raw = raw.replace(b'"%b"' % token, digits).replace(token, digits)
    return json.loads(raw)


def figures() -> dict[str, int]:
    """Return the whole numbers of the programme, by name: what texts say, and code goes by."""
    return {name: value for name, value in programme().items() if type(value) is int}


def form(name: str) -> "Form":
    """Return the form of this name: `eoi`, `application`, `newsletter`, …"""
    return cast("Form", _load(name))


def assessment() -> "Assessment":
    return cast("Assessment", _load("assessment"))


def clocks() -> "Clocks":
    return cast("Clocks", _load("clocks"))


def coaches() -> "Coaches":
    return cast("Coaches", _load("coaches"))


def commands() -> "dict[str, Text]":
    return cast("dict[str, Text]", _load("commands"))


def holds() -> "Holds":
    return cast("Holds", _load("holds"))


def holidays() -> "list[str]":
    return cast("list[str]", _load("holidays"))


def issues() -> "Issues":
    return cast("Issues", _load("issues"))


def languages() -> "list[Language]":
    return cast("list[Language]", _load("languages"))


def lists() -> "dict[str, list[Option]]":
    return cast("dict[str, list[Option]]", _load("lists"))


def messages() -> "dict[str, Text]":
    return cast("dict[str, Text]", _load("messages"))


def network() -> "Network":
    return cast("Network", _load("network"))


def newsletter() -> "Newsletter":
    return cast("Newsletter", _load("newsletter"))


def newsroom() -> "Newsroom":
    return cast("Newsroom", _load("newsroom"))


def preflight() -> "Preflight":
    return cast("Preflight", _load("preflight"))


def problems() -> "dict[str, ProblemText]":
    return cast("dict[str, ProblemText]", _load("problems"))


@cache
def programme() -> "Programme":
    return cast("Programme", json.loads((HERE / "programme.json").read_bytes()))


def provinces() -> "list[Province]":
    return cast("list[Province]", _load("provinces"))


def retention() -> "Retention":
    return cast("Retention", _load("retention"))


def review() -> "Review":
    return cast("Review", _load("review"))


def rights() -> "Rights":
    return cast("Rights", _load("rights"))


def states() -> "States":
    return cast("States", _load("states"))


def streams() -> "list[Stream]":
    return cast("list[Stream]", _load("streams"))


def synonyms() -> "Synonyms":
    return cast("Synonyms", _load("synonyms"))


def theme() -> "Theme":
    return cast("Theme", _load("theme"))
