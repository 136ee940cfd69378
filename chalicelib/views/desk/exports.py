"""A list of files as a sheet: what is to be in it, how far it is, and the way to fetch it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib import content
from chalicelib.cases.case import FORM_NAMES
from chalicelib.cases.staff import Roster
from chalicelib.core.errors import NotFound
from chalicelib.core.languages import Lang
from chalicelib.core.records import moment
from chalicelib.desk.columns import FILE, USUAL, Column, chosen, columns
from chalicelib.desk.exporting import EXPORT, Exporting, Format
from chalicelib.desk.files import Files
from chalicelib.desk.filters import Filters
from chalicelib.desk.jobs import SECONDS_AT_ONCE, Jobs, StaffJob
from chalicelib.views.desk.entry import Entry
from chalicelib.views.desk.filter_words import FilterWords
from chalicelib.views.desk.visit import Visit
from chalicelib.web.request import is_ticked, text_field, texts_of
from chalicelib.web.responses import Response

MADE_AT_ONCE: Final = 500
"""Files of a list that is exported while its asker waits; a longer one is made beside."""

FORMATS: Final[tuple[Format, ...]] = ("xlsx", "csv")


@dataclass(frozen=True)
class ExportViews:
    entry: Entry
    files: Files
    jobs: Jobs
    exporting: Exporting
    roster: Roster

    def show(self, visit: Visit) -> Response:
        """Answer with the form of an export, and what its reader exported before."""
        last = self.jobs.latest(visit.signed_in.staff.id, EXPORT)
        ticked = last[0].row["columns"] if last else USUAL
        filters = Filters.of(visit.request.query)
        if "filters" in visit.again:
            filters = Filters.of_query(text_field(visit.again, "filters"))
        return self._form(visit, filters, ticked, last)

    def begin(self, visit: Visit) -> Response:
        """Keep what is asked for, and make it at once where that is quick."""
        fields, staff = visit.request.fields(), visit.signed_in.staff
        filters = Filters.of_query(text_field(fields, "filters"))
        every = self._columns(visit.lang)
        ids = texts_of(fields, "column")
        wanted = every if is_ticked(fields, "all") else chosen(every, ids)
        wish = text_field(fields, "format")
        kind = next((one for one in FORMATS if one == wish), None)
        if not wanted or kind is None:
            missing = "columns" if not wanted else "format"
            return self._form(visit, filters, ids, (), missing, 422)
        names = [column.id for column in wanted]
        jobs = self.jobs.of_form(visit.once)
        job = self.exporting.begin(jobs, staff, filters, names, kind, visit.lang)
        number = job.row.get("searched")
        if number is None:  # what a search found was counted as it was kept
            number = self.files.number(filters, staff.id).number
        if number <= MADE_AT_ONCE:
            job = self.jobs.run(job, SECONDS_AT_ONCE)
        return self.entry.go(self.entry.address("exports", job.id))

    def progress(self, visit: Visit, job: str) -> Response:
        """Answer with how far an export is; only its asker sees it."""
        found = self._job(visit, job)
        facts: dict[str, object] = {
            "job": self._facts(found, FilterWords(self.roster, visit.lang)),
            "left_out": found.row["left_out"],
        }
        address = self.entry.address("exports", job)
        return self.entry.page(visit, "export_made", facts, address=address)

    def fetch(self, visit: Visit, job: str) -> Response:
        """Lead to what was made, for a moment; to the page that says why not where it is gone."""
        found = self._job(visit, job)
        if visit.is_head or not found.has_file(self.entry.now()):
            return self.entry.go(self.entry.address("exports", job))
        return self.entry.go(self.exporting.address(found, visit.signed_in.staff))

    def _form(
        self,
        visit: Visit,
        filters: Filters,
        ticked: Iterable[str],
        last: Iterable[StaffJob],
        missing: str = "",
        status: int = 200,
    ) -> Response:
        lang, staff = visit.lang, visit.signed_in.staff
        words = FilterWords(self.roster, lang)
        facts: dict[str, object] = {
            "action": f"{self.entry.address('export')}?{filters.query()}",
            "back": f"{self.entry.address('files')}?{filters.query()}",
            "filters": filters.query(),
            "list": words.with_number(filters, self.files.number(filters, staff.id)),
            "tags": words.chosen(filters),
            "groups": self._groups(lang),
            "ticked": set(ticked),
            "made": [self._facts(job, words) for job in last],
            "missing": missing,
        }
        address = f"{self.entry.address('export')}?{filters.query()}"
        return self.entry.page(visit, "export", facts, address=address, status=status)

    def _groups(self, lang: Lang) -> list[tuple[str, list[Column]]]:
        """Return the columns by what they are of: the file, then each form."""
        every, forms = self._columns(lang), content.desk()["forms"]
        titles = {FILE: {"fr": "Dossier", "en": "File"}[lang]}
        titles |= {form: forms[form][lang] for form in FORM_NAMES}
        return [
            (title, [column for column in every if column.group == group])
            for group, title in titles.items()
        ]

    def _columns(self, lang: Lang) -> list[Column]:
        return columns(lang, {one.id: one.name for one in self.roster.all()})

    def _facts(self, job: StaffJob, words: FilterWords) -> Mapping[str, object]:
        there = job.has_file(self.entry.now())
        return {
            "url": self.entry.address("exports", job.id),
            "file": self.entry.address("exports", job.id, "file") if there else "",
            "until": moment(job.row["until"]) if there else None,
            "asked_at": moment(str(job.row["asked_at"])),
            "status": job.status,
            "stage": job.row["stage"],
            "total": job.row["total"],
            "done": job.row["done"],
            "format": str(job.row["format"]).upper(),
            "list": words.kept(job.row),
        }

    def _job(self, visit: Visit, name: str) -> StaffJob:
        found = self.jobs.of(visit.signed_in.staff.id, name)
        if found is None or found.what != EXPORT:
            raise NotFound(name)
        return found
