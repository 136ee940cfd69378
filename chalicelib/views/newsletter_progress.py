"""The page behind a staff link to an issue that is sent: how far it is, who was missed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from chalicelib import content
from chalicelib.cases.staff import Roster, Staff
from chalicelib.core import formatting
from chalicelib.core.errors import BadLink, Conflict, Refused
from chalicelib.core.formatting import masked
from chalicelib.core.languages import LANGS, Lang
from chalicelib.core.links import Links
from chalicelib.core.ports import Store
from chalicelib.core.records import moment
from chalicelib.core.settings import Settings
from chalicelib.newsletter.issue_counts import COUNTED, LangCounts, by_language, by_topic, figures
from chalicelib.newsletter.issue_counts import shown as counts_shown
from chalicelib.newsletter.issues.issue import (
    APPROVED,
    AUTO_PAUSED,
    CANCELLED,
    PAUSED,
    SCHEDULED,
    SENDING,
    SENT,
    Issue,
    SentBy,
    issue_of,
    status_name,
    unaddressed,
)
from chalicelib.newsletter.issues.newsroom import Newsroom, followed_by
from chalicelib.newsletter.sending.unreached import UnreachedReader
from chalicelib.newsletter.subscribers.consent_text import topic_name
from chalicelib.web.pages import Pages, in_language
from chalicelib.web.request import Request, text_field
from chalicelib.web.responses import Response, see_other

FOLLOW_SECONDS: Final = 10

MAX_READERS_SHOWN: Final = 100
"""Missed readers that the page lists; the command `issue report` lists all."""

LEDGER_READING_TIME: Final = timedelta(seconds=15)
"""How long the ledger is read for a page: API Gateway waits for 29 seconds."""

LINK_AFTER_ISSUE: Final = timedelta(days=30)
"""How long after an issue was sent, or cancelled, its links still show what became of it."""

AGAIN: Final = "send_again"

ProgressError = Literal[
    "", "choose_act", "confirm", "nonce", "moved", "no_postal_address", "sender_changed",
    "nobody_missed",
]  # fmt: skip
"""What is wrong with a post; empty when it is done."""

_ACTS: Final = {
    SCHEDULED: ("unschedule", "cancel"),
    SENDING: ("pause", "cancel"),
    PAUSED: ("resume", "cancel"),
    AUTO_PAUSED: ("resume", "cancel"),
    SENT: (AGAIN,),
}
_UNREACHED: Final = (
    "skipped", "failed", "unknown", "soft", "bounced", "complained", "rejected",
)  # fmt: skip


@dataclass(frozen=True)
class ProgressViews:
    store: Store
    newsroom: Newsroom
    roster: Roster
    links: Links
    settings: Settings
    pages: Pages
    missed: Callable[[Issue], Iterable[UnreachedReader]]

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
        changes = self._changes()
        if act != AGAIN and act not in changes:
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
        wrong = unaddressed(issue, SentBy.of(self.settings))
        if wrong and act in ("resume", AGAIN):
            return "no_postal_address" if wrong == "postal_address" else wrong
        try:
            if act == AGAIN:
                return self._again(issue, staff)
            changes[act](issue, staff.id)
        except (Conflict, Refused):
            return "moved"
        return ""

    def _changes(self) -> dict[str, Callable[[Issue, str], object]]:
        """Return what the buttons do to an issue, by the name that they post."""
        lifecycle = self.newsroom.lifecycle
        return {
            "unschedule": self.newsroom.unschedule,
            "pause": lifecycle.pause,
            "resume": lifecycle.resume,
            "cancel": lifecycle.cancel,
        }

    def _again(self, issue: Issue, staff: Staff) -> ProgressError:
        """Make another issue for those who can still be reached, which leaves within a minute."""
        if issue.status != SENT:
            return "moved"
        # Whoever died between the two steps finds the second one still to do.
        again = issue_of(self.store, followed_by(issue.id))
        if again is None:
            if not self._anybody(issue):
                return "nobody_missed"
            again = self.newsroom.follow_up(issue, staff.id)
        if again.status != APPROVED:
            return "moved"
        self.newsroom.schedule(again, staff.id, self.newsroom.now())
        return ""

    def _anybody(self, issue: Issue) -> bool:
        """Tell whether somebody can be sent to again, or may: not all were looked at in time."""
        until = self.newsroom.now() + LEDGER_READING_TIME
        return any(one.again or self.newsroom.now() > until for one in self.missed(issue))

    def _looked(self, issue: Issue) -> Iterator[UnreachedReader]:
        until = self.newsroom.now() + LEDGER_READING_TIME
        for one in self.missed(issue):
            yield one
            if self.newsroom.now() > until:
                return

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
            **self._count_facts(issue, lang),
            "listed": self._listed(issue, lang) if "missed" in request.query else None,
            "shown": MAX_READERS_SHOWN,
            "paused": self._paused(issue, lang),
            "sending": sending,
            "refresh": FOLLOW_SECONDS if sending and "follow" in request.query and not error else 0,
            "actions": [
                {"id": act, "label": texts["acts"][act][lang]} for act in self._acts(issue)
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

    def _count_facts(self, issue: Issue, lang: Lang) -> dict[str, object]:
        """Return how far the issue is: its counts in all, and a row for each count by language; so
        for each topic too, where there are several."""
        found = figures(self.store, issue.id)
        counts, topics = by_language(found), by_topic(found)
        totals = {name: sum(counts[code][name] for code in LANGS) for name in COUNTED}
        return {
            "queued": totals["queued"],
            "done": sum(totals[name] for name in ("sent", "skipped", "failed")),
            "rows": _rows(counts, lang),
            "topics": [
                {"name": topic_name(topic, lang), "rows": _rows(of_topic, lang)}
                for topic, of_topic in topics.items()
                if len(topics) > 1
            ],
            "missed": sum(totals[name] for name in _UNREACHED) if issue.status == SENT else 0,
        }

    def _acts(self, issue: Issue) -> tuple[str, ...]:
        acts = _ACTS.get(issue.status, ())
        if acts == (AGAIN,):
            again = issue_of(self.store, followed_by(issue.id))
            return acts if again is None or again.status == APPROVED else ()
        return acts

    def _listed(self, issue: Issue, lang: Lang) -> list[dict[str, str]]:
        """List the first of those who were missed; their addresses are hinted at."""
        found = []
        for one in self._looked(issue):
            who = masked(one.email) if one.email else content.newsroom()["address_gone"][lang]
            found.append({"who": who, "lang": one.lang, "why": one.reason(lang)})
            if len(found) == MAX_READERS_SHOWN:
                break
        return found

    def _paused(self, issue: Issue, lang: Lang) -> str:
        paused = issue.paused
        if paused is None:
            return ""
        texts = content.newsroom()["paused"]
        by_itself = issue.status == AUTO_PAUSED and paused["reason"] in texts
        text: str = texts[paused["reason"] if by_itself else "staff"][lang]
        owner = self.roster.get(paused["by"])
        who = owner.name if owner else "Relais"
        return text.format(by=who, at=formatting.date_and_time(moment(paused["at"]), lang))


def _rows(counts: LangCounts, lang: Lang) -> list[dict[str, object]]:
    """Return a row for each count, with its number in each language."""
    shown = {code: counts_shown(counts[code]) for code in LANGS}
    return [
        {"label": label[lang], **{code: shown[code][name] for code in LANGS}}
        for name, label in content.newsroom()["counts"].items()
    ]
