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
    "UnreadableSheet": (0, ("messages",)),
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
    return frozenset(
        (name, code)
        for calls, _ in _source()
        for name, call in _of_codes(calls)
        for code in _constants(call.args[CALLS[name][0]])
    )


@cache
def _source() -> tuple[tuple[list[ast.Call], list[ast.Dict]], ...]:
    """Return the (calls, dicts) of each file: walking the source is what costs, so once."""
    return tuple(
        _calls_and_dicts(ast.parse(path.read_text("utf-8")))
        for room in ("chalicelib", "infra")
        for path in (ROOT / room).rglob("*.py")
    )


def _calls_and_dicts(tree: ast.AST) -> tuple[list[ast.Call], list[ast.Dict]]:
    calls: list[ast.Call] = []
    dicts: list[ast.Dict] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            calls.append(node)
        elif isinstance(node, ast.Dict):
            dicts.append(node)
    return calls, dicts


def _of_codes(calls: list[ast.Call]) -> Iterator[tuple[str, ast.Call]]:
    """Yield (its name in CALLS, call) of those that name a code."""
    for call in calls:
        whole = _dotted(call.func)
        name = whole if whole in CALLS else whole.rpartition(".")[2]
        if name in CALLS and len(call.args) > CALLS[name][0]:
            yield name, call


def _dotted(function: ast.expr) -> str:
    """Return the last two names of what is called: `context.text`, `wrong`, `.format`."""
    if isinstance(function, ast.Name):
        return function.id
    if not isinstance(function, ast.Attribute):
        return ""
    owner = function.value.id if isinstance(function.value, ast.Name) else ""
    return f"{owner}.{function.attr}"


def _constants(node: ast.expr) -> Iterator[str]:
    """Yield a string, or either of the two of a condition."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _constants(node.body)
        yield from _constants(node.orelse)


@cache
def filled() -> dict[str, set[str]]:
    """Return for each code the names that its calls fill in.

    Where a call does not spell them out, these are all that any call fills in.
    """
    found: dict[str, set[str]] = {}
    anything: set[str] = set()
    vague: set[str] = set()
    for calls, dicts in _source():
        anything |= _keys(calls, dicts)
        for code, names in _fillings(calls):
            found.setdefault(code, set()).update(names or ())
            if names is None:
                vague.add(code)
            anything.update(names or ())
    return {code: anything if code in vague else names for code, names in found.items()} | {
        "": anything
    }


def _fillings(calls: list[ast.Call]) -> Iterator[tuple[str, set[str] | None]]:
    """Yield (code, names) of each call of CALLS; None for names that are not spelled out."""
    for name, node in _of_codes(calls):
        names: set[str] | None = {keyword.arg for keyword in node.keywords if keyword.arg}
        for argument in node.args[CALLS[name][0] + 1 :]:
            if isinstance(argument, ast.Dict):
                keys = {key.value for key in argument.keys if isinstance(key, ast.Constant)}
                names = None if names is None else names | {str(key) for key in keys}
            elif isinstance(argument, (ast.Name, ast.Call, ast.DictComp, ast.Attribute)):
                names = None if _may_be_facts(argument) else names
        if any(keyword.arg is None for keyword in node.keywords):
            names = None
        for code in _constants(node.args[CALLS[name][0]]):
            yield code, names


def _may_be_facts(argument: ast.expr) -> bool:
    return not (isinstance(argument, (ast.Name, ast.Attribute)) and ast.unparse(argument) in PLACES)


PLACES: Final = frozenset({"file", "line", "source.file", "source.start", "number", "column"})
"""What calls give beside the facts: where a finding is."""


def _keys(calls: list[ast.Call], dicts: list[ast.Dict]) -> set[str]:
    """Return the names that stand as keys of a dict or are given to a `format` or `text`."""
    return {
        key.value
        for node in dicts
        for key in node.keys
        if isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value.isidentifier()
    } | {
        keyword.arg
        for call in calls
        if _dotted(call.func).endswith(("format", "text"))
        for keyword in call.keywords
        if keyword.arg
    }
