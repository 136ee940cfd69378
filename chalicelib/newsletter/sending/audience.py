"""Freezes the audience of an issue: who gets it, once each, however often the freezing dies."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, Literal

from chalicelib.core.errors import Conflict
from chalicelib.core.languages import LANGS
from chalicelib.core.ports import Change, Item, Now, Put, Write
from chalicelib.core.records import moment, stamp
from chalicelib.newsletter.issue_counts import Readership, count
from chalicelib.newsletter.issues.issue import Issue, freeze_key
from chalicelib.newsletter.sending import counts
from chalicelib.newsletter.sending.keys import shard_row_key
from chalicelib.newsletter.sending.ledger import SHARD_SIZE, batches_of
from chalicelib.newsletter.sending.outcomes import unwanted
from chalicelib.newsletter.sending.ports import SubscriberStore
from chalicelib.newsletter.sending.recipients import missed
from chalicelib.newsletter.sending.unreached import MovedReaders
from chalicelib.newsletter.subscribers.subscriber import (
    AUDIENCE_BUCKETS,
    audiences,
    bucket_of,
    moves_key,
    person_of,
    profile_key,
)

FREEZE_TIMEOUT: Final = timedelta(minutes=2)
"""How long a worker is taken to be freezing. Two at once do no harm: see `_unit`."""

MIN_UNIT_PEOPLE: Final = 2 * SHARD_SIZE
"""How many people are frozen together, if there are so many: a small list is not cut into
crumbs."""

SHARD_READERSHIPS: Final = 30
"""Readerships in one shard, at most: each has a row of counts and a batch that is not full, and a
transaction takes a hundred writes."""

FreezeOutcome = Literal["frozen", "later", "taken"]


def wanting(
    store: SubscriberStore, partition: str, topics: Sequence[str], now: str
) -> Iterator[Item]:
    """Yield the rows of a partition of the audience whose owners get mail on these topics now.

    The count before an issue and the freeze at its start both read the audience by this rule.
    """
    return (row for row in store.audience(partition) if not unwanted(row, topics, now))


def reader_counts(store: SubscriberStore, topics: Sequence[str], now: datetime) -> dict[str, int]:
    """Return how many readers of each language an issue on these topics would get now."""
    at = stamp(now)
    return {
        lang: sum(1 for key in audiences(lang) for _ in wanting(store, key, topics, at))
        for lang in LANGS
    }


_Member = tuple[str, Readership]


class Audience:
    """The audience is read in units: some buckets of the index, the same ones in every language.

    A unit is read whole, less those of it that the ledger has already, and cut into shards.
    Each shard is one transaction, numbered without gaps. So whoever goes on after a death sees
    all that was frozen, and of two at once the second meets the first one's number.
    A bucket depends on the person alone, so that a change of language meanwhile doubles nobody.
    """

    def __init__(self, store: SubscriberStore, now: Now) -> None:
        self._store = store
        self._now = now

    def freeze(self, issue: Issue, until: datetime) -> FreezeOutcome:
        """Put the audience into the ledger, and return `frozen` when all is there; `later` when
        time is over; `taken` when another worker is at it."""
        row = self._begun(issue)
        if row.get("frozen_at"):
            return "frozen"
        if row.get("mine_until", "") > stamp(self._now()):
            return "taken"
        only = self._only(issue)
        for unit in range(row["next"], row["units"]):
            self._claim(issue, row)
            if not self._unit(issue, row, unit, only, until):
                self._store.commit([Change(freeze_key(issue.id), remove=("mine_until",))])
                return "later"
            row = {**row, "next": unit + 1}
        if not self._moved_meanwhile(issue, row, only):
            self._store.commit([Change(freeze_key(issue.id), remove=("mine_until",))])
            return "later"
        done = {"frozen_at": stamp(self._now()), "next": row["units"]}
        self._store.commit([Change(freeze_key(issue.id), set=done, remove=("mine_until",))])
        return "frozen"

    def _begun(self, issue: Issue) -> Item:
        key = freeze_key(issue.id)
        row = self._store.get(*key)
        if row is not None and "units" in row:
            return row
        first = len(list(self._members(issue, range(1), None)))
        # From the size of one bucket: how many make a unit that is worth its shards.
        wide = min(AUDIENCE_BUCKETS, max(1, MIN_UNIT_PEOPLE // max(first, 1)))
        units = {
            "units": -(-AUDIENCE_BUCKETS // wide),
            "wide": wide,
            "next": 0,
            "kind": "freeze",
            "began_at": stamp(self._now()),
        }
        try:
            self._store.commit([Change(key, absent=("units",), set=units)])
        except Conflict as met:
            return met.found[key]
        return {**units, **(row or {})}

    def _claim(self, issue: Issue, row: Item) -> None:
        mine = {"mine_until": stamp(self._now() + FREEZE_TIMEOUT), "next": row["next"]}
        self._store.commit([Change(freeze_key(issue.id), set=mine)])

    def _unit(
        self,
        issue: Issue,
        row: Item,
        unit: int,
        only: Collection[str] | None,
        until: datetime,
    ) -> bool:
        """Freeze a unit, and return whether it is in the ledger whole."""
        buckets = range(unit * row["wide"], min((unit + 1) * row["wide"], AUDIENCE_BUCKETS))
        while True:
            number, known = self._frozen(issue, unit)
            members = self._members(issue, buckets, only)
            waiting = [(p, readers) for p, readers in members if p not in known]
            try:
                for some in _shards_of(waiting):
                    if self._now() >= until:
                        return False
                    self._shard(issue, f"{unit:02d}-{number:04d}", some)
                    number += 1
            except Conflict:
                # Another worker froze this very number: see whom it has.
                continue
            return True

    def _moved_meanwhile(self, issue: Issue, row: Item, only: Collection[str] | None) -> bool:
        """Freeze those who moved while the audience was read: their old address may have been read
        too late, and the new one too early. Return whether all are in the ledger.

        Nothing is sent before this is done, so that nobody is there twice: an old address that was
        frozen is skipped.
        """
        began = str(row.get("began_at") or stamp(self._now()))
        day, today = moment(began).date(), self._now().date()
        while day <= today:
            for move in self._store.rows(moves_key(day.isoformat())):
                if move["sk"] >= began and not self._one(issue, row, move["person"], only):
                    return False
            day += timedelta(days=1)
        return True

    def _one(self, issue: Issue, row: Item, person: str, only: Collection[str] | None) -> bool:
        """Freeze one person who wants the issue and is not in the ledger; return whether that is
        settled."""
        profile = self._store.get(*profile_key(person))
        wanted = issue.segment.get("langs") or LANGS
        if unwanted(profile, issue.topics, stamp(self._now())) or profile is None:
            return True
        if profile["lang"] not in wanted or (only is not None and person not in only):
            return True
        unit = int(bucket_of(person)) // row["wide"]
        number, known = self._frozen(issue, unit)
        if person in known:
            return True
        try:
            self._shard(
                issue,
                f"{unit:02d}-{number:04d}",
                [(person, _readership(profile["lang"], profile, issue))],
            )
        except Conflict:
            return False
        return True

    def _frozen(self, issue: Issue, unit: int) -> tuple[int, set[str]]:
        """Return the next number of a shard of this unit, and who is in those before."""
        rows = self._store.rows(f"ISSUE#{issue.id}", f"SHARD#{unit:02d}-")
        shards = [row["sk"].partition("#")[2] for row in rows]
        read = [batch for s in shards for batch, _ in counts.read(self._store, issue.id, s)]
        return len(rows), {person for batch in read for person in batch.people}

    def _members(
        self, issue: Issue, buckets: range, only: Collection[str] | None
    ) -> Iterator[_Member]:
        """Yield those who want it, each person once."""
        wanted = issue.segment.get("langs") or LANGS
        now = stamp(self._now())
        for bucket in buckets:
            seen: set[str] = set()
            # The first one again: whoever changed to it meanwhile was in neither.
            for lang in (*LANGS, LANGS[0]):
                if lang not in wanted:
                    continue
                for row in wanting(self._store, f"{lang}#{bucket:02d}", issue.topics, now):
                    person = person_of(row["pk"])
                    if person not in seen and (only is None or person in only):
                        seen.add(person)
                        yield person, _readership(lang, row, issue)

    def _shard(self, issue: Issue, shard: str, members: Sequence[_Member]) -> None:
        people: dict[Readership, list[str]] = {}
        for person, readers in members:
            people.setdefault(readers, []).append(person)
        now = self._now()
        pk, sk = shard_row_key(issue.id, shard)
        row = {
            "pk": pk,
            "sk": sk,
            "kind": "shard",
            "status": counts.SHARD_OPEN,
            "people": len(members),
            "put_at": stamp(now),
        }
        queued: list[Write] = [
            count(issue.id, readers, shard, {"queued": len(some)})
            for readers, some in people.items()
        ]
        batches = [batch.row(now) for batch in batches_of(issue.id, shard, people)]
        self._store.commit([Put(row), *batches, *queued])

    def _only(self, issue: Issue) -> set[str] | None:
        """Return those whom an earlier issue did not reach, when this one is for them alone."""
        before = issue.segment.get("missed")
        if not before:
            return None
        moves = MovedReaders(self._store, before)
        profile = self._store.get
        return {
            moves.now(one.person, profile(*profile_key(one.person)))[0]
            for one in missed(self._store, before)
        }


def _readership(lang: str, row: Item, issue: Issue) -> Readership:
    """Return whom somebody is counted with: those who follow the same topics of the issue."""
    return _shared(lang, tuple(row.get("topics") or ()), tuple(issue.topics))


@lru_cache
def _shared(lang: str, followed: tuple[str, ...], topics: tuple[str, ...]) -> Readership:
    return Readership(lang, tuple(sorted(set(followed) & set(topics or followed))))


def _shards_of(members: list[_Member]) -> Iterator[list[_Member]]:
    """Cut people into shards, those of one readership next to each other."""
    shard: list[_Member] = []
    met: set[Readership] = set()
    for member in sorted(members, key=lambda one: (LANGS.index(one[1].lang), one[1].topics)):
        if len(shard) == SHARD_SIZE or len(met | {member[1]}) > SHARD_READERSHIPS:
            yield shard
            shard, met = [], set()
        shard.append(member)
        met.add(member[1])
    if shard:
        yield shard
