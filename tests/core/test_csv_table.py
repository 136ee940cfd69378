"""What is written for a spreadsheet is never a formula there, and reads back the same here."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.csv_table import csv_cell, csv_table, csv_text, csv_value
from chalicelib.core.typed_text import without_turns

FORMULAS = ("=1+1", "+15145550100", "-2", "@SUM(A1)", "\t=1", "\r=1")


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_a_formula(text: str) -> None:
    assert csv_cell(text) == f"'{text}"


def test_values_are_written_as_people_write_them() -> None:
    assert [csv_cell(value) for value in (None, True, False, 0, "Ada")] == [
        "", "yes", "no", "0", "Ada"
    ]  # fmt: skip


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))))
def test_what_is_written_reads_back_the_same(cells: list[str]) -> None:
    row = ["first", *cells]
    written = csv_table(["a"] * len(row), [row]).decode("utf-8-sig")
    _, *rows = csv.reader(io.StringIO(written, newline=""))
    assert [[csv_value(cell) for cell in one] for one in rows] == [[*map(without_turns, row)]]


def test_a_file_opens_in_excel_with_its_accents() -> None:
    assert csv_table(["name"], [["Noé"]]) == b"\xef\xbb\xbfname\r\nNo\xc3\xa9\r\n"
    assert csv_text(["name"], [["Noé"]]) == "name\r\nNoé\r\n"
