"""A published directory: what is shown of each coach, and every word they are found by."""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from chalicelib.coaches.coach import Coach, options, public_profile
from chalicelib.coaches.directory.folding import (
    fold_text,
    fold_to_words,
    index_words,
    index_words_of_prose,
)
from chalicelib.coaches.directory.layout import (
    FIELDS,
    FILTERS,
    FORMAT,
    LABEL_NAMES,
    Labels,
    Snapshot,
)
from chalicelib.coaches.directory.postings import Posting, pack
from chalicelib.content import load

Found = dict[str, dict[str, set[int]]]


def build(coaches: Iterable[Coach]) -> Snapshot:
    """The snapshot of those that may be shown; the others leave no trace in it."""
    rows = [public_profile(coach) for coach in coaches if coach.public]
    # By the hash of the slug: where a coach stands must say nothing of their name or age.
    rows.sort(key=lambda row: sha256(row["slug"].encode()).digest())
    noise = _noise()
    words_of: Found = {field: defaultdict(set) for field in FIELDS}
    values: Found = {name: defaultdict(set) for name in FILTERS}
    labels = all_labels()
    for number, row in enumerate(rows):
        _index_profile(words_of, number, row, labels, noise)
        for name, value in filter_values(row):
            values[name][value].add(number)
    snapshot = {
        "format": FORMAT,
        "count": len(rows),
        "rows": rows,
        "words": {field: _packed(words_of[field], len(rows)) for field in FIELDS},
        "values": {name: _packed(values[name], len(rows)) for name in FILTERS},
        "labels": labels,
        "synonyms": _synonyms(),
        "noise": dict.fromkeys(sorted(noise), 1),
    }
    return {"version": sha256(_json(snapshot)).hexdigest()[:20], **snapshot}


def serialise(snapshot: Snapshot) -> bytes:
    """One line for the index, then one for each coach: a row is read only when it is shown."""
    columns = list(dict.fromkeys(key for row in snapshot["rows"] for key in row))
    index = {key: value for key, value in snapshot.items() if key != "rows"}
    lines = [_json(index | {"columns": columns})]
    lines.extend(_json([row.get(key) for key in columns]) for row in snapshot["rows"])
    return gzip.compress(b"\n".join(lines), compresslevel=6, mtime=0)


def fallback(snapshot: Snapshot) -> dict[str, Any]:
    """All that the website needs to show the directory alone, while the API is away."""
    return {
        "version": snapshot["version"],
        "labels": snapshot["labels"],
        "coaches": snapshot["rows"],
    }


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _packed(found: Mapping[str, set[int]], size: int) -> dict[str, Posting]:
    return {word: pack(found[word], size) for word in sorted(found)}


def filter_values(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, (column, _) in FILTERS.items():
        value = row.get(column, ())
        yield from ((name, each) for each in ([value] if isinstance(value, str) else value))
    if "all" in row["serves"]:
        yield from (("province", entry["id"]) for entry in options("provinces"))
    if "remote" in row["modes"]:
        yield "province", "remote"


def _index_profile(
    found: Found,
    number: int,
    row: Mapping[str, Any],
    labels: Labels,
    noise: frozenset[str],
) -> None:
    texts = [row.get(column, "") for column in ("organization", "title_fr", "title_en", "city")]
    texts.extend(label_texts(row, labels))
    everyone = load("synonyms")["everyone"]
    in_bio = {
        word for lang in ("fr", "en") for word in index_words_of_prose(row.get(f"bio_{lang}", ""))
    }
    by_field = {
        "name": set(index_words(f"{row['first_name']} {row['last_name']}")),
        "specialty": {word for text in texts for word in index_words(text)} - noise,
        "bio": (in_bio | {fold_text(word) for word in everyone}) - noise,
    }
    for field, filed in by_field.items():
        for word in filed:
            found[field][word].add(number)


def label_texts(row: Mapping[str, Any], labels: Labels) -> Iterator[str]:
    for name, value in filter_values(row):
        if name in ("stream", "sector", "language") or (name, value) == ("province", "remote"):
            yield from labels[name][value].values()
    for code in {row["province"], *row["serves"]} - {"all"}:
        yield code
        yield from labels["province"][code].values()


def all_labels() -> dict[str, dict[str, dict[str, str]]]:
    """For each filter and value, what to call it; in the order to show them."""
    labels: dict[str, dict[str, dict[str, str]]] = {
        name: {
            entry["id"]: {key: entry[key] for key in LABEL_NAMES if key in entry}
            for entry in options(listed)
        }
        for name, (_, listed) in FILTERS.items()
    }
    labels["province"].update(load("coaches")["provinces"])
    return labels


def _noise() -> frozenset[str]:
    listed = load("synonyms")["noise"]
    return frozenset(word for lang in listed for text in listed[lang] for word in index_words(text))


def _synonyms() -> dict[str, list[list[str]]]:
    """For each word or expression, folded, what else it may be called."""
    others: dict[str, list[list[str]]] = {}
    noise = _noise()
    for group in load("synonyms")["groups"]:
        names = [[w for w in fold_to_words(text).split() if w not in noise] for text in group]
        for name in names:
            known = others.setdefault(" ".join(name), [])
            known.extend(other for other in names if other != name and other not in known)
    return others
