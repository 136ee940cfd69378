"""The page of one coach at the desk: what stands there, what is proposed, and its form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chalicelib import content
from chalicelib.coaches.coach import Coach
from chalicelib.coaches.directory.sheet_problems import SheetProblem
from chalicelib.coaches.editions import EditionStore
from chalicelib.coaches.keeping import (
    CoachKeeping,
    Columns,
    Kept,
    Typed,
    packed_columns,
    shown_columns,
    typed_columns,
    unpacked_columns,
)
from chalicelib.coaches.proposals import OpenProposal, Proposals
from chalicelib.coaches.removal import CoachRemoval
from chalicelib.core import eastern_time
from chalicelib.core.errors import Conflict, NotFound
from chalicelib.core.languages import Lang
from chalicelib.core.ports import Put
from chalicelib.core.records import moment
from chalicelib.core.typed_text import REMARKS_LIMIT
from chalicelib.desk import log
from chalicelib.views.coach_links import proposal_changes
from chalicelib.views.desk.coach_form import coach_form, in_words
from chalicelib.views.desk.coach_table import done_text
from chalicelib.views.desk.entry import Entry
from chalicelib.views.desk.visit import Visit
from chalicelib.web.form_errors import Description, FormErrors, form_errors
from chalicelib.web.problems import FieldError
from chalicelib.web.request import is_ticked, text_area, text_field
from chalicelib.web.responses import Response


@dataclass(frozen=True)
class DeskCoachViews:
    entry: Entry
    editions: EditionStore
    keeping: CoachKeeping
    proposals: Proposals

    def new(self, visit: Visit) -> Response:
        kept = visit.again
        return self._form(visit, None, typed_columns(kept, visit.lang) if kept else {}, again=kept)

    def add(self, visit: Visit) -> Response:
        """Add a coach to the directory."""
        fields, staff = visit.request.fields(), visit.signed_in.staff
        typed = Typed(typed_columns(fields, visit.reads_dates_in), {})
        name = f"{typed.columns['first_name'] or ''} {typed.columns['last_name'] or ''}"
        noted = [self._log(visit, "coach_added", name.strip())]
        done = self.keeping.add(typed, by=staff.id, why="added a coach", also=noted)
        if done.coach is None or not done.is_done:
            return self._form(visit, None, typed.columns, problems=done.problems)
        return self._go(done.coach.slug, "added")

    def show(self, visit: Visit, slug: str) -> Response:
        coach, kept = self._coach(slug), visit.again
        values, seen = shown_columns(coach), None
        if "first_name" in kept:
            values = {**values, **_without_slug(typed_columns(kept, visit.lang))}
            seen = unpacked_columns(text_field(kept, "seen"))
        return self._form(visit, coach, values, seen=seen, again=kept)

    def act(self, visit: Visit, slug: str) -> Response:
        """Change a coach, judge what they propose, or take them out. Raises Conflict."""
        fields, coach = visit.request.fields(), self._coach(slug)
        match text_field(fields, "act"):
            case "judge":
                return self._judge(visit, coach, fields)
            case "remove":
                return self._remove(visit, coach, fields)
            case "save":
                return self._save(visit, coach, fields)
        raise NotFound(slug)

    def _save(self, visit: Visit, coach: Coach, fields: Mapping[str, object]) -> Response:
        seen = unpacked_columns(text_field(fields, "seen")) or shown_columns(coach)
        typed = Typed(_without_slug(typed_columns(fields, visit.reads_dates_in)), seen)
        staff, noted = visit.signed_in.staff, [self._log(visit, "coach_saved", coach.full_name)]
        done = self.keeping.save(coach.slug, typed, by=staff.id, why="changed a coach", also=noted)
        if done.gone:
            raise NotFound(coach.slug)
        if done.is_done:
            return self._go(coach.slug, "saved" if done.edition else "same")
        now = done.coach or coach
        if done.clashes:
            return self._clash(visit, now, typed, done)
        values = {**shown_columns(now), **typed.columns}
        return self._form(visit, now, values, problems=done.problems, seen=seen)

    def _clash(self, visit: Visit, now: Coach, typed: Typed, done: Kept) -> Response:
        """Show both where somebody else changed the same columns: the next form knows of theirs."""
        labels, lang = content.coaches()["columns"], visit.lang
        clashes = [
            {
                "column": name,
                "label": labels[name][lang],
                "theirs": in_words(name, value, lang),
                "yours": in_words(name, typed.columns.get(name), lang),
            }
            for name, value in done.clashes.items()
        ]
        values = {**shown_columns(now), **typed.changes}
        return self._form(visit, now, values, clashes=clashes)

    def _judge(self, visit: Visit, coach: Coach, fields: Mapping[str, object]) -> Response:
        """Publish what a coach proposes, or send it back."""
        opened = self.proposals.at_desk(coach, visit.signed_in.staff)
        version = text_field(fields, "version")
        values = shown_columns(coach)
        if opened is None or str(opened.proposal.version) != version:
            return self._form(visit, coach, values, judged="meanwhile", again=fields)
        decision = text_field(fields, "decision")
        remarks = text_area(fields, "remarks")
        wrong = self._wrong(opened, decision, remarks)
        if wrong:
            return self._form(visit, coach, values, judged=wrong, again=fields)
        done = "published" if decision == "publish" else "returned"
        noted = [self._log(visit, f"coach_{done}", coach.full_name)]
        publish = decision == "publish"
        if not self.proposals.decide(opened, publish=publish, remarks=remarks, also=noted):
            return self._form(visit, self._coach(coach.slug), values, judged="meanwhile")
        return self._go(coach.slug, done)

    def _wrong(self, opened: OpenProposal, decision: str, remarks: str) -> str:
        if decision not in ("publish", "return"):
            return "choose"
        if decision == "return" and not remarks:
            return "remarks"
        if len(remarks) > REMARKS_LIMIT:
            return "too_long"
        return "misfit" if decision == "publish" and self.proposals.misfits(opened) else ""

    def _remove(self, visit: Visit, coach: Coach, fields: Mapping[str, object]) -> Response:
        """Take a coach out everywhere, which nothing takes back: a mailed code comes first."""
        session = visit.signed_in
        if not session.is_confirmed(self.entry.now()):
            return self.entry.confirm_first(visit, session, "POST")
        if not is_ticked(fields, "confirm"):
            return self._form(visit, coach, shown_columns(coach), unsure=True)
        noted = [self._log(visit, "coach_removed", coach.full_name)]
        try:
            CoachRemoval(self.editions).remove(coach.slug, session.staff.id, noted)
        except Conflict:
            return self._form(visit, coach, shown_columns(coach), judged="meanwhile")
        return self.entry.go(f"{self.entry.address('coaches')}?done=removed")

    def _form(  # noqa: PLR0913
        self,
        visit: Visit,
        coach: Coach | None,
        values: Columns,
        *,
        problems: Sequence[SheetProblem] = (),
        clashes: Sequence[Mapping[str, str]] = (),
        seen: Columns | None = None,
        again: Mapping[str, object] | None = None,
        judged: str = "",
        unsure: bool = False,
    ) -> Response:
        lang, slug = visit.lang, coach.slug if coach else ""
        form = coach_form(lang, is_new=coach is None)
        address = self.entry.address("coach", slug) if coach else self.entry.address("coach")
        facts: dict[str, object] = {
            **_errors(problems, form, lang),
            "description": form,
            "values": {name: value for name, value in values.items() if value is not None},
            "coach": self._about(visit, coach) if coach else None,
            "seen": packed_columns((seen or shown_columns(coach)) if coach else {}),
            "clashes": clashes,
            "clashing": [one["column"] for one in clashes],
            "again": again or {},
            "judged": content.desk()["coaches"][judged][lang] if judged else "",
            "unsure": unsure,
            "action": address,
            "back": self.entry.address("coaches"),
            "done": done_text(visit),
        }
        wrong = 409 if clashes or judged == "meanwhile" else 422
        status = wrong if problems or clashes or judged or unsure else 200
        return self.entry.page(visit, "coach", facts, address=address, status=status)

    def _about(self, visit: Visit, coach: Coach) -> Mapping[str, object]:
        """Return what stands beside a coach's form: what they set themselves, and propose."""
        opened, lang = self.proposals.at_desk(coach, visit.signed_in.staff), visit.lang
        labels = content.coaches()["columns"]
        own = sorted(
            (eastern_time.today(moment(one.at)), labels[name][lang])
            for name, one in self.keeping.own(coach).items()
            if name != "last_verified_at"
        )
        return {
            "name": coach.full_name,
            "slug": coach.slug,
            "page": self.entry.pages.address("coaches", coach.slug) if coach.public else "",
            "own": own,
            "version": opened.proposal.version if opened else 0,
            "changes": proposal_changes(self.proposals, opened, lang) if opened else [],
        }

    def _everybody(self) -> list[Coach]:
        return self.editions.catalogue(self.editions.current())

    def _coach(self, slug: str) -> Coach:
        found = next((one for one in self._everybody() if one.slug == slug), None)
        if found is None:
            raise NotFound(slug)
        return found

    def _log(self, visit: Visit, what: str, whose: str) -> Put:
        return log.entry(visit.signed_in.staff, what, {"whose": whose}, self.entry.now())

    def _go(self, slug: str, what: str) -> Response:
        return self.entry.go(f"{self.entry.address('coach', slug)}?done={what}")


def _without_slug(columns: Columns) -> Columns:
    """Return what a form says of a coach whose address stands."""
    return {name: value for name, value in columns.items() if name != "slug"}


def _errors(problems: Sequence[SheetProblem], form: Description, lang: Lang) -> FormErrors:
    errors = [
        FieldError(field=one.column, code=one.code, message=one.message(lang)) for one in problems
    ]
    return form_errors(errors, form, lang)
