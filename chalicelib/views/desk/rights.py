"""Who may do what at the desk: the one table, in which every address stands."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from chalicelib.cases.roles import EVERYBODY, FILE_ROLES, NEWS_ROLES, Role


class Right(NamedTuple):
    """Who may use an address by one method: these `roles`, or `anybody` without a session.

    `away` says whether somebody who is away may too; `confirmed`, that a mailed code is asked for
    first; `brings_file`, that its form may bring one; `framed`, that a page of the desk shows it in
    a frame.
    """

    roles: frozenset[Role] = frozenset()
    anybody: bool = False
    away: bool = False
    confirmed: bool = False
    brings_file: bool = False
    framed: bool = False


ANYBODY: Final = Right(anybody=True)
FILES: Final = Right(FILE_ROLES)

MANY_FILES: Final = FILES._replace(confirmed=True)
"""Whoever works with files, once they have typed a mailed code: many files leave, or are decided,
at once."""

PROGRAMME: Final = Right(frozenset(("manager", "administrator")))
"""Whoever sees to those who decide; what they note of an absence asks for a mailed code."""

ROSTER: Final = Right(frozenset(("administrator",)), confirmed=True)
"""Whoever keeps the roster, once they have typed a mailed code."""

JOBS: Final = Right(EVERYBODY)
"""Whoever may ask for work that takes a while: each finds that of their roles."""

COACHES: Final = Right(EVERYBODY)
"""Whoever keeps the pages of coaches, one at a time: all staff, as their letters ask of them."""

DIRECTORY: Final = Right(frozenset(("manager", "administrator", "communications")), confirmed=True)
"""Whoever changes or takes away the whole directory, once they have typed a mailed code."""

NEWSLETTER: Final = Right(NEWS_ROLES)
"""Whoever writes the newsletter; what sends it, or what gives out or takes in addresses, asks for a
mailed code."""

TO_READERS: Final = NEWSLETTER._replace(confirmed=True)

RULES: Final = PROGRAMME._replace(confirmed=True)
"""Whoever may change the rules of the programme, once they have typed a mailed code."""

TEXTS: Final = Right(frozenset(("manager", "administrator", "communications")))
"""Whoever may see the texts of forms and letters; who changes one types a mailed code first."""

SIGNED_IN: Final = Right(EVERYBODY, away=True)

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
    ("GET", "/desk/figures"): FILES,
    ("GET", "/desk/coaches"): COACHES,
    ("GET", "/desk/coach"): COACHES,
    ("POST", "/desk/coach"): COACHES,
    ("GET", "/desk/coach/{slug}"): COACHES,
    ("POST", "/desk/coach/{slug}"): COACHES,
    ("GET", "/desk/coaches/import"): DIRECTORY,
    ("POST", "/desk/coaches/import"): DIRECTORY._replace(brings_file=True),
    ("GET", "/desk/coaches/sheet"): DIRECTORY,
    ("GET", "/desk/coaches/editions"): DIRECTORY,
    ("POST", "/desk/coaches/editions"): DIRECTORY,
    ("GET", "/desk/coaches/messages"): COACHES,
    ("POST", "/desk/coaches/messages"): COACHES,
    ("GET", "/desk/rules"): PROGRAMME,
    ("GET", "/desk/rules/{part}"): PROGRAMME,
    ("POST", "/desk/rules/{part}"): RULES,
    ("GET", "/desk/texts"): TEXTS,
    ("GET", "/desk/texts/{part}"): TEXTS,
    ("POST", "/desk/texts/{part}"): TEXTS._replace(confirmed=True),
    ("GET", "/desk/many"): MANY_FILES,
    ("POST", "/desk/many"): MANY_FILES,
    ("GET", "/desk/many/{job}"): FILES,
    ("GET", "/desk/jobs"): JOBS,
    ("GET", "/desk/export"): MANY_FILES,
    ("POST", "/desk/export"): MANY_FILES,
    ("GET", "/desk/exports/{job}"): FILES,
    ("GET", "/desk/exports/{job}/file"): MANY_FILES,
    ("GET", "/desk/newsletter"): NEWSLETTER,
    ("POST", "/desk/newsletter"): NEWSLETTER,
    ("GET", "/desk/newsletter/{issue}"): NEWSLETTER,
    ("POST", "/desk/newsletter/{issue}"): NEWSLETTER,
    ("GET", "/desk/newsletter/{issue}/text"): NEWSLETTER,
    ("POST", "/desk/newsletter/{issue}/text"): NEWSLETTER,
    ("GET", "/desk/newsletter/{issue}/preview"): NEWSLETTER._replace(framed=True),
    ("POST", "/desk/newsletter/{issue}/preview"): NEWSLETTER._replace(framed=True),
    ("GET", "/desk/newsletter/{issue}/images"): NEWSLETTER,
    ("POST", "/desk/newsletter/{issue}/images"): NEWSLETTER._replace(brings_file=True),
    ("GET", "/desk/newsletter/{issue}/send"): TO_READERS,
    ("POST", "/desk/newsletter/{issue}/send"): TO_READERS,
    ("GET", "/desk/newsletter/{issue}/missed"): TO_READERS,
    ("GET", "/desk/subscribers"): NEWSLETTER,
    ("POST", "/desk/subscribers"): NEWSLETTER,
    ("GET", "/desk/subscribers/import"): TO_READERS,
    ("POST", "/desk/subscribers/import"): TO_READERS._replace(brings_file=True),
    ("GET", "/desk/subscribers/export"): TO_READERS,
    ("POST", "/desk/subscribers/export"): TO_READERS,
    ("GET", "/desk/subscribers/lists/{job}"): NEWSLETTER,
    ("POST", "/desk/subscribers/lists/{job}"): TO_READERS,
    ("GET", "/desk/subscribers/lists/{job}/file"): TO_READERS,
}
"""By method and path; HEAD is as GET."""
