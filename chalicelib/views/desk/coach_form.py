"""The form of one coach at the desk: every column, in the words of the directory."""

from collections.abc import Mapping
from typing import Final

from chalicelib import content
from chalicelib.coaches.coach import options
from chalicelib.core.languages import Lang
from chalicelib.forms import description
from chalicelib.web.form_errors import Description

_SECTIONS: Final = {
    "person": ("first_name", "last_name", "email", "organization", "title_fr", "title_en",
               "pronouns_fr", "pronouns_en"),
    "staff": ("status", "consent_publication", "last_verified_at", "availability",
              "availability_updated_at", "rate_note"),
    "place": ("city", "province", "serves"),
    "practice": ("modes", "languages", "streams", "sectors"),
    "texts": ("bio_fr", "bio_en", "photo", "photo_alt_fr", "photo_alt_en"),
    "reach": ("email_public", "phone", "phone_public", "website", "linkedin"),
}  # fmt: skip

_OF_STAFF: Final[Mapping[str, Mapping[str, object]]] = {
    "slug": {"type": "line", "max": 80},
    "email": {"type": "email", "max": 254, "required": True},
    "status": {"type": "choice", "required": True},
    "consent_publication": {"type": "date"},
    "last_verified_at": {"type": "date", "required": True},
    "availability_updated_at": {"type": "date"},
    "rate_note": {"type": "text", "max": 600},
    "photo": {"type": "url", "max": 300},
    "photo_alt_fr": {"type": "line", "max": 150},
    "photo_alt_en": {"type": "line", "max": 150},
}
"""Columns that coaches do not change themselves."""


def coach_form(lang: Lang, *, is_new: bool) -> Description:
    """Return the form as every page of a form describes it; only a new coach has an address to
    choose."""
    of_coaches = {
        field["key"]: field
        for section in description.describe("profile", lang)["sections"]
        for field in section["fields"]
    }
    texts, labels = content.desk()["coaches"], content.coaches()["columns"]

    def field(key: str) -> Mapping[str, object]:
        own = {"label": (texts if key in texts else labels)[key][lang]}
        if key not in _OF_STAFF:
            return {**of_coaches[key], **own}
        found = {"key": key, "required": False, **_OF_STAFF[key], **own}
        if key == "status":
            statuses = content.coaches()["statuses"]
            found["options"] = [{"id": one["id"], "label": one[lang]} for one in statuses]
        if key in ("slug", "last_verified_at") and is_new:
            found["required"] = False
        return found

    names = {**_SECTIONS, "person": ("slug", *_SECTIONS["person"])} if is_new else _SECTIONS
    return {
        "title": texts["person"][lang],
        "sections": [
            {"id": id, "title": texts[id][lang], "fields": [field(key) for key in keys]}
            for id, keys in names.items()
        ],
    }


def in_words(column: str, value: object, lang: Lang) -> str:
    """Return the value of a column as people read it; blank for what is empty."""
    if value is None or value in ("", []):
        return ""
    if isinstance(value, bool):
        return {True: {"fr": "oui", "en": "yes"}, False: {"fr": "non", "en": "no"}}[value][lang]
    names = _option_names(column, lang)
    if isinstance(value, list):
        return ", ".join(names.get(str(one), str(one)) for one in value)
    return names.get(str(value), str(value))


def _option_names(column: str, lang: Lang) -> Mapping[str, str]:
    source = {"serves": "provinces", "province": "provinces", "sectors": "issue_areas"}
    if column == "status":
        return {one["id"]: one[lang] for one in content.coaches()["statuses"]}
    listed = ("serves", "province", "modes", "languages", "streams", "sectors", "availability")
    if column not in listed:
        return {}
    everywhere = {"all": content.coaches()["provinces"]["all"][lang]}
    found = {one["id"]: one[lang] for one in options(source.get(column, column))}
    return {**found, **everywhere} if column == "serves" else found
