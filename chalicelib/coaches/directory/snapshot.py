"""Makes the snapshot of an edition: each public coach, and every word they are found by."""

import gzip
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import TypedDict

from chalicelib import content
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
    FORMAT_VERSION,
    LABEL_NAMES,
    PLACES,
    Field,
    Labels,
    Posting,
    Snapshot,
    SnapshotContent,
)
from chalicelib.coaches.directory.meanings import folded_key, meanings
from chalicelib.coaches.directory.postings import pack
from chalicelib.coaches.directory.slips import sound_of
from chalicelib.coaches.profile import Profile, text_in, values_of
from chalicelib.core.json_text import compact
from chalicelib.core.languages import LANGS

RowsByWord = dict[str, set[int]]
"""For each word or value, the rows of the coaches who have it."""


class Fallback(TypedDict):
    """What the website needs to show the directory alone, while the API is away."""

    version: str
    labels: Labels
    coaches: list[Profile]


def build(coaches: Iterable[Coach]) -> Snapshot:
    """Return the snapshot of the public coaches; the others leave no trace in it."""
    rows = [public_profile(coach) for coach in coaches if coach.public]
    # By the hash of the slug: where a coach stands must say nothing of their name or age.
    rows.sort(key=lambda row: sha256(row["slug"].encode()).digest())
    noise = _noise()
    words: dict[Field, RowsByWord] = {field: defaultdict(set) for field in FIELDS}
    values: dict[str, RowsByWord] = {name: defaultdict(set) for name in (*FILTERS, *PLACES)}
    labels = all_labels()
    for number, row in enumerate(rows):
        for field, found in _words_by_field(row, labels, noise).items():
            for word in found:
                words[field][word].add(number)
        for name, value in (*filter_values(row), *_place_values(row)):
            values[name][value].add(number)
    meant, named = meanings(_cities(rows), labels)
    snapshot: SnapshotContent = {
        "format": FORMAT_VERSION,
        "count": len(rows),
        "rows": rows,
        "words": {field: _packed(words[field], len(rows)) for field in FIELDS},
        "values": {name: _packed(values[name], len(rows)) for name in (*FILTERS, *PLACES)},
        "labels": labels,
        "synonyms": _synonyms(),
        "noise": dict.fromkeys(sorted(noise), 1),
        "everyone": dict.fromkeys(sorted(map(fold_text, content.synonyms()["everyone"])), 1),
        "meanings": meant,
        "named": named,
        "sounds": _sounds(words["name"]),
    }
    return {"version": sha256(_json(snapshot)).hexdigest()[:20], **snapshot}


def serialise(snapshot: Snapshot) -> bytes:
    """Return the snapshot as it is stored: gzip, with one line of JSON for the index and one
    for each coach, so that a row is parsed only when its coach is shown."""
    columns = list(dict.fromkeys(key for row in snapshot["rows"] for key in row))
    index = {key: value for key, value in snapshot.items() if key != "rows"}
    lines = [_json(index | {"columns": columns})]
    lines.extend(_json([row.get(key) for key in columns]) for row in snapshot["rows"])
    return gzip.compress(b"\n".join(lines), compresslevel=6, mtime=0)


def fallback(snapshot: Snapshot) -> Fallback:
    return {
        "version": snapshot["version"],
        "labels": snapshot["labels"],
        "coaches": snapshot["rows"],
    }


def _json(value: object) -> bytes:
    return compact(value).encode()


def _packed(found: RowsByWord, size: int) -> dict[str, Posting]:
    return {word: pack(found[word], size) for word in sorted(found)}


def filter_values(row: Profile) -> Iterator[tuple[str, str]]:
    """Yield each filter and value that finds a coach, also by what `all` and `remote` mean."""
    for name, (column, _) in FILTERS.items():
        yield from ((name, value) for value in values_of(row, column))
    if "all" in row["serves"]:
        yield from (("province", option["id"]) for option in options("provinces"))
    if "remote" in row["modes"]:
        yield "province", "remote"


def _place_values(row: Profile) -> Iterator[tuple[str, str]]:
    yield "home", row["province"]
    if "city" in row:
        yield "city", fold_to_words(row["city"]).strip()


def _cities(rows: Iterable[Profile]) -> list[tuple[str, str]]:
    return sorted({(row["city"], row["province"]) for row in rows if "city" in row})


def _sounds(names: Iterable[str]) -> dict[str, list[str]]:
    """Return the words of names by how they sound."""
    alike: dict[str, list[str]] = defaultdict(list)
    for name in sorted(names):
        if name.isalpha() and name.isascii():
            alike[sound_of(name)].append(name)
    return dict(sorted(alike.items()))


def _words_by_field(
    row: Profile, labels: Labels, noise: frozenset[str]
) -> dict[Field, Iterable[str]]:
    """Return the folded words that find a coach, by the field that they stand in."""
    organization, city = row.get("organization", ""), row.get("city", "")
    titles = (text_in(row, "title", lang) for lang in LANGS)
    texts = [organization, *titles, city, *label_texts(row, labels)]
    in_bios = {word for lang in LANGS for word in index_words_of_prose(text_in(row, "bio", lang))}
    return {
        "name": set(index_words(f"{row['first_name']} {row['last_name']}")),
        "specialty": {word for text in texts for word in index_words(text)} - noise,
        "bio": in_bios - noise,
    }


def label_texts(row: Profile, labels: Labels) -> Iterator[str]:
    """Yield every name of what a coach chose: streams, sectors, languages and places."""
    for name, value in filter_values(row):
        if name in ("stream", "sector", "language") or (name, value) == ("province", "remote"):
            yield from labels[name][value].values()
    for code in {row["province"], *row["serves"]} - {"all"}:
        yield code
        yield from labels["province"][code].values()


def all_labels() -> Labels:
    """Return the names of each value of each filter, in the order to show them."""
    labels: dict[str, dict[str, Mapping[str, str]]] = {
        name: {option["id"]: _names(option) for option in options(source)}
        for name, (_, source) in FILTERS.items()
    }
    provinces = content.coaches()["provinces"]
    labels["province"] |= {"all": _names(provinces["all"]), "remote": _names(provinces["remote"])}
    return labels


def _names(option: Mapping[str, object]) -> dict[str, str]:
    return {key: str(option[key]) for key in LABEL_NAMES if key in option}


def _noise() -> frozenset[str]:
    """Return the folded words that a search passes over."""
    noise = content.synonyms()["noise"]
    return frozenset(word for text in (*noise["en"], *noise["fr"]) for word in index_words(text))


def _synonyms() -> dict[str, list[list[str]]]:
    """Return, for each folded word or phrase, the words of each of its other names.

    A phrase stands here also without its small words, if it has two words then.
    """
    others: dict[str, list[list[str]]] = {}
    noise = _noise()
    for group in content.synonyms()["groups"]:
        names = [_telling(folded_key(text).split(), noise) for text in group]
        for text, name in zip(group, names, strict=True):
            keys = {folded_key(text), *([" ".join(name)] if len(name) > 1 else [])}
            for key in keys:
                known = others.setdefault(key, [])
                known.extend(other for other in names if other != name and other not in known)
    return others


def _telling(words: list[str], noise: frozenset[str]) -> list[str]:
    """Return the words that tell something; all of them if none does."""
    return [word for word in words if word not in noise] or words
