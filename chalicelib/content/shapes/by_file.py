"""Which shape each content file has: what the check validates with."""

from datetime import date
from typing import Final

from chalicelib.content.shapes.cases import Clocks, ProblemContent, Review, States
from chalicelib.content.shapes.coaches import Coaches, NamedTerm, Network, Places, Synonyms
from chalicelib.content.shapes.desk import Criteria, Desk, LetterWords
from chalicelib.content.shapes.forms import Assessment
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
from chalicelib.content.shapes.text import Key, Option, Text

SHAPES: Final[dict[str, object]] = {
    "assessment": Assessment,
    "clocks": Clocks,
    "coaches": Coaches,
    "commands": dict[Key, Text],
    "criteria": Criteria,
    "desk": Desk,
    "holds": HoldsContent,
    "holidays": list[date],
    "home": dict[str, Text],
    "interface": InterfaceTexts,
    "issues": Issues,
    "kit": Kit,
    "languages": list[Language],
    "letters": LetterWords,
    "lists": dict[Key, list[Option]],
    "messages": dict[Key, Text],
    "network": Network,
    "newsletter": Newsletter,
    "newsroom": NewsroomContent,
    "places": Places,
    "preflight": Preflight,
    "problems": dict[Key, ProblemContent],
    "programme": Programme,
    "provinces": list[Province],
    "retention": Retention,
    "review": Review,
    "rights": Rights,
    "states": States,
    "streams": list[Stream],
    "synonyms": Synonyms,
    "terms": list[NamedTerm],
    "theme": Theme,
}
"""The shape of each file, by its name without `.json`; any other file is a `Form`."""
