"""What the tests share: an AWS that is not there, and the service with parts in memory."""

import gc
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from chalice.test import Client
from hypothesis import settings as hypothesis_settings

import sample_coaches
import sent_issue
from accounts import SetWorld
from chalicelib.aws import clients
from chalicelib.aws.keys import Keys
from chalicelib.content import edits
from chalicelib.core.settings import Settings, read
from chalicelib.newsletter.subscribers.subscriber import Subscriber
from chalicelib.services import Services
from environment import ENVIRONMENT, RITA, SAM
from fakes import (
    MemoryBulkMailer,
    MemoryDocuments,
    MemoryImages,
    MemoryMailer,
    MemoryObjects,
    MemoryQueue,
    MemoryStore,
    MemorySuppression,
    SetClock,
)
from logged import Lines, logged

if TYPE_CHECKING:
    from chalicelib.coaches.coach import Coach
    from chalicelib.coaches.edition import Edition
    from chalicelib.coaches.editions import EditionStore
    from journey import Journey
    from visitor import Visitor

# Collecting nine thousand tests makes many objects and hardly any garbage.
gc.disable()


def pytest_collection_finish() -> None:
    """Look no more through what stays until the end: it took a sixth of the time of the tests."""
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


# No test asserts a time: what is slow on a busy machine is no fault.
hypothesis_settings.register_profile("relais", deadline=None)
hypothesis_settings.load_profile("relais")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """No credentials, no profile and no endpoint of the machine reach a test."""
    for name in [n for n in os.environ if n.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ca-central-1")
    # Chalice's test client lends each request a copy of the environment; a session that is made in
    # one keeps that copy, without a region.
    clients._session.cache_clear()


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
def bulk_mailer() -> MemoryBulkMailer:
    return MemoryBulkMailer()


@pytest.fixture
def queue() -> MemoryQueue:
    return MemoryQueue()


@pytest.fixture
def documents(clock: SetClock) -> MemoryDocuments:
    return MemoryDocuments(clock)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def service(  # noqa: PLR0913
    settings: Settings,
    store: MemoryStore,
    mailer: MemoryMailer,
    clock: SetClock,
    bulk_mailer: MemoryBulkMailer,
    queue: MemoryQueue,
    documents: MemoryDocuments,
) -> Services:
    keys = Keys(links=("a" * 64,), people=b"p" * 32)
    bulk = (bulk_mailer, queue)
    return Services(
        settings,
        store,
        keys,
        mailer,
        clock,
        MemorySuppression(),
        bulk,
        MemoryObjects(),
        documents,
        SetWorld(),
        images=MemoryImages(clock),
    )


@pytest.fixture
def deliver(service: Services, store: MemoryStore) -> Callable[[], int]:
    """Does what the stream does, until nothing new is owed; says how many letters left."""

    def run() -> int:
        left = 0
        while True:
            waiting = [(i["pk"], i["sk"]) for i in store.kinds("letter") if i["status"] == "owed"]
            outcomes = [service.mail.outbox.deliver(key) for key in waiting]
            left += outcomes.count("sent")
            if not {"sent", "spread"} & set(outcomes):
                return left

    return run


@pytest.fixture
def way(
    service: Services, store: MemoryStore, mailer: MemoryMailer, clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator["Journey"]:  # fmt: skip
    """A case on its way through the app: see journey.py."""
    import app as application
    from journey import Journey
    from visitor import Visitor

    def serve(served: Services) -> None:
        monkeypatch.setattr(application, "services", lambda: served)
        monkeypatch.setattr(application, "settings", lambda: served.settings)

    serve(service)
    with Client(application.app) as client:
        yield Journey(Visitor(client), service, store, mailer, clock, serve)


@pytest.fixture(autouse=True)
def _as_packaged() -> Iterator[None]:
    """What staff edited in one test is in force in no other, however it ends."""
    yield
    edits.lay({})


@pytest.fixture(autouse=True)
def _no_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)


@pytest.fixture
def sender(service: Services, queue: MemoryQueue, clock: SetClock) -> sent_issue.SendingRun:
    service.issues.pace._wait = lambda seconds: clock.pass_(seconds=seconds)
    return sent_issue.SendingRun(service, queue, clock)


@pytest.fixture
def print_for(store: MemoryStore, clock: SetClock) -> sent_issue.Print:
    def run(number: int = 120, **values: Any) -> list[Subscriber]:
        readers = [
            sent_issue.reader(
                b"p" * 32, f"reader{n}@example.org", "fr" if n % 3 else "en", name=f"R{n}"
            )
            for n in range(number)
        ]
        sent_issue.enrol(store, *readers)
        sent_issue.scheduled(store, clock(), **values)
        return readers

    return run


@pytest.fixture
def lines() -> Iterator[Lines]:
    with logged() as found:
        yield found


@pytest.fixture
def visitor(service: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator["Visitor"]:
    import app as application
    from visitor import Visitor

    monkeypatch.setattr(application, "services", lambda: service)
    monkeypatch.setattr(application, "settings", lambda: service.settings)
    with Client(application.app) as client:
        yield Visitor(client)


@pytest.fixture(scope="session")
def coaches() -> tuple["Coach", ...]:
    from chalicelib.coaches.directory import sheets
    from chalicelib.forms.cells import read_cells

    return sheets.parse(read_cells("coaches.csv", sample_coaches.SAMPLE.read_bytes())).coaches


@pytest.fixture
def editions(store: MemoryStore, clock: SetClock) -> "EditionStore":
    from chalicelib.coaches.editions import EditionStore

    return EditionStore(store, clock)


@pytest.fixture
def published(editions: "EditionStore", coaches: tuple["Coach", ...]) -> "Edition":
    return editions.publish(coaches, by="test", why="first", after=None)
