"""Who a form says that it comes from."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.forms.rules import Answers


def contact_name(answers: "Answers", who: str) -> str:
    """Return the name that a form gives to its `contact` or `applicant`: of some people, one."""
    names = (answers.get(f"{who}_{part}_name") for part in ("first", "last"))
    return " ".join(filter(None, names))
