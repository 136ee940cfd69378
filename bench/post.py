"""The request path beside its floor: `python -m bench.post` prints one table of ratios.

Warm: CPU of one POST of a full declaration through the Lambda handler, with the answers of
AWS canned after signing, beside a bare Chalice app and a bare boto3 client that make the
very same `transact_write_items`. Cold: a fresh process, its imports and its first POST,
beside a bare Chalice + boto3 + pydantic app. All in one run, turn by turn.
"""

import compileall
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_DEFAULT_REGION": "ca-central-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "STAGE": "bench",
    "RECORDS_TABLE": "Records",
    "KEYS_SECRET": "keys",
    "PUBLIC_URL": "https://relais.example.org/api",
    "WEBSITE_URL": "https://www.example.org",
    "ALLOWED_ORIGINS": "https://www.example.org",
    "SENDER": "forms@example.org",
    "REPLY_TO": "info@example.org",
    "CONFIGURATION_SET": "bench",
    "UNDO_SECONDS": "600",
    "POSTS_PER_HOUR": "1000",
    "ORGANIZATION_NAME": "Innoweave",
    "CONTACT_EMAIL": "info@example.org",
    "PRIVACY_CONTACT": "info@example.org",
    "PERSON_IN_CHARGE_TITLE": "Direction",
    "POSTAL_ADDRESS": "",
    "LOG_LEVEL": "ERROR",
}

BARE = """
from chalice.app import Chalice
import boto3
from pydantic import BaseModel

class Form(BaseModel):
    contact_first_name: str
    contact_email: str

app = Chalice("bare")
client = None
ITEMS = [{"Put": {"TableName": "Records", "Item": {"pk": {"S": "x"}}}}]

@app.route("/forms/eoi", methods=["POST"])
def submit():
    global client
    if client is None:
        client = boto3.client("dynamodb")
    body = app.current_request.json_body
    Form(contact_first_name=body["contact_first_name"], contact_email=body["contact_email"])
    client.transact_write_items(TransactItems=ITEMS)
    return {"ok": True}
"""


def canned() -> None:
    """Every client made from now on gets its answers here, after serialising and signing."""
    import boto3
    from botocore.awsrequest import AWSResponse

    class Raw:
        def __init__(self, body: bytes) -> None:
            self.body = body

        def stream(self, **_: Any) -> Any:
            yield self.body

    def answer(request: Any, **_: Any) -> AWSResponse:
        body = b"{}"
        if "secretsmanager" in request.url:
            body = json.dumps({"SecretString": json.dumps({"key": "k" * 64})}).encode()
        headers = {"Content-Type": "application/x-amz-json-1.0"}
        return AWSResponse(request.url, 200, headers, Raw(body))  # type: ignore[arg-type]

    boto3.setup_default_session()
    assert boto3.DEFAULT_SESSION is not None
    boto3.DEFAULT_SESSION.events.register("before-send.*.*", answer)


def event(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What API Gateway hands to the function."""
    return {
        "resource": "/forms/{form}",
        "headers": {"Content-Type": "application/json", "Accept": "*/*"},
        "multiValueHeaders": {},
        "multiValueQueryStringParameters": None,
        "pathParameters": {"form": "eoi"},
        "stageVariables": None,
        "isBase64Encoded": False,
        "body": json.dumps(fields),
        "requestContext": {
            "httpMethod": "POST",
            "resourcePath": "/forms/{form}",
            "identity": {"sourceIp": "192.0.2.1"},
        },
    }


def sample() -> dict[str, Any]:
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    import samples

    return samples.eoi()


def warm(turns: int = 15, posts: int = 150) -> dict[str, float]:
    """CPU milliseconds of one call: ours, the bare app, the bare client; the least of the turns."""
    os.environ.update(ENVIRONMENT)
    fields = sample()
    canned()
    import boto3

    import app as relais

    captured: list[Any] = []
    ours = event(fields)
    assert relais.app(ours, None)["statusCode"] == 201
    from chalicelib.services import services

    client: Any = services().store._client  # type: ignore[attr-defined]
    call = client.transact_write_items
    client.transact_write_items = lambda **named: captured.append(named) or call(**named)
    relais.app(ours, None)
    client.transact_write_items = call
    bare: dict[str, Any] = {"__name__": "bare"}
    exec(compile(BARE, "bare.py", "exec"), bare)
    bare["ITEMS"][:] = captured[0]["TransactItems"]
    theirs = event(fields)
    theirs["requestContext"]["resourcePath"] = theirs["resource"] = "/forms/eoi"
    floor = boto3.client("dynamodb")
    runs: dict[str, Callable[[], Any]] = {
        "boto3 alone": lambda: floor.transact_write_items(**captured[0]),
        "bare Chalice app": lambda: bare["app"](theirs, None),
        "Relais": lambda: relais.app(ours, None),
    }
    found = dict.fromkeys(runs, float("inf"))
    for _ in range(turns):
        for name, run in runs.items():
            start = time.process_time()
            for _ in range(posts):
                run()
            found[name] = min(found[name], (time.process_time() - start) / posts * 1000)
    return found


COLD = """
import json, os, sys, time
start = time.process_time()
sys.path[:0] = json.loads(os.environ["BENCH_PATH"])
import bench_canned
{load}
answer = app(json.loads(os.environ["BENCH_EVENT"]), None)
assert answer["statusCode"] in (200, 201), answer
print((time.process_time() - start) * 1000)
"""

LOADS = {
    "boto3 alone": (
        "import boto3; bench_canned.go(); client = boto3.client('dynamodb')\n"
        "item = {'Put': {'TableName': 'Records', 'Item': {'pk': {'S': 'x'}}}}\n"
        "app = lambda *_: client.transact_write_items(TransactItems=[item]) and {'statusCode': 200}"
    ),
    "bare Chalice app": "from bare import app; bench_canned.go()",
    "Relais": "from app import app; bench_canned.go()",
}


def cold(turns: int = 15) -> dict[str, float]:
    """CPU milliseconds from a fresh interpreter's first import to the end of its first POST."""
    found: dict[str, list[float]] = {name: [] for name in LOADS}
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder)
        (there / "bare.py").write_text(BARE, "utf-8")
        text = Path(__file__).read_text("utf-8").partition("def canned() -> None:")[2]
        body = text.partition("\n\n\ndef event")[0]
        (there / "bench_canned.py").write_text(
            "import json\nfrom typing import Any\n\ndef go() -> None:" + body + "\n", "utf-8"
        )
        for name in ("app.py", "chalicelib"):
            _copied(ROOT / name, there / name)
        compileall.compile_dir(there, quiet=2)
        for _ in range(turns):
            for name, load in LOADS.items():
                found[name].append(_once(there, name, load))
    return {name: statistics.median(times) for name, times in found.items()}


def _copied(source: Path, target: Path) -> None:
    import shutil

    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def _once(there: Path, name: str, load: str) -> float:
    ours = event(sample())
    if name != "Relais":
        ours["requestContext"]["resourcePath"] = "/forms/eoi"
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("AWS_")},
        **ENVIRONMENT,
        "BENCH_PATH": json.dumps([str(there)]),
        "BENCH_EVENT": json.dumps(ours),
    }
    done = subprocess.run(
        [sys.executable, "-c", COLD.format(load=load)],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(done.stderr)
    return float(done.stdout)


def table(title: str, found: Mapping[str, float]) -> str:
    floor, bare = found["boto3 alone"], found["bare Chalice app"]
    rows = [f"| {title} | CPU, ms | × boto3 alone | × bare Chalice app |", "|---|---|---|---|"]
    for name, took in found.items():
        rows.append(f"| {name} | {took:.2f} | {took / floor:.2f} | {took / bare:.2f} |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(table("one warm POST of a full EOI", warm()))
    print()
    print(table("cold: imports and the first POST", cold()))
