"""One decision on many files: which, what it would do to each, and what it did."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict
from urllib.parse import urlencode

from chalicelib import content
from chalicelib.cases.case import Case
from chalicelib.cases.decisions import Foretold
from chalicelib.cases.review.model import Decision, OpenedReview
from chalicelib.cases.review.reviews import Reviews
from chalicelib.cases.staff import Staff
from chalicelib.cases.states import Transition, choices, staff_name, staff_steps
from chalicelib.core import references
from chalicelib.core.errors import NotFound, Refused
from chalicelib.core.languages import Lang
from chalicelib.core.records import moment
from chalicelib.desk.files import Files
from chalicelib.desk.filters import Filters
from chalicelib.desk.jobs import SECONDS_AT_ONCE, Jobs, StaffJob
from chalicelib.desk.many import DECISIONS, MANY_MAX, OFFERED, Chosen, Many, Result
from chalicelib.mail.letters import Letter
from chalicelib.mail.writers.previews import Previews
from chalicelib.views.desk.chosen_files import chosen_files, named_files
from chalicelib.views.desk.entry import Entry
from chalicelib.views.desk.opened_files import OpenedFiles
from chalicelib.views.desk.rights import PROGRAMME
from chalicelib.views.desk.visit import Visit
from chalicelib.views.leaving import departures
from chalicelib.views.review_form import read_decision
from chalicelib.web.problems import FieldError
from chalicelib.web.request import text_field
from chalicelib.web.responses import Response


class Foreseen(TypedDict):
    """What a decision would do to a file: the state it would get, or why nothing."""

    state_name: str
    why: str


class ChosenFile(TypedDict):
    """`value` is what the form sends of it: its reference, and the version that was seen."""

    ref: str
    org: str
    url: str
    value: str
    state_name: str
    foreseen: Foreseen | None


@dataclass(frozen=True)
class ManyViews:
    entry: Entry
    opened: OpenedFiles
    jobs: Jobs
    many: Many
    files: Files
    reviews: Reviews
    previews: Previews

    def show(self, visit: Visit) -> Response:
        """Answer with the form again: as it was kept when its sender had to sign in or confirm,
        or for the files that its address names."""
        named = list(visit.request.several.get("file", ()))
        if not visit.kept and not named:
            return self.entry.go(self.entry.address("files"))
        return self._page(visit, visit.again or {**visit.request.query, "file": named})

    def act(self, visit: Visit) -> Response:
        """Show what was chosen and what a decision would do to it; once it is confirmed, decide,
        as far as that is quick. Raises TooMany."""
        fields, staff = visit.request.fields(), visit.signed_in.staff
        if stopped := text_field(fields, "go_on"):
            return self._go_on(staff, stopped, fields)
        decision = read_decision(fields)
        if "preview" in fields:
            return self._page(visit, fields, foresee=True)
        if "decide" not in fields:
            return self._page(visit, fields)
        files, left_out = chosen_files(self.opened, staff, fields)
        errors = self._errors(visit, files, decision)
        if not decision.confirm:
            errors = (*errors, ("confirm", "confirm"))
        if errors or not files:
            return self._page(visit, fields, errors=errors, status=422)
        jobs = self.jobs.of_form(visit.once)
        job = self.many.begin(jobs, staff, [one for _, one in files], decision, left_out)
        return self._run(job, fields)

    def _go_on(self, staff: Staff, name: str, fields: Mapping[str, object]) -> Response:
        """Take up decisions that stopped. They are in the name of whoever made them: anybody else
        is led to their own work."""
        job = self.jobs.of(staff.id, name)
        if job is None or job.what != DECISIONS:
            return self.entry.go(self.entry.address("jobs"))
        return self._run(self.jobs.go_on(job), fields)

    def _run(self, job: StaffJob, fields: Mapping[str, object]) -> Response:
        """Work at decisions as far as that is quick, and lead to what became of them."""
        job = self.jobs.run(job, SECONDS_AT_ONCE)
        filters = text_field(fields, "filters")
        return self.entry.go(f"{self.entry.address('many', job.id)}?{filters}")

    def results(self, visit: Visit, job: str) -> Response:
        """Answer with what became of each file."""
        found = self._job(visit.signed_in.staff, job)
        lang, filters = visit.lang, Filters.of(visit.request.query)
        results: list[Result] = found.row["results"]
        lines = [self._line(one, lang, filters) for one in results]
        waiting = [Chosen(*one).case for one in found.row["files"][len(results) :]]
        facts: dict[str, object] = {
            "job": found,
            "asked_at": moment(str(found.row["asked_at"])),
            "decision": decision_name(str(found.row["decision"]), lang),
            "lines": lines,
            "left_out": _left_out(found.row.get("left_out", {}), lang),
            "number_done": sum(one["outcome"] == "done" for one in results),
            "waiting": [references.reference("eoi", one) for one in waiting],
            "query": filters.query(),
            "back": f"{self.entry.address('files')}?{filters.query()}",
            "is_own": found.staff == visit.signed_in.staff.id,
            "action": self.entry.address("many"),
        }
        address = f"{self.entry.address('many', job)}?{filters.query()}"
        return self.entry.page(visit, "many_done", facts, address=address)

    def _job(self, staff: Staff, name: str) -> StaffJob:
        """Return the decisions that somebody made, or, for who sees to the programme, anybody."""
        sees_all = bool(staff.roles & PROGRAMME.roles)
        found = self.jobs.of_anybody(name) if sees_all else self.jobs.of(staff.id, name)
        if found is None or found.what != DECISIONS:
            raise NotFound(name)
        return found

    def _line(self, result: Result, lang: Lang, filters: Filters) -> Mapping[str, str]:
        case = self.opened.cases.case(result["case"])
        ref = case.current_ref if case else references.reference("eoi", result["case"])
        return {
            "ref": ref,
            "org": case.org if case else "",
            "url": f"{self.entry.address('files', ref)}?{filters.query()}",
            "outcome": result["outcome"],
            "text": _outcome_text(result, lang),
            "state_name": staff_name(case.state, lang) if case else "",
        }

    def _errors(
        self, visit: Visit, files: Iterable[tuple[Case, Chosen]], decision: Decision
    ) -> tuple[tuple[str, str], ...]:
        """Return what is missing of a decision, whichever of the files asks for it."""
        if decision.name not in OFFERED:
            return (("decision", "choose_decision"),)
        errors: dict[tuple[str, str], None] = {}
        for case, chosen in files:
            found = self._foretold(visit, case, chosen, decision)
            if not isinstance(found, Foretold | str):
                errors |= dict.fromkeys(found)
        return tuple(errors)

    def _foretold(
        self, visit: Visit, case: Case, chosen: Chosen, decision: Decision
    ) -> Foretold | tuple[tuple[str, str], ...] | str:
        """Return what a decision would make of a file, what is missing of it, or the code of why
        it can do nothing there."""
        staff = visit.signed_in.staff
        if chosen.version != case.version:
            return "changed"
        if decision.name not in staff_steps(case.state):
            return "not_now"
        opened: OpenedReview = self.opened.review(case, staff)
        try:
            return self.reviews.foretold(opened, decision)
        except Refused as refused:
            return refused.why

    def _page(
        self,
        visit: Visit,
        fields: Mapping[str, object],
        *,
        foresee: bool = False,
        errors: Sequence[tuple[str, str]] = (),
        status: int = 200,
    ) -> Response:
        lang, decision = visit.lang, read_decision(fields)
        (files, left_out), cut = named_files(self.opened, self.files, visit.signed_in.staff, fields)
        if foresee:
            errors = self._errors(visit, files, decision)
            status = 422 if errors else 200
        filters = Filters.of_query(text_field(fields, "filters"))
        foretold = {
            case.id: self._foretold(visit, case, chosen, decision)
            for case, chosen in files
            if foresee and not errors
        }
        texts, address = content.review()["errors"], self.entry.address("files")
        chosen = [self._chosen(one, foretold, filters, lang) for one in files]
        named = [*(("file", one["value"]) for one in chosen), ("filters", filters.query())]
        facts: dict[str, object] = {
            "back": f"{address}?{filters.query()}",
            "filters": filters.query(),
            "files": chosen,
            "left_out": _left_out(left_out, lang),
            "cut": cut,
            "action": f"{self.entry.address('many')}?{urlencode(named)}",
            "entered": fields,
            "errors": [FieldError(field=f, code=c, message=texts[c][lang]) for f, c in errors],
            "letters": self._letters(foretold.values()),
            "will": sum(isinstance(one, Foretold) for one in foretold.values()),
            "foreseen": bool(foretold),
            **self._ways(visit, files),
        }
        return self.entry.page(visit, "many", facts, address=address, status=status, scripted=True)

    def _ways(self, visit: Visit, files: Iterable[tuple[Case, Chosen]]) -> dict[str, object]:
        """Return what can be decided, and what each decision may need."""
        lang = visit.lang
        return {
            "most": MANY_MAX,
            "offered": self._offered(files, lang),
            "reasons": [{"id": one["id"], "label": one[lang]} for one in content.offered_reasons()],
            "colleagues": self.reviews.colleagues(visit.signed_in.staff),
            "name": visit.signed_in.staff.name,
            "leaves": departures(
                self._choices(files), self.reviews.leaving, self.reviews.now(), lang
            ),
        }

    def _chosen(
        self,
        one: tuple[Case, Chosen],
        foretold: Mapping[str, object],
        filters: Filters,
        lang: Lang,
    ) -> ChosenFile:
        case, chosen = one
        found = foretold.get(case.id)
        foreseen: Foreseen | None = None
        if isinstance(found, Foretold):
            foreseen = {"state_name": staff_name(found.case.state, lang), "why": ""}
        elif isinstance(found, str):
            result: Result = {"case": case.id, "outcome": "refused", "why": found}
            if found == "changed":
                result["outcome"] = "changed"
            foreseen = {"state_name": "", "why": _outcome_text(result, lang)}
        address = self.entry.address("files", case.current_ref)
        return {
            "ref": case.current_ref,
            "org": case.org,
            "url": f"{address}?{filters.query()}",
            "value": f"{case.current_ref}:{chosen.version}:{chosen.events}",
            "state_name": staff_name(case.state, lang),
            "foreseen": foreseen,
        }

    def _letters(self, foretold: Iterable[object]) -> list[Letter]:
        """Return the first letter of each kind and language that would leave, as an example."""
        found: dict[tuple[str, str], Letter] = {}
        for one in foretold:
            for row in one.letters if isinstance(one, Foretold) else ():
                assert isinstance(one, Foretold)
                key = (str(row["letter"]), one.case.lang)
                if key not in found:
                    at = moment(row["due_at"])
                    found[key] = self.previews.letter(key[0], one.case, row["facts"], at)
        return list(found.values())

    def _choices(self, files: Iterable[tuple[Case, Chosen]]) -> list[Transition]:
        """Return the rows of the decisions that one of the files allows at least."""
        return [row for case, _ in files for row in choices(case.state) if row.event in OFFERED]

    def _offered(self, files: Iterable[tuple[Case, Chosen]], lang: Lang) -> list[tuple[str, str]]:
        """Return the decisions that one of the files allows at least."""
        possible = {event for case, _ in files for event in staff_steps(case.state)}
        return [(name, decision_name(name, lang)) for name in OFFERED if name in possible]


def _left_out(found: Mapping[str, str], lang: Lang) -> list[tuple[str, str]]:
    """Return by reference why a file was not taken, in a sentence."""
    texts = content.desk()["many"]
    return [(ref, str(texts[why][lang])) for ref, why in found.items()]


def decision_name(name: str, lang: Lang) -> str:
    found = content.review()["decisions"].get(name) or content.desk()["many"][name]
    return str(found[lang])


def _outcome_text(result: Result, lang: Lang) -> str:
    """Return what became of a file, in a sentence."""
    review, why = content.review(), result["why"]
    if result["outcome"] == "invalid":
        return str(review["errors"][why][lang])
    if result["outcome"] == "refused":
        return str(review["refusals"].get(why, review["refusals"]["not_now"])[lang])
    return str(content.desk()["many"][result["outcome"]][lang])
