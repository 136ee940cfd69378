"""The shape of the programme and of its lists."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.content.shapes.text import Count, Key, Percent, Text, Words


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


class Links(TypedDict):
    ci_101_fr: Words | None
    ci_101_en: Words | None


class PrivacyNotice(Text):
    """`id` names this version of the words: another one for other words."""

    id: Words


class Programme(TypedDict):
    intake: dict[Key, Literal["open", "paused"]]
    max_request_cad: Count | None
    min_contribution_percent: Percent | None
    admin_fee_max_percent: Percent | None
    backbone_time_fundable: bool
    max_months: Count
    application_link_valid_days: Count
    reply_target_business_days: Count
    cycle: Words | None
    cycle_ends: NotRequired[Words]
    links: Links
    privacy_notice: PrivacyNotice
    retention: dict[Key, Text]
    form_name: dict[Key, Text]
