"""The review link of an issue: somebody other than its authors approves it, or sends it back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from chalicelib.cases.audit import attempt_row
from chalicelib.cases.review.attempts import Attempts
from chalicelib.cases.staff import Roster, Staff
from chalicelib.core import rate_limit, stored_links
from chalicelib.core.errors import Conflict, Refused
from chalicelib.core.links import Links
from chalicelib.core.ports import Change, Item, Now, Put, Store
from chalicelib.core.records import stamp
from chalicelib.core.typed_text import REMARKS_LIMIT
from chalicelib.newsletter.issues.issue import TESTED, Approval, DecisionName, Issue, issue_of
from chalicelib.newsletter.issues.lifecycle import IssueLifecycle, issue_letters_pk

PAGE: Final = "newsletter/review"
APPROVE: Final = "approve"
SEND_BACK: Final = "send_back"


Standing = Literal["open", "decided", "stale", "expired", "author", "unknown"]
Outcome = Literal["decided", "invalid", "late"]


@dataclass(frozen=True)
class OpenedIssueReview:
    """A link that was opened. It is `stale` when the issue was edited since, and `unknown` also to
    somebody who left: then there is no issue, staff or link."""

    standing: Standing
    token: str
    issue: Issue | None = None
    staff: Staff | None = None
    link: Item | None = None

    @property
    def whole(self) -> tuple[Issue, Staff, Item]:
        assert self.issue is not None
        assert self.staff is not None
        assert self.link is not None
        return self.issue, self.staff, self.link


@dataclass(frozen=True)
class ApprovalInput:
    """The fields of the form, as they were entered."""

    decision: str = ""
    remarks: str = ""
    confirm: bool = False
    code: str = ""
    nonce: str = ""


def review_row(token_hash: str, issue: Issue, recipient: str, now: datetime) -> Item:
    """Return the row of a link for one person and one version of the issue."""
    return stored_links.link(
        token_hash,
        recipient,
        now,
        issue=issue.id,
        issue_version=issue.version,
        round=issue.round,
        allowed=[APPROVE, SEND_BACK],
    )


class Approvals:
    """GET changes nothing; POST needs the page's nonce, the letter's code and a person's tick."""

    def __init__(self, store: Store, roster: Roster, links: Links, now: Now) -> None:
        self._store = store
        self._roster = roster
        self._links = links
        self._now = now
        self._lifecycle = IssueLifecycle(store, now)
        self._attempts = Attempts(store, now)

    def open(self, token: str) -> OpenedIssueReview:
        link = stored_links.opened(self._store, token, "issue", self._now())
        if link is None:
            return OpenedIssueReview("unknown", token)
        staff = self._roster.get(link["recipient"])
        issue = issue_of(self._store, link["issue"])
        if staff is None or issue is None:
            return OpenedIssueReview("unknown", token)
        return OpenedIssueReview(self._standing(link, issue, staff), token, issue, staff, link)

    def decide(
        self, opened: OpenedIssueReview, given: ApprovalInput
    ) -> tuple[Outcome, tuple[tuple[str, str], ...]]:
        """Decide about the issue; return what became of it, and (field, code) of each error.

        Raises TooMany after many wrong attempts by one link.
        """
        if opened.standing != "open":
            if opened.issue is not None:
                self._note(opened, opened.standing, given)
            return "late", ()
        self._attempts.check(opened.token)
        if errors := self._errors(opened, given):
            self._note(opened, errors[0][1], given)
            return "invalid", errors
        try:
            self._move(opened, given)
        except (Conflict, Refused):
            return "late", ()
        return "decided", ()

    def _move(self, opened: OpenedIssueReview, given: ApprovalInput) -> None:
        issue, staff, link = opened.whole
        decision: DecisionName = APPROVE if given.decision == APPROVE else SEND_BACK
        now = stamp(self._now())
        decided: Approval = {
            "by": staff.id,
            "name": staff.name,
            "at": now,
            "decision": decision,
            "remarks": given.remarks,
            "version": issue.version,
            "round": issue.round,
        }
        use = Change(
            (link["pk"], link["sk"]),
            expect={"issue_version": issue.version},
            absent=("used_at",),
            set={"used_at": now, "used_as": decision},
        )
        # What was said of one asking ends with it: the next one has links and a decision of its own.
        again = {"round": issue.round + 1} if decision == SEND_BACK else {}
        self._lifecycle.move(
            issue, decision, staff.id, {"approved": decided, **again}, also=[use], data=decided
        )

    def _standing(self, link: Item, issue: Issue, staff: Staff) -> Standing:
        asked = (link["issue_version"], link.get("round", 0))
        decided = issue.approved
        if decided is not None and (decided["version"], decided.get("round", 0)) == asked:
            return "decided"
        if asked != (issue.version, issue.round) or issue.status != TESTED:
            return "stale"
        if staff.id in issue.authors:
            return "author"
        return "expired" if stamp(self._now()) >= link["expires_at"] else "open"

    def _errors(
        self, opened: OpenedIssueReview, given: ApprovalInput
    ) -> tuple[tuple[str, str], ...]:
        errors = []
        if given.decision not in (APPROVE, SEND_BACK):
            errors.append(("decision", "choose_decision"))
        if not self._links.check_nonce(opened.token, given.nonce):
            errors.append(("nonce", "nonce"))
        if given.decision == SEND_BACK and not given.remarks:
            errors.append(("remarks", "remarks"))
        if len(given.remarks) > REMARKS_LIMIT:
            errors.append(("remarks", "too_long"))
        if given.decision == APPROVE and not self._links.right_code(opened.token, given.code):
            errors.append(("code", "wrong_code"))
        if not given.confirm:
            errors.append(("confirm", "confirm"))
        return tuple(errors)

    def _note(self, opened: OpenedIssueReview, why: str, given: ApprovalInput) -> None:
        """Keep an attempt that changed nothing beside the chain, and count it against the link."""
        issue, staff, _ = opened.whole
        if not self._attempts.counted(opened.token, staff):
            raise rate_limit.too_many(self._now())
        attempt = attempt_row(
            issue_letters_pk(issue.id), staff.id, given.decision, why, self._now()
        )
        self._store.commit([Put(attempt)])
