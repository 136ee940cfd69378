"""Writes the letter that asks somebody of the staff to approve an issue."""

from datetime import datetime
from typing import cast

from chalicelib.cases.staff import Roster
from chalicelib.core.errors import Overtaken
from chalicelib.core.languages import LANGS, Lang
from chalicelib.core.links import Links
from chalicelib.core.ports import Item, Store
from chalicelib.mail import letters
from chalicelib.mail.outbox import Draft
from chalicelib.mail.writers.case import Sender
from chalicelib.mail.writers.draft import draft
from chalicelib.newsletter.issues.approval import review_row
from chalicelib.newsletter.issues.issue import TESTED, issue_of, rendered_of
from chalicelib.newsletter.issues.rendered import fill


class ApprovalWriter:
    def __init__(self, store: Store, roster: Roster, links: Links, office: Sender) -> None:
        self._store = store
        self._roster = roster
        self._links = links
        self._office = office

    def write(self, row: Item, now: datetime) -> Draft | None:
        """Raises Overtaken when the issue went on, or was changed, since it was asked for."""
        issue = issue_of(self._store, row["pk"].partition("#")[2])
        staff = self._roster.get(row["to"])
        if staff is None or issue is None:
            return None
        if issue.status != TESTED or issue.version != row["facts"]["version"]:
            raise Overtaken("the issue went on meanwhile")
        asker = self._roster.get(row["facts"]["by"])
        url, token_hash, code = self._links.new_approval()
        form = self._links.newsletter
        values = {"unsubscribe_url": form, "preferences_url": form, "first_name": ""}
        texts = [(lang, rendered_of(self._store, issue, lang)) for lang in LANGS]
        letter = letters.compose(
            row["letter"],
            cast(Lang, staff.lang),
            case=None,
            sender=self._office.sender,
            issue=issue.id,
            version=issue.version,
            subjects=[(lang, fill(text, values).subject) for lang, text in texts if text],
            asked_by=asker.name if asker else row["facts"]["by"],
            staff_name=staff.name,
            review_url=url,
            code=code,
        )
        link = review_row(token_hash, issue, staff.id, now)
        return draft(row, staff.email, letter, [link])
