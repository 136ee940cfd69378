"""Run the benches one after the other, and write docs/performance.md: `make bench`, a quarter of an hour.

Each prints its own; what is kept here is on one machine, in one run.
"""

import platform
import re
import subprocess
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from bench.frameworks import python

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs" / "performance.md"

BEGIN, END = "<!-- by make bench -->", "<!-- end -->"

LONGEST_S: Final = 900


class Bench(NamedTuple):
    title: str
    words: str
    why: str


BENCHES: Final = (
    Bench("A form, and its floor", "bench.post", "One POST of a whole declaration through the handler, with AWS canned after signing."),
    Bench("The least form elsewhere", "bench.frameworks", "Two fields and one transaction: what a framework costs before it does anything."),
    Bench("The same form in a CMS", "bench.cms", "A form page of Wagtail with the fields and answers of the declaration, stored in SQLite in memory, without rules between fields, limits, files or letters."),
    Bench("The search, and other engines", "bench.search --rows 100 1000 --queries 100", "The same directory and queries in each."),
    Bench("States", "bench.states", "Our table of states beside python-statemachine."),
    Bench("An edit of a coach", "bench.editions 100 1000", "A directory is stored whole."),
    Bench("A list as a sheet", "bench.export 10000", "Of 152 columns."),
    Bench("The worst requests", "bench.worst --few", "The most work that a request of a kind can cost."),
    Bench("An issue, and django-newsletter", "bench.newsletter hand bulks letters --readers 2000", "Through boto3 to a stub of AWS, by the clock on the wall."),
)  # fmt: skip


def main() -> None:
    parts = [f"{datetime.now(UTC):%Y-%m-%d}, {machine()}, Python {platform.python_version()}."]
    for bench in BENCHES:
        began = time.monotonic()
        said = run(bench)
        print(f"{bench.title}: {time.monotonic() - began:.0f} s", flush=True)
        parts.append(f"### {bench.title}\n\n{bench.why} `python -m {bench.words}`\n\n{said}")
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    text = "\n\n".join([before + BEGIN, *parts, END])
    PAGE.write_text(text + after, "utf-8")


def run(bench: Bench) -> str:
    """Return what a bench prints, tables as they are and all else as it stands."""
    module, *given = bench.words.split()
    try:
        done = subprocess.run(
            [str(python()), "-m", module, *given],
            cwd=ROOT, capture_output=True, text=True, timeout=LONGEST_S,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"Not measured: it took longer than {LONGEST_S // 60} minutes here."
    if done.returncode:
        last = done.stderr.strip().splitlines() or ["it says nothing"]
        return f"Not measured: {last[-1]}"
    lines = [line.rstrip() for line in done.stdout.splitlines() if not line.startswith("{")]
    return _shown(lines)


def _shown(lines: list[str]) -> str:
    found: list[str] = []
    plain: list[str] = []
    for before, line in pairwise(["", *lines, "|"]):
        if not line:
            continue
        if line.startswith("|"):
            if plain:
                found.append("\n```\n" + "\n".join(plain) + "\n```\n")
                plain = []
            if not before:
                found.append("")
            found.append(line)
        else:
            if found and found[-1].startswith("|"):
                found.append("")
            plain.append(line)
    return "\n".join(found[:-1]).strip()


def machine() -> str:
    """Say on what it was measured."""
    about = Path("/proc/cpuinfo").read_text("utf-8") if Path("/proc/cpuinfo").exists() else ""
    model = re.search(r"model name\s*: (.+)", about)
    return f"{model[1] if model else platform.processor()}, {about.count('processor')} cores"


if __name__ == "__main__":
    main()
