"""Reads the terms of a query: words, known phrases, what is in quotes, left out or either-or."""

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from chalicelib.coaches.directory.folding import fold_text, pieces
from chalicelib.coaches.directory.layout import PLACES, Index, names_any

MAX_WORDS: Final = 8
"""Terms of a query that are searched for; the others are ignored."""

_MAX_PHRASE_WORDS: Final = 5

_MAX_REMEMBERED: Final = 1_000

_TOKEN: Final = re.compile(r"[-−–]?(?:\"[^\"]+\"|«[^»]+»|“[^”]+”)|\S+")
_MINUS: Final = re.compile(r"[-−–](?=[\w\"«“])")
_NOT: Final = frozenset({"NOT", "SAUF"})
_OR: Final = frozenset({"OR", "OU", "|"})
_AND: Final = frozenset({"AND", "ET", "&", "+"})
_EXCEPT: Final = frozenset({"except", "excepte", "excluding", "outside", "sauf", "hormis", "hors"})
_NOT_IN: Final = frozenset({"not", "pas"})
"""Words before a place that leave it out: the first kind always, the other with a word such as
« in » between: The Pas is a town."""

_HYPHENS: Final = re.compile("--+")
_AROUND: Final = ' \t\r\n\xa0\u202f,;:.!?()[]{}"«»“”'

_PARTICLE_LENGTH: Final = 3
"""Letters that the first part of a name has at most, written apart: « o brien », "mac askill"."""


class Token(NamedTuple):
    """A word as it was typed, and folded; what is in quotes is one token."""

    typed: str
    folded: str
    quoted: bool = False
    without: bool = False
    either: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """One word, or one known phrase, of a query.

    `text` is the term folded, `typed` as it was written. `words` are its pieces, and `joined` is
    what they make together: saint, jerome and saintjerome for « St-Jérôme ». `synonyms` has the
    words of each of its other names, in either language, and `meaning` the number of what it
    names, if it does. An `optional` term is a word such as « le » that need not be found. Who has
    a term `without` is left out; a term `either` may stand for the one before; a `quoted` one is
    found as it is. A `known` one is spelled as it should be.
    """

    text: str
    words: tuple[str, ...]
    joined: str
    synonyms: tuple[tuple[str, ...], ...] = ()
    meaning: int | None = None
    optional: bool = False
    without: bool = False
    either: bool = False
    quoted: bool = False
    known: bool = False
    parts: tuple["Term", ...] = field(default=(), compare=False)
    typed: str = field(default="", compare=False)


class Terms(NamedTuple):
    """What is searched for, what is left out, and what goes beyond MAX_WORDS; nothing of it where
    every word fits everybody."""

    wanted: tuple[Term, ...]
    without: tuple[Term, ...]
    ignored: tuple[str, ...]


class TermReader:
    """Reads terms by what an index knows."""

    def __init__(self, index: Index) -> None:
        self._synonyms: Mapping[str, Sequence[Sequence[str]]] = index["synonyms"]
        self._noise: Container[str] = index["noise"]
        self._everyone: Container[str] = index.get("everyone", {})
        self._named: Mapping[str, int] = index.get("named", {})
        self._meanings = index.get("meanings", [])
        self._names: Container[str] = index["words"]["name"]
        self._singles: dict[Token, Term] = {}

    def read(self, q: str) -> Terms:
        terms = list(dict.fromkeys(self._left_out(list(self._terms(list(_tokens(q)))))))
        everyone = [term for term in terms if term.text in self._everyone and not term.without]
        terms = [term for term in terms if term not in everyone]
        without = tuple(term for term in terms if term.without)[:MAX_WORDS]
        needed = [term for term in terms if not (term.optional or term.without)]
        optional = [term for term in terms if term.optional]
        if not needed and not everyone and not without:
            needed, optional = [replace(term, optional=False) for term in optional], []
        kept = (*needed[:MAX_WORDS], *(optional[:MAX_WORDS] if needed else ()))
        ignored = tuple(term.text for term in needed[MAX_WORDS:])
        return Terms(kept, without, ignored)

    def _left_out(self, terms: Sequence[Term]) -> Iterator[Term]:
        """Yield the terms, with a place left out that words leave out: « not in Toronto »."""
        at = 0
        while at < len(terms):
            place = at + 1
            while place < len(terms) and terms[place].optional:
                place += 1
            word = terms[at].text
            said = word in _EXCEPT or (word in _NOT_IN and place > at + 1)
            if said and place < len(terms) and self._is_place(terms[place]):
                yield replace(terms[place], without=True)
                at = place + 1
            else:
                yield terms[at]
                at += 1

    def _is_place(self, term: Term) -> bool:
        return term.meaning is not None and names_any(self._meanings[term.meaning], PLACES)

    def _terms(self, tokens: Sequence[Token]) -> Iterator[Term]:
        at = 0
        while at < len(tokens):
            if tokens[at].quoted:
                yield _quoted(tokens[at])
                at += 1
                continue
            term, taken = self._longest(tokens[at : at + _MAX_PHRASE_WORDS])
            yield term
            at += taken

    def _longest(self, tokens: Sequence[Token]) -> tuple[Term, int]:
        """Return the longest known phrase that the tokens begin with, or the first of them alone,
        and how many it takes."""
        first = tokens[0]
        most = next(
            (n for n, t in enumerate(tokens) if n and (t.quoted or t.without or t.either)),
            len(tokens),
        )
        for count in range(most, 1, -1):
            if term := self._phrase(tokens[:count]):
                return replace(term, without=first.without, either=first.either), count
        if most > 1 and (term := self._apart(first, tokens[1])):
            return replace(term, without=first.without, either=first.either), 2
        return self._single(first), 1

    def _phrase(self, tokens: Sequence[Token]) -> Term | None:
        chunks = [token.folded for token in tokens]
        words = [word for chunk in chunks for word in pieces(chunk)]
        telling = [word for word in words if word not in self._noise]
        raw, bare = " ".join(words), " ".join(telling)
        synonyms, meaning = self._known(raw)
        if bare != raw and len(telling) > 1 and not synonyms and meaning is None:
            edges = tokens[0].folded, tokens[-1].folded
            if not any(edge in self._noise for edge in edges):
                synonyms, meaning = self._known(bare)
        if not synonyms and meaning is None:
            return None
        typed = " ".join(token.typed for token in tokens)
        parts = tuple(self._single(token) for token in tokens)
        parts = tuple(part for part in parts if not part.optional)
        words = telling or words
        text = " ".join(map(_trimmed, chunks))
        return Term(
            text, tuple(words), "", synonyms, meaning, known=True, parts=parts, typed=typed
        )  # fmt: skip

    def _known(self, key: str) -> tuple[tuple[tuple[str, ...], ...], int | None]:
        synonyms = tuple(tuple(other) for other in self._synonyms.get(key, ()))
        return synonyms, self._named.get(key)

    def _apart(self, first: Token, second: Token) -> Term | None:
        """Return the name that two words make together, such as « o brien »."""
        joined = first.folded + second.folded
        is_particle = len(first.folded) <= _PARTICLE_LENGTH and joined.isalpha()
        if not (is_particle and joined in self._names):
            return None
        words, typed = (first.folded, second.folded), f"{first.typed} {second.typed}"
        return Term(f"{words[0]} {words[1]}", words, joined, typed=typed)

    def _single(self, token: Token) -> Term:
        """Return the term of one word; the words of the first visitors are remembered."""
        known = self._singles.get(token)
        if known is None:
            known = self._read(token)
            if len(self._singles) < _MAX_REMEMBERED:
                self._singles[token] = known
        return known

    def _read(self, token: Token) -> Term:
        parts = pieces(token.folded)
        initials = len(parts) > 1 and all(len(part) == 1 for part in parts)
        telling = [part for part in parts if initials or part not in self._noise]
        joined = "".join(parts)
        synonyms, meaning = self._known(" ".join(parts))
        if not synonyms and meaning is None and len(parts) > 1:
            synonyms, meaning = self._known(joined)
            if not synonyms and meaning is None and len(telling) == 1:
                synonyms, meaning = self._known(telling[0])
        return Term(
            _trimmed(token.folded),
            tuple(telling or parts),
            joined,
            synonyms,
            meaning,
            optional=not telling and not synonyms and meaning is None and not token.without,
            without=token.without,
            either=token.either,
            known=bool(synonyms) or meaning is not None,
            typed=token.typed,
        )


def _trimmed(chunk: str) -> str:
    """Return a folded word with one hyphen where full stops made several."""
    return _HYPHENS.sub("-", chunk.strip("'-"))


def _quoted(token: Token) -> Term:
    words = tuple(word for chunk in token.folded.split() for word in pieces(chunk))
    text = " ".join(words)
    return Term(
        text, words, "", without=token.without, either=token.either, quoted=True, typed=token.typed
    )  # fmt: skip


def _tokens(q: str) -> Iterator[Token]:
    without = either = False
    for found in _TOKEN.finditer(q):
        raw = found[0]
        if raw in _NOT or raw in _OR:
            without, either = raw in _NOT, raw in _OR
            continue
        if raw in _AND:
            continue
        if _MINUS.match(raw):
            raw, without = raw[1:], True
        quoted = raw[0] in '"«“' and len(raw) > 2 and raw[-1] in '"»”'
        chunks = [chunk for chunk in fold_text(raw).split() if pieces(chunk)]
        if quoted and chunks:
            yield Token(raw, " ".join(chunks), True, without, either)
        for chunk in () if quoted else chunks:
            typed = raw.strip(_AROUND) if len(chunks) == 1 else chunk
            yield Token(typed, chunk, False, without, either)
        without = either = False
