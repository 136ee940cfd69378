"""A request as the service reads it, and the answer it gives."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from chalicelib.core.errors import Malformed, TooLarge, WrongType
from chalicelib.core.languages import Lang
from chalicelib.forms.normalise import nest

BODY_LIMIT: Final = 256 * 1024
"""A full application with every text at its limit is under 100 KiB."""

FIELDS_LIMIT: Final = 2000
_URLENCODED: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = "multipart/form-data"


@dataclass(frozen=True)
class Response:
    """A status, a body and what it is."""

    status: int
    body: str
    type: str
    headers: Mapping[str, str] = field(default_factory=dict)


def json_response(
    body: Any, headers: Mapping[str, str] | None = None, *, status: int = 200
) -> Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(status, text, "application/json", headers or {})


def with_etag(asked: "Request", answer: Response) -> Response:
    """With the mark of its content; nothing more than that for whoever has it already."""
    tag = f'"{sha256(answer.body.encode()).hexdigest()[:20]}"'
    headers = {**answer.headers, "ETag": tag}
    if asked.has(tag):
        return Response(304, "", answer.type, headers)
    return replace(answer, headers=headers)


@dataclass(frozen=True)
class Request:
    """One request. `headers` have lower-case names; `query` has the last of each value,
    `several` all of them."""

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    address: str
    several: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @cached_property
    def wants_page(self) -> bool:
        """A browser says so; a script that says nothing gets JSON."""
        return "text/html" in self.headers.get("accept", "")

    def has(self, tag: str) -> bool:
        """Whether the visitor keeps the answer of this mark."""
        return tag in self.headers.get("if-none-match", "")

    @cached_property
    def lang(self) -> Lang:
        """Of the query, else the first of ours in Accept-Language, else French."""
        return _lang(self.query.get("lang")) or _preferred(self.headers.get("accept-language", ""))

    @cached_property
    def kind(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def fields(self) -> dict[str, Any]:
        """The body as nested fields. Raises TooLarge, WrongType or Malformed."""
        if len(self.body) > BODY_LIMIT:
            raise TooLarge
        if self.kind == "application/json":
            return _json(_text(self.body))
        if self.kind == _URLENCODED:
            return nest(_urlencoded(self.body))
        if self.kind == _MULTIPART:
            return nest(_multipart(self.body, self.headers["content-type"]))
        raise WrongType(self.kind)


def back_to(redirect: str, origins: Sequence[str], told: Mapping[str, str]) -> str | None:
    """Where a website wants its visitor back, with what to tell them; None if it is not ours."""
    try:
        parts = urlsplit(redirect)
    except ValueError:
        return None
    origin = f"{parts.scheme}://{parts.netloc}"
    if origin not in origins or "\\" in redirect or not redirect.isascii():
        return None
    query = f"{parts.query}&{urlencode(told)}" if parts.query else urlencode(told)
    return parts._replace(query=query).geturl()


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def text_of(fields: Mapping[str, Any], key: str) -> str:
    """What was typed in a field, without the spaces around it."""
    return as_text(fields.get(key)).strip()


def ticked(fields: Mapping[str, Any], key: str) -> bool:
    """A box, as a browser or a script says so."""
    return fields.get(key) in ("on", "yes", "true", "1", True)


def lang_of(fields: Mapping[str, Any], request: Request) -> Lang:
    """The form's own `lang` field comes first."""
    said = fields.get("lang")
    return _lang(said if isinstance(said, str) else None) or request.lang


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


def _text(body: bytes) -> str:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("UTF-8") from None
    if "\x00" in text:
        raise Malformed("text")
    return text


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text, parse_constant=_no_constant)
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


def _urlencoded(body: bytes) -> list[tuple[str, str]]:
    try:
        pairs = parse_qsl(
            _text(body), keep_blank_values=True, errors="strict", max_num_fields=FIELDS_LIMIT
        )
    except UnicodeDecodeError:
        raise Malformed("UTF-8") from None
    except ValueError:
        raise TooLarge from None
    _no_nul(pairs)
    return pairs


def _multipart(body: bytes, content_type: str) -> list[tuple[str, str]]:
    # Only such requests pay for the import.
    from io import BytesIO

    from multipart import MultipartError, MultipartParser, parse_options_header

    boundary = parse_options_header(content_type)[1].get("boundary", "")
    if not boundary:
        raise Malformed("multipart/form-data")
    pairs = []
    try:
        parser = MultipartParser(
            BytesIO(body), boundary, content_length=len(body), part_limit=FIELDS_LIMIT, strict=True
        )
        for part in parser:
            # A file is no text: its name alone is kept, and no field of that name exists.
            pairs.append((part.name, part.filename or _text(part.raw)))
            part.close()
    except (MultipartError, LookupError, ValueError):
        raise Malformed("multipart/form-data") from None
    _no_nul(pairs)
    return pairs


def _no_nul(pairs: list[tuple[str, str]]) -> None:
    if any("\x00" in name or "\x00" in value for name, value in pairs):
        raise Malformed("text")
