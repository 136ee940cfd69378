"""The passages of a letter that staff may word anew: what a paragraph, a heading, a line of a list,
a button or a branch of a condition says, between the tags and conditions of its templates, which
stay as they are.

A passage is the same words in `body.html` and in `body.txt`, in each language. What the letter
fills in stands in it as a name in braces, and goes back to the very expression that it was; no
other brace is taken, so that an edited passage can execute nothing.
"""

import hashlib
import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Final, Literal

from chalicelib.content.edits import LANGS, fits
from chalicelib.core.template_runs import TextRun, runs_of

SUBJECT: Final = "subject"
"""The passage that is the subject of the letter."""

ID_LENGTH: Final = 10

NAME_OF_FRENCH: Final = "Français"
"""What an English page has where a French one has “English”: the switch of language."""

Part = Literal["subject", "html", "text"]
Pair = tuple[TextRun, TextRun]
"""A run of French, and what stands there in English."""


@dataclass(frozen=True)
class LetterPassage:
    """One passage in both languages, and what the letter fills into it by each name. It stands in
    these `parts` of the letter, and is written under these conditions."""

    id: str
    fr: str
    en: str
    filled: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    conditions: tuple[str, ...] = ()

    @property
    def texts(self) -> dict[str, str]:
        return {"fr": self.fr, "en": self.en}


def passages(sources: Mapping[str, str]) -> list[LetterPassage]:
    """Return the passages of a letter, whose templates these are by the name of their file."""
    found: dict[Part, list[Pair]] = {"subject": [], "html": [], "text": []}
    for name in sorted(sources, key=lambda one: (not one.endswith(".html"), one)):
        found[part_of(name)] += _paired(runs_of(sources[name], is_html=name.endswith(".html")))
    lines = {_texts(pair) for pair in found["text"]}
    blocks = list(_without_twice(found["html"], lines))
    made = [_subject(pair, found["subject"]) for pair in found["subject"]]
    made += [_passage(_id(*_texts(pair)), pair, "html") for pair in blocks]
    made += [_passage(_id(*_texts(pair)), pair, "text") for pair in found["text"]]
    by_id: dict[str, LetterPassage] = {}
    for one in made:
        by_id[one.id] = _joined(by_id.get(one.id, one), one)
    return list(by_id.values())


def passages_of_page(source: str) -> list[LetterPassage]:
    """Return the passages of a page, whose template this is: what stands in both languages under
    the same conditions, with no statement of the template within it."""
    pairs = _paired(runs_of(source, is_html=True))
    sound = [pair for pair in pairs if _is_sound(*pair)]
    made = [_passage(_id(*_texts(pair)), pair, "html") for pair in _without_twice(sound, set())]
    return list({one.id: one for one in made}.values())


def _is_sound(french: TextRun, english: TextRun) -> bool:
    filled = [*french.filled.values(), *english.filled.values()]
    is_whole = not any("{%" in one for one in filled)
    return is_whole and french.conditions == english.conditions and english.text != NAME_OF_FRENCH


def reworded(
    source: str, file: str, known: Sequence[LetterPassage], values: Mapping[str, object]
) -> str:
    """Return the source of a template of a letter (`file` is its name) with edited passages in
    their place; one that does not fit is left as it was packaged."""
    part, is_html = part_of(file), file.endswith(".html")
    texts: dict[tuple[str, str], str] = {}
    for one in known:
        value = values.get(one.id)
        if part in one.parts and isinstance(value, dict) and fits(one.texts, value, {}):
            texts |= {(lang, one.texts[lang]): str(value[lang]) for lang in LANGS}
    # Words go first: the runs around them keep the expressions that they stand in.
    for of_words in (True, False):
        for run in reversed(runs_of(source, is_html=is_html)):
            new = texts.get((run.lang, run.text))
            if new is not None and (run.kind == "words") == of_words:
                source = source[: run.start] + _written(new, run) + source[run.end :]
    return source


def shown(source: str, lang: str) -> Iterator[TextRun]:
    """Yield what the HTML of a letter says in a language, with names for what is filled in; words
    of an expression only where no run around them has them."""
    reached = 0
    for run in runs_of(source, is_html=True):
        if run.lang == lang and not run.lead and run.start >= reached:
            reached = run.end
            yield run


def part_of(file: str) -> Part:
    """Return the part of a letter that a template is of."""
    return "subject" if file == "subject.txt" else ("html" if file.endswith(".html") else "text")


def _written(text: str, run: TextRun) -> str:
    """Return a text as it stands in a template: what was filled in as it was, all else as text."""
    if run.kind == "words":
        return "".join(one if one.isalnum() or one in " ,.’" else _escaped(one) for one in text)
    parts = re.split(r"\{([a-z_0-9]+)\}", text)
    literal = [html.escape(one, quote=False) if run.kind == "html" else one for one in parts[::2]]
    filled = [run.filled[name] for name in parts[1::2]]
    return "".join(piece for pair in zip(literal, [*filled, ""], strict=True) for piece in pair)


def _escaped(letter: str) -> str:
    return f"\\U{ord(letter):08x}"


def _paired(runs: Sequence[TextRun]) -> Iterator[Pair]:
    """Yield the runs of French with those of English that stand in the same place."""
    for _, of_place in groupby(sorted(runs, key=lambda run: run.place), lambda run: run.place):
        both = list(of_place)
        french, english = ([run for run in both if run.lang == lang] for lang in LANGS)
        if len(french) == len(english):
            pairs = zip(french, english, strict=True)
            yield from ((fr, en) for fr, en in pairs if fr.filled.keys() == en.filled.keys())


def _without_twice(pairs: Iterable[Pair], lines: set[tuple[str, str]]) -> Iterator[Pair]:
    """Yield pairs without those that overlap another one: of two, what is a line of the text too."""
    for _, same in groupby(pairs, lambda pair: (pair[0].start, pair[0].kind)):
        both = list(same)
        yield next((pair for pair in both if _texts(pair) in lines), both[0])


def _subject(pair: Pair, subject: Sequence[Pair]) -> LetterPassage:
    is_whole = [one for one in subject if one[0].kind != "words"] == [pair]
    return _passage(SUBJECT if is_whole else _id(SUBJECT, *_texts(pair)), pair, "subject")


def _passage(name: str, pair: Pair, part: Part) -> LetterPassage:
    fr, en = pair
    return LetterPassage(name, fr.text, en.text, fr.filled, (part,), fr.conditions)


def _joined(first: LetterPassage, other: LetterPassage) -> LetterPassage:
    """Return a passage that stands in two places, under the conditions of both."""
    conditions = tuple(one for one in first.conditions if one in other.conditions)
    parts = tuple(dict.fromkeys([*first.parts, *other.parts]))
    return replace(first, parts=parts, conditions=conditions)


def _texts(pair: Pair) -> tuple[str, str]:
    return pair[0].text, pair[1].text


def _id(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:ID_LENGTH]
