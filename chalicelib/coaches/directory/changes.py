"""Finds what an import would change in the directory."""

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.coaches.coach import Coach

Edits = dict[str, tuple[object, object]]
"""For each column that changes, its value before and after, as JSON has them."""


@dataclass(frozen=True, slots=True)
class Changes:
    """The slugs of coaches who come and go, and the edits of the others, by slug."""

    added: tuple[str, ...]
    changed: dict[str, Edits]
    removed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def compare(before: Iterable[Coach], after: Iterable[Coach]) -> Changes:
    """Return what changes between two versions of the directory."""
    old = {coach.slug: coach.model_dump(mode="json") for coach in before}
    new = {coach.slug: coach.model_dump(mode="json") for coach in after}
    changed = {
        slug: {
            key: (old[slug][key], value) for key, value in row.items() if value != old[slug][key]
        }
        for slug, row in new.items()
        if slug in old and row != old[slug]
    }
    return Changes(
        added=tuple(slug for slug in new if slug not in old),
        changed=changed,
        removed=tuple(slug for slug in old if slug not in new),
    )
