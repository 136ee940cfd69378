"""What a list of readers comes to whose import is killed again and again."""

import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Final

from chalicelib.core.ports import Write

DEATHS: Final = 20


class Killed(BaseException):
    """The process is gone."""


def killed_imports(rows: int, seed: int = 1) -> list[str]:
    """Import a list that dies at twenty random writes, before or after them, and is run again each
    time; return what became of it, in words. Raises AssertionError for anybody lost or doubled."""
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))
    from chalicelib.aws.keys import Keys
    from chalicelib.core.settings import read
    from chalicelib.services import Services
    from clock_steps import QuickStore
    from environment import ENVIRONMENT
    from fakes import MemoryMailer, MemorySuppression, SetClock

    luck, store, clock = Random(seed), QuickStore(), SetClock()
    keys = Keys(links=("a" * 64,), people=b"p" * 32)
    people = [f"reader{number}@example.org" for number in range(rows)]
    lines = [f"{email},fr,member,2026-01-05,Register 2026" for email in people]
    file = "\n".join(["email,lang,basis,since,evidence", *lines]).encode()
    left = [0]
    plain = store.commit

    def commit(writes: Sequence[Write]) -> None:
        left[0] -= 1
        if left[0] == 0 and luck.random() < 0.5:
            raise Killed
        try:
            plain(writes)
        finally:
            store.commits.clear()
        if left[0] == 0:
            raise Killed

    store.commit = commit  # type: ignore[method-assign]
    told: list[str] = []
    began = time.process_time()
    for turn in range(DEATHS + 1):
        services = Services(
            read(ENVIRONMENT), store, keys, MemoryMailer(), clock, MemorySuppression()
        )
        left[0] = luck.randint(1, rows // DEATHS) if turn < DEATHS else 0
        outcomes: Counter[str] = Counter()
        line = 1
        try:
            for one in services.subscribers.imports.run(file, by="rita", write=True):
                outcomes[one.outcome] += 1
                line = one.line
        except Killed:
            told.append(f"  killed after line {line:,}: {dict(outcomes)}")
    told.append(f"  the last run: {dict(outcomes)}, {time.process_time() - began:.0f} s in all")
    consents = Counter(row["pk"] for row in store.kinds("consent"))
    assert len(consents) == rows, f"{len(consents)} of {rows} have a consent"
    assert set(consents.values()) == {1}, "a consent twice"
    assert sum(outcomes.values()) == rows
    return told
