"""The Python of Lambda is found wherever a machine keeps it, and one that does not run is none."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import pythons
from infra.package import NO_BYTE_CODE
from infra.pythons import python_of

RUNTIME = "python3.9"
"""One that no test runs on, and that no place of this machine shall be looked for."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine with nothing on it but what a test puts there."""
    for name in ("PYENV_ROOT", "XDG_DATA_HOME", "UV_PYTHON_INSTALL_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{tmp_path}/.pyenv/shims")
    monkeypatch.setattr(pythons, "FETCHED", tmp_path / "fetched")
    python_of.cache_clear()
    yield tmp_path
    python_of.cache_clear()


def program(path: Path, says: str, code: int = 0) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {says}\nexit {code}\n", "utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    "place",
    [
        "bin/python3.9",
        ".pyenv/versions/3.9.18/bin/python3.9",
        ".local/share/uv/python/cpython-3.9.20-linux-x86_64-gnu/bin/python3.9",
        "fetched/cpython-3.9.20-linux-x86_64-gnu/bin/python3.9",
    ],
    ids=["path", "pyenv", "uv", "fetched"],
)
def test_it_is_found_where_a_machine_keeps_it(home: Path, place: str) -> None:
    shim = program(home / ".pyenv" / "shims" / RUNTIME, "command not found", 127)
    assert python_of(RUNTIME) is None, f"{shim} leads to none"
    python_of.cache_clear()
    kept = program(home / place, RUNTIME)
    assert python_of(RUNTIME) == kept


def test_a_name_of_pyenv_on_the_path_says_where_its_versions_are(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{home}/elsewhere/shims")
    program(home / "elsewhere" / "shims" / RUNTIME, "command not found", 127)
    kept = program(home / "elsewhere" / "versions" / "3.9.18" / "bin" / RUNTIME, RUNTIME)
    assert python_of(RUNTIME) == kept


def test_the_launcher_of_windows_is_asked(home: Path) -> None:
    kept = program(home / "Python39" / "python.exe", RUNTIME)
    program(home / "bin" / "py", kept)
    assert python_of(RUNTIME) == kept


def test_another_version_or_a_broken_one_is_none(home: Path) -> None:
    program(home / "bin" / RUNTIME, "python3.8")
    (home / ".pyenv" / "versions" / "3.9.1" / "bin").mkdir(parents=True)
    (home / ".pyenv" / "versions" / "3.9.1" / "bin" / RUNTIME).write_text("no program", "utf-8")
    assert python_of(RUNTIME) is None
    assert "make runtime" in NO_BYTE_CODE
