"""The shape of what the desk shows: its tabs, orders and filters, and the conditions of letters, in
words."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.content.shapes.text import Key, StateName, Text


class DeskTab(TypedDict):
    """Files of these states stand in one tab, the newest first or the oldest."""

    id: Key
    name: Text
    states: list[StateName]
    newest_first: bool


class Desk(TypedDict):
    """The words of the lists: each tab, whose files, each order, each filter, each column that a
    list is exported with, what becomes of many files at once."""

    tabs: list[DeskTab]
    whose: dict[Key, Text]
    orders: dict[Key, Text]
    filters: dict[Key, Text]
    forms: dict[Key, Text]
    done: dict[Key, Text]
    columns: dict[Key, Text]
    many: dict[Key, Text]
    roles: dict[Key, Text]
    roster: dict[Key, Text]
    jobs: dict[Key, Text]
    log: dict[Key, Text]
    settings: dict[Key, Text]
    coaches: dict[Key, Text]
    newsletter: dict[Key, Text]
    issue_fields: dict[Key, Text]
    issue_events: dict[Key, Text]
    subscribers: dict[Key, Text]
    subscriber_states: dict[Key, Text]
    figures: dict[Key, Text]
    words: dict[Key, Text]
    pages: dict[Key, Text]
    edits: dict[Key, Text]
    appraisals: dict[Key, Text]
    address: dict[Key, Text]


class Criterion(Text):
    """What whoever appraises a file answers: of a `checklist` yes, no or not applicable, as a `score`
    a number up to `max`, which counts by its `weight`. One that is `retired` is not asked."""

    id: Key
    kind: Literal["checklist", "score"]
    max: NotRequired[Annotated[int, Field(ge=1, le=100)]]
    weight: NotRequired[Annotated[int, Field(ge=1, le=100)]]
    retired: NotRequired[bool]


class Criteria(TypedDict):
    """The criteria of each form."""

    eoi: list[Criterion]
    application: list[Criterion]


class LetterCondition(TypedDict):
    """What a condition of a template (`when`) means to whoever edits its texts, and what it means
    when it does not hold."""

    when: Annotated[str, Field(min_length=1)]
    words: Text
    otherwise: NotRequired[Text]


class LetterWords(TypedDict):
    """The conditions under which letters say something."""

    conditions: list[LetterCondition]
