"""The shape of the states of a case, their clocks, and what pages say of them."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.content.shapes.text import (
    ClockName,
    ClockStep,
    Count,
    Key,
    StateName,
    Text,
    Time,
    TitleAndText,
    Words,
    keys,
)

StateKind = Literal["active", "unconfirmed", "terminal", "held", "gone"]
Awaited = Literal["decision", "answer", "apply", "conditions", "cycle", "confirmation"]
"""What a case waits for while a clock runs: all but a decision is not the staff's to give."""


class StateText(Text):
    """A state of a case, with its name for the applicant, and for `staff` where it differs.

    `form` is what the state is about; `turnaround`: decisions made here count in its usual time.
    `staff_letter` brings staff to the file. The applicant reads the state `shown_as` in its
    place, and beside the file what it `shows`; with an `invitation` that is open they may apply.
    Where a file has `ended`, the same form again begins another one; one that is `funded` is kept,
    whoever asks for it to be erased, as long as the funding must be accounted for. The figures
    count it by its `end`; what is `uncounted` is part of another file, or nobody confirmed it.
    """

    kind: StateKind
    staff: NotRequired[Text]
    clock: NotRequired[ClockName]
    form: NotRequired[Literal["eoi", "application"]]
    turnaround: NotRequired[bool]
    staff_letter: NotRequired[Key]
    shown_as: NotRequired[StateName]
    invitation: NotRequired[Literal["open", "over"]]
    shows: NotRequired[list[Literal["apply_by", "conditions"]]]
    ended: NotRequired[bool]
    funded: NotRequired[bool]
    end: NotRequired[Literal["approved", "declined", "lapsed", "withdrawn", "expired"]]
    uncounted: NotRequired[bool]


_From = TypedDict("_From", {"from": Annotated[list[StateName], Field(min_length=1)]})


class TransitionContent(_From):
    n: Annotated[int, Field(ge=1, le=28)] | None
    event: Key
    to: StateName
    back_to: NotRequired[list[StateName]]
    actor: Literal["applicant", "staff", "clock", "post", "system", "anyone"]
    undo: NotRequired[bool]
    reason: NotRequired[bool]
    code: NotRequired[bool]
    quiet: NotRequired[bool]
    beside: NotRequired[bool]
    choice: NotRequired[bool]
    guards: list[Key]
    letters: list[Key]
    held_letters: NotRequired[list[Key]]
    clocks: list[ClockStep]


class States(TypedDict):
    states: dict[StateName, StateText]
    transitions: list[TransitionContent]


class RungContent(TypedDict):
    """One step of a clock: when, and whom it writes to or which event it sets off; `each`: once
    for each date that the clock runs to."""

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
    each: NotRequired[bool]


class ClockText(TypedDict):
    """`target`: business days that staff have; those of the programme's replies where none is named."""

    unit: Literal["days", "business_days", "months"]
    awaits: NotRequired[Awaited]
    steps: Annotated[list[RungContent], Field(min_length=1)]
    repeat: NotRequired[RungContent]
    lasts: NotRequired[Count]
    notice: NotRequired[Count]
    target: NotRequired[Count]
    until: NotRequired[Literal["apply_by", "reply_by", "conditions", "cycle_end", "retention"]]


class Clocks(TypedDict):
    hour: Time
    digest: Time
    noise_hours: Count
    clocks: dict[ClockName, ClockText]


class ProblemContent(TypedDict):
    status: Annotated[int, Field(ge=400, le=599)]
    title: Text
    detail: Text
    reopens: NotRequired[Text]


class Incident(TypedDict):
    what: Text
    command: Words


class Review(TypedDict):
    """`ended_while` is the next step of a file that ended while it awaited something."""

    form_plural: dict[Key, Text]
    decisions: dict[Key, Text]
    errors: Annotated[
        dict[str, Text],
        keys(
            "choose_decision choose_reason write_reason too_long wrong_code confirm nonce "
            "write_question write_why write_condition condition_date new_day tick_all "
            "choose_date choose_colleague "
            "write_address choose_case wrong_step_code leaves_over leaves_at_once"
        ),
    ]
    proof: Annotated[
        dict[str, Text],
        keys(
            "proved unproved claims disowned addresses fits_address fits_name owner same_bn same_name"
        ),
    ]
    next_steps: dict[StateName, Text]
    ended_while: dict[StateName, dict[Awaited, Text]]
    received: dict[Key, Text]
    events: dict[Key, Text]
    applicant: Text
    actors: Annotated[dict[str, Text], keys("clock post operator system")]
    noted: Annotated[dict[str, Text], keys("assign recuse correct_address send_again back")]
    warnings: Annotated[
        dict[str, Text],
        keys("few_partners bn_check not_a_donee under_way other_coach"),
    ]
    refusals: Annotated[
        dict[str, Text],
        keys("not_now unique_voter extensions_left thirty_days settled candidate sent"),
    ]
    leaving: Annotated[
        dict[str, Text], keys("at_once soon night_at_once night_soon morning hour today")
    ]
    letter_status: Annotated[
        dict[str, Text],
        keys("owed claimed sent delivered bounced complained dead dropped cancelled"),
    ]
    documents: Annotated[dict[str, Text], keys("expected scanning late clean held_back refused")]
    readers: Annotated[dict[str, Text], keys("applicant fiduciary old_address new_address staff")]
    nameless: Annotated[dict[str, Text], keys("contact org")]
    incidents: Annotated[
        dict[str, Incident],
        keys(
            "dead_letter many_letters bad_mail account_refused staff_mail nobody no_file_role "
            "broken_edit"
        ),
    ]
    dates: Annotated[
        dict[str, TitleAndText],
        keys("draft apply reply condition decide"),
    ]
    file: Annotated[
        dict[str, TitleAndText],
        keys(
            "reply copy add_document withdraw correct confirm claimed not_now settled not_yours links_asked "
            "received stored receipt_over replaced another not_me not_mine answered"
        ),
    ]
    file_errors: Annotated[
        dict[str, Text], keys("answer withdraw tick page_old address message choose")
    ]
