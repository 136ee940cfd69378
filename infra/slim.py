"""Makes a package small: out goes what the functions never read, and the rest comes compiled."""

import gzip
import json
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Final

SERVICES: Final = frozenset({"dynamodb", "s3", "secretsmanager", "sesv2", "sqs"})
"""The AWS services that the functions call."""

ZONE: Final = "America/Toronto"
"""The one time zone that the functions know."""

OURS: Final = ("app.py", "chalicelib")
"""What keeps its source, so that an error in a log shows the line it came from."""

_NEVER_READ: Final = (
    "boto3/data",
    "boto3/examples",
    "dateutil/zoneinfo/dateutil-zoneinfo.tar.gz",
    "pydantic/mypy.py",
    "pydantic/v1",
)
"""What no function imports or opens: another interface of boto3, other time zones, an older
pydantic within this one."""

_ENDPOINTS: Final = frozenset({*SERVICES, "email", "sts"})
"""What botocore calls our services in its list of addresses; SES is `email` there."""


class NotCompiled(Exception):
    """Some of the package is no Python."""


def slim(zipped: Path, python: str | None) -> None:
    """Take out of a zip what is never read, and compile the rest.

    Lambda cannot write byte code beside the source: without it, every cold start would compile
    botocore and pydantic again. Without a `python` of the runtime's version all stays source.
    Raises NotCompiled.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        with zipfile.ZipFile(zipped) as archive:
            archive.extractall(root)
        _take_out(root)
        _shorten_models(root / "botocore" / "data")
        if python is not None:
            _compile(root, python)
        _zip(root, zipped)


def _take_out(root: Path) -> None:
    zones = root / "tzdata" / "zoneinfo"
    used = {zones / ZONE, *(zones / ZONE).parent.glob("*.py"), *zones.glob("*.py")}
    for path in [p for p in zones.rglob("*") if p.is_file() and p not in used]:
        path.unlink()
    services = (root / "botocore" / "data").iterdir()
    unused = [path for path in services if path.is_dir() and path.name not in SERVICES]
    unused += [*root.glob("*.dist-info"), *root.glob("*.data"), *root.rglob("__pycache__")]
    for path in [*unused, *(root / name for name in _NEVER_READ), *root.rglob("*.pyi")]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _shorten_models(data: Path) -> None:
    """Leave out of botocore's models what only a manual reads, and the addresses of all other
    services: a cold start reads them whole."""
    for path in data.rglob("examples-*.json*"):
        path.unlink()
    for path in data.glob("*/*/*.json.gz"):
        model = _without_notes(json.loads(gzip.decompress(path.read_bytes())))
        # Without a time and a name within: the same model gives the same bytes.
        path.write_bytes(gzip.compress(_dense(model), mtime=0))
    addresses = data / "endpoints.json"
    known = json.loads(addresses.read_text("utf-8"))
    for partition in known["partitions"]:
        services = partition["services"]
        partition["services"] = {name: services[name] for name in services.keys() & _ENDPOINTS}
    addresses.write_bytes(_dense(known, in_order=True))


def _without_notes(model: Any) -> Any:
    if isinstance(model, list):
        return [_without_notes(one) for one in model]
    if not isinstance(model, dict):
        return model
    return {
        # Empty and not away: botocore takes it to be there.
        name: "" if name == "documentation" and isinstance(value, str) else _without_notes(value)
        for name, value in model.items()
    }


def _dense(value: Any, *, in_order: bool = False) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=in_order).encode()


def _compile(root: Path, python: str) -> None:
    """Compile our modules beside their source, and all others in its place, without docstrings."""
    for path in sorted(root.iterdir()):
        if path.name in OURS:
            _byte_code(python, path)
        elif path.is_dir() or path.suffix == ".py":
            _byte_code(python, path, "-b", "-o", "2")
            for source in [path] if path.is_file() else list(path.rglob("*.py")):
                source.unlink()


def _byte_code(python: str, path: Path, *how: str) -> None:
    command = [python, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", *how]
    done = subprocess.run([*command, str(path)], cwd=path.parent, capture_output=True, text=True)
    if done.returncode:
        raise NotCompiled(
            f"{path.name} does not compile: {(done.stdout + done.stderr).strip()[-500:]}"
        )


def _zip(root: Path, zipped: Path) -> None:
    """Zip so that the same files give the same bytes: CloudFormation sees when nothing changed."""
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(root.rglob("*")):
            if path.is_file():
                info = zipfile.ZipInfo(str(path.relative_to(root)), (2026, 1, 1, 0, 0, 0))
                info.external_attr = 0o644 << 16
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, path.read_bytes())
