"""Builds the zip and the template that AWS gets: `python -m infra.package OUT`."""

import compileall
import fcntl
import hashlib
import json
import os
import py_compile
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from infra import holidays
from infra.letter_styles import StyleError, inline_styles
from infra.supply import LOCK, PLATFORM, RUNTIME

ROOT = Path(__file__).resolve().parent.parent

SERVICES = {"dynamodb", "s3", "secretsmanager", "sesv2", "sqs"}
"""The AWS services that the functions call."""

ZONE = "America/Toronto"
"""The one time zone that the functions know."""


class PackageError(Exception):
    """What stopped the build, in one line."""


INPUTS = (
    "app.py",
    "chalicelib/**/*",
    "templates/**/*",
    ".chalice/*.json",
    "infra/letter_styles.py",
    "infra/package.py",
    "infra/resources.json",
    "requirements.lock",
)
"""All that the package is made of."""

MADE_OF = "inputs.sha256"
"""The file that says so of a package, written last."""


def package(out: Path) -> Path:
    """Package into `out`, unless what is there, or beside it, is of these very files; return the
    template."""
    template = out / "sam.json"
    with _alone():
        inputs = _inputs()
        if _made_of(out) == inputs:
            return template
        beside = out.parent.iterdir() if out.parent.exists() else ()
        twin = next((one for one in beside if _made_of(one) == inputs), None)
        if twin is None:
            _build(out)
        else:
            shutil.rmtree(out, ignore_errors=True)
            shutil.copytree(twin, out, ignore=shutil.ignore_patterns(MADE_OF))
        (out / MADE_OF).write_text(inputs, "utf-8")
    return template


def _made_of(built: Path) -> str:
    """Return what a package was made of; empty for none, and for one that is not whole."""
    made_of = built / MADE_OF
    return made_of.read_text("utf-8") if made_of.exists() else ""


def _build(out: Path) -> None:
    holidays_reach(datetime.now(UTC).date())
    _run([sys.executable, "-m", "infra.content"])
    shutil.rmtree(out, ignore_errors=True)
    chalice = Path(sys.executable).parent / "chalice"
    merge = ["--merge-template", str(ROOT / "infra" / "resources.json")]
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        _stage(project)
        package = ["package", "--stage", "stack", *merge, str(out)]
        _run([str(chalice), "--project-dir", str(project), *package])
    _slim(out / "deployment.zip")
    fits_the_runtime(out / "sam.json", out / "deployment.zip")


def fits_the_runtime(template: Path, zipped: Path) -> None:
    """See that every function names the runtime that its compiled modules are for: a zip that
    another Python packaged is deployed without a word, and fails at its first import. Raises
    PackageError."""
    resources = json.loads(template.read_text("utf-8"))["Resources"].values()
    named = {r["Properties"]["Runtime"] for r in resources if r["Type"].endswith("::Function")}
    if named != {RUNTIME}:
        raise PackageError(f"made for {', '.join(sorted(named))}: package with {RUNTIME}")
    tag = f"cpython-{RUNTIME.removeprefix('python').replace('.', '')}-"
    modules = [name for name in zipfile.ZipFile(zipped).namelist() if name.endswith(".so")]
    for module in modules:
        if tag not in module and ".abi3." not in module:
            raise PackageError(f"{module} is for another Python than {RUNTIME}")


def _stage(project: Path) -> None:
    """Lay out what Chalice packages, with the lock in place of the requirements: it reads no other
    name, and pip then takes nothing whose hash the lock does not name.

    The folder is new each time: Chalice names a zip by the contents of its files alone, and after
    a rename would reuse one that lacks the new name.
    """
    shutil.copytree(ROOT / "chalicelib", project / "chalicelib", ignore=_BYTE_CODE)
    shutil.copytree(ROOT / "vendor", project / "vendor", ignore=_BYTE_CODE)
    try:
        inline_styles(project / "vendor" / "templates")
    except StyleError as error:
        raise PackageError(str(error)) from None
    (project / ".chalice").mkdir()
    for path in (ROOT / ".chalice").glob("*.json"):
        shutil.copy(path, project / ".chalice")
    shutil.copy(ROOT / "app.py", project)
    shutil.copy(LOCK, project / "requirements.txt")


_BYTE_CODE = shutil.ignore_patterns("__pycache__")


def holidays_reach(today: date) -> None:
    """Stop when the holidays end too soon: nobody is to find out in January that a year has none.
    Raises PackageError."""
    if holidays.years_left(today) < holidays.YEARS_AHEAD:
        raise PackageError("the holidays end soon: give infra/holidays.py more YEARS, and run it")


def _inputs() -> str:
    """Return a hash that changes with the name or the content of any input, and with the version of
    Python."""
    found = hashlib.sha256(sys.version.encode())
    for path in sorted(path for pattern in INPUTS for path in ROOT.glob(pattern)):
        if path.is_file() and "__pycache__" not in path.parts:
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            found.update(f"{path.relative_to(ROOT)} {content}\n".encode())
    return found.hexdigest()


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the lock of builds, one at a time: Chalice works in a folder that all of them share."""
    (ROOT / "build").mkdir(exist_ok=True)
    with (ROOT / "build" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _slim(zipped: Path) -> None:
    """Take out what is never read, half of all files, and compile the rest.

    Lambda cannot write byte code beside the source: without it, every cold start would compile
    botocore and pydantic again.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        with zipfile.ZipFile(zipped) as archive:
            archive.extractall(root)
        _take_out(root)
        quiet = {"quiet": 2, "workers": 1}
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        if not compileall.compile_dir(root, invalidation_mode=mode, **quiet):  # type: ignore[arg-type]
            raise PackageError("some of the package does not compile")
        _zip(root, zipped)


def _take_out(root: Path) -> None:
    """Take out the services, zones and resources that we do not use, and the notes of installers."""
    zones = root / "tzdata" / "zoneinfo"
    used = {zones / ZONE, *(zones / ZONE).parent.glob("*.py"), *zones.glob("*.py")}
    for path in [p for p in zones.rglob("*") if p.is_file() and p not in used]:
        path.unlink()
    services = (root / "botocore" / "data").iterdir()
    unused = [path for path in services if path.is_dir() and path.name not in SERVICES]
    unused += [root / "boto3" / "data", root / "boto3" / "examples"]
    for folder in [*unused, *root.glob("*.dist-info"), *root.rglob("__pycache__")]:
        shutil.rmtree(folder, ignore_errors=True)


def _zip(root: Path, zipped: Path) -> None:
    """Zip so that the same files give the same bytes: CloudFormation sees when nothing changed."""
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in sorted(root.rglob("*")):
            if path.is_file():
                info = zipfile.ZipInfo(str(path.relative_to(root)), (2026, 1, 1, 0, 0, 0))
                info.external_attr = 0o644 << 16
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, path.read_bytes())


def _run(command: list[str]) -> None:
    environment = {
        **os.environ,
        "AWS_DEFAULT_REGION": "ca-central-1",
        "PYTHONDONTWRITEBYTECODE": "1",
        # What Chalice has pip download: the wheels of the lock, and nothing beside them.
        "PIP_REQUIRE_HASHES": "1",
        "PIP_NO_DEPS": "1",
        "PIP_ONLY_BINARY": ":all:",
        **{f"PIP_{name.upper()}": " ".join(values) for name, values in PLATFORM.items()},
    }
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        last = (done.stdout + done.stderr).strip().splitlines() or ["no output"]
        raise PackageError("\n".join(last[-15:]))


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "build")
    try:
        print(f"Packaged {package(target.resolve())}")
    except PackageError as error:
        sys.exit(f"Packaging failed: {error}")
