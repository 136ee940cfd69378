"""The shape of the newsletter's form, its issues, their checks and their pages."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.content.shapes.forms import Form
from chalicelib.content.shapes.text import (
    Colour,
    Count,
    Key,
    Option,
    StateName,
    Text,
    TextWithSpace,
    TitleAndDetail,
    Words,
    keys,
)


class Basis(Text):
    id: Key
    months: Count | None


class ConsentContent(Text):
    id: Words


class TitledPage(TypedDict):
    title: Words
    detail: Words


class TitledPages(TypedDict):
    en: TitledPage
    fr: TitledPage


_SHEET_COLUMNS = keys("email lang basis since evidence name topics")


class NewsletterSheet(TypedDict):
    """A list that staff bring: how its columns are headed, and what may be wrong with it."""

    columns: Annotated[dict[str, Text], _SHEET_COLUMNS]
    also: Annotated[dict[str, list[Words]], _SHEET_COLUMNS]
    problems: Annotated[
        dict[str, Text],
        keys(
            "place unreadable too_large columns twice unknown_column one_line extra email "
            "lang basis since since_ahead evidence name_long error_cell name topic same ended UNSUBSCRIBED "
            "COMPLAINED BOUNCED ERASED"
        ),
    ]


class Newsletter(Form):
    frequency: Text
    consent: ConsentContent
    bases: list[Basis]
    reasons: list[Option]
    sheet: NewsletterSheet
    said: Annotated[
        dict[str, Text | TitledPages],
        keys(
            "sent confirmed already moved over gone confirmed_since left_before left erased saved paused resumed "
            "move_asked same_address stayed wrong_address tick_to_erase choose_topic "
            "not_subscribed not_offered"
        ),
    ]
    record: Annotated[
        dict[str, Text],
        keys(
            "express-requested express implied changed move-requested moved withdrawn bounce "
            "complaint expired"
        ),
    ]


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


class HoldsContent(TypedDict):
    """Why an issue waits; `stopped` goes by the codes that `Pace` stops with."""

    reasons: Annotated[
        dict[str, Hold],
        keys(
            "bounces complaints rejects errors quota account postal_address "
            "sender_changed late_bounces late_complaints late_rejects"
        ),
    ]
    stopped: Annotated[dict[str, Text], keys("switched_off no_rate")]


class NewsroomContent(TypedDict):
    decisions: Annotated[dict[str, Text], keys("approve send_back")]
    errors: Annotated[
        dict[str, Text],
        keys(
            "choose_decision remarks too_long wrong_code confirm nonce choose_act moved "
            "nobody_missed no_postal_address sender_changed"
        ),
    ]
    standing: Annotated[
        dict[str, TitleAndDetail], keys("approved sent_back stale author expired unknown")
    ]
    acts: Annotated[dict[str, Text], keys("unschedule pause resume cancel send_again")]
    news: Annotated[
        dict[str, TitleAndDetail], keys("approve send_back schedule unschedule edit cancel")
    ]
    counts: Annotated[
        dict[str, Text],
        keys(
            "queued sent waiting delivered skipped failed unknown soft bounced complained rejected "
            "left_header left_page left_mailto"
        ),
    ]
    paused: Annotated[dict[str, Text], keys("staff bounces complaints rejects errors")]
    missed: Annotated[
        dict[str, Text],
        keys(
            "complained bounced rejected failed unknown not_sent skipped_erased "
            "skipped_pending skipped_unsubscribed skipped_bounced skipped_complained "
            "skipped_expired skipped_paused skipped_topics skipped_moved soft"
        ),
    ]
    address_gone: Text


class FindingContent(TypedDict):
    level: Literal["blocks", "warns", "notes"]
    what: Text
    mend: NotRequired[Text]


class Levels(TypedDict):
    blocks: Text
    warns: Text
    notes: Text


class Preflight(TypedDict):
    line: TextWithSpace
    colon: TextWithSpace
    levels: Levels
    findings: dict[Key, FindingContent]


class Palette(TypedDict):
    ink: Colour
    soft: Colour
    paper: Colour
    wash: Colour
    link: Colour
    on_link: Colour
    hair: Colour
    line: Colour
    wrong: Colour
    wrong_wash: Colour
    note: Colour
    note_wash: Colour


class Theme(TypedDict):
    """The colours of pages, letters, issues and the kit; `logo` is the address of a picture that
    stands beside the name on our pages, blank for none."""

    logo: Annotated[str, Field(pattern=r"^(https://[^\s;,'\"]+)?$")]
    light: Palette
    dark: Palette
    text_on: list[Annotated[list[Key], Field(min_length=2, max_length=2)]]
