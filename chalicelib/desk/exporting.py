"""A list of files as a sheet: the files are noted, then read some at a time, then written.

What is made in between is kept under the name of the job, so that a run which dies costs one step.
"""

import gzip
import io
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Literal

from chalicelib.cases.case import Case, case_key
from chalicelib.cases.staff import Roster, Staff
from chalicelib.cases.standing_back import stands_back
from chalicelib.cases.states import kind
from chalicelib.core import rate_limit
from chalicelib.core.csv_table import write_csv
from chalicelib.core.languages import Lang, lang_or
from chalicelib.core.ports import Item, Key, Now, Store
from chalicelib.core.records import stamp
from chalicelib.desk import log
from chalicelib.desk.appraisals import appraisals_key
from chalicelib.desk.columns import CRITERIA, Cell, Column, chosen, columns, heading
from chalicelib.desk.fetching import URL_SECONDS, asked_on, note_fetched
from chalicelib.desk.files import Files
from chalicelib.desk.filters import Filters
from chalicelib.desk.jobs import Beat, Jobs, StaffJob
from chalicelib.desk.ports import Objects

EXPORT: Final = "export"
KEPT_FOR: Final = timedelta(days=1)
"""How long its asker can fetch what was made."""

READ_AT_ONCE: Final = 100
FILES_A_STEP: Final = 500
Format = Literal["xlsx", "csv"]
TITLES: Final[Mapping[Lang, str]] = {"fr": "Dossiers", "en": "Files"}


@dataclass(frozen=True)
class Exporting:
    store: Store
    files: Files
    roster: Roster
    objects: Objects
    now: Now
    _ids: dict[str, list[str]] = field(default_factory=dict, repr=False)

    def begin(
        self,
        jobs: Jobs,
        staff: Staff,
        filters: Filters,
        column_ids: Sequence[str],
        kind_of_file: Format,
        lang: Lang,
    ) -> StaffJob:
        """Keep what somebody wants exported, and that they do, in one transaction. Raises TooMany.

        Of a search only what it found is kept: somebody may have searched for an address."""
        rate_limit.count(self.store, "desk_jobs", staff.id, self.now())
        found = self.files.ids(filters, staff.id) if filters.q else None
        facts: dict[str, Any] = {
            "filters": filters.query(q=""),
            "searched": None if found is None else len(found),
            "columns": list(column_ids),
            "format": kind_of_file,
            "lang": lang,
        }
        noted = log.entry(staff, EXPORT, facts, self.now())
        begun = {"stage": "listing", "done": 0, "total": 0, "parts": 0, "left_out": 0}
        return jobs.begin(staff, EXPORT, {**facts, **begun, "found": found}, [noted])

    def step(self, job: StaffJob, beat: Beat) -> Mapping[str, Any]:
        """Do the next part of an export."""
        match job.row["stage"]:
            case "listing":
                return self._list(job)
            case "reading":
                return self._read(job)
        return self._write(job, beat)

    def address(self, job: StaffJob, staff: Staff) -> str:
        """Return where what was made is for a moment, and note who fetched it."""
        facts = {"job": job.id, "files": job.row["total"] - job.row["left_out"]}
        now = self.now()
        note_fetched(self.store, job, log.entry(staff, "download", facts, now), now)
        day, ending = asked_on(job), job.row["format"]
        saved_as = f"{TITLES[_lang(job)].lower()}-{day}.{ending}"
        return self.objects.url(_name(job, f"files.{ending}"), saved_as, URL_SECONDS)

    def _list(self, job: StaffJob) -> Mapping[str, Any]:
        """Note which files there are: what moves from one list to another later is in it once."""
        query = Filters.of_query(str(job.row["filters"]))
        found = job.row.get("found")
        ids = self.files.ids(query, job.staff) if found is None else found
        self.objects.put(_name(job, "ids"), io.BytesIO(gzip.compress(json.dumps(ids).encode())))
        return {"stage": "reading", "total": len(ids)}

    def _read(self, job: StaffJob) -> Mapping[str, Any]:
        ids, done, part = self._noted(job), int(job.row["done"]), int(job.row["parts"])
        now = ids[done : done + FILES_A_STEP]
        if not now:
            return {"stage": "writing"}
        staff = self.roster.get(job.staff)
        seen = [case for case in self._cases(now) if staff and self._may_see(case, staff)]
        wanted = self._columns(job, self._appraised(job, seen))
        lines = (json.dumps([column.of(case) for column in wanted]) for case in seen)
        body = io.BytesIO(gzip.compress("\n".join(lines).encode(), 6))
        self.objects.put(_name(job, f"part-{part:05}"), body)
        left_out = int(job.row["left_out"]) + len(now) - len(seen)
        return {"done": done + len(now), "parts": part + 1, "left_out": left_out}

    def _write(self, job: StaffJob, beat: Beat) -> Mapping[str, Any]:
        ending = job.row["format"]
        with tempfile.NamedTemporaryFile(suffix=f".{ending}") as file:
            rows = self._rows(job, beat)
            if ending == "csv":
                write_csv(file, self._heads(job), rows)
            else:
                self._write_sheet(job, file.name, rows)
            file.flush()
            size = os.path.getsize(file.name)
            beat()
            with open(file.name, "rb") as made:
                self.objects.put(_name(job, f"files.{ending}"), made)
        until = stamp(self.now() + KEPT_FOR)
        return {"stage": "made", "status": "done", "size": size, "until": until}

    def _write_sheet(self, job: StaffJob, path: str, rows: Iterator[list[Cell]]) -> None:
        # Excel's own format is loaded by nothing else.
        from chalicelib.desk import workbook

        kinds = [column.kind for column in self._columns(job)]
        workbook.write(path, TITLES[_lang(job)], self._heads(job), kinds, rows)

    def _rows(self, job: StaffJob, beat: Beat) -> Iterator[list[Cell]]:
        for part in range(job.row["parts"]):
            beat()
            text = gzip.decompress(self.objects.get(_name(job, f"part-{part:05}"))).decode()
            yield from (json.loads(line) for line in text.split("\n") if line)

    def _heads(self, job: StaffJob) -> list[str]:
        return [heading(column, _lang(job)) for column in self._columns(job)]

    def _columns(self, job: StaffJob, appraised: Mapping[Key, Item] | None = None) -> list[Column]:
        owners = {one.id: one.name for one in self.roster.all()}
        return chosen(columns(_lang(job), owners, appraised), job.row["columns"])

    def _appraised(self, job: StaffJob, cases: Sequence[Case]) -> dict[Key, Item]:
        """Return the rows of what staff answered to the criteria, where a column is about them."""
        if not any(one.startswith(f"{CRITERIA}.") for one in job.row["columns"]):
            return {}
        keys = [appraisals_key(case.id) for case in cases]
        found: dict[Key, Item] = {}
        for start in range(0, len(keys), READ_AT_ONCE):
            found |= self.store.batch_get(keys[start : start + READ_AT_ONCE])
        return found

    def _noted(self, job: StaffJob) -> list[str]:
        if job.id not in self._ids:
            self._ids.clear()
            self._ids[job.id] = json.loads(gzip.decompress(self.objects.get(_name(job, "ids"))))
        return self._ids[job.id]

    def _cases(self, ids: Sequence[str]) -> Iterator[Case]:
        """Yield the files that are there still."""
        for start in range(0, len(ids), READ_AT_ONCE):
            keys = [case_key(one) for one in ids[start : start + READ_AT_ONCE]]
            rows = self.store.batch_get(keys)
            yield from (Case.of(rows[key]) for key in keys if key in rows)

    def _may_see(self, case: Case, staff: Staff) -> bool:
        return kind(case.state) != "gone" and not stands_back(case, staff.id, staff.email)


def _name(job: StaffJob, name: str) -> str:
    return f"exports/{job.id}/{name}"


def _lang(job: StaffJob) -> Lang:
    return lang_or(job.row["lang"], "fr")
