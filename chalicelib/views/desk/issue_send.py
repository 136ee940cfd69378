"""What sends an issue to its readers: after a mailed code, a time, and a tick."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from chalicelib import content
from chalicelib.core import eastern_time
from chalicelib.core.csv_table import csv_text
from chalicelib.core.errors import Conflict, NotFound, Refused
from chalicelib.core.languages import LANGS
from chalicelib.core.ports import Store
from chalicelib.core.records import moment
from chalicelib.desk import log
from chalicelib.newsletter.issues.issue import SENT, Issue, existing_issue, issue_of, status_name
from chalicelib.newsletter.issues.newsroom import Newsroom, followed_by
from chalicelib.newsletter.issues.preflight import Audience
from chalicelib.newsletter.sending.acts import AGAIN, IssueActs
from chalicelib.newsletter.sending.unreached import UNREACHED_COLUMNS, row_of
from chalicelib.views.desk.entry import Entry
from chalicelib.views.desk.programme import day_of
from chalicelib.views.desk.visit import Visit
from chalicelib.views.issue_figures import IssueFigures
from chalicelib.web.request import is_ticked, text_field
from chalicelib.web.responses import PRIVATE, Response

HOURS: Final = tuple(f"{hour:02}:{minute:02}" for hour in range(6, 21) for minute in (0, 30))
"""Times of day that an issue may leave at."""

USUAL_HOUR: Final = "09:00"
FURTHEST_DAYS: Final = 366
ACTS: Final = ("schedule", "resume", AGAIN)


@dataclass(frozen=True)
class IssueSendViews:
    entry: Entry
    store: Store
    newsroom: Newsroom
    acts: IssueActs
    figures: IssueFigures
    audience: Audience

    def show(self, visit: Visit, issue: str) -> Response:
        return self._page(visit, existing_issue(self.store, issue))

    def act(self, visit: Visit, issue: str) -> Response:
        """Schedule an issue, have it go on, or send it to those who were missed."""
        fields, found = visit.request.fields(), existing_issue(self.store, issue)
        act = text_field(fields, "act")
        if act not in ACTS:
            raise NotFound(act)
        why = self._acted(visit, found, act, fields)
        if why:
            return self._page(visit, existing_issue(self.store, issue), why, fields)
        after = followed_by(issue) if act == AGAIN else issue
        return self.entry.go(f"{self.entry.address('newsletter', after)}?done={act}")

    def missed(self, visit: Visit, issue: str) -> Response:
        """Answer with the sheet of everybody whom an issue did not reach, and note who took it."""
        found, staff = existing_issue(self.store, issue), visit.signed_in.staff
        if found.status != SENT:
            raise NotFound(issue)
        rows = [row_of(one, visit.lang) for one in self.figures.looked(found)]
        if not visit.is_head:
            facts = {"whose": f"{issue} ({len(rows)})"}
            self.store.commit([log.entry(staff, "missed_readers", facts, self.entry.now())])
        body = "\ufeff" + csv_text(UNREACHED_COLUMNS, rows)
        saved_as = {"Content-Disposition": f'attachment; filename="{issue}.csv"'}
        return Response(200, body, "text/csv; charset=utf-8", {**PRIVATE, **saved_as})

    def _acted(self, visit: Visit, issue: Issue, act: str, fields: Mapping[str, object]) -> str:
        by = visit.signed_in.staff.id
        if text_field(fields, "events") != str(issue.events):
            return "moved"
        if not is_ticked(fields, "confirm"):
            return "confirm"
        if act != "schedule":
            return self.acts.act(issue, by, act)
        if wrong := self.acts.wrong_sender(issue):
            return wrong
        at = self._time(visit, fields)
        if at is None:
            return "time"
        try:
            self.newsroom.schedule(issue, by, at)
        except (Conflict, Refused):
            return "moved"
        return ""

    def _time(self, visit: Visit, fields: Mapping[str, object]) -> datetime | None:
        """Return when an issue is to leave; None for a time that is none, or lies behind."""
        now = self.entry.now()
        if text_field(fields, "when") == "now":
            return now
        day = day_of(text_field(fields, "day"), visit.reads_dates_in)
        hour = text_field(fields, "hour")
        if text_field(fields, "when") != "later" or day is None or hour not in HOURS:
            return None
        at = datetime.combine(day, time.fromisoformat(hour), eastern_time.zone()).astimezone(UTC)
        return at if now < at < now + timedelta(days=FURTHEST_DAYS) else None

    def _readers(self, issue: Issue) -> Mapping[str, int]:
        """Return how many the issue would go to now; for a follow-up, those alone whom the one
        before did not reach and it can."""
        before = (
            issue_of(self.store, issue.segment["missed"]) if issue.segment.get("missed") else None
        )
        if before is None:
            return self.audience(issue.topics)
        again = Counter(one.lang for one in self.figures.looked(before) if one.again)
        return {lang: again[lang] for lang in LANGS}

    def _page(
        self,
        visit: Visit,
        issue: Issue,
        why: str = "",
        entered: Mapping[str, object] | None = None,
    ) -> Response:
        lang = visit.lang
        own = self.entry.address("newsletter", issue.id, "send")
        offered = self.acts.offered(issue)
        act = next((one for one in ("resume", AGAIN) if one in offered), "")
        if issue.status in ("APPROVED", "SCHEDULED"):
            act = "schedule"
        local = eastern_time.local(self.entry.now())
        facts: dict[str, object] = {
            "issue": issue,
            "state": status_name(issue.status, lang),
            "act": act,
            "back": self.entry.address("newsletter", issue.id),
            "action": own,
            "readers": self._readers(issue) if act == "schedule" else {},
            "leaves": moment(issue.send_at)
            if issue.status == "SCHEDULED" and issue.send_at
            else None,
            "hours": HOURS,
            "day": f"{local + timedelta(days=1):%Y-%m-%d}",
            "hour": USUAL_HOUR,
            "name": visit.signed_in.staff.name,
            "entered": entered or {},
            "why": why,
            "wrong": content.desk()["newsletter"][why][lang] if why else "",
        }
        status = 409 if why == "moved" else 422 if why else 200
        return self.entry.page(visit, "issue_send", facts, address=own, status=status)
