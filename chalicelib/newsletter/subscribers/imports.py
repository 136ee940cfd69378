"""Imports a list that staff bring: all of its rows, or none when one is wrong."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core import eastern_time
from chalicelib.core.languages import Lang
from chalicelib.core.links import person_key
from chalicelib.core.records import stamp
from chalicelib.newsletter.subscribers import consent_text, import_sheet, subscriber
from chalicelib.newsletter.subscribers.import_sheet import ImportEntry, Problems, RowRefused
from chalicelib.newsletter.subscribers.repository import SubscriberChange, SubscriberRepository
from chalicelib.newsletter.subscribers.subscriber import Subscriber


@dataclass(frozen=True)
class Imported:
    """What became of one row: `imported`, `known`, `refused` and `why`, or `kept_back` because
    another row is wrong.

    `problems` are the columns of a wrong row and what is wrong there; a row without any is right,
    and its owner out.
    """

    line: int
    outcome: str
    why: str = ""
    problems: tuple[tuple[str, str], ...] = ()


class Imports:
    def __init__(self, repository: SubscriberRepository, people_key: bytes) -> None:
        self._repository = repository
        self._key = people_key

    def run(
        self, file: bytes, *, by: str, write: bool, lang: Lang = "en", first: int = 0
    ) -> Iterator[Imported]:
        """Yield each row with what becomes of it, from the `first` on; nothing is stored
        unless `write`, and nothing at all when one row is wrong. What was stored before a death
        is known the next time.

        Raises import_sheet.ImportRefused when the file itself cannot be read.
        """
        rows = self._read(file, lang)
        wrong = any(isinstance(found, list) for _, found in rows)
        for number, found in rows[first:]:
            if isinstance(found, list):
                problems = tuple((one.column, _why(one, lang)) for one in found)
                why = "; ".join(text for _, text in problems)
                yield Imported(number, "refused", why, problems)
            elif wrong and write:
                yield Imported(number, "kept_back")
            else:
                yield self._one(number, *found, by, write=write, lang=lang)

    def _one(  # noqa: PLR0913
        self, number: int, entry: ImportEntry, person: str, by: str, *, write: bool, lang: Lang
    ) -> Imported:
        try:
            return Imported(number, self._admit(person, entry, by, write=write))
        except RowRefused as refused:
            return Imported(number, "refused", _why(refused, lang))

    def _read(
        self, file: bytes, lang: Lang
    ) -> list[tuple[int, tuple[ImportEntry, str] | Problems]]:
        """Return each row with its entry and person, or with what is wrong; all of them, before
        any is stored."""
        seen: dict[str, int] = {}
        today = eastern_time.today(self._repository.now())
        found: list[tuple[int, tuple[ImportEntry, str] | Problems]] = []
        for number, row in import_sheet.rows_of(file, lang):
            entry = row if isinstance(row, list) else import_sheet.entry_of(row, today, lang)
            if isinstance(entry, list):
                found.append((number, entry))
                continue
            person = person_key(entry.email, self._key)
            first = seen.setdefault(person, number)
            same = [RowRefused("same", "email", row=first)]
            found.append((number, same if first != number else (entry, person)))
        return found

    def _admit(self, person: str, entry: ImportEntry, by: str, *, write: bool) -> str:
        def decide(old: Subscriber | None, now: datetime) -> SubscriberChange:
            if old is not None and old.status in _NEVER:
                raise RowRefused(old.status)
            expires_at = entry.expires_at()
            if (
                old is not None
                and old.status == subscriber.ACTIVE
                and not _renewed(old, expires_at)
            ):
                return SubscriberChange("known")
            if expires_at is not None and expires_at <= stamp(now):
                raise RowRefused("ended", day=expires_at[:10])
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


_NEVER = (
    subscriber.UNSUBSCRIBED,
    subscriber.COMPLAINED,
    subscriber.BOUNCED,
    subscriber.ERASED,
)


def _why(refused: RowRefused, lang: Lang) -> str:
    return import_sheet.words(refused.code, lang, **refused.facts)


def _admitted(
    old: Subscriber | None, person: str, entry: ImportEntry, by: str, now: datetime
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
