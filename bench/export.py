"""A list of a hundred thousand files as a sheet: `python -m bench.export [FILES] [--libreoffice]`.

The files are made as they are asked for, so that what is measured is the export alone: seconds,
and the most memory that the process took, which Lambda gives it a gigabyte of. With --libreoffice
the sheet is opened by LibreOffice without a screen (apt-get install libreoffice-calc-nogui), and
read back: every row is there, with its accents, and no cell was reckoned.
"""

import argparse
import csv
import io
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, Final

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

import samples
from chalicelib.cases.case import Case
from chalicelib.cases.file_index import list_key, list_row
from chalicelib.cases.staff import Roster, Staff
from chalicelib.core.ports import Item, Key, Listing, Stretch, Where
from chalicelib.core.records import stamp
from chalicelib.desk.columns import columns
from chalicelib.desk.exporting import Exporting
from chalicelib.desk.files import Files
from chalicelib.desk.filters import Filters
from chalicelib.desk.jobs import Jobs, StaffJob
from environment import RITA
from fakes import MemoryStore

MOST_MEMORY: Final = 300_000_000
"""Bytes that an export of a hundred thousand files may take."""

START = datetime(2026, 1, 1, tzinfo=UTC)
LIVE = "=1+1 Été"


class ManyFiles(MemoryStore):
    """A store with so many files in one list, each made when it is read."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.any_rows = True
        self.number = number
        answers = dict(samples.eoi(org_legal_name=LIVE))
        self._one = Case.begun(
            START, person="p", lang="fr", email="ada@example.org", contact_name="Ada Été",
            org=LIVE, answers=answers, warnings=[],
        )  # fmt: skip
        self.items["STAFF", "rita-roy"] = dict(RITA)

    def listing(self, pk: str, stretch: Stretch, where: Sequence[Where], limit: int) -> Listing:
        if not pk.endswith("#EOI_PENDING"):
            return Listing([], True)
        first = int(stretch.after.rpartition("#")[2]) + 1 if stretch.after else 0
        last = min(first + limit, self.number)
        rows = [self._row(number) for number in range(first, last)]
        return Listing(rows, last == self.number)

    def batch_get(self, keys: Sequence[Key]) -> dict[Key, Item]:
        return {key: self._case(int(key[0].partition("#")[2])).item() for key in keys}

    def _case(self, number: int) -> Case:
        at = stamp(START + timedelta(minutes=number))
        return Case(**{**self._one.__dict__, "id": f"{number:09}", "state": "EOI_PENDING",
                       "submitted_at": at, "updated_at": at})  # fmt: skip

    def _row(self, number: int) -> Item:
        case = self._case(number)
        pk, sk = list_key(case)
        return {"pk": pk, "sk": sk, **list_row(case)}


class Folder:
    """Files where the bucket's would be."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def put(self, name: str, body: IO[bytes]) -> None:
        where = self.path / name
        where.parent.mkdir(parents=True, exist_ok=True)
        with where.open("wb") as file:
            shutil.copyfileobj(body, file)

    def get(self, name: str) -> bytes:
        return (self.path / name).read_bytes()

    def url(self, name: str, saved_as: str, seconds: int) -> str:
        return str(self.path / name)


def export(
    number: int, folder: Path, ending: str, column_ids: Sequence[str]
) -> tuple[Path, StaffJob]:
    store, objects = ManyFiles(number), Folder(folder)

    def now() -> datetime:
        return datetime.now(UTC)

    exporting = Exporting(store, Files(store, now, b"p" * 32), Roster(store), objects, now)
    jobs = Jobs(store, now, {"export": exporting.step})
    me = Staff.of(RITA)
    job = exporting.begin(jobs, me, Filters.of({}), column_ids, ending, "fr")  # type: ignore[arg-type]
    made = jobs.run(job, 3600)
    assert made.status == "done", made.row
    return folder / "exports" / job.id / f"files.{ending}", made


def opened_by_libreoffice(sheet: Path, rows: int) -> None:
    """Convert a sheet to CSV without a screen, and look at what came of it."""
    program = shutil.which("soffice")
    if program is None:
        sys.exit("LibreOffice is not here: apt-get install libreoffice-calc-nogui")
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        subprocess.run(
            [program, f"-env:UserInstallation=file://{folder}/profile", "--headless",
             "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76", "--outdir", folder,
             str(sheet)],
            check=True, capture_output=True,
        )  # fmt: skip
        text = (Path(folder) / f"{sheet.stem}.csv").read_text("utf-8-sig")
        found = list(csv.reader(io.StringIO(text)))
        assert len(found) == rows + 1, len(found)
        assert all(LIVE in row for row in found[1:]), "a cell was reckoned, or lost its accents"
        print(f"LibreOffice: {rows} rows, {time.perf_counter() - started:.0f} s")


def main(arguments: Mapping[str, Any]) -> None:
    every = [column.id for column in columns("fr", {})]
    number = arguments["files"]
    for ending, ids in (("csv", every), ("xlsx", every[:20]), ("xlsx", every)):
        with tempfile.TemporaryDirectory() as folder:
            started = time.perf_counter()
            sheet, made = export(number, Path(folder), ending, ids)
            took = time.perf_counter() - started
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(
                f"{ending}, {len(ids)} columns, {number} files: {took:.0f} s in "
                f"{made.row['step']} steps, {sheet.stat().st_size / 1e6:.1f} MB, "
                f"at most {peak:.0f} MB of memory so far",
                flush=True,
            )
            if peak * 1024**2 > MOST_MEMORY:
                sys.exit(f"that is more than the {MOST_MEMORY / 1e6:.0f} MB it may take")
            if arguments["libreoffice"] and ending == "xlsx" and ids is not every:
                opened_by_libreoffice(sheet, number)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="?", type=int, default=100_000)
    parser.add_argument("--libreoffice", action="store_true")
    main(vars(parser.parse_args()))
