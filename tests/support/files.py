"""Files as people send them, and as nobody should: each kind whole, and each way to be wrong."""

import io
import struct
import zipfile
import zlib
from typing import Final

EICAR: Final = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The text that every scanner takes for malware, and that does nothing."""

TYPES: Final = (
    '<Types><Override PartName="/word/document.xml" ContentType="application/'
    'vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
RELATIONS: Final = "word/_rels/settings.xml.rels"
FETCHED: Final = (
    ("attachedTemplate", "https://example.org/x.dotm"), ("oleObject", "\\\\example.org\\x"),
    ("attachedTemplate", "file://example.org/share/t.dotm"), ("frame", "//example.org/x"),
    ("attachedTemplate", "file:///\\example.org\\t.dotm"), ("subDocument", " http://example.org/x"),
    ("image", "&#104;ttp://example.org/x.png"), ("oleObject", "mhtml:http://example.org/x!x-usc:http://x"),
    ("attachedTemplate", "file:////example.org/t.dotm"), ("attachedTemplate", "%68ttp://example.org/x"),
)  # fmt: skip
"""Relations of a DOCX by which it fetches something when it is opened: their kind, and where."""

ODT: Final = "application/vnd.oasis.opendocument.text"


def pdf(inside: bytes = b"1 0 obj<</Type/Catalog>>endobj") -> bytes:
    return b"%PDF-1.7\n" + inside + b"\ntrailer<<>>\nstartxref\n9\n%%EOF\n"


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(*more: bytes) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")  # fmt: skip


def sized_png(width: int, height: int) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return png().replace(chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)), head)


def drawn_png(width: int, height: int) -> bytes:
    """A PNG with all of its pixels, black ones."""
    rows = zlib.compress((b"\0" + bytes(width)) * height)
    return sized_png(width, height).replace(
        chunk(b"IDAT", zlib.compress(b"\0\0")), chunk(b"IDAT", rows)
    )


def sized_jpeg(width: int, height: int) -> bytes:
    size = b"\xff\xc0" + struct.pack(">HBHHB", 8, 8, height, width, 0)
    return jpeg()[:2] + size + jpeg()[2:]


def relation(kind: str, target: str) -> tuple[str, str]:
    """A relation of a DOCX to something outside of it."""
    start = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    one = f'<Relationship Id="r1" Type="{start}/{kind}" Target="{target}" TargetMode="External"/>'
    return RELATIONS, f"<Relationships>{one}</Relationships>"


def jpeg(comment: bytes = b"JFIF\0\1\1\0\0\1\0\1\0\0") -> bytes:
    app = b"\xff\xe0" + struct.pack(">H", len(comment) + 2) + comment
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"
    return b"\xff\xd8" + app + scan + b"\x12\x34\xff\x00\x56" + b"\xff\xd9"


def box(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data) + 8) + name + data


def heic(brand: bytes = b"heic", other: bytes = b"mif1heic") -> bytes:
    return box(b"ftyp", brand + bytes(4) + other) + box(b"meta", bytes(40)) + box(b"mdat", b"x" * 90)  # fmt: skip


def zipped(*entries: tuple[str, str | bytes], comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
        archive.comment = comment
    return out.getvalue()


def docx(*more: tuple[str, str | bytes], comment: bytes = b"") -> bytes:
    parts = (("[Content_Types].xml", TYPES), ("word/document.xml", "<w:document/>"))
    return zipped(*parts, *more, comment=comment)


def odt(*more: tuple[str, str | bytes]) -> bytes:
    return zipped(("mimetype", ODT), ("content.xml", "<office/>"), *more)


def odt_of(inside: str) -> bytes:
    return zipped(("mimetype", ODT), ("content.xml", f"<office>{inside}</office>"))


def with_password(body: bytes) -> bytes:
    """Set the flag of a password in every head of a zip."""
    flagged = bytearray(body)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = body.find(mark)
        while place >= 0:
            flagged[place + at] |= 1
            place = body.find(mark, place + 1)
    return bytes(flagged)


def twice(body: bytes) -> bytes:
    """Let a second part of a zip have the name of one that is there."""
    more = io.BytesIO(body)
    with zipfile.ZipFile(more, "a") as archive:
        archive.writestr("word/document.xmm", "<other/>")
    return more.getvalue().replace(b"word/document.xmm", b"word/document.xml")


def lying(body: bytes) -> bytes:
    """Let the last entry of a zip say that it is much larger than it is."""
    place = body.rfind(b"PK\x01\x02")
    return body[: place + 24] + struct.pack("<I", 900 * 1024 * 1024) + body[place + 28 :]


WHOLE: Final = {
    "pdf": pdf(),
    "pdf with a picture at its start": pdf(b"\xff\xd8\xff\xe0 stream"),
    "jpg": jpeg(),
    "jpg of a phone, with a film behind": jpeg() + box(b"ftyp", b"mp42"),
    "png": png(),
    "heic": heic(),
    "heic that says mif1 first": heic(b"mif1", b"heicmif1"),
    "docx": docx(),
    "docx with an empty table": docx(("word/footer.xml", " " * 1_500_000)),
    "odt": odt(),
    "docx of a template on its writer's disk": docx(
        relation("attachedTemplate", "file:///C:/a.dotx")
    ),
    "docx with a link": docx(relation("hyperlink", "https://example.org/")),
    "docx of a template on its writer's Mac": docx(
        relation("attachedTemplate", "file:////Users/ada/Library/Normal.dotm")
    ),
    "docx of a template with a space": docx(relation("attachedTemplate", "C:\\My%20Files\\a.dotx")),
    "docx of a template beside it": docx(relation("attachedTemplate", "Normal.dotm")),
    "odt with a link and a picture": odt_of(
        '<text:a xlink:href="https://example.org/">x</text:a>'
        '<draw:image xlink:href="Pictures/1.png"/><draw:object xlink:href="./Object 1"/>'
    ),
    "docx with a sheet inside": docx(
        ("word/embeddings/Sheet1.xlsx", zipped(("xl/workbook.xml", "")))
    ),
    "png of a fine camera": sized_png(16_320, 12_240),
    "jpg of a fine camera": sized_jpeg(16_320, 12_240),
}
"""A name that begins with the kind → a file that is taken."""

WRONG: Final[dict[str, tuple[bytes, str]]] = {
    "a program for Windows": (b"MZ\x90\x00" + bytes(200), "file_program"),
    "a program for Linux": (b"\x7fELF\x02\x01\x01" + bytes(200), "file_program"),
    "a program for macOS": (b"\xcf\xfa\xed\xfe" + bytes(200), "file_program"),
    "a script of a shell": (b"#!/bin/sh\nrm -rf /\n", "file_program"),
    "a script of a page": (b"<script>alert(1)</script>", "file_program"),
    "a script of a server": (b"<?php system($_GET[0]);", "file_program"),
    "a class of Java": (b"\xca\xfe\xba\xbe\x00\x00\x00\x34" + bytes(90), "file_program"),
    "a page": (b"<!DOCTYPE html><title>x</title>", "file_kind"),
    "a text": (b"Bonjour", "file_kind"),
    "the test file of scanners": (EICAR, "file_kind"),
    "a picture as GIF": (b"GIF89a" + bytes(40), "file_kind"),
    "a picture as AVIF": (heic(b"avif", b"mif1miaf"), "file_kind"),
    "a picture as SVG": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "file_kind"),
    "a document of old Word": (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "file_kind"),
    "a document with a password": (
        bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le"), "file_locked",
    ),
    "an archive as RAR": (b"Rar!\x1a\x07\x00" + bytes(90), "file_kind"),
    "a zip of a text": (zipped(("readme.txt", "x")), "file_kind"),
    "a workbook": (zipped(("[Content_Types].xml", "<Types/>"), ("xl/workbook.xml", "x")), "file_kind"),
    "nothing but zeros": (bytes(500), "file_damaged"),
    "a PDF cut in two": (pdf()[:40], "file_damaged"),
    "a JPEG cut in its head": (jpeg()[:12], "file_damaged"),
    "a JPEG without its end": (jpeg()[:-2], "file_damaged"),
    "a PNG cut in two": (png()[:-14], "file_damaged"),
    "a JPEG of nothing but markers": (b"\xff\xd8\xff\xd0" + b"\xff\xd0" * 300_000, "file_damaged"),
    "a JPEG of nothing but filling": (b"\xff\xd8\xff" + b"\xff" * 600_000, "file_damaged"),
    "a PNG of nothing but empty parts": (
        png()[:33] + chunk(b"abcd", b"") * 50_000, "file_damaged",
    ),
    "a HEIC of nothing but empty parts": (box(b"ftyp", b"heic") + box(b"free", b"") * 80_000, "file_damaged"),
    "a PNG with a wrong sum": (png().replace(b"IDAT", b"IDAX"), "file_damaged"),
    "a HEIC cut in two": (heic()[:-30], "file_damaged"),
    "a DOCX cut in two": (docx()[:-40], "file_damaged"),
    "a DOCX with a wrong sum": (docx().replace(b"PK\x03\x04", b"PK\x03\x05"), "file_kind"),
    "a PDF that is a zip too": (pdf() + zipped(("a", "b")), "file_mixed"),
    "a PDF with a page in its head": (pdf(b"<html><script>x</script>"), "file_mixed"),
    "a program with a PDF inside": (b"MZ" + bytes(60) + pdf(), "file_program"),
    "a JPEG with an archive behind": (jpeg() + zipped(("a", "b")), "file_mixed"),
    "a JPEG with an archive behind a byte": (jpeg() + b"x" + zipped(("a", "b")), "file_mixed"),
    "a JPEG with a page behind a film": (jpeg() + box(b"ftyp", b"mp42") + b"<html>", "file_mixed"),
    "a JPEG with a program behind a byte": (jpeg() + b"x" + b"MZ" + bytes(60) + b"PE\0\0", "file_mixed"),
    "a JPEG with an archive before its end": (jpeg()[:-2] + zipped(("a", "b")) + b"\xff\xd9", "file_mixed"),
    "a PNG with an archive inside": (png(chunk(b"tEXt", b"x\0" + zipped(("a", "b")))), "file_mixed"),
    "a HEIC with an archive inside": (heic() + box(b"free", zipped(("a", "b"))), "file_mixed"),
    "a HEIC with an archive as its picture": (heic() + box(b"mdat", zipped(("a", "b"))), "file_mixed"),
    "a JPEG with a PDF behind": (jpeg() + pdf(), "file_mixed"),
    "a JPEG with a script in its comment": (jpeg(b"<?php system('id'); ?>"), "file_mixed"),
    "a PNG with a page behind": (png() + b"<html>", "file_mixed"),
    "a PNG with a script inside": (png(chunk(b"tEXt", b"x\0<script>x</script>")), "file_mixed"),
    "a HEIC with a page behind": (heic() + b"<html><script>", "file_mixed"),
    "a zip hung on a picture": (png() + docx(), "file_mixed"),
    "a document hung on a program": (b"PK\x03\x04" + bytes(60) + docx(), "file_mixed"),
    "a DOCX with a comment": (docx(comment=b"#!/bin/sh"), "file_mixed"),
    "a DOCX that climbs out of its folder": (docx(("../../etc/passwd", "x")), "file_mixed"),
    "a DOCX with an archive inside": (docx(("word/embeddings/a.zip", zipped(("a", "b")))), "file_mixed"),
    "a DOCX with a program inside": (docx(("word/embeddings/setup.exe", b"MZ")), "file_program"),
    "a DOCX with a renamed program inside": (docx(("word/media/image1.png", b"MZ\x90\0")), "file_program"),
    "a DOCX with macros": (docx(("word/vbaProject.bin", b"x")), "file_macros"),
    "an ODT with macros": (odt(("Basic/Standard/Module1.xml", "x")), "file_macros"),
    "an ODT of a presentation": (zipped(("mimetype", "application/vnd.oasis.opendocument.presentation"), ("content.xml", "")), "file_kind"),
    "a DOCX with a password": (with_password(docx()), "file_locked"),
    "a PDF with a script that runs": (pdf(b"<</OpenAction<</S/JavaScript/JS(x)>>>>"), "file_mixed"),
    "a PDF with a script written by numbers": (pdf(b"<</S/Java#53cript/JS(x)>>"), "file_mixed"),
    "a PDF that starts a program by numbers": (pdf(b"<</S/L#61unc#68/F(cmd.exe)>>"), "file_mixed"),
    "a PDF that starts a program": (pdf(b"<</S/Launch/F(cmd.exe)>>"), "file_mixed"),
    "a PNG of a thousand million pixels": (sized_png(40_000, 40_000), "file_bomb"),
    "a JPEG of a thousand million pixels": (sized_jpeg(40_000, 40_000), "file_bomb"),
    **{f"a DOCX that fetches {place}": (docx(relation(kind, place)), "file_fetches") for kind, place in FETCHED},
    "a DOCX that fetches its template, told in UTF-16": (
        docx((RELATIONS, relation("attachedTemplate", "http://example.org/x")[1].encode("utf-16"))), "file_fetches",
    ),
    "a DOCX that fetches its template, told late": (
        docx((RELATIONS, relation("attachedTemplate", "http://example.org/x")[1].replace("<R", f"<!--{'x' * 300_000}--><R", 1))),
        "file_fetches",
    ),
    "a DOCX that fetches its template, told in quotes of another kind": (
        docx((RELATIONS, relation("frame", "http://example.org/x")[1].replace('"', "'").replace("=", " = "))), "file_fetches",
    ),
    "a DOCX whose relations have a type": (docx((RELATIONS, "<!DOCTYPE x><x/>")), "file_mixed"),
    "a DOCX whose relations cannot be read": (docx((RELATIONS, "<x")), "file_damaged"),
    "an ODT that fetches a picture": (odt_of('<draw:image xlink:href="https://example.org/x.png"/>'), "file_fetches"),
    "an ODT that fetches a section": (odt_of('<text:section-source xlink:href="//example.org/x.odt"/>'), "file_fetches"),
    "an ODT that calls a macro": (odt_of('<script:event-listener xlink:href="vnd.sun.star.script:a.b"/>'), "file_fetches"),
    "a DOCX that names entities": (docx(("word/y.xml", '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>')), "file_mixed"),
    "a DOCX that climbs out backwards": (docx(("word\\..\\..\\x.xml", "x")), "file_mixed"),
    "a DOCX with an archive as a picture": (docx(("word/media/image1.png", zipped(("a", "b")))), "file_mixed"),
    "a DOCX with one part twice": (twice(docx()), "file_mixed"),
    "a bomb of zeros": (docx(("word/media/a.bin", bytes(30 * 1024 * 1024))), "file_bomb"),
    "a bomb of many entries": (docx(*((f"word/{n}.xml", "") for n in range(3001))), "file_bomb"),
    "a bomb that lies about its size": (lying(docx()), "file_bomb"),
}  # fmt: skip
"""A name → a file that is refused, and the code of what is said of it."""


def form_data(file: bytes | None = None, name: str = "entente.pdf", **fields: str) -> bytes:
    """The body with which a browser sends a file beside fields, under the boundary `BOUNDARY`."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields.items()
    ]
    if file is not None:
        head = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: application/pdf\r\n\r\n"
        )
        parts.append(head.encode() + file + b"\r\n")
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


BOUNDARY: Final = "----relais"
SENT_WITH: Final = f"multipart/form-data; boundary={BOUNDARY}"
