"""Whether a document is whole, harmless to unpack and alone: PDF, and the zips of DOCX and ODT."""

import re
import zipfile
import zlib
from io import BytesIO
from typing import Final, Literal

from chalicelib.forms.attachments.pictures import ACTIVE
from chalicelib.forms.attachments.references import ReferenceReader
from chalicelib.forms.attachments.wrong_file import (
    BOMB,
    DAMAGED,
    KIND,
    LOCKED,
    MACROS,
    MIXED,
    PROGRAM,
    WrongFile,
)


def _named(name: str) -> str:
    """Return the pattern of a name in a PDF, where each letter may be written by its number."""
    return "".join(f"(?:{letter}|#(?i:{ord(letter):02x}))" for letter in name)


PDF_ACTS: Final = re.compile(f"/(?:{_named('JavaScript')}|{_named('Launch')})\\b".encode())
"""What a PDF says that runs something when it is opened; no printer or scanner writes that."""

PDF_HEAD_BYTES: Final = 1024
"""Bytes at the start of a PDF in which no page or script may begin."""

MOST_ENTRIES: Final = 3000
MOST_UNPACKED_BYTES: Final = 80 * 1024 * 1024
"""Bytes that a document may be when unpacked: more is a bomb, or nothing that a form needs."""

START_BYTES: Final = 256 * 1024
"""Bytes of an entry that are looked at for what it begins with."""

MOST_RATIO: Final = 200
SMALL_BYTES: Final = 2 * 1024 * 1024
"""Bytes below which any ratio is harmless: an empty table packs to nearly nothing."""

_PROGRAMS: Final = (
    ".exe", ".dll", ".com", ".scr", ".bat", ".cmd", ".ps1", ".vbs", ".js", ".jar", ".msi", ".hta",
    ".lnk", ".sh", ".class",
)  # fmt: skip
_ARCHIVES: Final = (".zip", ".rar", ".7z", ".gz", ".bz2", ".xz", ".tar", ".iso", ".cab")
ENTITY: Final = b"<!ENTITY"
"""What lets a text grow without end, or fetch other files, when it is read."""

PICTURES: Final = ("word/media/", "pictures/")

_MACROS: Final = ("vbaproject.bin", "basic/", "scripts/")

DOCX_MAIN: Final = b"wordprocessingml.document.main+xml"
ODT: Final = b"application/vnd.oasis.opendocument.text"


def check_pdf(body: bytes) -> None:
    """See that a PDF begins at once, ends, and is nothing else too. Raises WrongFile."""
    if not re.match(rb"%PDF-[12]\.[0-9]", body):
        raise WrongFile(KIND)
    if ACTIVE.search(body[:PDF_HEAD_BYTES]) or PDF_ACTS.search(body):
        raise WrongFile(MIXED)
    end = body.rfind(b"%%EOF")
    if end < 0 or b"startxref" not in body:
        raise WrongFile(DAMAGED)
    if body[end + 5 :].strip(b"\x00\r\n\t ") or zipfile.is_zipfile(BytesIO(body)):
        raise WrongFile(MIXED)


def check_zip(body: bytes) -> Literal["docx", "odt"]:
    """Unpack a document within bounds, and return which of the two it is. Raises WrongFile."""
    try:
        with zipfile.ZipFile(BytesIO(body)) as archive:
            entries = archive.infolist()
            _check_place(body, archive, entries)
            _check_names(entries)
            _check_sizes(body, entries)
            kind = _kind(archive)
            # Each entry has a sum: what was cut or lies about its size is found here.
            for entry in entries:
                _unpack(archive, entry)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, KeyError):
        raise WrongFile(DAMAGED) from None
    except NotImplementedError:
        raise WrongFile(KIND) from None
    return kind


def _check_place(body: bytes, archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """Refuse what stands before the first entry or behind the last: another file."""
    if not entries:
        raise WrongFile(KIND)
    if min(entry.header_offset for entry in entries) != 0 or archive.comment:
        raise WrongFile(MIXED)
    if not body.endswith(b"\x00\x00") or body.rfind(b"PK\x05\x06") != len(body) - 22:
        raise WrongFile(MIXED)


def _check_names(entries: list[zipfile.ZipInfo]) -> None:
    if len({entry.filename.lower() for entry in entries}) < len(entries):
        raise WrongFile(MIXED)
    for entry in entries:
        name = entry.filename.lower().replace("\\", "/")
        if entry.flag_bits & 1:
            raise WrongFile(LOCKED)
        if name.endswith(_PROGRAMS):
            raise WrongFile(PROGRAM)
        if name.endswith(_ARCHIVES) or name.startswith("/") or ".." in name.split("/"):
            raise WrongFile(MIXED)
        if name.endswith(_MACROS[0]) or name.startswith(_MACROS[1:]):
            raise WrongFile(MACROS)


def _check_sizes(body: bytes, entries: list[zipfile.ZipInfo]) -> None:
    """Refuse a bomb by what it says of itself, before anything is unpacked: also one whose
    entries share their bytes."""
    packed, unpacked = (
        sum(entry.compress_size for entry in entries),
        sum(entry.file_size for entry in entries),
    )
    if len(entries) > MOST_ENTRIES or unpacked > MOST_UNPACKED_BYTES or packed > len(body):
        raise WrongFile(BOMB)
    for entry in entries:
        if entry.file_size > SMALL_BYTES and entry.file_size > MOST_RATIO * max(
            entry.compress_size, 1
        ):
            raise WrongFile(BOMB)


def _kind(archive: zipfile.ZipFile) -> Literal["docx", "odt"]:
    names = set(archive.namelist())
    if (
        "mimetype" in names
        and _start(archive, "mimetype").strip() == ODT
        and "content.xml" in names
    ):
        return "odt"
    types = "[Content_Types].xml"
    if types in names and DOCX_MAIN in _start(archive, types) and "word/document.xml" in names:
        return "docx"
    if types in names and b"macroEnabled" in _start(archive, types):
        raise WrongFile(MACROS)
    raise WrongFile(KIND)


def _start(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as entry:
        return entry.read(SMALL_BYTES)


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Read an entry to its end, a part at a time: it never gives more than it says it has."""
    with archive.open(entry) as unpacked:
        start = unpacked.read(START_BYTES)
        if start.startswith((b"MZ", b"\x7fELF")):
            raise WrongFile(PROGRAM)
        is_picture = entry.filename.lower().startswith(PICTURES)
        if ENTITY in start or (is_picture and start.startswith(b"PK\x03\x04")):
            raise WrongFile(MIXED)
        references = ReferenceReader(entry.filename)
        while start:
            references.read(start)
            start = unpacked.read(1024 * 1024)
        references.read(b"")
