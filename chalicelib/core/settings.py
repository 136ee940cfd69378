"""The environment, read once, checked, and named in one place."""

from collections.abc import Mapping
from dataclasses import dataclass, fields


class SettingsError(Exception):
    """A setting is missing or wrong; the message names it and says why."""


@dataclass(frozen=True)
class Settings:
    """What each deployment chooses. A field is the environment name in lower case."""

    stage: str
    records_table: str
    subscribers_table: str
    keys_secret: str
    public_url: str
    website_url: str
    allowed_origins: tuple[str, ...]
    sender: str
    reply_to: str
    configuration_set: str
    undo_seconds: int
    posts_per_hour: int
    signups_per_hour: int
    issue_rate: int
    issue_queue: str
    mail_topic: str
    quorum_application: int
    step_up: bool
    quiet_hours: str
    organization_name: str
    contact_email: str
    privacy_contact: str
    person_in_charge_title: str
    postal_address: str
    log_level: str

    @property
    def public_origin(self) -> str:
        """Scheme, host and port of `public_url`."""
        return "/".join(self.public_url.split("/", 3)[:3])

    @property
    def image_origins(self) -> tuple[str, ...]:
        """Where the images of an issue may come from: the sender's own sites, and no other."""
        site = "/".join(self.website_url.split("/", 3)[:3])
        return tuple(dict.fromkeys([site or self.public_origin, *self.allowed_origins]))


LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

MAY_BE_EMPTY = {"website_url", "postal_address"}
"""`postal_address` is needed by the newsletter alone; without a `website_url`
links lead to our own pages."""


def read(environment: Mapping[str, str]) -> Settings:
    """The settings, or a SettingsError that names the first one missing or wrong."""
    found: dict[str, object] = {}
    for field in fields(Settings):
        name = field.name.upper()
        text = environment.get(name, "").strip()
        if not text and field.name not in MAY_BE_EMPTY:
            raise SettingsError(f"{name} is not set")
        found[field.name] = _typed(name, field.name, text)
    return Settings(**found)  # type: ignore[arg-type]


def _typed(name: str, key: str, text: str) -> object:
    if key.endswith("_url"):
        if text and not text.startswith(("https://", "http://")):
            raise SettingsError(f"{name} must start with https:// or http://, not {text!r}")
        return text.rstrip("/")
    if key in (
        "undo_seconds",
        "posts_per_hour",
        "signups_per_hour",
        "issue_rate",
        "quorum_application",
    ):
        if not text.isdecimal():
            raise SettingsError(f"{name} must be a whole number, not {text!r}")
        if key == "quorum_application" and int(text) == 0:
            raise SettingsError(f"{name} must be 1 or more: somebody has to decide")
        if key == "issue_rate" and int(text) == 0:
            raise SettingsError(f"{name} must be 1 or more: pause an issue to stop it")
        return int(text)
    if key == "step_up":
        if text not in ("on", "off"):
            raise SettingsError(f"{name} must be on or off, not {text!r}")
        return text == "on"
    if key == "quiet_hours" and not _hours(text):
        raise SettingsError(f"{name} must be like 20-8, or off, not {text!r}")
    if key == "log_level" and text not in LEVELS:
        raise SettingsError(f"{name} must be one of {', '.join(LEVELS)}, not {text!r}")
    if key == "allowed_origins":
        return tuple(origin.strip().rstrip("/") for origin in text.split(",") if origin.strip())
    return text


def _hours(text: str) -> bool:
    """`off`, or an evening and a morning on the clock."""
    evening, _, morning = text.partition("-")
    if not (evening.isdecimal() and morning.isdecimal()):
        return text == "off"
    return 0 < int(morning) < int(evening) < 24
