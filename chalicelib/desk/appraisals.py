"""What staff think of a file, criterion by criterion: each their own, for the team alone.

All of a file stands in one row. Each answer is kept with the words of its criterion, so that a
criterion that is changed later changes nothing that was answered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, NotRequired, TypedDict

from chalicelib.cases.case import FORM_NAMES, Case, FormName
from chalicelib.cases.staff import Staff
from chalicelib.core.conflicts import retry_on_conflict
from chalicelib.core.errors import Conflict, EditedByOther
from chalicelib.core.ports import Change, Check, Item, Key, Now, Put, Store, Write
from chalicelib.core.records import stamp

if TYPE_CHECKING:
    from chalicelib.content.shapes.desk import Criterion

CHECKS: Final = ("yes", "no", "not_applicable")
"""How a criterion of a checklist is answered."""

APPRAISAL_ATTEMPTS: Final = 5
"""How often an appraisal is saved anew because a colleague saved theirs in the same moment."""


class Appraised(TypedDict):
    """A criterion as it was when somebody answered it: `answer` is a check, or a score in digits;
    blank where it was left open."""

    id: str
    kind: Literal["checklist", "score"]
    fr: str
    en: str
    max: NotRequired[int]
    weight: NotRequired[int]
    answer: str
    comment: str


class Appraisal(TypedDict):
    """What one of the staff answered: `number` counts their versions of it."""

    by: str
    name: str
    at: str
    number: int
    criteria: list[Appraised]


class AppraisalTally(NamedTuple):
    """The points of an appraisal `of` so many, by weight, its checks by answer, and how many of
    its criteria were left open."""

    points: int
    of: int
    checks: Mapping[str, int]
    left_open: int


def appraisals_key(case_id: str) -> Key:
    return f"CASE#{case_id}", "APPRAISALS"


@dataclass(frozen=True)
class Appraisals:
    store: Store
    now: Now

    def of(self, case: Case) -> dict[FormName, list[Appraisal]]:
        """Return the appraisals of each form of a file, in the order of the ids of the staff."""
        return appraisals_in(self.store.get(*appraisals_key(case.id)))

    def save(self, case: Case, staff: Staff, criteria: Sequence[Appraised], seen: int) -> None:
        """Keep what somebody answered about the form that a file is about; `seen` is the number of
        the version of theirs that they saw. Raises EditedByOther when they saved another one
        meanwhile, or the file went on."""

        def save() -> None:
            row = self.store.get(*appraisals_key(case.id))
            mine = ((row or {}).get(case.form) or {}).get(staff.id)
            if (mine["number"] if mine else 0) != seen:
                raise EditedByOther
            one: Appraisal = {
                "by": staff.id, "name": staff.name, "at": stamp(self.now()), "number": seen + 1,
                "criteria": list(criteria),
            }  # fmt: skip
            try:
                self.store.commit([_saved(case, row, one), stays])
            except Conflict as conflict:
                if conflict.met(case.key) is not None:
                    raise EditedByOther from None
                raise

        stays = Check(case.key, expect={"state": case.state})
        retry_on_conflict(save, APPRAISAL_ATTEMPTS, "appraisals")


def appraisals_in(row: Item | None) -> dict[FormName, list[Appraisal]]:
    """Return the appraisals that the row of a file keeps."""
    kept = row or {}
    return {form: [kept[form][one] for one in sorted(kept.get(form) or {})] for form in FORM_NAMES}


def answered(
    criteria: "Sequence[Criterion]",
    answers: Mapping[str, tuple[str, str]],
    before: Appraisal | None,
) -> list[Appraised]:
    """Return criteria with what was answered and commented, by id; what was answered of those that
    are no longer asked stays as it was."""
    found: list[Appraised] = []
    for one in criteria:
        answer, comment = answers.get(one["id"], ("", ""))
        kept: Appraised = {
            "id": one["id"], "kind": one["kind"], "fr": one["fr"], "en": one["en"],
            "answer": answer, "comment": comment,
        }  # fmt: skip
        if one["kind"] == "score":
            kept |= {"max": one.get("max", 1), "weight": one.get("weight", 1)}
        found.append(kept)
    asked = {one["id"] for one in criteria}
    return [
        *found,
        *(one for one in (before or {"criteria": []})["criteria"] if one["id"] not in asked),
    ]


def tally(appraisal: Appraisal) -> AppraisalTally:
    """Count an appraisal: each score by its weight."""
    scores = [one for one in appraisal["criteria"] if one["kind"] == "score"]
    checks = [one["answer"] for one in appraisal["criteria"] if one["kind"] == "checklist"]
    return AppraisalTally(
        sum(int(one["answer"]) * one["weight"] for one in scores if one["answer"]),
        sum(one["max"] * one["weight"] for one in scores),
        {check: checks.count(check) for check in CHECKS if check in checks},
        sum(not one["answer"] for one in appraisal["criteria"]),
    )


def mean_share(appraisals: Sequence[Appraisal]) -> float | None:
    """Return the mean share of the points that appraisals without an open score give, from 0 to 1;
    None without any."""
    found = [tally(one) for one in appraisals if _is_scored(one)]
    shares = [one.points / one.of for one in found if one.of]
    return sum(shares) / len(shares) if shares else None


def share_for(staff: str, row: Item | None, form: FormName) -> float | None:
    """Return the mean share for a list that somebody reads: None where they have not kept their
    own answers, so that nobody knows first what others think."""
    found = appraisals_in(row)[form]
    return mean_share(found) if any(one["by"] == staff for one in found) else None


def _is_scored(appraisal: Appraisal) -> bool:
    return all(one["answer"] for one in appraisal["criteria"] if one["kind"] == "score")


def _saved(case: Case, row: Item | None, one: Appraisal) -> Write:
    """Return what puts an appraisal beside those of the others, if these are as they were read."""
    key = appraisals_key(case.id)
    if row is None:
        facts: Item = {"kind": "appraisals", "number": 1, case.form: {one["by"]: one}}
        return Put({"pk": key[0], "sk": key[1], **facts})
    mine = {**(row.get(case.form) or {}), one["by"]: one}
    number = row["number"]
    return Change(key, expect={"number": number}, set={case.form: mine, "number": number + 1})
