"""A coach as staff keep them, and what of it the public may see."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from chalicelib import content
from chalicelib.coaches.profile import Profile
from chalicelib.forms import field_types
from chalicelib.forms.normalise import tidy
from chalicelib.forms.profile_rules import misfits

if TYPE_CHECKING:
    from chalicelib.content.shapes.programme import Language, Province, Stream
    from chalicelib.content.shapes.text import Option

    ContentOption = Option | Language | Province | Stream

PRIVATE: Final = frozenset({
    "email", "phone", "email_public", "phone_public", "rate_note", "status",
    "consent_publication", "last_verified_at",
})  # fmt: skip
"""Columns that the public never gets, but for an address or number whose coach shows it."""


def options(name: str) -> "Sequence[ContentOption]":
    """Return the options of a list, each with `id`, `en` and `fr`, in the order to show them."""
    if name == "streams":
        return content.streams()
    if name == "provinces":
        return content.provinces()
    if name == "languages":
        return content.languages()
    if name == "modes":
        modes = content.lists()["mode"]
        return [mode for mode in modes if mode["id"] in ("in_person", "remote")]
    return content.lists()[name]


@cache
def allowed_values(column: str) -> frozenset[str]:
    """Return the ids that a column of a coach may hold."""
    source = {"serves": "provinces", "sectors": "issue_areas"}.get(column, column)
    more = {"all"} if column == "serves" else set()
    return frozenset(option["id"] for option in options(source)) | more


def _clean(value: object) -> object:
    """Return a value made tidy as the forms do it."""
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return tidy(value)


def _one_of(column: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in allowed_values(column):
            raise field_types.wrong("unknown_choice", value=value[:60])
        return value

    return check


def _all_of(column: str) -> AfterValidator:
    check = _one_of(column)

    def check_all(values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(check(value) for value in values))

    return AfterValidator(check_all)


Line = Annotated[str, AfterValidator(field_types.one_line)]
Name = Annotated[Line, Field(max_length=80), AfterValidator(field_types.name)]
Url = Annotated[Line, Field(max_length=300), AfterValidator(field_types.url)]
Several = Annotated[tuple[str, ...], BeforeValidator(field_types.as_list), Field(max_length=20)]
YesNo = Annotated[bool, BeforeValidator(field_types.ticked)]


class Coach(BaseModel):
    """One person of the network, with all columns; `public_profile` is what the public gets."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    slug: Annotated[Line, Field(max_length=80), AfterValidator(field_types.slug)]
    first_name: Name
    last_name: Name
    pronouns_fr: Annotated[Line, Field(max_length=40)] | None = None
    pronouns_en: Annotated[Line, Field(max_length=40)] | None = None
    organization: Annotated[Line, Field(max_length=160)] | None = None
    title_fr: Annotated[Line, Field(max_length=120)] | None = None
    title_en: Annotated[Line, Field(max_length=120)] | None = None
    photo: Url | None = None
    photo_alt_fr: Annotated[Line, Field(max_length=150)] | None = None
    photo_alt_en: Annotated[Line, Field(max_length=150)] | None = None
    city: Annotated[Line, Field(max_length=100)] | None = None
    province: Annotated[str, AfterValidator(_one_of("provinces"))]
    serves: Annotated[Several, Field(min_length=1, max_length=14), _all_of("serves")]
    modes: Annotated[Several, Field(min_length=1, max_length=2), _all_of("modes")]
    languages: Annotated[Several, Field(min_length=1, max_length=12), _all_of("languages")]
    streams: Annotated[Several, Field(min_length=1, max_length=12), _all_of("streams")]
    sectors: Annotated[Several, Field(max_length=8), _all_of("sectors")] = ()
    bio_fr: Annotated[str, Field(max_length=1_500)] | None = None
    bio_en: Annotated[str, Field(max_length=1_500)] | None = None
    email: Annotated[Line, Field(max_length=254), AfterValidator(field_types.email)]
    email_public: YesNo = False
    phone: Annotated[Line, Field(max_length=40), AfterValidator(field_types.phone)] | None = None
    phone_public: YesNo = False
    website: Url | None = None
    linkedin: Url | None = None
    availability: Literal["open", "limited", "full"]
    availability_updated_at: date | None = None
    rate_note: Annotated[str, Field(max_length=600)] | None = None
    status: Literal["draft", "published", "archived"]
    consent_publication: date | None = None
    last_verified_at: date

    @model_validator(mode="before")
    @classmethod
    def _tidy(cls, given: object) -> object:
        """Clean each column and leave out those that are empty."""
        if not isinstance(given, Mapping):
            return given
        tidy = {key: _clean(value) for key, value in given.items()}
        return {key: value for key, value in tidy.items() if value not in ("", None, [], ())}

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for column, code in misfits(dict(self)):
            raise field_types.wrong(code, column=column)
        return self

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @property
    def public(self) -> bool:
        """Whether the public may see the coach: published, with consent."""
        return self.status == "published" and self.consent_publication is not None


def public_profile(coach: Coach) -> Profile:
    """Return what the public may know of a coach, ready for JSON."""
    dumped = coach.model_dump(mode="json", exclude=set(PRIVATE), exclude_none=True)
    profile = cast("Profile", {key: value for key, value in dumped.items() if value != []})
    profile["contact"] = "email" if coach.email_public else "form"
    if coach.email_public:
        profile["email"] = coach.email
    if coach.phone_public and coach.phone is not None:
        profile["phone"] = coach.phone
    return profile
