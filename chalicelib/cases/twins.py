"""Files of one organization under other addresses: found by business number and by name.

Two addresses may be two people of one organization, or one person who asks twice: staff see both
files beside each other, and decide what that means.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal

from chalicelib.cases.case import Case, case_key
from chalicelib.cases.name_index import BN_ROOT, index_pk, index_row
from chalicelib.cases.states import kind
from chalicelib.core.formatting import unaccented
from chalicelib.core.ports import Store, Write

if TYPE_CHECKING:
    from chalicelib.forms.rules import Answers

Shared = Literal["bn", "name"]

MAX_TWINS: Final = 5
"""How many files are shown: the newest."""

MAX_LOOKED_AT: Final = 20
MAX_OPENED: Final = 8
"""How many rows of one number or name are looked at, and how many files are opened: whatever the
table holds, a page costs the same."""

_NUMBERS: Final = ("org_bn", "fiduciary_bn", "fid_bn")
_NAMES: Final = ("org_legal_name", "fiduciary_name", "fid_legal_name", "collective_name")
"""The fields of both forms that name an organization."""

_LEGAL_FORMS: Final = frozenset(
    ("inc", "incorporated", "ltd", "ltee", "limited", "limitee", "corp", "corporation", "obnl",
     "osbl", "npo")
)  # fmt: skip
_ARTICLES: Final = frozenset(("the", "la", "le", "les", "l"))


@dataclass(frozen=True)
class Twin:
    """A file that has a business number, or else a name, of another one."""

    case: Case
    shares: Shared


def twin_rows(case_id: str, answers: "Answers", key: bytes, now: datetime) -> list[Write]:
    """Return a row for each number and name in a form, under a keyed hash of it."""
    return [
        index_row(_term(what, text), case_id, key, now) for what, text in sorted({*_terms(answers)})
    ]


def twins_of(store: Store, case: Case, key: bytes) -> list[Twin]:
    """Return the files of other addresses that share a number or name with a case, those that
    share a number first, the newest of each before."""
    found: dict[str, Twin] = {}
    opened = {case.id}
    terms = {*_terms(case.answers), *_terms(case.application or {})}
    for what, text in sorted(terms):
        if len(found) == MAX_TWINS:
            break
        for row in store.latest(index_pk(_term(what, text), key), MAX_LOOKED_AT):
            if len(opened) > MAX_OPENED or len(found) == MAX_TWINS:
                break
            if row["case"] in opened:
                continue
            opened.add(row["case"])
            other = _file(store, row["case"])
            if other is not None and other.id not in found and _is_another(case, other):
                found[other.id] = Twin(other, what)
    # "bn" sorts before "name": what shares both is told by its number.
    return list(found.values())


def _file(store: Store, case_id: str) -> Case | None:
    """Return the file that a form is part of by now."""
    item = store.get(*case_key(case_id))
    case = None if item is None else Case.of(item)
    if case is not None and case.linked_to:
        item = store.get(*case_key(case.linked_to))
        case = None if item is None else Case.of(item)
    return case


def _is_another(case: Case, other: Case) -> bool:
    """Say whether a file counts, and is of another address."""
    never = other.closed is not None and kind(other.closed["from"]) == "unconfirmed"
    counts = kind(other.state) in ("active", "terminal") and not never
    return counts and other.id != case.id and other.person != case.person


def _terms(answers: "Answers") -> Iterator[tuple[Shared, str]]:
    for number in filter(None, (answers.get(field) for field in _NUMBERS)):
        yield "bn", str(number)[:BN_ROOT]
    for name in filter(None, (answers.get(field) for field in _NAMES)):
        if plain := _plain(str(name)):
            yield "name", plain


def _plain(name: str) -> str:
    """Return a name as two people would spell it the same: without accents, articles at its
    beginning and legal forms at its end."""
    words = re.findall(r"[a-z0-9]+", unaccented(name))
    while len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    while len(words) > 1 and words[-1] in _LEGAL_FORMS:
        words = words[:-1]
    return " ".join(words)


def _term(what: Shared, text: str) -> str:
    return f"twin {what}:{text}"
