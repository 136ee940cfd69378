"""Whether a picture is whole, and nothing else beside: JPEG, PNG and HEIC, read by their parts."""

import re
import zipfile
import zlib
from collections.abc import Iterator, Set
from io import BytesIO
from typing import Final, Literal

from chalicelib.forms.attachments.wrong_file import BOMB, DAMAGED, KIND, MIXED, WrongFile

ACTIVE: Final = re.compile(rb"<script|<html|<!doctype|<\?php|^#!|^MZ|^\x7fELF", re.IGNORECASE)
"""What browsers, servers and systems run, and no picture says of itself."""

HUNG_ON: Final = re.compile(
    rb"PK\x03\x04|%PDF-|\x7fELF|Rar!\x1a\x07|7z\xbc\xaf\x27\x1c|#!/(?:bin|usr)/|PE\x00\x00"
    rb"|This program cannot be run|<script|<html|<!doctype|<\?php",
    re.IGNORECASE,
)
"""What is another file wherever it stands behind a picture: each is too long to stand there by
chance, in the film that a phone hangs on."""

JPEG_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
"""Markers of a JPEG that have no length."""

JPEG_SCAN: Final = 0xDA
JPEG_END: Final = 0xD9
_PNG_HEAD: Final = 8

MOST_PARTS: Final = 20_000
"""Parts of a picture that are looked at: a large one has some thousands."""

MOST_PIXELS: Final = 250_000_000
"""Pixels of a picture: the finest of telephones take 200 million."""

_JPEG_SIZES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers of a JPEG before its height and its width."""

HEIC_BRANDS: Final = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
)


def check_picture(body: bytes, begins: Set[str]) -> Literal["jpg", "png", "heic"] | None:
    """See that a picture is whole and alone, and return its kind; none of what is no picture.
    `begins` has the extensions of all files that begin as it does. Raises WrongFile."""
    kind: Literal["jpg", "png", "heic"]
    if ".jpg" in begins and body.startswith(b"\xff\xd8\xff"):
        kind, check = "jpg", check_jpeg
    elif ".png" in begins:
        kind, check = "png", check_png
    elif body[4:8] == b"ftyp":
        kind, check = "heic", check_heic
    else:
        return None
    check(body)
    # A zip is read from its end, whatever stands before it.
    if zipfile.is_zipfile(BytesIO(body)):
        raise WrongFile(MIXED)
    return kind


def check_jpeg(body: bytes) -> None:
    """Walk the segments up to the picture itself, and see that it has an end. Raises WrongFile."""
    at = 2
    for _ in range(MOST_PARTS):
        if body[at : at + 1] != b"\xff":
            raise WrongFile(DAMAGED)
        marker = body[at + 1] if at + 1 < len(body) else -1
        if marker == 0xFF:
            at += 1
            continue
        if marker in JPEG_ALONE:
            at += 2
            continue
        length = int.from_bytes(body[at + 2 : at + 4])
        if marker in (-1, 0, JPEG_END) or length < 2 or at + 2 + length > len(body):
            raise WrongFile(DAMAGED)
        if ACTIVE.search(body[at + 4 : at + 2 + length]):
            raise WrongFile(MIXED)
        if marker in _JPEG_SIZES:
            _check_pixels(body[at + 5 : at + 7], body[at + 7 : at + 9])
        at += 2 + length
        if marker == JPEG_SCAN:
            return _check_end(body, at)
    raise WrongFile(DAMAGED)


def _check_pixels(height: bytes, width: bytes) -> None:
    """Refuse a picture of a few bytes that fills the memory of whoever opens it."""
    if int.from_bytes(height) * int.from_bytes(width) > MOST_PIXELS:
        raise WrongFile(BOMB)


def _check_end(body: bytes, at: int) -> None:
    """See that the picture ends. Phones hang a film or another picture on it; nothing else may
    be there."""
    end = body.find(b"\xff\xd9", at)
    if end < 0:
        raise WrongFile(DAMAGED)
    rest = body[end + 2 :].lstrip(b"\x00\r\n")
    if rest.startswith(b"MZ") or HUNG_ON.search(rest):
        raise WrongFile(MIXED)


def check_png(body: bytes) -> None:
    """Walk the chunks, each with its sum, to the last. Raises WrongFile."""
    at, first = _PNG_HEAD, True
    for _ in range(MOST_PARTS):
        length, name = int.from_bytes(body[at : at + 4]), body[at + 4 : at + 8]
        end = at + 12 + length
        if len(name) < 4 or end > len(body) or (first and name != b"IHDR"):
            raise WrongFile(DAMAGED)
        data = body[at + 8 : end - 4]
        if zlib.crc32(name + data) != int.from_bytes(body[end - 4 : end]):
            raise WrongFile(DAMAGED)
        if name == b"IHDR":
            _check_pixels(data[:4], data[4:8])
        if name != b"IDAT" and ACTIVE.search(data):
            raise WrongFile(MIXED)
        at, first = end, False
        if name == b"IEND":
            if at != len(body):
                raise WrongFile(MIXED)
            return
    raise WrongFile(DAMAGED)


def check_heic(body: bytes) -> None:
    """Walk the boxes to the end, and see that the brands are of HEIC. Raises WrongFile."""
    names = []
    for name, data in _boxes(body):
        names.append(name)
        if name == b"ftyp":
            brands = {data[at : at + 4] for at in range(0, len(data), 4) if at != 4}
            if not brands & HEIC_BRANDS:
                raise WrongFile(KIND)
        elif name not in (b"mdat", b"idat") and (ACTIVE.search(data) or HUNG_ON.search(data)):
            raise WrongFile(MIXED)
    if names[:1] != [b"ftyp"] or b"meta" not in names:
        raise WrongFile(DAMAGED)


def _boxes(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    for _ in range(MOST_PARTS):
        if at >= len(body):
            return
        size, name, head = int.from_bytes(body[at : at + 4]), body[at + 4 : at + 8], 8
        if size == 1:
            size, head = int.from_bytes(body[at + 8 : at + 16]), 16
        elif size == 0:
            size = len(body) - at
        if len(name) < 4 or size < head or at + size > len(body):
            # What is no box at all was hung on; a box that is too long was cut.
            raise WrongFile(DAMAGED if name.isalnum() or at == 0 else MIXED)
        yield name, body[at + head : at + size]
        at += size
    raise WrongFile(DAMAGED)
