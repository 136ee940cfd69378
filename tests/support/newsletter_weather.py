"""Random weather over the whole newsletter: people, staff, SES and deaths, while an issue is sent.

A seed gives a run: somebody acts at any step, and in the middle of any call of the store too. After
each step the figures must add up, and at the end be what happened outside.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from chalicelib.aws.keys import Keys
from chalicelib.core.errors import Conflict, Refused, RelaisError
from chalicelib.core.languages import LANGS
from chalicelib.core.links import person_key
from chalicelib.core.ports import Key
from chalicelib.core.records import stamp
from chalicelib.core.settings import Settings, read
from chalicelib.newsletter.issue_counts import (
    COUNTED,
    Readership,
    by_language,
    by_topic,
    counted,
    figures,
    shown,
)
from chalicelib.newsletter.issues.issue import (
    APPROVED,
    AUTO_PAUSED,
    CANCELLED,
    PAUSED,
    SENDING,
    SENT,
    Issue,
    issue_of,
    text_key,
)
from chalicelib.newsletter.sending.keys import batch_key, row_of
from chalicelib.newsletter.sending.ports import Bulk, Job
from chalicelib.newsletter.subscribers.erasure import erase
from chalicelib.newsletter.subscribers.growth import growth_of
from chalicelib.services import Services
from environment import ENVIRONMENT, RITA, SAM
from fakes import MemoryMailer, MemorySuppression, SetClock
from sent_issue import ISSUE, enrol, reader, scheduled
from subscribers import IMPORT, wish
from weather_outside import CALM, Chances, Died, OpenStore, Ses

KEY: Final = b"p" * 32
PEOPLE: Final = 14
TOPICS: Final = ("news", "events")
STARTS: Final = (
    "2026-03-02T15:00:00+00:00", "2026-12-31T23:52:00+00:00", "2027-01-01T04:53:00+00:00",
)  # fmt: skip
"""An afternoon, and a few minutes before the year ends: in UTC, and in Eastern Time."""

HEARD_WITHIN: Final = timedelta(seconds=1)
"""How long after a pause a call may still be made."""

EVENT_WAIT: Final = timedelta(minutes=4)
"""How long an event lies in its queue, at most."""

LOST_MESSAGE: Final = 90
"""Seconds until the message of a worker that died comes again."""

CHANNELS: Final = ("header", "page", "mailto")
TRUTHS: Final = {
    "Delivery": "delivered", "soft": "soft", "Bounce": "bounced", "Complaint": "complained",
    "Reject": "rejected",
}  # fmt: skip


@dataclass
class Found:
    """What a run came to: the last four must be nothing."""

    seed: int
    steps: int = 0
    deaths: int = 0
    mailed: int = 0
    acts: Counter[str] = field(default_factory=Counter)
    outcome: str = ""


class Weather:
    """One issue, its readers and its staff, under a sky of its own."""

    def __init__(self, seed: int) -> None:
        self.luck = Random(seed)
        self.found = Found(seed)
        self.odds = Chances()
        self.clock = SetClock(self.luck.choice(STARTS))
        self.store = OpenStore()
        self.mailer = MemoryMailer()
        self.ses = Ses(self)
        self.jobs: list[tuple[datetime, int, Job]] = []
        self._made = 0
        self._mortal = self._acting = self._busy = False
        self._told: set[tuple[str, str]] = set()
        self.given: Settings = read(ENVIRONMENT).model_copy(
            update={"signups_per_hour": 10_000, "issue_rate": 1_000}
        )
        for staff in (RITA, SAM):
            self.store.put(staff)
        self.moved: dict[str, str] = {}
        self.allowed: set[str] = set()
        """Addresses that may be written to, as their owners know it."""
        self.withdrew: set[str] = set()
        """Addresses that only their owners bring back: no list of staff does."""
        self.untouched: set[str] = set()
        self.truth: Counter[tuple[Readership, str]] = Counter()
        self.left: set[str] = set()
        self.held_at: datetime | None = None
        self.steady: set[str] = set()
        """Who wanted it all the time, and at most moved or changed language."""
        self.born()
        self._enrol()
        self.stale = self.issue
        self.store.call = self._call

    # ------------------------------------------------------------------ the world

    def born(self) -> None:
        """A process with the settings of now, in place of one that died."""
        keys = Keys(links=("a" * 64,), people=KEY)
        self.service = Services(
            self.given, self.store, keys, self.mailer, self.clock, MemorySuppression(),
            (self.ses, self),
        )  # fmt: skip
        self.service.issues.pace._wait = lambda seconds: self.clock.pass_(seconds=seconds)

    def put(self, jobs: Sequence[Job], delay: int = 0) -> None:
        for job in jobs:
            self._made += 1
            self.jobs.append((self.clock() + timedelta(seconds=delay), self._made, job))
        if jobs and self.luck.random() < self.odds.twice:
            self.put(jobs[:1], delay)

    def idle(self) -> bool:
        return not self.jobs

    def _enrol(self) -> None:
        people = []
        topics = self.luck.choice(([], [TOPICS[0]], [*TOPICS]))
        for number in range(PEOPLE):
            more: dict[str, Any] = {}
            if number % 4 == 3:
                # An implied consent that may end while the issue is sent.
                ends = self.clock() + timedelta(minutes=self.luck.uniform(5, 90))
                more = {"basis": "implied", "expires_at": stamp(ends)}
            email = f"p{number}@example.org"
            self.allowed.add(email)
            followed = self._topics()
            people.append(reader(KEY, email, self.luck.choice(LANGS), topics=followed, **more))
            if more or not (set(followed) & set(topics or followed)):
                continue
            self.untouched.add(email)
            self.steady.add(email)
        enrol(self.store, *people)
        self.enrolled = self._growth()
        self.address = self.given.postal_address
        send_at = self.clock() + timedelta(minutes=self.luck.randint(0, 6))
        issue = scheduled(
            self.store,
            self.clock(),
            send_at=stamp(send_at),
            postal_address=self.address,
            topics=topics,
        )
        for key in [issue.key, *(text_key(ISSUE, lang) for lang in LANGS)]:
            self.store._noted(key)

    def _topics(self) -> list[str]:
        """What somebody follows: one topic, or both."""
        return self.luck.choice(([TOPICS[0]], [TOPICS[1]], [*TOPICS]))

    @property
    def issue(self) -> Issue:
        with self._alone():
            found = issue_of(self.store, ISSUE)
        assert found is not None
        return found

    def _call(self, name: str) -> None:
        """Something may happen at any call to the store; but one thing at a time."""
        if self._acting:
            return
        if self._mortal and name != "read" and self.luck.random() < self.odds.die:
            self.found.deaths += 1
            raise Died
        if self.luck.random() < self.odds.meanwhile:
            if self._busy and self.luck.random() < 0.4:
                self._beside()
            else:
                self.act()

    def _beside(self) -> None:
        """Another process does its part in the midst of this one's."""
        mine, mortal = self.service, self._mortal
        self._mortal = False
        with self._alone():
            self.born()
            self.luck.choice((self.work, self.work, self.tick, self.listen))()
        self.service, self._mortal, self._busy = mine, mortal, True

    @contextmanager
    def _alone(self) -> Iterator[None]:
        before, self._acting = self._acting, True
        try:
            yield
        finally:
            self._acting = before

    @contextmanager
    def _dying(self) -> Iterator[None]:
        """What a process does that may die at any write."""
        self._mortal = self._busy = True
        try:
            yield
        finally:
            self._mortal = self._busy = False

    # ------------------------------------------------------------------ what must hold

    def judge(self, bulk: Bulk) -> None:
        """Whoever is written to now must want it now, and the issue must be on its way."""
        issue, now = self.issue, self.clock()
        if issue.status != SENDING and self.held_at:
            assert now - self.held_at <= HEARD_WITHIN, f"sent while {issue.status}"
        assert self.service.settings.postal_address == self.address, "sent with another address"
        for envelope in bulk.envelopes:
            profile = self.store.peek(f"PERSON#{person_key(envelope.to, KEY)}", "PROFILE") or {}
            assert envelope.to in self.allowed, f"{envelope.to} is out"
            assert profile["status"] == "ACTIVE", envelope.to
            assert profile["email"] == envelope.to
            assert (profile.get("paused_until") or "") <= stamp(now), f"{envelope.to} pauses"
            assert (profile.get("expires_at") or "9") > stamp(now), f"{envelope.to} has expired"
            topics = set(issue.topics) or set(profile["topics"])
            assert topics & set(profile["topics"]), f"{envelope.to} follows none of it"
            assert bulk.rendered.lang == profile["lang"], "in the other language"
            assert self.ses.taken[envelope.to] == 0, f"{envelope.to} gets it twice"

    def figures(self) -> None:
        """At every moment: as many as were frozen, each of them somewhere, and no more."""
        with self._alone():
            found = figures(self.store, ISSUE)
        kept = _recounted(self.store)
        assert found == kept, (found, kept)
        of_topics = by_topic(found)
        totals = by_language(found)
        for lang in LANGS:
            # Each reader is under the topics that they follow, and nowhere else.
            several = sum(
                n["queued"] * len(one.topics) for one, n in found.items() if one[0] == lang
            )
            assert sum(one[lang]["queued"] for one in of_topics.values()) == several
        everything = [totals, *of_topics.values()]
        for of, numbers in [pair for counts in everything for pair in counts.items()]:
            dealt = sum(numbers[name] for name in ("sent", "skipped", "failed", "unknown"))
            assert 0 <= dealt <= numbers["queued"], (of, numbers)
            assert shown(numbers)["waiting"] == numbers["queued"] - dealt
            assert all(number >= 0 for number in numbers.values())
            for name in ("delivered", "soft", "bounced", "complained", "rejected"):
                assert numbers[name] <= numbers["queued"], (of, numbers)

    def end(self) -> None:
        """What was counted is what happened outside, and nobody was forgotten."""
        with self._alone():
            found = figures(self.store, ISSUE)
            langs = counted(self.store, ISSUE)
        sent = Counter(self._tagged(envelope.tags["row"]) for envelope, _ in self.ses.mails)
        for readers, numbers in found.items():
            assert numbers["sent"] == sent[readers], (readers, found, sent)
            assert numbers["unknown"] == 0
            told = {name: self.truth[readers, name] for name in (*TRUTHS.values(), *_LEFT)}
            assert {name: numbers[name] for name in told} == told, (readers, told, numbers)
        assert max(self.ses.taken.values(), default=0) <= 1
        grown = Counter({
            (key, name): number
            for key, row in self.store.items.items() if row.get("kind") == "figures"
            for name, number in row.items() if "__" in name
        })  # fmt: skip
        grown.update(self.enrolled)
        assert {one for one in grown.items() if one[1]} == {*self._growth().items()}
        if self.issue.status == SENT:
            for lang in LANGS:
                assert shown(langs[lang])["waiting"] == 0
            self._nobody_forgotten()

    def _growth(self) -> Counter[tuple[Key, str]]:
        """What the profiles there are add to the growth."""
        found: Counter[tuple[Key, str]] = Counter()
        for row in [row for row in self.store.items.values() if row.get("kind") == "subscriber"]:
            for key, counts in growth_of(row).items():
                found.update({(key, name): number for name, number in counts.items()})
        return found

    def _nobody_forgotten(self) -> None:
        """Whoever wanted it all the time has it, or is on the list of those who have not."""
        reasons = {one.person: one.why for one in self.service.issues.unreached(self.issue)}
        for email in self.steady:
            chain = list(self._chain(email))
            if not any(self.ses.taken[one] for one in chain):
                told = [why for one in chain if (why := reasons.get(person_key(one, KEY)))]
                assert told, f"{email} got nothing, and is on no list"
                quiet = email in self.untouched and told[0].startswith("skipped")
                assert not quiet, f"{email} did nothing, and was skipped: {told}"

    def _chain(self, email: str) -> Iterator[str]:
        yield email
        while email in self.moved:
            email = self.moved[email]
            yield email

    # ------------------------------------------------------------------ what happens

    def run(self, steps: int = 130) -> Found:
        for _ in range(steps):
            self.step()
            if self._is_over():
                break
        self.odds = CALM
        for _ in range(400):
            if self._is_over() and not self.ses.events:
                break
            self._mend()
            self.step(busy=True)
        else:
            raise AssertionError(f"stuck: {self.issue.status}, {self.jobs}")
        self.figures()
        self.end()
        self.found.mailed = sum(self.ses.taken.values())
        self.found.outcome = self.issue.status
        return self.found

    def _is_over(self) -> bool:
        row = self.store.peek(f"ISSUE#{ISSUE}", "ISSUE") or {}
        return row["status"] in (SENT, CANCELLED) and "due_at" not in row and not self.jobs

    def step(self, *, busy: bool = False) -> None:
        self.found.steps += 1
        roll = self.luck.random()
        if busy or roll < 0.4:
            self.work()
        if busy or 0.4 <= roll < 0.55:
            self.tick()
        if busy or 0.55 <= roll < 0.7 or self._overdue():
            self.listen()
        if not busy and roll >= 0.7:
            self.act()
        seconds = self.luck.choice((1, 5, 20, 61, 200)) if not busy else 61
        self.clock.pass_(seconds=seconds)
        self.figures()

    def _overdue(self) -> bool:
        """Whether an event waits for longer than its queue would have it wait."""
        return any(at < self.clock() - EVENT_WAIT for at, _, _ in self.ses.events)

    def work(self) -> None:
        for _ in range(2):
            job = min(self.jobs, default=None)
            if job is None or job[0] > self.clock():
                return
            self.jobs.remove(job)
            try:
                with self._dying():
                    until = self.clock() + timedelta(seconds=240)
                    did = self.service.issues.worker.run(job[2], until)
                if did not in _REFUSED:
                    self._counted_whole(job[2])
            except Died:
                self.born()
                self.put([job[2]], LOST_MESSAGE)

    def _counted_whole(self, job: Job) -> None:
        """When a worker has ended well, its shard is counted as it stands."""
        if "shard" in job:
            row = self.store.peek(f"ISSUE#{ISSUE}", f"SHARD#{job['shard']}") or {}
            assert (row.get("counts") or {}) == _states(self.store, job["shard"]), job

    def tick(self) -> None:
        row = self.store.peek(f"ISSUE#{ISSUE}", "ISSUE") or {}
        if row.get("due_at", "~") > stamp(self.clock()):
            return
        try:
            with self._dying():
                self.service.issues.scheduler.mind((f"ISSUE#{ISSUE}", "ISSUE"))
        except Died:
            self.born()
        self._noted_hold()

    def listen(self) -> None:
        events = self.ses.told()
        self.luck.shuffle(events)
        while events:
            bundle, events = events[:10], events[10:]
            for _ in range(2 if self.luck.random() < 0.1 else 1):
                try:
                    with self._dying():
                        failed = self.service.feedback.take(bundle)
                    assert failed == []
                except Died:
                    self.born()
                    with self._alone():
                        assert self.service.feedback.take(bundle) == []
            self._believe(bundle)

    def _tagged(self, tag: str) -> Readership:
        """Those whom the reader is counted with whose mail has this tag."""
        where = row_of(tag)
        assert where
        return _readers(self.store.items[batch_key(ISSUE, *where[:2])])

    def _believe(self, bundle: Sequence[Mapping[str, Any]]) -> None:
        for event in bundle:
            tags, fate = event["mail"]["tags"], event["fate"]
            (to,) = event["mail"]["destination"]
            mark = (event["mail"]["messageId"], fate)
            if fate in TRUTHS and mark not in self._told:
                self._told.add(mark)
                self.truth[self._tagged(tags["row"][0]), TRUTHS[fate]] += 1
            if fate == "Complaint":
                self._out(to)
        self._shrink()

    def _shrink(self) -> None:
        """Who bounced is out; and so is whoever the rows say is out: rows let nobody in here."""
        for email in list(self.allowed):
            row = self.store.peek(f"PERSON#{person_key(email, KEY)}", "PROFILE") or {}
            if row.get("status") != "ACTIVE":
                self.allowed.discard(email)

    def _out(self, email: str, *, withdrew: bool = True) -> None:
        for one in self._chain(email):
            self.allowed.discard(one)
            if withdrew:
                self.withdrew.add(one)

    def _noted_hold(self) -> None:
        if self.issue.status == SENDING:
            self.held_at = None
        elif self.held_at is None:
            self.held_at = self.clock()

    # ------------------------------------------------------------------ what people do

    def act(self) -> None:
        names = tuple(_ACTS)
        name = self.luck.choices(names, [_ACTS[one][1] for one in names])[0]
        self.found.acts[name] += 1
        with self._alone():
            mortal, self._mortal = self._mortal, False
            with suppress(Conflict, Refused):
                _ACTS[name][0](self)
            self._mortal = mortal
            self._noted_hold()
            self._shrink()

    def _somebody(self, *, steady: bool = False) -> str:
        """The first address of somebody; they are no longer `steady` unless that is said."""
        email = f"p{self.luck.randrange(PEOPLE)}@example.org"
        self.untouched.discard(email)
        if not steady:
            self.steady.discard(email)
        return email

    def leave(self) -> None:
        email = self._somebody()
        channel = self.luck.choice(CHANNELS)
        subscriptions = self.service.subscribers.subscriptions
        person = person_key(email, KEY)
        readers = _counted_with(self.store, person)
        outcome = subscriptions.leave(person, channel=channel, issue=ISSUE)
        self._out(email, withdrew=outcome == "left")
        if outcome == "left" and readers and person not in self.left:
            self.left.add(person)
            self.truth[readers, f"left_{channel}"] += 1

    def choose(self) -> None:
        email, lang = self._somebody(steady=True), self.luck.choice(LANGS)
        topics = self._topics() if self.luck.random() < 0.5 else [*TOPICS]
        if len(topics) < len(TOPICS):
            # They may drop the topic of the issue.
            self.steady.discard(email)
        self.service.subscribers.preferences.choose(
            person_key(email, KEY), lang=lang, topics=topics
        )

    def pause(self) -> None:
        self.service.subscribers.preferences.pause(person_key(self._somebody(), KEY))

    def go_on(self) -> None:
        self.service.subscribers.preferences.resume(person_key(self._somebody(), KEY))

    def move(self) -> None:
        email = self._somebody(steady=True)
        to = f"n{email}" if self.luck.random() < 0.7 else f"nn{email}"
        person, there = person_key(email, KEY), person_key(to, KEY)
        preferences = self.service.subscribers.preferences
        current = self.service.subscribers.repository.current(person)
        with suppress(RelaisError):
            preferences.move(person, to)
            asker = current.person if current else person
            if preferences.confirm_move(asker, there, self.clock()) == "confirmed":
                assert current is not None
                self.moved[current.email] = to
                self.moved.pop(to, None)
                self.allowed.discard(current.email)
                self.allowed.add(to)

    def erase(self) -> None:
        email = self._somebody()
        done = erase(self.service.subscribers.repository, person_key(email, KEY))
        self._out(email, withdrew=done == "erased")

    def sign_up(self) -> None:
        email = self._somebody()
        lang = self.luck.choice(LANGS)
        self.service.subscribers.sign_ups.ask(wish(email, lang=lang))
        person = person_key(email, KEY)
        done = self.service.subscribers.subscriptions.confirm(person, self.clock())
        if done == "confirmed":
            self.allowed.add(email)
            self.moved.pop(email, None)
            self.withdrew.discard(email)

    def bring(self) -> None:
        """A list of staff, with people who are in, out, and new."""
        since = (self.clock() - timedelta(days=20)).date()
        some = [self._somebody(), f"new{self.luck.randrange(4)}@example.org"]
        lines = "".join(f"{one},fr,member,{since},Register 2026\n" for one in some)
        for told in self.service.subscribers.imports.run(
            (IMPORT + lines).encode(), by="rita-roy", write=True
        ):
            if told.outcome == "imported":
                back = self.withdrew & set(self._chain(some[told.line - 2]))
                assert not back, f"{back} withdrew, and came back by a list"
                *_, to = self._chain(some[told.line - 2])
                self.allowed.add(to)

    def staff_pause(self) -> None:
        self.service.issues.lifecycle.pause(self._seen(), "rita-roy")

    def staff_resume(self) -> None:
        self.service.issues.lifecycle.resume(self._seen(), "sam-lee")

    def staff_cancel(self) -> None:
        if self.luck.random() < 0.15:
            self.service.issues.lifecycle.cancel(self._seen(), "sam-lee")

    def staff_unschedule(self) -> None:
        self.service.issues.newsroom.unschedule(self._seen(), "rita-roy")

    def staff_schedule(self) -> None:
        at = self.clock() + timedelta(minutes=self.luck.randint(0, 5))
        self.service.issues.newsroom.schedule(self._seen(), "rita-roy", at)

    def look(self) -> None:
        """What is there already is saved again: nothing changes."""
        before = self.issue
        _save(self.service, self.store, before, "")
        assert self.issue == before

    def edit(self) -> None:
        """Who edits without saying so is refused, and so is every edit of what has begun."""
        before = self.issue
        with suppress(Refused):
            _save(self.service, self.store, before, "another")
            raise AssertionError(f"edited while {before.status}")
        assert self.issue == before

    def glance(self) -> None:
        """Somebody opens a page now, and acts on it later."""
        self.stale = self.issue

    def settings(self) -> None:
        address = self.luck.choice((self.address, self.address, "1, rue Nouvelle, Laval"))
        rate = self.luck.choice((1, 20, 1_000))
        self.given = self.given.model_copy(update={"postal_address": address, "issue_rate": rate})

    def deploy(self) -> None:
        if not self._busy:
            self.born()

    def _seen(self) -> Issue:
        return self.stale if self.luck.random() < 0.3 else self.issue

    def _mend(self) -> None:
        """At the end of the storm: whoever held the issue lets it go."""
        self.given = self.given.model_copy(
            update={"postal_address": self.address, "issue_rate": 1_000}
        )
        self.born()
        with self._alone():
            if self.issue.status in (PAUSED, AUTO_PAUSED):
                self.service.issues.lifecycle.resume(self.issue, "rita-roy")
            if self.issue.status == APPROVED:
                self.service.issues.newsroom.schedule(self.issue, "rita-roy", self.clock())
        self._noted_hold()


_REFUSED: Final = ("paused", "overtaken", "postal_address", "sender_changed")
"""What a worker says that did not begin."""

_LEFT: Final = tuple(f"left_{channel}" for channel in CHANNELS)

_ACTS: Final[dict[str, tuple[Callable[[Weather], None], float]]] = {
    "leave": (Weather.leave, 2), "choose": (Weather.choose, 2), "pause": (Weather.pause, 1),
    "go_on": (Weather.go_on, 1), "move": (Weather.move, 2), "erase": (Weather.erase, 0.5),
    "sign_up": (Weather.sign_up, 1.5), "bring": (Weather.bring, 1.5),
    "staff_pause": (Weather.staff_pause, 1), "staff_resume": (Weather.staff_resume, 4),
    "staff_cancel": (Weather.staff_cancel, 0.5), "staff_schedule": (Weather.staff_schedule, 2),
    "staff_unschedule": (Weather.staff_unschedule, 1), "look": (Weather.look, 1),
    "edit": (Weather.edit, 1), "glance": (Weather.glance, 1), "settings": (Weather.settings, 1),
    "deploy": (Weather.deploy, 1.5),
}  # fmt: skip
"""What people do, and how often."""


def _recounted(store: OpenStore) -> dict[Readership, dict[str, int]]:
    """The figures by the rows of the ledger alone: whom each batch has, what each shard and each
    row of events has had counted."""
    sums: dict[Readership, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTED, 0))
    for (pk, sk), row in store.items.items():
        if pk.startswith("ISSUESHARD#") and sk.startswith("BATCH#"):
            sums[_readers(row)]["queued"] += len(row["people"]) // _PERSON_BYTES
        elif pk.startswith("ISSUESHARD#") and sk.startswith("SEEN#"):
            readers = _readers(store.items[pk, sk.replace("SEEN", "BATCH")])
            for name, number in (row.get("counts") or {}).items():
                sums[readers][name] += number
        elif pk == f"ISSUE#{ISSUE}" and sk.startswith("SHARD#"):
            for of, numbers in (row.get("counts") or {}).items():
                for name, number in numbers.items():
                    sums[Readership.of(of)][name] += number
        elif pk == f"ISSUE#{ISSUE}" and sk.startswith("COUNTS#"):
            _, lang, _, *topics = sk.split("#")
            for name in _LEFT:
                sums[Readership(lang, tuple(topics))][name] += row.get(name, 0)
    return sums


def _readers(batch: Mapping[str, Any]) -> Readership:
    return Readership(batch["lang"], tuple(batch["topics"]))


_PERSON_BYTES: Final = 16


def _states(store: OpenStore, shard: str) -> dict[str, dict[str, int]]:
    """What became of the people of a shard, by the letters of its batches."""
    sums: dict[str, dict[str, int]] = {}
    for (pk, sk), row in store.items.items():
        if pk.startswith("ISSUESHARD#") and pk.endswith(shard) and sk.startswith("BATCH#"):
            of_lang = sums.setdefault(_readers(row).name, Counter())
            for name, letter in zip(("sent", "skipped", "failed", "unknown"), "SKFU", strict=True):
                of_lang[name] += row["states"].count(letter)
    return {readers: dict(numbers) for readers, numbers in sums.items()}


def _counted_with(store: OpenStore, person: str) -> Readership | None:
    """Those whom somebody is counted with who has a mail, or will have one."""
    for (pk, sk), row in store.items.items():
        if pk.startswith("ISSUESHARD#") and sk.startswith("BATCH#"):
            text = row["people"].hex()
            if any(text[at : at + 32] == person for at in range(0, len(text), 32)):
                return _readers(row)
    return None


def _save(service: Services, store: OpenStore, issue: Issue, subject: str) -> None:
    names = ("lang", "subject", "preheader", "html", "text", "defaults")
    rows = {lang: store.peek(*text_key(ISSUE, lang)) or {} for lang in LANGS}
    texts: dict[str, dict[str, object]] = {
        lang: {name: row[name] for name in names} for lang, row in rows.items()
    }
    if subject:
        texts["fr"]["subject"] = subject
    facts: Any = {
        "id": issue.id,
        "date": issue.date,
        "topics": issue.topics,
        "archive": issue.archive,
    }
    service.issues.newsroom.save(texts, facts, "rita-roy")
