"""The newsletter at the desk: its issues, and one of them from its text to its report."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib import content
from chalicelib.cases.staff import Roster
from chalicelib.core.email_address import email_or_none
from chalicelib.core.errors import Conflict, NotFound, Refused
from chalicelib.core.languages import Lang
from chalicelib.core.records import moment
from chalicelib.desk.issue_tests import IssueTests
from chalicelib.desk.jobs import Jobs
from chalicelib.newsletter.issues import trial
from chalicelib.newsletter.issues.drafting import standing_of
from chalicelib.newsletter.issues.editing import CannotBegin, Editing
from chalicelib.newsletter.issues.findings import finding_of, message
from chalicelib.newsletter.issues.issue import (
    APPROVED,
    CANCELLED,
    DRAFT,
    SCHEDULED,
    SENT,
    Issue,
    IssueEvent,
    existing_issue,
    issue_key,
    issue_of,
    status_after,
    status_name,
)
from chalicelib.newsletter.issues.lifecycle import RELAIS
from chalicelib.newsletter.issues.newsroom import Newsroom, followed_by
from chalicelib.newsletter.sending.acts import AGAIN, IssueActs
from chalicelib.newsletter.sending.ports import SubscriberStore
from chalicelib.newsletter.sending.recipients import bounces
from chalicelib.views.desk.entry import Entry
from chalicelib.views.desk.visit import Visit
from chalicelib.views.issue_figures import MAX_READERS_SHOWN, IssueFigures
from chalicelib.web.request import is_ticked, text_field
from chalicelib.web.responses import Response

MAX_ISSUES_SHOWN: Final = 100
MAX_TEST_ADDRESSES: Final = 5
EVENTS_SHOWN: Final = 50

HERE: Final = ("unschedule", "pause", "cancel")
"""Acts of the issue's own page; what sends has a page that asks for a mailed code first."""

_BEGUN: Final = ("SENDING", "PAUSED", "AUTO_PAUSED", SENT, CANCELLED)


@dataclass(frozen=True)
class NewsletterDeskViews:
    entry: Entry
    store: SubscriberStore
    roster: Roster
    newsroom: Newsroom
    editing: Editing
    acts: IssueActs
    figures: IssueFigures
    jobs: Jobs
    tests: IssueTests

    def show(self, visit: Visit) -> Response:
        """Answer with every issue and where it stands."""
        return self._list(visit)

    def begin(self, visit: Visit) -> Response:
        """Begin an issue, and go on to its texts."""
        slug = text_field(visit.request.fields(), "slug").lower()
        try:
            issue = self.editing.begin(slug, visit.signed_in.staff.id)
        except CannotBegin as error:
            return self._list(visit, slug, error.why)
        return self.entry.go(self.entry.address("newsletter", issue.id, "text"))

    def issue(self, visit: Visit, issue: str) -> Response:
        return self._page(visit, existing_issue(self.store, issue))

    def act(self, visit: Visit, issue: str) -> Response:
        """Take a step that sends to no reader: test, ask, unschedule, pause, cancel."""
        fields, found = visit.request.fields(), existing_issue(self.store, issue)
        act = text_field(fields, "act")
        if act not in ("test", "ask", *HERE):
            raise NotFound(act)
        why, detail = self._acted(visit, found, act, fields)
        if why:
            again = existing_issue(self.store, issue)
            return self._page(visit, again, why=why, detail=detail, entered=fields)
        return self.entry.go(f"{self.entry.address('newsletter', issue)}?done={act}")

    def _acted(
        self, visit: Visit, issue: Issue, act: str, fields: Mapping[str, object]
    ) -> tuple[str, str]:
        """Do it, and return the code of what is wrong and what is said of it; empty when done."""
        if text_field(fields, "events") != str(issue.events):
            return "moved", ""
        if act == "cancel" and not is_ticked(fields, "confirm"):
            return "confirm", ""
        try:
            if act == "test":
                return self._test(visit, issue, text_field(fields, "to"))
            if act == "ask":
                self.newsroom.ask(issue, visit.signed_in.staff.id)
                return "", ""
            return self.acts.act(issue, visit.signed_in.staff.id, act), ""
        except Refused as error:
            return ("nobody_else" if error.why == "nobody_else" else "moved"), ""
        except Conflict:
            return "moved", ""

    def _test(self, visit: Visit, issue: Issue, typed: str) -> tuple[str, str]:
        given = [one for one in re.split(r"[\s,;]+", typed) if one]
        to = [address for one in given if (address := email_or_none(one))]
        if not to or len(to) < len(given) or len(to) > MAX_TEST_ADDRESSES:
            return "addresses", ""
        if self.acts.wrong_sender(issue) == "no_postal_address":
            return "no_postal_address", ""
        status_after(issue.status, "test")
        self.tests.begin(
            self.jobs.of_form(visit.once), visit.signed_in.staff, issue.id, issue.version, to
        )
        return "", ""

    def _list(self, visit: Visit, slug: str = "", why: str = "") -> Response:
        lang, own, names = visit.lang, self.entry.address("newsletter"), self._names()
        facts: dict[str, object] = {
            "action": own,
            "subscribers": self.entry.address("subscribers"),
            "issues": [self._line(one, lang, names) for one in self._newest()],
            "entered": slug or self._next_slug(),
            "wrong": content.desk()["newsletter"][why][lang] if why else "",
        }
        status = 422 if why else 200
        return self.entry.page(visit, "newsletter", facts, address=own, status=status)

    def _newest(self) -> list[Issue]:
        """Return the issues that were changed last, the newest first."""
        keys = [
            issue_key(str(row["pk"]).partition("#")[2])
            for state in content.issues()["states"]
            for row in list(self.store.in_state(f"ISSUE#{state}"))[-MAX_ISSUES_SHOWN:]
        ]
        rows = [
            row
            for start in range(0, len(keys), 100)
            for row in self.store.batch_get(keys[start : start + 100]).values()
        ]
        found = [Issue.of(row) for row in rows]
        return sorted(found, key=lambda one: one.updated_at, reverse=True)[:MAX_ISSUES_SHOWN]

    def _next_slug(self) -> str:
        return f"{self.entry.now():%Y-%m}"

    def _line(self, issue: Issue, lang: Lang, names: Mapping[str, str]) -> Mapping[str, object]:
        return {
            "id": issue.id,
            "state": status_name(issue.status, lang),
            "version": issue.version,
            "authors": ", ".join(names.get(one, one) for one in issue.authors),
            "changed": moment(issue.updated_at),
            "leaves": moment(issue.send_at)
            if issue.status == SCHEDULED and issue.send_at
            else None,
            "url": self.entry.address("newsletter", issue.id),
        }

    def _page(  # noqa: PLR0913
        self,
        visit: Visit,
        issue: Issue,
        *,
        why: str = "",
        detail: str = "",
        entered: Mapping[str, object] | None = None,
    ) -> Response:
        lang, own = visit.lang, self.entry.address("newsletter", issue.id)
        words = content.desk()["newsletter"]
        done = visit.request.query.get("done", "")
        facts: dict[str, object] = {
            **self._state_facts(issue, lang),
            **self._test_facts(visit, issue),
            **(self._report(visit, issue) if issue.status in _BEGUN else {}),
            "action": own,
            "entered": entered or {},
            "own_address": visit.signed_in.staff.email,
            "why": why,
            "wrong": words[why][lang].format(detail=detail) if why else "",
            "done": words[f"done_{done}"][lang] if f"done_{done}" in words and not why else "",
        }
        status = 409 if why == "moved" else 422 if why else 200
        return self.entry.page(visit, "issue", facts, address=own, status=status, framed=True)

    def _state_facts(self, issue: Issue, lang: Lang) -> dict[str, object]:
        """Return where an issue stands, what may be done with it, and what was."""
        decided = issue.approved
        again, names = followed_by(issue.id), self._names()
        return {
            "issue": self._line(issue, lang, names),
            "events": issue.events,
            "may": self._may(issue),
            "begun": issue.status in _BEGUN,
            "is_over": issue.status in (SENT, CANCELLED),
            "again": again if issue_of(self.store, again) else "",
            "writable": standing_of(issue) != "begun",
            "remarks": decided["remarks"] if decided and issue.status == DRAFT else "",
            "decided_by": decided["name"] if decided else "",
            "approved": issue.status in (APPROVED, SCHEDULED),
            "checks": self._checks(issue, lang),
            "to_ask": self._to_ask(issue),
            "history": self._history(issue, lang, names),
        }

    def _report(self, visit: Visit, issue: Issue) -> dict[str, object]:
        lang = visit.lang
        listed = "missed" in visit.request.query
        counts = self.figures.counts(issue, lang)
        done = counts.pop("done")
        return {
            **counts,
            "done_number": done,
            "listed": self.figures.listed(issue, lang) if listed else None,
            "shown": MAX_READERS_SHOWN,
            "paused": self.figures.paused(issue, lang),
            "bounced": sorted(bounces(self.store, issue.id).items()),
        }

    def _test_facts(self, visit: Visit, issue: Issue) -> dict[str, object]:
        """Return what became of the last test that its reader asked for of this version."""
        job = self.tests.last(self.jobs, visit.signed_in.staff, issue.id, issue.version)
        facts: dict[str, object] = {"test": "", "test_to": [], "test_why": ""}
        if job is None:
            return facts
        why, words = str(job.row["why"]), content.desk()["newsletter"]
        state = "failed" if why else job.status
        text = words["moved" if why == trial.MOVED else "test_failed"][visit.lang]
        return {
            "test": state,
            "test_to": job.row["to"],
            "test_why": text.format(detail=why or "?") if state == "failed" else "",
        }

    def _may(self, issue: Issue) -> Mapping[str, bool]:
        """Return the steps that the issue can take now."""
        names: tuple[IssueEvent, ...] = (
            "test", "ask", "schedule", "unschedule", "pause", "resume", "cancel",
        )  # fmt: skip
        found: dict[str, bool] = {name: _can(issue, name) for name in names}
        found[AGAIN] = AGAIN in self.acts.offered(issue)
        return found

    def _to_ask(self, issue: Issue) -> list[str]:
        return [one.name for one in self.roster.active() if one.id not in issue.authors]

    def _checks(self, issue: Issue, lang: Lang) -> list[Mapping[str, str]]:
        levels = content.preflight()["levels"]
        found = [finding_of(kept) for kept in issue.checks]
        return [{"level": levels[one.level][lang], "text": message(one, lang)} for one in found]

    def _history(
        self, issue: Issue, lang: Lang, names: Mapping[str, str]
    ) -> list[Mapping[str, object]]:
        """Return the last events of the issue's chain, in words."""
        words = content.desk()["issue_events"]
        rows = self.store.rows(issue.key[0], "EVENT#")[-EVENTS_SHOWN:]
        return [
            {
                "at": moment(row["at"]),
                "what": words[row["event"]][lang],
                "name": names.get(row["actor"], row["actor"]),
            }
            for row in reversed(rows)
        ]

    def _names(self) -> Mapping[str, str]:
        """Return who is or was on the roster, and what the service calls itself, read once a page."""
        return {RELAIS: "Relais", **{one.id: one.name for one in self.roster.all()}}


def _can(issue: Issue, event: IssueEvent) -> bool:
    try:
        status_after(issue.status, event)
    except Refused:
        return False
    return True
