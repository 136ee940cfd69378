"""Writes the letters about an issue: the one that asks to approve it, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from chalicelib import content
from chalicelib.cases.roles import EVERYBODY
from chalicelib.cases.staff import Staff
from chalicelib.core import formatting
from chalicelib.core.errors import Overtaken
from chalicelib.core.languages import LANGS, Lang
from chalicelib.core.links import Links, StoredLink
from chalicelib.core.ports import Item, Store
from chalicelib.core.records import moment
from chalicelib.mail.draft import Draft
from chalicelib.mail.letters import STAFF, letter
from chalicelib.mail.writers.draft import ToStaff
from chalicelib.newsletter.issues.approval import review_row
from chalicelib.newsletter.issues.issue import TESTED, Issue, issue_of, rendered_of
from chalicelib.newsletter.issues.lifecycle import LETTER as NEWS_LETTER
from chalicelib.newsletter.issues.newsroom import LETTER
from chalicelib.newsletter.issues.rendered import fill


@dataclass(frozen=True)
class ApprovalLetter:
    """An issue to approve, with the reader's own link; `asked_by` is a colleague's name."""

    issue: Issue
    subjects: list[tuple[Lang, str]]
    asked_by: str
    staff: Staff
    link: StoredLink


class ApprovalFacts(TypedDict):
    issue: str
    version: int
    subjects: list[tuple[Lang, str]]
    asked_by: str
    staff_name: str
    review_url: str
    code: str


@letter(LETTER, to=STAFF, roles=EVERYBODY)
def newsletter_review(owed: ApprovalLetter) -> ApprovalFacts:
    return {
        "issue": owed.issue.id,
        "version": owed.issue.version,
        "subjects": owed.subjects,
        "asked_by": owed.asked_by,
        "staff_name": owed.staff.name,
        "review_url": owed.link.url,
        "code": owed.link.code,
    }


@dataclass(frozen=True)
class NewsLetter:
    """What somebody did with an issue, for those who wrote and approved it; `facts` as the life of
    an issue gives them."""

    issue: str
    facts: Item
    by: str
    staff: Staff
    progress: str


class News(TypedDict):
    issue: str
    what: str
    then: str
    remarks: str
    staff_name: str
    progress_url: str


@letter(NEWS_LETTER, to=STAFF, roles=EVERYBODY)
def newsletter_news(owed: NewsLetter) -> News:
    lang = owed.staff.reads
    texts = content.newsroom()["news"][owed.facts["event"]]
    at = owed.facts.get("send_at")
    values = {
        "by": owed.by,
        "issue": owed.issue,
        "version": owed.facts["version"],
        "when": formatting.date_and_time(moment(at), lang) if at else "",
    }
    return {
        "issue": owed.issue,
        "what": texts["title"][lang].format(**values),
        "then": texts["detail"][lang].format(**values),
        "remarks": owed.facts["remarks"],
        "staff_name": owed.staff.name,
        "progress_url": owed.progress,
    }


class ApprovalWriter:
    def __init__(self, store: Store, links: Links, to_staff: ToStaff) -> None:
        self._store = store
        self._links = links
        self._to_staff = to_staff

    def write(self, row: Item, now: datetime) -> Draft | None:
        """Ask one of the staff to approve an issue. Raises Overtaken when the issue went on, or was
        changed, since it was asked for."""
        issue = issue_of(self._store, row["pk"].partition("#")[2])
        staff = self._to_staff.reader(row)
        if staff is None or issue is None:
            return None
        if row["letter"] == NEWS_LETTER:
            return self._news(row, issue, staff)
        asked = (row["facts"]["version"], row["facts"].get("round", 0))
        if issue.status != TESTED or (issue.version, issue.round) != asked:
            raise Overtaken("the issue went on meanwhile")
        asked_by = self._name(row["facts"]["by"])
        made = self._links.new_approval()
        owed = ApprovalLetter(issue, self._subjects(issue), asked_by, staff, made)
        link = review_row(made.token_hash, issue, staff.id, now)
        return self._to_staff.draft(row, staff, owed, links=[link])

    def _news(self, row: Item, issue: Issue, staff: Staff) -> Draft:
        progress = self._links.progress(issue.id, staff.id)
        owed = NewsLetter(issue.id, row["facts"], self._name(row["facts"]["by"]), staff, progress)
        return self._to_staff.draft(row, staff, owed)

    def _name(self, staff_id: str) -> str:
        found = self._to_staff.roster.get(staff_id)
        return found.name if found else staff_id

    def _subjects(self, issue: Issue) -> list[tuple[Lang, str]]:
        form = self._links.newsletter
        values = {"unsubscribe_url": form, "preferences_url": form, "first_name": ""}
        texts = [(lang, rendered_of(self._store, issue, lang)) for lang in LANGS]
        return [(lang, fill(text, values).subject) for lang, text in texts if text]
