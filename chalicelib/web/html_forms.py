"""The bodies that HTML forms send, in whatever encoding their page has."""

import html
import re
from binascii import unhexlify
from codecs import BOM_UTF8
from collections.abc import Iterable
from typing import Final, NamedTuple

from chalicelib.core.errors import Malformed, TooLarge

BODY_FIELDS_LIMIT: Final = 2000
"""Fields of a form, or parts of one; a full application has some three hundred."""

UPLOAD_FIELDS_LIMIT: Final = 20
"""Parts of a form that brings a file."""

CHARSET_FIELD: Final = b"_charset_"
"""The field in which a browser says how it wrote the others, where a form has it."""

OLD_WEB: Final = "cp1252"
"""How browsers write the form of a page in windows-1252, or in Latin-1, which they take for it."""

_NOT_OLD_WEB: Final = re.compile(rb"[\xc2\xc3\xfe\xff]")
"""Bytes that begin a sign of UTF-8, or a text in UTF-16: where nobody says how a page is written,
they are a text that was broken on its way, and not Ã or ÿ."""

_ESCAPES: Final = re.compile(rb"(?:%[0-9A-Fa-f]{2})+")
_REFERENCE: Final = re.compile(r"&#[0-9]{2,7};")

Pair = tuple[bytes, bytes]


def urlencoded(body: bytes) -> list[tuple[str, str]]:
    """Return the names and values of `application/x-www-form-urlencoded`. Raises TooLarge or
    Malformed."""
    # `urllib.parse.parse_qsl` takes five times as long for a body of percent signs.
    if body.count(b"&") >= BODY_FIELDS_LIMIT:
        raise TooLarge
    body = body.removeprefix(BOM_UTF8).replace(b"+", b" ")
    pairs = (each.partition(b"=") for each in body.split(b"&") if each)
    return _as_text([(_unescaped(name), _unescaped(value)) for name, _, value in pairs])


def multipart(body: bytes, content_type: str) -> list[tuple[str, str]]:
    """Return the names and values of `multipart/form-data`; of a file, its name. Raises TooLarge
    or Malformed."""
    found, files = _parts(body, content_type, BODY_FIELDS_LIMIT)
    # A file is no text: its name alone is kept, and no field of that name exists.
    return _as_text([*found, *((name, file or content) for name, file, content in files)])


class UploadedFile(NamedTuple):
    """A file as a form brought it: the name that its sender gave it, and its bytes."""

    name: str
    body: bytes


def with_file(body: bytes, content_type: str) -> tuple[list[tuple[str, str]], UploadedFile | None]:
    """Return the names and values of a form that brings at most one file, and that file. Raises
    TooLarge or Malformed."""
    pairs, files = _parts(body, content_type, UPLOAD_FIELDS_LIMIT)
    named = [(b"", name) for _, name, _ in files]
    texts = _as_text([*pairs, *named])
    names = [value for _, value in texts[len(pairs) :]]
    file = next((UploadedFile(n, f[2]) for n, f in zip(names, files, strict=True)), None)
    return texts[: len(pairs)], file


def _parts(
    body: bytes, content_type: str, limit: int
) -> tuple[list[Pair], list[tuple[bytes, bytes, bytes]]]:
    """Return the fields of a body by name, and its files by name, file name and content."""
    # Only such requests pay for the import.
    from io import BytesIO

    from multipart import MultipartError, MultipartParser, parse_options_header

    boundary = parse_options_header(content_type)[1].get("boundary", "")
    if not boundary:
        raise Malformed("multipart/form-data")
    pairs: list[Pair] = []
    files = []
    try:
        # Latin-1 gives back each byte of a name as it came. All of it is in memory already.
        parser = MultipartParser(
            BytesIO(body), boundary, content_length=len(body), part_limit=limit,
            spool_limit=len(body) + 1, memory_limit=2 * len(body) + 1, strict=True, charset="latin-1",
        )  # fmt: skip
        for part in parser:
            name, content = (part.name or "").encode("latin-1"), bytes(part.raw)
            if part.filename is None:
                pairs.append((name, content))
            else:
                files.append((name, part.filename.encode("latin-1"), content))
            part.close()
    except (MultipartError, LookupError, ValueError):
        raise Malformed("multipart/form-data") from None
    return pairs, files


def _as_text(pairs: list[Pair]) -> list[tuple[str, str]]:
    """Return names and values as text: in UTF-8, or as a page of the old Web writes them."""
    charset = "utf-8"
    named = next((value for name, value in pairs if name == CHARSET_FIELD), b"").strip().lower()
    if named in (b"windows-1252", b"cp1252", b"iso-8859-1", b"latin1"):
        charset = OLD_WEB
    try:
        found = _decoded(pairs, charset)
    except UnicodeDecodeError:
        # Nobody who fills in such a page can mend it; hardly any text of it is UTF-8 by chance.
        charset = OLD_WEB
        found = _in_old_web(pairs)
    if charset == OLD_WEB:
        # What that encoding lacks is written as HTML would.
        found = [(name, _REFERENCE.sub(_referred, value)) for name, value in found]
    if any("\x00" in name or "\x00" in value for name, value in found):
        raise Malformed("text")
    return found


def _in_old_web(pairs: list[Pair]) -> list[tuple[str, str]]:
    try:
        if not any(_NOT_OLD_WEB.search(part) for pair in pairs for part in pair):
            return _decoded(pairs, OLD_WEB)
    except UnicodeDecodeError:
        pass
    raise Malformed("UTF-8")


def _decoded(pairs: Iterable[Pair], charset: str) -> list[tuple[str, str]]:
    return [(name.decode(charset), value.decode(charset)) for name, value in pairs]


def _referred(reference: re.Match[str]) -> str:
    found = html.unescape(reference[0])
    return found if found.isprintable() else ""


def _unescaped(text: bytes) -> bytes:
    """Return bytes without their escapes; a percent sign that escapes nothing stands."""
    return _ESCAPES.sub(_bytes_of, text) if b"%" in text else text


def _bytes_of(escapes: re.Match[bytes]) -> bytes:
    return unhexlify(escapes[0].replace(b"%", b""))
