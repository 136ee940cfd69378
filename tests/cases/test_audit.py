"""A chain of events that was touched is found, and the first broken link named."""

import gzip
import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

import samples
from chalicelib.aws.anchors import DynamoHeads, S3AnchorBucket
from chalicelib.aws.keys import Keys
from chalicelib.aws.listings import DynamoListings
from chalicelib.aws.lists import DynamoSubscriberStore
from chalicelib.cases import audit
from chalicelib.cases.anchors import AnchorWriter
from chalicelib.cases.audit import FIRST_EVENT, event
from chalicelib.cases.effects import Decider
from chalicelib.cases.guards import DecisionInput
from chalicelib.cases.intake.submission import IncomingForm
from chalicelib.core.ports import Change, Delete, Item, Key, Put
from chalicelib.core.records import stamp
from chalicelib.core.settings import read
from chalicelib.services import Services
from clock_steps import Programme
from environment import ENVIRONMENT
from fakes import MemoryMailer, MemorySuppression, SetClock
from infra.operator import audit as chains
from infra.operator.errors import OperatorError
from infra.operator.stage import Operator
from infra.operator.tables import Tables
from operator_cli import listed, relais
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
        (lambda p, pk: touched(p, pk, 2, row="0" * 64), 2, "hash"),
        (lambda p, pk: touched(p, pk, 2, kind="note"), 2, "strange"),
        (lambda p, pk: touched(p, pk, 2, also="this"), 2, "strange"),
        (lambda p, pk: p.store.items[pk, "CASE"].update(org="Eve inc."), 5, "row"),
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
        boto3.client("secretsmanager").create_secret(
            Name=ENVIRONMENT["ANCHOR_SECRET"], SecretString=json.dumps({"key": "s" * 64})
        )
        boto3.client("s3").create_bucket(
            Bucket=ENVIRONMENT["ANCHOR_BUCKET"],
            ObjectLockEnabledForBucket=True,
            CreateBucketConfiguration={"LocationConstraint": "ca-central-1"},
        )
        yield Operator("test", settings=read(ENVIRONMENT))


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
    return relais(operator, "audit", "verify")


def test_the_operator_hears_that_all_chains_are_whole(
    operator: Operator, stored: list[str]
) -> None:
    assert run(operator) == "Whole: 3 chains, never anchored yet"
    assert listed(operator, "audit", "verify") == [{"chains": 3, "anchored_last": "", "broken": []}]


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
        store = DynamoListings(client, "Records", "Subscribers")
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
    assert chains.verify(programme.store, iter([pk] * 3), progress=counts.append) == (3, [])
    assert counts == [1, 2, 3]


def test_what_was_said_cannot_be_guessed_from_the_chain(programme: Programme, pk: str) -> None:
    rows = programme.store.rows(pk, "EVENT#")
    assert len({row["salt"] for row in rows}) == len(rows)
    assert all(len(row["salt"]) == 32 for row in rows)
    assert "salt" not in json.dumps([row["data"] for row in rows])


ANCHOR_DAYS = iter(range(1, 1000))


def anchor(operator: Operator) -> str:
    """What the function anchor_audit does, on the next day; returns the name of the anchor."""
    tables = operator.tables
    now = SetClock()
    now.now = operator.now().replace(microsecond=0) - timedelta(days=300 - next(ANCHOR_DAYS) % 300)
    writer = AnchorWriter(
        DynamoHeads(tables.client, tables.records, tables.subscribers),
        S3AnchorBucket(boto3.client("s3"), ENVIRONMENT["ANCHOR_BUCKET"]),
        ("s" * 64).encode(), "test", now,
    )  # fmt: skip
    writer.write(io.BytesIO())
    return f"{stamp(now()).replace(':', '')}.jsonl.gz"


def set_to(key: Key, row: Item) -> Change:
    return Change(key, set={name: value for name, value in row.items() if name not in ("pk", "sk")})


def rewritten(store: Any, pk: str) -> None:
    """Every event, hash and head anew, with another actor: by the functions of the app."""
    head, events = audit.chain_of(store, pk)
    assert head is not None
    before = FIRST_EVENT
    for each in events:
        row = {**each, "actor": "eve", "before": before}
        row["hash"] = audit.chained(row, before)
        store.commit([set_to((pk, each["sk"]), row)])
        before = row["hash"]
    store.commit([Change((pk, "CASE"), set={"head": before})])


def cut(store: Any, pk: str) -> None:
    """The last event goes, and the row is as its event before left it."""
    head, events = audit.chain_of(store, pk)
    assert head is not None
    last = events[-2]
    again = {**head, "events": len(events) - 1, "state": "EOI_PENDING"}
    fresh = event(
        pk, len(events) - 1, events[-2]["before"], name=last["event"], actor=last["actor"],
        at=last["at"], data=last["data"], row=again,
    )  # fmt: skip
    store.commit([Delete((pk, events[-1]["sk"])), Delete((pk, last["sk"]))])
    store.commit([Put(fresh), set_to((pk, "CASE"), {**again, "head": fresh["hash"]})])


def deleted(store: Any, pk: str) -> None:
    for row in store.rows(pk):
        store.commit([Delete((pk, row["sk"]))])


def edited(store: Any, pk: str) -> None:
    """The row of the file, and the event that covers it, with all hashes anew."""
    head, events = audit.chain_of(store, pk)
    assert head is not None
    row = {**head, "org": "Eve inc."}
    last = {**events[-1], "row": audit.digested(audit.protected(row), events[-1]["salt"])}
    last["hash"] = audit.chained(last, last["before"])
    store.commit([set_to((pk, last["sk"]), last)])
    store.commit([Change((pk, "CASE"), set={"org": "Eve inc.", "head": last["hash"]})])


@pytest.mark.parametrize(
    ("tamper", "why"),
    [
        (rewritten, r"event 2: rewritten \(anchored "),
        (cut, r"event 2: cut \(anchored "),
        (deleted, r"event 2: gone \(anchored "),
        (edited, r"event 2: rewritten \(anchored "),
    ],
)
def test_whoever_can_write_every_hash_is_found_by_the_anchor(
    operator: Operator, stored: list[str], tamper: Callable[[Any, str], None], why: str
) -> None:
    anchor(operator)
    assert re.fullmatch(r"Whole: 3 chains, anchored last \d{4}-\d\d-\d\d", run(operator))
    tamper(operator.store, stored[1])
    if tamper is not deleted:
        assert audit.verified(operator.store, stored[1]) is None, "it is whole in itself"
    with pytest.raises(OperatorError, match=f"first {stored[1][5:]}: {why}"):
        run(operator)
    anchor(operator)
    with pytest.raises(OperatorError, match=f"first {stored[1][5:]}: {why}"):
        run(operator)


def test_a_step_after_the_anchor_is_no_fault(operator: Operator, stored: list[str]) -> None:
    anchor(operator)
    anchor(operator)
    keys = Keys(links=("a" * 64,), people=b"p" * 32)
    service = Services(
        read(ENVIRONMENT), operator.store, keys, MemoryMailer(), SetClock(), MemorySuppression()
    )
    case = service.lookup.case(stored[0][5:])
    assert case is not None
    service.cases.decisions.act(case, "undo", Decider("rita-roy", "Rita Roy"), DecisionInput())
    assert run(operator).startswith("Whole: 3 chains")
    anchor(operator)
    assert run(operator).startswith("Whole: 3 chains")


def test_a_row_that_changed_without_an_event_is_found_between_two_anchors(
    operator: Operator, stored: list[str]
) -> None:
    """Events from before rows were covered: the anchor alone knows."""
    pk = stored[0]
    _, events = audit.chain_of(operator.store, pk)
    before = FIRST_EVENT
    for each in events:
        row = {**each, "before": before}
        del row["row"]
        row["hash"] = before = audit.chained(row, before)
        operator.store.commit([Delete((pk, each["sk"]))])
        operator.store.commit([Put(row)])
    operator.store.commit([Change((pk, "CASE"), set={"head": before})])
    anchor(operator)
    operator.store.commit([Change((pk, "CASE"), set={"org": "Eve inc."})])
    with pytest.raises(OperatorError, match=rf"first {pk[5:]}: event 2: edited \(anchored "):
        run(operator)


@pytest.mark.parametrize("wrong", ["replaced", "deleted", "forged", "cut off", "no gzip"])
def test_an_anchor_that_is_not_as_it_was_written_is_named(
    operator: Operator, stored: list[str], wrong: str
) -> None:
    name = anchor(operator)
    s3, bucket = boto3.client("s3"), ENVIRONMENT["ANCHOR_BUCKET"]
    body = s3.get_object(Bucket=bucket, Key=name)["Body"].read()
    lines = gzip.decompress(body).splitlines(keepends=True)
    if wrong == "deleted":
        s3.delete_object(Bucket=bucket, Key=name)
    elif wrong == "replaced":
        s3.put_object(Bucket=bucket, Key=name, Body=body)
    else:
        bodies = {
            "forged": gzip.compress(
                b"".join([lines[0], lines[1].replace(b"CASE", b"CASF"), *lines[2:]])
            ),
            "cut off": gzip.compress(b"".join(lines[:-2] + lines[-1:])),
            "no gzip": b"\x00",
        }
        name = "2999-01-01T000000.000Z.jsonl.gz"
        s3.put_object(Bucket=bucket, Key=name, Body=bodies[wrong])
    with pytest.raises(OperatorError, match=rf"1 of 3 chains are broken, first anchor {name}: "):
        run(operator)


UNPROTECTED = {"head", "due_at", "due_shard"}
"""`head` is compared with the last event; the others say when the sweep looks at an issue."""


@settings(max_examples=60)
@given(data=st.data())
def test_any_edit_of_any_attribute_of_a_case_or_its_events_is_found(data: st.DataObject) -> None:
    programme = Programme("2026-03-02T15:00:00+00:00")
    case = programme.ask(programme.declare("ada@example.org"))
    programme.reply(case)
    pk = case.key[0]
    key = b"s" * 32
    anchors = chains.AnchoredChains(key)
    head = programme.store.items[pk, "CASE"]
    body = io.BytesIO()
    AnchorWriter(Rows([dict(head)]), Kept(), key, "test", programme.clock).write(body)
    anchors.add("2026-03-02.jsonl.gz", body)
    keys = [k for k in programme.store.items if k[0] == pk and k[1].startswith(("EVENT#", "CASE"))]
    chosen = data.draw(st.sampled_from(sorted(keys)))
    row = programme.store.items[chosen]
    name = data.draw(st.sampled_from(sorted(set(row) - {"pk", "sk"} - UNPROTECTED)))
    value = row[name]
    if data.draw(st.booleans()):
        del row[name]
    else:
        other: st.SearchStrategy[Any] = st.one_of(
            st.text(max_size=5), st.integers(0, 9), st.just([]), st.just({"a": "b"})
        )
        row[name] = data.draw(other.filter(lambda drawn: drawn != value))
    if value is None and name not in row:
        return  # DynamoDB keeps no such thing.
    try:
        _, faults = chains.verify(programme.store, iter([pk]), anchors)
    except (KeyError, TypeError, AttributeError) as error:
        raise AssertionError(f"{chosen} {name}: {error!r}") from error
    assert faults, (chosen, name, value)


class Rows:
    def __init__(self, rows: list[Item]) -> None:
        self._rows = rows

    def heads(self) -> Iterator[Item]:
        return iter(self._rows)


class Kept:
    def put(self, name: str, body: Any) -> None:
        """The body is read where it is."""
