"""A sheet that would take the operator's machine down is refused in a sentence, and in small memory."""

import io
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook

from chalicelib import content
from chalicelib.coaches.editions import EditionStore
from chalicelib.core.languages import LANGS, Lang
from chalicelib.forms import cells
from chalicelib.forms.cells import SheetTooLarge, read_cells
from infra.operator.directory import DirectoryPublisher
from infra.operator.errors import OperatorError

MEMORY_BYTES = 150_000_000
"""What reading may take at its worst: several times the largest file that is read at all."""


def workbook(rows: list[tuple[str, object]]) -> bytes:
    book = Workbook()
    page = book.active
    assert page is not None
    for place, value in rows:
        page[place] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def replaced(part: str, text: bytes, extra: dict[str, bytes] | None = None) -> bytes:
    """A workbook with other bytes in one of its parts."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook([("A1", "x")]))) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, text if name == part else old.read(name))
        for name, more in (extra or {}).items():
            new.writestr(name, more)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def sheet(data: str, before: str = "", dimension: str = "") -> bytes:
    text = f"<worksheet {NAMESPACE}>{dimension}<sheetData>{data}</sheetData></worksheet>"
    return replaced(SHEET, f'<?xml version="1.0"?>{before}{text}'.encode())


def _many_parts() -> bytes:
    return replaced("", b"", {f"xl/media/{n}.xml": b"<a/>" for n in range(5000)})


def _patched_size() -> bytes:
    """A part that says it is small."""
    data = bytearray(sheet("<row>" + "<c/>" * 2_000_000 + "</row>"))
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(SHEET.encode()))
    data[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    return bytes(data)


LAUGHS = "<!DOCTYPE a [<!ENTITY a '" + "ha" * 50 + "'>" + "".join(
    f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9)
) + "]>"  # fmt: skip

TOO_LARGE: dict[str, Callable[[], bytes]] = {
    "a far cell": lambda: workbook([("A1", "x"), ("XFD1048576", "x")]),
    "a far row": lambda: workbook([("A1", "x"), ("A1048576", "x")]),
    "a far column": lambda: workbook([("A1", "x"), ("XFD1", "x")]),
    "a far row without cells": lambda: sheet('<row r="1048576"/>'),
    "a row of no number that Excel has": lambda: sheet(f'<row r="{"9" * 400}"/>'),
    "a column of no name that Excel has": lambda: sheet(f'<row r="1"><c r="{"Z" * 50}1"/></row>'),
    "a bomb of rows": lambda: sheet("<row><c><v>1</v></c></row>" * 1_500_000),
    "a bomb of spaces": lambda: sheet(" " * 60_000_000),
    "a bomb in one cell": lambda: sheet(
        f'<row r="1"><c r="A1" t="inlineStr"><is><t>{"x" * 40_000_000}</t></is></c></row>'
    ),
    "a bomb of shared texts": lambda: replaced(
        "",
        b"",
        {"xl/sharedStrings.xml": b"<sst>" + b"<si><t>ab</t></si>" * 2_000_000 + b"</sst>"},
    ),
    "a bomb beside the sheet": lambda: replaced("", b"", {"xl/media/a.png": bytes(60_000_000)}),
    "many parts": _many_parts,
    "one line of commas": lambda: b"," * 9_000_000,
    "one line that is longer than any file": lambda: b"x" * 10_000_001,
    "many lines": lambda: b"a\n" * 4_000_000,
    "a long cell": lambda: f"first_name\n{'x' * 100_000}\n".encode(),
    "marks": lambda: ("first_name\nA" + "\u0301\u0316" * 10_000 + "\n").encode(),
}  # fmt: skip

UNREADABLE: dict[str, Callable[[], bytes]] = {
    "a billion laughs": lambda: sheet('<row><c t="str"><v>&j;</v></c></row>', LAUGHS),
    "an outer entity": lambda: sheet(
        '<row><c t="str"><v>&a;</v></c></row>', '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    ),
    "a small lie about its size": _patched_size,
    "a deep tree that never ends": lambda: sheet("<a>" * 100_000),
    "no sheet": lambda: replaced("xl/workbook.xml", b"<workbook/>"),
    "no XML": lambda: replaced(SHEET, b"\x00\xff\x00"),
    "half an archive": lambda: workbook([("A1", "x")])[:2000],
    "a field of a megabyte": lambda: b'a,"' + b"x" * 1_000_000 + b'"',
}  # fmt: skip


@pytest.mark.parametrize("kind", [*TOO_LARGE, *UNREADABLE])
def test_a_hostile_sheet_is_refused_in_bounded_memory(kind: str) -> None:
    data = (TOO_LARGE | UNREADABLE)[kind]()
    tracemalloc.start()
    try:
        with pytest.raises(ValueError) as refused:  # noqa: PT011
            read_cells("coaches.xlsx" if data[:2] == b"PK" else "coaches.csv", data)
        assert tracemalloc.get_traced_memory()[1] < MEMORY_BYTES
    finally:
        tracemalloc.stop()
    assert isinstance(refused.value, SheetTooLarge) == (kind in TOO_LARGE)


def test_a_sheet_that_lies_about_its_width_is_read_as_wide_as_it_is() -> None:
    data = sheet(
        '<row r="1"><c r="A1"><v>1</v></c></row>' * 3, dimension='<dimension ref="A1:XFD1048576"/>'
    )
    assert [len(row) for row in read_cells("coaches.xlsx", data)] == [1]


def test_a_sheet_at_its_limits_is_read() -> None:
    rows = [[str(n)] * 3 for n in range(cells.MAX_SHEET_ROWS)]
    text = "\n".join(",".join(row) for row in rows)
    assert len(read_cells("coaches.csv", text.encode())) == cells.MAX_SHEET_ROWS
    last = workbook([("A1", "x"), ("GR2", "y")])
    assert len(read_cells("coaches.xlsx", last)[1]) == cells.MAX_COLUMNS


@pytest.mark.parametrize("lang", LANGS)
def test_the_operator_is_told_in_one_sentence(
    editions: EditionStore, tmp_path: Path, lang: Lang
) -> None:
    path = tmp_path / "coaches.xlsx"
    for data in (TOO_LARGE["a far cell"](), bytes(10_000_001)):
        path.write_bytes(data)
        with pytest.raises(OperatorError) as refused:
            DirectoryPublisher(editions).import_(path, lang, dry=False, by="test")
        assert str(refused.value) == f"{path}: {content.coaches()['import']['too_large'][lang]}"
