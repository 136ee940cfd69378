"""The shape of a form, and of the self-assessment with its results."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.content.shapes.text import Key, Option, Points, Text, Words

When = TypedDict("When", {"field": Key, "in": Annotated[list[str], Field(min_length=1)]})
"""The answers of another field that make one asked."""


FieldType = Literal[
    "name", "line", "lines", "text", "email", "phone", "digits", "url", "bn_rr", "postal_code",
    "money", "decimal", "int", "date", "month", "month_day", "bool", "consent", "choice",
    "choices", "rows", "coach_ref", "assessment_ref",
]  # fmt: skip


class FormField(TypedDict):
    """One field of a form; `fields` are those of each row."""

    key: Key
    type: FieldType
    label: Text
    help: NotRequired[Text]
    short: NotRequired[Text]
    measures: NotRequired[Text]
    required: bool
    when: NotRequired[When]
    min: NotRequired[float]
    max: NotRequired[float]
    max_length: NotRequired[int]
    options: NotRequired[list[Option]]
    autocomplete: NotRequired[str]
    no_links: NotRequired[bool]
    if_any: NotRequired[bool]
    default: NotRequired[str]
    hidden: NotRequired[bool]
    fields: "NotRequired[list[FormField]]"
    list: NotRequired[Key]


class SameAs(TypedDict):
    """A box above the field `before`: ticked, the answers of other fields are copied, by the
    field that takes each."""

    id: Key
    before: Key
    label: Text
    fields: dict[Key, Key]


class AttachmentField(TypedDict):
    """Documents that may go with a form in steps: `max` of them. They are no answers: whoever sends
    the form in one post sends none."""

    key: Key
    label: Text
    help: NotRequired[Text]
    max: Annotated[int, Field(ge=1, le=5)]


class Section(TypedDict):
    id: Key
    title: Text
    fields: list[FormField]
    same_as: NotRequired[list[SameAs]]


class Stored(TypedDict):
    """What becomes of a form that opens no file: the `letters` that are owed when it comes, those to
    staff by names that begin with `staff_`, and the field with the `email` of whoever sends it."""

    email: NotRequired[Key]
    letters: list[Key]


class Form(TypedDict):
    """`received_as` names what receiving the form writes; `stored_form` goes by what is `stored`."""

    form: Key
    version: Words
    prefix: NotRequired[Annotated[str, Field(pattern=r"^[A-Z]{2}$")]]
    received_as: NotRequired[Key]
    steps: NotRequired[bool]
    stored: NotRequired[Stored]
    title: Text
    intro: Text
    submit: Text
    notice: NotRequired[Text]
    sections: Annotated[list[Section], Field(min_length=1)]
    attachments: NotRequired[list[AttachmentField]]


class Range(TypedDict):
    min: NotRequired[Points]
    max: NotRequired[Points]


class Band(TypedDict):
    id: Key
    when: dict[str, Range]


class Action(Text):
    id: Literal["contact", "ci_101", "coaches", "eoi"]


class AssessmentContent(TypedDict):
    title: Text
    summary: Text
    steps: Annotated[list[Text], Field(min_length=1)]
    primary_action: Action
    secondary_action: NotRequired[Action]


class Common(TypedDict):
    """What every result says."""

    disclaimer: Text
    held_back: Text
    talk: Text


class Score(TypedDict):
    min: Points
    max: Points


class Assessment(Form):
    status: Literal["proposed", "approved"]
    start: Text
    restart: Text
    score: Score
    bands: Annotated[list[Band], Field(min_length=1)]
    common: Common
    results: dict[Key, AssessmentContent]
    hints: dict[Key, Text]
