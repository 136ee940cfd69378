"""What somebody on the roster may do, and what each role may see: at the desk and in letters."""

from typing import Final, Literal, get_args

Role = Literal["officer", "manager", "administrator", "communications"]
"""What somebody may do at the desk: decide on files; see to whoever decides; keep the programme
itself; write the newsletter and texts."""

ROLES: Final[tuple[Role, ...]] = get_args(Role)

EVERYBODY: Final[frozenset[Role]] = frozenset(ROLES)
"""Whoever is on the roster: they keep the pages of coaches, and approve what others wrote."""

FILE_ROLES: Final[frozenset[Role]] = frozenset(("officer", "manager", "administrator"))
"""Whoever works with files, and with what else people sent; who writes the newsletter sees none."""

NEWS_ROLES: Final[frozenset[Role]] = frozenset(("communications", "administrator"))
"""Whoever writes the newsletter."""
