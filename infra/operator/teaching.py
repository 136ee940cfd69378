"""Teaches the search a word: one entry more in the content, as somebody would write it."""

import json
from pathlib import Path
from typing import Any

from chalicelib.coaches.directory.meanings import folded_key
from chalicelib.content import HERE
from infra.operator.errors import OperatorError


def teach(word: str, other: str, folder: Path = HERE) -> str:
    """Make a word another name of one that the content knows, and return the file that has it."""
    word, key = " ".join(word.split()), folded_key(other)
    for name, lists in (
        ("terms", _names_of_terms),
        ("places", _names_of_places),
        ("synonyms", _groups),
    ):
        path = folder / f"{name}.json"
        content = json.loads(path.read_bytes())
        for names in lists(content):
            if key in map(folded_key, names):
                if folded_key(word) not in map(folded_key, names):
                    names.append(word)
                    path.write_text(_written(content), "utf-8")
                return path.name
    raise OperatorError(f"the search does not know {other}: add an entry to {folder}/terms.json")


def _names_of_terms(content: Any) -> list[list[str]]:
    return [entry["names"] for entry in content]


def _names_of_places(content: Any) -> list[list[str]]:
    return [region["names"] for region in content["regions"]]


def _groups(content: Any) -> list[list[str]]:
    groups: list[list[str]] = content["groups"]
    return groups


def _written(content: Any) -> str:
    """Return the content with one entry a line, as the files are kept."""
    if isinstance(content, list):
        return f"[\n{_lines(content, ' ')}\n]\n"
    parts = []
    for name, value in content.items():
        if isinstance(value, dict):
            inner = ",\n".join(f"  {_one(key)}: {_one(entry)}" for key, entry in value.items())
            parts.append(f" {_one(name)}: {{\n{inner}\n }}")
        elif value and isinstance(value[0], list | dict):
            parts.append(f" {_one(name)}: [\n{_lines(value, '  ')}\n ]")
        else:
            parts.append(f" {_one(name)}: {_one(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _lines(entries: list[Any], indent: str) -> str:
    return ",\n".join(f"{indent}{_one(entry)}" for entry in entries)


def _one(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
