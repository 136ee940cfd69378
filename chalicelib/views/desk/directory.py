"""The whole directory at the desk: a sheet that is shown as changes before it is published, earlier
editions, and all of it as a sheet."""

import io
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from chalicelib import content
from chalicelib.coaches.directory import sheets
from chalicelib.coaches.directory.changes import Edits
from chalicelib.coaches.directory.sheet_problems import SheetProblem
from chalicelib.coaches.edition import Edition
from chalicelib.coaches.editions import EditionStore
from chalicelib.coaches.publishing import (
    DirectoryPublishing,
    Plan,
    PublishedMeanwhile,
    SheetRefused,
    read_sheet,
)
from chalicelib.core.languages import Lang
from chalicelib.core.ports import Put
from chalicelib.core.records import moment
from chalicelib.desk import log
from chalicelib.desk.kept import KeptForms
from chalicelib.desk.ports import Objects
from chalicelib.views.desk.coach_form import in_words
from chalicelib.views.desk.entry import Entry
from chalicelib.views.desk.visit import Visit
from chalicelib.web.request import is_ticked, text_field
from chalicelib.web.responses import Response

COACHES_A_PAGE: Final = 20
"""Coaches whose changes one page shows."""

KEPT_SHEET: Final = "sheet_kept_as"
"""What the name of a file is kept under: no form sends it, so that none is taken for a sheet."""

PROBLEMS_SHOWN: Final = 100
SHEET_URL_SECONDS: Final = 60
SHORT_TEXT: Final = 120
"""Characters that are shown of a value before and after."""


@dataclass(frozen=True)
class DirectoryViews:
    entry: Entry
    editions: EditionStore
    publishing: DirectoryPublishing
    kept: KeptForms
    objects: Objects

    def sheet(self, visit: Visit) -> Response:
        """Answer with the form that brings a sheet; with what a sheet would change, once there is
        one."""
        query = visit.request.query
        if name := query.get("sheet", "") or text_field(visit.again, "sheet"):
            return self._sheet_page(visit, name)
        lost = content.desk()["coaches"]["lost"][visit.lang] if "lost" in query else ""
        return self._upload_page(visit, lost, 200)

    def act(self, visit: Visit) -> Response:
        """Keep a sheet for its dry run, or publish it as it was shown."""
        fields, file = visit.with_file()
        if text_field(fields, "act") == "publish":
            return self._publish(visit, fields)
        if file is None or not file.body:
            return self._upload_page(visit, content.desk()["coaches"]["file"][visit.lang])
        try:
            read_sheet(file.name, file.body, self.editions.today())
        except SheetRefused as refused:
            return self._upload_page(visit, refused.message(visit.lang))
        name = self.kept.keep(visit.signed_in.staff.id, [(KEPT_SHEET, file.name[:200])])
        self.objects.put(_object(name), io.BytesIO(file.body))
        return self.entry.go(f"{self._own}?{urlencode({'sheet': name})}")

    def fetch(self, visit: Visit) -> Response:
        """Lead to a sheet of the whole directory, private columns too, and note who took it."""
        if visit.is_head:
            return self.entry.go(self.entry.address("coaches"))
        coaches = self.editions.catalogue(self.editions.current())
        name = f"exports/{secrets.token_hex(12)}/coaches.csv"
        self.objects.put(name, io.BytesIO(sheets.write(coaches)))
        noted = self._log(visit, "coaches_fetched", str(len(coaches)))
        self.editions.store.commit([noted])
        saved_as = f"coaches-{self.editions.today()}.csv"
        return self.entry.go(self.objects.url(name, saved_as, SHEET_URL_SECONDS))

    def restorable(self, visit: Visit) -> Response:
        """Answer with the editions that can be restored, or with what one of them would change."""
        named = visit.request.query.get("edition", "") or text_field(visit.again, "edition")
        found = self.publishing.found(named)
        if found is not None:
            return self._edition_page(visit, found)
        texts = content.desk()["coaches"]
        current, base = self.editions.current(), self.entry.address("coaches", "editions")
        facts: dict[str, object] = {
            "editions": [
                {
                    "at": moment(one.at),
                    "why": texts[one.why_key][visit.lang] if one.why_key else one.why,
                    "coaches": one.coaches,
                    "shown": one.count,
                    "current": current is not None and one.id == current.id,
                    "url": f"{base}?{urlencode({'edition': one.id})}",
                }
                for one in self.editions.restorable()
            ],
            "back": self.entry.address("coaches"),
        }
        return self.entry.page(visit, "coach_editions", facts, address=base)

    def restore(self, visit: Visit) -> Response:
        fields = visit.request.fields()
        edition = self.publishing.found(text_field(fields, "edition"))
        if edition is None:
            return self.entry.go(self.entry.address("coaches", "editions"))
        plan = self.publishing.of_edition(edition)
        if wrong := _not_yet(plan, fields):
            return self._edition_page(visit, edition, wrong)
        done = self._published(visit, plan, "restored", edition.id, f"restored {edition.id}")
        return done or self._edition_page(visit, edition, "meanwhile")

    def _publish(self, visit: Visit, fields: Mapping[str, object]) -> Response:
        name = text_field(fields, "sheet")
        found = self._sheet(visit, name)
        if found is None:
            return self.entry.go(f"{self._own}?lost=1")
        file, sheet = found
        plan = self._plan(sheet, overrule=is_ticked(fields, "overrule"))
        if self.publishing.problems(sheet):
            return self._sheet_page(visit, name)
        if wrong := _not_yet(plan, fields):
            return self._sheet_page(visit, name, wrong)
        done = self._published(visit, plan, "imported", file, file)
        return done or self._sheet_page(visit, name, "meanwhile")

    def _published(self, visit: Visit, plan: Plan, what: str, of: str, why: str) -> Response | None:
        """Publish what was planned, `of` a sheet or edition; None where somebody was faster."""
        staff, counts = visit.signed_in.staff, plan.counts
        about = f"{of}: +{counts['added']}, ±{counts['changed']}, −{counts['removed']}"
        noted = [self._log(visit, f"coaches_{what}", about)]
        try:
            self.publishing.publish(plan, by=staff.id, why=why, also=noted)
        except PublishedMeanwhile:
            return None
        return self.entry.go(f"{self.entry.address('coaches')}?done={what}")

    def _plan(self, sheet: sheets.Sheet, *, overrule: bool) -> Plan:
        plan = self.publishing.of_sheet(sheet)
        return self.publishing.of_sheet(sheet, set(plan.kept)) if overrule and plan.kept else plan

    def _sheet(self, visit: Visit, name: str) -> tuple[str, sheets.Sheet] | None:
        """Return the name and the coaches of a sheet that its reader brought within the day."""
        pairs = dict(self.kept.of(name, visit.signed_in.staff.id))
        if KEPT_SHEET not in pairs:
            return None
        data = self.objects.get(_object(name))
        return pairs[KEPT_SHEET], read_sheet(pairs[KEPT_SHEET], data, self.editions.today())

    def _upload_page(self, visit: Visit, wrong: str = "", status: int = 422) -> Response:
        facts: dict[str, object] = {
            "action": self._own,
            "wrong": wrong,
            "sheet": self.entry.address("coaches", "sheet"),
            "back": self.entry.address("coaches"),
        }
        return self.entry.page(visit, "coach_sheet", facts, address=self._own, status=status)

    def _sheet_page(self, visit: Visit, name: str, wrong: str = "") -> Response:
        found = self._sheet(visit, name)
        if found is None:
            return self.entry.go(f"{self._own}?lost=1")
        file, sheet = found
        problems = self.publishing.problems(sheet)
        plan = None if problems else self.publishing.of_sheet(sheet)
        facts: dict[str, object] = {
            "what": "sheet",
            "named": file,
            "hidden": {"act": "publish", "sheet": name},
            "back": self._own,
            **_problem_facts(problems, visit.lang),
        }
        address = f"{self._own}?{urlencode({'sheet': name})}"
        return self._plan_page(visit, plan, facts, address, self._own, wrong)

    def _edition_page(self, visit: Visit, edition: Edition, wrong: str = "") -> Response:
        base = self.entry.address("coaches", "editions")
        facts: dict[str, object] = {
            "what": "edition",
            "named": moment(edition.at),
            "hidden": {"edition": edition.id},
            "back": base,
            **_problem_facts((), visit.lang),
        }
        address = f"{base}?{urlencode({'edition': edition.id})}"
        plan = self.publishing.of_edition(edition)
        return self._plan_page(visit, plan, facts, address, base, wrong)

    def _plan_page(  # noqa: PLR0913
        self,
        visit: Visit,
        plan: Plan | None,
        facts: dict[str, object],
        address: str,
        action: str,
        wrong: str,
    ) -> Response:
        """Answer with what would change, some coaches a page, or with what is wrong."""
        rows = list(_rows(plan, visit.lang)) if plan else []
        asked = visit.request.query.get("page", "")
        pages = max(1, -(-len(rows) // COACHES_A_PAGE))
        page = min(int(asked), pages) if asked.isdecimal() and 0 < len(asked) < 5 else 1
        page = max(page, 1)
        texts = content.desk()["coaches"]
        facts |= {
            "rows": rows[(page - 1) * COACHES_A_PAGE : page * COACHES_A_PAGE],
            "counts": plan.counts if plan else None,
            "kept": len(plan.kept) if plan else 0,
            "after": plan.after.id if plan and plan.after else "",
            "page": page,
            "pages": pages,
            "before_page": f"{address}&page={page - 1}" if page > 1 else "",
            "next_page": f"{address}&page={page + 1}" if page < pages else "",
            "action": action,
            "wrong": texts[wrong][visit.lang] if wrong else "",
            "wrong_code": wrong,
        }
        status = {"": 200, "meanwhile": 409}.get(wrong, 422)
        return self.entry.page(visit, "coach_plan", facts, address=address, status=status)

    def _log(self, visit: Visit, what: str, about: str) -> Put:
        return log.entry(visit.signed_in.staff, what, {"whose": about}, self.entry.now())

    @property
    def _own(self) -> str:
        return self.entry.address("coaches", "import")


def _object(name: str) -> str:
    """Return where a sheet is kept for a day, with the exports."""
    return f"exports/{name}/sheet"


def _not_yet(plan: Plan, fields: Mapping[str, object]) -> str:
    """Say what is missing before a plan is published: that its reader saw this one, and says so."""
    if text_field(fields, "after") != (plan.after.id if plan.after else ""):
        return "meanwhile"
    return "" if is_ticked(fields, "confirm") else "tick"


def _problem_facts(problems: Sequence[SheetProblem], lang: Lang) -> dict[str, object]:
    return {
        "problems": [problem.line(lang) for problem in problems[:PROBLEMS_SHOWN]],
        "more_problems": max(0, len(problems) - PROBLEMS_SHOWN),
    }


def _rows(plan: Plan, lang: Lang) -> Iterator[Mapping[str, object]]:
    """Yield who changes: first those whose own words a sheet would undo, then all others."""
    names, changes = plan.names, plan.changes
    for slug, edits in plan.kept.items():
        yield {"what": "kept", "name": names.get(slug, slug), "edits": _edits(edits, lang)}
    for slug, edits in changes.changed.items():
        yield {"what": "changed", "name": names.get(slug, slug), "edits": _edits(edits, lang)}
    for slug in changes.removed:
        yield {"what": "removed", "name": names.get(slug, slug), "edits": []}
    for slug in changes.added:
        yield {"what": "added", "name": names.get(slug, slug), "edits": []}


def _edits(edits: Edits, lang: Lang) -> list[Mapping[str, str]]:
    labels = content.coaches()["columns"]
    return [
        {
            "label": labels[column][lang],
            "before": _short(in_words(column, old, lang)),
            "after": _short(in_words(column, new, lang)),
        }
        for column, (old, new) in edits.items()
    ]


def _short(text: str) -> str:
    return text if len(text) <= SHORT_TEXT else f"{text[:SHORT_TEXT]}…"
