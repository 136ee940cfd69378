"""Texts in both languages, and the kinds of value that all content files share."""

from datetime import date
from typing import Annotated, NotRequired

from pydantic import AfterValidator, Field
from typing_extensions import TypedDict


def _day(text: str) -> str:
    date.fromisoformat(text)
    return text


Words = Annotated[str, Field(min_length=1, pattern=r"^\S")]


Key = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]


Points = Annotated[int, Field(ge=0, le=15)]


Percent = Annotated[float, Field(ge=0, le=100)]


Count = Annotated[int, Field(ge=1)]


Day = Annotated[str, AfterValidator(_day)]


Time = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{3,6}$")]


StateName = Annotated[str, Field(pattern=r"^[A-Z_]+$")]


ClockName = Annotated[str, Field(pattern=r"^[A-Z]$")]


ClockStep = Annotated[
    str, Field(pattern=r"^(start|restart|stop|pause|resume) ([A-Z]|all|own)$|^restore$")
]


def keys(listed: str) -> AfterValidator:
    """Return the check that a mapping has these keys, which the code reads, and no other."""
    names = set(listed.split())

    def whole(found: dict[str, object]) -> dict[str, object]:
        missing, unknown = sorted(names - found.keys()), sorted(found.keys() - names)
        if missing or unknown:
            problems = [f"without {name}" for name in missing]
            raise ValueError("; ".join([*problems, *(f"{name} is of no use" for name in unknown)]))
        return found

    return AfterValidator(whole)


class Text(TypedDict):
    en: Words
    fr: Words


class EntryContent(Text):
    """Something that can be chosen, of any list."""

    id: str


class Option(EntryContent):
    """`needs_message`: it says nothing without words of one's own; `retired`: it is not offered any
    more, and stays what earlier answers name."""

    score: NotRequired[Annotated[int, Field(ge=0, le=3)]]
    needs_message: NotRequired[bool]
    retired: NotRequired[bool]


class TitleAndText(TypedDict):
    title: Text
    text: Text


class TitleAndDetail(TypedDict):
    title: Text
    detail: Text


class TextWithSpace(TypedDict):
    """A piece of a line, which may begin with a space or a comma."""

    en: str
    fr: str
