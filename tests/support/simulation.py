"""Random lives of cases: several people at once, and a crash at any call to store or mailer."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final, TypeVar

import samples
import truth
import typing_people
from chalicelib import content
from chalicelib.aws.keys import Keys
from chalicelib.cases.applicant import ApplicantReply
from chalicelib.cases.case import Case, case_key
from chalicelib.cases.effects import Decider
from chalicelib.cases.guards import DecisionInput
from chalicelib.cases.intake.submission import IncomingForm
from chalicelib.cases.orphans import Orphans
from chalicelib.cases.review.link import review_link
from chalicelib.cases.sending_again import SendingAgain
from chalicelib.cases.states import staff_steps
from chalicelib.core import eastern_time
from chalicelib.core.business_days import QuietHours
from chalicelib.core.errors import (
    AccountRefused,
    DeliveryFailed,
    OutcomeUnknown,
    RelaisError,
    Throttled,
)
from chalicelib.core.letter_row import key_of, tag_of
from chalicelib.core.ports import Item, Key, Mail, Write
from chalicelib.core.records import stamp
from chalicelib.core.settings import read
from chalicelib.mail.draft import Draft, LetterWriter
from chalicelib.mail.outbox import Outbox
from chalicelib.services import Services
from chalicelib.web.request import Request
from clock_steps import NOOR, QuickStore
from environment import ENVIRONMENT, RITA, SAM
from fakes import MemorySuppression, SetClock

T = TypeVar("T")
STAFF: Final = ("rita-roy", "sam-lee", "noor-ali")
CASES: Final = 3
"""How many people there are to declare: few, so that what they do meets."""


class Crash(BaseException):
    """The process died: nothing in the app may catch it."""


@dataclass(frozen=True)
class Act:
    """One thing that somebody does. `at` is the call to store or mailer at which something
    happens: a crash before (`dies` 1) or after it (2), or `meanwhile`, which somebody else does
    in that very moment. `stale`: decided on what they saw some steps ago."""

    name: str
    who: int = 0
    case: int = 0
    stale: int = 0
    at: int = 0
    dies: int = 0
    meanwhile: "Act | None" = None


class Outside:
    """Counts the calls to store and mailer, and does at one of them what the act says."""

    def __init__(self) -> None:
        self.left = -1
        self.dies = 0
        self.alone = True
        self.meanwhile: Callable[[], None] | None = None

    def expect(self, act: Act, meanwhile: Callable[[], None] | None) -> None:
        self.alone = meanwhile is None
        armed = act.dies or meanwhile is not None
        self.left, self.dies, self.meanwhile = (act.at if armed else -1), act.dies, meanwhile

    def rest(self) -> None:
        self.left, self.meanwhile, self.alone = -1, None, True

    def call(self, do: Callable[[], T]) -> T:
        if self.left < 0:
            return do()
        self.left -= 1
        if self.left >= 0:
            return do()
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
            return do()
        if self.dies == 1:
            raise Crash
        do()
        raise Crash


class OutsideStore(QuickStore):
    def __init__(self, outside: Outside) -> None:
        super().__init__()
        self.outside = outside

    def commit(self, writes: Sequence[Write]) -> None:
        self.outside.call(lambda: super(OutsideStore, self).commit(writes))

    def get(self, pk: str, sk: str) -> Item | None:
        return self.outside.call(lambda: super(OutsideStore, self).get(pk, sk))

    def rows(self, pk: str, prefix: str = "") -> list[Item]:
        return self.outside.call(
            lambda: [
                item
                for sk in sorted(s for s in self._parts.get(pk, ()) if s.startswith(prefix))
                if (item := super(OutsideStore, self).get(pk, sk)) is not None
            ]
        )

    def listed(self, state_key: str) -> Iterator[Item]:
        return self.outside.call(lambda: super(OutsideStore, self).listed(state_key))


@dataclass(frozen=True)
class Left:
    """A mail that left, and the version of the case as it was then; `alone`: nobody else did
    anything in that moment."""

    key: Key
    letter: str
    to: str
    at: str
    version: int
    alone: bool


class OutsideMailer:
    def __init__(self, outside: Outside, life: "Life") -> None:
        self._outside = outside
        self._life = life
        self.failing: list[Exception] = []

    def send(self, mail: Mail) -> str:
        return self._outside.call(lambda: self._send(mail))

    def _send(self, mail: Mail) -> str:
        failure = self.failing.pop() if self.failing else None
        if isinstance(failure, (AccountRefused, DeliveryFailed, Throttled)):
            raise failure
        if re.search(r"\bNone\b", f"{mail.subject}\n{mail.text}\n{mail.html}"):
            self._life.unwritten.append(ValueError(f"{mail.tag}: None in {mail.subject!r}"))
        noted = self._life.noted(mail.tag)
        self._life.left.append(noted)
        if noted.alone:
            now = self._life.clock()
            for fault in truth.faults(self._life.store.items, noted.key, mail, now):
                self._life.unwritten.append(ValueError(f"{mail.tag} left {fault}"))
        if failure is not None:
            raise failure
        return mail.tag


class WatchedWriter:
    """The writer of all letters; it notes what it cannot write, which the outbox survives."""

    def __init__(self, writer: LetterWriter, unwritten: list[Exception]) -> None:
        self._writer = writer
        self._unwritten = unwritten

    def write(self, row: Item, now: datetime) -> Draft | None:
        try:
            return self._writer.write(row, now)
        except RelaisError:
            raise
        except Exception as error:
            error.add_note(f"letter {row['sk']} of {row['pk']}")
            self._unwritten.append(error)
            raise


class Life:
    """What the acts are done to. `born` are the cases, in the order in which they came."""

    def __init__(self, quorum: int = 1) -> None:
        self.outside = Outside()
        self.store = OutsideStore(self.outside)
        self.clock = SetClock("2026-03-02T15:00:00+00:00")
        self.left: list[Left] = []
        self.mailer = OutsideMailer(self.outside, self)
        for one in (RITA, SAM, NOOR):
            self.store.put({**one, "deputy": "sam-lee", "manager": "noor-ali"})
        keys = Keys(links=("a" * 64,), people=b"p" * 32)
        changed = {"POSTS_PER_HOUR": "100000", "QUORUM_APPLICATION": str(quorum)}
        settings = read({**ENVIRONMENT, **changed})
        self.service = Services(
            settings, self.store, keys, self.mailer, self.clock, MemorySuppression()
        )
        self.unwritten: list[Exception] = []
        self.outbox = Outbox(
            self.store, self.mailer, WatchedWriter(self.service.mail.writers, self.unwritten),
            self.service.cases.roster, self.clock, {"CLOCK": self.service.cases.deadlines.fire},
            quiet_hours=QuietHours(),
        )  # fmt: skip
        self.service.cases.digest.ensure_scheduled()
        self.born: list[str] = []
        self.ever_away: set[str] = set()
        self.seen: dict[str, list[Case]] = {}

    def do(self, act: Act) -> None:
        """One act, from its first call to its last, or to its crash."""
        other = act.meanwhile
        self.outside.expect(act, None if other is None else lambda: self._tried(other))
        try:
            self._tried(act)
        except Crash:
            pass
        finally:
            self.outside.rest()
        self._look()

    def _tried(self, act: Act) -> None:
        try:
            _ACTS[act.name](self, act)
        except RelaisError:
            return

    def _look(self) -> None:
        """Everybody's memory of each case."""
        self.born = [key[0].removeprefix("CASE#") for key in self.store.items if key[1] == "CASE"]
        for one in self.born:
            case = Case.of(self.store.items[case_key(one)])
            memory = self.seen.setdefault(one, [])
            if not memory or memory[-1] != case:
                memory.append(case)

    def case(self, act: Act) -> Case | None:
        """The case as the one who acts last saw it."""
        if not self.born:
            return None
        memory = self.seen[self.born[act.case % len(self.born)]]
        return memory[max(len(memory) - 1 - act.stale, 0)]

    def noted(self, tag: str) -> Left:
        key = key_of(tag)
        assert key is not None
        _, _, name, to = key[1].split("#")[:4]
        item = self.store.items.get((key[0], "CASE"), {})
        return Left(
            key, name, to, stamp(self.clock()), int(item.get("version", 0)), self.outside.alone
        )

    # Acts

    def declare(self, act: Act) -> None:
        form = samples.eoi(contact_email=f"p{act.case % CASES}@example.org", org_city=f"C{act.who}")
        self.service.views.forms.intake.receive(IncomingForm("eoi", form, "fr"))

    def answer(self, act: Act) -> None:
        """What the address of a file says of a declaration beside it, as its letter asks."""
        if (case := self.case(act)) and case.beside:
            declarations = self.service.cases.kept_declarations
            file = self.seen[case.beside][-1]
            url = self.service.links.declaration(case.id, file.person)
            kept = declarations.opened(url.rpartition("/")[2])
            if act.who == 1:
                declarations.confirm(kept)
            elif act.who == 2:
                declarations.disown(kept)
            elif kept.replaceable:
                declarations.replace(kept, kept.replaceable[act.at % len(kept.replaceable)])

    def apply(self, act: Act) -> None:
        if case := self.case(act):
            form = samples.application(applicant_email=case.email, fid_city=f"C{act.who}")
            invite = self.service.links.invite(case.id, case.person, "fr").partition("invite=")[2]
            self.service.views.forms.intake.receive(
                IncomingForm("application", form, "fr", invite=invite)
            )

    def apply_uninvited(self, act: Act) -> None:
        form = samples.application(applicant_email=f"q{act.case % CASES}@example.org")
        self.service.views.forms.intake.receive(IncomingForm("application", form, "fr"))

    def reply(self, act: Act) -> None:
        if case := self.case(act):
            self.service.cases.applicant.reply(case, ApplicantReply(f"Réponse {act.who}"))

    def withdraw(self, act: Act) -> None:
        if case := self.case(act):
            self.service.cases.applicant.withdraw(case, "")

    def readdress(self, act: Act) -> None:
        if case := self.case(act):
            self.service.cases.applicant.correct_address(
                case, f"n{act.who}{act.case}@example.org", by="rita-roy"
            )

    def staff(self, act: Act) -> None:
        name = act.name
        if case := self.case(act):
            by = STAFF[act.who % len(STAFF)]
            if not self.store.items["STAFF", by]["active"]:
                return
            days = (30, 2, 75, 9)[act.at % 4]
            soon = str((self.clock() + timedelta(days=days)).date())
            dated = name in ("postpone", "reopen") or (name != "decline" and act.at % 2)
            word = DecisionInput(
                reasons=("not_ci",) if name == "decline" else (),
                message="Pourquoi?" if name in ("ask", "reopen") else "",
                conditions=(("Un fiduciaire", soon),) if name == "conditions" else (),
                colleague=STAFF[(act.who + 1) % 3] if name == "assign" else "",
                met=tuple(str(n) for n in range(10)) if name == "conditions_met" else (),
                new_days=tuple((str(n), soon) for n in range(5)) if dated else (),
                leaves="hour" if name in HELD and act.at % 3 == 0 else "",
            )
            self.service.cases.decisions.act(case, name, Decider(by, by), word)

    def link(self, act: Act) -> None:
        if (orphan := self.case(act)) and self.born:
            memory = self.seen[self.born[act.who % len(self.born)]]
            by = Decider("rita-roy", "Rita Roy")
            Orphans(self.store, self.service.cases.roster, self.clock).link(orphan, memory[-1], by)

    def away(self, act: Act) -> None:
        row = self.store.items["STAFF", STAFF[act.who % 3]]
        self.ever_away.add(row["sk"])
        if "away_until" in row:
            self.store.put({k: v for k, v in row.items() if k != "away_until"})
        else:
            back = str((self.clock() + timedelta(days=9)).date())
            self.store.put({**row, "away_until": back})

    def roster(self, act: Act) -> None:
        """Somebody leaves the staff, or comes back; one of them stays."""
        row = self.store.items["STAFF", STAFF[act.who % 3]]
        self.ever_away.add(row["sk"])
        others = [self.store.items["STAFF", one]["active"] for one in STAFF if one != row["sk"]]
        if any(others):
            self.store.put({**row, "active": not row["active"]})

    def quorum(self, act: Act) -> None:
        """It takes as many votes as this from now on."""
        self.service.cases.decisions._quorum = 1 + act.who % 2

    def rename(self, act: Act) -> None:
        """The programme gives its cycle another name, or none."""
        content.programme()["cycle"] = (None, "printemps", "2031")[act.who % 3]

    def new_year(self, act: Act) -> None:
        local = eastern_time.local(self.clock())
        self.clock.now = local.replace(
            year=local.year + 1, month=1, day=1, hour=0, minute=30
        ).astimezone(UTC)

    def look(self, act: Act) -> None:
        """The applicant opens the page of their file, or staff theirs."""
        if not self.born:
            return
        case = Case.of(self.store.items[case_key(self.born[act.case % len(self.born)])])
        request = Request("GET", {"accept": "text/html"}, {}, b"", "192.0.2.1")
        if act.who % 2:
            url, hashed, _ = self.service.links.new_review()
            by = STAFF[act.at % 3]
            allowed = staff_steps(case.state)
            link = review_link(hashed, case=case, recipient=by, allowed=allowed, now=self.clock())
            self.store.put({name: value for name, value in link.items() if value is not None})
            page = self.service.views.review.show(request, url.rpartition("/")[2])
        else:
            url = self.service.links.file(case.id, case.person)
            page = self.service.views.file.show(request, url.rpartition("/")[2])
            # What somebody did meanwhile may be on the page already.
            last = Case.of(self.store.items[case_key(case.id)])
            leaks = [
                truth.leaks(self.store.items, at, page.body, self.clock()) for at in (case, last)
            ]
            for leak in min(leaks, key=len):
                self.unwritten.append(ValueError(f"{case.id}: its page shows {leak}"))
        assert page.status < 500

    def type_answer(self, act: Act) -> None:
        if case := self.case(act):
            typing_people.writes_to_file(self, act, case)

    def type_decision(self, act: Act) -> None:
        if case := self.case(act):
            typing_people.decides_on_page(self, act, case, STAFF[act.who % len(STAFF)])

    def confirm_address(self, act: Act) -> None:
        if case := self.case(act):
            typing_people.confirms_address(self, act, case)

    def ask_links(self, act: Act) -> None:
        if case := self.case(act):
            typing_people.asks_for_links(self, case.mail_to)

    def copy(self, act: Act) -> None:
        if case := self.case(act):
            self.service.cases.applicant.mail_copy(case)

    def apply_by_reference(self, act: Act) -> None:
        if case := self.case(act):
            form = samples.application(applicant_email=case.email, fid_city=f"R{act.who}{act.at}")
            self.service.views.forms.intake.receive(
                IncomingForm("application", form, "fr", ref=case.ref)
            )

    def claim(self, act: Act) -> None:
        """The address of a file answers what an application said of it."""
        if (orphan := self.case(act)) and orphan.claims:
            file = self.seen[orphan.claims][-1]
            typing_people.answers_claim(self, act, orphan, file.person)

    def crowd(self, act: Act) -> None:
        """So many forms came today for one mailbox that the next is held for staff to release."""
        for number in range(12):
            form = samples.eoi(contact_email=f"p0+{number}@example.org")
            self.service.views.forms.intake.receive(IncomingForm("eoi", form, "fr"))

    def release(self, act: Act) -> None:
        held = [one for one in self.born if self.seen[one][-1].state == "HELD_AS_SPAM"]
        if held:
            case = self.seen[held[act.case % len(held)]][-1]
            self.service.cases.decisions.release(case, Decider("operator", "operator"))

    def correct_form(self, act: Act) -> None:
        """An answer to a question, with the whole form corrected."""
        if (case := self.case(act)) and case.answers and case.application is None:
            given = {**case.answers, "org_city": f"K{act.who}{act.at}"}
            self.service.cases.applicant.reply(case, ApplicantReply(f"Corrigé {act.who}", given))

    def fail(self, act: Act) -> None:
        """The next mail fails: for now, for good, or nobody knows."""
        self.mailer.failing += [
            (DeliveryFailed("busy", permanent=False), DeliveryFailed("no", permanent=True),
             OutcomeUnknown("lost"), AccountRefused("not verified"), Throttled("busy"))[act.who % 5]
        ] * (1, 1, 4)[act.stale]  # fmt: skip

    def bounce(self, act: Act) -> None:
        if self.left:
            one = self.left[act.case % len(self.left)]
            tag = tag_of(*one.key)
            back = {"bounceType": "Permanent", "bouncedRecipients": []}
            mail = {"tags": {"mail": [tag]}, "messageId": "m"}
            self.service.delivery_events.settle(
                {"eventType": "Bounce", "mail": mail, "bounce": back}
            )

    def complain(self, act: Act) -> None:
        if self.left:
            tag = tag_of(*self.left[act.case % len(self.left)].key)
            mail = {"tags": {"mail": [tag]}, "messageId": "m"}
            report = {"eventType": "Complaint", "mail": mail, "complaint": {}}
            self.service.delivery_events.settle(report)

    def send_again(self, act: Act) -> None:
        if case := self.case(act):
            by = STAFF[act.who % len(STAFF)]
            SendingAgain(
                self.store, self.service.lookup, self.service.cases.roster, self.clock
            ).send(case, Decider(by, by))

    def stream(self, act: Act) -> None:
        """The stream brings one letter that was just stored."""
        owed = [k for k, i in self.store.items.items() if i.get("status") == "owed"]
        if owed:
            self.outbox.deliver(owed[-1 - act.who % len(owed)])

    def sweep(self, act: Act) -> None:
        outcomes = self.outbox.sweep()
        assert "error" not in outcomes, outcomes

    def wait(self, act: Act) -> None:
        self.clock.pass_(**_WAITS[act.name])

    def likely(self, act: Act) -> None:
        """What people mostly do where the case is now."""
        if self.born:
            case = Case.of(self.store.items[case_key(self.born[act.case % len(self.born)])])
            names = (
                ("undo", "undo_over", "undo_over", "withdraw")
                if case.undo_open(self.clock())
                else (_LIKELY.get(case.state, ("reopen",)))
            )
            name = names[act.who % len(names)]
            _ACTS[name](self, replace(act, name=name, who=act.at))

    # The end

    def settle(self) -> None:
        """Three quiet days and nights: whatever was cut off is taken up again."""
        self.mailer.failing.clear()
        for hours in (0, 1, 24, 24, 24):
            self.clock.pass_(hours=hours, minutes=1)
            for _ in range(60):
                before = dict(self.store.waiting)
                self.sweep(Act("sweep"))
                if before == self.store.waiting:
                    break


_WAITS: Final[dict[str, dict[str, float]]] = {
    "minutes": {"minutes": 4},
    "undo_over": {"minutes": 11},
    "night": {"hours": 9},
    "days": {"days": 2, "hours": 3},
    "week": {"days": 8},
    "month": {"days": 24},
    "season": {"days": 190},
    "years": {"days": 800},
}

HELD: Final = ("approve", "decline", "ask")
"""Decisions whose letters can wait, wherever they are made; a few wait for an hour."""

STEPS: Final = (
    "approve", "decline", "ask", "conditions", "waitlist", "undo", "undo", "extend", "reopen",
    "conditions_met", "assign", "recuse", "treat_as_eoi", "postpone",
)  # fmt: skip

_ACTS: Final[dict[str, Callable[[Life, Act], None]]] = {
    "declare": Life.declare,
    "apply": Life.apply,
    "apply_uninvited": Life.apply_uninvited,
    "answer": Life.answer,
    "reply": Life.reply,
    "withdraw": Life.withdraw,
    "readdress": Life.readdress,
    "link": Life.link,
    "away": Life.away,
    "roster": Life.roster,
    "quorum": Life.quorum,
    "rename": Life.rename,
    "new_year": Life.new_year,
    "look": Life.look,
    "fail": Life.fail,
    "bounce": Life.bounce,
    "complain": Life.complain,
    "send_again": Life.send_again,
    "stream": Life.stream,
    "sweep": Life.sweep,
    "likely": Life.likely,
    "type_answer": Life.type_answer,
    "type_decision": Life.type_decision,
    "confirm_address": Life.confirm_address,
    "ask_links": Life.ask_links,
    "copy": Life.copy,
    "apply_by_reference": Life.apply_by_reference,
    "claim": Life.claim,
    "crowd": Life.crowd,
    "release": Life.release,
    "correct_form": Life.correct_form,
    **dict.fromkeys(STEPS, Life.staff),
    **dict.fromkeys(_WAITS, Life.wait),
}

_LIKELY: Final = {
    "EOI_PENDING": ("approve", "ask", "approve", "decline"),
    "EOI_INFO_REQUESTED": ("reply", "type_answer", "week", "correct_form"),
    "EOI_APPROVED": ("apply", "apply", "apply_by_reference", "extend"),
    "INVITE_EXPIRED": ("extend",),
    "APP_PENDING": ("approve", "conditions", "waitlist", "conditions"),
    "APP_INFO_REQUESTED": ("reply", "days", "week", "sweep"),
    "APP_WAITLISTED": ("approve", "decline", "month", "month"),
    "APP_CONDITIONAL": ("conditions_met", "postpone", "month", "decline"),
    "EOI_TO_CONFIRM": ("answer", "answer", "answer", "week"),
    "ORPHAN_APP": ("link", "treat_as_eoi", "decline", "claim"),
    "HELD_AS_SPAM": ("release",),
    "ANONYMISED": ("declare",),
}

NAMES: Final = (
    *("likely",) * 36, *_ACTS, *STEPS, "undo", "declare", "apply", "answer", "reply", "stream", "sweep", "sweep",
    "sweep", "fail", "bounce", "send_again", "type_answer", "type_decision", "look", "look",
)  # fmt: skip
"""What may happen, the likelier the oftener."""

MOST_ACTS: Final = 60
"""Acts of the longest life."""


def random_acts(random: Random) -> list[Act]:
    """A life, from nothing to anywhere: an act in four meets another one, or a crash."""
    return [_random_act(random) for _ in range(random.randint(12, MOST_ACTS))]


def _random_act(random: Random, *, alone: bool = False) -> Act:
    act = Act(
        name=random.choice(NAMES),
        who=random.randrange(4),
        case=random.choice((0, 0, 0, 1, 2, 3)),
        stale=random.choice((0, 0, 0, 0, 1, 2)),
        at=random.randrange(13),
    )
    if alone or random.random() < 0.75:
        return act
    if random.random() < 0.5:
        return replace(act, dies=random.choice((1, 2)))
    return replace(act, meanwhile=_random_act(random, alone=True))


CLOCKS: Final = {
    "EOI_PENDING": "A", "APP_PENDING": "A", "EOI_INFO_REQUESTED": "B", "APP_INFO_REQUESTED": "B",
    "EOI_APPROVED": "C", "APP_CONDITIONAL": "D", "APP_WAITLISTED": "E", "ORPHAN_APP": "O",
    "EOI_TO_CONFIRM": "K", "ANONYMISED": "X",
}  # fmt: skip
"""The clock that runs in a state; what is not named here has ended, and is erased in time."""


def runs(life: Life, case: Case) -> bool:
    """Whether a clock runs for a case, as its state wants: nobody has to keep a list."""
    clock = CLOCKS.get(case.state, "R")
    row: dict[str, Any] | None = life.store.items.get((case.key[0], f"CLOCK#{clock}"))
    return clock == "X" or (row is not None and "due_at" in row)
