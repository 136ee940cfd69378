"""What can be chosen in a field: a list that several share, or its own."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from chalicelib import content

if TYPE_CHECKING:
    from chalicelib.content.shapes.forms import FormField
    from chalicelib.content.shapes.text import EntryContent

_LISTS_OF_THEIR_OWN: Final[dict[str, Callable[[], "Sequence[EntryContent]"]]] = {
    "provinces": content.provinces,
    "coach_languages": content.languages,
    "coach_streams": content.streams,
}
"""Lists that have a file of their own."""


def options(field: "FormField") -> "Sequence[EntryContent]":
    """Return what can be chosen: of a shared list, or the field's own."""
    if "options" in field:
        return list(field["options"])
    if field["list"] == "streams":
        return [stream for stream in content.streams() if stream["intake"]]
    if field["list"] in _LISTS_OF_THEIR_OWN:
        return list(_LISTS_OF_THEIR_OWN[field["list"]]())
    if field["list"] == "coach_modes":
        return [mode for mode in content.lists()["mode"] if mode["id"] != "hybrid"]
    if field["list"] == "serves":
        everywhere = content.coaches()["provinces"]["all"]
        return [{"id": "all", **everywhere}, *content.provinces()]
    return list(content.lists()[field["list"]])
