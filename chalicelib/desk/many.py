"""One decision on many files: each is a step of its own, for the version that was seen, with a
result of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, TypedDict

from chalicelib.cases.case import Case
from chalicelib.cases.guards import DecisionInput
from chalicelib.cases.lookup import Cases
from chalicelib.cases.review.link import review_link
from chalicelib.cases.review.model import Decision, DecisionOutcome
from chalicelib.cases.review.reviews import Reviews
from chalicelib.cases.staff import Roster, Staff
from chalicelib.cases.states import kind, staff_steps
from chalicelib.core import rate_limit
from chalicelib.core.errors import TooMany
from chalicelib.core.links import Links
from chalicelib.core.ports import Now, Put, Store
from chalicelib.core.stored_links import link_key
from chalicelib.desk import log
from chalicelib.desk.jobs import Beat, Jobs, StaffJob

DECISIONS: Final = "decisions"
MANY_MAX: Final = 50
"""Files of one decision: more than anybody looks through before they decide."""

OFFERED: Final = ("approve", "decline", "ask", "waitlist", "assign")
"""The decisions that can be the same for many files."""

Outcome = Literal["done", "changed", "refused", "invalid", "gone"]


class Chosen(NamedTuple):
    """A file as it was seen when it was chosen."""

    case: str
    version: int
    events: int


class Result(TypedDict):
    """What became of one file: `why` is the code of a refusal, or of what was missing."""

    case: str
    outcome: Outcome
    why: str


@dataclass(frozen=True)
class Many:
    store: Store
    cases: Cases
    reviews: Reviews
    links: Links
    roster: Roster
    now: Now

    def begin(
        self,
        jobs: Jobs,
        staff: Staff,
        chosen: Sequence[Chosen],
        decision: Decision,
        left_out: Mapping[str, str],
    ) -> StaffJob:
        """Keep what somebody decided, of which files, and by reference why not of others that they
        named (`left_out`). Raises TooMany."""
        rate_limit.count(self.store, "desk_jobs", staff.id, self.now())
        given = decision.given
        facts: dict[str, Any] = {
            "decision": decision.name,
            "reasons": list(given.reasons),
            "message": given.message,
            "colleague": given.colleague,
            "leaves": given.leaves,
            "files": [list(one) for one in chosen],
            "results": [],
            "left_out": dict(left_out),
        }
        refs = [one.case for one in chosen]
        noted = log.entry(staff, DECISIONS, {"decision": decision.name, "files": refs}, self.now())
        return jobs.begin(staff, DECISIONS, facts, [noted])

    def step(self, job: StaffJob, beat: Beat) -> Mapping[str, Any]:
        """Decide on the next file, and keep its result."""
        results: list[Result] = list(job.row["results"])
        files = [Chosen(*one) for one in job.row["files"]]
        results.append(self._result(job, files[len(results)], beat))
        over = {"status": "done"} if len(results) == len(files) else {}
        return {"results": results, "link": "", **over}

    def _result(self, job: StaffJob, chosen: Chosen, beat: Beat) -> Result:
        case, staff = self.cases.case(chosen.case), self.roster.get(job.staff)
        if case is None or staff is None or kind(case.state) == "gone":
            return _of(chosen, "gone")
        if self._was_done(job, case):
            return _of(chosen, "done")
        try:
            outcome = self._decide(job, case, chosen, staff, beat)
        except TooMany:
            return _of(chosen, "refused", "not_now")
        return _read(chosen, outcome)

    def _was_done(self, job: StaffJob, case: Case) -> bool:
        """Say whether a run that died had done it: its link is used, or the file is theirs."""
        used = job.row.get("link")
        if used:
            row = self.store.get(*link_key(used)) or {}
            if row.get("case") == case.id and "used_at" in row:
                return True
        is_theirs = case.owner == str(job.row["colleague"])
        return is_theirs and str(job.row["decision"]) == "assign"

    def _decide(
        self, job: StaffJob, case: Case, chosen: Chosen, staff: Staff, beat: Beat
    ) -> DecisionOutcome:
        """Decide by a link to the version that was seen, as a letter would bring one."""
        link = self.links.new_review()
        beat(link=link.token_hash)
        allowed = staff_steps(case.state)
        row = review_link(
            link.token_hash, case=case, recipient=staff.id, allowed=allowed, now=self.now()
        )
        seen = {"case_version": chosen.version, "case_events": chosen.events}
        self.store.commit([Put({**row, **seen})])
        given = DecisionInput(
            reasons=tuple(job.row["reasons"]),
            message=job.row["message"],
            colleague=job.row["colleague"],
            leaves=job.row.get("leaves", ""),
        )
        nonce = self.links.nonce(link.token)
        decision = Decision(job.row["decision"], given, confirm=True, code=link.code, nonce=nonce)
        return self.reviews.decide(link.token, decision)


def _of(chosen: Chosen, outcome: Outcome, why: str = "") -> Result:
    return {"case": chosen.case, "outcome": outcome, "why": why}


def _read(chosen: Chosen, outcome: DecisionOutcome) -> Result:
    """Return in short what became of a file."""
    match outcome.kind:
        case "decided" | "noted":
            return _of(chosen, "done")
        case "already" | "expired":
            # A link to nothing is that of somebody who stands back.
            return _of(chosen, "changed" if outcome.opened.case else "gone")
        case "invalid":
            return _of(chosen, "invalid", outcome.errors[0][1])
        case "refused":
            return _of(chosen, "refused", str(outcome.facts["why"]))
        case _:
            return _of(chosen, "refused", "not_now")
