"""The pages of the desk at a hundred thousand files: `python -m bench.desk [FILES]`.

Each page is asked for by whoever is signed in, of a store in memory. What is printed is how often a
page asks the store, which must not grow with the files, and how long the handler takes beside that,
in milliseconds and as a ratio to the page of one's own session, which reads hardly anything.
"""

import argparse
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

from chalice.test import Client

import app as application
from chalicelib.aws.keys import Keys
from chalicelib.cases.case import Case
from chalicelib.cases.figures import counted
from chalicelib.cases.file_index import index_writes
from chalicelib.cases.milestones import Passed
from chalicelib.coaches.directory import sheets
from chalicelib.core.ports import Change, Item, Key, Put
from chalicelib.core.settings import read
from chalicelib.forms.cells import read_cells
from chalicelib.services import Services
from clock_steps import QuickStore
from environment import ENVIRONMENT, RITA, SAM
from fakes import MemoryMailer, SetClock
from journey import Journey
from sample_coaches import SAMPLE
from staff_browser import StaffBrowser
from visitor import Visitor

ME: Final = "rita.roy@example.org"
FLOOR: Final = "/desk/account"
PAGES: Final = (
    "/desk/files?tab=to_decide", "/desk/files?tab=closed&language=en",
    "/desk/files?tab=to_decide&whose=mine&province=QC", "/desk/files?tab=closed&late=1",
    "/desk/files?q=maison", "/desk/export?tab=closed", "/desk/programme", "/desk/log",
    "/desk/figures", "/desk/coaches", "/desk/coaches?q=trem&order=verified",
)  # fmt: skip
STATES: Final = ("EOI_PENDING", "EOI_INFO_REQUESTED", "EOI_APPROVED", "EOI_DECLINED", "APP_PENDING")
COACHES: Final = 1_000
TURNS: Final = 7


class Timed:
    """A store that counts its calls, and keeps their time apart."""

    def __init__(self, store: QuickStore) -> None:
        self._store = store
        self.calls = 0
        self.seconds = 0.0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        if not callable(method):
            return method

        def call(*given: Any, **named: Any) -> Any:
            self.calls += 1
            began = time.perf_counter()
            found = method(*given, **named)
            found = iter(list(found)) if isinstance(found, Iterator) else found
            self.seconds += time.perf_counter() - began
            return found

        return call


def crowd(case: Case, files: int) -> Iterator[Item]:
    """Yield the rows of the index and of the figures that so many files make up."""
    rows: dict[Key, Item] = {}
    first = date(2023, 4, 1)
    for one in range(files):
        came = first + timedelta(days=one % 1_060)
        at = f"{came}T10:00:00.{one % 1000:03d}Z"
        other = replace(
            case, id=f"2026-X{one:07d}", state=STATES[one % len(STATES)], org=f"Maison {one}",
            submitted_at=at, lang=("fr", "en")[one % 2], owner=("rita-roy", "sam-lee", None)[one % 3],
        )  # fmt: skip
        for write in index_writes(None, other):
            if isinstance(write, Change):
                row = rows.setdefault(write.key, {"pk": write.key[0], "sk": write.key[1]})
                row.update({k: v for k, v in write.set.items() if v is not None})
                _add(row, write.add)
        for key, counts in counted(other.key[0], _passed(came, one)).items():
            row = rows.setdefault(key, {"pk": key[0], "sk": key[1], "kind": "figures"})
            _add(row, counts)
    yield from rows.values()


def _passed(came: date, one: int) -> Passed:
    decided = str(came + timedelta(days=one % 45))
    provinces = ("QC", "ON", "BC", "AB", "NS", "NB", "MB", "SK")
    return {
        "days": {"received": str(came), "proved": str(came), "decided": decided,
                 "invited": decided, "ended": decided},
        "of": {"lang": ("fr", "en")[one % 2], "province": provinces[one % 8], "stream": "x"},
        "end": "declined",
        "reasons": ["not_ci"],
    }  # fmt: skip


def _add(row: Item, counts: Any) -> None:
    for name, step in counts.items():
        row[name] = row.get(name, 0) + step


def directory(service: Services) -> None:
    sample = sheets.parse(read_cells("coaches.csv", SAMPLE.read_bytes())).coaches
    many = [
        sample[n % len(sample)].model_copy(update={"slug": f"coach-{n}"}) for n in range(COACHES)
    ]
    service.coaches.editions.publish(many, by="bench", why="bench", after=None)


def signed_in(store: Timed, kept: QuickStore) -> tuple[StaffBrowser, Callable[[int], None]]:
    mailer, clock = MemoryMailer(), SetClock()
    keys = Keys(links=("a" * 64,), people=b"p" * 32)
    given: Any = store
    service = Services(read(ENVIRONMENT), given, keys, mailer, clock)
    for name, value in (("services", service), ("settings", service.settings)):
        setattr(application, name, lambda found=value: found)
    way = Journey(Visitor(Client(application.app)), service, kept, mailer, clock, lambda _: None)
    case = way.declare()
    browser = StaffBrowser(way.visitor)
    browser.sign_in(ME, mailer, way.deliver)
    (session,) = kept.kinds("session")
    confirmed = {"confirmed_until": "2027"}
    kept.commit([Change((session["pk"], session["sk"]), set=confirmed)])
    directory(service)

    def grow(files: int) -> None:
        for row in crowd(case, files):
            kept.put(row)

    return browser, grow


def measured(browser: StaffBrowser, store: Timed, path: str) -> tuple[int, float]:
    """Return how often a page asks the store, and the milliseconds beside it."""
    browser.get(path)
    found: list[float] = []
    for _ in range(TURNS):
        store.calls, store.seconds = 0, 0.0
        began = time.perf_counter()
        assert browser.get(path).status_code == 200, path
        found.append((time.perf_counter() - began - store.seconds) * 1_000)
    return store.calls, statistics.median(found)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="?", type=int, default=100_000)
    files = parser.parse_args().files
    kept = QuickStore()
    roles = ["officer", "manager", "administrator"]
    kept.commit([Put({**RITA, "roles": roles}), Put({**SAM})])
    store = Timed(kept)
    browser, grow = signed_in(store, kept)
    grow(200)
    few = {path: measured(browser, store, path)[0] for path in PAGES}
    grow(files)
    _, floor = measured(browser, store, FLOOR)
    rows = Counter(row.get("kind") for row in kept.items.values())
    print(f"{files} files, {rows['figures']} rows of figures, {COACHES} coaches; "
          f"{FLOOR}: {floor:.1f} ms")  # fmt: skip
    print(f"{'page':52}{'calls':>7}{'of 200':>8}{'ms':>8}{'ratio':>7}")
    for path in PAGES:
        calls, ms = measured(browser, store, path)
        print(f"{path:52}{calls:7}{few[path]:8}{ms:8.1f}{ms / floor:7.1f}")


if __name__ == "__main__":
    main()
