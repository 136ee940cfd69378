"""What coaches changed of their own page: known for whoever restores an edition, brings a sheet, or
writes on that page after them."""

from typing import Final, NamedTuple

from chalicelib.core.ports import Store

EDIT_PREFIX: Final = "EDIT#"


class OwnValue(NamedTuple):
    """What a coach last set a column to, as JSON has it, and when (a stamp)."""

    value: object
    at: str


def own_values(store: Store, slug: str, since: str = "") -> dict[str, OwnValue]:
    """Return what a coach set of their page, by column, from a moment (a stamp) on."""
    found: dict[str, OwnValue] = {}
    for row in store.rows(f"COACH#{slug}", EDIT_PREFIX):
        at = str(row["sk"]).removeprefix(EDIT_PREFIX).partition("#")[0]
        if at >= since:
            found |= {column: OwnValue(value, at) for column, value in row["changes"].items()}
    return found
