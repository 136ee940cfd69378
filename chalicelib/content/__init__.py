"""The words and rules of a programme, as data that staff may change: one function a file."""

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from chalicelib.content.shapes import (
        Assessment,
        Clocks,
        Coaches,
        Form,
        Holds,
        Issues,
        Language,
        Network,
        Newsletter,
        Newsroom,
        Option,
        Preflight,
        ProblemText,
        Programme,
        Province,
        Review,
        States,
        Stream,
        Synonyms,
        Text,
        Theme,
    )

HERE = Path(__file__).resolve().parent


@cache
def load(name: str) -> Any:
    """Return the content of `name`.json; it is read once."""
    return json.loads((HERE / f"{name}.json").read_bytes())


def form(name: str) -> "Form":
    """Return the form of this name: `eoi`, `application`, `newsletter`, …"""
    return cast("Form", load(name))


def assessment() -> "Assessment":
    return cast("Assessment", load("assessment"))


def clocks() -> "Clocks":
    return cast("Clocks", load("clocks"))


def coaches() -> "Coaches":
    return cast("Coaches", load("coaches"))


def commands() -> "dict[str, Text]":
    return cast("dict[str, Text]", load("commands"))


def holds() -> "Holds":
    return cast("Holds", load("holds"))


def holidays() -> "list[str]":
    return cast("list[str]", load("holidays"))


def issues() -> "Issues":
    return cast("Issues", load("issues"))


def languages() -> "list[Language]":
    return cast("list[Language]", load("languages"))


def lists() -> "dict[str, list[Option]]":
    return cast("dict[str, list[Option]]", load("lists"))


def messages() -> "dict[str, Text]":
    return cast("dict[str, Text]", load("messages"))


def network() -> "Network":
    return cast("Network", load("network"))


def newsletter() -> "Newsletter":
    return cast("Newsletter", load("newsletter"))


def newsroom() -> "Newsroom":
    return cast("Newsroom", load("newsroom"))


def preflight() -> "Preflight":
    return cast("Preflight", load("preflight"))


def problems() -> "dict[str, ProblemText]":
    return cast("dict[str, ProblemText]", load("problems"))


def programme() -> "Programme":
    return cast("Programme", load("programme"))


def provinces() -> "list[Province]":
    return cast("list[Province]", load("provinces"))


def review() -> "Review":
    return cast("Review", load("review"))


def states() -> "States":
    return cast("States", load("states"))


def streams() -> "list[Stream]":
    return cast("list[Stream]", load("streams"))


def synonyms() -> "Synonyms":
    return cast("Synonyms", load("synonyms"))


def theme() -> "Theme":
    return cast("Theme", load("theme"))
