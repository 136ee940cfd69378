"""What the people of a file were told: each letter as it left, and what became of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypedDict

from chalicelib import content
from chalicelib.cases.case import Case
from chalicelib.cases.sending_again import last_letter
from chalicelib.cases.staff import Roster
from chalicelib.core import formatting
from chalicelib.core.languages import Lang
from chalicelib.core.letter_row import OUTSIDE, kept_copy
from chalicelib.core.ports import Item
from chalicelib.core.records import moment
from chalicelib.web.pages import Pages, in_language
from chalicelib.web.responses import Response

LETTERS: Final = "letters"
"""The field of the query that asks for all of them to read: the page of a file has the newest."""

MAX_STAFF_LINES: Final = 30
"""Letters to staff that are listed: the newest."""


class SentLetter(TypedDict):
    """`reader` is whom it went to, in words; `text` is blank before it left, for a letter to staff,
    and once its copy was taken away. `version` is that of its templates."""

    at: datetime
    reader: str
    address: str
    subject: str
    status: str
    text: str
    version: str


class LetterHistory(TypedDict):
    """Letters to people outside and to staff, the newest first; `last` is the subject of the one
    that can be sent again, blank when none can."""

    outside: list[SentLetter]
    staff: list[SentLetter]
    last: str


def letter_history(rows: Sequence[Item], roster: Roster, lang: Lang) -> LetterHistory:
    """Return the letters of a file, from their rows."""
    shown = [row for row in rows if row["status"] in content.review()["letter_status"]]
    shown.sort(key=_moment, reverse=True)
    names = {one.id: one.name for one in roster.all()}
    outside = [row for row in shown if row["to"] in OUTSIDE]
    staff = [row for row in shown if row["to"] not in OUTSIDE][:MAX_STAFF_LINES]
    last = last_letter(rows)
    return {
        "outside": [_outside(row, lang) for row in outside],
        "staff": [_to_staff(row, names, lang) for row in staff],
        "last": "" if last is None else (kept_copy(last) or {}).get("subject") or last["letter"],
    }


def respond_with_letters(
    pages: Pages, case: Case, letters: LetterHistory, address: str, lang: Lang
) -> Response:
    """Return a page with every letter of a file to read; `address` is that of the file."""
    facts = {"case": case, "letters": letters, "back": in_language(address, lang)}
    return pages.respond("letters", lang, facts, address=f"{address}?{LETTERS}=1")


def _outside(row: Item, lang: Lang) -> SentLetter:
    copy = kept_copy(row) or {}
    return {
        **_line(row, copy, lang),
        "reader": content.review()["readers"][row["to"]][lang],
        "address": copy.get("to", ""),
        "text": copy.get("text", ""),
    }


def _to_staff(row: Item, names: dict[str, str], lang: Lang) -> SentLetter:
    """Tell of a letter to staff without its text, which holds what its reader alone may use."""
    everybody = content.review()["readers"]["staff"][lang]
    reader = names.get(row["to"], everybody)
    return {**_line(row, kept_copy(row) or {}, lang), "reader": reader, "address": "", "text": ""}


class _Line(TypedDict):
    at: datetime
    subject: str
    status: str
    version: str


def _line(row: Item, copy: dict[str, str], lang: Lang) -> _Line:
    status = content.review()["letter_status"][row["status"]][lang]
    at = moment(_moment(row))
    return {
        "at": at,
        "subject": copy.get("subject", ""),
        "status": status.format(at=formatting.date_and_time(at, lang), why=row.get("why") or ""),
        "version": str(row.get("template_version") or ""),
    }


def _moment(row: Item) -> str:
    """Return when a letter became what it is now (a stamp); when it leaves, for one that waits."""
    last = (row.get(f"{row['status']}_at"), row.get("sent_at"), row.get("due_at"))
    return str(next(filter(None, last), None) or _NO_MOMENT)


_NO_MOMENT: Final = "1970-01-01T00:00:00.000Z"
"""Of a letter from before moments were kept."""
