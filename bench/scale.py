"""What fills up first as more people come: `python -m bench.scale` writes the figures and the plots
of docs/scale.md, from the app itself over moto and from the limits that AWS names.
"""

import logging
import os
import re
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Final, NamedTuple

from bench.journeys import ROOT, decision, declaration, stage
from bench.support.plot import Axis, Line, plot
from infra.costs import WAIT_MS, WHOLE_CPU_MB, journeys
from infra.run_file import use_root_key

DOCS: Final = ROOT / "docs"

TODAY_AN_HOUR: Final = 60
"""Declarations in a busy hour of today, each decided, with two assessments and twenty searches."""

BEGIN, END = "<!-- by bench.scale -->", "<!-- end -->"

SIZES: Final = (1, 10, 100, 1000)

FILES: Final = 12
"""So many declarations are counted: what all of them write to is what fills up."""

PARTITION_UNITS: Final = 1000
"""Write units that one partition of DynamoDB takes in a second."""

ONE_ROW_MS: Final = 12
"""How long a transaction holds a row: another one meets it, and is tried again."""

API_A_SECOND: Final = 100
"""The throttle of the template."""

FUNCTIONS_AT_ONCE: Final = 1000
"""What AWS lets an account run at a time by and by; ten, when it is new."""

STREAM_WORKERS: Final = 3
"""ParallelizationFactor of the template: so many batches of one shard at a time."""

SWEEP_S: Final = 40

SES_A_SECOND: Final = (14, 50, 500)


class Limit(NamedTuple):
    name: str
    share: float
    """Of it that is used at today's busy hour."""


def hot() -> Counter[str]:
    """Return the write units of one declaration and its decision that go to a partition which others
    write to too, by what the partition is."""
    with stage() as one:
        seen: dict[tuple[str, str], set[int]] = {}
        units: Counter[tuple[str, str]] = Counter()
        for number in range(FILES):
            one.meter.written.clear()
            # A network, an address and an organization of its own.
            address = f"{'abcdefghijkl'[number]}{number}@{number}.example.org"
            declaration(one, address)
            decision(one, address)
            for where, written in one.meter.written.items():
                seen.setdefault(where, set()).add(number)
                units[where] += written
    found: Counter[str] = Counter()
    for (table, key), written in units.items():
        if len(seen[table, key]) > 1:
            name = f"{table} {re.sub('#[0-9a-f]{32,}', '#…', key)}"
            found[name] = written / FILES  # type: ignore[assignment]
    return found


def due_share(found: Counter[str]) -> float:
    """Return the units of one file to one of the shards of the due index."""
    return sum(units for name, units in found.items() if "/due" in name) / 4


def milliseconds(name: str) -> float:
    """Return how long the functions of a journey run: CPU at 1,024 MB, and waits."""
    one = journeys()[name]
    waits = sum(WAIT_MS.get(what.partition(":")[0], 0) * n for what, n in one.items())
    return one.get("CPU milliseconds", 0) * WHOLE_CPU_MB / 1024 + waits


def limits(found: Counter[str]) -> list[Limit]:
    """Return what may fill up, and how much of it today's busy hour uses."""
    files_a_second = TODAY_AN_HOUR / 3600
    letters = journeys()["declaration"]["mails"] + journeys()["decision"]["mails"]
    requests = 1 + 2 + 2 + 20
    letter_ms = WAIT_MS["mail"] + 4 * WAIT_MS["dynamodb"] + 12
    one_row = max(units for name, units in found.items() if "FILECOUNT" in name) / 2
    unproved = 1
    busy_ms = milliseconds("declaration") + milliseconds("decision")
    busy_ms += 2 * milliseconds("assessment") + 20 * milliseconds("search")
    return [
        Limit("letters to new addresses, 200/h", TODAY_AN_HOUR * (unproved + 2) / 200),
        Limit("SES of a new account, 14/s", files_a_second * (letters + 2) / 14),
        Limit("throttle of the API, 100/s", files_a_second * requests / API_A_SECOND),
        Limit("row of counts, one by one", files_a_second * one_row * ONE_ROW_MS / 1000),
        Limit(
            "stream, 3 workers",
            files_a_second * letters * letter_ms / 1000 / STREAM_WORKERS,
        ),
        Limit("shard of the due index", files_a_second * due_share(found) / PARTITION_UNITS),
        Limit("1,000 functions at a time", files_a_second * busy_ms / 1000 / FUNCTIONS_AT_ONCE),
    ]


def sweep_rate(letters: int = 300) -> float:
    """Return the CPU milliseconds of one letter that the sweep sends, on rows in memory."""
    sys.path.append(str(ROOT / "tests" / "support"))
    import samples
    from chalicelib.aws.keys import Keys
    from chalicelib.cases.intake.submission import IncomingForm
    from chalicelib.core.ports import Put
    from chalicelib.core.settings import read
    from chalicelib.services import Services
    from clock_steps import QuickStore
    from environment import ENVIRONMENT, RITA
    from fakes import MemoryMailer, SetClock

    store, clock, mailer = QuickStore(), SetClock(), MemoryMailer()
    store.commit([Put({**RITA})])
    settings = read(
        {**ENVIRONMENT, "UNPROVED_LETTERS_PER_HOUR": "100000", "POSTS_PER_HOUR": "100000"}
    )
    service = Services(settings, store, Keys(links=("a" * 64,), people=b"p" * 32), mailer, clock)
    for number in range(letters):
        fields = samples.eoi(contact_email=f"a{number}@example.org")
        service.intake.receive(IncomingForm("eoi", fields, "fr"))
    clock.pass_(minutes=2)
    began = time.process_time()
    while "sent" in service.mail.outbox.sweep():
        pass
    return (time.process_time() - began) * 1000 / len(mailer.sent)


def hours_to_clear(owed: int, letter_s: float) -> float:
    """Return how long the sweep of each minute works until nothing is owed: one letter after the
    other, for 40 seconds."""
    return max(1.0, owed / (SWEEP_S / letter_s)) / 60


def lag(rate: float, minutes: int, capacity: float) -> list[tuple[float, float]]:
    """Return how late letters leave, by the minute, in an hour of so many letters a second and
    after it: the stream takes `capacity` a second."""
    queue, found = 0.0, []
    for minute in range(1, minutes + 1):
        queue = max(0.0, queue + ((rate if minute <= 60 else 0) - capacity) * 60)
        found.append((float(minute), queue / capacity))
    return found


def main() -> None:
    use_root_key(os.environ)
    logging.disable(logging.CRITICAL)
    found = hot()
    used = limits(found)
    letter_ms = sweep_rate()
    letter_s = (letter_ms * WHOLE_CPU_MB / 1024 + WAIT_MS["mail"] + 4 * WAIT_MS["dynamodb"]) / 1000
    _plots(used, letter_s)
    _table(found, used, letter_ms, letter_s)


def _table(found: Counter[str], used: list[Limit], letter_ms: float, letter_s: float) -> None:
    """Write the figures where docs/scale.md holds them."""
    rows = ["| limit | used in a busy hour of today | full at |", "|---|---|---|"]
    for one in sorted(used, key=lambda each: -each.share):
        rows.append(f"| {one.name} | {one.share:.3%} | {1 / one.share:,.0f} × |")
    names = [(name, units) for name, units in found.most_common() if "FIND#" not in name]
    shared = ", ".join(f"`{name}` {units:.1f}" for name, units in names[:8])
    rows.append(
        f"\nWrite units of one file, decided, to what other files write to as well: {shared}."
    )
    rows.append(
        f"\nA letter of the sweep takes {letter_ms:.1f} ms of CPU here, and {letter_s * 1000:.0f} ms "
        f"with its waits: {SWEEP_S / letter_s:,.0f} in a sweep, and a million in "
        f"{hours_to_clear(1_000_000, letter_s):.0f} hours; the stream, with three workers, takes "
        f"{STREAM_WORKERS / letter_s:.0f} a second, and a million in "
        f"{1_000_000 * letter_s / STREAM_WORKERS / 3600:.0f} hours."
    )
    page = DOCS / "scale.md"
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    text = "\n".join([before + BEGIN, *rows, END])
    page.write_text(text + after, "utf-8")


def _plots(used: list[Limit], letter_s: float) -> None:
    across = Axis("times a busy hour of today", 1, 1000, [(n, f"{n:,} ×") for n in SIZES])
    shares = [(1e-4, "0.01 %"), (0.01, "1 %"), (1, "full"), (100, "100 ×")]
    lines = [Line(one.name, [(n, one.share * n) for n in SIZES]) for one in used]
    title = "How much of each limit is used"
    _write("scale-limits", plot(title, across, Axis("", 1e-5, 1000, shares), lines))
    marks = [(10.0**n, f"{10**n:,}") for n in range(1, 7)]
    across = Axis("letters that are owed", 10, 1_000_000, marks)
    spans = [(1 / 60, "1 min"), (1, "1 h"), (24, "1 day"), (168, "1 week")]

    def clearing(a_second: float) -> list[tuple[float, float]]:
        return [(n, max(1 / 60, n / a_second / 3600)) for n, _ in marks]

    swept = [(n, hours_to_clear(int(n), letter_s)) for n, _ in marks]
    lines = [Line("the sweep, one by one", swept)]
    lines.append(Line("stream, 3 workers", clearing(STREAM_WORKERS / letter_s)))
    lines += [Line(f"SES alone, {rate} a second", clearing(rate)) for rate in SES_A_SECOND]
    title = "How long it takes to clear what is owed"
    _write("scale-sweep", plot(title, across, Axis("", 1 / 60, 1000, spans), lines))
    minutes = [(n, str(n)) for n in (1, 10, 60, 600)]
    across = Axis("minutes since a rush of an hour began", 1, 600, minutes)
    delays = [(1, "1 s"), (60, "1 min"), (600, "10 min"), (3600, "1 h"), (36_000, "10 h")]
    each_second, capacity = TODAY_AN_HOUR / 3600 * 5, STREAM_WORKERS / letter_s
    lines = [Line(f"{n:,} × today", lag(each_second * n, 600, capacity)) for n in (300, 500, 1000)]
    title = "How late letters leave by the stream (one shard)"
    _write("scale-stream", plot(title, across, Axis("", 1, 36_000, delays), lines))


def _write(name: str, text: str) -> None:
    Path(DOCS / f"{name}.svg").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
