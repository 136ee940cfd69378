"""A test of an issue that somebody at the desk asks for: sent beside the pages, which send no mail."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.cases.staff import Staff
from chalicelib.core import rate_limit
from chalicelib.core.ports import Item, Now, Store
from chalicelib.desk.jobs import Beat, Jobs, StaffJob

TEST: Final = "issue_test"

Send = Callable[[str, int, str], str]
"""(issue, version, address): sends it in both languages; returns why not, blank when it is sent."""

Note = Callable[[str, int, str, Sequence[str]], str]
"""(issue, version, staff, addresses): notes that it was sent; returns why not."""


@dataclass(frozen=True)
class IssueTests:
    store: Store
    send: Send
    note: Note
    now: Now

    def begin(
        self, jobs: Jobs, staff: Staff, issue: str, version: int, to: Sequence[str]
    ) -> StaffJob:
        """Keep what is to be sent to whom: it leaves within a minute. Raises TooMany."""
        rate_limit.count(self.store, "desk_jobs", staff.id, self.now())
        facts = {"issue": issue, "version": version, "to": list(to), "done": 0, "why": ""}
        return jobs.begin(staff, TEST, facts)

    def last(self, jobs: Jobs, staff: Staff, issue: str, version: int) -> StaffJob | None:
        """Return the last test that somebody asked for of a version."""
        asked = (job for job in jobs.latest(staff.id, TEST) if job.row["issue"] == issue)
        return next((job for job in asked if int(job.row["version"]) == version), None)

    def step(self, job: StaffJob, beat: Beat) -> Item:
        """Send to the next address, or note that all have it."""
        row = job.row
        issue, version, to = str(row["issue"]), int(row["version"]), list(row["to"])
        done = int(row["done"])
        if done == len(to):
            return {"status": "done", "why": self.note(issue, version, job.staff, to)}
        beat()
        if why := self.send(issue, version, to[done]):
            return {"status": "done", "why": why}
        return {"done": done + 1}
