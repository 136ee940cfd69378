"""The subscribers at the desk: how many, one person's consent, lists that come and go."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib import content
from chalicelib.core.email_address import email_or_none
from chalicelib.core.errors import NotFound
from chalicelib.core.formatting import masked
from chalicelib.core.languages import Lang
from chalicelib.core.links import person_key
from chalicelib.core.ports import Item, Store
from chalicelib.core.records import moment
from chalicelib.desk import log
from chalicelib.desk.jobs import SECONDS_AT_ONCE, Jobs, StaffJob
from chalicelib.newsletter.subscribers.consent_text import topic_name
from chalicelib.newsletter.subscribers.import_sheet import IMPORT_COLUMNS, bases
from chalicelib.newsletter.subscribers.repository import SubscriberRepository
from chalicelib.newsletter.subscribers.subscriber import Subscriber
from chalicelib.people.reader_imports import IMPORT, LIST_MAX_BYTES, TRIAL, ReaderImports
from chalicelib.people.reader_lists import COUNT, SHEET, ReaderLists
from chalicelib.views.consent_record import consent_record
from chalicelib.views.desk.entry import Entry
from chalicelib.views.desk.visit import Visit
from chalicelib.web.request import is_ticked, text_field
from chalicelib.web.responses import Response

LIST_FORM_BYTES: Final = LIST_MAX_BYTES + 20_000
"""Bytes of a form that brings a list."""

GROWTH_MONTHS: Final = 12
LISTED: Final = (COUNT, SHEET, TRIAL, IMPORT)


@dataclass(frozen=True)
class SubscriberDeskViews:
    entry: Entry
    store: Store
    jobs: Jobs
    lists: ReaderLists
    imports: ReaderImports
    repository: SubscriberRepository
    people_key: bytes

    def show(self, visit: Visit) -> Response:
        return self._page(visit)

    def act(self, visit: Visit) -> Response:
        """Count everybody anew, or show what is kept of one person's consent."""
        fields = visit.request.fields()
        if text_field(fields, "act") == "count":
            job = self.lists.begin(self.jobs.of_form(visit.once), visit.signed_in.staff, COUNT)
            job = self.jobs.run(job, SECONDS_AT_ONCE)
            own = self.entry.address("subscribers")
            return self.entry.go(own if job.status == "done" else self._job_url(job))
        typed = text_field(fields, "email")
        address = email_or_none(typed)
        if address is None:
            return self._page(visit, typed=typed, why="address")
        noted = log.entry(
            visit.signed_in.staff, "consent_read", {"whose": masked(address)}, self.entry.now()
        )
        self.store.commit([noted])
        found = self.repository.latest(person_key(address, self.people_key))
        if found is None:
            return self._page(visit, typed=typed, why="unknown")
        return self._page(visit, typed=typed, found=found)

    def show_import(self, visit: Visit) -> Response:
        return self._import_page(visit)

    def try_list(self, visit: Visit) -> Response:
        """Try a list that somebody brings; nothing of it is stored."""
        request = visit.request
        if len(request.body) > LIST_FORM_BYTES:
            return self._import_page(visit, "too_large")
        file = visit.with_file()[1]
        if file is None or not file.body:
            return self._import_page(visit, "no_file")
        job = self.imports.try_list(
            self.jobs, visit.signed_in.staff, file.name, file.body, visit.lang
        )
        job = self.jobs.run(job, SECONDS_AT_ONCE)
        return self.entry.go(self._job_url(job))

    def show_export(self, visit: Visit) -> Response:
        address = self.entry.address("subscribers", "export")
        facts: dict[str, object] = {"action": address, "back": self.entry.address("subscribers")}
        return self.entry.page(visit, "subscriber_export", facts, address=address)

    def export(self, visit: Visit) -> Response:
        job = self.lists.begin(self.jobs.of_form(visit.once), visit.signed_in.staff, SHEET)
        return self.entry.go(self._job_url(self.jobs.run(job, SECONDS_AT_ONCE)))

    def job(self, visit: Visit, job: str) -> Response:
        return self._job_page(visit, self._job(visit, job))

    def import_list(self, visit: Visit, job: str) -> Response:
        """Import a list that was tried."""
        trial, fields = self._job(visit, job), visit.request.fields()
        if not self.imports.may_import(trial):
            return self._job_page(visit, trial)
        if not is_ticked(fields, "confirm"):
            return self._job_page(visit, trial, unsure=True)
        jobs = self.jobs.of_form(visit.once)
        begun = self.imports.begin(jobs, visit.signed_in.staff, trial)
        return self.entry.go(self._job_url(self.jobs.run(begun, SECONDS_AT_ONCE)))

    def fetch(self, visit: Visit, job: str) -> Response:
        """Lead to a sheet, for a moment; to the page that says why not where it is gone."""
        found = self._job(visit, job)
        there = found.what == SHEET and found.has_file(self.entry.now())
        if visit.is_head or not there:
            return self.entry.go(self._job_url(found))
        return self.entry.go(self.lists.address(found, visit.signed_in.staff))

    def _job(self, visit: Visit, name: str) -> StaffJob:
        found = self.jobs.of(visit.signed_in.staff.id, name)
        if found is None or found.what not in LISTED:
            raise NotFound(name)
        return found

    def _job_url(self, job: StaffJob) -> str:
        return self.entry.address("subscribers", "lists", job.id)

    def _job_page(self, visit: Visit, job: StaffJob, *, unsure: bool = False) -> Response:
        address, row = self._job_url(job), job.row
        facts: dict[str, object] = {
            "what": job.what,
            "heading": content.desk()["jobs"][job.what][visit.lang],
            "status": job.status,
            "action": address,
            "back": self.entry.address("subscribers"),
            "asked_at": moment(str(row["asked_at"])),
            "done": row["done"],
            "name": row.get("name", ""),
            "staff_name": visit.signed_in.staff.name,
            "refused": row.get("refused", ""),
            "tally": {
                one: row["tally"].get(one, 0) for one in ("imported", "known", "refused", "wrong")
            },
            "lines": row.get("lines", []),
            "may_import": self.imports.may_import(job),
            "file": job.has_file(self.entry.now()),
            "until": moment(row["until"]) if row.get("until") else None,
            "unsure": unsure,
        }
        status = 422 if unsure else 200
        return self.entry.page(visit, "subscriber_list", facts, address=address, status=status)

    def _import_page(self, visit: Visit, why: str = "") -> Response:
        lang, address = visit.lang, self.entry.address("subscribers", "import")
        facts: dict[str, object] = {
            "action": address,
            "back": self.entry.address("subscribers"),
            "columns": ", ".join(IMPORT_COLUMNS),
            "bases": ", ".join(bases()),
            "wrong": content.desk()["subscribers"][why][lang] if why else "",
        }
        status = 422 if why else 200
        return self.entry.page(visit, "subscriber_import", facts, address=address, status=status)

    def _page(
        self,
        visit: Visit,
        *,
        typed: str = "",
        why: str = "",
        found: Subscriber | None = None,
    ) -> Response:
        lang, address = visit.lang, self.entry.address("subscribers")
        counted = self.lists.last_count(self.jobs, visit.signed_in.staff)
        facts: dict[str, object] = {
            "action": address,
            "newsletter": self.entry.address("newsletter"),
            "counted": _count_facts(counted.row, lang) if counted else None,
            "typed": typed,
            "wrong": content.desk()["subscribers"][why][lang] if why else "",
            "person": self._person(found, lang) if found else None,
        }
        status = 422 if why else 200
        return self.entry.page(visit, "subscribers", facts, address=address, status=status)

    def _person(self, found: Subscriber, lang: Lang) -> Mapping[str, object]:
        return {
            "email": found.email,
            "state": content.desk()["subscriber_states"][found.status.lower()][lang],
            "reads": {"fr": "Français", "en": "English"}[found.lang],
            "topics": ", ".join(topic_name(one, lang) for one in found.topics),
            "until": moment(found.expires_at) if found.expires_at else None,
            "paused": moment(found.paused_until) if found.paused_until else None,
            "record": consent_record(self.repository, found.person, lang),
        }


def _count_facts(row: Item, lang: Lang) -> Mapping[str, object]:
    """Return the last count in words: states, languages and bases, and the months of the growth."""
    tally, words = row["tally"], content.desk()["subscriber_states"]
    months = sorted(
        {name.partition(".")[2] for name in tally if name.startswith(("came.", "left."))}
    )
    return {
        "at": moment(row["asked_at"]),
        "states": [
            (text[lang], tally.get(f"status.{name.upper()}", 0)) for name, text in words.items()
        ],
        "langs": {one: tally.get(f"lang.{one}", 0) for one in ("fr", "en")},
        "bases": {one: tally.get(f"basis.{one}", 0) for one in ("express", "implied")},
        "months": [
            (month, tally.get(f"came.{month}", 0), tally.get(f"left.{month}", 0))
            for month in reversed(months[-GROWTH_MONTHS:])
        ],
    }
