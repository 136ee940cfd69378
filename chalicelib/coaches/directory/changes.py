"""What an import would change in the directory."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from chalicelib.coaches.coach import Coach

Edits = dict[str, tuple[Any, Any]]
"""For each column, what it was and what it becomes."""


@dataclass(frozen=True, slots=True)
class Changes:
    """By slug; `removed` are those that the new version no longer has."""

    added: tuple[str, ...]
    changed: dict[str, Edits]
    removed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def compare(before: Iterable[Coach], after: Iterable[Coach]) -> Changes:
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
