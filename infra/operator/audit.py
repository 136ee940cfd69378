"""`relais audit …`, and `make verify`: whether all events are as they were written."""

import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import IO, Any, Final

import typer

from chalicelib.aws.anchors import anchor_key
from chalicelib.cases.anchors import AnchoredChain, BadAnchor, anchored, read
from chalicelib.cases.audit import HEADS, BrokenChain, broken, chain_of
from chalicelib.core.ports import Item, Store
from infra.operator.commands import Commands
from infra.operator.errors import OperatorError
from infra.operator.session import Session, bar, session_of

LOCKED: Final = timedelta(days=400)
"""How long the bucket of the stack keeps an anchor, whoever wants it gone."""

commands = Commands("Check the events of files and issues.")


@commands.add("verify")
def verify_(context: typer.Context) -> None:
    """Check that all events are as they were written and anchored, and name each that is not."""
    session = session_of(context)
    operator = session.operator
    with closing(AnchoredChains.load(session)) as anchors, bar("Chains") as shown:
        partitions = operator.tables.partitions(tuple(HEADS))
        count, faults = verify(operator.store, partitions, anchors, shown.show)
        faults += anchors.faults
        last = anchors.last
    if session.as_json:
        session.list_rows(
            [{"chains": count, "anchored_last": last, "broken": list(map(str, faults))}]
        )
    for fault in () if session.as_json else faults:
        typer.echo(f"broken  {fault}", err=True)
    if faults:
        raise OperatorError(f"{len(faults)} of {count} chains are broken, first {faults[0]}")
    if session.as_json:
        return
    when = f"anchored last {last}" if last else "never anchored yet"
    session.say(f"Whole: {count} chain{'' if count == 1 else 's'}, {when}")


def verify(
    store: Store,
    partitions: Iterable[str],
    anchors: "AnchoredChains | None" = None,
    progress: Callable[[int], None] = lambda count: None,
) -> tuple[int, list[BrokenChain]]:
    """Return how many chains there are, and the first fault of each that does not hold, by itself
    or against what was anchored; last those that were anchored and are there no longer."""
    faults: list[BrokenChain] = []
    count = 0
    for count, pk in enumerate(partitions, 1):
        head, events = chain_of(store, pk)
        fault = broken(pk, head, events)
        if anchors is not None:
            fault = fault or anchors.differing(pk, head, events)
        if fault is not None:
            faults.append(fault)
        progress(count)
    return count, faults + (list(anchors.gone()) if anchors is not None else [])


@dataclass(frozen=True)
class AnchorFault:
    """An anchor that is not as it was written."""

    name: str
    why: str

    def __str__(self) -> str:
        return f"anchor {self.name}: {self.why}"


class AnchoredChains:
    """All that was ever anchored, in a file of its own: however many chains and days there are,
    little of it is in memory."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._file = tempfile.NamedTemporaryFile(suffix=".sqlite")  # noqa: SIM115
        self._rows = sqlite3.connect(self._file.name, isolation_level=None)
        self._rows.executescript(
            "PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY;"
            "CREATE TABLE anchored (chain TEXT, events INTEGER, head TEXT, row TEXT, day TEXT,"
            " PRIMARY KEY (chain, events, head, row)) WITHOUT ROWID;"
            "CREATE TABLE met (chain TEXT PRIMARY KEY) WITHOUT ROWID;"
        )
        self.faults: list[Any] = []
        self.last = ""

    @classmethod
    def load(cls, session: Session) -> "AnchoredChains":
        """Read every anchor of a stage, the oldest first; what replaced one is a fault."""
        operator = session.operator
        settings = operator.settings
        found = cls(anchor_key(operator.client("secretsmanager"), settings.anchor_secret))
        bucket = _Bucket(operator.client("s3"), settings.anchor_bucket)
        kept_from = f"{operator.now() - LOCKED:%Y-%m-%d}"
        for name, versions in bucket.anchors():
            if name < kept_from:
                continue  # Its lock is over: it may go.
            if len(versions) > 1 or not versions[0]:
                found.faults.append(AnchorFault(name, "deleted or written again"))
            with bucket.body(name, next(filter(None, reversed(versions)), "")) as body:
                found.add(name, body)
        return found

    def add(self, name: str, body: IO[bytes]) -> None:
        """Add the chains of one anchor, all or none."""
        day = name[:10]
        self._rows.execute("BEGIN")
        try:
            self._rows.executemany(
                "INSERT OR IGNORE INTO anchored VALUES (:chain, :events, :head, :row, :day)",
                ({**chain, "day": day} for chain in read(body, self._key)),
            )
        except (BadAnchor, ValueError, KeyError) as error:
            self._rows.execute("ROLLBACK")
            self.faults.append(AnchorFault(name, str(error)))
        else:
            self._rows.execute("COMMIT")
            self.last = day

    def differing(self, pk: str, head: Item | None, events: list[Item]) -> BrokenChain | None:
        """Return the first event at which a chain is not what was anchored."""
        self._rows.execute("INSERT OR IGNORE INTO met VALUES (?)", (pk,))
        now: AnchoredChain | None = None if head is None else anchored(head, self._key)
        owner = pk.partition("#")[2]
        query = "SELECT events, head, row, day FROM anchored WHERE chain = ? ORDER BY day, events"
        for number, hash_, row, day in self._rows.execute(query, (pk,)):
            if number > len(events):
                return BrokenChain(owner, len(events) + 1, "cut", day)
            if events[number - 1]["hash"] != hash_:
                return BrokenChain(owner, number, "rewritten", day)
            if now is not None and now["events"] == number and now["row"] != row:
                return BrokenChain(owner, number, "edited", day)
        return None

    def gone(self) -> Iterator[BrokenChain]:
        """Yield the chains that were anchored, and were not met since."""
        query = (
            "SELECT chain, max(events), max(day) FROM anchored"
            " WHERE chain NOT IN (SELECT chain FROM met) GROUP BY chain"
        )
        for chain, events, day in self._rows.execute(query):
            yield BrokenChain(chain.partition("#")[2], events, "gone", day)

    def close(self) -> None:
        self._rows.close()
        self._file.close()


@dataclass(frozen=True)
class _Bucket:
    client: Any
    name: str

    def anchors(self) -> Iterator[tuple[str, list[str]]]:
        """Yield the name of each anchor, in order of time, with its versions, the newest first;
        a blank stands for its deletion."""
        pages = self.client.get_paginator("list_object_versions").paginate(Bucket=self.name)
        name = ""
        versions: list[str] = []
        for page in pages:
            for at, version in sorted(_versions(page)):
                if at[0] != name and name:
                    yield name, versions
                    versions = []
                name = at[0]
                versions.append(version)
        if name:
            yield name, versions

    def body(self, name: str, version: str) -> IO[bytes]:
        spool: IO[bytes] = tempfile.SpooledTemporaryFile(8_000_000)  # noqa: SIM115
        if version:
            extra = {"VersionId": version} if version != "null" else {}
            self.client.download_fileobj(self.name, name, spool, ExtraArgs=extra)
            spool.seek(0)
        return spool


def _versions(page: dict[str, Any]) -> Iterator[tuple[tuple[str, float], str]]:
    """Yield ((name, how new), version) of each version and deletion that a page lists."""
    for kind in ("Versions", "DeleteMarkers"):
        for one in page.get(kind, []):
            version = one["VersionId"] if kind == "Versions" else ""
            yield (one["Key"], -one["LastModified"].timestamp()), version
