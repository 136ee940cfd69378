"""The profile of a coach: what the public may know, as the snapshot holds it."""

from collections.abc import Mapping
from typing import Literal, NotRequired, TypedDict, cast

from chalicelib.core.languages import Lang


class Basics(TypedDict):
    """What a profile says in no language, and every view of a coach shows."""

    slug: str
    first_name: str
    last_name: str
    province: str
    serves: list[str]
    modes: list[str]
    languages: list[str]
    streams: list[str]
    sectors: NotRequired[list[str]]
    availability: Literal["open", "limited", "full"]
    contact: Literal["email", "form"]
    organization: NotRequired[str]
    city: NotRequired[str]
    photo: NotRequired[str]


class Contacts(TypedDict, total=False):
    """What a coach may add; ISO date, address, number as E.164, and addresses on the web."""

    availability_updated_at: str
    email: str
    phone: str
    website: str
    linkedin: str


class Profile(Basics, Contacts):
    """All that the public may know of one coach; what a coach left empty is missing."""

    pronouns_fr: NotRequired[str]
    pronouns_en: NotRequired[str]
    title_fr: NotRequired[str]
    title_en: NotRequired[str]
    photo_alt_fr: NotRequired[str]
    photo_alt_en: NotRequired[str]
    bio_fr: NotRequired[str]
    bio_en: NotRequired[str]


def text_in(profile: Profile, name: str, lang: Lang) -> str:
    """Return the text of a column that both languages have; empty if it is not given."""
    return cast("Mapping[str, str]", profile).get(f"{name}_{lang}", "")


def values_of(profile: Profile, name: str) -> list[str]:
    """Return what a coach chose in a column, in a list also when it takes one value alone."""
    chosen = cast("Mapping[str, str | list[str]]", profile).get(name, [])
    return [chosen] if isinstance(chosen, str) else chosen
