"""Coaches from a spreadsheet: what is read, what is refused and where, what would change."""

from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.coaches.coach import Coach
from chalicelib.coaches.directory import changes, sheets
from chalicelib.forms.cells import read_cells

SAMPLE = Path(__file__).resolve().parents[2] / "infra" / "local_aws" / "sample" / "coaches.csv"

HEAD = (
    "first_name,last_name,province,serves,modes,languages,streams,bio_fr,email,"
    "availability,status,consent_publication,last_verified_at"
)
ADA = (
    "Ada,Côté,Québec,QC; Ontario,À distance,français; iu,Impact collectif,Bonjour.,"
    "ada@example.org,Disponible,Publié,2026-01-01,2026-02-01"
)


def read(*lines: str) -> sheets.Sheet:
    return sheets.parse(read_cells("coaches.csv", "\n".join(lines).encode()))


def test_the_sample_holds_sixty_coaches_without_a_problem() -> None:
    sheet = sheets.parse(read_cells("coaches.csv", SAMPLE.read_bytes()))
    assert [problem.line("fr") for problem in sheet.problems] == []
    assert len(sheet.coaches) == 60
    assert all(coach.public for coach in sheet.coaches)


def test_choices_may_be_written_as_people_call_them() -> None:
    (ada,) = read(HEAD, ADA).coaches
    assert (ada.province, ada.serves, ada.modes) == ("QC", ("QC", "ON"), ("remote",))
    assert (ada.languages, ada.streams) == (("fr", "iu"), ("collective_impact",))
    assert (ada.availability, ada.status, ada.slug) == ("open", "published", "ada-cote")


def test_columns_may_be_named_in_either_language() -> None:
    french = HEAD.replace("first_name", "Prénom").replace("email", "Courriel")
    assert len(read(french, ADA).coaches) == 1


def test_a_semicolon_file_of_french_excel_is_read_in_windows_letters() -> None:
    text = f"{HEAD}\n{ADA}".replace("; ", "|").replace(",", ";")
    sheet = sheets.parse(read_cells("coaches.csv", text.encode("cp1252")))
    assert [coach.last_name for coach in sheet.coaches] == ["Côté"]


@pytest.mark.parametrize("column", ["first_name", "bio_fr", "streams", "consent_publication"])
def test_the_error_of_a_formula_is_told_where_it_stands(column: str) -> None:
    at = HEAD.split(",").index(column)
    cells = ADA.split(",")
    sheet = read(HEAD, ",".join([*cells[:at], "#REF!", *cells[at + 1 :]]))
    first = sheet.problems[0]
    assert (first.row, first.column, first.code) == (2, column, "error_cell")
    assert "#REF!" in first.line("fr")


def test_every_problem_is_told_by_row_and_column_in_both_languages() -> None:
    wrong = "12,Côté,QX,QC; Mars,fax,iu,,,ada@,later,published,,soon"
    sheet = read(HEAD, ADA, wrong)
    assert len(sheet.coaches) == 1
    found = {(p.row, p.column, p.code) for p in sheet.problems}
    assert found == {
        (3, "first_name", "name"),
        (3, "province", "unknown_choice"),
        (3, "serves", "unknown_choice"),
        (3, "modes", "unknown_choice"),
        (3, "languages", "official_language"),
        (3, "streams", "required"),
        (3, "bio_fr", "bio_needed"),
        (3, "email", "email"),
        (3, "availability", "unknown_choice"),
        (3, "consent_publication", "consent_needed"),
        (3, "last_verified_at", "date"),
    }
    for problem in sheet.problems:
        assert problem.line("fr").startswith("Ligne 3, colonne «\u00a0")
        assert problem.line("en").startswith("Row 3, column “")
        assert "{" not in problem.line("fr") + problem.line("en")


def test_the_heading_is_checked_too() -> None:
    head = HEAD.replace("availability", "mood").replace("bio_fr", "email")
    found = {(p.row, p.column, p.code) for p in read(head, ADA).problems if p.row == 1}
    assert found == {
        (1, "mood", "unknown_column"),
        (1, "email", "column_repeated"),
        (1, "availability", "column_missing"),
    }


def test_two_coaches_cannot_have_one_address() -> None:
    (problem,) = read(HEAD, ADA, ADA).problems
    assert problem.line("en") == (
        "Row 3, column “Address of the page”: Row 2 already has the address “ada-cote”. "
        "Give each coach their own."
    )


@pytest.mark.parametrize("data", [b"", b"\n\n", HEAD.encode()])
def test_a_sheet_without_rows_is_told_so(data: bytes) -> None:
    (problem,) = sheets.parse(read_cells("coaches.csv", data)).problems
    assert problem.code == "empty"


def test_a_broken_workbook_is_not_read() -> None:
    with pytest.raises(ValueError, match="XLSX"):
        read_cells("coaches.xlsx", b"PK\x03\x04 and then nothing")


def test_a_workbook_is_read_with_its_dates_and_booleans() -> None:
    from datetime import datetime

    import openpyxl

    book = openpyxl.Workbook()
    book.active.append([*HEAD.split(","), "email_public"])
    book.active.append([*ADA.split(",")[:-1], datetime(2026, 2, 1), True])
    out = BytesIO()
    book.save(out)
    (ada,) = sheets.parse(read_cells("coaches.xlsx", out.getvalue())).coaches
    assert ada.last_verified_at.isoformat() == "2026-02-01"
    assert ada.email_public


def test_what_is_written_is_read_back_the_same_and_is_no_formula() -> None:
    (ada,) = read(HEAD, ADA).coaches
    rows = ada.model_dump() | {"organization": "=1+1", "phone": "514-555-0123"}
    before = [Coach.model_validate(rows)]
    data = sheets.write(before)
    assert b"'=1+1" in data
    assert b"'+1514" in data
    after = sheets.parse(read_cells("coaches.csv", data))
    assert list(after.coaches) == before


def test_changes_name_who_is_added_changed_and_removed() -> None:
    before = read(HEAD, ADA, ADA.replace("Ada", "Bo"), ADA.replace("Ada", "Cy")).coaches
    after = read(
        HEAD, ADA, ADA.replace("Ada", "Bo").replace("Bonjour", "Salut"), ADA.replace("Ada", "Di")
    )
    found = changes.compare(before, after.coaches)
    assert (found.added, found.removed) == (("di-cote",), ("cy-cote",))
    assert found.changed == {"bo-cote": {"bio_fr": ("Bonjour.", "Salut.")}}
    assert not changes.compare(before, before)


def test_progress_is_told_row_by_row() -> None:
    reported: list[tuple[int, int]] = []
    sheets.parse(
        read_cells("coaches.csv", "\n".join([HEAD, ADA, ADA]).encode()),
        progress=lambda done, of: reported.append((done, of)),
    )
    assert reported == [(1, 2), (2, 2)]


@pytest.mark.parametrize("day", ["46037", "2026-01-15T10:00", "15 janvier 2026", "2026-01-15"])
def test_a_day_is_read_as_people_and_spreadsheets_write_it(day: str) -> None:
    sheet = read_with("last_verified_at", day)
    assert not sheet.problems
    assert str(sheet.coaches[0].last_verified_at) == "2026-01-15"


@pytest.mark.parametrize("everywhere", ["all", "Toutes les provinces", "Tout le Canada"])
def test_a_coach_lives_in_one_province(everywhere: str) -> None:
    (problem,) = read_with("province", everywhere).problems
    assert (problem.column, problem.code) == ("province", "unknown_choice")


def read_with(column: str, cell: str) -> sheets.Sheet:
    """The first coach of the sample, with another cell in one column."""
    grid = read_cells("coaches.csv", SAMPLE.read_bytes())
    row = list(grid[1])
    row[grid[0].index(column)] = cell
    return sheets.parse([grid[0], row], today=date(2026, 3, 2))


@pytest.mark.parametrize("column", ["consent_publication", "last_verified_at"])
def test_what_was_agreed_or_checked_is_not_still_to_come(column: str) -> None:
    (problem,) = read_with(column, "2099-01-01").problems
    code = "not_agreed_yet" if column == "consent_publication" else "day_ahead"
    assert (problem.column, problem.code) == (column, code)
    assert all(problem.line(lang) for lang in ("fr", "en"))


@given(ahead=st.integers(-400, 400))
@settings(max_examples=20)
def test_nobody_is_shown_before_the_day_on_which_they_agreed(ahead: int) -> None:
    day = date(2026, 3, 2) + timedelta(days=ahead)
    sheet = read_with("consent_publication", day.isoformat())
    assert [one.code for one in sheet.problems] == (["not_agreed_yet"] if ahead > 0 else [])
    assert len(sheet.coaches) == (ahead <= 0)
