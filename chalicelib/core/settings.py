"""The environment, read once, checked whole, and named in one place."""

import re
from collections.abc import Mapping
from typing import Annotated, Final, cast
from urllib.parse import urlsplit

from annotated_types import Ge, MinLen
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from chalicelib.content import PROGRAMMES
from chalicelib.core.email_address import email_or_none

MAY_BE_EMPTY: Final = {"website_url", "postal_address", "programme"}
"""`postal_address` is needed by the newsletter alone; without a `website_url`
links lead to our own pages; the first programme has no name."""

EDITABLE: Final = (
    "organization_name", "postal_address", "contact_email", "person_in_charge_title_fr",
    "person_in_charge_title_en", "undo_seconds", "quiet_hours", "quorum_application",
    "posts_per_hour", "staff_letters_per_hour", "unproved_letters_per_hour",
    "desk_idle_minutes", "desk_session_hours",
)  # fmt: skip
"""Settings that staff may change at the desk: none is a secret, a name of AWS, or an address at
which something is served."""

_QUIET: Final = re.compile(r"([0-9]{1,2})-([0-9]{1,2})")
_STAGE: Final = re.compile(r"[a-z][a-z0-9-]{1,15}")


class SettingsError(Exception):
    """Settings are missing or wrong; the message has a line for each.

    `problems` maps the field to what is wrong with it, in the order of the fields.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("\n".join(f"{name.upper()} {text}" for name, text in problems.items()))
        self.problems = problems


def _must(what: str) -> PydanticCustomError:
    return PydanticCustomError("shape", "must {what}", {"what": what})


def _stage(text: str) -> str:
    if not _STAGE.fullmatch(text):
        raise _must("be 2 to 16 small letters, digits and hyphens")
    return text


def _web_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        host = parts.hostname if parts.port != 0 else None
    except ValueError:
        raise _must("be an address of the Web") from None
    if parts.scheme not in ("https", "http") or "://" not in text:
        raise _must("start with https:// or http://")
    if not host or parts.username or parts.query or parts.fragment or re.search(r"[\s;,*]", text):
        raise _must("be an address of the Web without a query")
    return text.rstrip("/")


def _web_address_or_none(text: str) -> str:
    return text and _web_address(text)


def _origins(text: str) -> tuple[str, ...]:
    found = []
    for origin in filter(None, (part.strip() for part in text.split(","))):
        address = _web_address(origin)
        if urlsplit(address).path:
            raise _must("be origins like https://www.example.org, with commas between")
        found.append(address)
    if not found:
        raise _must("name at least one origin")
    return tuple(found)


def _address(text: str) -> str:
    address = email_or_none(text)
    if address is None:
        raise _must("be an e-mail address")
    return address


def _named_address(text: str) -> str:
    name, bracket, rest = text.partition("<")
    if not bracket:
        return _address(text)
    if not rest.endswith(">") or any(c in name for c in '>@"\r\n'):
        raise _must("be an e-mail address, or Name <address>")
    return f"{name.strip()} <{_address(rest[:-1])}>".lstrip()


def _switch(text: str) -> bool:
    if text not in ("on", "off"):
        raise _must("be on or off")
    return text == "on"


def _quiet_hours(text: str) -> str:
    found = _QUIET.fullmatch(text)
    if text != "off" and not (found and 0 < int(found[2]) < int(found[1]) < 24):
        raise _must("be like 20-8, or off")
    return text


def _topic(text: str) -> str:
    if not re.fullmatch(r"arn:aws[a-z-]*:sns:[^:\s]+:[0-9]+:\S+", text):
        raise _must("be the ARN of a topic")
    return text


def _programme(text: str) -> str:
    if text and not (PROGRAMMES / text).is_dir():
        raise _must("be a folder of chalicelib/content/programmes")
    return text


Text = Annotated[str, MinLen(1)]
ProgrammeName = Annotated[str, AfterValidator(_programme)]
Count = Annotated[int, Ge(0)]
CountFromOne = Annotated[int, Ge(1)]
Stage = Annotated[str, AfterValidator(_stage)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
WebAddressOrNone = Annotated[str, AfterValidator(_web_address_or_none)]
Origins = Annotated[tuple[str, ...], BeforeValidator(_origins)]
Address = Annotated[str, AfterValidator(_address)]
NamedAddress = Annotated[str, AfterValidator(_named_address)]
Switch = Annotated[bool, BeforeValidator(_switch)]
QuietHoursText = Annotated[str, AfterValidator(_quiet_hours)]
Topic = Annotated[str, AfterValidator(_topic)]


class Settings(BaseModel):
    """What each deployment chooses. A field is the environment name in lower case."""

    model_config = ConfigDict(frozen=True)

    stage: Stage
    records_table: Text
    subscribers_table: Text
    keys_secret: Text
    people_secret: Text
    anchor_secret: Text
    anchor_bucket: Text
    export_bucket: Text
    attachment_bucket: Text
    image_bucket: Text
    public_url: WebAddress
    website_url: WebAddressOrNone
    allowed_origins: Origins
    sender: NamedAddress
    reply_to: Address
    configuration_set: Text
    undo_seconds: Count
    posts_per_hour: Count
    signups_per_hour: Count
    unproved_letters_per_hour: CountFromOne
    staff_letters_per_hour: CountFromOne
    issue_rate: CountFromOne
    issue_queue: WebAddress
    mail_topic: Topic
    quorum_application: CountFromOne
    step_up: Switch
    quiet_hours: QuietHoursText
    daily_canary: Switch
    desk_idle_minutes: CountFromOne
    desk_session_hours: CountFromOne
    organization_name: Text
    contact_email: Address
    privacy_contact: Address
    person_in_charge_title_fr: Text
    person_in_charge_title_en: Text
    privacy_policy_fr: WebAddress
    privacy_policy_en: WebAddress
    postal_address: str
    programme: ProgrammeName

    def privacy_policy(self, lang: str) -> str:
        """Return the address of the privacy policy in a language."""
        return self.privacy_policy_fr if lang == "fr" else self.privacy_policy_en

    def person_in_charge(self, lang: str) -> str:
        """Return the title, in a language, of who answers for personal information."""
        return self.person_in_charge_title_fr if lang == "fr" else self.person_in_charge_title_en

    def site(self, lang: str) -> str:
        """Return the website's address in a language; empty without a website."""
        return f"{self.website_url}/{lang}/" if self.website_url else ""

    @property
    def public_origin(self) -> str:
        """Scheme, host and port of `public_url`."""
        return "/".join(self.public_url.split("/", 3)[:3])

    @property
    def image_origins(self) -> tuple[str, ...]:
        """Where the images of an issue may come from: the sender's own sites, and no other."""
        site = "/".join(self.website_url.split("/", 3)[:3])
        return tuple(dict.fromkeys([site or self.public_origin, *self.allowed_origins]))


def read(environment: Mapping[str, str]) -> Settings:
    """Return the settings; raises SettingsError that names every one missing or wrong."""
    given = {name: environment.get(name.upper(), "").strip() for name in Settings.model_fields}
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        problems = {str(one["loc"][0]): _problem(one) for one in error.errors(include_url=False)}
        raise SettingsError(problems) from None


def right_of(environment: Mapping[str, str]) -> dict[str, object]:
    """Return the settings of an environment that are right, whatever the others are."""
    given = {name: environment.get(name.upper(), "") for name in Settings.model_fields}
    return {
        name: _value_of(name, text) for name, text in given.items() if not problem_of(name, text)
    }


def problem_of(name: str, text: str) -> str:
    """Return what is wrong with a text as the setting of this name; blank when it fits."""
    try:
        _value_of(name, text)
    except ValidationError as error:
        return _problem(error.errors(include_url=False)[0])
    return ""


def with_edits(found: Settings, edited: Mapping[str, str]) -> Settings:
    """Return the settings with those that were edited in their place; one that no longer fits is
    left out."""
    if not edited:
        return found
    values: dict[str, object] = {}
    for name, text in edited.items():
        if name in EDITABLE and not problem_of(name, text):
            values[name] = _value_of(name, text)
    return found.model_copy(update=values)


def _value_of(name: str, text: str) -> object:
    from pydantic import TypeAdapter  # a cold start without edits does without

    field = Settings.model_fields[name]
    # A mark of our own, for `Annotated` takes no type without any.
    kind = cast("type[object]", Annotated[field.annotation, name, *field.metadata])
    return TypeAdapter(kind).validate_python(text.strip())


def _problem(error: ErrorDetails) -> str:
    text = error["input"]
    if text == "":
        return "is not set"
    match error["type"]:
        case "shape":
            what = error["msg"]
        case "greater_than_equal":
            what = f"must be {error['ctx']['ge']} or more"
        case _:
            what = "must be a whole number"
    return f"{what}, not {text!r}"
