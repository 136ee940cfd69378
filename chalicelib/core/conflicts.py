"""A step that met another one in the same moment, and is taken again on what is there then."""

from collections.abc import Callable
from typing import Final, TypeVar

from chalicelib.core.errors import Conflict, StoreDown

COMMIT_ATTEMPTS: Final = 4
"""How often a step is tried; each time somebody else was faster by a moment."""

Found = TypeVar("Found")
Result = TypeVar("Result")


def retry_while_same(
    found: Found,
    act: Callable[[Found], Result],
    reopen: Callable[[], Found],
    is_same: Callable[[Found, Found], bool],
) -> Result:
    """Act on what was found, and after a conflict on what is found then, as long as it is the same
    in what matters: a bounce, an assignment or a colleague's vote is no reason to send somebody's
    text back. Raises Conflict."""
    for _ in range(COMMIT_ATTEMPTS - 1):
        try:
            return act(found)
        except Conflict:
            again = reopen()
            if not is_same(found, again):
                raise
            found = again
    return act(found)


def retry_on_conflict(act: Callable[[], Result], attempts: int, why: str) -> Result:
    """Act, and after a conflict once more: `act` reads what is there and decides anew each time.

    Returns what `act` returns. Raises StoreDown, with `why`, after so many attempts.
    """
    for _ in range(attempts):
        try:
            return act()
        except Conflict:
            continue
    raise StoreDown(why)
