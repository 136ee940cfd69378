"""A chain of events that was touched is found, and the first broken link named."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

import samples
from chalicelib.aws.dynamo import DynamoStore
from chalicelib.aws.keys import Keys
from chalicelib.aws.lists import DynamoSubscriberStore
from chalicelib.cases import audit
from chalicelib.cases.audit import FIRST_EVENT, event
from chalicelib.cases.effects import Decider
from chalicelib.cases.guards import DecisionInput
from chalicelib.cases.intake.submission import IncomingForm
from chalicelib.core.ports import Change, Delete, Item, Put
from chalicelib.core.settings import read
from chalicelib.services import Services
from clock_steps import Programme
from environment import ENVIRONMENT
from fakes import MemoryMailer, MemorySuppression, SetClock
from infra.operator import audit as chains
from infra.operator.errors import OperatorError
from infra.operator.stage import Operator
from infra.operator.tables import Tables
from operator_cli import relais
from tables import make_tables

Touch = Callable[[Programme, str], None]


@pytest.fixture
def programme() -> Programme:
    return Programme("2026-03-02T15:00:00+00:00")


@pytest.fixture
def pk(programme: Programme) -> str:
    """A case of five events."""
    case = programme.ask(programme.declare("ada@example.org"))
    programme.reply(case)
    programme.act(case, "decline", reasons=("not_ci",))
    programme.act(case, "undo")
    return case.key[0]


def test_a_chain_as_it_was_written_is_whole(programme: Programme, pk: str) -> None:
    assert audit.verified(programme.store, pk) is None
    assert len(programme.store.rows(pk, "EVENT#")) == 5


def touched(programme: Programme, pk: str, number: int, /, **values: Any) -> None:
    programme.store.items[pk, f"EVENT#{number:06d}"].update(values)


def forged(programme: Programme, pk: str, number: int) -> Item:
    """An event that is right in itself: made with the functions of the app."""
    rows = programme.store.rows(pk, "EVENT#")
    before = rows[number - 2]["hash"] if number > 1 else FIRST_EVENT
    return event(
        pk, number, before, name="approve", actor="eve", at="2026-03-02", data={"a": 1}, row={}
    )


def remove(programme: Programme, pk: str, number: int) -> None:
    programme.store.commit([Delete((pk, f"EVENT#{number:06d}"))])


@pytest.mark.parametrize(
    ("touch", "number", "why"),
    [
        (lambda p, pk: touched(p, pk, 3, actor="eve"), 3, "hash"),
        (lambda p, pk: touched(p, pk, 2, at="2026-01-01T00:00:00.000Z"), 2, "hash"),
        (lambda p, pk: touched(p, pk, 2, data={"answer": "other"}), 2, "data"),
        (lambda p, pk: touched(p, pk, 2, digest="0" * 64), 2, "hash"),
        (lambda p, pk: touched(p, pk, 4, before="0" * 64), 4, "order"),
        (lambda p, pk: touched(p, pk, 4, number=3), 4, "order"),
        (lambda p, pk: touched(p, pk, 1, erased=True), 1, "erased"),
        (lambda p, pk: remove(p, pk, 3), 3, "gap"),
        (lambda p, pk: remove(p, pk, 1), 1, "gap"),
        (lambda p, pk: remove(p, pk, 5), 5, "gap"),
        (lambda p, pk: p.store.put(forged(p, pk, 2)), 3, "order"),
        (lambda p, pk: p.store.put(forged(p, pk, 5)), 5, "head"),
        (lambda p, pk: p.store.put(forged(p, pk, 6)), 6, "head"),
        (lambda p, pk: p.store.items[pk, "CASE"].update(head="0" * 64), 5, "head"),
        (lambda p, pk: p.store.items[pk, "CASE"].update(events=9), 6, "gap"),
        (lambda p, pk: p.store.items.pop((pk, "CASE")), 5, "alone"),
    ],
)
def test_the_first_broken_link_is_named(
    programme: Programme, pk: str, touch: Touch, number: int, why: str
) -> None:
    touch(programme, pk)
    found = audit.verified(programme.store, pk)
    assert found == audit.BrokenChain(pk.removeprefix("CASE#"), number, why)


def test_a_case_that_moves_while_it_is_read_is_read_again(programme: Programme, pk: str) -> None:
    case = programme.case(f"DI-{pk.removeprefix('CASE#')}")
    rows = programme.store.rows

    def meanwhile(pk: str, prefix: str = "") -> list[Item]:
        programme.store.rows = rows  # type: ignore[method-assign]
        found = rows(pk, prefix)
        programme.act(case, "decline", reasons=("not_ci",))
        return found

    programme.store.rows = meanwhile  # type: ignore[method-assign]
    assert audit.verified(programme.store, pk) is None


@pytest.fixture
def operator(aws: None) -> Iterator[Operator]:
    with mock_aws():
        make_tables(boto3.client("dynamodb"), "relais-test-records", "relais-test-subscribers")
        yield Operator("test")


@pytest.fixture
def stored(operator: Operator) -> list[str]:
    """Three decided cases in the operator's tables."""
    keys = Keys(links=("a" * 64,), people=b"p" * 32)
    tables = ("relais-test-records", "relais-test-subscribers")
    store = DynamoSubscriberStore(boto3.client("dynamodb"), *tables)
    service = Services(
        read(ENVIRONMENT), store, keys, MemoryMailer(), SetClock(), MemorySuppression()
    )
    found = []
    for name in ("ada", "bea", "cam"):
        form = samples.eoi(contact_email=f"{name}@example.org")
        receipt = service.views.forms.intake.receive(IncomingForm("eoi", form, "fr"))
        case = service.lookup.case(receipt.ref.removeprefix("DI-"))
        assert case is not None
        word = DecisionInput(reasons=("not_ci",))
        service.cases.decisions.act(case, "decline", Decider("rita-roy", "Rita Roy"), word)
        found.append(case.key[0])
    return found


def run(operator: Operator) -> str:
    return relais(operator, "chains", "verify")


def test_the_operator_hears_that_all_chains_are_whole(
    operator: Operator, stored: list[str]
) -> None:
    assert run(operator) == "Whole: 3 chains"


def test_the_operator_hears_which_link_is_broken(operator: Operator, stored: list[str]) -> None:
    key = (stored[1], "EVENT#000002")
    operator.store.commit([Change(key, set={"actor": "eve"})])
    name = stored[1].removeprefix("CASE#")
    with pytest.raises(
        OperatorError, match=f"1 of 3 chains are broken, first {name}: event 2: hash"
    ):
        run(operator)


def test_events_whose_case_is_gone_are_found(operator: Operator, stored: list[str]) -> None:
    operator.store.commit([Delete((stored[0], "CASE"))])
    with pytest.raises(OperatorError, match="event 2: alone"):
        run(operator)


def test_all_pages_of_the_table_are_read(aws: None) -> None:
    """A page of a scan ends after a megabyte, in the middle of a case."""
    with mock_aws():
        client = boto3.client("dynamodb")
        make_tables(client)
        store = DynamoStore(client, "Records", "Subscribers")
        for number in range(30):
            first = event(
                f"CASE#{number}", 1, FIRST_EVENT, name="submit", actor="applicant",
                at="2026-03-02", data={"text": "é" * 50_000},
                row={"pk": f"CASE#{number}", "sk": "CASE", "events": 1},
            )  # fmt: skip
            head = {"pk": f"CASE#{number}", "sk": "CASE", "events": 1, "head": first["hash"]}
            store.commit([Put(first), Put(head)])
        found = Tables(client, "Records", "Subscribers").partitions(tuple(audit.HEADS))
        assert chains.verify(store, found) == (30, [])
        pages = list(client.get_paginator("scan").paginate(TableName="Records"))
        assert len(pages) > 1


def test_progress_is_told(programme: Programme, pk: str) -> None:
    counts: list[int] = []
    assert chains.verify(programme.store, iter([pk] * 3), counts.append) == (3, [])
    assert counts == [1, 2, 3]


def test_what_was_said_cannot_be_guessed_from_the_chain(programme: Programme, pk: str) -> None:
    rows = programme.store.rows(pk, "EVENT#")
    assert len({row["salt"] for row in rows}) == len(rows)
    assert all(len(row["salt"]) == 32 for row in rows)
    assert "salt" not in json.dumps([row["data"] for row in rows])
