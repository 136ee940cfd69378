"""Builds the zip and the template that AWS gets: `python -m infra.package OUT`."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from infra import holidays
from infra.hardening import explain
from infra.letter_styles import StyleError, inline_styles
from infra.pythons import python_of
from infra.slim import NotCompiled, slim
from infra.supply import LOCK, RUNTIME, platform_of

ROOT = Path(__file__).resolve().parent.parent


class PackageError(Exception):
    """What stopped the build, in one line."""


INPUTS = (
    "app.py",
    "chalicelib/**/*",
    "templates/**/*",
    ".chalice/*.json",
    "infra/exceptions.json",
    "infra/hardening.py",
    "infra/letter_styles.py",
    "infra/package.py",
    "infra/resources.json",
    "infra/slim.py",
    "infra/supply.py",
    "requirements.lock",
)
"""All that the package is made of."""

MADE_OF = "inputs.sha256"
"""The file that says so of a package, written last."""


def package(out: Path, runtime: str = RUNTIME) -> Path:
    """Package for a runtime into `out`, unless what is there, or beside it, is of these very files;
    return the template."""
    template = out / "sam.json"
    with _alone():
        inputs = _inputs(runtime)
        if _made_of(out) == inputs:
            return template
        beside = out.parent.iterdir() if out.parent.exists() else ()
        twin = next((one for one in beside if _made_of(one) == inputs), None)
        if twin is None:
            _build(out, runtime)
        else:
            shutil.rmtree(out, ignore_errors=True)
            shutil.copytree(twin, out, ignore=shutil.ignore_patterns(MADE_OF))
        (out / MADE_OF).write_text(inputs, "utf-8")
    return template


def _made_of(built: Path) -> str:
    """Return what a package was made of; empty for none, and for one that is not whole."""
    made_of = built / MADE_OF
    return made_of.read_text("utf-8") if made_of.exists() else ""


def _build(out: Path, runtime: str) -> None:
    if runtime == RUNTIME:  # What goes to a stage, and not only to the local AWS.
        holidays_reach(datetime.now(UTC).date())
        _run([sys.executable, "-m", "infra.content"])
    shutil.rmtree(out, ignore_errors=True)
    merge = ["--merge-template", str(ROOT / "infra" / "resources.json")]
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        _stage(project)
        package = ["package", "--stage", "stack", *merge, str(out)]
        chalice = [sys.executable, "-c", _CHALICE.format(runtime=runtime)]
        _run([*chalice, "--project-dir", str(project), *package], runtime)
    try:
        slim(out / "deployment.zip", python_of(runtime))
    except NotCompiled as error:
        raise PackageError(str(error)) from None
    fits_the_runtime(out / "sam.json", out / "deployment.zip", runtime)
    explain(out / "sam.json")


_CHALICE = """
from chalice.cli import main
from chalice.config import Config
Config.lambda_python_version = "{runtime}"
main()
"""
"""Chalice, which takes the Python that runs it for that of Lambda, told otherwise."""


NO_BYTE_CODE: Final = (
    f"There is no {RUNTIME} on this machine: the package holds source alone, and each cold start "
    "compiles it, which takes a second (`make runtime` fetches one)"
)


def fits_the_runtime(template: Path, zipped: Path, runtime: str = RUNTIME) -> None:
    """See that every function names the runtime that its compiled modules are for: a zip that
    another Python packaged is deployed without a word, and fails at its first import. Raises
    PackageError."""
    resources = json.loads(template.read_text("utf-8"))["Resources"].values()
    named = {r["Properties"]["Runtime"] for r in resources if r["Type"].endswith("::Function")}
    if named != {runtime}:
        raise PackageError(f"made for {', '.join(sorted(named))} and not for {runtime}")
    tag = f"cpython-{runtime.removeprefix('python').replace('.', '')}-"
    modules = [name for name in zipfile.ZipFile(zipped).namelist() if name.endswith(".so")]
    for module in modules:
        if tag not in module and ".abi3." not in module:
            raise PackageError(f"{module} is for another Python than {runtime}")


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


def _inputs(runtime: str) -> str:
    """Return a hash that changes with the name or the content of any input, with the runtime and
    with what compiles for it."""
    found = hashlib.sha256(f"{runtime} {python_of(runtime)} {sys.version}".encode())
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


def _run(command: list[str], runtime: str = RUNTIME) -> None:
    environment = {
        **os.environ,
        "AWS_DEFAULT_REGION": "ca-central-1",
        "PYTHONDONTWRITEBYTECODE": "1",
        # What Chalice has pip download: the wheels of the lock, and nothing beside them.
        "PIP_REQUIRE_HASHES": "1",
        "PIP_NO_DEPS": "1",
        "PIP_ONLY_BINARY": ":all:",
        **{
            f"PIP_{name.upper()}": " ".join(values) for name, values in platform_of(runtime).items()
        },
    }
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        last = (done.stdout + done.stderr).strip().splitlines() or ["no output"]
        raise PackageError("\n".join(last[-15:]))


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "build")
    try:
        print(f"Packaged {package(target.resolve())}")
        if python_of(RUNTIME) is None:
            print(NO_BYTE_CODE)
    except PackageError as error:
        sys.exit(f"Packaging failed: {error}")
