"""Two people with several addresses each, and a stranger, in any order: what never happens."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from chalice.test import Client
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

import app as application
from chalicelib.aws.keys import Keys
from chalicelib.core.records import stamp
from chalicelib.core.settings import read
from chalicelib.newsletter.subscribers import subscriber
from chalicelib.newsletter.subscribers.erasure import erase
from chalicelib.newsletter.subscribers.subscriber import Subscriber
from chalicelib.services import Services
from environment import ENVIRONMENT
from fakes import MemoryMailer, MemoryStore, MemorySuppression, SetClock
from subscribers import Person
from visitor import Visitor

OWNERS = {
    "ada@example.org": "ada", "ada.roy@example.org": "ada", "bea@example.org": "bea",
    "mallory@example.net": "mallory", "mallory.too@example.net": "mallory",
}  # fmt: skip
ADDRESSES = st.sampled_from(sorted(OWNERS))
LINKS = st.integers(min_value=0, max_value=3)
"""Which of the links of a mailbox is pressed, from the newest one."""
ACTIONS = st.sampled_from(["choose", "pause", "leave", "export", "erase", "stay"])


class Newsletter(RuleBasedStateMachine):
    """Each link is pressed by the owner of the mailbox that it came to, however old it is."""

    def __init__(self) -> None:
        super().__init__()
        self.store, self.mailer, self.clock = MemoryStore(), MemoryMailer(), SetClock()
        keys = Keys(links=("a" * 64,), people=b"p" * 32)
        given = read(ENVIRONMENT).model_copy(update={"signups_per_hour": 10_000})
        self.service = Services(
            given, self.store, keys, self.mailer, self.clock, MemorySuppression()
        )
        self.people = {
            email: Person(self.service, self.mailer, self.clock, email) for email in OWNERS
        }
        self.confirmed: Counter[str] = Counter()
        self.erased: set[str] = set()

    @initialize()
    def open_the_app(self) -> None:
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(application, "services", lambda: self.service)
        self.patch.setattr(application, "settings", lambda: self.service.settings)
        self.client = Client(application.app)
        self.client.__enter__()
        self.visitor = Visitor(self.client)
        for email in ("ada@example.org", "mallory@example.net"):
            self.people[email].joined()
            self.confirmed[email] = 1

    def teardown(self) -> None:
        self.client.__exit__(None, None, None)
        self.patch.undo()

    # ------------------------------------------------------------ what anybody can do

    @rule(email=ADDRESSES, lang=st.sampled_from(["fr", "en"]), odd=st.booleans())
    def sign_up(self, email: str, lang: str, odd: bool) -> None:
        with self.nobody_gets_in():
            trap = {"website": "x", "person": "yes"} if odd else {}
            form = {"email": email, "language": lang, "consent": True, **trap}
            assert self.visitor.send("/newsletter", form).status_code == 202
            self.erased.discard(email)
            self.people[email].deliver()

    @rule(email=ADDRESSES, number=LINKS)
    def press(self, email: str, number: int) -> None:
        """Press a link to confirm that came to this very mailbox, at any time."""
        links = self.links(email, "confirm")
        if not links:
            return
        link = links[number % len(links)]
        token = link.rpartition("/")[2]
        mover = self.mover_of(token)
        if mover and self.known_only_by(mover, email):
            return  # Nobody says that another's subscription is theirs.
        before, active = self.rows(), self.express()
        answer = self.visitor.send(link, {})
        outcome = answer.json_body["status"]
        self.only_of_changed(before, {OWNERS[email], OWNERS.get(mover, "")})
        assert self.express() - active <= {email}
        if outcome == "confirmed":
            self.confirmed[email] += 1
            row = self.people[email].row
            assert row is not None
            if not mover:
                self.says_what_the_letter_said(token, row.lang)
        self.people[email].deliver()

    @rule(email=ADDRESSES, number=LINKS)
    def cancel(self, email: str, number: int) -> None:
        links = self.links(email, "unsubscribe")
        if links:
            with self.by(email):
                active = {one for one in OWNERS if self.people[one].status == subscriber.ACTIVE}
                self.visitor.send(links[number % len(links)], {"page": "1"})
                assert active == {
                    one for one in OWNERS if self.people[one].status == subscriber.ACTIVE
                } or not self.mailer.to(email)[-1].subject.startswith(("Confirm", "Rappel"))

    @rule(email=ADDRESSES)
    def leave(self, email: str) -> None:
        if self.mailer.to(email):
            with self.by(email):
                self.visitor.send(self.people[email].leave_link(), {"page": "1"})

    @rule(email=ADDRESSES, action=ACTIONS)
    def act(self, email: str, action: str) -> None:
        """Use the link to the preferences, which whoever was once subscribed has in a mail."""
        if not self.links(email, "preferences") and not self.confirmed[email]:
            return
        fields = {"action": action, "language": "en", "topics": ["news"], "confirm": "on"}
        repository = self.service.subscribers.repository
        gone = self.addresses(repository.current(self.people[email].id), email)
        with self.by(email):
            answer = self.visitor.send(self.preferences(email), fields)
        if answer.status_code != 200:
            return
        if action == "export":
            others = [one for one in OWNERS if OWNERS[one] != OWNERS[email]]
            assert not [one for one in others if self.people[one].id in answer.body.decode()]
        if action == "erase":
            self.note_erased(gone)

    @rule(email=ADDRESSES, to=ADDRESSES)
    def move(self, email: str, to: str) -> None:
        if self.people[email].status != subscriber.ACTIVE or email == to:
            return
        with self.nobody_gets_in():
            self.clock.pass_(hours=1)
            self.visitor.send(self.preferences(email), {"action": "move", "email": to})
            self.erased.discard(to)
            self.people[email].deliver()

    @rule(
        email=st.sampled_from(["ada@example.org", "mallory@example.net"]),
        first=ADDRESSES,
        then=ADDRESSES,
        press=st.sampled_from(["first", "then", ""]),
    )
    def change_one_s_mind(self, email: str, first: str, then: str, press: str) -> None:
        for to in (first, then):
            self.clock.pass_(hours=40)
            self.move(email, to)
        if press:
            self.press({"first": first, "then": then}[press], 0)

    # ------------------------------------------------------------ what staff, SES and time do

    @rule(email=ADDRESSES)
    def import_(self, email: str) -> None:
        with self.nobody_gets_in():
            if self.people[email].imported() == "imported":
                self.erased.discard(email)

    @rule(email=ADDRESSES, what=st.sampled_from(["bounced", "complained"]))
    def tell(self, email: str, what: str) -> None:
        feedback, person = self.service.subscribers.feedback, self.people[email].id
        with self.nobody_gets_in():
            if what == "bounced":
                feedback.bounced(person, hard=True, at=stamp(self.clock()))
            else:
                feedback.complained(person)

    @rule(email=ADDRESSES)
    def erase_by_staff(self, email: str) -> None:
        repository = self.service.subscribers.repository
        with self.nobody_gets_in():
            last = repository.latest(self.people[email].id)
            gone = self.addresses(last, email)
            erase(repository, last.person if last else self.people[email].id)
            self.note_erased(gone)

    @rule(hours=st.sampled_from([1, 2, 50, 200, 400]))
    def wait(self, hours: int) -> None:
        with self.nobody_gets_in():
            self.clock.pass_(hours=hours)
            self.people["ada@example.org"].deliver()

    # ------------------------------------------------------------ what holds

    @invariant()
    def nothing_is_left_of_who_was_erased(self) -> None:
        rows = str(self.store.items)
        for email in self.erased:
            assert email not in rows

    @invariant()
    def the_proof_tells_what_happened(self) -> None:
        for email, one in self.people.items():
            found = self.service.subscribers.repository.consents(one.id)
            told = sum(row["consent"] == "express" for row in found)
            if one.status == subscriber.ACTIVE:
                assert told == self.confirmed[email], email
            elif not found:
                self.confirmed[email] = 0

    @invariant()
    def who_complained_is_never_in(self) -> None:
        for one in self.people.values():
            row = one.row
            assert row is None or not row.refuses_mail or row.status != subscriber.ACTIVE

    # ------------------------------------------------------------ helpers

    def links(self, email: str, page: str) -> Sequence[str]:
        import re

        text = "\n".join(mail.text for mail in self.mailer.to(email))
        found = dict.fromkeys(re.findall(rf"/newsletter/{page}/[\w.~-]+", text))
        return list(found)[::-1]

    def preferences(self, email: str) -> str:
        link = self.service.links.preferences(self.people[email].id)
        return link.removeprefix(self.service.settings.public_url)

    def mover_of(self, token: str) -> str:
        from chalicelib.core.errors import BadLink

        try:
            person, _, _ = self.service.links.open_move(token)
        except BadLink:
            return ""
        return next(email for email, one in self.people.items() if one.id == person)

    def known_only_by(self, mover: str, email: str) -> bool:
        """Whether a press would say that a subscription of another is one's own first one."""
        return OWNERS[mover] != OWNERS[email] and self.people[email].row is None

    def says_what_the_letter_said(self, token: str, lang: str) -> None:
        from chalicelib.core.errors import BadLink

        try:
            of_link = self.service.links.open_confirm(token)[3]
        except BadLink:
            return
        assert lang == of_link

    def express(self) -> set[str]:
        rows = {email: one.row for email, one in self.people.items()}
        return {
            email
            for email, row in rows.items()
            if row and row.status == subscriber.ACTIVE and row.basis == subscriber.EXPRESS
        }

    def rows(self) -> dict[str, Any]:
        """Everything of each person but the limits, which are of an address and not of a right."""
        ids = {one.id: OWNERS[email] for email, one in self.people.items()}
        found: dict[str, Any] = {owner: {} for owner in ids.values()}
        for key, item in self.store.items.items():
            owner = ids.get(key[0].partition("#")[2])
            if owner and item["kind"] not in ("limit", "rate"):
                found[owner][key] = dict(item)
        return found

    def only_of_changed(self, before: dict[str, Any], whose: set[str]) -> None:
        after = self.rows()
        changed = {owner for owner in after if after[owner] != before[owner]}
        assert changed <= whose

    @contextmanager
    def by(self, email: str) -> Iterator[None]:
        """Nothing changes of anybody who did not move to this very address, and nobody gets in."""
        before, row = self.rows(), self.people[email].row
        ids = {one.id: OWNERS[other] for other, one in self.people.items()}
        moved = {ids[one["person"]] for one in row.moved_from} if row else set()
        with self.nobody_gets_in():
            yield
        self.only_of_changed(before, {OWNERS[email]} | moved)

    @contextmanager
    def nobody_gets_in(self) -> Iterator[None]:
        active = self.express()
        yield
        assert self.express() <= active

    def addresses(self, last: Subscriber | None, email: str) -> set[str]:
        """All that go with the erasure of one."""
        repository = self.service.subscribers.repository
        gone = {self.people[email].id}
        if last:
            gone = {last.person, *(one["person"] for one in repository.left_behind(last))}
        return {email for email, one in self.people.items() if one.id in gone}

    def note_erased(self, gone: set[str]) -> None:
        self.erased.update(gone)
        self.confirmed.update({one: -self.confirmed[one] for one in gone})


def test_no_order_of_links_and_posts_lets_a_stranger_in() -> None:
    run_state_machine_as_test(
        Newsletter,
        settings=settings(
            max_examples=40, stateful_step_count=30, derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
