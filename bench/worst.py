"""The worst that a request can make us do: `python -m bench.worst` prints a table.

For each public route, the CPU of the worst request of each kind in 256 kB, in milliseconds, with
everything in memory: the work is ours alone. `--all` prints every kind, and not the worst three;
`--few` the worst dozen of all.
"""

import gc
import io
import os
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from operator import itemgetter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests" / "support"))

SIZE = 256 * 1024 - 6000

AIM_MS = 50

FEW = 12


def measured(size: int, only: str = "") -> Iterator[tuple[str, str, float, int]]:
    """Yield route with method, kind, CPU milliseconds (the lesser of two tries), and status."""
    import pytest

    import app as application
    from gallery import Walk
    from worst_requests import World, event, sent_to

    with pytest.MonkeyPatch.context() as patch, Walk("fr", patch) as walk:
        world = World(walk)
        # What the collector would walk through is not there in a function of AWS.
        gc.freeze()
        for route, places in world.places.items():
            for method in sorted(set(application.app.routes[route]) & {"GET", "POST"}):
                for place in places if only in route else ():
                    for kind, request in sent_to(place, method, size):
                        given = event(route, method, place, request)
                        took = float("inf")
                        for _ in range(2):
                            world.restore()
                            start = time.process_time()
                            response = application.app(given, None)
                            took = min(took, (time.process_time() - start) * 1000)
                            if not AIM_MS / 2 < took < AIM_MS * 10:
                                break
                        also = [v for name, v in place.also.items() if name != "nonce"]
                        named = f"{kind} ({', '.join(also)})" if also else kind
                        yield f"{method} {route}", named, took, response["statusCode"]


def main() -> None:
    only = next((each for each in sys.argv[1:] if each.startswith("/")), "")
    found: dict[str, list[tuple[float, str, int]]] = {}
    with redirect_stdout(io.StringIO()):  # the metrics of every sweep
        for route, kind, took, status in measured(SIZE, only):
            found.setdefault(route, []).append((took, kind, status))
    rows = [(route, *one) for route, all_kinds in found.items() for one in most(all_kinds)]
    if "--few" in sys.argv:
        rows = sorted(rows, key=itemgetter(1), reverse=True)[:FEW]
    print("| route | kind | CPU, ms | status |\n| --- | --- | ---: | ---: |")
    for route, took, kind, status in rows:
        print(f"| {route} | {kind} | {took:.1f} | {status} |")
    kinds, worst = sum(map(len, found.values())), max(took for _, took, *_ in rows)
    print(
        f"\n{kinds:,} requests to {len(found)} routes: the worst takes {worst:.0f} ms; {AIM_MS} ms is "
        "the aim."
    )


def most(all_kinds: list[tuple[float, str, int]]) -> list[tuple[float, str, int]]:
    """Return the worst kinds of a route, or with `--all` every one."""
    return sorted(all_kinds, reverse=True)[: None if "--all" in sys.argv else 3]


if __name__ == "__main__":
    os.environ.setdefault("AWS_DEFAULT_REGION", "ca-central-1")
    import logging

    logging.disable(logging.CRITICAL)
    main()
