"""What runs in Lambda: locked by hashes, and under licences that ask for their notice alone."""

import ast
import re
import sys
from importlib import metadata

import pytest

from infra.supply import ALLOWED_LICENCES, LOCK, ROOT, is_allowed, licences, locked


def test_the_lock_holds_every_pin_and_a_hash_of_each_package() -> None:
    lines = [line for line in LOCK.read_text("utf-8").splitlines() if not line.startswith("#")]
    assert len(locked()) == len(lines) > 10
    pinned = re.findall(r"^([\w-]+)==(\S+)$", (ROOT / "requirements.txt").read_text("utf-8"), re.M)
    versions = {each.name: each.version for each in locked()}
    assert len(pinned) >= 6
    for name, version in pinned:
        assert versions[name.lower()] == version, "make lock"


def test_the_functions_run_on_what_the_tests_run_on() -> None:
    from importlib import metadata

    assert {each.name: metadata.version(each.name) for each in locked()} == {
        each.name: each.version for each in locked()
    }


def test_nothing_in_lambda_is_under_a_licence_that_nobody_looked_at() -> None:
    assert [found for found in licences() if not is_allowed(found[2])] == []


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True), ("MIT OR GPL-3.0-only", True), ("MIT AND GPL-3.0-only", False),
        ("AGPL-3.0-or-later", False), ("unknown", False), ("", False),
    ],
)  # fmt: skip
def test_one_alternative_must_be_allowed_whole(licence: str, allowed: bool) -> None:
    assert is_allowed(licence) is allowed
    assert "GPL" not in "".join(ALLOWED_LICENCES)


def test_the_service_imports_nothing_that_lambda_does_not_get() -> None:
    locked = {one.partition("==")[0] for one in LOCK.read_text("utf-8").splitlines()}
    there = {
        top
        for top, names in metadata.packages_distributions().items()
        if {re.sub(r"[-_.]+", "-", name).lower() for name in names} & locked
    }
    # Chalice puts its own runtime into the package; the stubs are read by mypy alone.
    there |= {*sys.stdlib_module_names, "chalicelib", "chalice"}
    missing = {
        (path.name, top)
        for path in (ROOT / "chalicelib").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for top in _tops(node)
        if top not in there and not top.startswith("mypy_boto3_")
    }
    assert not missing


def _tops(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [one.name.partition(".")[0] for one in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module.partition(".")[0]]
    return []
