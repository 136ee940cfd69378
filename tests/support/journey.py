"""The way of a case through the app, as applicants and staff go it, for the tests of its life."""

import re
from collections.abc import Callable
from typing import Any

from chalice.test import HTTPResponse

import samples
from chalicelib.cases.case import Case
from chalicelib.core import references
from chalicelib.core.settings import read
from chalicelib.services import Services
from environment import ENVIRONMENT
from fakes import MemoryMailer, MemoryStore, SetClock
from visitor import Visitor, hidden, token

ADA = "ada.tremblay@example.org"
RITA = "rita.roy@example.org"
SAM = "sam.lee@example.org"
UNDO = 600


class Journey:
    def __init__(
        self, visitor: Visitor, service: Services, store: MemoryStore, mailer: MemoryMailer,
        clock: SetClock, serve: Callable[[Services], None],
    ) -> None:  # fmt: skip
        self.visitor = visitor
        self.service = service
        self.store = store
        self.mailer = mailer
        self.clock = clock
        self._serve = serve

    def settings(self, **changed: str) -> None:
        """The same store, mail and clock behind other settings."""
        again = Services(
            read({**ENVIRONMENT, **changed}), self.store, self.service.secret, self.mailer,
            self.clock, objects=self.service.parts.objects(),
        )  # fmt: skip
        self.service = again
        self._serve(again)

    def deliver(self) -> None:
        while {"sent", "spread"} & set(self.service.mail.outbox.sweep()):
            pass

    def after_undo(self) -> None:
        self.deliver()
        self.clock.pass_(seconds=UNDO)
        self.deliver()

    # The applicant's side
    def declare(self, address: str = ADA, **answers: Any) -> Case:
        told = self.visitor.send("/forms/eoi", samples.eoi(contact_email=address, **answers))
        assert told.status_code == 201, told.body
        self.deliver()
        return self.case(told.json_body["ref"])

    def invite(self, address: str = ADA) -> str:
        return token(self.letters(address, "invite=")[-1], "invite")

    def apply(self, address: str = ADA, **answers: Any) -> Case:
        """From nothing to an application under review."""
        self.declare(address)
        self.decide(RITA, decision="approve")
        self.after_undo()
        given = samples.application(applicant_email=address, **answers)
        told = self.visitor.send("/forms/application", {**given, "invite": self.invite(address)})
        assert told.status_code == 201, told.body
        self.deliver()
        return self.case(told.json_body["ref"])

    def own(self, address: str = ADA) -> str:
        return f"/file/{token(self.letters(address, '/file/')[-1], 'file')}"

    def do(self, path: str, look: str = "", **fields: str) -> HTTPResponse:
        """Opens a page of one's own file, and sends its form."""
        page = self.visitor.page(f"{path}{look}").body.decode()
        given = {"nonce": hidden(page, "nonce"), "confirm": "on", **fields}
        return self.visitor.submit(path, list(given.items()))

    # The staff's side
    def review(self, address: str) -> str:
        return f"/review/{token(self.letters(address, '/review/')[-1], 'review')}"

    def code(self, address: str) -> str:
        found = re.findall(r"(?:décider\u00a0|decide): ([2-9A-Z]{4})",
                           "\n".join(self.letters(address, "/review/")))  # fmt: skip
        return str(found[-1])

    def decide(self, whose: str, **fields: str) -> HTTPResponse:
        return self.press(self.review(whose), **fields)

    def press(self, path: str, **fields: str) -> HTTPResponse:
        page = self.visitor.page(path).body.decode()
        given = {"nonce": hidden(page, "nonce"), "confirm": "on", **fields}
        return self.visitor.submit(path, list(given.items()))

    def fresh(self, address: str) -> str:
        """A fresh link to the file of the last letter, as its old page offers it."""
        self.clock.pass_(minutes=2)
        self.visitor.submit(self.review(address), [("decision", "fresh")])
        self.deliver()
        return self.review(address)

    # What is kept and was sent
    def letters(self, address: str, with_: str = "") -> list[str]:
        return [mail.text for mail in self.mailer.to(address) if with_ in mail.text]

    def subjects(self, address: str) -> list[str]:
        return [mail.subject for mail in self.mailer.to(address)]

    def case(self, ref: str) -> Case:
        found = self.service.lookup.case(references.file_number_of(ref))
        assert found is not None
        return found

    def again(self, case: Case) -> Case:
        return self.case(case.ref)

    def events(self, case: Case) -> list[str]:
        return [row["event"] for row in self.service.lookup.history(case)]

    def attempts(self, case: Case) -> list[dict[str, Any]]:
        return [row for row in self.store.kinds("attempt") if row["pk"] == case.key[0]]
