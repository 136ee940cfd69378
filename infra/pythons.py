"""Finds the Pythons of this machine, and fetches that of Lambda: `python -m infra.pythons`."""

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from infra.supply import HERE, ROOT, RUNTIME

FETCHED: Final = ROOT / ".venv" / "pythons"
"""Where a Python is put that no other program of this machine is to meet."""

_UV: Final = "uv==0.13.9"
_PATIENCE_SECONDS: Final = 90


@cache
def python_of(runtime: str) -> str | None:
    """Return a Python of this machine of a runtime's version, which alone can write its byte code;
    None when there is none."""
    if runtime == HERE:
        return sys.executable
    return next((one for one in _candidates(runtime) if _version_of(one) == runtime), None)


def _candidates(runtime: str) -> Iterator[str]:
    """Yield where a Python may be: one fetched before, on the path, and what pyenv, uv and the
    launcher of Windows keep off it."""
    version = runtime.removeprefix("python")
    yield from _within(FETCHED, f"*-{version}.*/bin/{runtime}")
    on_path = shutil.which(runtime)
    if on_path:
        yield on_path
    yield from _within(_kept_by_pyenv(on_path), f"{version}.*/bin/{runtime}")
    yield from _within(_kept_by_uv(), f"*-{version}.*/bin/{runtime}")
    if launcher := shutil.which("py"):
        named = _output(launcher, f"-{version}", "-c", "import sys; print(sys.executable)")
        if named:
            yield named


def _within(folder: Path, pattern: str) -> list[str]:
    return sorted(map(str, folder.glob(pattern)))


def _kept_by_pyenv(on_path: str | None) -> Path:
    """Return the folder of pyenv's versions: a name of its own on the path, which leads to none
    of them until somebody switches to it, says where they are."""
    if on_path and Path(on_path).parent.name == "shims":
        return Path(on_path).parent.parent / "versions"
    return Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"


def _kept_by_uv() -> Path:
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or data / "uv" / "python")


def _version_of(python: str) -> str:
    return _output(python, "-c", "import sys; print('python%d.%d' % sys.version_info[:2])")


def _output(*command: str) -> str:
    """Return what a program prints; empty when it fails, or is none."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def fetch(runtime: str, into: Path = FETCHED) -> bool:
    """Fetch a Python by uv, which has one for every machine; tell whether it came."""
    with_uv = into.parent / "uv"
    venv.create(with_uv, with_pip=True)
    programs, version = with_uv / "bin", runtime.removeprefix("python")
    once = {**os.environ, "UV_HTTP_RETRIES": "0"}
    commands: list[list[str]] = [
        [f"{programs}/python", "-m", "pip", "install", "-q", "--disable-pip-version-check", _UV],
        [f"{programs}/uv", "python", "install", "--no-bin", "--install-dir", str(into), version],
    ]
    try:
        for command in commands:
            subprocess.run(command, check=True, timeout=_PATIENCE_SECONDS, env=once)
    except (OSError, subprocess.SubprocessError):
        return False
    python_of.cache_clear()
    return python_of(runtime) is not None


def main() -> None:
    if python_of(RUNTIME) is None and not fetch(RUNTIME):
        sys.exit(f"There is no {RUNTIME} on this machine, and none could be fetched")
    print(python_of(RUNTIME))


if __name__ == "__main__":
    main()
