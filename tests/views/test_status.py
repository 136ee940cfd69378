"""The public page of how the service does: true, without a number, and cheap however many ask."""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from chalicelib.core.errors import AccountRefused, StoreDown
from chalicelib.mail.account import MailAccount
from chalicelib.mail.service_status import (
    KEY,
    OVERDUE,
    SHOWN_FOR,
    SILENT_FOR,
    ServiceStatus,
    StatusKeeper,
)
from chalicelib.services import Services
from fakes import MemoryStore, SetClock
from visitor import Visitor

T = TypeVar("T")


@pytest.fixture
def shown(visitor: Visitor, clock: SetClock) -> Callable[[], dict[str, tuple[str, str | None]]]:
    """The parts by name, as a script reads them once what was read before is no longer shown."""

    def look() -> dict[str, tuple[str, str | None]]:
        clock.pass_(seconds=SHOWN_FOR.seconds)
        body = visitor.get("/status").json_body
        return {one["part"]: (one["status"], one["since"]) for one in body["parts"]}

    return look


Shown = Callable[[], dict[str, tuple[str, str | None]]]


def test_what_works_has_done_so_since_its_last_trouble(
    service: Services, clock: SetClock, shown: Shown
) -> None:
    assert shown() == {"forms": ("works", None), "letters": ("late", None)}, "nobody knows yet"
    begun = clock()
    service.mail.outbox.sweep()
    for _ in range(3):
        clock.pass_(minutes=1)
        service.mail.outbox.sweep()
    found = shown()
    assert {state for state, _ in found.values()} == {"works"}
    assert {since for _, since in found.values()} == {f"{begun:%Y-%m-%dT%H:%M:%S}.000Z"}


def _refuse(service: Services, clock: SetClock) -> Callable[[], object]:
    account = MailAccount(service.store, clock)
    account.note(AccountRefused("MessageRejected"))
    return account.mend


def _pause(service: Services, clock: SetClock) -> Callable[[], object]:
    service.reputation.pause("all", "Rita")
    return lambda: service.reputation.resume("Rita")


@pytest.mark.parametrize("hold", [_refuse, _pause])
def test_letters_that_something_keeps_are_late_until_it_ends_and_forms_work(
    service: Services, clock: SetClock, shown: Shown, hold: Callable[..., Callable[[], object]]
) -> None:
    keeper = StatusKeeper(service.store, clock)
    keeper.keep(timedelta(0))
    end = hold(service, clock)
    found = []
    for _ in range(2):
        clock.pass_(minutes=1)
        keeper.keep(timedelta(0))
        found.append(shown())
    assert found[0]["letters"][0] == "late"
    assert found[0]["forms"][0] == "works"
    assert found[0] == found[1], "since when it began, not since the last look"
    end()
    clock.pass_(minutes=1)
    keeper.keep(timedelta(0))
    assert shown()["letters"][0] == "works"


@pytest.mark.parametrize(
    ("oldest", "state"), [(OVERDUE, "works"), (OVERDUE + timedelta(seconds=1), "late")]
)
def test_what_is_due_for_long_makes_letters_late(
    store: MemoryStore, clock: SetClock, shown: Shown, oldest: timedelta, state: str
) -> None:
    StatusKeeper(store, clock).keep(oldest)
    assert shown()["letters"][0] == state


def test_when_nothing_sweeps_letters_are_late_since_the_last_sweep(
    store: MemoryStore, clock: SetClock, shown: Shown
) -> None:
    keeper = StatusKeeper(store, clock)
    keeper.keep(timedelta(0))
    last = store.items[KEY]["at"]
    clock.pass_(seconds=SILENT_FOR.seconds)
    assert shown()["letters"] == ("late", last)
    keeper.keep(timedelta(0))
    again = store.items[KEY]["at"]
    assert shown() == {"forms": ("works", again), "letters": ("works", again)}


def test_without_a_store_the_page_is_there_and_says_that_nothing_is_received(
    visitor: Visitor, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> None:
        raise StoreDown("away")

    monkeypatch.setattr(store, "get", down)
    assert visitor.get("/status").json_body["status"] == "down"
    page = visitor.page("/status?lang=fr")
    assert page.status_code == 200
    assert "Gardez votre texte" in page.body.decode()


@pytest.mark.parametrize("lost", ["links", "people"])
def test_a_stage_that_takes_no_form_says_so_as_its_health_does(
    store: MemoryStore, clock: SetClock, lost: str
) -> None:
    """A secret that is being deleted opens nothing, while the store answers."""

    class Lost:
        def links(self) -> Sequence[str]:
            return self._or_down("links", ("a" * 64,))

        @property
        def people(self) -> bytes:
            return self._or_down("people", b"p" * 32)

        def _or_down(self, which: str, found: T) -> T:
            if which == lost:
                raise StoreDown("InvalidRequestException")
            return found

    StatusKeeper(store, clock).keep(timedelta(0))
    status = ServiceStatus(store, clock, Lost())
    assert [one.state for one in status.parts()] == ["down", "late"]


def test_however_many_look_the_store_is_asked_once_in_half_a_minute(
    visitor: Visitor, store: MemoryStore, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    get = store.get

    def noted(*key: str) -> Any:
        asked.append(key)
        return get(*key)

    monkeypatch.setattr(store, "get", noted)
    for n in range(40):
        answer = (visitor.page if n % 2 else visitor.get)(f"/status?lang={'fr' if n % 3 else 'en'}")
        assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert asked.count(KEY) == 1
    clock.pass_(seconds=SHOWN_FOR.seconds)
    visitor.get("/status")
    assert asked.count(KEY) == 2


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_page_has_no_number_but_those_of_days_and_hours(
    visitor: Visitor, service: Services, lang: str
) -> None:
    service.mail.outbox.sweep()
    page = visitor.page(f"/status?lang={lang}").body.decode()
    main = re.sub(r"<[^>]+>", " ", page.partition("<main")[2].partition("</main>")[0])
    since = "depuis le" if lang == "fr" else "since"
    text = re.sub(rf"{since} [^(]+\(", "", main)
    assert not re.search(r"\d", text.partition(">")[2]), text
