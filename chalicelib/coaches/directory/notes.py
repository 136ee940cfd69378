"""What a page says above its results: words left out, and spellings that it rests on."""

from collections.abc import Sequence
from typing import TypedDict

from chalicelib import content
from chalicelib.coaches.directory.candidates import CoachCandidates, count_of
from chalicelib.coaches.directory.highlights import Explained
from chalicelib.coaches.directory.levels import KIND_COST
from chalicelib.coaches.directory.match_kinds import MatchKind
from chalicelib.coaches.directory.matching import Match
from chalicelib.coaches.directory.query import Query
from chalicelib.coaches.directory.suggestions import found_text, query_of
from chalicelib.core.languages import Lang

_MAX_SPELLINGS = 3


class OtherWord(TypedDict):
    """A word that was left out, and what there is for it alone."""

    word: str
    q: str
    count: int
    message: str


class LeftOut(TypedDict):
    """The words that were left out since nobody has them all."""

    words: list[str]
    message: str
    alone: list[OtherWord]


class DidYouMean(TypedDict):
    """A word that nobody has as it was typed, and what it was taken for."""

    word: str
    taken_for: list[str]
    message: str


def left_out(candidates: CoachCandidates, query: Query) -> LeftOut:
    texts = content.coaches()["notes"]
    lang = query.lang
    words = [match.term.typed for match in candidates.left_out]
    counted = [(match, count_of(match)) for match in candidates.left_out]
    return {
        "words": words,
        "message": texts["left_out"][lang].format(words=_listed(words, lang)),
        "alone": [
            {
                "word": match.term.typed,
                "q": query_of([match.term], query) or match.term.typed,
                "count": count,
                "message": texts["alone"][lang].format(
                    word=match.term.typed, found=found_text(count, lang)
                ),
            }
            for match, count in counted
            if count
        ],
    }


def did_you_mean(
    matches: Sequence[Match], kept: int, whys: Sequence[Sequence[Explained]], lang: Lang
) -> list[DidYouMean]:
    """Return what each word was taken for by which nobody is found as it was typed."""
    guessed: list[DidYouMean] = []
    for match in matches:
        guesses = [cost // KIND_COST >= MatchKind.ONE_EDIT for cost in match.levels]
        masks = match.levels.values()
        if not any(guesses) or any(
            mask & kept for mask, guess in zip(masks, guesses, strict=True) if not guess
        ):
            continue
        found = [word for matched in whys for query, word, _ in matched if query == match.term.text]
        taken_for = list(dict.fromkeys(found))[:_MAX_SPELLINGS]
        if taken_for:
            message = content.coaches()["notes"]["did_you_mean"][lang].format(
                word=match.term.typed, taken_for=_listed(taken_for, lang)
            )
            guessed.append({"word": match.term.typed, "taken_for": taken_for, "message": message})
    return guessed


def _listed(words: Sequence[str], lang: Lang) -> str:
    return ", ".join(f"«\u00a0{word}\u00a0»" if lang == "fr" else f"“{word}”" for word in words)
