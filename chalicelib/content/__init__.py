"""The words and rules of a programme, as data that staff may change: one function a file."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from chalicelib.content.edits import Value, cached, forget, over

if TYPE_CHECKING:
    from chalicelib.content.shapes.cases import Clocks, ProblemContent, Review, States
    from chalicelib.content.shapes.coaches import Coaches, NamedTerm, Network, Places, Synonyms
    from chalicelib.content.shapes.desk import Criteria, Desk, LetterWords
    from chalicelib.content.shapes.forms import Assessment, Form
    from chalicelib.content.shapes.interface import InterfaceTexts
    from chalicelib.content.shapes.kit import Kit
    from chalicelib.content.shapes.newsletter import (
        HoldsContent,
        Issues,
        Newsletter,
        NewsroomContent,
        Preflight,
        Theme,
    )
    from chalicelib.content.shapes.people import Retention, Rights
    from chalicelib.content.shapes.programme import Language, Programme, Province, Stream
    from chalicelib.content.shapes.text import Option, Text

HERE = Path(__file__).resolve().parent

PROGRAMMES = HERE / "programmes"
"""A folder for each programme beside the first: files of the same names, with what differs."""


@cached
def _load(name: str) -> Any:
    """Return the content of `name`.json with the figures of the programme, and what was edited; it
    is read once."""
    return over(name, whole(name, figures(), HERE, chosen()), figures())


def chosen() -> str:
    """Return the programme of this deployment, by its folder; empty for the first one.

    Read here and not with the settings: the forms are known before these are.
    """
    return os.environ.get("PROGRAMME", "")


def choose(programme: str) -> None:
    """Read another programme from now on: for whoever operates several stages."""
    os.environ["PROGRAMME"] = programme
    forget()


def whole(name: str, numbers: Mapping[str, int], folder: Path, programme: str) -> Any:
    """Return a content file of a programme: the first one's, with what differs in its place."""
    found = parsed((folder / f"{name}.json").read_bytes(), numbers)
    if not programme:
        return found
    own = folder / "programmes" / programme
    if not own.is_dir():
        raise LookupError(f"no programme {programme}: {own} is no folder")
    path = own / f"{name}.json"
    return merged(found, parsed(path.read_bytes(), numbers)) if path.exists() else found


def packaged(name: str) -> Value:
    """Return a content file as it was packaged, with the names of figures in braces."""
    return whole(name, {}, HERE, chosen())


def merged(under: Any, over: Any) -> Any:
    """Return what is under with what is over in its place, key by key; lists are taken whole."""
    if not (isinstance(under, dict) and isinstance(over, dict)):
        return over
    both = {key: merged(under[key], over[key]) for key in under.keys() & over.keys()}
    return {key: both.get(key, value) for key, value in {**under, **over}.items()}


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
    return numbers_of(programme())


def numbers_of(rules: Mapping[str, object]) -> dict[str, int]:
    """Return the whole numbers among the rules of a programme."""
    return {name: value for name, value in rules.items() if type(value) is int}


def desk() -> "Desk":
    return cast("Desk", _load("desk"))


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


def criteria() -> "Criteria":
    return cast("Criteria", _load("criteria"))


def holds() -> "HoldsContent":
    return cast("HoldsContent", _load("holds"))


def holidays() -> "list[str]":
    return cast("list[str]", _load("holidays"))


def home() -> "dict[str, Text]":
    return cast("dict[str, Text]", _load("home"))


def interface() -> "InterfaceTexts":
    return cast("InterfaceTexts", _load("interface"))


def issues() -> "Issues":
    return cast("Issues", _load("issues"))


def kit() -> "Kit":
    return cast("Kit", _load("kit"))


def languages() -> "list[Language]":
    return cast("list[Language]", _load("languages"))


def letters() -> "LetterWords":
    return cast("LetterWords", _load("letters"))


def lists() -> "dict[str, list[Option]]":
    return cast("dict[str, list[Option]]", _load("lists"))


def offered_reasons() -> "list[Option]":
    """Return the reasons of a refusal that can be chosen now."""
    return [one for one in lists()["decline_reason"] if not one.get("retired")]


def messages() -> "dict[str, Text]":
    return cast("dict[str, Text]", _load("messages"))


def network() -> "Network":
    return cast("Network", _load("network"))


def newsletter() -> "Newsletter":
    return cast("Newsletter", _load("newsletter"))


def newsroom() -> "NewsroomContent":
    return cast("NewsroomContent", _load("newsroom"))


def preflight() -> "Preflight":
    return cast("Preflight", _load("preflight"))


def problems() -> "dict[str, ProblemContent]":
    return cast("dict[str, ProblemContent]", _load("problems"))


@cached
def programme() -> "Programme":
    return cast("Programme", over("programme", packaged("programme"), {}))


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


def places() -> "Places":
    return cast("Places", _load("places"))


def terms() -> "list[NamedTerm]":
    return cast("list[NamedTerm]", _load("terms"))


def theme() -> "Theme":
    return cast("Theme", _load("theme"))
