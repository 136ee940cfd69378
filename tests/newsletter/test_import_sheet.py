"""A list that staff bring is read as people's programs write it, and taken whole or not at all."""

import contextlib
import io
import random
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from chalicelib.core.languages import LANGS, Lang
from chalicelib.core.links import person_key
from chalicelib.core.typed_dates import NotADate
from chalicelib.forms.cells import read_sheet_day
from chalicelib.newsletter.subscribers import subscriber
from chalicelib.newsletter.subscribers.import_sheet import ImportRefused
from chalicelib.newsletter.subscribers.imports import Imported, Imports
from chalicelib.newsletter.subscribers.repository import SubscriberRepository
from fakes import MemoryStore, SetClock

KEY = b"k" * 32
HEADS = {
    "en": ["email", "lang", "basis", "since", "evidence", "name"],
    "fr": ["Courriel", "Langue", "Motif", "Depuis", "Preuve", "Prénom"],
}
ROWS = [
    ["ada@example.org", "fr", "member", "2026-01-05", "Register of members", "Ada"],
    ["zoe@example.org", "en", "donor", "2026-01-15", "Reçu no 0123 du 15", "Zoé"],
]


def imported(file: bytes, *, write: bool = True, lang: Lang = "en") -> list[Imported]:
    imports = Imports(SubscriberRepository(MemoryStore(), SetClock()), KEY)
    return list(imports.run(file, by="rita", write=write, lang=lang))


def csv(rows: list[list[str]], sep: str = ",", end: str = "\r\n") -> str:
    return "".join(sep.join(row) + end for row in rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("sep", [",", ";", "\t", "|"])
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("named", [False, True])
def test_a_list_is_read_in_whatever_way_a_spreadsheet_saves_it(
    encoding: str, sep: str, lang: Lang, named: bool
) -> None:
    first = f"sep={sep}\r\n" if named else ""
    text = first + csv([HEADS[lang], *ROWS], sep, "\n" if named else "\r\n")
    told = imported(text.encode(encoding))
    assert [one.outcome for one in told] == ["imported", "imported"]
    assert [one.line for one in told] == [2 + named, 3 + named], (
        "rows as the spreadsheet shows them"
    )


def test_a_workbook_is_read_with_its_dates() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADS["fr"])
    sheet.append([*ROWS[0][:3], date(2026, 1, 5), *ROWS[0][4:]])
    sheet.append([*ROWS[1][:3], 46037, *ROWS[1][4:]])
    file = io.BytesIO()
    book.save(file)
    assert [one.outcome for one in imported(file.getvalue())] == ["imported", "imported"]


@pytest.mark.parametrize(
    "text",
    ["2026-01-15", "46037", "46037.5", "2026-01-15T10:00", "2026-01-15 00:00:00", "15 janvier 2026",
     "January 15, 2026", "2026/01/15", "15/01/2026", "2026-01-15T10:00:00Z", "15 janv. 2026 10 h"],
)  # fmt: skip
def test_a_day_of_a_cell_is_read_as_people_and_programs_write_it(text: str) -> None:
    assert read_sheet_day(text) == date(2026, 1, 15)


@given(st.dates(date(1960, 1, 1), date(2100, 1, 1)))
@settings(max_examples=30)
def test_the_number_of_a_day_is_that_day(day: date) -> None:
    assert read_sheet_day(str((day - date(1899, 12, 30)).days)) == day


@pytest.mark.parametrize("text", ["", "x", "2026", "5/1/2026", "12345", "9999999", "2026-02-30"])
def test_what_is_no_day_or_two_is_refused(text: str) -> None:
    with pytest.raises(NotADate):
        read_sheet_day(text)


WRONG: list[tuple[int, str, str]] = [
    (0, "ada@", "email"), (0, "", "email"), (1, "de", "lang"), (2, "friend", "basis"),
    (3, "9999-12-31", "since"), (3, "2030-01-01", "since"), (3, "2026-02-30", "since"),
    (4, "?", "evidence"), (5, "x" * 81, "name"), (5, '"A\nb"', "name"), (5, "{{x}}", "name"),
]  # fmt: skip


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("at", "cell", "column"), WRONG)
def test_one_wrong_cell_keeps_the_whole_list_back_and_is_named(
    lang: Lang, at: int, cell: str, column: str
) -> None:
    bad = [*ROWS[0]]
    bad[at] = cell
    store = MemoryStore()
    imports = Imports(SubscriberRepository(store, SetClock()), KEY)
    file = csv([HEADS["en"], ROWS[1], bad], end="\n").encode()
    told = list(imports.run(file, by="rita", write=True, lang=lang))
    if column == "name" and cell == "{{x}}" and told[1].outcome == "imported":
        return
    assert [one.outcome for one in told] == ["kept_back", "refused"]
    assert [place for place, _ in told[1].problems] == [column]
    assert all(why and "{" not in why for _, why in told[1].problems if "{{" not in cell)
    assert store.kinds("subscriber") == []
    assert len(told) == 2, "as many as the file has"


def test_every_problem_of_a_row_is_told_at_once() -> None:
    bad = ["ada@", "de", "friend", "x", "?", ""]
    (one,) = imported(csv([HEADS["en"], bad]).encode())
    assert [column for column, _ in one.problems] == ["email", "lang", "basis", "since", "evidence"]


@settings(max_examples=60)
@given(st.integers(0, 39), st.integers(0, 60), st.sampled_from(['"', '""', '"a']))
def test_a_stray_quotation_mark_loses_nobody_in_silence(row: int, at: int, mark: str) -> None:
    """Wherever it stands: all rows are taken, or none and it is said why."""
    people = [
        [f"r{n}@example.org", "fr", "member", "2026-01-05", f"Register, page {n}".replace(",", ""), "Ada"]
        for n in range(39)
    ]  # fmt: skip
    lines = csv([HEADS["en"], *people], end="\n").split("\n")
    line = lines[row]
    lines[row] = line[: min(at, len(line))] + mark + line[min(at, len(line)) :]
    store = MemoryStore()
    imports = Imports(SubscriberRepository(store, SetClock()), KEY)
    told: list[Imported] | None = None
    with contextlib.suppress(ImportRefused):
        told = list(imports.run("\n".join(lines).encode(), by="rita", write=True))
    stored = len(store.kinds("subscriber"))
    assert stored in (0, 39)
    if stored == 0 and told is not None:
        assert any(one.problems for one in told)


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (b"", "names no column"),
        (b"email,lang\n", "basis, since, evidence"),
        (csv([[*HEADS["en"], "email"], ROWS[0]]).encode(), "twice"),
        (csv([[*HEADS["en"], "shoe size"], ROWS[0]]).encode(), "shoe size"),
        (b"\x81\x8d\x8f", "cannot be read"),
        (b"PK\x03\x04nothing", "cannot be read"),
        (b" " * 50_000_001, "more than a list"),
    ],
)
def test_what_is_no_list_is_refused_in_a_sentence(file: bytes, why: str) -> None:
    with pytest.raises(ImportRefused, match=why):
        imported(file)


@pytest.mark.parametrize(
    "cell",
    [
        "#N/A",
        "#REF!",
        "#VALEUR!",
        "#NOM?",
        "#NAME?",
        "#DIV/0!",
        "#NUL!",
        "#NULL!",
        " #N/D ",
        "Err:502",
    ],
)
@pytest.mark.parametrize("column", ["name", "evidence", "since"])
def test_the_error_of_a_formula_is_no_value_and_greets_nobody(column: str, cell: str) -> None:
    at = HEADS["en"].index(column)
    row = [*ROWS[0][:at], cell, *ROWS[0][at + 1 :]]
    (one,) = imported(csv([HEADS["en"], row]).encode())
    assert (one.outcome, [name for name, _ in one.problems]) == ("refused", [column])
    assert cell.strip() in one.why


def test_more_cells_than_columns_are_a_problem_and_not_dropped() -> None:
    (one,) = imported(csv([HEADS["en"], [*ROWS[0], "more"]]).encode())
    assert (one.outcome, one.problems[0][0]) == ("refused", "name")


class Killed(BaseException):
    """The process is gone."""


def test_a_killed_import_goes_on_with_the_same_file() -> None:
    """Killed at random moments: nothing is lost, nothing is double."""
    people = [f"r{n}@example.org" for n in range(300)]
    rows = [[one, "fr", "member", "2026-01-05", "Register of members", ""] for one in people]
    file = csv([HEADS["en"], *rows]).encode()
    store, chance = MemoryStore(), random.Random(7)
    imports = Imports(SubscriberRepository(store, SetClock()), KEY)
    for _ in range(20):
        left = [chance.randrange(1, 30)]

        def dies(writes: Any, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise Killed

        store.before = dies
        done = 0
        try:
            for one in imports.run(file, by="rita", write=True):
                done = one.line
        except Killed:
            assert done < 301
    store.before = lambda writes: None
    told = list(imports.run(file, by="rita", write=True))
    assert {one.outcome for one in told} <= {"imported", "known"}
    assert len(told) == len(people) == len(store.kinds("subscriber"))
    for email in people:
        assert len(store.rows(f"PERSON#{person_key(email, KEY)}", "CONSENT#")) == 1
    assert {row["status"] for row in store.kinds("subscriber")} == {subscriber.ACTIVE}
