"""An issue that is ready to be sent, and its readers: what the tests of sending share."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from chalicelib.cases.audit import FIRST_EVENT
from chalicelib.core.languages import LANGS
from chalicelib.core.links import person_key
from chalicelib.core.ports import Put, Store
from chalicelib.core.records import shard_of, stamp
from chalicelib.newsletter.issue_counts import COUNTED
from chalicelib.newsletter.issues.issue import SCHEDULED, Issue, issue_of, text_key
from chalicelib.newsletter.issues.rendered import Rendered
from chalicelib.newsletter.sending.recipients import recipients
from chalicelib.newsletter.subscribers.subscriber import ACTIVE, Subscriber
from chalicelib.services import Services
from fakes import MemoryQueue, SetClock

ISSUE = "2026-03"

TEXTS = {
    "fr": Rendered(
        "fr",
        "Mars pour {{first_name}}",
        "Ce qui se prépare",
        "<p>Bonjour {{first_name_html}}</p><a href='{{unsubscribe_url_html}}'>Se désabonner</a>",
        "Bonjour {{first_name}}\n{{unsubscribe_url}}\n{{preferences_url}}\n",
        {"first_name": "à vous"},
    ),
    "en": Rendered(
        "en",
        "March for {{first_name}}",
        "What is coming up",
        "<p>Hello {{first_name_html}}</p><a href='{{unsubscribe_url_html}}'>Unsubscribe</a>",
        "Hello {{first_name}}\n{{unsubscribe_url}}\n{{preferences_url}}\n",
        {"first_name": "there"},
    ),
}


def reader(key: bytes, email: str, lang: str = "fr", **values: Any) -> Subscriber:
    facts = {
        "status": ACTIVE,
        "version": 1,
        "updated_at": "2026-01-01T00:00:00.000Z",
        "email": email,
        "lang": lang,
        "topics": ["news"],
        "basis": "express",
        **values,
    }
    return Subscriber(person=person_key(email, key), **facts)


def enrol(store: Store, *readers: Subscriber) -> None:
    for one in readers:
        store.commit([Put(one.item())])


def scheduled(store: Store, now: datetime, **values: Any) -> Issue:
    """An issue whose time has come, in both languages."""
    at = stamp(now)
    facts: dict[str, Any] = {
        "id": ISSUE, "status": SCHEDULED, "version": 1, "events": 1, "head": FIRST_EVENT,
        "authors": ["rita-roy"], "topics": [], "date": "2026-03-02", "created_at": at,
        "updated_at": at, "send_at": at, **values,
    }  # fmt: skip
    issue = Issue(**facts)
    pk, _ = issue.key
    store.commit([Put({**issue.item(), "due_at": at, "due_shard": shard_of(pk)})])
    for lang, text in TEXTS.items():
        pk, sk = text_key(issue.id, lang)
        names = ("lang", "subject", "preheader", "html", "text", "defaults")
        # The archive and the feeds show these of every issue.
        shown = {"title": text.subject, "summary": text.preheader, "page": "<p>…</p>"}
        row = {"pk": pk, "sk": sk, "version": issue.version, "kind": "issue_text", **shown}
        store.commit([Put({**row, **{name: getattr(text, name) for name in names}})])
    return issue


class SendingRun:
    """Runs what the clock and the queue would run."""

    def __init__(self, service: Services, queue: MemoryQueue, clock: SetClock) -> None:
        self.service = service
        self.queue = queue
        self.clock = clock
        self.outcomes: list[str] = []

    @property
    def status(self) -> str:
        issue = issue_of(self.service.store, ISSUE)
        assert issue is not None
        return issue.status

    def tick(self) -> str:
        self.clock.pass_(minutes=1)
        return self.service.issues.scheduler.mind(("ISSUE#" + ISSUE, "ISSUE"))

    def work(self) -> list[str]:
        """What is in the queue now, and what that puts there for at once."""
        done: list[str] = []
        while self.queue.jobs:
            jobs, self.queue.jobs = self.queue.jobs, []
            for delay, job in jobs:
                if delay > 1:
                    self.queue.jobs.append((delay, job))
                    continue
                until = self.clock() + timedelta(seconds=240)
                done.append(self.service.issues.worker.run(job, until))
            if all(delay > 1 for delay, _ in self.queue.jobs):
                break
        self.outcomes += done
        return done

    def wait(self) -> None:
        """Until the first delayed message comes."""
        self.clock.pass_(seconds=min(delay for delay, _ in self.queue.jobs))
        self.queue.jobs = [(0, job) for _, job in self.queue.jobs]

    def run(self) -> None:
        """Until the issue is sent."""
        for _ in range(40):
            if self.tick() == "finished":
                return
            self.work()
            if self.queue.jobs:
                self.wait()
        raise AssertionError(f"not sent: {self.outcomes}")


Print = Callable[..., list[Subscriber]]


def sent_event(envelope: Any, kind: str = "Send", **detail: Any) -> dict[str, Any]:
    tags = {name: [value] for name, value in envelope.tags.items()}
    mail = {"messageId": "m", "tags": tags, "destination": [envelope.to]}
    return {"eventType": kind, "mail": mail, kind.lower(): detail}


def hard(*addresses: str) -> dict[str, Any]:
    back = [{"emailAddress": a, "diagnosticCode": f"550 5.1.1 {a} unknown"} for a in addresses]
    return {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": back}


def recounted(store: Store, issue: str) -> dict[str, dict[str, int]]:
    """lang → name → number, from each recipient's own state: exact, and slow."""
    sums: dict[str, dict[str, int]] = {lang: dict.fromkeys(COUNTED, 0) for lang in LANGS}
    for one in recipients(store, issue):
        of_lang = sums[one.lang]
        of_lang["queued"] += 1
        word = {"SENT": "sent", "SKIPPED": "skipped", "FAILED_PERM": "failed"}.get(one.state)
        of_lang[word or "unknown"] += word is not None or one.state == "UNKNOWN"
        for event in ("delivered", "soft", "bounced", "complained", "rejected"):
            of_lang[event] += event in one.events
    return sums
