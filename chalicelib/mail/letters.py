"""The letters: each is a folder of templates and one registered function that gives its facts.

The function names its readers with `@letter`, and returns a TypedDict: that is what the three
templates may use, beside the case and the sender. `LETTERS` follows from these functions.
"""

import logging
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, Literal, TypeVar

from chalicelib.cases.roles import FILE_ROLES, Role
from chalicelib.content.edits import LETTER, laid
from chalicelib.core.languages import Lang
from chalicelib.core.ports import Item
from chalicelib.core.templates import SHARED, cut_at, render, render_packaged

log = logging.getLogger("relais.mail.letters")

STAFF: Final = "staff"
"""A member of staff; whoever is away has the letter read by a stand-in."""

ACTOR: Final = "actor"
"""The member of staff who acts, and nobody in their place."""

PREHEADER_LENGTH: Final = 110
"""Characters beside a subject: what the widest lists of mails show."""

HTML_LIMIT_BYTES: Final = 98_000
"""Gmail hides what comes after 102 kB of a letter."""

CUT_LENGTHS: Final = (None, 200, 60, 20)
"""Characters of each answer in the copy of a letter that would be longer: the first that fit."""

Stands = Literal["always", "state", "version"]
Facts = Mapping[str, object]
FactsFunction = TypeVar("FactsFunction", bound=Callable[[Any], Facts])


@dataclass(frozen=True)
class RegisteredLetter:
    """A letter that can be owed: its name, who may read it, and what its facts come from."""

    name: str
    readers: frozenset[str]
    unproved: frozenset[str]
    """Those of the readers whose address nobody may have proved: a form of anybody sets the letter
    off, so it counts against the mailbox and repeats nothing that was typed but a plain name. Of
    the other letters of a file, those to an address that has used no link do not either."""
    once_an_hour: bool
    """Whether an address is owed at most one of these an hour, so that what strangers set off for
    its mailbox never keeps it back."""
    digested: bool
    """Whether strangers can set off any number of these to staff: a digest lists the rest."""
    spaced: bool
    """Whether strangers can set off any number of these to staff: the rest leave an hour later."""
    stands: Stands
    """How long what it says holds: `always`; while its file is in the `state` it tells of, as a
    receipt does; or until the file takes another step than those it `survives` (`version`)."""
    survives: frozenset[str]
    roles: frozenset[Role]
    """Those of the staff who may read it: by a role of theirs."""
    facts_of: Callable[[Any], Facts]

    @cached_property
    def fact_names(self) -> frozenset[str]:
        """The keys of the TypedDict that the function returns."""
        returned: type = self.facts_of.__annotations__["return"]
        return frozenset(returned.__annotations__)


LETTERS: Final[dict[str, RegisteredLetter]] = {}
"""Every letter by its name. Each room adds its own when its writer is imported: all are here
once `chalicelib.wiring.mail` is."""


def is_unproved(row: Item) -> bool:
    """Tell whether a letter goes to an address that its reader may not have proved."""
    return row["to"] in LETTERS[row["letter"]].unproved


def letter(
    *names: str,
    to: str | tuple[str, ...],
    unproved: tuple[str, ...] = (),
    once_an_hour: bool = False,
    digested: bool = False,
    spaced: bool = False,
    stands: Stands = "always",
    survives: tuple[str, ...] = (),
    roles: frozenset[Role] = FILE_ROLES,
) -> Callable[[FactsFunction], FactsFunction]:
    """Register a function as what the letters of these names are written from.

    The function takes what its room's writer knows of the letter, such as the case and its
    reader, and returns the facts for the templates in `templates/email/<name>/`. `unproved`
    are those of the readers whose address may not be proved, `stands` says when the file has left
    it behind; see `RegisteredLetter`, also for the rest. What says nothing else is of files, and
    for those `roles` alone who see them.
    """
    readers = frozenset((to,) if isinstance(to, str) else to)

    def register(function: FactsFunction) -> FactsFunction:
        for name in names:
            LETTERS[name] = RegisteredLetter(
                name,
                readers,
                frozenset(unproved),
                once_an_hour,
                digested,
                spaced,
                stands,
                frozenset(survives),
                roles,
                function,
            )
        return function

    return register


@dataclass(frozen=True)
class Letter:
    """A letter in one language, ready to leave."""

    name: str
    lang: Lang
    subject: str
    text: str
    html: str
    fell_back: bool = False
    """Whether it says what was packaged, because what staff worded anew could not be written."""


def compose(name: str, lang: Lang, /, **facts: object) -> Letter:
    """Render the three parts; as they were packaged, where an edit of staff cannot be written.

    Raises TypeError when a fact is missing, so that no mail leaves with a gap.
    """
    try:
        return _composed(name, lang, render, facts)
    except Exception:
        if not (laid(LETTER, name) or laid(LETTER, SHARED)):
            raise
        log.exception("the edited letter %s cannot be written: the packaged one leaves", name)
    return replace(_composed(name, lang, render_packaged, facts), fell_back=True)


def _composed(name: str, lang: Lang, write: Callable[..., str], facts: Facts) -> Letter:
    missing = LETTERS[name].fact_names - set(facts)
    if missing:
        raise TypeError(f"letter {name} needs {', '.join(sorted(missing))}")
    folder = f"email/{name}"
    subject = subject_line(write(f"{folder}/subject.txt", lang=lang, **facts))
    text = _tidy(write(f"{folder}/body.txt", lang=lang, **facts))
    codes = [facts[name] for name in _CODES if facts.get(name)]
    shown = {"subject": subject, "preheader": preheader(text, codes)}
    for cut in CUT_LENGTHS:
        html = write(f"{folder}/body.html", lang=lang, cut=cut, **shown, **facts)
        if len(html.encode()) < HTML_LIMIT_BYTES:
            break
    return Letter(name, lang, subject, text, html)


_GREETING = re.compile(r"(?:Bonjour|Hello)\b[^,\n]{0,100},\s*")
_MARKS = re.compile(r"^(?:==|-) | ==$", re.MULTILINE)
_LEADS_ON = re.compile(r"(?:^|(?<=[.!?] ))[^.!?]*:$")
"""The last sentence of a paragraph that says what comes below it."""

_CODES: Final = ("code", "step_code")
"""Facts that only the reader of the whole letter sees."""


def preheader(text: str, codes: Collection[object] = ()) -> str:
    """Return what a list of mails shows beside the subject: how the text begins once it has
    greeted, without links and codes, which are secret, nor the words that only lead to them."""
    said = _GREETING.sub("", text.partition("\n-- \n")[0], count=1)
    hidden = ["://", *(str(code) for code in codes)]
    kept: list[str] = []
    for part in said.split("\n\n"):
        if any(one in part for one in hidden):
            kept[-1:] = [_LEADS_ON.sub("", last) for last in kept[-1:]]
        else:
            kept.append(" ".join(_MARKS.sub("", part).split()))
    begun = " ".join(" ".join(kept).split())
    return cut_at(begun[:1].upper() + begun[1:], PREHEADER_LENGTH)


def subject_line(text: str) -> str:
    """Return the subject on one line, without a character that could start another header."""
    printable = "".join(c if unicodedata.category(c) != "Cc" else " " for c in text)
    return re.sub(r"[ \t\u2028\u2029]+", " ", printable).strip()[:250]


def _tidy(text: str) -> str:
    """Leave no more than one blank line at a time, none at the ends, no spaces at line ends."""
    lines = "\n".join(line.rstrip(" ") for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"
