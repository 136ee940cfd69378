"""A coach's profile in words: the language to write to them in, and what a proposal changes."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypedDict

from chalicelib import content
from chalicelib.core.languages import Lang
from chalicelib.core.ports import Item
from chalicelib.forms import description

if TYPE_CHECKING:
    from chalicelib.coaches.coach import Coach


class ChangedField(TypedDict):
    """A field's label, with what stands and what would stand; blank where there is nothing."""

    label: str
    before: str
    after: str


def official_language(coach: "Coach") -> Lang:
    """Return the official language that the coach names first."""
    official: dict[str, Lang] = {"fr": "fr", "en": "en"}
    return next((official[each] for each in coach.languages if each in official), "fr")


def profile_answers(coach: "Coach") -> Item:
    """Return the profile as its form would have it."""
    return coach.model_dump(mode="json", exclude_none=True)


def changed_fields(coach: "Coach", changes: Mapping[str, object], lang: Lang) -> list[ChangedField]:
    answers = profile_answers(coach)
    before = _values(answers, lang)
    after = _values({k: v for k, v in {**answers, **changes}.items() if v is not None}, lang)
    labels = content.coaches()["columns"]
    return [
        {
            "label": labels[key][lang],
            "before": before.get(key, ""),
            "after": after.get(key, ""),
        }
        for key in changes
    ]


def _values(answers: Item, lang: Lang) -> dict[str, str]:
    """Return each field's value in words, by its key."""
    copy = description.readable("profile", answers, lang)
    return {row["key"]: row["value"] for section in copy for row in section["rows"]}
