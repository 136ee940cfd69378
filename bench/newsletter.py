"""Measure the sending of issues:
`python -m bench.newsletter kills|weather|imports|paces|hand|bulks|letters|growth|all`.

`kills`, `weather`, `imports`, `paces` and `growth` run in virtual time, with one process and no AWS; `hand`, `bulks`
and `letters` through boto3 to a stub of AWS in a process of its own, by the clock on the wall.
"""

import argparse
import json
import logging
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from bench.frameworks import python
from bench.support.newsstand import Newsstand, texts
from bench.support.simulated import Weather
from infra.costs import price_of

PORT: Final = 19801
BAD: Final = Weather(
    kill=0.01, throttle=0.02, throttle_one=0.002, lose_answer=0.01, late=0.02, twice=0.02, pauses=6
)


def kills(runs: int, readers: int) -> None:
    print(
        f"\n{runs} runs of {readers} readers; 5 workers killed at random; SES throttles, loses "
        "answers, tells late or twice at random; staff pause and resume"
    )
    heads = ("run", "deaths", "throttled", "lost", "doubled", "in flight", "worst", "hours")
    print("  ".join(f"{h:>9}" for h in heads))
    sums: Counter[str] = Counter()
    worst = 0
    for seed in range(runs):
        found = Newsstand(readers, cap=500, rate=500, weather=BAD, seed=seed).send()
        told = (
            seed, found.kills, found.throttled, found.lost, found.doubled, found.flagged,
            found.at_once, f"{found.seconds / 3600:.2f}",
        )  # fmt: skip
        print("  ".join(f"{value:>9}" for value in told), flush=True)
        worst = max(worst, found.at_once)
        sums.update(
            deaths=found.kills, throttled=found.throttled, lost=found.lost, doubled=found.doubled,
            acknowledged=found.acknowledged_doubled, flagged=found.flagged,
        )  # fmt: skip
    print(
        f"all: {sums['deaths']} deaths, {sums['throttled']} throttled, {sums['lost']} lost, "
        f"{sums['doubled']} doubled ({sums['acknowledged']} of them acknowledged), "
        f"{sums['flagged']} in flight at a death and settled, at most {worst} for one worker"
    )


def weather(runs: int) -> None:
    """Run everything at once: people, staff, SES, deaths and two workers; a fault stops the runs."""
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))
    from newsletter_weather import Weather

    logging.disable(logging.CRITICAL)
    print(f"\n{runs} runs of an issue in random weather, seeds 0 to {runs - 1}")
    acts: Counter[str] = Counter()
    ends: Counter[str] = Counter()
    sums: Counter[str] = Counter()
    for seed in range(runs):
        try:
            found = Weather(seed).run()
        except AssertionError as wrong:
            raise SystemExit(f"seed {seed}: {wrong}") from wrong
        acts += found.acts
        ends[found.outcome] += 1
        sums.update(steps=found.steps, deaths=found.deaths, mails=found.mailed)
    print(f"  {', '.join(f'{number:,} {name}' for name, number in sums.items())}; {dict(ends)}")
    print(f"  {', '.join(f'{name} {number:,}' for name, number in acts.most_common())}")
    print("  figures right at every step; 0 lost, 0 doubled, 0 to whom nothing may be sent")


def imports(rows: int) -> None:
    from bench.imports import killed_imports

    print(f"\nA list of {rows:,} readers, killed at twenty random writes and run again each time")
    print("\n".join(killed_imports(rows)))
    print("  nothing lost, nothing double")


def paces(seconds: int) -> None:
    print(f"\nPaced, for some {seconds} virtual seconds; SES throttles above its cap")
    print("      cap  share  permitted   reached      %  throttled  lost")
    for share in (0.8, 1.0):
        for cap in (14, 50, 160, 500):
            permitted = cap * share
            stand = Newsstand(int(permitted * seconds), cap=cap, rate=cap, share=share)
            found = stand.send()
            times = stand.ses.times
            span = times[-1][0] - times[0][0]
            rate = sum(number for _, number in times[:-1]) / span
            print(
                f"{cap:>9}  {share:>5}  {permitted:>9.1f}  {rate:>8.1f}  {rate / permitted:>5.1%}"
                f"  {found.throttled:>9}  {found.lost:>4}",
                flush=True,
            )


@contextmanager
def cloud(readers: int, cap: float = 0, latency: float = 0, size: int = 25_000) -> Iterator[str]:
    command = [
        sys.executable,
        "-m",
        "bench.support.cloud",
        *map(str, (PORT, readers, cap, latency, size)),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"
        yield f"http://127.0.0.1:{PORT}"
    finally:
        process.terminate()
        process.wait()


def stats(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{url}/stats") as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def handed(url: str, threads: int = 2, share: float = 1.0) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bench.handing", url, str(threads), str(share)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def hand(readers: int, peers: int) -> None:
    with cloud(readers) as url:
        sender = handed(url)
        assert sender.stdout is not None
        cost, told = json.loads(sender.stdout.readline()), stats(url)
        out, _ = sender.communicate("again\n")
        floor = json.loads(out)["floor"]
    assert told["people"] == told["accepted"] == readers, told
    calls = sum(told["calls"].values()) + cost["queue_calls"]
    print(f"\nUnconstrained: {readers} personalised readers, two languages, 25 kB, one process")
    print(f"  frozen in {cost['freeze']:.1f} s ({told['shards']} shards)")
    print(f"  handed off in {told['seconds']:.1f} s: {readers / told['seconds']:.0f} a second")
    spent = cost["cpu"] / readers
    print(f"  {spent * 1e6:.0f} µs of CPU a reader, freezing and all: {spent / floor:.1f} times")
    print(f"  the {floor * 1e6:.0f} µs of the same requests, signed and sent with nothing between")
    print(f"  {cost['rss']:.0f} MB resident at most")
    print(f"  {calls / readers * 1000:.0f} AWS calls for 1,000 readers: {told['calls']}")
    peer = beside(peers)
    print(f"django-newsletter, {peer['seen']} readers to a local SMTP sink in the same run")
    print(f"  {peer['seen'] / peer['seconds']:.0f} a second")
    print(f"  {peer['cpu'] / peer['seen'] * 1e6:.0f} µs of CPU a reader, the sink's included")
    print(f"  {peer['rss']:.0f} MB resident at most")


def bulks(rounds: int) -> None:
    from bench.bulks import measure

    with cloud(50, latency=0.04) as url:
        found = measure(url, rounds)
    print("\nOne SendBulkEmail of 50 beside 50 SendEmail; 25 kB, SES takes 40 ms a call")
    for name, cost in found.items():
        print(
            f"  {name:>13}: {cost['cpu']:.0f} µs of CPU, {cost['wall']:.0f} µs and "
            f"{cost['calls']:.2f} calls a reader"
        )
    one, all_ = found["SendEmail"], found["SendBulkEmail"]
    print("  one by one costs " + ", ".join(f"{one[n] / all_[n]:.0f} × {n}" for n in all_))


def beside(readers: int) -> dict[str, Any]:
    """Measure what django-newsletter does with the same issue, in the environment of the benches."""
    with tempfile.TemporaryDirectory() as folder:
        issue = Path(folder) / "issue.json"
        parts = {lang: {"html": t.html, "text": t.text} for lang, t in texts(25_000).items()}
        issue.write_text(json.dumps(parts), "utf-8")
        # Without its own folder on the path: this very module is called like the peer's.
        command = [str(python()), "-P", "-W", "ignore", "bench/peer.py", str(readers), str(issue)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def letters(seconds: int) -> None:
    from bench.letters import measure

    cap = 100
    print(f"\nLetters about files, 5 a second; SES takes {cap} a second and 40 ms a call")
    with cloud(int(seconds * cap * 0.8) + 2000, cap=cap, latency=0.04) as url:
        without = measure(url, seconds)
        sender = handed(url, threads=3, share=0.8)
        while not stats(url)["accepted"]:
            time.sleep(0.2)
        beside_it = measure(url, seconds)
        sent = stats(url)
        sender.terminate()
    for name, times in (("without an issue", without), ("while one is sent", beside_it)):
        p50, p99 = (times[int(len(times) * share)] for share in (0.5, 0.99))
        print(f"  {name:>18}: p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms ({len(times)})")
    print(f"  {sent['accepted']} mails of the issue meanwhile, {sent['throttled']} throttled")


def growth(readers: int) -> None:
    began = time.perf_counter()
    stand = Newsstand(readers, cap=500, rate=500, workers=5)
    found = stand.send()
    store = stand.store
    assert (found.lost, found.doubled) == (0, 0), found
    print(f"\n{readers} subscribers, simulated in {time.perf_counter() - began:.0f} s")
    print(f"  sent in {found.seconds / 3600:.2f} h at 0.8 of 500 a second")
    for name, counted, limit in (("written", store.written, 1000), ("read", store.read, 3000)):
        ((busiest, number),) = counted.most_common(1)
        print(
            f"  most {name} in one second under one key: {number} of {limit} units ({busiest[0]})"
        )
    writes, reads = store.written.total(), store.read.total()
    profiles = readers
    hours = found.seconds * 5
    events = 2 * readers
    # Events come in bundles of fifty at most; of twenty, say.
    bundles = events / 20
    units: dict[str, float] = {
        "mails": readers,
        "write units": writes,
        "read units": reads + profiles,
        "notices": events,
        "queue requests": events + 3 * bundles,
        "invocations": bundles + readers / 500 * 2,
        "gigabyte seconds": hours + bundles * 0.2 * 0.5,
    }
    total = 0.0
    for name, amount in units.items():
        price = amount * price_of(name)
        total += price
        print(f"  {name:>18}: {amount:>12,.0f}  ${price:,.2f}")
    print(f"  {'an issue':>18}: {'':>12}  ${total:,.2f}  (${total / readers * 1000:.3f} for 1,000)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "what",
        choices=(
            "kills",
            "weather",
            "imports",
            "paces",
            "hand",
            "bulks",
            "letters",
            "growth",
            "all",
        ),
        nargs="+",
    )
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--readers", type=int, help="of each run")
    asked = parser.parse_args()
    wanted = set(asked.what)
    if wanted & {"kills", "all"}:
        kills(asked.runs, asked.readers or 10_000)
    if wanted & {"weather", "all"}:
        weather(asked.runs)
    if wanted & {"imports", "all"}:
        imports(asked.readers or 10_000)
    if wanted & {"paces", "all"}:
        paces(200)
    if wanted & {"hand", "all"}:
        hand(asked.readers or 100_000, 2000)
    if wanted & {"bulks", "all"}:
        bulks(20)
    if wanted & {"letters", "all"}:
        letters(20)
    if wanted & {"growth", "all"}:
        growth(asked.readers or 1_000_000)


if __name__ == "__main__":
    main()
