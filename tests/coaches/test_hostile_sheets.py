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
from chalicelib.forms import sheet_bounds
from chalicelib.forms.cells import read_cells
from chalicelib.forms.sheet_bounds import SheetTooLarge, UnreadableSheet
from chalicelib.newsletter.subscribers.import_sheet import ImportRefused, rows_of
from infra.operator.directory import DirectoryPublisher
from infra.operator.errors import OperatorError

FEW = sheet_bounds.Bounds(elements=sheet_bounds.MAX_ELEMENTS // 100)
"""A hundredth of what is read, so that a bomb may be a hundred times smaller."""

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


def seen(before: str = "", rows: str = "", after: str = "") -> bytes:
    """A sheet of three rows of two cells, with what a program says of how it is shown."""
    data = "".join(
        f'<row r="{n}" {rows if n == 2 else ""}><c r="A{n}"><v>{n}</v></c>'
        f'<c r="B{n}"><v>{n}</v></c></row>'
        for n in (1, 2, 3)
    )
    text = f"<worksheet {NAMESPACE}>{before}<sheetData>{data}</sheetData>{after}</worksheet>"
    return replaced(SHEET, f'<?xml version="1.0"?>{text}'.encode())


MERGED = '<mergeCells count="1"><mergeCell ref="B2:B3"/></mergeCells>'
HIDDEN_COLUMNS = '<cols><col min="2" max="16384" hidden="1"/></cols>'
NO_COLUMNS = '<cols><col min="3" max="16384" hidden="1"/></cols>'
OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)

OTHERWISE: dict[str, tuple[bytes, str, dict[str, object]]] = {
    "merged cells": (
        seen(after=MERGED), "sheet_merged", {"range": "B2:B3", "row": 2, "column": "B"}
    ),
    "a hidden row": (seen(rows='hidden="1"'), "sheet_hidden_row", {"row": 2}),
    "a row that LibreOffice hid": (seen(rows='hidden="true"'), "sheet_hidden_row", {"row": 2}),
    "a hidden column": (
        seen(HIDDEN_COLUMNS), "sheet_hidden_column", {"row": 1, "column": "B"}
    ),
    "an .xls file": (OLD_EXCEL, "sheet_old_excel", {}),
    "a page saved as .xls": (
        b"\xef\xbb\xbf\n<HTML><table><tr><td>a</td></tr></table>", "sheet_web_page", {}
    ),
    "a table saved as .xls": (b"<table><tr><td>a</td></tr></table>", "sheet_web_page", {}),
    "XML saved as .xls": ('<?xml version="1.0"?><Workbook/>'.encode("utf-16"), "sheet_web_page", {}),
    "a mark that is not closed": (b'a,b\n"c,d\n', "sheet_quote", {"row": 2}),
}  # fmt: skip


@pytest.mark.parametrize("kind", OTHERWISE)
def test_a_sheet_that_people_see_otherwise_is_refused_at_its_place_in_both_languages(
    kind: str, editions: EditionStore, tmp_path: Path
) -> None:
    data, code, facts = OTHERWISE[kind]
    with pytest.raises(UnreadableSheet) as refused:
        read_cells("coaches.xls", data)
    assert (refused.value.code, refused.value.facts) == (code, facts)
    path = tmp_path / "coaches.xls"
    path.write_bytes(data)
    for lang in LANGS:
        words = content.messages()[code][lang].format(**facts)
        with pytest.raises(OperatorError) as told:
            DirectoryPublisher(editions).import_(path, lang, dry=True, by="test")
        assert str(told.value) == f"{path}: {words}"
        with pytest.raises(ImportRefused) as of_list:
            rows_of(data, lang)
        assert str(of_list.value) == words


@pytest.mark.parametrize(
    "data",
    [
        seen(NO_COLUMNS),
        seen(rows='hidden="0"'),
        seen('<cols><col min="1" max="2" hidden="false"/></cols>'),
        "\ufeff\ufeff1,1\n\ufeff2,2\n3,3".encode(),
        b"\xff\xfe" + "\ufeffsep=;\n1;1\n2;2\n3;3".encode("utf-16-le"),
    ],
)
def test_what_is_hidden_and_empty_and_marks_of_encodings_are_passed_over(data: bytes) -> None:
    assert [row for row in read_cells("coaches.csv", data) if row] == [[n, n] for n in "123"]


def test_a_hidden_sheet_is_not_the_one_that_is_read() -> None:
    book = Workbook()
    first = book.active
    assert first is not None
    first["A1"], first.sheet_state = "hidden", "hidden"
    book.create_sheet("Coachs")["A1"] = "shown"
    out = io.BytesIO()
    book.save(out)
    assert read_cells("coaches.xlsx", out.getvalue()) == [["shown"]]


def _many_parts() -> bytes:
    return replaced("", b"", {f"xl/media/{n}.xml": b"<a/>" for n in range(5000)})


def _patched_size() -> bytes:
    """A part that says it is small."""
    data = bytearray(sheet("<row>" + "<c/>" * 20_000 + "</row>"))
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
    "a bomb of rows": lambda: sheet("<row><c><v>1</v></c></row>" * 15_000),
    "a bomb of spaces": lambda: sheet(" " * 60_000_000),
    "a bomb in one cell": lambda: sheet(
        f'<row r="1"><c r="A1" t="inlineStr"><is><t>{"x" * 4_000_000}</t></is></c></row>'
    ),
    "a bomb of shared texts": lambda: replaced(
        "",
        b"",
        {"xl/sharedStrings.xml": b"<sst>" + b"<si><t>ab</t></si>" * 20_000 + b"</sst>"},
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
    "a deep tree that never ends": lambda: sheet("<a>" * 9_000),
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
            read_cells("coaches.xlsx" if data[:2] == b"PK" else "coaches.csv", data, FEW)
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
    rows = [[str(n)] * 3 for n in range(sheet_bounds.MAX_SHEET_ROWS)]
    text = "\n".join(",".join(row) for row in rows)
    assert len(read_cells("coaches.csv", text.encode())) == sheet_bounds.MAX_SHEET_ROWS
    last = workbook([("A1", "x"), ("GR2", "y")])
    assert len(read_cells("coaches.xlsx", last)[1]) == sheet_bounds.MAX_COLUMNS


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
