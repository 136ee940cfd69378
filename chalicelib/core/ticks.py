"""What forms and scripts write for a box: ticked, left empty, or nothing that says either."""

from typing import Final

_YES: Final = frozenset(
    [
        "true",
        "on",
        "1",
        "yes",
        "y",
        "oui",
        "o",
        "vrai",
        "x",
        "✓",
        "✔",
        "☑",
        "checked",
        "coché",
        "cochée",
        "ok",
        "agree",
        "accept",
        "accepted",
    ]
) | {"i agree", "j’accepte", "j'accepte"}
_NO: Final = frozenset(["", *["false", "off", "0", "no", "n", "non", "faux", "unchecked", "☐"]])


def tick(value: object) -> bool | None:
    """Say whether a value means a ticked box; None when it says neither.

    A hidden field that stands beside a box, so that an empty one is sent too, comes under the
    same name: of several values, one that ticks it is enough.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return bool(value) if value in (0, 1) else None
    if isinstance(value, list):
        found = [tick(one) for one in value]
        return None if not found or None in found else any(found)
    if not isinstance(value, str):
        return None
    text = value.strip().casefold()
    return True if text in _YES else False if text in _NO else None
