"""A coach as a search shows them: a card, what was found in it, and where."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from chalicelib.coaches.directory.highlights import LABEL_FILTERS, explain, find_term
from chalicelib.coaches.directory.layout import FILTERS, Labels
from chalicelib.coaches.directory.matching import Match
from chalicelib.coaches.directory.text import FoldedTexts, Span, folded_part
from chalicelib.content import load
from chalicelib.core.languages import Lang, other_language

EXCERPT_LENGTH: Final = 220
_EXCERPT_LEAD: Final = 70
"""How much of a biography is shown, and of that how much before the first word found."""

_CARD_COLUMNS: Final = (
    "slug", "first_name", "last_name", "organization", "city", "province", "serves", "modes",
    "languages", "streams", "sectors", "availability", "photo", "contact",
)  # fmt: skip

Row = Mapping[str, Any]
Named = Callable[[int], Mapping[tuple[str, str], dict[str, Any]]]


class CoachResult:
    """One coach in one language, prepared when first shown."""

    def __init__(self, row: Row, lang: Lang) -> None:
        self._lang = lang
        title_lang = lang if row.get(f"title_{lang}") else other_language(lang)
        bio_lang = lang if row.get(f"bio_{lang}") else other_language(lang)
        self._bio: str = row[f"bio_{bio_lang}"]
        self._rest = [
            (key, row.get(f"{key}_{other_language(lang)}", "")) for key in ("title", "bio")
        ]
        self.card = {key: row[key] for key in _CARD_COLUMNS if key in row}
        self.card["name"] = f"{row['first_name']} {row['last_name']}"
        self.card |= _in_language(row, "title", title_lang) | _in_language(row, "pronouns", lang)
        self.card |= {"excerpt": excerpt(self._bio, 0)[0], "excerpt_lang": bio_lang}

    @cached_property
    def _text(self) -> FoldedTexts:
        """What is on the card."""
        card = self.card
        return FoldedTexts([
            folded_part("name", "", card["name"]),
            folded_part("organization", "", card.get("organization", "")),
            folded_part("title", card.get("title_lang", ""), card.get("title", "")),
            folded_part("city", "", card.get("city", "")),
            folded_part("excerpt", card["excerpt_lang"], self._bio),
        ])  # fmt: skip

    @cached_property
    def _unseen(self) -> FoldedTexts:
        """What was searched too, in the other language."""
        return FoldedTexts(
            folded_part(key, other_language(self._lang), text) for key, text in self._rest
        )

    def result(self, matches: Sequence[Match], named: Named) -> dict[str, Any]:
        """The card, with why it was found; `named` tells the labels that each match names."""
        spots: list[Span] = []
        matched = []
        for at, match in enumerate(matches):
            if sighting := find_term(self._text, match):
                spots.extend(sighting.spots)
                matched.append(explain(match, sighting, self._text, self._lang))
            elif label := self._label(named(at)):
                matched.append(label)
            elif sighting := find_term(self._unseen, match):
                matched.append(explain(match, sighting, self._unseen, self._lang))
        return {**self.card, **self._marked(spots), "matched": matched}

    def _label(self, named: Mapping[tuple[str, str], dict[str, Any]]) -> dict[str, Any] | None:
        for (name, value), label in named.items():
            if value in self.card.get(LABEL_FILTERS[name], ()):
                return label
            if name == "province" and value == self.card["province"]:
                return label
        return None

    def _marked(self, spots: Sequence[Span]) -> dict[str, Any]:
        """The highlights by field; the excerpt moves to where the first word was found."""
        marks: dict[str, list[list[int]]] = {}
        places = [self._text.place(spot) for spot in spots]
        for at, begin, end in sorted(set(places)) if len(places) > 1 else places:
            marks.setdefault(self._text.parts[at].field, []).append([begin, end])
        shown = marks.get("excerpt")
        if not shown or shown[-1][1] < len(self.card["excerpt"]) - 1:
            return {"highlights": marks}
        text, shift = excerpt(self._bio, marks["excerpt"][0][0])
        moved = [[begin + shift, end + shift] for begin, end in marks["excerpt"]]
        marks["excerpt"] = [[begin, end] for begin, end in moved if begin >= 0 and end < len(text)]
        return {"highlights": marks, "excerpt": text}


def _in_language(row: Mapping[str, Any], column: str, lang: Lang) -> dict[str, Any]:
    text = row.get(f"{column}_{lang}")
    return {column: text, f"{column}_lang": lang} if text else {}


def excerpt(text: str, first: int) -> tuple[str, int]:
    """A stretch of the text with the letter at `first` in it, and how far letters moved."""
    start = 0
    if first > EXCERPT_LENGTH - _EXCERPT_LEAD:
        start = text.find(" ", first - _EXCERPT_LEAD, first) + 1 or first
    end = len(text)
    if end - start > EXCERPT_LENGTH:
        end = max(text.rfind(" ", start, start + EXCERPT_LENGTH), start + EXCERPT_LENGTH // 2)
    head, tail = "… " if start else "", " …" if end < len(text) else " "
    shown = f"{head}{text[start:end]}{tail}".replace("\n", " ")
    return shown, len(head) - start


def profile_in(row: Mapping[str, Any], lang: Lang, labels: Labels) -> dict[str, Any]:
    """Everything public of one coach in one language, with the words for each choice."""
    known = {key: value for key, value in row.items() if key[-3:] not in ("_fr", "_en")}
    for column in ("title", "bio", "photo_alt", "pronouns"):
        written_in = lang if row.get(f"{column}_{lang}") else other_language(lang)
        known |= _in_language(row, column, written_in)
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
