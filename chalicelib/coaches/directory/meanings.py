"""What names mean that visitors use for places, languages, nations, modes and themes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from chalicelib import content
from chalicelib.coaches.directory.folding import fold_text, fold_to_words, pieces
from chalicelib.coaches.directory.layout import Labels, Meaning

Named = dict[str, int]


def folded_key(name: str) -> str:
    """Return the key of a name: its pieces, with spaces between them."""
    return " ".join(piece for chunk in fold_text(name).split() for piece in pieces(chunk))


def meanings(cities: Iterable[tuple[str, str]], labels: Labels) -> tuple[list[Meaning], Named]:
    """Return what names mean, and for each folded name the number of its meaning.

    `cities` are those of the coaches, each with its province. What stands first in the content
    wins; provinces and cities that nothing is said of mean who serves there.
    """
    found: list[Meaning] = []
    named: Named = {}
    for names, meaning in (*_terms(), *_regions(), *_cities(cities), *_provinces(labels)):
        keys = {key for name in names for key in (folded_key(name), *_joined(name))}
        for key in sorted(keys - named.keys()):
            named[key] = len(found)
        found.append(meaning)
    return found, dict(sorted(named.items()))


def _joined(name: str) -> Iterator[str]:
    """Yield the name without its full stops and hyphens, if it is one word: « N.-B. », nb."""
    chunks = fold_text(name).split()
    if len(chunks) == 1:
        yield "".join(pieces(chunks[0]))


def _terms() -> Iterator[tuple[Sequence[str], Meaning]]:
    for entry in content.terms():
        first, near = _filed(entry["means"]), _filed(entry.get("near", {}))
        yield entry["names"], {"first": first, "near": near, "every": entry.get("every", False)}


def _filed(values: Mapping[str, Sequence[str]]) -> list[list[str]]:
    return [[name, value] for name in values for value in values[name]]


def _regions() -> Iterator[tuple[Sequence[str], Meaning]]:
    for region in content.places()["regions"]:
        cities = [["city", fold_to_words(city).strip()] for city in region["cities"]]
        provinces = region["provinces"]
        served = [["province", code] for code in provinces]
        homes = [["home", code] for code in provinces]
        first = cities or [*homes, *served]
        yield region["names"], {"first": first, "near": served if cities else [], "every": False}


def _cities(cities: Iterable[tuple[str, str]]) -> Iterator[tuple[Sequence[str], Meaning]]:
    known = ((city, code) for code, found in content.places()["cities"].items() for city in found)
    for city, code in (*known, *cities):
        yield [city], {"first": [["city", fold_to_words(city).strip()]],
                       "near": [["province", code]], "every": False}  # fmt: skip


def _provinces(labels: Labels) -> Iterator[tuple[Sequence[str], Meaning]]:
    for code, names in labels["province"].items():
        if code not in ("all", "remote"):
            near = [["province", code]]
            yield [code, *names.values()], {"first": [], "near": near, "every": False}
