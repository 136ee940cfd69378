"""Who of the staff stands back from a file: whoever said so, and whoever is named in it."""

from collections.abc import Iterable, Iterator
from typing import Final

from chalicelib.cases.case import Case
from chalicelib.cases.staff import Staff
from chalicelib.core.addresses import mailbox_of
from chalicelib.core.email_address import email_or_none

_MAX_DEPTH: Final = 4
"""Answers are rows of fields in a form: nothing of them lies deeper."""


def stands_back(case: Case, staff_id: str, address: str | None) -> bool:
    """Say whether somebody has no part in what becomes of a case: by their own word, or because
    one of its addresses is a spelling of theirs. Nobody decides what they ask for themselves."""
    if staff_id in (case.recused or []):
        return True
    return address is not None and mailbox_of(address) in _mailboxes(case)


def standing_back(case: Case, staff: Iterable[Staff]) -> list[str]:
    """Return the ids of those who stand back from a case."""
    own = _mailboxes(case)
    named = [one.id for one in staff if mailbox_of(one.email) in own]
    return list(dict.fromkeys([*(case.recused or []), *named]))


def _mailboxes(case: Case) -> set[str]:
    """Return the mailboxes of everybody a file names: applicant, fiduciary, team."""
    given = [case.email, case.address, case.answers, case.application]
    return {mailbox_of(one) for one in _texts(given) if "@" in one and email_or_none(one)}


def _texts(value: object, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value.strip()
    elif depth < _MAX_DEPTH and isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part, depth + 1)
