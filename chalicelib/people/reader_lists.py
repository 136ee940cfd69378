"""All subscribers, counted or as a sheet: read a part at a time, as work of the desk."""

import gzip
import io
import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from chalicelib.cases.staff import Staff
from chalicelib.core import rate_limit
from chalicelib.core.csv_table import write_csv
from chalicelib.core.ports import Item, Now
from chalicelib.core.records import stamp
from chalicelib.desk import log
from chalicelib.desk.exporting import KEPT_FOR
from chalicelib.desk.fetching import URL_SECONDS, asked_on, note_fetched
from chalicelib.desk.jobs import Beat, Jobs, StaffJob
from chalicelib.desk.ports import Objects
from chalicelib.newsletter.sending.ports import SubscriberStore
from chalicelib.newsletter.subscribers.growth import months_of
from chalicelib.newsletter.subscribers.subscriber import ACTIVE
from chalicelib.newsletter.subscribers.table import SUBSCRIBER_COLUMNS, row_of

Wanted = Literal["reader_count", "reader_sheet"]

COUNT: Final = "reader_count"
SHEET: Final = "reader_sheet"


@dataclass(frozen=True)
class ReaderLists:
    store: SubscriberStore
    objects: Objects
    now: Now

    def begin(self, jobs: Jobs, staff: Staff, wanted: Wanted) -> StaffJob:
        """Keep what somebody wants, and that they do. Raises TooMany."""
        rate_limit.count(self.store, "desk_jobs", staff.id, self.now())
        begun = {"stage": "reading", "after": "", "done": 0, "parts": 0, "tally": {}}
        noted = [log.entry(staff, SHEET, {}, self.now())] if wanted == SHEET else []
        return jobs.begin(staff, wanted, begun, noted)

    def step(self, job: StaffJob, beat: Beat) -> Item:
        """Read the next part, or write the sheet of all of them."""
        if job.row["stage"] == "writing":
            return self._write(job, beat)
        rows, after = self.store.subscribers(str(job.row["after"]))
        tally = Counter({name: int(number) for name, number in job.row["tally"].items()})
        for row in rows:
            tally.update(_counted(row))
        values: Item = {
            "done": int(job.row["done"]) + len(rows), "after": after, "tally": dict(tally),
        }  # fmt: skip
        if job.what == SHEET:
            known = [list(map(str, row_of(row))) for row in rows if row.get("email")]
            body = io.BytesIO(gzip.compress("\n".join(map(json.dumps, known)).encode(), 6))
            self.objects.put(_name(job, f"part-{job.row['parts']:05}"), body)
            values["parts"] = int(job.row["parts"]) + 1
        if after:
            return values
        over = {"stage": "made", "status": "done"} if job.what == COUNT else {"stage": "writing"}
        return {**values, **over}

    def last_count(self, jobs: Jobs, staff: Staff) -> StaffJob | None:
        """Return what somebody had counted last; None when nothing was."""
        return next((job for job in jobs.latest(staff.id, COUNT) if job.status == "done"), None)

    def address(self, job: StaffJob, staff: Staff) -> str:
        """Return where a sheet is for a moment, and note who fetched it."""
        now = self.now()
        noted = log.entry(staff, "reader_download", {"files": job.row["done"]}, now)
        note_fetched(self.store, job, noted, now)
        saved_as = f"subscribers-{asked_on(job)}.csv"
        return self.objects.url(_name(job, "readers.csv"), saved_as, URL_SECONDS)

    def _write(self, job: StaffJob, beat: Beat) -> Item:
        with tempfile.NamedTemporaryFile(suffix=".csv") as file:
            write_csv(file, SUBSCRIBER_COLUMNS, self._rows(job, beat))
            file.flush()
            beat()
            with open(file.name, "rb") as made:
                self.objects.put(_name(job, "readers.csv"), made)
        return {"status": "done", "stage": "made", "until": stamp(self.now() + KEPT_FOR)}

    def _rows(self, job: StaffJob, beat: Beat) -> Iterator[list[str]]:
        for part in range(int(job.row["parts"])):
            beat()
            text = gzip.decompress(self.objects.get(_name(job, f"part-{part:05}"))).decode()
            yield from (json.loads(line) for line in text.split("\n") if line)


def _counted(row: Item) -> Iterator[str]:
    """Yield what a profile counts in: its state, its language and basis, the month that it came
    and left in."""
    status = row["status"]
    yield f"status.{status}"
    if status == ACTIVE:
        yield f"lang.{row.get('lang') or 'fr'}"
        yield f"basis.{row.get('basis') or 'express'}"
    yield from (f"{what}.{month}" for what, month in months_of(row))


def _name(job: StaffJob, name: str) -> str:
    return f"exports/{job.id}/{name}"
