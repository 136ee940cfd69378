"""An image is made anew of what draws it, and placed in both texts by one name."""

import struct
import zlib
from contextlib import suppress
from dataclasses import replace

import pytest

import files
from chalicelib.newsletter.issues import image_placing, markdown
from chalicelib.newsletter.issues.compiler import compiled
from chalicelib.newsletter.issues.image import ImageRefused
from chalicelib.newsletter.issues.image_bytes import IMAGE_MAX_BYTES, made_anew
from chalicelib.newsletter.issues.source import PlacedImage, parse
from issue_factory import IMPRINT

PLACE = b"45.5017 N, 73.5673 W, Ada"


def segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def exif(turned: int, order: str) -> bytes:
    """What a telephone writes: where it was, and which side is up."""
    head = b"II*\0" if order == "<" else b"MM\0*"
    entries = [(0x010F, 2, len(PLACE), 38), (0x0112, 3, 1, turned << (0 if order == "<" else 16))]
    body = struct.pack(f"{order}IH", 8, len(entries))
    body += b"".join(struct.pack(f"{order}HHII", *entry) for entry in entries)
    return b"Exif\0\0" + head + body + struct.pack(f"{order}I", 0) + PLACE


def photograph(turned: int = 1, order: str = "<", end: bytes = b"") -> bytes:
    jfif, icc, adobe = (
        b"JFIF\0\1\2\0\0\1\0\1\1\1" + PLACE,
        b"ICC_PROFILE\0\1\1P3",
        b"Adobe\0dP3\0\0\0\1",
    )
    size = struct.pack(">BHHB", 8, 30, 40, 3) + bytes(9)
    return b"".join(
        (
            b"\xff\xd8", segment(0xE0, jfif), segment(0xE1, exif(turned, order)),
            segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + PLACE), segment(0xE2, icc),
            segment(0xED, b"Photoshop 3.0\0" + PLACE), segment(0xEE, adobe + PLACE),
            segment(0xFE, PLACE), segment(0xDB, bytes(65)), b"\xff" + segment(0xC2, size),
            segment(0xC4, bytes(20)), segment(0xDA, bytes(8)), b"first\xff\x00\xff\xd0scan",
            segment(0xC4, b"again"), segment(0xDA, bytes(8)), b"second scan", b"\xff\xd9", end,
        )
    )  # fmt: skip


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("turned", [1, 6])
def test_a_photograph_keeps_what_draws_it_and_nothing_of_its_place_and_time(
    turned: int, order: str
) -> None:
    made = made_anew(photograph(turned, order, end=b"\0\0\0\x18ftypmp42" + PLACE))
    assert PLACE not in made.body
    assert b"Photoshop" not in made.body
    assert b"xap" not in made.body
    for drawn in (b"first\xff\x00\xff\xd0scan", b"again", b"second scan", b"ICC_PROFILE", b"Adobe"):
        assert drawn in made.body
    assert made.body.endswith(b"\xff\xd9")
    assert (made.width, made.height) == ((40, 30) if turned == 1 else (30, 40))
    assert (b"\x01\x12\0\3\0\0\0\1\0\6" in made.body) == (turned == 6), (
        "or it would lie on its side"
    )
    assert made_anew(made.body) == made, "once more makes the same"


def test_a_png_keeps_what_draws_it_and_nothing_that_says_of_whom_or_moves() -> None:
    told = [
        files.chunk(name, PLACE) for name in (b"tEXt", b"iTXt", b"eXIf", b"iCCP", b"acTL", b"zzZz")
    ]
    kept = [files.chunk(b"gAMA", b"\0\0\xb1\x8f"), files.chunk(b"tRNS", b"\0\0")]
    made = made_anew(files.png(*told, *kept))
    assert made.body == files.png(*kept)
    assert (made.kind, made.width, made.height) == ("png", 1, 1)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "image_damaged"),
        (files.pdf(), "image_kind"),
        (files.heic(), "image_kind"),
        (b"GIF89a\1\0\1\0\0\0\0;", "image_kind"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "image_kind"),
        (b"MZ" + bytes(200), "image_kind"),
        (files.sized_png(30_000, 30_000), "image_damaged"),
        (files.sized_png(4_001, 1), "image_pixels"),
        (files.sized_jpeg(1, 65_535), "image_pixels"),
        (files.jpeg(), "image_damaged"),
        (files.png()[:-4], "image_damaged"),
        (files.png() + b"<script>", "image_damaged"),
        (photograph()[:-20], "image_damaged"),
        (photograph(end=b"PK\x03\x04"), "image_damaged"),
        (photograph() + bytes(IMAGE_MAX_BYTES), "image_large"),
    ],
)  # fmt: skip
def test_what_no_mail_program_shows_or_fills_a_memory_is_refused(body: bytes, why: str) -> None:
    with pytest.raises(ImageRefused) as refused:
        made_anew(body)
    assert refused.value.why == why


def test_a_cut_or_changed_photograph_is_refused_or_made_anew_but_never_breaks() -> None:
    whole = photograph(6)
    for at in range(len(whole)):
        with suppress(ImageRefused):
            made_anew(whole[:at] + b"\xff" + whole[at + 1 :])
        with suppress(ImageRefused):
            assert PLACE not in made_anew(whole[:at]).body


GARDEN = PlacedImage("http://relais.test/newsletter/images/2026-03/g.png", "Le jardin (été)", 1200)
LINE = PlacedImage("http://relais.test/newsletter/images/2026-03/l.png", "", 40)
HEAD = "---\nsubject: S\npreheader: P\nslug: 2026-03\ndate: 2026-03-02\n---\n\n"


def test_an_image_has_its_address_and_words_in_the_mail_the_text_and_the_page() -> None:
    body = "![](image:garden)\n\n![Autre](image:garden)\n\n![](image:line)\n\n![x][ref]\n\n[ref]: image:garden\n"
    source = replace(parse(HEAD + body, "fr", "fr.md")[0], images={"garden": GARDEN, "line": LINE})
    made = compiled(source, IMPRINT)
    assert made.findings == []
    assert made.images == [], "no site is asked for them"
    mail, page = made.rendered.html, made.page
    assert f'<img src="{GARDEN.url}" alt="Le jardin (été)" width="552"' in mail
    assert f'<img src="{GARDEN.url}" alt="Autre" width="552"' in mail
    assert f'<img src="{LINE.url}" alt="" width="40"' in mail
    assert f'<img src="{GARDEN.url}" alt="Le jardin (été)">' in page
    assert "[Image\u00a0: Le jardin (été)]" in made.rendered.text
    assert made.rendered.text.count("[Image") == 3, "what decorates is not told"
    assert "image:" not in mail.partition("<main")[2]


@pytest.mark.parametrize(
    "line", ["![](image:gone)", "![x](image:)", "[![](image:gone)](https://e.org/)"]
)
def test_an_image_that_the_issue_has_not_blocks_at_its_line(line: str) -> None:
    read = markdown.read(f"Bonjour\n\n{line}", "fr.md", 10, images={"garden": GARDEN})
    assert ("unknown_image", 12) in [(one.code, one.line) for one in read.findings]


def test_a_name_is_told_from_a_longer_one() -> None:
    assert image_placing.names("![](image:a)", "a")
    assert image_placing.names("[r]: image:a\n", "a")
    assert not image_placing.names("![](image:a-2) ![](image:ab)", "a")


def test_a_bomb_in_a_few_bytes_is_known_by_what_it_says_of_itself() -> None:
    rows = zlib.compress(bytes(20_000_000), 9)
    head = files.sized_png(20_000, 8_000)
    bomb = head.replace(files.chunk(b"IDAT", zlib.compress(b"\0\0")), files.chunk(b"IDAT", rows))
    with pytest.raises(ImageRefused) as refused:
        made_anew(bomb)
    assert refused.value.why == "image_pixels"
