"""However many cases the table holds, a page costs the same calls, and none is a scan."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from chalice.test import Client
from moto import mock_aws

import app as application
import samples
from chalicelib.aws.expressions import encode
from chalicelib.aws.keys import Keys
from chalicelib.aws.lists import DynamoSubscriberStore
from chalicelib.cases.case import indexed
from chalicelib.cases.matching import index_rows
from chalicelib.core.ports import Put
from chalicelib.core.settings import read
from chalicelib.services import Services
from clock_steps import QuickStore
from counting_store import Counting
from environment import ENVIRONMENT, RITA, SAM
from fakes import MemoryMailer, MemoryStore, SetClock
from journey import Journey
from tables import make_tables
from visitor import Visitor, token

MANY = 100_000

MORE = 60
"""Other cases, and a sixth of them with the very name of ours: many more than a page looks at.
No call depends on more, and moto copies its table for each transaction."""


@pytest.fixture
def calls() -> Counter[str]:
    return Counter()


@pytest.fixture
def way(aws: None, calls: Counter[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Journey]:
    with mock_aws():
        client = boto3.client("dynamodb")
        make_tables(client)
        store = DynamoSubscriberStore(client, "Records", "Subscribers")
        store.commit([Put({**RITA}), Put({**SAM})])
        client.meta.events.register(
            "before-call.dynamodb", lambda model, **_: calls.update([model.name])
        )
        keys = Keys(links=("a" * 64,), people=b"p" * 32)
        mailer, clock = MemoryMailer(), SetClock()
        service = Services(read(ENVIRONMENT), store, keys, mailer, clock)

        def serve(served: Services) -> None:
            monkeypatch.setattr(application, "services", lambda: served)
            monkeypatch.setattr(application, "settings", lambda: served.settings)

        serve(service)
        with Client(application.app) as chalice:
            yield Journey(Visitor(chalice), service, MemoryStore(), mailer, clock, serve)


def pages(way: Journey) -> dict[str, str]:
    """A page of each kind, by what it shows."""
    way.visitor.send("/forms/eoi", samples.eoi())
    way.deliver()
    found = {
        "file": way.own(),
        "withdraw": f"{way.own()}?do=withdraw",
        "review": way.review("rita.roy@example.org"),
    }
    way.decide("rita.roy@example.org", decision="approve")
    way.after_undo()
    found["decided"] = found["review"]
    found["invited"] = way.own()
    found["form"] = f"/forms/application?invite={way.invite()}"
    # Its receipt is the one that no step of the staff has ended.
    application = samples.application(applicant_email="zoe@example.org")
    told = way.visitor.send("/forms/application", application).json_body
    found["receipt"] = f"/file/{token(told['links']['status'], 'file')}"
    way.deliver()
    found["orphan"] = way.review("rita.roy@example.org")
    found["unknown"] = "/review/unknown"
    return found


def counted(way: Journey, calls: Counter[str], found: dict[str, str]) -> dict[str, Counter[str]]:
    costs = {}
    # A process looks at the edits of the desk now and then, for whatever page.
    way.visitor.page("/newsletter")
    for name, path in found.items():
        calls.clear()
        assert way.visitor.page(path).status_code in (200, 410)
        costs[name] = Counter(calls)
    return costs


def crowded(way: Journey, number: int, mark: str = "X") -> Iterator[dict[str, Any]]:
    """The rows of other people's cases in every state, a sixth with the very names of ours."""
    case = way.case(f"DI-{_ids(way)[0]}")
    index = [row.key[0] for row in index_rows(case, b"p" * 32, way.clock())]
    states = ("EOI_PENDING", "EOI_APPROVED", "APP_PENDING", "ORPHAN_APP", "APP_DECLINED")
    for one in range(number):
        state = states[one % len(states)]
        name = f"2026-{mark}{one:05d}"
        yield {**case.item(), "pk": f"CASE#{name}", "id": name, "person": f"{one:032x}",
               **indexed(state, "2026"), "state": state, "answers": {}}  # fmt: skip
        if one % 6 == 0:
            for pk in index:
                yield {"pk": pk, "sk": f"20260302#{name}", "kind": "name", "case": name}


MOST = {"orphan": 24, "review": 8}
"""How often a page may ask the store, where that is more than six times: these look for files
that fit, and for those of the same organization, and show each letter."""


def crowd(way: Journey, mark: str = "X") -> None:
    rows = list(crowded(way, MORE, mark))
    client = boto3.client("dynamodb")
    for start in range(0, len(rows), 25):
        batch: list[Any] = [
            {"PutRequest": {"Item": {k: encode(v) for k, v in row.items() if v is not None}}}
            for row in rows[start : start + 25]
        ]
        client.batch_write_item(RequestItems={"Records": batch})


def test_a_page_costs_the_same_in_a_full_table(way: Journey, calls: Counter[str]) -> None:
    found = pages(way)
    before = counted(way, calls, found)
    crowd(way)
    after = counted(way, calls, found)
    # Files that look alike are looked at, but only so many.
    before.pop("orphan")
    assert {name: after[name] for name in before} == before
    crowd(way, "Y")
    assert counted(way, calls, found) == after
    # A link that never was ours is counted against its network.
    del after["unknown"]["UpdateItem"]
    for name, cost in after.items():
        assert set(cost) <= {"GetItem", "BatchGetItem", "Query"}, f"{name}: looking writes nothing"
        assert sum(cost.values()) <= MOST.get(name, 6), f"{name}: {dict(cost)}"


def test_every_step_costs_the_same_in_a_full_table(way: Journey, calls: Counter[str]) -> None:
    def steps(address: str) -> dict[str, Counter[str]]:
        costs: dict[str, Counter[str]] = {}

        def cost(name: str) -> None:
            costs[name] = Counter(calls)
            calls.clear()

        calls.clear()
        # Another organization each time: files of one are looked at for each other.
        name, number = address.partition("@")[0], len(_ids(way))
        bn = ("123456782RR0001", "118829803RR0001", "106792021RR0001")[number % 3]
        way.declare(address, org_legal_name=name, collective_name=name, org_bn=bn)
        calls.clear()
        way.decide("rita.roy@example.org", decision="ask", message="Qui?")
        cost("ask")
        way.after_undo()
        calls.clear()
        way.do(way.own(address), action="reply", answer="Moi.")
        cost("reply")
        way.deliver()
        calls.clear()
        way.do(way.own(address), "?do=withdraw", action="withdraw")
        cost("withdraw")
        way.deliver()
        return costs

    before = steps("one@example.org")
    crowd(way)
    after = steps("two@example.org")
    assert after == before
    for name, cost in after.items():
        assert "Scan" not in cost, name


def test_a_hundred_thousand_cases_cost_a_page_no_call_and_no_row_more(
    calls: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = QuickStore()
    kept.commit([Put({**RITA}), Put({**SAM})])
    store: Any = Counting(kept, calls)
    mailer, clock = MemoryMailer(), SetClock()
    keys = Keys(links=("a" * 64,), people=b"p" * 32)
    service = Services(read(ENVIRONMENT), store, keys, mailer, clock)
    monkeypatch.setattr(application, "services", lambda: service)
    monkeypatch.setattr(application, "settings", lambda: service.settings)
    with Client(application.app) as chalice:
        way = Journey(Visitor(chalice), service, kept, mailer, clock, lambda _: None)
        found = pages(way)
        before = counted(way, calls, found)
        for row in crowded(way, MANY):
            kept.put(row)
        after = counted(way, calls, found)
    orphan = after.pop("orphan")
    assert sum(orphan.values()) <= 200, "files that look alike are looked at, but only so many"
    before.pop("orphan")
    assert after == before


def _ids(way: Journey) -> list[str]:
    text = "\n".join(mail.subject for mail in way.mailer.sent)
    return list(dict.fromkeys(re.findall(r"D[IF]-(\d{4}-[0-9A-Z]{5}-[0-9A-Z])", text)))
