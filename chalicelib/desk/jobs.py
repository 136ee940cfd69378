"""Work of the desk that takes longer than a page may: done in steps, each of which is kept.

Whoever dies in between is followed by another run, which goes on with the step that was not kept.
"""

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Protocol

from chalicelib.cases.staff import Staff
from chalicelib.core.errors import Conflict
from chalicelib.core.ports import Change, Delete, Item, Key, Now, Put, Store, Write
from chalicelib.core.records import is_over, moment, stamp
from chalicelib.desk.once import marked, once_mark

log = logging.getLogger("relais.desk.jobs")

JOBS: Final = "JOBS"
OPEN: Final = "JOBS_OPEN"
"""The key of the marks of jobs that are not over: what a run looks for."""

LEASE: Final = timedelta(minutes=5)
"""How long a job belongs to whom works at it, from their last sign of life on."""

MAX_TRIES: Final = 4
"""How often a step is tried that fails; then its job has failed."""

JOB_RETENTION: Final = timedelta(days=90)
SECONDS_AT_ONCE: Final = 12.0
"""How long a job is worked at while its asker waits for the page."""

JOBS_LISTED: Final = 20


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
        mark = {"pk": OPEN, "sk": name, "kind": "job_open", "staff": staff.id, "expires": expires}
        once = once_mark(self._once, now, job=name)
        try:
            self._store.commit([Put(row), Put(mark), *beside, *once])
        except Conflict:
            known = marked(self._store, self._once, now)
            begun = self.of(staff.id, str(known["job"])) if known else None
            if begun is None:
                raise
            return begun
        return StaffJob(staff.id, name, row)

    def of(self, staff: str, name: str) -> StaffJob | None:
        """Return a job of somebody; None for those of everybody else."""
        row = self._store.get(*job_key(staff, name))
        return None if row is None or is_over(row, self._now()) else StaffJob(staff, name, row)

    def latest(self, staff: str, what: str) -> list[StaffJob]:
        """Return the last jobs of somebody, the newest first."""
        rows = self._store.latest(f"{JOBS}#{staff}", JOBS_LISTED)
        found = [StaffJob(staff, str(row["sk"]).removeprefix("JOB#"), row) for row in rows]
        return [job for job in found if job.what == what and not is_over(job.row, self._now())]

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


def _unmark(job: StaffJob) -> Delete:
    return Delete((OPEN, job.id))
