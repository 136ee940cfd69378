"""The work that staff asked for and that takes a while: how far each is, and what came of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypedDict
from urllib.parse import urlencode

from chalicelib import content
from chalicelib.cases.staff import Roster, Staff
from chalicelib.core.languages import Lang
from chalicelib.core.records import moment
from chalicelib.desk.exporting import EXPORT
from chalicelib.desk.filters import POSITION_MAX_LENGTH
from chalicelib.desk.jobs import Jobs, StaffJob
from chalicelib.desk.many import DECISIONS
from chalicelib.people.reader_imports import IMPORT, TRIAL
from chalicelib.people.reader_lists import COUNT, SHEET
from chalicelib.views.desk.entry import Entry
from chalicelib.views.desk.filter_words import FilterWords
from chalicelib.views.desk.many import decision_name
from chalicelib.views.desk.rights import PROGRAMME, RIGHTS
from chalicelib.views.desk.visit import Visit
from chalicelib.web.responses import Response

PLACES: Final = {
    DECISIONS: ("many",),
    EXPORT: ("exports",),
    **dict.fromkeys((COUNT, SHEET, TRIAL, IMPORT), ("subscribers", "lists")),
}
"""By its kind, where the page of a job stands."""

ALL: Final = "all"


class JobFacts(TypedDict):
    """A job in the list. `url` is blank for one whose page is its asker's alone; `number` is how
    many files, or people, are done, `of` how many there are, where that is known."""

    name: str
    about: str
    who: str
    asked_at: datetime
    status: str
    number: int
    of: int
    url: str
    file: str
    is_gone: bool
    is_partial: bool


@dataclass(frozen=True)
class JobsViews:
    entry: Entry
    jobs: Jobs
    roster: Roster

    def show(self, visit: Visit) -> Response:
        """Answer with one's own jobs; with those of everybody for who sees to the programme."""
        query, staff = visit.request.query, visit.signed_in.staff
        may_see_all = bool(staff.roles & PROGRAMME.roles)
        of_all = may_see_all and query.get("whose") == ALL
        after, whats = query.get("after", "")[:POSITION_MAX_LENGTH], _kinds(staff)
        found = (
            self.jobs.page_of_all(whats, after)
            if of_all
            else self.jobs.page(staff.id, whats, after)
        )
        base, words = self.entry.address("jobs"), FilterWords(self.roster, visit.lang)
        whose = {"whose": ALL} if of_all else {}
        facts: dict[str, object] = {
            "base": base,
            "may_see_all": may_see_all,
            "of_all": of_all,
            "jobs": [self._facts(job, staff, words, visit) for job in found.jobs],
            "more": f"{base}?{urlencode({**whose, 'after': found.more})}" if found.more else "",
        }
        here = urlencode({**whose, **({"after": after} if after else {})})
        address = f"{base}?{here}" if here else base
        return self.entry.page(visit, "jobs", facts, address=address)

    def _facts(self, job: StaffJob, staff: Staff, words: FilterWords, visit: Visit) -> JobFacts:
        row, is_own = job.row, job.staff == staff.id
        url = self.entry.address(*PLACES[job.what], job.id)
        number, of = _progress(job)
        has_file = job.has_file(self.entry.now())
        return {
            "name": content.desk()["jobs"][job.what][visit.lang],
            "about": _about(job, words, visit.lang),
            "who": words.names.get(job.staff, job.staff),
            "asked_at": moment(str(row["asked_at"])),
            "status": job.status,
            "number": number,
            "of": of,
            "is_partial": job.what == DECISIONS and job.status == "done" and number < of,
            "url": url if is_own or job.what == DECISIONS else "",
            "file": f"{url}/file" if has_file and is_own else "",
            "is_gone": job.what in (EXPORT, SHEET) and job.status == "done" and not has_file,
        }


def _kinds(staff: Staff) -> list[str]:
    """Return the kinds of jobs whose pages are for somebody's roles."""
    return [
        what
        for what, place in PLACES.items()
        if staff.roles & RIGHTS["GET", "/".join(("/desk", *place, "{job}"))].roles
    ]


def _progress(job: StaffJob) -> tuple[int, int]:
    """Return how many files or people are done, and of how many; 0 where that is not known."""
    row = job.row
    if job.what != DECISIONS:
        return int(row["done"]), int(row.get("total", 0))
    done = sum(one["outcome"] == "done" for one in row["results"])
    return done, len(row["files"]) + len(row.get("left_out", {}))


def _about(job: StaffJob, words: FilterWords, lang: Lang) -> str:
    """Return what a job is about: the decision, the list that is exported, the name of a file."""
    if job.what == DECISIONS:
        return decision_name(str(job.row["decision"]), lang)
    if job.what == EXPORT:
        return f"{str(job.row['format']).upper()}, {words.kept(job.row)}"
    return str(job.row.get("name", ""))
