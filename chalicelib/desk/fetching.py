"""What a job made, as whoever asked for it fetches it: each time is a line of the log."""

from datetime import date, datetime, timedelta
from typing import Final

from chalicelib.core import eastern_time
from chalicelib.core.errors import Conflict
from chalicelib.core.ports import Change, Put, Store
from chalicelib.core.records import moment, stamp
from chalicelib.desk.jobs import StaffJob

URL_SECONDS: Final = 60
"""How long the address of what a job made is good for."""


def asked_on(job: StaffJob) -> date:
    """Return the day on which a job was asked for."""
    return eastern_time.today(moment(str(job.row["asked_at"])))


def note_fetched(store: Store, job: StaffJob, noted: Put, now: datetime) -> None:
    """Keep that somebody fetched what a job made, with the line of the log (`noted`): once for as
    long as the address that they got is good for, however often they ask for it again."""
    before = job.row.get("fetched_at")
    if before and now < moment(before) + timedelta(seconds=URL_SECONDS):
        return
    expect, absent = ({"fetched_at": before}, ()) if before else ({}, ("fetched_at",))
    change = Change(job.key, expect=expect, absent=absent, set={"fetched_at": stamp(now)})
    try:
        store.commit([change, noted])
    except Conflict:
        return  # who asked in the same moment noted it
