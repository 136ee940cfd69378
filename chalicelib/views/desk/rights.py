"""Who may do what at the desk: the one table, in which every address stands."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from chalicelib.cases.staff import ROLES, Role


class Right(NamedTuple):
    """Who may use an address by one method: these `roles`, or `anybody` without a session.

    `away` says whether somebody who is away may too; `confirmed`, that a mailed code is asked for
    first.
    """

    roles: frozenset[Role] = frozenset()
    anybody: bool = False
    away: bool = False
    confirmed: bool = False


ANYBODY: Final = Right(anybody=True)
FILES: Final = Right(frozenset(("officer", "manager", "administrator")))
"""Whoever works with files; who writes the newsletter sees none."""

MANY_FILES: Final = FILES._replace(confirmed=True)
"""Whoever works with files, once they have typed a mailed code: many files leave, or are decided,
at once."""

PROGRAMME: Final = Right(frozenset(("manager", "administrator")))
"""Whoever sees to those who decide; what they note of an absence asks for a mailed code."""

ROSTER: Final = Right(frozenset(("administrator",)), confirmed=True)
"""Whoever keeps the roster, once they have typed a mailed code."""

SIGNED_IN: Final = Right(frozenset(ROLES), away=True)

RIGHTS: Final[Mapping[tuple[str, str], Right]] = {
    ("GET", "/desk"): ANYBODY,
    ("POST", "/desk"): ANYBODY,
    ("GET", "/desk/sign-in/{token}"): ANYBODY,
    ("POST", "/desk/sign-in/{token}"): ANYBODY,
    ("GET", "/desk/account"): SIGNED_IN,
    ("POST", "/desk/account"): SIGNED_IN,
    ("GET", "/desk/files"): FILES,
    ("GET", "/desk/files/{ref}"): FILES,
    ("POST", "/desk/files/{ref}"): FILES,
    ("GET", "/desk/files/{ref}/print"): FILES,
    ("GET", "/desk/programme"): PROGRAMME,
    ("POST", "/desk/programme"): ROSTER,
    ("GET", "/desk/programme/{staff}"): PROGRAMME,
    ("POST", "/desk/programme/{staff}"): ROSTER,
    ("POST", "/desk/programme/{staff}/absence"): PROGRAMME._replace(confirmed=True),
    ("GET", "/desk/log"): PROGRAMME,
    ("GET", "/desk/many"): MANY_FILES,
    ("POST", "/desk/many"): MANY_FILES,
    ("GET", "/desk/many/{job}"): FILES,
    ("GET", "/desk/export"): MANY_FILES,
    ("POST", "/desk/export"): MANY_FILES,
    ("GET", "/desk/exports/{job}"): FILES,
    ("GET", "/desk/exports/{job}/file"): MANY_FILES,
}
"""By method and path; HEAD is as GET."""
