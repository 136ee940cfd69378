"""A list of subscribers that staff bring to the desk: tried first, then imported, a part at a time."""

import io
from collections import Counter
from dataclasses import dataclass
from typing import Final

from chalicelib.cases.staff import Staff
from chalicelib.core import rate_limit
from chalicelib.core.languages import Lang, lang_or
from chalicelib.core.ports import Item, Now, Store
from chalicelib.desk import log
from chalicelib.desk.jobs import Beat, Jobs, StaffJob
from chalicelib.desk.ports import Objects
from chalicelib.newsletter.subscribers.import_sheet import ImportRefused
from chalicelib.newsletter.subscribers.imports import Imported, Imports

TRIAL: Final = "reader_trial"
IMPORT: Final = "reader_import"
ROWS_A_STEP: Final = 500
MAX_LINES_SHOWN: Final = 100
LIST_MAX_BYTES: Final = 4_000_000
"""Bytes of a list; API Gateway and Lambda take six together, and a form has more than its file."""


@dataclass(frozen=True)
class ReaderImports:
    store: Store
    objects: Objects
    imports: Imports
    now: Now

    def try_list(self, jobs: Jobs, staff: Staff, name: str, body: bytes, lang: Lang) -> StaffJob:
        """Keep a list for a day, and see what would become of each row. Raises TooMany."""
        rate_limit.count(self.store, "desk_jobs", staff.id, self.now())
        job = jobs.begin(staff, TRIAL, _begun(name, lang))
        self.objects.put(f"exports/{job.id}/list", io.BytesIO(body))
        return job

    def begin(self, jobs: Jobs, staff: Staff, trial: StaffJob) -> StaffJob:
        """Import a list that was tried, and in which nothing is wrong; note who did."""
        facts = {"whose": trial.row["name"], "files": trial.row["done"]}
        noted = log.entry(staff, IMPORT, facts, self.now())
        begun = {**_begun(trial.row["name"], trial.row["lang"]), "list": trial.id, "by": staff.name}
        return jobs.begin(staff, IMPORT, begun, [noted])

    def may_import(self, trial: StaffJob) -> bool:
        tally = trial.row["tally"]
        whole = trial.what == TRIAL and trial.status == "done" and not trial.row.get("refused")
        return whole and not tally.get("wrong") and bool(tally.get("imported"))

    def step(self, job: StaffJob, beat: Beat) -> Item:
        """Look at the next rows, or store them."""
        lang, done = lang_or(job.row["lang"], "fr"), int(job.row["done"])
        file = self.objects.get(f"exports/{job.row.get('list') or job.id}/list")
        tally = Counter({name: int(number) for name, number in job.row["tally"].items()})
        lines = list(job.row["lines"])
        write, by, number = job.what == IMPORT, str(job.row.get("by", "")), 0
        try:
            for one in self.imports.run(file, by=by, write=write, lang=lang, first=done):
                number += 1
                tally["wrong" if one.problems else one.outcome] += 1
                lines += _texts_of(one)[: MAX_LINES_SHOWN - len(lines)]
                if number == ROWS_A_STEP:
                    break
        except ImportRefused as refused:
            return {"status": "done", "refused": str(refused)}
        values = {"done": done + number, "tally": dict(tally), "lines": lines}
        return values if number == ROWS_A_STEP else {**values, "status": "done"}


def _begun(name: str, lang: str) -> Item:
    return {"name": name[:200], "lang": lang, "done": 0, "tally": {}, "lines": []}


def _texts_of(one: Imported) -> list[list[int | str]]:
    """Return the line and what is said of it: each problem with its column, or why its owner is
    out."""
    found: list[list[int | str]] = [
        [one.line, f"{column} – {why}"[:300]] for column, why in one.problems
    ]
    return found or ([[one.line, one.why[:300]]] if one.why else [])
