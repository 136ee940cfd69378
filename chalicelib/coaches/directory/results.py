"""A coach as visitors see them: a card among the results, with why they were found, or a page."""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from json.encoder import encode_basestring as quote
from typing import Final, NotRequired, cast

from chalicelib import content
from chalicelib.coaches.directory.folding import fold_to_words
from chalicelib.coaches.directory.highlights import (
    LABEL_FILTERS,
    Explained,
    Explanation,
    Sought,
)
from chalicelib.coaches.directory.layout import FILTERS, Labels
from chalicelib.coaches.directory.text import FoldedTexts, Part, Span
from chalicelib.coaches.profile import Basics, Contacts, Profile, text_in, values_of
from chalicelib.core.languages import Lang, other_language

EXCERPT_LENGTH: Final = 220
"""Characters of a biography on a card."""

_EXCERPT_LEAD: Final = 70
"""How many of them stand before the first word that was found."""

_CARD_COLUMNS: Final = (
    "slug", "first_name", "last_name", "organization", "city", "province", "serves", "modes",
    "languages", "streams", "sectors", "availability", "photo", "contact",
)  # fmt: skip

_ESCAPED_IN_JSON: Final = re.compile(r'["\\\x00-\x09\x0b-\x1f]')
"""What JSON does not have as it is, but for ends of lines, which an excerpt does not have."""

AS_JSON: Final = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, separators=(",", ":")
).encode

Highlights = dict[str, list[list[int]]]
"""For each text of a card, where found words begin and end: characters, the end excluded."""


class Summary(Basics):
    """What a card and a page have in common.

    `title` and `pronouns` are missing if the coach gave none; a title may be in the other
    language, as `title_lang` says.
    """

    name: str
    title: NotRequired[str]
    title_lang: NotRequired[Lang]
    pronouns: NotRequired[str]
    pronouns_lang: NotRequired[Lang]


class Card(Summary):
    """`excerpt` is from the biography in `excerpt_lang`."""

    excerpt: str
    excerpt_lang: Lang


class FoundCard(Card):
    """A card with why it was found: where the words found begin and end, an excerpt that has them,
    and for each term how it found this coach."""

    highlights: Highlights
    matched: list[Explanation]


class CoachPage(Summary, Contacts):
    """All that is public of one coach in one language.

    `labels` has, by column, the label of each value. `bio_note` says that the biography is
    in the other language alone.
    """

    labels: dict[str, dict[str, str]]
    bio: str
    bio_lang: Lang
    bio_note: NotRequired[str]
    photo_alt: NotRequired[str]
    photo_alt_lang: NotRequired[Lang]


class CoachResult:
    """One coach in one language, prepared when they are first found."""

    def __init__(self, profile: Profile, lang: Lang) -> None:
        self._lang = lang
        self._profile = profile
        bio_lang = _written_in(profile, "bio", lang)
        title_lang = _written_in(profile, "title", lang)
        self._bio = text_in(profile, "bio", bio_lang)
        columns = cast("Mapping[str, object]", profile)
        shown = {key: columns[key] for key in _CARD_COLUMNS if key in columns}
        shown["name"] = f"{profile['first_name']} {profile['last_name']}"
        shown |= _localised(profile, "title", title_lang) | _localised(profile, "pronouns", lang)
        shown |= {"excerpt": excerpt(self._bio, 0)[0], "excerpt_lang": bio_lang}
        self.card = cast("Card", shown)

    @cached_property
    def _texts(self) -> FoldedTexts:
        """What is on the card."""
        card = self.card
        return FoldedTexts([
            Part("name", "", card["name"]),
            Part("organization", "", card.get("organization", "")),
            Part("title", card.get("title_lang", ""), card.get("title", "")),
            Part("city", "", card.get("city", "")),
            Part("excerpt", card["excerpt_lang"], self._bio),
        ])  # fmt: skip

    @cached_property
    def _hidden_texts(self) -> FoldedTexts:
        """What is searched too and not on the card: the texts in the other language."""
        lang = other_language(self._lang)
        return FoldedTexts(
            Part(column, lang, text_in(self._profile, column, lang)) for column in ("title", "bio")
        )

    def written(self, terms: Sequence[Sought]) -> tuple[str, Sequence[Explained]]:
        """Return the card with why these terms found the coach (`FoundCard`) as JSON, and the
        explanations."""
        spans, explained = self._found(terms)
        if not explained:
            return self._plain_text, ()
        marks, shown = self._highlights(spans) if spans else ({}, self.card["excerpt"])
        highlights = ",".join([f'"{name}":{places}' for name, places in marks.items()])
        quoted = f'"{shown}"' if self._bio_is_plain else quote(shown)
        matched = (
            explained[0][2] if len(explained) == 1 else ",".join([text for _, _, text in explained])
        )
        return (
            f'{self._card_text},"highlights":{{{highlights.replace(" ", "")}}},"excerpt":{quoted},'
            f'"matched":[{matched}]}}'
        ), explained

    @cached_property
    def _bio_is_plain(self) -> bool:
        """Whether any part of the biography, on one line, is the same as JSON."""
        return not _ESCAPED_IN_JSON.search(self._bio)

    @cached_property
    def _plain_text(self) -> str:
        why = {"highlights": {}, "excerpt": self.card["excerpt"], "matched": []}
        return f"{self._card_text},{AS_JSON(why)[1:]}"

    @cached_property
    def _card_text(self) -> str:
        """The card as JSON, open at its end: of most coaches it is written many times."""
        known = {key: value for key, value in self.card.items() if key != "excerpt"}
        return AS_JSON(known)[:-1]

    def _found(self, terms: Sequence[Sought]) -> tuple[list[Span], list[Explained]]:
        """Return where the terms stand on the card, and the explanation of each."""
        spans: list[Span] = []
        explained: list[Explained] = []
        texts, lang = self._texts, self._lang
        for sought in terms:
            if found := sought.find(texts):
                spans += found[0]
                explained.append(sought.explained(found, texts, lang))
            elif label := self._chosen(sought):
                explained.append(label)
            elif found := sought.find_joined(texts):
                spans += found[0]
                explained.append(sought.explained(found, texts, lang))
            elif found := sought.find(self._hidden_texts):
                explained.append(sought.explained(found, self._hidden_texts, lang))
            elif found := sought.find_part(texts):
                spans += found[0]
                explained.append(sought.explained(found, texts, lang))
            elif found := sought.find_part(self._hidden_texts):
                explained.append(sought.explained(found, self._hidden_texts, lang))
        return spans, explained

    def _chosen(self, sought: Sought) -> Explained | None:
        """Return the explanation of the first value that the term names and the coach has."""
        columns = cast("Mapping[str, list[str]]", self.card)
        for (name, value), explained in sought.named.items():
            if name == "city":
                if fold_to_words(self.card.get("city", "")) == value:
                    return sought.in_city(self.card.get("city", ""))
            elif (
                (name == "availability" and value == self.card["availability"])
                or (name in LABEL_FILTERS and value in columns.get(LABEL_FILTERS[name], ()))
                or (name in ("home", "province") and value == self.card["province"])
                or (name == "province" and "all" in self.card["serves"])
            ):
                return explained
        return None

    def _highlights(self, spans: Sequence[Span]) -> tuple[Highlights, str]:
        """Return the highlights, and the excerpt, moved to where the first word was found."""
        marks: Highlights = {}
        texts = self._texts
        places = [texts.as_written(span) for span in spans]
        for number, begin, end in sorted(set(places)) if len(places) > 1 else places:
            marks.setdefault(texts.parts[number].field, []).append([begin, end])
        in_bio = marks.get("excerpt")
        if not in_bio or in_bio[-1][1] < len(self.card["excerpt"]) - 1:
            return marks, self.card["excerpt"]
        text, shift = excerpt(self._bio, in_bio[0][0])
        moved = [[begin + shift, end + shift] for begin, end in in_bio]
        marks["excerpt"] = [[begin, end] for begin, end in moved if begin >= 0 and end < len(text)]
        if not marks["excerpt"]:
            del marks["excerpt"]
        return marks, text


def _written_in(profile: Profile, column: str, lang: Lang) -> Lang:
    """Return the language to show a text in: the other one if it is not given in `lang`."""
    return lang if text_in(profile, column, lang) else other_language(lang)


def _localised(profile: Profile, column: str, lang: Lang) -> dict[str, object]:
    text = text_in(profile, column, lang)
    return {column: text, f"{column}_lang": lang} if text else {}


def excerpt(text: str, first: int) -> tuple[str, int]:
    """Return a stretch of the text around the letter at `first`, and how far letters moved."""
    start = 0
    if first > EXCERPT_LENGTH - _EXCERPT_LEAD:
        start = text.find(" ", first - _EXCERPT_LEAD, first) + 1 or first
    end = len(text)
    if end - start > EXCERPT_LENGTH:
        end = max(text.rfind(" ", start, start + EXCERPT_LENGTH), start + EXCERPT_LENGTH // 2)
    head, tail = "… " if start else "", " …" if end < len(text) else " "
    shown = f"{head}{text[start:end]}{tail}".replace("\n", " ")
    return shown, len(head) - start


def coach_page(profile: Profile, lang: Lang, labels: Labels) -> CoachPage:
    """Return everything public of one coach in one language, with a label for each choice."""
    shown: dict[str, object] = {
        key: value for key, value in profile.items() if key[-3:] not in ("_fr", "_en")
    }
    for column in ("title", "bio", "photo_alt", "pronouns"):
        shown |= _localised(profile, column, _written_in(profile, column, lang))
    page = cast("CoachPage", shown)
    if page["bio_lang"] != lang:
        page["bio_note"] = content.coaches()["bio_only"][page["bio_lang"]][lang]
    page["name"] = f"{profile['first_name']} {profile['last_name']}"
    page["labels"] = {
        column: {value: labels[name][value][lang] for value in values_of(profile, column)}
        for name, (column, _) in FILTERS.items()
        if column in profile
    }
    code = profile["province"]
    page["labels"]["province"] = {code: labels["province"][code][lang]}
    return page
