"""The shape of the programme and of its lists."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.content.shapes.text import Count, Day, Key, Percent, Text, Words


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


class LinksContent(TypedDict):
    ci_101_fr: Words | None
    ci_101_en: Words | None


class PrivacyNotice(Text):
    """`id` names this version of the words: another one for other words."""

    id: Words


class Pause(TypedDict):
    """What visitors read of a form that is paused, in place of the usual words, and the day on which
    it is taken again."""

    words: NotRequired[Text]
    reopens: NotRequired[Day]


class Programme(TypedDict):
    """The rules of a programme. Its whole numbers are figures: other files and the templates name
    them as `{team_max}`, so that each is said once. `unreached_days` is how long dates of an
    applicant wait at most while no mail reaches them."""

    intake: dict[Key, Literal["open", "paused"]]
    pauses: NotRequired[dict[Key, Pause]]
    max_request_cad: Count | None
    min_contribution_percent: Percent | None
    admin_fee_max_percent: Percent | None
    backbone_time_fundable: bool
    max_months: Count
    team_min: Count
    team_max: Count
    assessment_minutes: Count
    eoi_minutes_min: Count
    eoi_minutes_max: Count
    application_minutes_min: Count
    application_minutes_max: Count
    application_link_valid_days: Count
    reply_target_business_days: Count
    reopen_days: Count
    extension_days: Count
    extensions_max: Count
    review_link_days: Count
    unreached_days: Count
    cycle: Words | None
    cycle_ends: Day | None
    links: LinksContent
    signature: Text
    privacy_notice: PrivacyNotice
    retention: dict[Key, Text]
    form_name: dict[Key, Text]
