"""The runs of words in a template of a letter: what stands between its tags, conditions and ends of
lines, and the words that its expressions choose from; each in one language.

What an expression fills in stands in a run as a name in braces.
"""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from chalicelib.core.free_name import free_name

Kind = Literal["html", "text", "words"]
"""What a run stands in: HTML, plain text, or a string of an expression."""

_EXPRESSION: Final = r"\{\{.*?\}\}"
_STATEMENT: Final = r"\{%.*?%\}"
_COMMENT: Final = r"\{#.*?#\}"
_ATTRIBUTES: Final = rf"(?:[^<>{{]|{_EXPRESSION})*"
_TAG: Final = rf"<(?:[^<>{{]|{_EXPRESSION}|{_STATEMENT})*>"
_ONLY_FILLED: Final = (
    rf"<(?P<tag>span|strong|a)\b{_ATTRIBUTES}>\s*\{{\{{(?P<only>.*?)\}}\}}\s*</(?P=tag)>"
)
_FILLED: Final = re.compile(rf"{_ONLY_FILLED}|\{{\{{(?P<alone>.*?)\}}\}}", re.DOTALL)
_RULE: Final = rf"(?P<rule>{_STATEMENT})"
_HTML: Final = re.compile(
    rf"(?P<inside>{_ONLY_FILLED}|{_EXPRESSION})|{_RULE}|(?P<end>{_COMMENT}|{_TAG})", re.DOTALL
)
_TEXT: Final = re.compile(rf"(?P<inside>{_EXPRESSION})|{_RULE}|(?P<end>{_COMMENT}|\n)", re.DOTALL)
_CODE: Final = re.compile(rf"{_EXPRESSION}|{_STATEMENT}", re.DOTALL)
_STRING: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')
_NO_WORDS: Final = re.compile(r"\{%-?\s*(?:if|elif|for|include|extends|from|import|macro)\b")
_COMPARED: Final = re.compile(r"(?:[=!]=\s*|\w\(|\[)$")
_FRENCH: Final = re.compile(r'\s*if lang == "fr" else\b')
_ENGLISH: Final = re.compile(r'if lang == "fr" else\s*$')
_KEY: Final = re.compile(r'"(\w+)":\s*$')
_OF_ADDRESS: Final = re.compile(r"[?/=%@]\S|^mailto:")
_IF_BEHIND: Final = re.compile(r'\s*if (.+?) else\s*"')
_IF_BEFORE: Final = re.compile(r'"\s*if ((?:(?! if ).)+?) else\s*$')
_MARK: Final = re.compile(r"^(?:- |\d+\. |== )")
_END: Final = re.compile(r"(?: ==|[ \u00a0]*:)$")
_LINK: Final = re.compile(rf"[ \u00a0]*:\s*<a\b{_ATTRIBUTES}>[^<]*</a>$")
_NAME: Final = re.compile(r"(?:\b(?:case|usual)\.|figures\(\)\.)?\b([a-z][a-z_]*)\b")
_NO_NAMES: Final = frozenset({"if", "else", "or", "and", "not", "lang", "fr", "in", "is"})
_LANGUAGE: Final = {'lang == "fr"': "fr", 'lang == "en"': "en"}
_OTHER: Final = {"fr": "en", "en": "fr"}

NOT: Final = "not "
"""What stands before a condition that must not hold."""


@dataclass(frozen=True)
class TextRun:
    """Where a run stands in its template, and what each name in it was. Its twin in the other
    language has the same `place`. A `lead` ends before the address that it leads to, and overlaps
    the run that has both."""

    start: int
    end: int
    lang: str
    text: str
    kind: Kind
    place: int
    conditions: tuple[str, ...] = ()
    filled: Mapping[str, str] = field(default_factory=dict)
    lead: bool = False


def runs_of(source: str, *, is_html: bool) -> list[TextRun]:
    """Return the runs of a template, in their order."""
    found, under, begun = list[TextRun](), _Open(), 0
    kind: Kind = "html" if is_html else "text"
    for token in (_HTML if is_html else _TEXT).finditer(source):
        if not token["end"]:
            found += _words(source, *token.span(), under)
        if not token["inside"]:
            found += _stretch(source, begun, token.start(), kind, under)
            begun = token.end()
        if token["rule"]:
            under.meet(token["rule"], token.start())
    found += _stretch(source, begun, len(source), kind, under)
    return sorted(found, key=lambda run: (run.start, -run.end))


def _stretch(source: str, start: int, end: int, kind: Kind, under: "_Open") -> Iterator[TextRun]:
    """Yield the run between two tags, without what only sets it apart."""
    inside = source[start:end]
    start += len(inside) - len(inside.lstrip(" \t\n"))
    if kind == "text" and (mark := _MARK.match(source[start:end])):
        start += mark.end()
    end = start + len(source[start:end].rstrip(" \t\n"))
    if not under.lang or start >= end:
        return
    lead = _LINK.search(source[start:end])
    if mark := _END.search(source[start:end]):
        end = start + mark.start()
    yield from _run(source, start, end, kind, under)
    if lead:
        yield from _run(source, start, start + lead.start(), kind, under, lead=True)


def _run(  # noqa: PLR0913
    source: str, start: int, end: int, kind: Kind, under: "_Open", *, lead: bool = False
) -> Iterator[TextRun]:
    """Yield a stretch of a template with names for what it fills in, if it has words."""
    filled: dict[str, str] = {}
    names: dict[str, str] = {}

    def named(found: re.Match[str]) -> str:
        expression = (found["only"] or found["alone"]).strip()
        name = names.setdefault(expression, _name_of(expression, filled))
        filled[name] = found[0]
        return f"{{{name}}}"

    text = _FILLED.sub(named, source[start:end])
    plain = html.unescape(text) if kind == "html" else text
    words = re.sub(r"[ \t\n]+", " ", plain).strip(" ")
    if has_words(words):
        yield TextRun(
            start, end, under.lang, words, kind, under.place, under.conditions, filled, lead
        )


def _name_of(expression: str, taken: Mapping[str, str]) -> str:
    bare = re.sub(r'"[^"]*"', "", expression)
    found = [name for name in _NAME.findall(bare) if name not in _NO_NAMES]
    name = "ref" if "case.ref" in expression else (found[0] if found else "words")
    return free_name(name, taken, "_")


def has_words(text: str) -> bool:
    return any(letter.isalpha() for letter in re.sub(r"\{[a-z_0-9]+\}", "", text))


def _words(source: str, start: int, end: int, under: "_Open") -> Iterator[TextRun]:
    """Yield the words that an expression chooses from, or gives to what it calls."""
    for code in _CODE.finditer(source, start, end):
        if _NO_WORDS.match(code[0]):
            continue
        for string in _STRING.finditer(source, code.start(), code.end()):
            before, after = source[code.start() : string.start()], source[string.end() : code.end()]
            text = string[1]
            if _COMPARED.search(before) or _OF_ADDRESS.search(text) or not has_words(text):
                continue
            if after.lstrip().startswith(":") and not after.lstrip().startswith(":="):
                continue
            lang, place = under.lang, under.place
            if _FRENCH.match(after):
                lang, place = "fr", code.start()
            elif _ENGLISH.search(before):
                lang, place = "en", code.start()
            if lang:
                conditions = (*under.conditions, *_chosen_by(before, after))
                begun = string.start(1) + len(text) - len(text.lstrip())
                text = _END.sub("", text.strip())
                yield TextRun(begun, begun + len(text), lang, text, "words", place, conditions)


def _chosen_by(before: str, after: str) -> Sequence[str]:
    """Return the condition under which an expression chooses some words."""
    if (found := _IF_BEHIND.match(after)) and "lang ==" not in found[1]:
        return [found[1]]
    if (found := _IF_BEFORE.search(before)) and "lang ==" not in found[1]:
        return [f"{NOT}{found[1]}"]
    key = _KEY.search(before)
    return [f"is {key[1]}"] if key else []


class _Branch(NamedTuple):
    """A branch of a condition or a loop that is open: its language and where that begins, the
    conditions of the `chain` up to it, and those that are `held` in it."""

    lang: str
    place: int
    chain: tuple[str, ...] = ()
    held: tuple[str, ...] = ()


_NO_LANGUAGE: Final = _Branch("", 0)


class _Open:
    """What is open at a place of a template: a language, and conditions."""

    def __init__(self) -> None:
        self._branches: list[_Branch] = []

    @property
    def lang(self) -> str:
        return self._of_language.lang

    @property
    def place(self) -> int:
        """Where the language begins that is open."""
        return self._of_language.place

    @property
    def conditions(self) -> tuple[str, ...]:
        return tuple(one for branch in self._branches for one in branch.held)

    @property
    def _of_language(self) -> _Branch:
        return next((one for one in reversed(self._branches) if one.lang), _NO_LANGUAGE)

    def meet(self, tag: str, at: int) -> None:
        verb, _, rest = tag.strip("{}%-").strip().partition(" ")
        if verb == "if":
            lang = _LANGUAGE.get(rest, "")
            chain = () if lang else (rest,)
            self._branches.append(_Branch(lang, at, chain, chain))
        elif verb == "for":
            self._branches.append(_Branch("", at))
        elif verb in ("else", "elif") and self._branches:
            before = self._branches.pop()
            held = (rest,) if verb == "elif" else tuple(f"{NOT}{one}" for one in before.chain)
            lang = _OTHER.get(before.lang, "")
            self._branches.append(_Branch(lang, before.place, (*before.chain, rest), held))
        elif verb in ("endif", "endfor") and self._branches:
            self._branches.pop()
