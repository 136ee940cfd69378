"""The page behind a staff link to an issue that is sent: how far it is, who was missed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from chalicelib import content
from chalicelib.cases.staff import Roster, Staff
from chalicelib.core.errors import BadLink
from chalicelib.core.languages import Lang
from chalicelib.core.links import Links
from chalicelib.core.ports import Store
from chalicelib.core.records import moment
from chalicelib.newsletter.issues.issue import (
    CANCELLED,
    SENDING,
    SENT,
    Issue,
    issue_of,
    status_name,
)
from chalicelib.newsletter.issues.newsroom import Newsroom, followed_by
from chalicelib.newsletter.sending.acts import AGAIN, ActError, IssueActs
from chalicelib.views.issue_figures import MAX_READERS_SHOWN, IssueFigures
from chalicelib.web.pages import Pages, in_language
from chalicelib.web.request import Request, text_field
from chalicelib.web.responses import Response, see_other

FOLLOW_SECONDS: Final = 10

LINK_AFTER_ISSUE: Final = timedelta(days=30)
"""How long after an issue was sent, or cancelled, its links still show what became of it."""

ProgressError = ActError | Literal["choose_act", "confirm", "nonce"]
"""What is wrong with a post; empty when it is done."""


@dataclass(frozen=True)
class ProgressViews:
    store: Store
    newsroom: Newsroom
    roster: Roster
    links: Links
    pages: Pages
    acts: IssueActs
    figures: IssueFigures

    def show(self, request: Request, token: str) -> Response:
        """Answer with where the issue stands now; `?missed=1` lists whom it did not reach. Raises
        BadLink."""
        issue, staff = self._followed(token)
        lang = request.language({}, staff.lang)
        return self._page(request, token, issue, staff, lang)

    def act(self, request: Request, token: str) -> Response:
        """Pause, resume, cancel, or send to those who were missed. Raises BadLink."""
        issue, staff = self._followed(token)
        fields = request.fields()
        lang = request.language(fields, staff.lang)
        error = self._acted(issue, staff, fields, token)
        after = self.newsroom.lifecycle.get(issue.id)
        if not error and fields.get("act") == AGAIN:
            again = self.links.progress(followed_by(issue.id), staff.id)
            return see_other(in_language(again, lang))
        return self._page(request, token, after, staff, lang, error)

    def _acted(
        self, issue: Issue, staff: Staff, fields: Mapping[str, object], token: str
    ) -> ProgressError:
        """Do it, and return the code of what was wrong: empty when it is done."""
        act = text_field(fields, "act")
        if not self.acts.knows(act):
            return "choose_act"
        # A robot that presses every button must not stop an issue either.
        if fields.get("confirm") != "on":
            return "confirm"
        if not self.links.check_nonce(token, text_field(fields, "nonce")):
            return "nonce"
        seen = text_field(fields, "events")
        if seen and seen != str(issue.events):
            # The page is older than what it would end: it showed another pause, or none.
            return "moved"
        return self.acts.act(issue, staff.id, act)

    def _followed(self, token: str) -> tuple[Issue, Staff]:
        issue_id, staff_id = self.links.open_progress(token)
        issue, staff = issue_of(self.store, issue_id), self.roster.get(staff_id)
        if issue is None or staff is None or self._is_over(issue):
            raise BadLink("progress")
        return issue, staff

    def _is_over(self, issue: Issue) -> bool:
        ended = issue.status in (SENT, CANCELLED)
        return ended and moment(issue.updated_at) + LINK_AFTER_ISSUE < self.newsroom.now()

    def _page(  # noqa: PLR0913
        self,
        request: Request,
        token: str,
        issue: Issue,
        staff: Staff,
        lang: Lang,
        error: ProgressError = "",
    ) -> Response:
        texts = content.newsroom()
        address = self.pages.address("newsletter", "progress", token)
        sending = issue.status == SENDING
        facts = {
            "issue": issue,
            "status": status_name(issue.status, lang),
            **self.figures.counts(issue, lang),
            "listed": self.figures.listed(issue, lang) if "missed" in request.query else None,
            "shown": MAX_READERS_SHOWN,
            "paused": self.figures.paused(issue, lang),
            "sending": sending,
            "refresh": FOLLOW_SECONDS if sending and "follow" in request.query and not error else 0,
            "actions": [
                {"id": act, "label": texts["acts"][act][lang]} for act in self.acts.offered(issue)
            ],
            "error": texts["errors"][error][lang] if error else "",
            "name": staff.name,
            "nonce": self.links.nonce(token),
            "events": issue.events,
            "action": address,
        }
        status = 409 if error == "moved" else 422 if error else 200
        return self.pages.respond(
            "newsletter_progress", lang, facts, address=address, status=status
        )
