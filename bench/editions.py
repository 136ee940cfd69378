"""Measure what one coach's own edit costs: `python -m bench.editions [COACHES…]`.

The edition is published whole, into a store in memory that counts what it is given.
"""

import argparse
import logging
import resource
import sys
import time
import warnings
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from bench.corpus import coaches
from chalicelib.coaches.editions import EditionStore
from chalicelib.coaches.upkeep import Upkeep
from chalicelib.core.links import Links
from chalicelib.core.ports import Put, Write

KEY: Final = b"k" * 32
WRITE_UNIT_BYTES: Final = 1024
WRITE_UNIT_PRICE: Final = 0.6875e-6
"""USD, on demand in ca-central-1."""


def measure(count: int) -> str:
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))
    from fakes import MemoryStore, SetClock

    sizes: list[int] = []

    def weigh(writes: Sequence[Write]) -> None:
        for write in writes:
            data = write.item.get("data", b"") if isinstance(write, Put) else b""
            sizes.append(len(data) or WRITE_UNIT_BYTES)

    store, clock = MemoryStore(), SetClock()
    editions = EditionStore(store, clock, KEY)
    rows = list(coaches(count))
    editions.publish(rows, by="bench", why="import", after=None)
    upkeep = Upkeep(store, editions, Links(["a" * 64], "", ""), clock, people_key=KEY)
    store.before = weigh
    began = time.process_time()
    upkeep.edit(rows[0].slug, {"last_verified_at": date(2026, 3, 2)}, by="bench", why="confirmed")
    spent = time.process_time() - began
    units = sum(-(-size // WRITE_UNIT_BYTES) for size in sizes)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"{count:>7,} coaches: {spent:.2f} s of CPU, {sum(sizes) / 1e6:.1f} MB in {len(sizes)} rows, "
        f"{units:,} write units (${units * WRITE_UNIT_PRICE:.5f}), {memory:.0f} MB resident at most"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("coaches", type=int, nargs="*", default=[100, 1000, 10_000])
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    for count in parser.parse_args().coaches:
        print(measure(count), flush=True)


if __name__ == "__main__":
    main()
