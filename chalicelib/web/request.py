"""A request as the views read it: its language, its fields, and what its sender accepts."""

import json
from codecs import BOM_UTF8
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import Final
from urllib.parse import urlencode, urlsplit

from chalicelib.core.errors import Malformed, RelaisError, TooLarge, WrongType
from chalicelib.core.languages import Lang, lang_or
from chalicelib.core.ticks import tick
from chalicelib.forms.normalise import Repeated, nest
from chalicelib.web import html_forms

AGAIN_LIMIT: Final = 40
"""Parameters of an address that are kept when it is shown again."""

BODY_LIMIT: Final = 256 * 1024
"""A full application with every text at its limit is under 100 KiB."""

VALUES_LIMIT: Final = 10_000
"""Values in JSON, at whatever depth: so many can still be told as wrong, one by one."""

URLENCODED: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"


@dataclass(frozen=True)
class Request:
    """One request. `headers` have lower-case names; `query` has the last value of each
    parameter, `several` all of them. `typed` is what stood on a page that is now opened in the
    other language."""

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    address: str
    several: Mapping[str, Sequence[str]] = field(default_factory=dict)
    typed: Sequence[tuple[str, str]] = ()

    @cached_property
    def wants_page(self) -> bool:
        """A browser says so; a script that says nothing gets JSON."""
        return "text/html" in self.headers.get("accept", "")

    def has(self, etag: str) -> bool:
        """Return whether the visitor keeps the response with this ETag."""
        return etag in self.headers.get("if-none-match", "")

    @cached_property
    def lang(self) -> Lang:
        """Of the query, else the first of ours in Accept-Language, else French."""
        return _lang(self.query.get("lang")) or _preferred(self.headers.get("accept-language", ""))

    def again_in(self, lang: Lang) -> str:
        """Return the way from the page that is asked for to itself in a language."""
        every = ((k, text) for k, texts in self.several.items() if k != "lang" for text in texts)
        return "?" + urlencode([*islice(every, AGAIN_LIMIT), ("lang", lang)])

    @cached_property
    def switches(self) -> bool:
        """Whether a page is asked for in the other language, and nothing is to be done."""
        return self.wants_page and SWITCH_PAGE.encode() in self.body and self._has_switch

    @property
    def _has_switch(self) -> bool:
        return any(name == SWITCH_PAGE for name, _ in self.pairs_or_none)

    @property
    def asks_dates(self) -> bool:
        """Whether a form was switched as it was typed, so that a date that can be two days is asked
        for."""
        if self.typed:
            return True
        return ASKS_DATES.encode() in self.body and ASKS_DATES in dict(self.pairs_or_none)

    def reads_dates_in(self, lang: Lang) -> Lang | None:
        """Return the language in which the dates of a form are read: that of its page, or None for
        one that asks."""
        return None if self.asks_dates else lang

    def opened(self, lang: Lang) -> "Request":
        """Return the request that only opens the address of a post, in a language."""
        query, several = {**self.query, "lang": lang}, {**self.several, "lang": [lang]}
        return replace(self, method="GET", body=b"", query=query, several=several, typed=self.pairs)

    def language(self, fields: Mapping[str, object], default: str | None = None) -> Lang:
        """Return the language of the form's own `lang` field, else of the query, else `default`
        (the reader's, where we know the reader), else what the browser prefers."""
        chosen = _lang(text_field(fields, "lang")) or _lang(self.query.get("lang"))
        return chosen or (lang_or(None, default) if default else self.lang)

    @cached_property
    def kind(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def fields(self) -> dict[str, object]:
        """Return the body as nested fields. Raises TooLarge, WrongType or Malformed."""
        if len(self.body) > BODY_LIMIT:
            raise TooLarge
        if self.kind == "application/json":
            return _json(_text(self.body))
        return nest(self.pairs)

    def with_file(self) -> "tuple[dict[str, object], html_forms.UploadedFile | None]":
        """Return the fields of a multipart form, and the file that it brings, if any: how large it
        may be its view has seen. Raises TooLarge or Malformed."""
        pairs, file = html_forms.with_file(self.body, self.headers["content-type"])
        return nest(pairs), file

    @cached_property
    def pairs(self) -> list[tuple[str, str]]:
        """The names and values of an HTML form, as they were sent. Raises TooLarge for too many,
        WrongType or Malformed."""
        if self.kind == URLENCODED:
            return html_forms.urlencoded(self.body)
        if self.kind == MULTIPART:
            return html_forms.multipart(self.body, self.headers["content-type"])
        raise WrongType(self.kind)

    @property
    def pairs_or_none(self) -> list[tuple[str, str]]:
        """The same; none where they cannot be read."""
        try:
            return self.pairs
        except RelaisError:
            return []


def redirect_target(redirect: str, origins: Sequence[str], facts: Mapping[str, str]) -> str | None:
    """Return where a website wants its visitor back, with `facts` in the query; None when it is
    none of `origins`."""
    try:
        parts = urlsplit(redirect)
    except ValueError:
        return None
    origin = f"{parts.scheme}://{parts.netloc}"
    if origin not in origins or "\\" in redirect or not redirect.isascii():
        return None
    query = f"{parts.query}&{urlencode(facts)}" if parts.query else urlencode(facts)
    return parts._replace(query=query).geturl()


def text_or_empty(value: object) -> str:
    """Return a text as it is, the last of several under one name, and nothing for all else."""
    if isinstance(value, Repeated):
        value = value[-1]
    return value if isinstance(value, str) else ""


def take_control(fields: dict[str, object], names: Iterable[str]) -> dict[str, str]:
    """Take the fields that say how to treat a form out of its answers, and return them as text; a
    box that a script ticks is `on`."""
    taken = {name: fields.pop(name, "") for name in names}
    return {
        name: "on" if value is True else text_or_empty(value).strip()
        for name, value in taken.items()
    }


def text_field(fields: Mapping[str, object], key: str) -> str:
    """Return what was entered in a field, without the spaces around it."""
    return text_or_empty(fields.get(key)).strip()


def texts_of(fields: Mapping[str, object], key: str) -> list[str]:
    """Return the texts that a form sent under one name, and nothing of what is no text."""
    value = fields.get(key)
    given = value if isinstance(value, list | tuple) else [value]
    return [one for one in given if isinstance(one, str)]


def text_area(fields: Mapping[str, object], key: str) -> str:
    """Return a text of several lines, with the line ends of Unix: browsers send others."""
    return text_field(fields, key).replace("\r\n", "\n")


SWITCH_PAGE: Final = "_switch_page"
"""The button of any other page where somebody types, that shows it in the other language."""

ASKS_DATES: Final = "_asks_dates"
"""The field by which a form that was switched says that not all of it was typed in its language."""

SWITCH: Final = "_switch"
"""The button of a form that shows it in the other language, with all that was typed."""


def switched(request: Request, fields: dict[str, object]) -> Lang | None:
    """Return the language that a browser asks to see its form in, instead of sending it."""
    chosen = text_or_empty(fields.pop(SWITCH, "")) if SWITCH in fields else ""
    return _lang(chosen) if request.wants_page else None


def is_ticked(fields: Mapping[str, object], key: str) -> bool:
    """Return whether a box is ticked, as a browser or a script says so."""
    return tick(fields.get(key)) is True


def _lang(text: str | None) -> Lang | None:
    start = (text or "").strip().lower()[:2]
    return "fr" if start == "fr" else "en" if start == "en" else None


def _preferred(header: str) -> Lang:
    best: tuple[float, Lang] = (0.0, "fr")
    for part in header[:500].split(","):
        tag, _, weight = part.replace(" ", "").partition(";q=")
        lang = _lang(tag)
        try:
            quality = float(weight or 1)
        except ValueError:
            continue
        if lang and quality > best[0]:
            best = (quality, lang)
    return best[1]


MENDED: Final = "\ufffd"
"""What API Gateway writes for each byte of a text that is not UTF-8, before anybody sees it."""


def _text(body: bytes) -> str:
    """Return a text in UTF-8, without the mark that some programs begin it with."""
    try:
        text = body.removeprefix(BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("UTF-8") from None
    if MENDED in text:
        raise Malformed("UTF-8")
    if "\x00" in text:
        raise Malformed("text")
    return text


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _require_few(found: object) -> None:
    """Count the values of JSON. Raises TooLarge for JSON with more values than a form has fields,
    at whatever depth."""
    values, waiting = 0, [found]
    while waiting:
        value = waiting.pop()
        inner = list(value.values()) if isinstance(value, dict) else value
        if isinstance(inner, list):
            values += len(inner)
            if values > VALUES_LIMIT:
                raise TooLarge
            waiting += inner


def _json(text: str) -> dict[str, object]:
    try:
        found = json.loads(text, parse_constant=_no_constant)
        if sum(map(text.count, ",[{")) > VALUES_LIMIT:
            _require_few(found)
        if "\\u" in text:
            # Escapes can smuggle in what no UTF-8 text holds: NUL and lone surrogates.
            plain = json.dumps(found, ensure_ascii=False)
            plain.encode()
            if "\\u0000" in plain:
                raise Malformed("text")
    except (ValueError, RecursionError):
        raise Malformed("JSON") from None
    if not isinstance(found, dict):
        raise Malformed("JSON")
    return found
