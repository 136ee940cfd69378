"""Anchors: once a day, what every chain ends with, kept where nothing that writes events can write.

An anchor is a gzipped file of JSON lines: a head (`stage`, `at`), one line a chain (`chain`,
`events`, `head`, `row`, a keyed hash of its case or issue), and a seal (`count`, `mac`, over all
lines before it). It names nobody.
"""

import gzip
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, Protocol, TypedDict

from chalicelib.cases.audit import protected
from chalicelib.core.json_text import canonical
from chalicelib.core.ports import Item, Now
from chalicelib.core.records import stamp


class AnchoredChain(TypedDict):
    """A chain as it was: the number of its events, the hash of the last one, and a keyed hash
    of the row that holds its head."""

    chain: str
    events: int
    head: str
    row: str


class BadAnchor(Exception):
    """An anchor that is not as it was written, and why."""


class AnchorBucket(Protocol):
    def put(self, name: str, body: IO[bytes]) -> None:
        """Keep a new object; none is ever changed or deleted."""


class Heads(Protocol):
    def heads(self) -> Iterator[Item]:
        """Yield the row of each case and of each issue, in no order."""


@dataclass(frozen=True)
class AnchorWriter:
    """Writes the anchor of the day from the heads of all chains."""

    heads: Heads
    bucket: AnchorBucket
    key: bytes
    stage: str
    now: Now

    def write(self, body: IO[bytes]) -> int:
        """Write the anchor into `body`, keep it, and return how many chains it holds."""
        at = stamp(self.now())
        mac = hmac.new(self.key, digestmod="sha256")
        count = 0
        with gzip.GzipFile(fileobj=body, mode="wb", mtime=0) as packed:

            def add(values: object) -> None:
                line = _line(values)
                mac.update(line)
                packed.write(line)

            add({"stage": self.stage, "at": at})
            for row in self.heads.heads():
                add(anchored(row, self.key))
                count += 1
            packed.write(_line({"count": count, "mac": mac.hexdigest()}))
        body.seek(0)
        self.bucket.put(f"{at.replace(':', '')}.jsonl.gz", body)
        return count


def anchored(row: Item, key: bytes) -> AnchoredChain:
    """Return what an anchor keeps of a chain, from the row that holds its head."""
    digest = hmac.digest(key, _line(protected(row)), "sha256").hex()
    return {"chain": row["pk"], "events": row["events"], "head": row["head"], "row": digest}


def read(body: IO[bytes], key: bytes) -> Iterator[AnchoredChain]:
    """Yield the chains of an anchor. Raises BadAnchor at its end when its seal is not ours: what
    was yielded until then is worth nothing."""
    mac = hmac.new(key, digestmod="sha256")
    lines = _lines(body)
    mac.update(next(lines, b""))
    line = next(lines, None)
    for following in lines:
        assert line is not None
        mac.update(line)
        found: AnchoredChain = json.loads(line)
        yield found
        line = following
    seal: dict[str, Any] = json.loads(line) if line else {}
    if not hmac.compare_digest(str(seal.get("mac")), mac.hexdigest()):
        raise BadAnchor("its seal is not ours")


def _lines(body: IO[bytes]) -> Iterator[bytes]:
    try:
        yield from gzip.GzipFile(fileobj=body, mode="rb")
    except (OSError, EOFError) as error:
        raise BadAnchor("it cannot be read") from error


def _line(values: object) -> bytes:
    text = canonical(values)
    return text.encode() + b"\n"
