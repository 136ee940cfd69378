"""The least form in other frameworks, beside the bare one: `python -m bench.frameworks` prints a
table. It makes an environment of its own, build/bench, with what bench/requirements.txt names.
"""

import json
import os
import statistics
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
SUPPORT: Final = ROOT / "bench" / "support"
ENVIRONMENT: Final = ROOT / "build" / "bench"
REQUIREMENTS: Final = ROOT / "bench" / "requirements.txt"

PEERS: Final = {
    "bare Chalice app": "bare",
    "Powertools": "powertools_peer",
    "FastAPI and Mangum": "fastapi_peer",
}

ONCE: Final = """
import json, logging, os, sys, time
began = time.process_time()
sys.path.insert(0, {support!r})
import canned
module = __import__({module!r})
canned.aws()
event = canned.post("/forms/eoi", {{"contact_first_name": "Ada", "contact_email": "a@example.org"}})
event |= {{"path": "/forms/eoi", "httpMethod": "POST", "queryStringParameters": None}}
event["requestContext"] |= {{"requestId": "1", "stage": "api", "path": "/forms/eoi"}}
class Context:
    function_name, memory_limit_in_mb, aws_request_id = "bench", 1024, "1"
    invoked_function_arn = "arn:aws:lambda:ca-central-1:1:function:bench"
answer = module.app(dict(event), Context())
assert answer["statusCode"] == 200, answer
cold = (time.process_time() - began) * 1000
warm = []
for _ in range(7):
    began = time.process_time()
    for _ in range(100):
        module.app(dict(event), Context())
    warm.append((time.process_time() - began) * 10)
print(json.dumps([cold, min(warm)]))
"""


def python() -> Path:
    """Return the Python of the benches' environment, which is made once for what it names: the
    peers, and behind them all that this one has."""
    found, made_of = ENVIRONMENT / "bin" / "python", ENVIRONMENT / "requirements.txt"
    wanted = REQUIREMENTS.read_text("utf-8")
    if not made_of.exists() or made_of.read_text("utf-8") != wanted:
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
        pip = [str(found), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", str(REQUIREMENTS)], check=True)
        (site,) = ENVIRONMENT.glob("lib/python*/site-packages")
        (site / "relais.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
        made_of.write_text(wanted, "utf-8")
    return found


def measure(turns: int = 7) -> dict[str, tuple[float, float]]:
    """Return the CPU milliseconds of a cold start with its first POST, the median, and of a warm
    POST, the least, by name; turn by turn."""
    aws = {"DEFAULT_REGION": "ca-central-1", "ACCESS_KEY_ID": "bench", "SECRET_ACCESS_KEY": "bench"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = {**kept, **{f"AWS_{name}": value for name, value in aws.items()}}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in PEERS}
    for turn in range(turns + 1):
        for name, module in PEERS.items():
            code = ONCE.format(support=str(SUPPORT), module=module)
            done = subprocess.run(
                [str(python()), "-c", code], env=environment, capture_output=True, text=True
            )
            if done.returncode:
                sys.exit(done.stderr)
            if turn:  # The first writes byte code.
                found[name].append(tuple(json.loads(done.stdout.splitlines()[-1])))
    return {
        name: (statistics.median(cold for cold, _ in took), min(warm for _, warm in took))
        for name, took in found.items()
    }


def main() -> None:
    print("| the least form | cold, CPU ms | warm, CPU ms |\n|---|---|---|")
    for name, (cold, warm) in measure().items():
        print(f"| {name} | {cold:.0f} | {warm:.2f} |")


if __name__ == "__main__":
    main()
