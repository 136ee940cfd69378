"""What each content file must look like."""

from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

Words = Annotated[str, Field(min_length=1, pattern=r"^\S")]
Key = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
Points = Annotated[int, Field(ge=0, le=15)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(Strict):
    en: Words
    fr: Words


class Option(Text):
    id: str
    score: Annotated[int, Field(ge=0, le=3)] | None = None


class Province(Text):
    id: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    fr_abbreviation: Words


class Stream(Text):
    id: Key
    status: Literal["active", "search", "archived"]
    intake: bool
    order: int


class When(Strict):
    field: Key
    among: Annotated[list[str], Field(alias="in", min_length=1)]


class Asked(Strict):
    """One question; `fields` are those of a row."""

    key: Key
    type: Literal[
        "name", "line", "lines", "text", "email", "phone", "digits", "url", "bn_rr", "postal_code",
        "money", "decimal", "int", "date", "month", "month_day", "bool", "consent", "choice",
        "choices", "rows", "coach_ref", "assessment_ref",
    ]  # fmt: skip
    label: Text
    help: Text | None = None
    short: Text | None = None
    measures: Text | None = None
    required: bool
    when: When | None = None
    min: float | None = None
    max: float | None = None
    max_length: int | None = None
    named: Annotated[Key | None, Field(alias="list")] = None
    options: list[Option] | None = None
    autocomplete: str | None = None
    default: str | None = None
    hidden: bool = False
    fields: "list[Asked] | None" = None


class Section(Strict):
    id: Key
    title: Text
    fields: list[Asked]


class Form(BaseModel):
    form: Literal["assessment", "eoi", "application", "message", "profile"]
    version: Words
    prefix: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    title: Text
    intro: Text
    submit: Text
    notice: Text | None = None
    sections: Annotated[list[Section], Field(min_length=1)]


class Range(Strict):
    min: Points | None = None
    max: Points | None = None


class Band(Strict):
    id: Key
    when: dict[str, Range]


class Action(Text):
    id: Literal["contact", "ci_101", "coaches", "eoi"]


class Outcome(Strict):
    title: Text
    summary: Text
    steps: Annotated[list[Text], Field(min_length=1)]
    primary_action: Action
    secondary_action: Action | None = None


class Assessment(Form):
    model_config = ConfigDict(extra="forbid")
    status: Literal["proposed", "approved"]
    start: Text
    restart: Text
    score: Range
    bands: list[Band]
    results: dict[str, Outcome | dict[str, Text]]
    hints: dict[str, Text]


Percent = Annotated[float, Field(ge=0, le=100)]
Count = Annotated[int, Field(ge=1)]
Forms = Literal["assessment", "eoi", "application"]


class Programme(BaseModel):
    intake: dict[Forms, Literal["open", "paused"]]
    max_request_cad: Count | None
    min_contribution_percent: Percent | None
    admin_fee_max_percent: Percent | None
    backbone_time_fundable: bool
    max_months: Count
    team_min: Count
    team_max: Count
    application_link_valid_days: Count
    reply_target_business_days: Count
    privacy_notice: Text
    retention: dict[Forms, Text]
    form_name: dict[Forms, Text]


State = Annotated[str, Field(pattern=r"^[A-Z_]+$")]
ClockStep = Annotated[
    str, Field(pattern=r"^(start|restart|stop|pause|resume) ([A-Z]|all|own)$|^restore$")
]


class StateText(Text):
    kind: Literal["active", "terminal", "held", "gone"]
    clock: Annotated[str, Field(pattern=r"^[A-Z]$")] | None = None


class Row(Strict):
    n: Annotated[int, Field(ge=1, le=28)] | None
    event: Key
    sources: Annotated[list[State], Field(alias="from", min_length=1)]
    to: State
    back_to: list[State] = []
    actor: Literal["applicant", "staff", "clock", "post", "system", "anyone"]
    undo: bool = False
    reason: bool = False
    code: bool = False
    quiet: bool = False
    choice: bool = False
    guards: list[Key]
    letters: list[Key]
    held_letters: list[Key] = []
    clocks: list[ClockStep]


class Rung(Strict):
    """One step of a clock: when, and whom it tells or what it sets off."""

    after: Annotated[int, Field(ge=0)] | None = None
    before: Annotated[int, Field(ge=1)] | None = None
    past: Annotated[int, Field(ge=0)] | None = None
    every: Annotated[int, Field(ge=1)] | None = None
    unit: Literal["days", "business_days", "months"] | None = None
    letter: Key | None = None
    event: Key | None = None
    to: list[Literal["owner", "deputies", "manager", "applicant"]] = []
    unless: Literal["begun"] | None = None
    last: bool = False


class ClockText(Strict):
    unit: Literal["days", "business_days", "months"]
    steps: Annotated[list[Rung], Field(min_length=1)]
    repeat: Rung | None = None
    lasts: Count | None = None
    notice: Count | None = None
    until: Literal["apply_by", "conditions", "cycle_end", "retention"] | None = None


class Clocks(Strict):
    hour: Annotated[str, Field(pattern=r"^\d\d:\d\d$")]
    digest: Annotated[str, Field(pattern=r"^\d\d:\d\d$")]
    noise_hours: Count
    clocks: dict[str, ClockText]
    retention_months: dict[str, Count]


class States(Strict):
    states: dict[State, StateText]
    transitions: list[Row]


class IssueRow(Strict):
    event: Key
    sources: Annotated[list[State], Field(alias="from", min_length=1)]
    to: State


class Hold(Strict):
    what: Text
    advice: Text


class Holds(Strict):
    reasons: dict[Key, Hold]
    stopped: dict[Key, Text]
    """Why nothing may be sent, by the codes that `Pace` stops with."""


class Issues(Strict):
    states: dict[State, Text]
    transitions: list[IssueRow]


SHAPES: Final[dict[str, Any]] = {
    "assessment": Assessment,
    "eoi": Form,
    "application": Form,
    "message": Form,
    "profile": Form,
    "lists": dict[Key, list[Option]],
    "provinces": list[Province],
    "streams": list[Stream],
    "messages": dict[Key, Text],
    "programme": Programme,
    "states": States,
    "clocks": Clocks,
    "holidays": list[date],
    "issues": Issues,
    "holds": Holds,
}
