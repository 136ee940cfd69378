"""An issue with its audience in the simulated world, and the workers that send it."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bench.support.simulated import (
    Killed,
    Outside,
    SimulatedQueue,
    SimulatedSes,
    SimulatedStore,
    Stage,
    Weather,
)
from chalicelib.aws.keys import Keys
from chalicelib.cases.audit import FIRST_EVENT
from chalicelib.cases.staff import Roster
from chalicelib.core.edits import EditsInForce
from chalicelib.core.errors import Conflict, Refused
from chalicelib.core.languages import Lang
from chalicelib.core.links import Links, person_key
from chalicelib.core.ports import Now
from chalicelib.core.records import stamp
from chalicelib.core.settings import Settings
from chalicelib.newsletter.issues.issue import PAUSED, SCHEDULED, SENT, Issue, text_key
from chalicelib.newsletter.issues.rendered import Rendered
from chalicelib.newsletter.sending.feedback import Feedback
from chalicelib.newsletter.sending.ledger import LEASED
from chalicelib.newsletter.subscribers.subscriber import ACTIVE, Subscriber
from chalicelib.wiring.issues import IssueServices
from chalicelib.wiring.parts import Parts

KEY = b"p" * 32
ISSUE = "2026-03"

SAID: dict[str, Any] = {
    "stage": "bench",
    "public_url": "https://relais.example.org/api",
    "sender": "Innoweave <news@example.org>",
    "reply_to": "info@example.org",
    "postal_address": "1234, rue Exemple, Montréal (Québec) H2X 1Y4",
    "issue_rate": 1_000_000,
}


def settings() -> Settings:
    """Return settings: what is sent depends on a few, and the others only have to be there."""
    empty: dict[Any, Any] = {str: "", int: 1, bool: False}
    fields = Settings.model_fields.items()
    given = {name: SAID.get(name, empty.get(field.annotation, ())) for name, field in fields}
    return Settings.model_construct(**given)


def texts(size: int = 0) -> dict[str, Rendered]:
    """Return an issue in both languages, of so many bytes of HTML and text together."""
    body = {
        "fr": "Bonjour {{first_name_html}}, voici ce qui se prépare dans le programme. ",
        "en": "Hello {{first_name_html}}, here is what is coming up in the programme. ",
    }
    found = {}
    for lang, line in body.items():
        more = line.replace("{{first_name_html}}", "à vous")
        html = (
            f"<html lang='{lang}'><p>{line}</p><p><a href='{{{{unsubscribe_url_html}}}}'>×</a></p>"
        )
        html += f"<p>{more * max(1, size * 2 // 3 // len(more))}</p></html>"
        text = line.replace("_html", "") + more * max(1, size // 3 // len(more))
        text += "\n{{unsubscribe_url}}\n{{preferences_url}}\n"
        default = {"first_name": "à vous" if lang == "fr" else "there"}
        found[lang] = Rendered(lang, f"Mars {lang}", "", html, text, default)
    return found


def person(number: int, lang: Lang) -> Subscriber:
    email = f"reader{number}@example.org"
    return Subscriber(
        person=person_key(email, KEY),
        status=ACTIVE,
        version=1,
        updated_at="2026-01-01T00:00:00.000Z",
        email=email,
        lang=lang,
        topics=["news"],
        basis="express",
        name=f"Reader {number}",
    )


@dataclass
class Outcome:
    """What a run came to."""

    lost: int
    doubled: int
    acknowledged_doubled: int
    kills: int
    flagged: int
    at_once: int
    throttled: int
    seconds: float
    calls: Counter[str]


def issue_services(store: Any, mailer: Any, queue: Any, now: Now, **given: Any) -> IssueServices:
    """Build the parts that send an issue, on stand-ins for the store, SES and the queue."""
    config = settings()
    links = Links(["a" * 64], config.public_url, config.website_url)
    parts = Parts(
        config, store, links, Keys(("a" * 64,), KEY), now,
        mailer=_never, suppression=_never, bulk=lambda: (mailer, queue), objects=_never,
        documents=_never, images=_never, outside=_never, every_file=_never, edits=EditsInForce(store, now),
        deployed=config,
    )  # fmt: skip
    return IssueServices(parts, Roster(store), **given)


def _never() -> Any:
    raise AssertionError("an issue sends no letter and keeps no file")


class Newsstand:
    """A scheduled issue for so many readers, half of them in each language."""

    def __init__(  # noqa: PLR0913
        self,
        readers: int,
        *,
        cap: float = 100_000,
        rate: float = 100_000,
        share: float = 0.8,
        workers: int = 5,
        weather: Weather | None = None,
        seed: int = 1,
        size: int = 0,
    ) -> None:
        self.stage = Stage()
        self.out = Outside(self.stage, weather or Weather(), seed)
        self.store = SimulatedStore(self.out)
        self.ses = SimulatedSes(self.out, cap=cap, rate=rate)
        self.queue = SimulatedQueue(self.out)
        self.workers = workers
        self.share = share
        self.readers = [person(n, "fr" if n % 2 else "en") for n in range(readers)]
        self.at_once = 0
        self.flagged: set[tuple[str, int]] = set()
        self._next_round = 0.0
        self.out.before_kill = self._count_in_flight
        self._set(size)

    def send(self, limit: float = 3 * 86400) -> Outcome:
        """Run until the issue is SENT."""
        for _ in range(self.workers):
            self.stage.spawn(self._work_on)
        self.stage.spawn(self._mind)
        self.stage.spawn(self._listen)
        if self.out.weather.pauses:
            self.stage.spawn(self._interrupt)
        self.stage.run(lambda: self.status == SENT, limit)
        counts = self.ses.accepted
        return Outcome(
            lost=sum(counts[reader.email] == 0 for reader in self.readers),
            doubled=sum(number > 1 for number in counts.values()),
            acknowledged_doubled=sum(
                counts[to] > 1 for to, number in self.ses.acknowledged.items() if number
            ),
            kills=self.out.kills,
            flagged=len(self.flagged),
            at_once=self.at_once,
            throttled=self.ses.throttled,
            seconds=self.stage.now,
            calls=self.out.calls,
        )

    @property
    def status(self) -> str:
        return str(self.store.rows_of[f"ISSUE#{ISSUE}"]["ISSUE"]["status"])

    def parts(self) -> tuple[IssueServices, Feedback]:
        """Return the parts as one process has them; new ones after each death."""
        store: Any = self.store
        name = f"w{self.out.random.getrandbits(48):012x}"
        self.stage.call_me(name)
        issues = issue_services(
            store,
            self.ses,
            self.queue,
            self.stage,
            wait=self.stage.sleep,
            share=self.share,
            name=lambda: name,
        )
        people: Any = _Nobody()
        feedback = Feedback(
            lambda report: None,
            store,
            people,
            issues.auto_pause,
            self.stage,
            people_key=KEY,
            topic="",
        )
        return issues, feedback

    def _work_on(self) -> None:
        worker = self.parts()[0].worker
        try:
            while True:
                message = self.queue.take()
                if message is None:
                    self.stage.sleep(self.queue.wait())
                    continue
                worker.run(message[2], self.stage() + timedelta(seconds=240))
                self.queue.done(message)
        except Killed:
            # A new process takes its place.
            self.stage.spawn(self._work_on, after=1.0)

    def _mind(self) -> None:
        try:
            scheduler = self.parts()[0].scheduler
            while True:
                self.stage.sleep(self._next_round - self.stage.now)
                self._next_round = self.stage.now + 60
                row = self.store.rows_of[f"ISSUE#{ISSUE}"]["ISSUE"]
                if row.get("due_at", "~") <= stamp(self.stage()):
                    scheduler.mind((f"ISSUE#{ISSUE}", "ISSUE"))
        except Killed:
            self.stage.spawn(self._mind, after=1.0)

    def _listen(self) -> None:
        """Hand events on in bundles; one whose worker died comes again."""
        try:
            feedback = self.parts()[1]
            while True:
                self.stage.sleep(1.0)
                while ready := self.ses.told(50):
                    feedback.take(ready)
                    self.ses.heard(len(ready))
        except Killed:
            self.stage.spawn(self._listen, after=1.0)

    def _interrupt(self) -> None:
        """Pause the issue now and then, and resume it after a while."""
        rnd, hourly = self.out.random, self.out.weather.pauses
        try:
            lifecycle = self.parts()[0].lifecycle
            while True:
                self.stage.sleep(rnd.expovariate(hourly / 3600))
                try:
                    paused = lifecycle.pause(lifecycle.get(ISSUE), "rita-roy")
                    self.stage.sleep(rnd.uniform(1, 1800))
                    lifecycle.resume(paused, "rita-roy")
                except (Conflict, Refused):
                    continue
        except Killed:
            self.stage.spawn(self._resume, after=60.0)

    def _resume(self) -> None:
        """Resume an issue that whoever paused it died with."""
        try:
            lifecycle = self.parts()[0].lifecycle
            issue = lifecycle.get(ISSUE)
            if issue.status == PAUSED:
                lifecycle.resume(issue, "rita-roy")
            self.stage.spawn(self._interrupt)
        except (Killed, Conflict):
            self.stage.spawn(self._resume, after=60.0)

    def _count_in_flight(self) -> None:
        """Count, before a death, whom this worker takes with it."""
        who, flying = self.stage.who, 0
        for pk, rows in self.store.rows_of.items():
            if who and pk.startswith("ISSUESHARD#"):
                for sk, row in rows.items():
                    if row.get("by") == who and row.get("leased_at"):
                        here = [n for n, s in enumerate(row["states"]) if s == LEASED]
                        self.flagged.update((pk + sk, n) for n in here)
                        flying += len(here)
        self.at_once = max(self.at_once, flying)

    def _set(self, size: int) -> None:
        self.store.free = True
        audience = self.store.in_audience
        for reader in self.readers:
            item = reader.item()
            self.store.rows_of[item["pk"]] = {"PROFILE": item}
            kept = ("pk", "email", "lang", "topics", "name", "status", "audience")
            audience.setdefault(item["audience"], []).append({k: item[k] for k in kept})
        for rows in audience.values():
            rows.sort(key=lambda row: row["pk"])
        now = stamp(self.stage())
        issue = Issue(
            id=ISSUE, status=SCHEDULED, version=1, events=1, head=FIRST_EVENT, authors=["rita"],
            topics=[], date="2026-03-02", created_at=now, updated_at=now, send_at=now,
        )  # fmt: skip
        due = {"due_at": now, "due_shard": "0"}
        self.store.rows_of[f"ISSUE#{ISSUE}"] = {"ISSUE": {**issue.item(), **due}}
        for lang, text in texts(size).items():
            pk, sk = text_key(ISSUE, lang)
            fields = {name: getattr(text, name) for name in text.__dataclass_fields__}
            self.store.rows_of[pk][sk] = {"pk": pk, "sk": sk, "version": 1, **fields}
        self.store.free = False


class _Nobody:
    """Subscribers whom no event changes."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: "already"
