"""What people ask for is registered, due, reminded of and closed."""

from datetime import date

import pytest

from chalicelib.people.requests import Register, RequestRefused
from fakes import MemoryMailer, MemoryStore, SetClock
from journey import RITA, SAM, Journey

ADA = "ada@example.org"


@pytest.fixture
def register(way: Journey) -> Register:
    return way.service.people(way.store).register


def reminders(mailer: MemoryMailer) -> list[str]:
    return [mail.subject for mail in mailer.to(SAM)]


def test_a_request_is_due_after_thirty_days_and_reminded_of_thrice(
    way: Journey, register: Register, clock: SetClock, mailer: MemoryMailer
) -> None:
    request = register.add("access", ADA, clock().date())
    assert request.due == "2026-04-01"
    subjects = []
    for _ in range(40):
        way.deliver()
        subjects.append(len(reminders(mailer)))
        clock.pass_(days=1)
    assert [day for day, n in enumerate(subjects) if day and n > subjects[day - 1]] == [20, 27, 31]
    assert reminders(mailer)[0] == f"Request {request.id} (access)"
    assert reminders(mailer)[-1] == f"Late: request {request.id} (access)"
    assert ADA not in "".join(mail.text for mail in mailer.to(RITA))
    assert "1er avril 2026" in mailer.to(RITA)[0].text


def test_a_request_that_is_closed_is_reminded_of_no_more(
    way: Journey, register: Register, clock: SetClock, mailer: MemoryMailer, store: MemoryStore
) -> None:
    request = register.add("erasure", ADA, clock().date())
    closed = register.close(request.id, "erased")
    assert closed.closed_on == "2026-03-02"
    assert register.open() == []
    clock.pass_(days=60)
    way.deliver()
    assert reminders(mailer) == []
    with pytest.raises(RequestRefused, match="was closed"):
        register.close(request.id, "again")


def test_a_request_is_extended_once_and_in_time(
    way: Journey, register: Register, clock: SetClock, mailer: MemoryMailer
) -> None:
    request = register.add("access", ADA, clock().date())
    assert register.extend(request.id).due == "2026-05-01"
    with pytest.raises(RequestRefused, match="extended already"):
        register.extend(request.id)
    clock.pass_(days=45)
    way.deliver()
    assert reminders(mailer) == []
    late = register.add("access", ADA, date(2026, 3, 1))
    with pytest.raises(RequestRefused, match="too late"):
        register.extend(late.id)


def test_the_requests_that_wait_stand_by_their_due_day(register: Register, clock: SetClock) -> None:
    second = register.add("access", ADA, date(2026, 3, 2))
    first = register.add("complaint", ADA, date(2026, 2, 20))
    assert [request.id for request in register.open()] == [first.id, second.id]
    with pytest.raises(RequestRefused, match="there is no request"):
        register.get("x")


def test_two_who_close_one_request_close_it_once(
    register: Register, clock: SetClock, store: MemoryStore
) -> None:
    from chalicelib.core.errors import Conflict

    request = register.add("access", ADA, clock().date())
    other = Register(store, clock)

    def meanwhile(writes: object) -> None:
        store.before = lambda writes: None
        other.close(request.id, "answered")

    store.before = meanwhile
    with pytest.raises(Conflict):
        register.close(request.id, "answered too")
    assert register.get(request.id).outcome == "answered"
