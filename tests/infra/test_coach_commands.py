"""The directory in an operator's hands: `coaches import`, `export`, `restore` and the rest."""

import json
from pathlib import Path

import pytest
from openpyxl import Workbook

from chalicelib.coaches.coach import Coach
from chalicelib.coaches.directory import sheets
from chalicelib.coaches.editions import EditionStore
from chalicelib.forms.cells import read_cells
from fakes import MemoryStore, SetClock
from infra.operator.directory import DirectoryPublisher
from infra.operator.errors import OperatorError
from sample_coaches import MIREILLE, PRIVATE, SAMPLE


@pytest.fixture
def directory(store: MemoryStore, clock: SetClock) -> DirectoryPublisher:
    return DirectoryPublisher(EditionStore(store, clock))


def imported(directory: DirectoryPublisher, path: Path, *, dry: bool = False) -> str:
    return directory.import_(path, "en", dry=dry, by="test")


def test_a_dry_run_says_everything_and_publishes_nothing(
    directory: DirectoryPublisher, store: MemoryStore
) -> None:
    told = imported(directory, SAMPLE, dry=True)
    assert "60 added" in told
    assert MIREILLE in told
    assert "nothing was published" in told
    assert not store.commits


def test_a_sheet_is_published_whole_and_a_second_one_tells_what_differs(
    directory: DirectoryPublisher, coaches: tuple[Coach, ...], tmp_path: Path
) -> None:
    assert "60 coaches shown of 60" in imported(directory, SAMPLE)
    assert imported(directory, SAMPLE) == "Nothing changes."
    moved = coaches[0].model_copy(update={"city": "Laval"})
    path = tmp_path / "next.csv"
    path.write_bytes(sheets.write([moved, *coaches[2:]]))
    told = imported(directory, path)
    assert "1 changed" in told
    assert "City: Montréal → Laval" in told
    assert "1 removed" in told
    assert coaches[1].slug in told


def test_one_problem_anywhere_and_nothing_is_published(
    directory: DirectoryPublisher, store: MemoryStore, tmp_path: Path
) -> None:
    lines = SAMPLE.read_text("utf-8").splitlines()
    lines[3] = lines[3].replace(",QC,", ",ZZ,", 1)
    path = tmp_path / "wrong.csv"
    path.write_text("\n".join(lines), "utf-8")
    for lang, said in (("en", "Row 4, column"), ("fr", "Ligne 4, colonne")):
        with pytest.raises(OperatorError, match=said):
            directory.import_(path, lang, dry=False, by="test")  # type: ignore[arg-type]
    assert not store.commits


def test_a_workbook_is_read_like_a_sheet(directory: DirectoryPublisher, tmp_path: Path) -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    for row in read_cells("coaches.csv", SAMPLE.read_bytes()):
        page.append(row)
    path = tmp_path / "coaches.xlsx"
    book.save(path)
    assert "60 coaches shown" in imported(directory, path)


@pytest.mark.parametrize("content", [b"\x00\xff\x00", b"PK\x03\x04broken", b""])
def test_a_file_that_is_no_sheet_is_refused(
    directory: DirectoryPublisher, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "file.xlsx"
    path.write_bytes(content)
    with pytest.raises(OperatorError):
        imported(directory, path)
    with pytest.raises(OperatorError):
        imported(directory, tmp_path / "nothing.csv")


def test_what_is_exported_can_be_imported_again(
    directory: DirectoryPublisher, tmp_path: Path, coaches: tuple[Coach, ...]
) -> None:
    imported(directory, SAMPLE)
    path = tmp_path / "out.csv"
    directory.export(path)
    assert PRIVATE in path.read_text("utf-8-sig")
    assert imported(directory, path) == "Nothing changes."


def test_the_copy_for_the_website_holds_everybody_and_nothing_private(
    directory: DirectoryPublisher, tmp_path: Path
) -> None:
    imported(directory, SAMPLE)
    path = tmp_path / "coaches.json"
    directory.fallback(path)
    text = path.read_text("utf-8")
    assert len(json.loads(text)["coaches"]) == 60
    assert PRIVATE not in text
    assert "+15145550100" not in text


def test_an_earlier_edition_is_restored_by_its_name(
    directory: DirectoryPublisher, tmp_path: Path, coaches: tuple[Coach, ...], clock: SetClock
) -> None:
    imported(directory, SAMPLE)
    clock.pass_(minutes=1)
    path = tmp_path / "few.csv"
    path.write_bytes(sheets.write(coaches[:2]))
    imported(directory, path)
    listed = directory.editions()
    assert [edition["current"] for edition in listed] == [True, False]
    clock.pass_(minutes=1)
    assert "60 coaches are shown" in directory.restore(str(listed[1]["id"]))
    with pytest.raises(OperatorError):
        directory.restore("nothing")


def test_somebody_is_taken_out_everywhere(directory: DirectoryPublisher, clock: SetClock) -> None:
    imported(directory, SAMPLE)
    clock.pass_(minutes=1)
    directory.remove(MIREILLE)
    editions = directory._editions
    for edition in editions.restorable():
        assert MIREILLE not in [coach.slug for coach in editions.catalogue(edition)]
    with pytest.raises(OperatorError):
        directory.remove(MIREILLE)


def test_who_says_no_publishes_nothing(directory: DirectoryPublisher, store: MemoryStore) -> None:
    questions: list[str] = []

    def no(question: str) -> None:
        questions.append(question)
        raise OperatorError("no")

    with pytest.raises(OperatorError, match="no"):
        directory.import_(SAMPLE, "en", dry=False, by="test", confirm=no)
    assert questions[0].endswith("Coaches added: 60; changed: 0; removed: 0.")
    assert not store.commits
