"""Imports a list that staff bring: each address with its basis and its proof, or not at all."""

import calendar
import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final

from pydantic_core import PydanticCustomError

from chalicelib import content
from chalicelib.core import eastern_time
from chalicelib.core.csv_table import csv_value
from chalicelib.core.languages import LANGS, Lang, lang_or
from chalicelib.core.links import person_key
from chalicelib.core.records import stamp
from chalicelib.forms import field_types
from chalicelib.forms.normalise import tidy
from chalicelib.newsletter.subscribers import consent_text, subscriber
from chalicelib.newsletter.subscribers.repository import SubscriberChange, SubscriberRepository
from chalicelib.newsletter.subscribers.subscriber import Subscriber

COLUMNS: Final = ("email", "lang", "basis", "since", "evidence")

NAME_MAX_LENGTH: Final = 80
"""As in the form of the newsletter."""

MAX_FILE_BYTES: Final = 50_000_000


class ImportRefused(Exception):
    """The file cannot be read; the message is one line, for staff."""


class LineRefused(Exception):
    """One line cannot be taken; the message says why."""


@dataclass(frozen=True)
class Imported:
    """What became of one line: `imported`, `known`, or `refused` and `why`."""

    line: int
    outcome: str
    why: str = ""


@dataclass(frozen=True)
class Entry:
    """One address, with what allows to write to it."""

    email: str
    lang: Lang
    basis: str
    since: date
    evidence: str
    name: str | None
    topics: tuple[str, ...]

    def expires_at(self) -> str | None:
        """Return the end of the last day of an implied consent; None for an express one."""
        months = _bases()[self.basis]
        if months is None:
            return None
        end = datetime.combine(_later(self.since, months), time.max, eastern_time.zone())
        return stamp(end.astimezone(UTC))


class Imports:
    def __init__(self, repository: SubscriberRepository, people_key: bytes) -> None:
        self._repository = repository
        self._key = people_key

    def run(self, file: bytes, *, by: str, write: bool) -> Iterator[Imported]:
        """Yield each line with what becomes of it; nothing is stored unless `write`.

        Raises ImportRefused when the file itself cannot be read.
        """
        seen: dict[str, int] = {}
        for number, row in _rows(file):
            try:
                entry = _entry(row)
                person = person_key(entry.email, self._key)
                if person in seen:
                    raise LineRefused(f"the same address as line {seen[person]}")
                seen[person] = number
                yield Imported(number, self._admit(person, entry, by, write=write))
            except LineRefused as refused:
                yield Imported(number, "refused", str(refused))

    def _admit(self, person: str, entry: Entry, by: str, *, write: bool) -> str:
        def decide(old: Subscriber | None, now: datetime) -> SubscriberChange:
            if old is not None and old.status in _NEVER:
                raise LineRefused(_NEVER[old.status])
            expires_at = entry.expires_at()
            if (
                old is not None
                and old.status == subscriber.ACTIVE
                and not _renewed(old, expires_at)
            ):
                return SubscriberChange("known")
            if expires_at is not None and expires_at <= stamp(now):
                raise LineRefused(f"the consent ended on {expires_at[:10]}")
            if not write:
                return SubscriberChange("imported")
            return _admitted(old, old.person if old else person, entry, by, now)

        # A list may have the address that somebody moved from: the consent is theirs all the same.
        return self._repository.take_current(person, decide)


def _renewed(old: Subscriber, expires_at: str | None) -> bool:
    """Return whether a membership was renewed, or an express consent comes in place of an implied
    one."""
    if old.status != subscriber.ACTIVE or old.basis != subscriber.IMPLIED or not old.expires_at:
        return False
    return expires_at is None or expires_at > old.expires_at


_NEVER: Final = {
    subscriber.UNSUBSCRIBED: "unsubscribed: only they can come back, by the form",
    subscriber.COMPLAINED: "complained of our mail: never to be written to again",
    subscriber.BOUNCED: "mail to this address came back: they can sign up again by the form",
    subscriber.ERASED: "asked to be forgotten",
}


def _admitted(
    old: Subscriber | None, person: str, entry: Entry, by: str, now: datetime
) -> SubscriberChange:
    before = old or Subscriber(person, subscriber.PENDING, 0, stamp(now))
    after = subscriber.changed(
        before,
        stamp(now),
        status=subscriber.ACTIVE,
        email=before.email if before.status == subscriber.ACTIVE else entry.email,
        # What a subscriber chose since the last import is theirs.
        lang=before.lang if before.status == subscriber.ACTIVE else entry.lang,
        topics=before.topics or list(entry.topics) or consent_text.topics(),
        name=entry.name or before.name,
        basis=subscriber.EXPRESS if entry.expires_at() is None else subscriber.IMPLIED,
        expires_at=entry.expires_at(),
        asks=0,
        left_at=None,
    )
    proof = {
        "consent": after.basis,
        "method": "staff_import",
        "basis": entry.basis,
        "since": entry.since.isoformat(),
        "evidence": entry.evidence,
        "expires_at": after.expires_at,
        "by": by,
        "lang": entry.lang,
        "topics": after.topics,
    }
    return SubscriberChange("imported", after, [subscriber.consent(after, proof)])


def _rows(file: bytes) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield the number and the cells of each line of a CSV file in UTF-8, with commas or
    semicolons."""
    try:
        yield from _lines(file)
    except csv.Error as error:
        raise ImportRefused(f"the file cannot be read as CSV: {error}") from None


def _lines(file: bytes) -> Iterator[tuple[int, Mapping[str, str]]]:
    if len(file) > MAX_FILE_BYTES:
        raise ImportRefused(f"the file has more than {MAX_FILE_BYTES // 1_000_000} MB")
    try:
        text = file.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ImportRefused("the file is not in UTF-8") from None
    head = text.partition("\n")[0]
    reader = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ","
    )
    names = [(name or "").strip().lower() for name in reader.fieldnames or []]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise ImportRefused(f"the first line names no column {', '.join(missing)}")
    reader.fieldnames = names
    for row in reader:
        yield (
            reader.line_num,
            {k: tidy(csv_value(v or "")) for k, v in row.items() if isinstance(k, str)},
        )


def _entry(row: Mapping[str, str]) -> Entry:
    topics = tuple(row.get("topics", "").split())
    if unknown := set(topics) - set(consent_text.topics()):
        raise LineRefused(f"no such topic: {', '.join(sorted(unknown))}")
    if row["lang"] not in LANGS:
        raise LineRefused("lang must be fr or en")
    if row["basis"] not in _bases():
        raise LineRefused(f"basis must be one of {', '.join(_bases())}")
    if len(row["evidence"]) < 10:
        raise LineRefused("evidence must say where the proof is kept")
    return Entry(
        email=_read(field_types.email, row["email"], "email is not an address"),
        lang=lang_or(row["lang"], "fr"),
        basis=row["basis"],
        since=date.fromisoformat(
            _read(field_types.day, row["since"], "since must be a date, YYYY-MM-DD")
        ),
        evidence=row["evidence"][:1000],
        name=_name(row["name"]) if row.get("name") else None,
        topics=topics,
    )


def _name(text: str) -> str:
    """Return a first name as the form takes one."""
    if len(text) > NAME_MAX_LENGTH:
        raise LineRefused(f"name must have {NAME_MAX_LENGTH} characters at most")
    return _read(field_types.name, text, "name must be a name, on one line")


def _read(kind: Callable[[str], str], text: str, otherwise: str) -> str:
    try:
        return kind(text)
    except PydanticCustomError:
        raise LineRefused(otherwise) from None


def _bases() -> dict[str, int | None]:
    """Return how many months each basis carries an implied consent; None for an express one."""
    return {basis["id"]: basis["months"] for basis in content.newsletter()["bases"]}


def _later(day: date, months: int) -> date:
    """Return the same day some months on, or the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
