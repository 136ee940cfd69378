"""Files of one organization under other addresses: found by business number and by name.

Two addresses may be two people of one organization, or one person who asks twice: staff see both
files beside each other, and decide what that means.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal

from chalicelib.cases.case import Case, case_key
from chalicelib.cases.name_index import index_pk, index_row, plain_name, root_of
from chalicelib.cases.states import kind
from chalicelib.core.ports import Store, Write

if TYPE_CHECKING:
    from chalicelib.forms.rules import Answers

Shared = Literal["bn", "name"]

MAX_TWINS: Final = 5
"""How many files are shown: the newest."""

MAX_LOOKED_AT: Final = 20
MAX_TWINS_OPENED: Final = 8
"""How many rows of one number or name are looked at, and how many files are opened: whatever the
table holds, a page costs the same."""

_NUMBERS: Final = ("org_bn", "fiduciary_bn", "fid_bn")
_NAMES: Final = ("org_legal_name", "fiduciary_name", "fid_legal_name", "collective_name")
"""The fields of both forms that name an organization."""


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
    share a number first, the newest of each before.

    The store is asked once for each number and name until enough files are named, and once for
    all of these.
    """
    named: dict[str, Shared] = {}
    for what, text in sorted({*_terms(case.answers), *_terms(case.application or {})}):
        # "bn" sorts before "name": what shares both is told by its number.
        if len(named) < MAX_TWINS_OPENED:
            for row in store.latest(index_pk(_term(what, text), key), MAX_LOOKED_AT):
                if row["case"] != case.id:
                    named.setdefault(row["case"], what)
    opened = list(named)[:MAX_TWINS_OPENED]
    files = _files(store, opened)
    found: dict[str, Twin] = {}
    for case_id in opened:
        other = files.get(case_id)
        if other is not None and other.id not in found and _is_another(case, other):
            found[other.id] = Twin(other, named[case_id])
    return list(found.values())[:MAX_TWINS]


def _files(store: Store, case_ids: Sequence[str]) -> dict[str, Case]:
    """Return the files that forms are part of by now, by the ids that the forms came under."""
    found = _cases(store, case_ids)
    joined = _cases(store, [case.linked_to for case in found.values() if case.linked_to])
    files = {
        case_id: joined.get(case.linked_to) if case.linked_to else case
        for case_id, case in found.items()
    }
    return {case_id: case for case_id, case in files.items() if case is not None}


def _cases(store: Store, case_ids: Sequence[str]) -> dict[str, Case]:
    if not case_ids:
        return {}
    rows = store.batch_get([case_key(case_id) for case_id in case_ids])
    cases = map(Case.of, rows.values())
    return {case.id: case for case in cases}


def _is_another(case: Case, other: Case) -> bool:
    """Say whether a file counts, and is of another address."""
    never = other.closed is not None and kind(other.closed["from"]) == "unconfirmed"
    counts = kind(other.state) in ("active", "terminal") and not never
    return counts and other.id != case.id and other.person != case.person


def _terms(answers: "Answers") -> Iterator[tuple[Shared, str]]:
    for number in filter(None, (answers.get(field) for field in _NUMBERS)):
        yield "bn", root_of(str(number))
    for name in filter(None, (answers.get(field) for field in _NAMES)):
        if plain := plain_name(str(name)):
            yield "name", plain


def _term(what: Shared, text: str) -> str:
    return f"twin {what}:{text}"
