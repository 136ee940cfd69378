"""What changed between two versions of a form, field by field, in words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chalicelib.core.languages import Lang
from chalicelib.core.ports import Item
from chalicelib.forms import description

Change = dict[str, str]
"""`label`, `before` and `after`; blank where there was or is nothing."""


def between(
    form: str, before: Mapping[str, object], after: Mapping[str, object], lang: Lang
) -> list[Change]:
    old, new = (_by_key(description.readable(form, one, lang)) for one in (before, after))
    keys = [*old, *(key for key in new if key not in old)]
    return [
        {
            "label": (old.get(key) or new[key])[0],
            "before": old.get(key, ("", ""))[1],
            "after": new.get(key, ("", ""))[1],
        }
        for key in keys
        if old.get(key, ("", ""))[1] != new.get(key, ("", ""))[1]
    ]


def of_history(
    history: Sequence[Item], answers: Mapping[str, object], application: Mapping[str, object] | None,
    lang: Lang,
) -> dict[int, list[Change]]:  # fmt: skip
    """Return, for each event that changed a form, by its number, what it changed. An event keeps
    the version before it; the version after is what the next one kept, or what stands now."""
    after: dict[str, Mapping[str, object]] = {"eoi": answers, "application": application or {}}
    found: dict[int, list[Change]] = {}
    for row in reversed(history):
        before = row["data"].get("before")
        if not isinstance(before, dict):
            continue
        form = row["data"].get("form", "eoi")
        found[row["number"]] = between(form, before, after[form], lang)
        after[form] = before
    return found


def _by_key(copy: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, str]]:
    return {row["key"]: (row["label"], _text(row)) for section in copy for row in section["rows"]}


def _text(row: Mapping[str, Any]) -> str:
    if "table" not in row:
        return str(row["value"])
    return "\n".join(" – ".join(filter(None, cells)) for cells in row["table"]["body"])
