"""A file by the criteria of the programme: what its reader answers, and what others did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from chalicelib import content
from chalicelib.cases.case import Case, FormName
from chalicelib.cases.staff import Staff
from chalicelib.cases.states import kind
from chalicelib.core.errors import EditedByOther
from chalicelib.core.formatting import percent
from chalicelib.core.languages import Lang
from chalicelib.core.records import moment
from chalicelib.core.typed_text import COMMENT_LIMIT
from chalicelib.desk.appraisals import (
    CHECKS,
    Appraisal,
    Appraisals,
    Appraised,
    answered,
    mean_share,
    tally,
)
from chalicelib.desk.criteria import asked_criteria
from chalicelib.desk.filters import Filters
from chalicelib.views.desk.entry import Entry
from chalicelib.views.desk.visit import Visit
from chalicelib.views.review import CONFLICT_STATUS
from chalicelib.web.request import text_area, text_field
from chalicelib.web.responses import Response

if TYPE_CHECKING:
    from chalicelib.content.shapes.desk import Criterion

APPRAISE: Final = "appraise"
"""What an address of a file asks for its criteria by, and the step of keeping the answers."""

CHANGED: Final = "appraise_changed"
"""What is wrong where other answers of theirs were kept meanwhile, or the file went on."""


@dataclass(frozen=True)
class AppraisalViews:
    entry: Entry
    appraisals: Appraisals

    def show(
        self, visit: Visit, case: Case, typed: Mapping[str, object] | None = None, wrong: str = ""
    ) -> Response:
        """Answer with the criteria to answer, with what was typed or else answered before."""
        lang, staff = visit.lang, visit.signed_in.staff
        found = self.appraisals.of(case)
        mine = _own(found[case.form], staff)
        address, filters = self._address(case), Filters.of(visit.request.query).query()
        action = f"{address}?{APPRAISE}=1&{filters}"
        facts: dict[str, object] = {
            "case": case,
            "asked": [_asked(one, mine, typed or None, lang) for one in _asked_of(case)],
            "seen": _seen(typed, wrong, mine),
            "wrong": content.desk()["appraisals"][wrong][lang] if wrong else "",
            "appraisal": self._facts(case, staff, found, lang),
            "action": action,
            "back": f"{address}?{filters}",
        }
        status = CONFLICT_STATUS if wrong == CHANGED else 422 if wrong else 200
        return self.entry.page(
            visit, "appraise", facts, address=action, status=status, scripted=True
        )

    def act(self, visit: Visit, case: Case, fields: Mapping[str, object]) -> Response:
        """Keep what somebody answered."""
        if wrong := self._keep(case, visit.signed_in.staff, fields):
            return self.show(visit, case, fields, wrong)
        query = f"{Filters.of(visit.request.query).query()}&{urlencode({'done': APPRAISE})}"
        return self.entry.go(f"{self._address(case)}?{query}")

    def facts(self, case: Case, staff: Staff, lang: Lang) -> dict[str, object]:
        """Return what the pages of a file show: the answers of others only once their reader has
        their own, so that nobody writes what somebody else thinks."""
        return self._facts(case, staff, self.appraisals.of(case), lang)

    def _facts(
        self, case: Case, staff: Staff, found: Mapping[FormName, list[Appraisal]], lang: Lang
    ) -> dict[str, object]:
        """Return what the pages of a file show of the appraisals that were `found`."""
        asks = bool(_asked_of(case))
        is_mine = _own(found[case.form], staff) is not None
        hidden = 0
        if asks and not is_mine:
            hidden = len(found[case.form])
            found = {**found, case.form: []}
        return {
            "url": f"{self._address(case)}?{APPRAISE}=1" if asks else "",
            "is_mine": is_mine,
            "hidden": hidden,
            "forms": [_of_form(form, kept, lang) for form, kept in found.items() if kept],
        }

    def _keep(self, case: Case, staff: Staff, fields: Mapping[str, object]) -> str:
        """Keep what somebody answered; return the code of what is wrong, blank for nothing."""
        criteria, answers = _asked_of(case), dict[str, tuple[str, str]]()
        for one in criteria:
            answer = text_field(fields, f"criterion_{one['id']}")
            comment = text_area(fields, f"comment_{one['id']}")
            if answer and answer not in _answers(one):
                return "appraise_wrong"
            if len(comment) > COMMENT_LIMIT:
                return "appraise_long"
            answers[one["id"]] = (answer, comment)
        if not any(answer or comment for answer, comment in answers.values()):
            return "appraise_empty"
        mine = _own(self.appraisals.of(case)[case.form], staff)
        seen = text_field(fields, "seen")
        number = int(seen[:6]) if seen.isdecimal() else 0
        try:
            self.appraisals.save(case, staff, answered(criteria, answers, mine), number)
        except EditedByOther:
            return CHANGED
        return ""

    def _address(self, case: Case) -> str:
        return self.entry.address("files", case.current_ref)


def _seen(typed: Mapping[str, object] | None, wrong: str, mine: Appraisal | None) -> str:
    """Return which answers of theirs somebody had before them: the last ones, unless they typed
    something while they read others, and have not been told so."""
    if typed and wrong != CHANGED:
        return text_field(typed, "seen")
    return str(mine["number"] if mine else 0)


def _asked_of(case: Case) -> "list[Criterion]":
    """Return what is asked about a file: nothing once it has ended."""
    return asked_criteria(case.form) if kind(case.state) == "active" else []


def _own(appraisals: Sequence[Appraisal], staff: Staff) -> Appraisal | None:
    return next((one for one in appraisals if one["by"] == staff.id), None)


def _answers(criterion: "Criterion") -> Sequence[str]:
    """Return what may be answered."""
    if criterion["kind"] == "checklist":
        return CHECKS
    return [str(score) for score in range(criterion.get("max", 1) + 1)]


def _asked(
    one: "Criterion", mine: Appraisal | None, typed: Mapping[str, object] | None, lang: Lang
) -> dict[str, object]:
    """Return a criterion with what was typed, or else what its reader answered before."""
    before = {kept["id"]: kept for kept in (mine or {"criteria": []})["criteria"]}.get(one["id"])
    answer, comment = (before["answer"], before["comment"]) if before else ("", "")
    if typed is not None:
        answer = text_field(typed, f"criterion_{one['id']}")
        comment = text_area(typed, f"comment_{one['id']}")
    words = content.desk()["appraisals"]
    options = [(value, words[value][lang] if value in words else value) for value in _answers(one)]
    return {
        "id": one["id"], "text": one[lang], "options": options, "answer": answer,
        "comment": comment,
    }  # fmt: skip


def _of_form(form: FormName, kept: Sequence[Appraisal], lang: Lang) -> dict[str, object]:
    share = mean_share(kept)
    return {
        "title": content.desk()["forms"][form][lang],
        "mean": percent(round(share * 100), lang) if share is not None else "",
        "appraisals": [_shown(one, lang) for one in kept],
    }


def _shown(one: Appraisal, lang: Lang) -> dict[str, object]:
    words, count = content.desk()["appraisals"], tally(one)
    return {
        "name": one["name"],
        "at": moment(one["at"]),
        "points": count.points,
        "of": count.of,
        "checks": [(words[check][lang], number) for check, number in count.checks.items()],
        "left_open": count.left_open,
        "criteria": [_line(each, lang) for each in one["criteria"]],
    }


def _line(one: Appraised, lang: Lang) -> dict[str, object]:
    """Return a criterion as it was answered, in the words that it had then."""
    words = content.desk()["appraisals"]
    answer = words[one["answer"]][lang] if one["answer"] in CHECKS else one["answer"]
    if one["kind"] == "score" and answer:
        answer = f"{answer}/{one['max']}"
    return {"text": one[lang], "answer": answer, "comment": one["comment"]}
