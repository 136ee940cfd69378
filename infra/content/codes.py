"""The codes that the service names in its source, each of which needs words in the content."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]

CALLS: Final = {
    "wrong": (0, ("messages", "coaches.import")),
    "Problem": (1, ("messages",)),
    "SheetProblem": (2, ("coaches.import", "messages")),
    "UnusableQuery": (0, ("coaches.refused",)),
    "Finding": (0, ("preflight.findings",)),
    "finds": (0, ("preflight.findings",)),
    "context.text": (0, ("commands",)),
    "step": (1, ("review.events", "issues.transitions")),
}
"""Function → which of its arguments is a code, and where its words may stand."""


@cache
def named() -> frozenset[tuple[str, str]]:
    """Return every (function of CALLS, code) that stands in the source in so many words."""
    found: set[tuple[str, str]] = set()
    for room in ("chalicelib", "infra"):
        for path in (ROOT / room).rglob("*.py"):
            found.update(_calls(ast.parse(path.read_text("utf-8"))))
    return frozenset(found)


def _calls(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        whole = ast.unparse(node.func)
        name = whole if whole in CALLS else whole.rpartition(".")[2]
        if name in CALLS and len(node.args) > CALLS[name][0]:
            for code in _constants(node.args[CALLS[name][0]]):
                yield name, code


def _constants(node: ast.expr) -> Iterator[str]:
    """A string, or either of the two of a condition."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _constants(node.body)
        yield from _constants(node.orelse)
