"""The shape of each content file: for the type checker, and for the check before packaging.

The request path never imports this module; `chalicelib.content` names its types alone.
"""

from datetime import date
from typing import Annotated, Final, Literal, NotRequired

from pydantic import AfterValidator, Field
from typing_extensions import TypedDict

Words = Annotated[str, Field(min_length=1, pattern=r"^\S")]
Key = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
Points = Annotated[int, Field(ge=0, le=15)]
Percent = Annotated[float, Field(ge=0, le=100)]
Count = Annotated[int, Field(ge=1)]
Time = Annotated[str, Field(pattern=r"^\d\d:\d\d$")]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{3,6}$")]
StateName = Annotated[str, Field(pattern=r"^[A-Z_]+$")]
ClockName = Annotated[str, Field(pattern=r"^[A-Z]$")]
ClockStep = Annotated[
    str, Field(pattern=r"^(start|restart|stop|pause|resume) ([A-Z]|all|own)$|^restore$")
]


def keys(*names: str) -> AfterValidator:
    """Return the check that a mapping has these keys and no other."""

    def whole(found: dict[str, object]) -> dict[str, object]:
        if missing := set(names) - found.keys():
            raise ValueError(f"without {', '.join(sorted(missing))}")
        if unknown := found.keys() - set(names):
            raise ValueError(f"{', '.join(sorted(unknown))} is of no use")
        return found

    return AfterValidator(whole)


class Text(TypedDict):
    en: Words
    fr: Words


class Option(Text):
    id: str
    score: NotRequired[Annotated[int, Field(ge=0, le=3)]]


class TitleAndText(TypedDict):
    title: Text
    text: Text


class TitleAndDetail(TypedDict):
    title: Text
    detail: Text


class Province(Text):
    id: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    fr_abbreviation: Words


class Stream(Text):
    id: Key
    status: Literal["active", "search", "archived"]
    intake: bool
    order: int


class Language(Text):
    id: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
    own: Words


# Forms

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
    default: NotRequired[str]
    hidden: NotRequired[bool]
    fields: "NotRequired[list[FormField]]"
    list: NotRequired[Key]


class Section(TypedDict):
    id: Key
    title: Text
    fields: list[FormField]


class Form(TypedDict):
    form: Key
    version: Words
    prefix: NotRequired[Annotated[str, Field(pattern=r"^[A-Z]{2}$")]]
    title: Text
    intro: Text
    submit: Text
    notice: NotRequired[Text]
    sections: Annotated[list[Section], Field(min_length=1)]


class Range(TypedDict):
    min: NotRequired[Points]
    max: NotRequired[Points]


class Band(TypedDict):
    id: Key
    when: dict[str, Range]


class Action(Text):
    id: Literal["contact", "ci_101", "coaches", "eoi"]


class Outcome(TypedDict):
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
    results: dict[Key, Outcome]
    hints: dict[Key, Text]


class Basis(Text):
    id: Key
    months: Count | None


class ConsentText(Text):
    id: Words


class TitledPage(TypedDict):
    title: Words
    detail: Words


class TitledPages(TypedDict):
    en: TitledPage
    fr: TitledPage


class Newsletter(Form):
    frequency: Text
    consent: ConsentText
    bases: list[Basis]
    reasons: list[Option]
    said: dict[Key, Text | TitledPages]
    record: dict[Annotated[str, Field(pattern=r"^[a-z-]+$")], Text]


# The programme

_EACH_FORM = keys("assessment", "eoi", "application")


class Links(TypedDict):
    ci_101_fr: Words | None
    ci_101_en: Words | None


class Programme(TypedDict):
    intake: Annotated[dict[str, Literal["open", "paused"]], _EACH_FORM]
    max_request_cad: Count | None
    min_contribution_percent: Percent | None
    admin_fee_max_percent: Percent | None
    backbone_time_fundable: bool
    max_months: Count
    application_link_valid_days: Count
    reply_target_business_days: Count
    cycle: Words | None
    links: Links
    privacy_notice: Text
    retention: Annotated[dict[str, Text], _EACH_FORM]
    form_name: Annotated[dict[str, Text], _EACH_FORM]


# The states of a case


class StateText(Text):
    kind: Literal["active", "terminal", "held", "gone"]
    clock: NotRequired[ClockName]


_From = TypedDict("_From", {"from": Annotated[list[StateName], Field(min_length=1)]})


class Transition(_From):
    n: Annotated[int, Field(ge=1, le=28)] | None
    event: Key
    to: StateName
    back_to: NotRequired[list[StateName]]
    actor: Literal["applicant", "staff", "clock", "post", "system", "anyone"]
    undo: NotRequired[bool]
    reason: NotRequired[bool]
    code: NotRequired[bool]
    quiet: NotRequired[bool]
    choice: NotRequired[bool]
    guards: list[Key]
    letters: list[Key]
    held_letters: NotRequired[list[Key]]
    clocks: list[ClockStep]


class States(TypedDict):
    states: dict[StateName, StateText]
    transitions: list[Transition]


class Rung(TypedDict):
    """One step of a clock: when, and whom it writes to or which event it sets off."""

    after: NotRequired[Annotated[int, Field(ge=0)]]
    before: NotRequired[Count]
    past: NotRequired[Annotated[int, Field(ge=0)]]
    every: NotRequired[Count]
    unit: NotRequired[Literal["days", "business_days", "months"]]
    letter: NotRequired[Key]
    event: NotRequired[Key]
    to: NotRequired[list[Literal["owner", "deputies", "manager", "applicant"]]]
    unless: NotRequired[Literal["begun"]]
    last: NotRequired[bool]


class ClockText(TypedDict):
    unit: Literal["days", "business_days", "months"]
    steps: Annotated[list[Rung], Field(min_length=1)]
    repeat: NotRequired[Rung]
    lasts: NotRequired[Count]
    notice: NotRequired[Count]
    until: NotRequired[Literal["apply_by", "conditions", "cycle_end", "retention"]]


class Clocks(TypedDict):
    hour: Time
    digest: Time
    noise_hours: Count
    clocks: dict[ClockName, ClockText]
    retention_months: dict[str, Count]


# The words of pages and letters


class ProblemText(TypedDict):
    status: Annotated[int, Field(ge=400, le=599)]
    title: Text
    detail: Text


class Incident(TypedDict):
    what: Text
    command: Words


class Review(TypedDict):
    form_plural: dict[Key, Text]
    decisions: dict[Key, Text]
    errors: dict[Key, Text]
    next_steps: dict[StateName, Text]
    received: Annotated[dict[str, Text], _EACH_FORM]
    events: dict[Key, Text]
    applicant: Text
    actors: dict[Key, Text]
    noted: dict[Key, Text]
    refusals: dict[Key, Text]
    incidents: dict[Key, Incident]
    file: dict[Key, TitleAndText]
    file_errors: dict[Key, Text]


# The newsletter's issues

_IssueFrom = TypedDict("_IssueFrom", {"from": Annotated[list[StateName], Field(min_length=1)]})


class IssueTransition(_IssueFrom):
    event: Key
    to: StateName


class Issues(TypedDict):
    states: dict[StateName, Text]
    transitions: list[IssueTransition]


class Hold(TypedDict):
    what: Text
    advice: Text


class Holds(TypedDict):
    """Why an issue waits; `stopped` goes by the codes that `Pace` stops with."""

    reasons: dict[Key, Hold]
    stopped: dict[Key, Text]


class Newsroom(TypedDict):
    decisions: dict[Key, Text]
    errors: dict[Key, Text]
    standing: dict[Key, TitleAndDetail]
    acts: dict[Key, Text]
    counts: dict[Key, Text]
    paused: dict[Key, Text]
    missed: dict[Key, Text]
    address_gone: Text


class Finding(TypedDict):
    level: Literal["blocks", "warns", "notes"]
    what: Text
    mend: NotRequired[Text]


class Levels(TypedDict):
    blocks: Text
    warns: Text
    notes: Text


class Preflight(TypedDict):
    line: "TextWithSpace"
    colon: "TextWithSpace"
    levels: Levels
    findings: dict[Key, Finding]


class TextWithSpace(TypedDict):
    """A piece of a line, which may begin with a space or a comma."""

    en: str
    fr: str


class Palette(TypedDict):
    ink: Colour
    soft: Colour
    paper: Colour
    wash: Colour
    link: Colour
    hair: Colour
    line: Colour


class Theme(TypedDict):
    light: Palette
    dark: Palette
    text_on: list[Annotated[list[Key], Field(min_length=2, max_length=2)]]


# The coaches


class Noise(TypedDict):
    en: list[Words]
    fr: list[Words]


class Synonyms(TypedDict):
    noise: Noise
    everyone: list[Words]
    groups: list[Annotated[list[Words], Field(min_length=2)]]


class ProvinceWords(TypedDict):
    all: Text
    remote: Text


class FoundWords(TypedDict):
    none: Text
    one: Text
    several: Text


class HelpWords(TypedDict):
    drop_filter: Text
    drop_filters: Text
    drop_word: Text
    unknown_word: Text
    contact: Text


_Import = TypedDict("_Import", {"import": dict[Key, Text]})


class Coaches(_Import):
    filters: dict[Key, Text]
    provinces: ProvinceWords
    found: FoundWords
    help: HelpWords
    bio_only: dict[Key, Text]
    refused: dict[Key, Text]
    columns: dict[Key, Text]
    statuses: list[Option]


class ContactPage(TypedDict):
    title: Text
    done: Text
    sent: Text


class OwnProfile(TypedDict):
    title: Text
    confirmed: TitleAndText
    sent: TitleAndText
    withdrawn: TitleAndText
    tick: Text
    nonce: Text


class ProposalPage(TypedDict):
    title: Text
    published: TitleAndText
    returned: TitleAndText
    over: TitleAndText
    choose: Text
    remarks: Text
    tick: Text
    nonce: Text


class Network(TypedDict):
    all: Text
    message: ContactPage
    own: OwnProfile
    proposal: ProposalPage


SHAPES: Final[dict[str, object]] = {
    "application": Form,
    "assessment": Assessment,
    "clocks": Clocks,
    "coaches": Coaches,
    "commands": dict[Key, Text],
    "eoi": Form,
    "holds": Holds,
    "holidays": list[date],
    "issues": Issues,
    "languages": list[Language],
    "lists": dict[Key, list[Option]],
    "message": Form,
    "messages": dict[Key, Text],
    "network": Network,
    "newsletter": Newsletter,
    "newsroom": Newsroom,
    "preflight": Preflight,
    "problems": dict[Key, ProblemText],
    "profile": Form,
    "programme": Programme,
    "provinces": list[Province],
    "review": Review,
    "states": States,
    "streams": list[Stream],
    "synonyms": Synonyms,
    "theme": Theme,
}
"""The shape of each file, by its name without `.json`."""
