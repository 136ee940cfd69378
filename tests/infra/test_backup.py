"""All that a stage holds goes into a folder, and comes back row by row."""

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st
from moto import mock_aws

from chalicelib.aws.keys import people_secret
from chalicelib.cases.case import Case
from chalicelib.cases.file_index import COUNT_ROW, COUNTS
from chalicelib.core.ports import Change, Put
from chalicelib.core.rate_limit import counters
from chalicelib.core.settings import Settings
from fakes import SetClock
from infra.operator.copies import (
    MANIFEST,
    BadCopy,
    digest_of,
    first_row,
    read_manifest,
    restore_copy,
    row_from_json,
    row_to_json,
    rows_of,
)
from infra.operator.errors import OperatorError
from infra.operator.stage import Operator
from infra.package import ROOT
from infra.stage_file import REGION
from operator_cli import listed, relais
from tables import make_tables

ROWS: list[dict[str, Any]] = [
    {"pk": {"S": "CASE#1"}, "sk": {"S": "CASE"}, "name": {"S": "Élise « Ø » \U0001f600"}},
    {"pk": {"S": "CASE#1"}, "sk": {"S": "LETTER#1"}, "due_shard": {"S": "due#1"}, "due_at": {"S": "2026"}},
    {"pk": {"S": "BOOK#1"}, "sk": {"S": "1"}, "part": {"B": b"\x00\xff"}, "n": {"N": "12.50"}},
    {"pk": {"S": "X"}, "sk": {"S": "Y"}, "of": {"M": {"list": {"L": [{"BOOL": True}, {"NULL": True}]}}},
     "set": {"SS": ["b", "a"]}, "sizes": {"NS": ["2", "1"]}, "raw": {"BS": [b"2", b"1"]}},
]  # fmt: skip


@pytest.fixture
def operator(aws: None, settings: Settings, clock: SetClock) -> Iterator[Operator]:
    with mock_aws():
        for stage in ("test", "other"):
            make_tables(
                boto3.client("dynamodb"), f"relais-{stage}-records", f"relais-{stage}-subscribers"
            )
            vault = boto3.client("secretsmanager")
            vault.create_secret(
                Name=f"relais-{stage}-keys", SecretString=json.dumps({"key": stage * 16})
            )
            vault.create_secret(
                Name=f"relais-{stage}-people",
                SecretString=people_secret(stage.encode().ljust(32, b"x")),
            )
        yield Operator("test", now=clock, settings=settings)


@pytest.fixture
def other(operator: Operator, settings: Settings, clock: SetClock) -> Operator:
    return Operator("other", now=clock, settings=settings)


def fill(operator: Operator) -> None:
    for number, row in enumerate(ROWS):
        table = operator.tables.subscribers if number == 3 else operator.tables.records
        operator.tables.client.put_item(TableName=table, Item=row)


@pytest.fixture
def copy(operator: Operator, tmp_path: Path) -> Path:
    fill(operator)
    folder = tmp_path / "copy"
    assert relais(operator, "backup", str(folder)).startswith("4 rows of test are in")
    return folder


def test_every_row_comes_back_as_it_was_and_letters_wait(copy: Path, other: Operator) -> None:
    assert "All letters are held" in relais(other, "restore", str(copy))
    assert "All 4 rows are as in the copy" in relais(other, "compare", str(copy))
    standing = other.services.reputation.standing()
    assert standing is not None
    assert standing.scope == "all", "what was owed then may have left since"


def test_documents_and_images_which_no_copy_holds_are_named_with_the_way_there_and_back(
    operator: Operator, other: Operator, tmp_path: Path
) -> None:
    resources = json.loads((ROOT / "infra" / "resources.json").read_text("utf-8"))["Resources"]
    folder = tmp_path / "a copy"
    fill(operator)
    said = {
        "there": relais(operator, "backup", str(folder)),
        "back": relais(other, "restore", str(folder)),
    }
    for bucket, kind, here in (
        ("AttachmentBucket", "attachments", "documents"),
        ("ImageBucket", "images", "images"),
    ):
        assert "VersioningConfiguration" not in resources[bucket]["Properties"]
        local = f"'{folder / here}'"
        for way, stage in (("there", "test"), ("back", "other")):
            pair = [f"s3://relais-{stage}-{kind}-123456789012", local]
            one, two = pair if way == "there" else reversed(pair)
            assert f"`aws s3 sync {one} {two} --region {REGION}`" in said[way]


def run_a_minute(operator: Operator) -> None:
    """Do what the functions of a stage do each minute, as nobody sent anything yet."""
    services = operator.services
    services.cases.digest.ensure_scheduled()
    services.mail.outbox.sweep()
    services.desk.jobs.run_open(1)
    operator.recount.daily()


def test_a_stage_that_runs_is_filled_and_its_figures_are_right(
    operator: Operator, other: Operator, tmp_path: Path
) -> None:
    case = Case.begun(
        operator.now(), person="p", lang="fr", email="a@b.ca", contact_name="A", org="B",
        answers={}, warnings=[],
    )  # fmt: skip
    run_a_minute(operator)
    operator.store.commit([Put(replace(case, state="EOI_INFO_REQUESTED").item())])
    wrong = Change((COUNTS, "wrong"), set=COUNT_ROW, add={"wrong__eoi": 7})
    operator.store.commit([wrong, *counters("signups", "network", operator.now(), per_hour=9)])
    run_a_minute(other)
    assert {row["pk"]["S"] for row in rows_of(other.tables, other.tables.records)} >= {
        "STATUS", "MORNING", "FIGURES",
    }  # fmt: skip
    relais(operator, "backup", str(tmp_path / "copy"))
    assert relais(other, "restore", str(tmp_path / "copy")).startswith("1 rows are restored")
    run_a_minute(other)
    assert "All 1 rows are as in the copy" in relais(other, "compare", str(tmp_path / "copy"))
    assert [one["files"] for one in listed(other, "desk", "list")] == [1]
    assert other.recount.repair() == 0


def test_an_older_copy_brings_nothing_that_a_stage_keeps_by_itself(
    operator: Operator, other: Operator, tmp_path: Path
) -> None:
    """One from before such rows were left out, with keys: those come last, and not when it died."""
    fill(operator)
    relais(operator, "backup", str(tmp_path / "old"), "--with-keys")
    _add(tmp_path / "old", {"pk": {"S": "STATUS"}, "sk": {"S": "STATUS"}, "at": {"S": "2025"}})
    run_a_minute(other)
    standing = {"pk": {"S": "CASE#1"}, "sk": {"S": "CASE"}}
    other.tables.client.put_item(TableName=other.tables.records, Item=standing)
    vault = boto3.client("secretsmanager")
    before = vault.get_secret_value(SecretId="relais-other-people")["SecretString"]
    with pytest.raises(OperatorError, match="is another row"):
        relais(other, "restore", str(tmp_path / "old"), "--with-keys", "--go-on")
    assert vault.get_secret_value(SecretId="relais-other-people")["SecretString"] == before
    other.tables.client.delete_item(TableName=other.tables.records, Key=standing)
    relais(other, "restore", str(tmp_path / "old"), "--with-keys", "--go-on")
    assert "are as in the copy" in relais(other, "compare", str(tmp_path / "old"))
    assert vault.get_secret_value(SecretId="relais-other-people")["SecretString"] != before


def test_nobody_else_on_the_machine_reads_a_copy(operator: Operator, tmp_path: Path) -> None:
    fill(operator)
    relais(operator, "backup", str(tmp_path / "copy"), "--with-keys")
    for path in (tmp_path / "copy", *(tmp_path / "copy").iterdir()):
        assert path.stat().st_mode & 0o077 == 0, path
    with pytest.raises(OperatorError, match="missing is no folder"):
        relais(operator, "backup", str(tmp_path / "missing" / "copy"))


def test_a_copy_is_not_written_over_another_and_not_into_tables_with_rows(
    copy: Path, operator: Operator
) -> None:
    with pytest.raises(OperatorError, match="exists already"):
        relais(operator, "backup", str(copy))
    with pytest.raises(OperatorError, match="are not empty"):
        relais(operator, "restore", str(copy))


def test_a_restore_that_died_goes_on_and_writes_over_nothing(copy: Path, other: Operator) -> None:
    put = other.tables.client.put_item
    calls = []

    def dying(**row: Any) -> Any:
        calls.append(row)
        if len(calls) > 2:
            raise KeyboardInterrupt
        return put(**row)

    other.tables.client.put_item = dying  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        restore_copy(other.tables, copy, read_manifest(copy), lambda count: None)
    other.tables.client.put_item = put  # type: ignore[method-assign]
    assert first_row(other.tables)
    relais(other, "restore", str(copy), "--go-on")
    assert "All 4 rows" in relais(other, "compare", str(copy))

    newer = {**ROWS[0], "name": {"S": "newer"}}
    other.tables.client.put_item(TableName=other.tables.records, Item=newer)
    with pytest.raises(OperatorError, match="CASE#1 CASE stands in relais-other-records already"):
        relais(other, "restore", str(copy), "--go-on")
    with pytest.raises(OperatorError, match="1 rows differ"):
        relais(other, "compare", str(copy))


@pytest.mark.parametrize("change", ["missing", "extra", "changed"])
def test_a_comparison_finds_each_row_that_differs(
    copy: Path, operator: Operator, change: str
) -> None:
    client, table = operator.tables.client, operator.tables.records
    if change == "missing":
        client.delete_item(TableName=table, Key={"pk": {"S": "CASE#1"}, "sk": {"S": "CASE"}})
    elif change == "extra":
        client.put_item(TableName=table, Item={"pk": {"S": "NEW"}, "sk": {"S": "1"}})
    else:
        client.put_item(TableName=table, Item={**ROWS[2], "n": {"N": "12.51"}})
    with pytest.raises(OperatorError, match="1 rows differ"):
        relais(operator, "compare", str(copy))


def _cut(folder: Path) -> None:
    path = folder / "records.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-9])


def _edit(folder: Path) -> None:
    path = folder / "records.jsonl.gz"
    text = gzip.decompress(path.read_bytes()).replace(b"12.50", b"12.60")
    path.write_bytes(gzip.compress(text))


def _add(folder: Path, row: dict[str, Any]) -> None:
    """Add a row to a copy, which is whole again then."""
    path, manifest = folder / "records.jsonl.gz", json.loads((folder / MANIFEST).read_text())
    text = gzip.decompress(path.read_bytes()).decode() + json.dumps(row) + "\n"
    path.write_bytes(gzip.compress(text.encode()))
    digest = hashlib.sha256("".join(text.splitlines()).encode()).hexdigest()
    manifest["tables"]["records"] |= {"rows": len(text.splitlines()), "digest": digest}
    (folder / MANIFEST).write_text(json.dumps(manifest))


SPOILT: dict[str, Callable[[Path], object]] = {
    "cut": _cut,
    "edited": _edit,
    "without a manifest": lambda folder: (folder / MANIFEST).unlink(),
    "with a manifest of nonsense": lambda folder: (folder / MANIFEST).write_text("[]"),
    "without a file": lambda folder: (folder / "subscribers.jsonl.gz").unlink(),
}


@pytest.mark.parametrize("how", SPOILT)
def test_nothing_is_restored_from_a_copy_that_is_not_whole(
    copy: Path, other: Operator, how: str
) -> None:
    SPOILT[how](copy)
    with pytest.raises(OperatorError):
        relais(other, "restore", str(copy))
    assert first_row(other.tables) == ""


def test_keys_leave_and_come_back_only_when_told(
    operator: Operator, other: Operator, tmp_path: Path
) -> None:
    fill(operator)
    relais(operator, "backup", str(tmp_path / "bare"))
    assert not (tmp_path / "bare" / "keys.json").exists()
    with pytest.raises(OperatorError, match="has no keys"):
        relais(other, "restore", str(tmp_path / "bare"), "--with-keys")
    relais(operator, "backup", str(tmp_path / "whole"), "--with-keys")
    assert (tmp_path / "whole" / "keys.json").stat().st_mode & 0o077 == 0
    relais(other, "restore", str(tmp_path / "whole"), "--with-keys")
    vault = boto3.client("secretsmanager")
    for kind in ("keys", "people"):
        texts = [
            vault.get_secret_value(SecretId=f"relais-{stage}-{kind}")["SecretString"]
            for stage in ("test", "other")
        ]
        assert texts[0] == texts[1]


VALUES = st.recursive(
    st.text(max_size=9).map(lambda text: {"S": text})
    | st.integers().map(lambda number: {"N": str(number)})
    | st.booleans().map(lambda value: {"BOOL": value})
    | st.just({"NULL": True})
    | st.binary(min_size=1, max_size=9).map(lambda value: {"B": value})
    | st.sets(st.text(min_size=1, max_size=3), min_size=1, max_size=3).map(lambda each: {"SS": sorted(each)})
    | st.sets(st.binary(min_size=1, max_size=3), min_size=1, max_size=3).map(lambda each: {"BS": sorted(each)}),
    lambda inner: st.lists(inner, max_size=3).map(lambda each: {"L": each})
    | st.dictionaries(st.text(min_size=1, max_size=3), inner, max_size=3).map(lambda each: {"M": each}),
    max_leaves=6,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["a", "SS", "S", "M"]), VALUES, max_size=3))
@tried(max_examples=100)
def test_whatever_a_row_holds_it_is_the_same_after_a_file(row: dict[str, Any]) -> None:
    whole = {"pk": {"S": "A"}, "sk": {"S": "B"}, **row}
    text = json.dumps(row_to_json(whole))
    assert row_from_json(json.loads(text)) == whole
    assert digest_of(row_from_json(json.loads(text))) == digest_of(whole)


def test_a_folder_that_holds_nothing_is_no_copy(tmp_path: Path) -> None:
    with pytest.raises(BadCopy, match="holds no whole copy"):
        read_manifest(tmp_path)
