"""What a file is by its bytes, whatever it is called; what is not one of ours is refused in words.

A signature says what a file begins as; its parts say whether it is that, whole, and alone.
"""

from typing import Final, Literal

from chalicelib.forms.attachments.wrong_file import DAMAGED, KIND, LOCKED, PROGRAM, WrongFile

FileKind = Literal["pdf", "docx", "odt", "jpg", "png", "heic"]

KINDS: Final[tuple[FileKind, ...]] = ("pdf", "docx", "odt", "jpg", "png", "heic")

HEAD_BYTES: Final = 512
"""Bytes by which a file is recognized."""

_PROGRAMS: Final = frozenset(
    {".exe", ".dll", ".com", ".sys", ".msi", ".class", ".appimage", ".so", ".jar", ".apk", ".bat"}
)
_PROGRAM_HEADS: Final = (
    b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe",
    b"\xfe\xed\xfa", b"\x00asm", b"<script", b"<?php", b"@echo",
)  # fmt: skip
_OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCKED_OFFICE: Final = "EncryptedPackage".encode("utf-16-le")


def inspect(body: bytes) -> FileKind:
    """Return what a file is. Raises WrongFile."""
    from chalicelib.forms.attachments import documents, pictures

    begins = _signature(body[:HEAD_BYTES])
    if body.startswith(_OLD_OFFICE):
        raise WrongFile(LOCKED if _LOCKED_OFFICE in body else KIND)
    if body.startswith(_PROGRAM_HEADS) or (begins & _PROGRAMS and body[:2] != b"PK"):
        raise WrongFile(PROGRAM)
    if ".pdf" in begins:
        documents.check_pdf(body)
        return "pdf"
    if (kind := pictures.check_picture(body, begins)) is not None:
        return kind
    if ".docx" in begins and body.startswith(b"PK\x03\x04"):
        return documents.check_zip(body)
    raise WrongFile(DAMAGED if not body.strip(b"\x00") else KIND)


def _signature(head: bytes) -> set[str]:
    """Return the extensions of all kinds of files that begin so."""
    import puremagic

    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return set()
    return {match.extension.lower() for match in found}
