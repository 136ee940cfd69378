"""What a table was at a moment is made beside it, and what is missing since is put back."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.cases.file_index import COUNTS
from chalicelib.core.settings import Settings
from fakes import SetClock
from infra.operator.errors import OperatorError
from infra.operator.stage import Operator
from operator_cli import listed, relais
from tables import make_tables

MOMENT = "2026-03-02T09:00"
"""Half an hour before the tests' clock, Eastern Time."""

ROWS: list[dict[str, Any]] = [
    {
        "pk": {"S": "CASE#1"},
        "sk": {"S": "CASE"},
        "kind": {"S": "stored_form"},
        "version": {"N": "3"},
    },
    {"pk": {"S": "CASE#1"}, "sk": {"S": "EVENT#1"}, "kind": {"S": "case_event"}},
    {
        "pk": {"S": "CASE#2"},
        "sk": {"S": "CASE"},
        "kind": {"S": "stored_form"},
        "version": {"N": "1"},
    },
    {"pk": {"S": "TRY#1"}, "sk": {"S": "TRY"}, "kind": {"S": "try"}, "expires": {"N": "1"}},
]
READER: dict[str, Any] = {
    "pk": {"S": "PERSON#a"}, "sk": {"S": "PROFILE"}, "kind": {"S": "subscriber"},
}  # fmt: skip


@pytest.fixture
def operator(aws: None, settings: Settings, clock: SetClock) -> Iterator[Operator]:
    """A stage, a look at it as it was, and then one file lost, one changed and one that came."""
    with mock_aws():
        client = boto3.client("dynamodb")
        make_tables(client, "relais-test-records", "relais-test-subscribers")
        operator = Operator("test", now=clock, settings=settings)
        for row in ROWS:
            client.put_item(TableName=operator.tables.records, Item=row)
        client.put_item(TableName=operator.tables.subscribers, Item=READER)
        assert relais(operator, "rewind", "look", MOMENT).endswith("Nothing differs")
        for row in (ROWS[0], ROWS[1], ROWS[3]):
            key = {"pk": row["pk"], "sk": row["sk"]}
            client.delete_item(TableName=operator.tables.records, Key=key)
        client.delete_item(
            TableName=operator.tables.subscribers, Key={"pk": READER["pk"], "sk": READER["sk"]}
        )
        put(operator, {**ROWS[2], "version": {"N": "9"}})
        put(operator, {"pk": {"S": "CASE#3"}, "sk": {"S": "CASE"}, "kind": {"S": "stored_form"}})
        yield operator


def put(operator: Operator, row: dict[str, Any]) -> None:
    operator.tables.client.put_item(TableName=operator.tables.records, Item=row)


def row(operator: Operator, pk: str, sk: str = "CASE") -> dict[str, Any] | None:
    key = {"pk": {"S": pk}, "sk": {"S": sk}}
    found: Any = operator.tables.client.get_item(TableName=operator.tables.records, Key=key)
    return found.get("Item")  # type: ignore[no-any-return]


def differences(operator: Operator) -> set[tuple[str, str, int]]:
    rows = listed(operator, "rewind", "look", MOMENT)
    return {(one["how"], one["partition"], one["rows"]) for one in rows}


def test_what_is_gone_comes_back_and_what_came_since_stays(operator: Operator) -> None:
    wrong = {"pk": {"S": COUNTS}, "sk": {"S": "any"}, "wrong__eoi": {"N": "7"}}
    put(operator, wrong)
    assert differences(operator) == {
        ("gone", "CASE#1", 1), ("gone", "PERSON#a", 1), ("changed", "CASE#2", 1),
        ("new", "CASE#3", 1),
    }  # fmt: skip
    assert relais(operator, "rewind", "put-back", MOMENT).startswith("3 rows are put back")
    assert row(operator, "CASE#1") == ROWS[0]
    assert row(operator, "CASE#1", "EVENT#1") == ROWS[1]
    assert row(operator, "CASE#3"), "nobody's form of since is lost"
    assert row(operator, "CASE#2") == {**ROWS[2], "version": {"N": "9"}}
    assert row(operator, "TRY#1", "TRY") is None, "it had expired, and went in its time"
    assert row(operator, COUNTS, "any") == {
        **wrong,
        "wrong__eoi": {"N": "0"},
        "kind": {"S": "file_count"},
    }
    standing = operator.services.reputation.standing()
    assert standing is not None
    assert standing.scope == "all", "what was owed then may have left since"
    assert relais(operator, "rewind", "put-back", MOMENT).endswith("Nothing is to be put back")


def test_what_changed_comes_back_where_it_is_asked_for(operator: Operator) -> None:
    relais(operator, "rewind", "put-back", MOMENT, "CASE#2", "--changed")
    assert row(operator, "CASE#2") == ROWS[2]
    assert row(operator, "CASE#1") is None, "another file was not asked for"
    with pytest.raises(OperatorError, match="nothing of CASE#3 is to be put back"):
        relais(operator, "rewind", "put-back", MOMENT, "CASE#3", "--changed")


@pytest.mark.parametrize(
    ("partition", "operation"),
    [("CASE#1", "PutItem"), ("CASE#2", "GetItem"), ("CASE#2", "PutItem")],
)
def test_what_somebody_writes_meanwhile_is_not_written_over(
    operator: Operator, partition: str, operation: str
) -> None:
    """Somebody writes before the row is read again, or between that and the write."""
    written = {**ROWS[0], "pk": {"S": partition}, "version": {"N": "77"}}
    left = [written]

    def meanwhile(params: dict[str, Any], **_: Any) -> None:
        if left and partition.encode() in params["body"]:
            put(operator, left.pop())

    events = operator.tables.client.meta.events
    events.register_first(f"before-call.dynamodb.{operation}", meanwhile)
    with pytest.raises(OperatorError, match=f"{partition} CASE changed meanwhile"):
        relais(operator, "rewind", "put-back", MOMENT, partition, "--changed")
    assert row(operator, partition) == written


def test_nobody_who_was_erased_comes_back_unnamed(operator: Operator) -> None:
    put(operator, {"pk": {"S": "ERASED#1"}, "sk": {"S": "1"}, "kind": {"S": "erasure"}})
    with pytest.raises(OperatorError, match="somebody was erased since"):
        relais(operator, "rewind", "put-back", MOMENT)
    relais(operator, "rewind", "put-back", MOMENT, "CASE#1")
    assert row(operator, "CASE#1") == ROWS[0]


def test_what_was_made_goes_and_what_stands_stays(operator: Operator) -> None:
    said = relais(operator, "rewind", "end", MOMENT).splitlines()
    assert len(said) == 2
    names = operator.tables.client.list_tables()["TableNames"]
    assert names == ["relais-test-records", "relais-test-subscribers"]
    assert relais(operator, "rewind", "end", MOMENT) == ""


@pytest.mark.parametrize(
    ("moment", "why"), [("2026-01-02T09:00", "remembers 35 days"), ("2027-01-01T09:00", "lies ahead")]
)  # fmt: skip
def test_a_moment_that_nobody_remembers_is_refused(
    operator: Operator, moment: str, why: str
) -> None:
    with pytest.raises(Exception, match=why):
        relais(operator, "rewind", "look", moment)


def test_a_moment_that_dynamodb_does_not_know_yet_is_said_to_be_none(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    client: Any = operator.tables.client
    until = {"EarliestRestorableDateTime": datetime(2026, 2, 1, tzinfo=UTC),
             "LatestRestorableDateTime": datetime(2026, 3, 2, 14, 25, tzinfo=UTC)}  # fmt: skip
    about = {"ContinuousBackupsDescription": {"PointInTimeRecoveryDescription": until}}

    def refuse(**_: object) -> None:
        raise client.exceptions.InvalidRestoreTimeException({"Error": {}}, "Restore")

    monkeypatch.setattr(client, "restore_table_to_point_in_time", refuse)
    monkeypatch.setattr(client, "describe_continuous_backups", lambda **_: about)
    with pytest.raises(
        OperatorError, match="to 2026-03-02 14:25:00 UTC, and not as of 2026-03-02 14:28"
    ):
        relais(operator, "rewind", "look", "2026-03-02T09:28")
