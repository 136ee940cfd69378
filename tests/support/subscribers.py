"""Somebody who signs up, in memory: what the tests of the newsletter's people share."""

import re
from collections.abc import Callable
from typing import Any

from chalicelib.core.records import moment, stamp
from chalicelib.newsletter.subscribers import subscriber
from chalicelib.newsletter.subscribers.erasure import erase
from chalicelib.newsletter.subscribers.signup import Evidence, Wish
from chalicelib.newsletter.subscribers.subscriber import Subscriber
from chalicelib.services import Services
from fakes import MemoryMailer, SetClock

ADA = "ada@example.org"
SEEN = Evidence("https://www.example.org/fr/infolettre", "192.0.2.0/24", "Firefox")

IMPORT = "email,lang,basis,since,evidence\n"


def wish(email: str = ADA, **changes: Any) -> Wish:
    return Wish(**{"email": email, "lang": "fr", "method": "web_form", "evidence": SEEN, **changes})


class Person:
    """One address, and everything that can happen to it."""

    def __init__(
        self, service: Services, mailer: MemoryMailer, clock: SetClock, email: str = ADA
    ) -> None:
        self.service = service
        self.mailer = mailer
        self.clock = clock
        self.email = email
        self.id = service.subscribers.sign_ups.person(email)

    @property
    def row(self) -> Subscriber | None:
        return self.service.subscribers.repository.get(self.id)

    @property
    def status(self) -> str:
        return self.row.status if self.row else "NONE"

    def sign_up(self, **changes: Any) -> str:
        # The hour since the last mail is over.
        self.clock.pass_(minutes=61)
        outcome = self.service.subscribers.sign_ups.ask(wish(self.email, **changes))
        self.deliver()
        return outcome

    def confirm(self) -> str:
        row = self.row
        assert row is not None
        assert row.request is not None
        asked = moment(row.request["asked_at"])
        return self.service.subscribers.subscriptions.confirm(self.id, asked)

    def confirm_any(self) -> str:
        """Whatever became of the request meanwhile."""
        return self.service.subscribers.subscriptions.confirm(self.id, self.clock())

    def joined(self) -> "Person":
        self.sign_up()
        assert self.confirm() == "confirmed"
        return self

    def keep(self) -> str:
        """Press the link of the letter that asks to keep an implied consent."""
        row = self.row
        until = moment(row.expires_at) if row and row.expires_at else self.clock()
        return self.service.subscribers.subscriptions.keep(self.id, until)

    def move(self, to: "Person") -> str:
        """Ask for another address, and press the link of the letter to it."""
        self.clock.pass_(hours=2)
        assert self.service.subscribers.preferences.move(self.id, to.email) == "asked"
        asked = self.clock()
        self.deliver()
        return self.service.subscribers.preferences.confirm_move(self.id, to.id, asked)

    def imported(self, days_ago: int = 10, basis: str = "member") -> str:
        since = self.clock().date().fromordinal(self.clock().date().toordinal() - days_ago)
        line = f"{self.email},fr,{basis},{since},Register of members of 2026"
        (told,) = self.service.subscribers.imports.run(
            (IMPORT + line).encode(), by="rita", write=True
        )
        return told.outcome

    def deliver(self) -> dict[str, int]:
        found: dict[str, int] = {}
        while outcomes := self.service.mail.outbox.sweep():
            for outcome, count in outcomes.items():
                found[outcome] = found.get(outcome, 0) + count
        return found

    def leave_link(self, issue: str = "") -> str:
        """The path of the link to leave, as it stands in an issue."""
        links = self.service.links
        return links.unsubscribe(self.id, issue).removeprefix(self.service.settings.public_url)

    def link(self, page: str) -> str:
        """The path of the newest link of a page in the mail to this address."""
        text = "\n".join(mail.text for mail in self.mailer.to(self.email))
        return str(re.findall(rf"/newsletter/{page}/[\w.~-]+", text)[-1])


Make = Callable[..., Person]


def into(person: Person, status: str) -> None:
    """Brings somebody into a state by the events that lead there."""
    subscriptions = person.service.subscribers.subscriptions
    now = stamp(person.clock())
    if status == "NONE":
        return
    if status == subscriber.PENDING:
        person.sign_up()
    elif status == subscriber.EXPIRED:
        person.imported()
        person.clock.pass_(days=800)
        person.deliver()
    elif status == "IMPLIED":
        person.imported()
    else:
        person.joined()
    match status:
        case subscriber.UNSUBSCRIBED:
            subscriptions.leave(person.id, channel="page")
        case subscriber.BOUNCED:
            person.service.subscribers.feedback.bounced(person.id, hard=True, at=now)
        case subscriber.COMPLAINED:
            person.service.subscribers.feedback.complained(person.id)
        case subscriber.ERASED:
            erase(person.service.subscribers.repository, person.id)
