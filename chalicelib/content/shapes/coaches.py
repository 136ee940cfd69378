"""The shape of what the directory of coaches says and understands."""

from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.content.shapes.text import Key, Option, Text, TitleAndText, Words, keys


class Noise(TypedDict):
    en: list[Words]
    fr: list[Words]


class Synonyms(TypedDict):
    noise: Noise
    everyone: list[Words]
    groups: list[Annotated[list[Words], Field(min_length=2)]]


Names = Annotated[list[Words], Field(min_length=1)]
ProvinceCode = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Filed = Annotated[dict[str, Names], Field(min_length=1)]


class Region(TypedDict):
    """A region that visitors name, its towns where coaches may live, and its provinces."""

    names: Names
    cities: list[Words]
    provinces: Annotated[list[ProvinceCode], Field(min_length=1)]


class Places(TypedDict):
    regions: list[Region]
    cities: dict[ProvinceCode, Names]


class NamedTerm(TypedDict):
    """Names of what a coach chooses: `means` has the filters with their values, `near` what comes
    nearest where nobody has them. With `every`, a coach has all that it means."""

    names: Names
    means: Filed
    near: NotRequired[Filed]
    every: NotRequired[bool]


class ProvinceWords(TypedDict):
    all: Text
    remote: Text


class FoundWords(TypedDict):
    none: Text
    one: Text
    several: Text


class NoteWords(TypedDict):
    left_out: Text
    alone: Text
    did_you_mean: Text
    restarted: Text


class HelpWords(TypedDict):
    drop_filter: Text
    drop_filters: Text
    drop_word: Text
    unknown_word: Text
    contact: Text


_Import = TypedDict("_Import", {"import": dict[Key, Text]})


class Coaches(_Import):
    filters: Annotated[
        dict[str, Text], keys("stream province language delivery availability sector")
    ]
    provinces: ProvinceWords
    found: FoundWords
    help: HelpWords
    notes: NoteWords
    bio_only: dict[Key, Text]
    refused: dict[Key, Text]
    columns: Annotated[
        dict[str, Text],
        keys(
            "slug first_name last_name pronouns_fr pronouns_en organization title_fr title_en "
            "photo photo_alt_fr photo_alt_en city province serves modes languages streams "
            "sectors bio_fr bio_en email email_public phone phone_public website linkedin "
            "availability availability_updated_at rate_note status consent_publication "
            "last_verified_at"
        ),
    ]
    statuses: list[Option]


class ContactPage(TypedDict):
    title: Text
    done: Text
    sent: Text
    kept: Text
    later: Text


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
    misfit: Text
    remarks: Text
    too_long: Text
    tick: Text
    nonce: Text


class Network(TypedDict):
    all: Text
    message: ContactPage
    own: OwnProfile
    proposal: ProposalPage
