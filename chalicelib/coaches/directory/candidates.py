"""The coaches for a whole query: who has all its words, or else the most of them."""

from collections.abc import Sequence
from typing import NamedTuple

from chalicelib.coaches.directory.levels import Levels, all_found, intersect, merge, most
from chalicelib.coaches.directory.matching import Match, WordIndex
from chalicelib.coaches.directory.query import Query
from chalicelib.coaches.directory.quotations import Quotations
from chalicelib.coaches.directory.terms import Term


class CoachCandidates(NamedTuple):
    """Who is found, why, and by which terms nobody is who has the others."""

    levels: Levels
    matches: tuple[Match, ...]
    left_out: tuple[Match, ...] = ()


def find_candidates(
    query: Query, words: WordIndex, quotations: Quotations, everyone: int
) -> CoachCandidates:
    """Return who has all the words; else who has all with those who serve a place that is named
    beside those who live there; else who has the most words."""
    matches = [
        match for term in query.terms for match in _matches(term, words, quotations, everyone)
    ]
    allowed = everyone
    for term in query.without:
        plainly = quotations.found(term, words) if term.quoted else words.plainly(term)
        allowed ^= allowed & plainly
    wider = matches
    found = _of_all(matches, allowed)
    if found is None:
        wider = [words.wider(match) for match in matches]
        found = _of_all(wider, allowed)
    if found is not None:
        return CoachCandidates(found, tuple(wider))
    narrow, wide = _of_most(matches, allowed), _of_most(wider, allowed)
    return wide if len(wide.matches) > len(narrow.matches) and wide.levels else narrow


def _matches(term: Term, words: WordIndex, quotations: Quotations, everyone: int) -> list[Match]:
    if term.quoted:
        mask = quotations.found(term, words)
        return [Match(term, {0: mask} if mask else {})]
    match = words.match(term, everyone)
    if match.levels or not term.parts:
        return [match]
    # A phrase that nobody has, nor any of its other names, is as good as its words.
    return [words.match(part, everyone) for part in term.parts]


def grouped(matches: Sequence[Match]) -> list[Levels]:
    """Return the levels of each term, or of several of which one is enough."""
    groups: list[Levels] = []
    for match in matches:
        if match.term.either and groups:
            groups[-1] = merge([*groups[-1].items(), *match.levels.items()])
        elif match.levels or not match.term.optional:
            groups.append(match.levels)
    return groups


def _of_all(matches: Sequence[Match], allowed: int) -> Levels | None:
    """Return who has all the words; None if nobody has."""
    groups = grouped(matches)
    levels = intersect(groups) if groups else {0: allowed}
    if allowed and levels and (groups or allowed):
        levels = {cost: mask & allowed for cost, mask in levels.items() if mask & allowed}
    return levels or None


def _of_most(matches: Sequence[Match], allowed: int) -> CoachCandidates:
    several = [match for match in matches if not match.term.optional]
    found = [
        {cost: mask & allowed for cost, mask in match.levels.items() if mask & allowed}
        for match in several
    ]
    kept = most(found, allowed.bit_count())
    left = tuple(match for number, match in enumerate(several) if number not in kept)
    levels = intersect([found[number] for number in kept]) if kept else {}
    chosen = [several[number] for number in kept]
    if not kept:
        return CoachCandidates({}, tuple(matches))
    return CoachCandidates(levels, tuple(chosen), left)


def count_of(match: Match) -> int:
    return all_found(match.levels).bit_count()
