"""Measure the search beside other engines: python -m bench.search [--rows 100 1000 10000].

Times are of the processor, so that other work on the machine does not count.
"""

import argparse
import gc
import json
import resource
import subprocess
import sys
import tempfile
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from bench import typed
from bench.corpus import KINDS, Visit, coaches, visits
from bench.engines import ENGINES, Engine, Handler, Relais
from chalicelib.coaches.coach import Coach, public_profile
from chalicelib.coaches.directory.folding import fold_to_words
from chalicelib.coaches.directory.search import Directory
from chalicelib.coaches.directory.snapshot import build, filter_values, serialise

FIRST_RESULTS = 10
"""How many results count for the recall."""

LARGE = 100_000
"""From so many rows on, biographies are half as long."""


class Truth:
    """Which coaches a query should find, by looking at every row."""

    def __init__(self, rows: Sequence[Coach]) -> None:
        self.words: dict[str, set[str]] = defaultdict(set)
        self.values: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.everyone = {row.slug for row in rows}
        for coach in rows:
            row = public_profile(coach)
            text = " ".join(" ".join(Engine.texts(_Folding(), row)).split())
            for word in text.split():
                self.words[word].add(coach.slug)
            for filed in filter_values(row):
                self.values[filed].add(coach.slug)
        self.order = sorted(self.words)

    def relevant(self, visit: Visit) -> set[str]:
        found = set(self.everyone)
        for word in fold_to_words(" ".join(visit.meant)).split():
            found &= self._begun(word) if visit.begun else self.words.get(word, set())
        for name, values in visit.filters.items():
            found &= set().union(*(self.values[name, value] for value in values))
        return found

    def _begun(self, start: str) -> set[str]:
        first = bisect_left(self.order, start)
        last = bisect_left(self.order, f"{start}\U0010ffff")
        return set().union(*(self.words[word] for word in self.order[first:last]))


class _Folding(Engine):
    def __init__(self) -> None:
        pass

    def search(self, visit: Visit) -> Any:
        raise NotImplementedError


def memory() -> float:
    """Return the megabytes in use by this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def measure(name: str, count: int, queries: int) -> dict[str, Any]:
    rows = list(coaches(count, words=30 if count >= LARGE else 60))
    measured_visits = visits(rows, queries)
    gc.collect()
    before, began = memory(), time.process_time()
    engine = ENGINES[name](rows)
    built, used = time.process_time() - began, memory() - before
    if isinstance(engine, Relais | Handler):
        used = _loaded_memory(rows)
    gc.collect()
    gc.freeze()
    rested = memory()
    for visit in visits(rows, queries, seed=7):
        engine.search(visit)
    used += memory() - rested
    taken, pages = [], []
    for visit in measured_visits:
        start = time.process_time_ns()
        slugs, _ = engine.search(visit)
        taken.append((time.process_time_ns() - start) / 1e6)
        pages.append(slugs)
    return {
        "engine": name,
        "rows": count,
        "build": built,
        "memory": used,
        "p50": _rank(taken, 0.5),
        "p99": _rank(taken, 0.99),
        "recall": _recall(Truth(rows), measured_visits, pages),
    }


def _recall(
    truth: Truth, measured_visits: Sequence[Visit], pages: Sequence[Sequence[str]]
) -> dict[str, float]:
    """Return which share of the first ten that could be right is, by kind of query and in all."""
    shares: dict[str, list[float]] = defaultdict(list)
    for visit, slugs in zip(measured_visits, pages, strict=True):
        relevant = truth.relevant(visit)
        if relevant:
            right = len(relevant.intersection(slugs[:FIRST_RESULTS]))
            shares[visit.kind].append(right / min(FIRST_RESULTS, len(relevant)))
    every = [share for kind in shares.values() for share in kind]
    return {"all": fmean(every), **{kind: fmean(shares[kind]) for kind in KINDS if kind in shares}}


def _loaded_memory(rows: Sequence[Coach]) -> float:
    """Return the megabytes that a fresh process takes to hold the directory, without its build."""
    with tempfile.NamedTemporaryFile(suffix=".gz") as stored:
        stored.write(serialise(build(rows)))
        stored.flush()
        code = "import sys; from bench.search import load_alone; print(load_alone(sys.argv[1]))"
        done = subprocess.run(
            [sys.executable, "-c", code, stored.name], capture_output=True, text=True, check=True
        )
    return float(done.stdout)


def load_alone(path: str) -> float:
    stored = Path(path).read_bytes()
    before = memory()
    directory = Directory.load(stored)
    return memory() - before if directory.count else 0.0


def load_times(count: int) -> tuple[float, float, int]:
    """Return the cold load in milliseconds (best of five), the build in seconds, the bytes."""
    rows = list(coaches(count))
    began = time.process_time()
    stored = serialise(build(rows))
    built = time.process_time() - began
    best = float("inf")
    for _ in range(5):
        began = time.process_time()
        Directory.load(stored)
        best = min(best, time.process_time() - began)
    return best * 1e3, built, len(stored)


def _rank(taken: Sequence[float], share: float) -> float:
    return sorted(taken)[min(len(taken) - 1, int(len(taken) * share))]


def alone(name: str, count: int, queries: int) -> dict[str, Any]:
    """Measure one engine in a process of its own, so that memory is of it alone."""
    command = [sys.executable, "-m", "bench.search", "--one", name]
    command += ["--rows", str(count), "--queries", str(queries)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def table(measured: Sequence[dict[str, Any]]) -> str:
    lines = [
        "| rows | engine | p50 ms | p99 ms | build s | memory MB | recall @10 | "
        + " | ".join(KINDS[:-1]) + " |",
        "|---:|---|" + "---:|" * (5 + len(KINDS) - 1),
    ]  # fmt: skip
    for m in measured:
        kinds = " | ".join(f"{m['recall'].get(kind, 0):.2f}" for kind in KINDS[:-1])
        lines.append(
            f"| {m['rows']:,} | {m['engine']} | {m['p50']:.2f} | {m['p99']:.2f} | {m['build']:.2f} "
            f"| {m['memory']:.0f} | {m['recall']['all']:.3f} | {kinds} |"
        )
    return "\n".join(lines)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, nargs="+", default=[100, 1_000, 10_000])
    options.add_argument("--queries", type=int, default=1_000)
    options.add_argument("--one", choices=list(ENGINES), help="this engine alone, as JSON")
    given = options.parse_args()
    if given.one:
        print(json.dumps(measure(given.one, given.rows[0], given.queries)))
        return
    measured = []
    for count in given.rows:
        for name in ENGINES:
            queries = min(given.queries, 100 if name == "rapidfuzz" and count > 1_000 else 10**6)
            measured.append(alone(name, count, queries))
            print(table(measured[-1:]).splitlines()[-1], file=sys.stderr)
    print(table(measured))
    print()
    for count in (1_000, 10_000):
        load, built, size = load_times(count)
        print(
            f"{count:,} coaches: cold load {load:.0f} ms from {size / 1e3:,.0f} kB; "
            f"build and pack {built:.2f} s"
        )
    print()
    print(typed.table(typed.answers(typed.typed_queries(), typed.sample_directory())))


if __name__ == "__main__":
    main()
