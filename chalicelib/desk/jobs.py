"""Work of the desk that takes longer than a page may: done in steps, each of which is kept.

Whoever dies in between is followed by another run, which goes on with the step that was not kept.
"""

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Protocol

from chalicelib.cases.staff import Staff
from chalicelib.core.errors import Conflict
from chalicelib.core.ports import (
    Change,
    Delete,
    Item,
    Key,
    Listing,
    Now,
    Put,
    Store,
    Stretch,
    Where,
    Write,
)
from chalicelib.core.records import is_over, moment, stamp
from chalicelib.desk.once import marked, once_mark

log = logging.getLogger("relais.desk.jobs")

JOBS: Final = "JOBS"
OPEN: Final = "JOBS_OPEN"
"""The key of the marks of jobs that are not over: what a run looks for."""

MADE: Final = "JOBS_MADE"
"""The key of what says whose each job is: by it those of everybody are found."""

LEASE: Final = timedelta(minutes=5)
"""How long a job belongs to whom works at it, from their last sign of life on."""

MAX_TRIES: Final = 4
"""How often a step is tried that fails; then its job has failed."""

JOB_RETENTION: Final = timedelta(days=90)
SECONDS_AT_ONCE: Final = 12.0
"""How long a job is worked at while its asker waits for the page."""

JOBS_LISTED: Final = 20
"""Jobs of one page; those before them are on the next."""


class Beat(Protocol):
    """Says within a step that somebody works at it still, and keeps what is named of it."""

    def __call__(self, **kept: str) -> None:
        """Raise Conflict where the job is somebody else's by now."""


@dataclass(frozen=True)
class StaffJob:
    """One piece of work, as its row keeps it; `staff` is whose it is, and who alone sees it."""

    staff: str
    id: str
    row: Item

    @property
    def key(self) -> Key:
        return job_key(self.staff, self.id)

    @property
    def what(self) -> str:
        return str(self.row["what"])

    @property
    def status(self) -> str:
        """`open`, `done` or `failed`."""
        return str(self.row["status"])

    def has_file(self, now: datetime) -> bool:
        """Say whether a file was made that can be fetched still."""
        until = self.row.get("until")
        return self.status == "done" and until is not None and stamp(now) < until


class JobPage(NamedTuple):
    """Some jobs, the newest first. `more` is what the next page begins after; blank on the last."""

    jobs: list[StaffJob]
    more: str


Step = Callable[[StaffJob, Beat], Mapping[str, Any]]
"""Does the next part of a job, and returns what its row keeps of that; with `status`: `done` after
the last one. The same part may be done twice."""


class Jobs:
    def __init__(self, store: Store, now: Now, steps: Mapping[str, Step], once: str = "") -> None:
        """`once` names the form that begins a job: the second time it finds the first one."""
        self._store = store
        self._now = now
        self._steps = steps
        self._once = once

    def of_form(self, once: str) -> "Jobs":
        """Return the same for one form, which begins one job however often it is sent."""
        return Jobs(self._store, self._now, self._steps, once)

    def begin(
        self, staff: Staff, what: str, facts: Mapping[str, object], beside: Sequence[Write] = ()
    ) -> StaffJob:
        """Keep a job, which any run then finds, and what is written `beside` it."""
        now = self._now()
        name = f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(8)}"
        pk, sk = job_key(staff.id, name)
        expires = int((now + JOB_RETENTION).timestamp())
        row = {
            "pk": pk,
            "sk": sk,
            "kind": "job",
            "what": what,
            "status": "open",
            "step": 0,
            "tries": 0,
            "asked_at": stamp(now),
            "expires": expires,
            **facts,
        }
        job = StaffJob(staff.id, name, row)
        mark = _open_mark(job)
        made = {**mark, "pk": MADE, "kind": "job_made", "what": what}
        once = once_mark(self._once, now, job=name)
        try:
            self._store.commit([Put(row), Put(mark), Put(made), *beside, *once])
        except Conflict:
            known = marked(self._store, self._once, now)
            begun = self.of(staff.id, str(known["job"])) if known else None
            if begun is None:
                raise
            return begun
        return job

    def go_on(self, job: StaffJob) -> StaffJob:
        """Open a job again that has failed, where it stopped; any other is left as it is."""
        change = Change(job.key, expect={"status": "failed"}, set={"status": "open", "tries": 0})
        self._try([change, Put(_open_mark(job))])
        return self.of(job.staff, job.id) or job

    def of(self, staff: str, name: str) -> StaffJob | None:
        """Return a job of somebody; None for those of everybody else."""
        row = self._store.get(*job_key(staff, name))
        return None if row is None or is_over(row, self._now()) else StaffJob(staff, name, row)

    def of_anybody(self, name: str) -> StaffJob | None:
        """Return a job, whoever's it is."""
        made = self._store.get(MADE, name)
        return None if made is None else self.of(made["staff"], name)

    def latest(self, staff: str, what: str) -> list[StaffJob]:
        """Return the last jobs of one kind of somebody, the newest first."""
        return self.page(staff, [what]).jobs

    def page(self, staff: str, whats: Sequence[str], after: str = "") -> JobPage:
        """Return a page of somebody's jobs of these kinds, however many of others are between."""
        found = self._listing(f"{JOBS}#{staff}", whats, after)
        jobs = [StaffJob(staff, row["sk"].removeprefix("JOB#"), row) for row in found.rows]
        return JobPage(self._kept(jobs), found.more_after)

    def page_of_all(self, whats: Sequence[str], after: str = "") -> JobPage:
        """Return the same of everybody's."""
        found = self._listing(MADE, whats, after)
        keys = {row["sk"]: job_key(row["staff"], row["sk"]) for row in found.rows}
        rows = self._store.batch_get(list(keys.values()))
        jobs = [
            StaffJob(made["staff"], made["sk"], rows[keys[made["sk"]]])
            for made in found.rows
            if keys[made["sk"]] in rows
        ]
        return JobPage(self._kept(jobs), found.more_after)

    def _listing(self, pk: str, whats: Sequence[str], after: str) -> Listing:
        stretch = Stretch(after=after, backward=True)
        return self._store.listing(pk, stretch, [Where("what", whats)], JOBS_LISTED)

    def _kept(self, jobs: Sequence[StaffJob]) -> list[StaffJob]:
        return [job for job in jobs if not is_over(job.row, self._now())]

    def run_open(self, seconds: float) -> int:
        """Work at the jobs that are open, the oldest first; return how many are over then."""
        until, over = self._now() + timedelta(seconds=seconds), 0
        for mark in self._store.rows(OPEN):
            left = (until - self._now()).total_seconds()
            if left <= 0:
                break
            job = self.of(mark["staff"], mark["sk"])
            if job is not None and job.status == "open":
                over += self.run(job, left).status != "open"
        return over

    def run(self, job: StaffJob, seconds: float) -> StaffJob:
        """Take steps of a job for a while, one at least, and return it as it is then. Nothing is
        done to one at which somebody else works."""
        until, mine = self._now() + timedelta(seconds=seconds), secrets.token_hex(8)
        leased = self._leased(job, mine)
        if leased is None:
            return self.of(job.staff, job.id) or job
        found = leased
        try:
            while found.status == "open":
                found = self._stepped(found, mine)
                if self._now() >= until:
                    break
        except Conflict:
            log.warning("job %s: somebody else works at it", job.id)
            return self.of(job.staff, job.id) or job
        except Exception:
            log.exception("job %s", job.id)
            return self._failed(found, mine)
        self._try([Change(found.key, expect={"lease": mine}, remove=("lease", "lease_until"))])
        return found

    def _leased(self, job: StaffJob, mine: str) -> StaffJob | None:
        now, row = self._now(), self._store.get(*job.key)
        if row is None or row["status"] != "open":
            return None
        held = row.get("lease")
        if held and now < moment(row["lease_until"]):
            return None
        values = {"lease": mine, "lease_until": stamp(now + LEASE)}
        expect, absent = ({"lease": held}, ()) if held else ({}, ("lease",))
        taken = Change(job.key, expect={"status": "open", **expect}, absent=absent, set=values)
        return StaffJob(job.staff, job.id, {**row, **values}) if self._try([taken]) else None

    def _stepped(self, job: StaffJob, mine: str) -> StaffJob:
        """Take one step and keep it. Raises Conflict when the job is somebody else's by now."""
        expect = {"lease": mine, "step": job.row["step"]}

        def beat(**kept: str) -> None:
            until = {"lease_until": stamp(self._now() + LEASE)}
            self._store.commit([Change(job.key, expect=expect, set={**kept, **until})])

        values = {
            **self._steps[job.what](job, beat),
            "step": job.row["step"] + 1,
            "tries": 0,
            "lease_until": stamp(self._now() + LEASE),
        }
        after = StaffJob(job.staff, job.id, {**job.row, **values})
        writes: list[Write] = [Change(job.key, expect=expect, set=values)]
        self._store.commit(writes if after.status == "open" else [*writes, _unmark(job)])
        return after

    def _failed(self, job: StaffJob, mine: str) -> StaffJob:
        """Count one more step that failed; beyond some the job has."""
        tries = job.row["tries"] + 1
        values = {"tries": tries, "status": "failed" if tries >= MAX_TRIES else "open"}
        change = Change(
            job.key, expect={"lease": mine}, set=values, remove=("lease", "lease_until")
        )
        self._try([change] if values["status"] == "open" else [change, _unmark(job)])
        return self.of(job.staff, job.id) or job

    def _try(self, writes: list[Write]) -> bool:
        try:
            self._store.commit(writes)
        except Conflict:
            return False
        return True


def job_key(staff: str, name: str) -> Key:
    return f"{JOBS}#{staff}", f"JOB#{name}"


def _open_mark(job: StaffJob) -> Item:
    """Return the row by which a run finds a job that is open."""
    expires = job.row["expires"]
    return {"pk": OPEN, "sk": job.id, "kind": "job_open", "staff": job.staff, "expires": expires}


def _unmark(job: StaffJob) -> Delete:
    return Delete((OPEN, job.id))
