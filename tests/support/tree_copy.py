"""A copy of the tree, in which a recipe of CONTRIBUTING is followed and then tried."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from infra.package import ROOT

FOLDERS = ("chalicelib", "infra", "templates", "tests", "website", "docs")
FILES = ("app.py", "pyproject.toml", "README.md", "Makefile", "CONTRIBUTING.md")


def copy_tree(to: Path) -> Path:
    """Copy what runs and what tests it; links stay links. What Python compiled goes along, with the
    times by which it knows its source: a copy compiles only what was changed in it."""
    ignored = shutil.ignore_patterns("*.pyc.*", "golden")
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, to / folder, ignore=ignored, symlinks=True)
    for name in FILES:
        shutil.copy2(ROOT / name, to / name)
    (to / ".chalice").mkdir()
    for path in (ROOT / ".chalice").glob("*.json"):
        shutil.copy(path, to / ".chalice" / path.name)
    return to


def changed(tree: Path) -> list[str]:
    """Return the files of the copy that are not as in the original, or are not there."""
    return sorted(
        str(path.relative_to(tree))
        for folder in FOLDERS
        for path in (tree / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
        and not ((was := ROOT / path.relative_to(tree)).is_file()
                 and was.read_bytes() == path.read_bytes())
    )  # fmt: skip


def run_in(tree: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run Python in the copy, and nothing of the original tree; what one run compiles serves the
    next, whatever the machine says of bytecode."""
    path = os.pathsep.join((str(tree), str(tree / "tests" / "support")))
    own = {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": ""}
    return subprocess.run(
        [sys.executable, *arguments], cwd=tree, env={**os.environ, **own, **environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def run_suite(tree: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run tests of the copy, in one process."""
    return run_in(
        tree, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *arguments
    )


def edit_json(path: Path, edit: Callable[[Any], None]) -> None:
    content = json.loads(path.read_text("utf-8"))
    edit(content)
    path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")


def edit_text(path: Path, old: str, new: str) -> None:
    """Replace one place; raises AssertionError when it is not there once."""
    text = path.read_text("utf-8")
    assert text.count(old) == 1, f"{path.name}: {text.count(old)} × {old!r}"
    path.write_text(text.replace(old, new), "utf-8")
