"""The request path beside its floor: `python -m bench.post` prints two tables of ratios.

Warm: CPU of one POST of a full declaration through the Lambda handler, with the responses of
AWS canned after signing, beside a bare Chalice app and a bare boto3 client that make the
very same `transact_write_items`. Cold: CPU of a fresh process, its imports and its first
POST, beside the same bare app with a small form. All in one run, turn by turn.
"""

import compileall
import io
import json
import logging
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench.support import bare, canned

ROOT = Path(__file__).resolve().parent.parent

OURS, BARE = "/forms/{form}", "/forms/eoi"

AWS = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_DEFAULT_REGION": "ca-central-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


def environment() -> dict[str, str]:
    """Return the settings of the tests, without the newsletter's box."""
    sys.path.append(str(ROOT / "tests" / "support"))
    from environment import ENVIRONMENT

    return {**ENVIRONMENT, **AWS, "POSTAL_ADDRESS": ""}


def declaration() -> dict[str, Any]:
    import samples

    return samples.eoi()


def warm(turns: int = 15, posts: int = 100) -> dict[str, float]:
    """Return the CPU milliseconds of one call, the least of the turns, by name."""
    import boto3

    import app as relais
    from chalicelib.aws.patience import QUICK
    from chalicelib.services import services

    for handler in logging.getLogger("relais").handlers:
        # Each post writes its line of the log, as it does when deployed, but not between the tables.
        handler.setStream(io.StringIO())  # type: ignore[attr-defined]
    fields = declaration()
    ours, theirs = canned.post(OURS, fields), canned.post(BARE, fields)
    client: Any = services().store._client  # type: ignore[attr-defined]
    written = _written(client, lambda: relais.app(ours, None))
    bare.ITEMS[:] = written
    floor: Any = boto3.client("dynamodb")
    trusting: Any = boto3.client("dynamodb", config=QUICK)
    runs: dict[str, Callable[[], Any]] = {
        "boto3 alone": lambda: floor.transact_write_items(TransactItems=written),
        "boto3 alone, as Relais sets it": lambda: trusting.transact_write_items(
            TransactItems=written
        ),
        "bare Chalice app": lambda: bare.app(theirs, None),
        "Relais": lambda: relais.app(ours, None),
    }
    assert bare.app(theirs, None)["statusCode"] == 200
    assert relais.app(ours, None)["statusCode"] == 201
    found = dict.fromkeys(runs, float("inf"))
    for _ in range(turns):
        for name, run in runs.items():
            found[name] = min(found[name], _cpu(run, posts))
    return found


def _written(client: Any, post: Callable[[], Any]) -> list[Any]:
    """Return the TransactItems of a real post."""
    seen: list[Any] = []
    client.meta.events.register(
        "provide-client-params.dynamodb.TransactWriteItems",
        lambda params, **_: seen.extend(params["TransactItems"]),
        unique_id="bench",
    )
    post()
    client.meta.events.unregister(
        "provide-client-params.dynamodb.TransactWriteItems", unique_id="bench"
    )
    return seen


def _cpu(run: Callable[[], Any], times: int) -> float:
    start = time.process_time()
    for _ in range(times):
        run()
    return (time.process_time() - start) / times * 1000


COLD = """
import json, os, sys, time
start = time.process_time()
sys.path.insert(0, os.environ["BENCH_PATH"])
import canned
from {module} import app
canned.aws()
response = app(json.loads(os.environ["BENCH_EVENT"]), None)
assert response["statusCode"] in (200, 201), response
print((time.process_time() - start) * 1000)
"""


def cold(turns: int = 21) -> dict[str, float]:
    """Return the CPU milliseconds from a fresh interpreter's first import to the end of its first
    POST, the median of the turns, by name."""
    fields = declaration()
    apps = {
        "bare Chalice app": ("bare", canned.post(BARE, fields)),
        "Relais": ("app", canned.post(OURS, fields)),
    }
    found: dict[str, list[float]] = {name: [] for name in apps}
    with tempfile.TemporaryDirectory() as folder:
        for path in ("app.py", "bench/support/bare.py", "bench/support/canned.py"):
            shutil.copy(ROOT / path, folder)
        # The package that Lambda gets is compiled too: infra/package.py.
        shutil.copytree(ROOT / "chalicelib", Path(folder, "chalicelib"))
        compileall.compile_dir(folder, quiet=2)
        for turn in range(turns + 1):
            for name, (module, event) in apps.items():
                took = _once(folder, module, event)
                if turn:  # The first warms the machine's file cache.
                    found[name].append(took)
    return {name: statistics.median(times) for name, times in found.items()}


def _once(folder: str, module: str, event: Mapping[str, Any]) -> float:
    environment = {**os.environ, "BENCH_PATH": folder, "BENCH_EVENT": json.dumps(event)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-c", COLD.format(module=module)]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return float(done.stdout.splitlines()[-1])


def table(title: str, found: Mapping[str, float]) -> str:
    beside = [name for name in ("boto3 alone", "bare Chalice app") if name in found]
    rows = [[title, "CPU, ms", *(f"× {name}" for name in beside)], ["---"] * (2 + len(beside))]
    for name, took in found.items():
        rows.append([name, f"{took:.2f}", *(f"{took / found[least]:.2f}" for least in beside)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    for name in [n for n in os.environ if n.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(environment())
    canned.aws()
    print(table("one warm POST of a full declaration", warm()))
    print()
    print(table("cold: imports and the first POST", cold()))
