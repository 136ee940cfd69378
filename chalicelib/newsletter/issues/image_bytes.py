"""An uploaded image, made anew of the parts that draw it: what else it held is nobody's to know.

A photograph of a telephone says where it was taken, of whom and when. What is kept of a file are the
parts that a browser draws with, each named here; so nothing that hides in another one is passed on.
"""

import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from chalicelib.forms.attachments.inspection import inspect
from chalicelib.forms.attachments.pictures import JPEG_ALONE, JPEG_END, JPEG_SCAN, MOST_PARTS
from chalicelib.forms.attachments.wrong_file import KIND, PROGRAM, WrongFile
from chalicelib.newsletter.issues.image import ImageRefused

IMAGE_MAX_BYTES: Final = 1_000_000
"""Bytes of an image: each reader loads it."""

MOST_PIXELS_A_SIDE: Final = 4_000
"""Pixels of the longer side: what fills the memory of a phone stays out, whatever its bytes."""

_DRAWN_OF_PNG: Final = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT"}
)
"""No text, time, place or name of a screen; a PNG that moves stands still."""

_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})
"""The markers of a JPEG before its size, of the kinds that browsers show."""

_DRAWN_OF_JPEG: Final = frozenset({*_FRAMES, 0xC4, 0xDB, 0xDD})
_AFTER_SCAN: Final = re.compile(rb"\xff+[^\xff\x00\xd0-\xd7]")

_JFIF: Final = b"JFIF\0\1\1\0\0\1\0\1\0\0"
_EXIF: Final = b"Exif\0\0"
_ADOBE_BYTES: Final = 12
_TURNED: Final = 0x0112
"""The number of the one fact of a photograph that draws it: which side is up."""

_MOST_FACTS: Final = 200


class Picture(NamedTuple):
    """An image as it is kept; width and height as it is seen, in pixels."""

    kind: Literal["jpg", "png"]
    body: bytes
    width: int
    height: int


def made_anew(body: bytes) -> Picture:
    """Return an image without anything but what draws it. Raises ImageRefused."""
    if len(body) > IMAGE_MAX_BYTES:
        raise ImageRefused("image_large")
    try:
        kind = inspect(body)
    except WrongFile as error:
        is_other = error.code in (KIND, PROGRAM)
        raise ImageRefused("image_kind" if is_other else "image_damaged") from None
    if kind not in ("jpg", "png"):
        raise ImageRefused("image_kind")
    found = _jpeg(body) if kind == "jpg" else _png(body)
    if not found.width or not found.height:
        raise ImageRefused("image_damaged")
    if max(found.width, found.height) > MOST_PIXELS_A_SIDE:
        raise ImageRefused("image_pixels")
    return found


def _png(body: bytes) -> Picture:
    """Copy the chunks that draw; each was seen to be whole."""
    kept, at = [body[:8]], 8
    while at < len(body):
        end = at + 12 + int.from_bytes(body[at : at + 4])
        if body[at + 4 : at + 8] in _DRAWN_OF_PNG:
            kept.append(body[at:end])
        at = end
    width, height = (int.from_bytes(body[start : start + 4]) for start in (16, 20))
    return Picture("png", b"".join(kept), width, height)


def _jpeg(body: bytes) -> Picture:
    """Copy the segments that draw, and write anew which side is up."""
    kept: list[bytes] = []
    width, height, turned = 0, 0, 1
    for marker, data, scan in _segments(body):
        if marker == 0xE1 and data.startswith(_EXIF):
            turned = _side_up(data[len(_EXIF) :])
        if marker in _FRAMES:
            height, width = int.from_bytes(data[1:3]), int.from_bytes(data[3:5])
        if (drawn := _drawn(marker, data)) is not None:
            kept.append(_segment(marker, drawn) + scan)
    if turned != 1:
        kept.insert(0, _segment(0xE1, _exif(turned)))
    if turned >= 5:  # It lies on its side.
        width, height = height, width
    return Picture("jpg", b"\xff\xd8" + b"".join(kept) + b"\xff\xd9", width, height)


def _drawn(marker: int, data: bytes) -> bytes | None:
    """Return what of a segment draws; None for one that does not."""
    if marker in _DRAWN_OF_JPEG or marker == JPEG_SCAN:
        return data
    if marker == 0xE0 and data.startswith(b"JFIF\0"):
        return _JFIF  # without the small picture that may be in it
    if marker == 0xE2 and data.startswith(b"ICC_PROFILE\0"):
        return data
    return data[:_ADOBE_BYTES] if marker == 0xEE and data.startswith(b"Adobe") else None


def _segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(data) + 2).to_bytes(2) + data


def _segments(body: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield each segment with its marker, and with what is drawn behind it, up to the first end:
    what somebody hung on is not looked at. Raises ImageRefused."""
    at = 2
    for _ in range(MOST_PARTS):
        while body[at : at + 2] == b"\xff\xff":
            at += 1
        marker = body[at + 1] if body[at : at + 1] == b"\xff" and at + 1 < len(body) else -1
        if marker == JPEG_END:
            return
        if marker in JPEG_ALONE:
            at += 2
            continue
        end = at + 2 + int.from_bytes(body[at + 2 : at + 4])
        if marker < 1 or end < at + 4 or end > len(body):
            break
        stop = end
        if marker == JPEG_SCAN:
            found = _AFTER_SCAN.search(body, end)
            if found is None:
                break
            stop = found.start()
        yield marker, body[at + 4 : end], body[end:stop]
        at = stop
    raise ImageRefused("image_damaged")


def _side_up(facts: bytes) -> int:
    """Return which side of a photograph is up: 1 to 8, as EXIF counts; 1 for what says nothing."""
    order: Literal["little", "big"] = "little" if facts[:2] == b"II" else "big"

    def number(at: int, size: int) -> int:
        return int.from_bytes(facts[at : at + size], order)

    first = number(4, 4)
    for fact in range(min(number(first, 2), _MOST_FACTS)):
        at = first + 2 + 12 * fact
        if number(at, 2) == _TURNED:
            found = number(at + 8, 2)
            return found if 1 <= found <= 8 else 1
    return 1


def _exif(turned: int) -> bytes:
    """Write the facts of a photograph anew: which side is up, and none beside it."""
    entry = _TURNED.to_bytes(2) + b"\0\3" + b"\0\0\0\1" + turned.to_bytes(2) + b"\0\0"
    return _EXIF + b"MM\0*\0\0\0\x08" + b"\0\1" + entry + b"\0\0\0\0"
