"""A coach as a search shows them: a card, what was found in it, and where."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, NamedTuple

from chalicelib.content import load
from chalicelib.directory.asking import Lang
from chalicelib.directory.matching import ALIKE, BEGUN, EXACT, KINDS, MISSPELT, Match, variants
from chalicelib.directory.snapshot import FILTERS
from chalicelib.directory.text import Part, Spot, Text, part

EXCERPT: Final = 220
_BEFORE: Final = 70
"""How much of a biography is shown, and of that how much before the first word found."""

_ON_CARD: Final = (
    "slug", "first_name", "last_name", "organization", "city", "province", "serves", "modes",
    "languages", "streams", "sectors", "availability", "photo", "contact",
)  # fmt: skip

Row = Mapping[str, Any]
Labels = Mapping[str, Mapping[str, Mapping[str, str]]]


Spoken = Mapping[str, Mapping[str, Sequence[Part]]]
"""For each filter and value, all that it is called."""

SEARCHED: Final = {
    name: column
    for name, (column, _) in FILTERS.items()
    if name in ("stream", "sector", "language", "province", "delivery")
}
"""The filters whose labels are searched too, each with its column."""


Found = tuple[list[Spot], list[Spot]]
"""Every place of some words, and the first of each."""


class Sighting(NamedTuple):
    """The kind of a match, where it is, and of each of its words the first place."""

    kind: int
    spots: list[Spot]
    first: list[Spot]


def other(lang: Lang) -> Lang:
    return "en" if lang == "fr" else "fr"


class Shown:
    """One coach in one language, prepared when first shown."""

    def __init__(self, read: Callable[[], Row], lang: Lang, spoken: Spoken) -> None:
        # The row is read again for the little that is seldom needed, and not kept: a card and
        # its words are a third of it.
        self._read, self._lang, self._spoken = read, lang, spoken
        row = read()
        bio_lang = lang if row.get(f"bio_{lang}") else other(lang)
        self._bio: str = row[f"bio_{bio_lang}"]
        title_lang = lang if row.get(f"title_{lang}") else other(lang)
        self.card = {key: row[key] for key in _ON_CARD if key in row}
        self.card["name"] = f"{row['first_name']} {row['last_name']}"
        self.card |= _in_words(row, "title", title_lang) | _in_words(row, "pronouns", lang)
        self.card |= {"excerpt": excerpt(self._bio, 0)[0], "excerpt_lang": bio_lang}

    @cached_property
    def _text(self) -> Text:
        """What is on the card."""
        card = self.card
        return Text([
            part("name", "", card["name"]),
            part("organization", "", card.get("organization", "")),
            part("title", card.get("title_lang", ""), card.get("title", "")),
            part("city", "", card.get("city", "")),
            part("excerpt", card["excerpt_lang"], self._bio),
        ])  # fmt: skip

    @cached_property
    def _rest(self) -> Text:
        """What was searched and is not on the card: the labels and the other language."""
        row = self._read()
        parts: list[Part] = [
            part(column, other(self._lang), row.get(f"{column}_{other(self._lang)}", ""))
            for column in ("title", "bio")
        ]
        parts.extend(self._spoken["province"][row["province"]])
        for name, column in SEARCHED.items():
            for value in row.get(column, ()):
                parts.extend(self._spoken[name][value])
        return Text(parts)

    def result(self, matches: Iterable[Match]) -> dict[str, Any]:
        spots: list[Spot] = []
        matched = []
        for match in matches:
            if sighting := sight(self._text, match):
                spots.extend(sighting.spots)
                matched.append(_said(match, sighting, self._text, self._lang))
            elif sighting := sight(self._rest, match):
                matched.append(_said(match, sighting, self._rest, self._lang))
        return {**self.card, **self._marked(spots), "matched": matched}

    def _marked(self, spots: Sequence[Spot]) -> dict[str, Any]:
        """The highlights by field; the excerpt moves to where the first word was found."""
        marks: dict[str, list[list[int]]] = {}
        for at, begin, end in sorted({self._text.place(spot) for spot in spots}):
            marks.setdefault(self._text.parts[at].field, []).append([begin, end])
        shown = marks.get("excerpt")
        if not shown or shown[-1][1] < len(self.card["excerpt"]) - 1:
            return {"highlights": marks}
        text, shift = excerpt(self._bio, marks["excerpt"][0][0])
        moved = [[begin + shift, end + shift] for begin, end in marks["excerpt"]]
        marks["excerpt"] = [[begin, end] for begin, end in moved if begin >= 0 and end < len(text)]
        return {"highlights": marks, "excerpt": text}


def sight(text: Text, match: Match) -> Sighting | None:
    """How the coach came to be found by a term, the best way first."""
    words, whole = match.term.words, match.term.whole
    if whole != words[0] and (found := _bound(text, whole)):
        return Sighting(EXACT, *found)
    if found := _all(text, words, exact=False):
        return Sighting(EXACT if all(map(text.is_word, found[1])) else BEGUN, *found)
    if match.names(EXACT) and (found := _bound(text, whole)):
        return Sighting(EXACT, *found)
    for name in (*((word,) for word in variants(words[0])), *match.term.others):
        if found := _all(text, name, exact=True):
            return Sighting(ALIKE, *found)
    for word in match.misspelt:
        if found := _all(text, (word,), exact=True):
            return Sighting(MISSPELT, *found)
    if match.names(MISSPELT):
        return next(
            (Sighting(MISSPELT, *found) for w in match.misspelt if (found := _bound(text, w))), None
        )
    return None


def _bound(text: Text, whole: str) -> Found | None:
    """Where the pieces of a name, put together, are the word: « O’Brien », "obrien"."""
    spots = text.find_bound(whole) if whole else []
    return (spots, spots[:1]) if spots else None


def _all(text: Text, words: Iterable[str], *, exact: bool) -> Found | None:
    """Where each of the words stands; nowhere, if one is missing."""
    spots: list[Spot] = []
    first: list[Spot] = []
    for word in words:
        found = text.find(word, exact=exact)
        if not found:
            return None
        spots.extend(found)
        first.append(next(filter(text.is_word, found), found[0]))
    return spots, first


def _said(match: Match, sighting: Sighting, text: Text, lang: Lang) -> dict[str, Any]:
    """`found` is the whole words, as written; `text` explains what was not asked as such."""
    words = [text.word(spot) for spot in sighting.first]
    places = [
        text.place((spot[0], spot[0] + max(len(word), spot[1] - spot[0])))
        for spot, word in zip(sighting.first, words, strict=True)
    ]
    field, written_in, *_ = text.parts[places[0][0]]
    said = {
        "query": match.term.typed,
        "found": " ".join(text.parts[at].text[begin:end] for at, begin, end in places),
        "how": KINDS[sighting.kind],
        "field": "bio" if field == "excerpt" else field,
    }
    if sighting.kind in (ALIKE, MISSPELT):
        said["text"] = f"{match.term.typed}≈{' '.join(words)}"
    return said | ({"lang": written_in} if written_in not in ("", lang) else {})


def spoken(labels: Labels, lang: Lang) -> Spoken:
    """Every way to say each value, that of the language first."""
    return {
        name: {value: _ways(name, value, label, lang) for value, label in labels[name].items()}
        for name in SEARCHED
    }


def _ways(name: str, value: str, label: Mapping[str, str], lang: Lang) -> list[Part]:
    written = dict.fromkeys((label[lang], label[other(lang)], *label.values(), value))
    return [part(name, "", text) for text in written]


def _in_words(row: Mapping[str, Any], column: str, lang: Lang) -> dict[str, Any]:
    text = row.get(f"{column}_{lang}")
    return {column: text, f"{column}_lang": lang} if text else {}


def excerpt(text: str, first: int) -> tuple[str, int]:
    """A stretch of the text with the letter at `first` in it, and how far letters moved."""
    start = 0
    if first > EXCERPT - _BEFORE:
        start = text.find(" ", first - _BEFORE, first) + 1 or first
    end = len(text)
    if end - start > EXCERPT:
        end = max(text.rfind(" ", start, start + EXCERPT), start + EXCERPT // 2)
    head, tail = "… " if start else "", " …" if end < len(text) else " "
    shown = f"{head}{text[start:end]}{tail}".replace("\n", " ")
    return shown, len(head) - start


def page(row: Mapping[str, Any], lang: Lang, labels: Labels) -> dict[str, Any]:
    """Everything public of one coach in one language, with the words for each choice."""
    known = {key: value for key, value in row.items() if key[-3:] not in ("_fr", "_en")}
    for column in ("title", "bio", "photo_alt", "pronouns"):
        written_in = lang if row.get(f"{column}_{lang}") else other(lang)
        known |= _in_words(row, column, written_in)
    if known["bio_lang"] != lang:
        known["bio_note"] = load("coaches")["bio_only"][known["bio_lang"]][lang]
    known["name"] = f"{row['first_name']} {row['last_name']}"
    known["labels"] = {
        column: {
            value: labels[name][value][lang]
            for value in ([row[column]] if isinstance(row[column], str) else row[column])
        }
        for name, (column, _) in FILTERS.items()
        if column in row
    }
    known["labels"]["province"] = {row["province"]: labels["province"][row["province"]][lang]}
    return known
