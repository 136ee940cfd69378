"""What every command of an issue works with: who commands it, and the world outside."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from chalicelib import content
from chalicelib.core import formatting
from chalicelib.core.errors import Conflict, Refused
from chalicelib.newsletter.issues.drafting import Drafting
from chalicelib.newsletter.issues.issue import Issue, issue_of, status_name
from chalicelib.newsletter.issues.preflight import Audience, SendingAccount, Try
from chalicelib.newsletter.issues.trial import Deliver
from chalicelib.newsletter.sending.unreached import UnreachedReader
from chalicelib.services import Services
from infra.operator.errors import OperatorError

T = TypeVar("T")


@dataclass(frozen=True)
class Outside:
    """What a check, a test and a report need of the world."""

    account: SendingAccount
    audience: Audience
    tries: Try
    deliver: Deliver
    missed: Callable[[Issue], Iterable[UnreachedReader]]
    bounces: Callable[[str], Mapping[str, int]]


class IssueContext:
    """One member of the staff at the keyboard; everything is said in their language."""

    def __init__(self, services: Services, outside: Outside, by: str) -> None:
        """Join the parts for one of the staff. Raises RosterRefused when nobody of the id `by` is
        on the roster."""
        self.staff = services.cases.roster.require(by)
        self.lang = self.staff.reads
        self.store = services.store
        self.settings = services.settings
        self.links = services.links
        self.newsroom = services.issues.newsroom
        self.outside = outside
        self.drafting = Drafting(
            self.store,
            self.newsroom,
            self.settings,
            outside.account,
            outside.audience,
            outside.tries,
        )
        self._now = services.now

    def now(self) -> datetime:
        return self._now()

    def text(self, key: str, **facts: object) -> str:
        """Return a text of content/commands.json."""
        return str(content.commands()[key][self.lang]).format(**facts)

    def when(self, at: datetime) -> str:
        return formatting.date_and_time(at, self.lang)

    def issue(self, issue_id: str) -> Issue:
        """Return an issue that exists; raises OperatorError for all others."""
        found = issue_of(self.store, issue_id)
        if found is None:
            raise OperatorError(self.text("unknown", issue=issue_id))
        return found

    def attempt(self, change: Callable[[], T], issue_id: str) -> T:
        """Make a change, and say in words what refuses it."""
        try:
            return change()
        except Refused as error:
            raise OperatorError(self._refusal(error)) from error
        except Conflict as error:
            raise OperatorError(self.text("moved", issue=issue_id, by=self.staff.id)) from error

    def _refusal(self, error: Refused) -> str:
        if error.why == "nobody_else":
            return self.text("nobody_else")
        if error.why == "followed":
            return self.text("followed_already", issue=error.facts["issue"])
        return self.text("not_now", state=status_name(str(error.facts["state"]), self.lang))
