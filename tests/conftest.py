"""What the tests share: an AWS that is not there, and the service with parts in memory."""

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from chalice.test import Client

import printed
from chalicelib.aws.keys import Keys
from chalicelib.newsletter.people import Subscriber
from chalicelib.services import Services
from chalicelib.settings import Settings, read
from fakes import MemoryCarrier, MemoryMailer, MemoryQueue, MemoryStore, MemorySuppression, SetClock

if TYPE_CHECKING:
    from way import Way

ENVIRONMENT = {
    "STAGE": "test",
    "RECORDS_TABLE": "Records",
    "SUBSCRIBERS_TABLE": "Subscribers",
    "KEYS_SECRET": "relais-test-keys",
    "PUBLIC_URL": "https://relais.example.org/api",
    "WEBSITE_URL": "https://www.example.org",
    "ALLOWED_ORIGINS": "https://www.example.org",
    "SENDER": "Innoweave <forms@example.org>",
    "REPLY_TO": "info@example.org",
    "CONFIGURATION_SET": "relais-test",
    "UNDO_SECONDS": "600",
    "POSTS_PER_HOUR": "1000",
    "SIGNUPS_PER_HOUR": "5",
    "ISSUE_RATE": "1000",
    "ISSUE_QUEUE": "https://sqs.ca-central-1.amazonaws.com/123456789012/issues",
    "MAIL_TOPIC": "arn:aws:sns:ca-central-1:123456789012:mail-events",
    "QUORUM_APPLICATION": "1",
    "STEP_UP": "off",
    "QUIET_HOURS": "20-8",
    "ORGANIZATION_NAME": "Innoweave",
    "CONTACT_EMAIL": "info@example.org",
    "PRIVACY_CONTACT": "vieprivee@example.org",
    "PERSON_IN_CHARGE_TITLE": "Direction générale",
    "LOG_LEVEL": "INFO",
    "POSTAL_ADDRESS": "1234, rue Exemple, Montréal (Québec) H2X 1Y4",
}

RITA = {
    "pk": "STAFF",
    "sk": "rita-roy",
    "kind": "staff",
    "name": "Rita Roy",
    "email": "rita.roy@example.org",
    "lang": "fr",
    "active": True,
}
SAM = {**RITA, "sk": "sam-lee", "name": "Sam Lee", "email": "sam.lee@example.org", "lang": "en"}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """No credentials, no profile and no endpoint of the machine reach a test."""
    for name in [n for n in os.environ if n.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ca-central-1")


@pytest.fixture
def settings() -> Settings:
    return read(ENVIRONMENT)


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    for staff in (RITA, SAM):
        store.items[staff["pk"], staff["sk"]] = dict(staff)  # type: ignore[index]
    return store


@pytest.fixture
def mailer() -> MemoryMailer:
    return MemoryMailer()


@pytest.fixture
def carrier() -> MemoryCarrier:
    return MemoryCarrier()


@pytest.fixture
def queue() -> MemoryQueue:
    return MemoryQueue()


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def service(  # noqa: PLR0913
    settings: Settings,
    store: MemoryStore,
    mailer: MemoryMailer,
    clock: SetClock,
    carrier: MemoryCarrier,
    queue: MemoryQueue,
) -> Services:
    keys = Keys(links=("a" * 64,), people=b"p" * 32)
    return Services(settings, store, keys, mailer, clock, MemorySuppression(), (carrier, queue))


@pytest.fixture
def deliver(service: Services, store: MemoryStore) -> Callable[[], int]:
    """Does what the stream does, until nothing new is owed; says how many letters left."""

    def run() -> int:
        left = 0
        while True:
            waiting = [(i["pk"], i["sk"]) for i in store.kinds("letter") if i["status"] == "owed"]
            outcomes = [service.post.deliver(key) for key in waiting]
            left += outcomes.count("sent")
            if not {"sent", "spread"} & set(outcomes):
                return left

    return run


@pytest.fixture
def way(
    service: Services, store: MemoryStore, mailer: MemoryMailer, clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator["Way"]:  # fmt: skip
    """See way.py: a case's way through the app."""
    import app as application
    from test_app import Visitor
    from way import Way

    def serve(served: Services) -> None:
        monkeypatch.setattr(application, "services", lambda: served)
        monkeypatch.setattr(application, "settings", lambda: served.settings)

    serve(service)
    with Client(application.app) as client:
        yield Way(Visitor(client), service, store, mailer, clock, serve)


@pytest.fixture(autouse=True)
def _no_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)


@pytest.fixture
def office(service: Services, queue: MemoryQueue, clock: SetClock) -> printed.Office:
    service.press.pace._wait = lambda seconds: clock.pass_(seconds=seconds)
    return printed.Office(service, queue, clock)


@pytest.fixture
def print_for(store: MemoryStore, clock: SetClock) -> printed.Print:
    def run(number: int = 120, **values: Any) -> list[Subscriber]:
        readers = [
            printed.reader(
                b"p" * 32, f"reader{n}@example.org", "fr" if n % 3 else "en", name=f"R{n}"
            )
            for n in range(number)
        ]
        printed.enrol(store, *readers)
        printed.scheduled(store, clock(), **values)
        return readers

    return run
