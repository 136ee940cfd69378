"""`relais rewind …`: both tables as they were at a moment, beside those of now, and rows put back.

The tables of now stay in use: switching to those of a moment would lose every form that came since.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, NamedTuple

import typer

from infra.operator.commands import Commands
from infra.operator.copies import Row, copied_rows, digest_of
from infra.operator.errors import OperatorError
from infra.operator.parameters import past_moment
from infra.operator.session import Session, bar, session_of
from infra.operator.tables import Tables

commands = Commands("See both tables as they were at a moment, and put back what is missing since.")

PERIOD: Final = timedelta(days=35)
"""How far back DynamoDB remembers."""

WAIT_SECONDS: Final = 10.0
"""Between two looks at a table that is being made; one of some gigabytes takes half an hour."""

GONE, CHANGED, NEW = "gone", "changed", "new"

Moment = Annotated[
    datetime,
    typer.Argument(help="The moment: 2026-08-03T14:00, Eastern Time.", parser=past_moment),
]
Keys = Annotated[
    list[str] | None, typer.Argument(help="Partitions to put back, as `look` names them.")
]


@commands.add()
def look(context: typer.Context, moment: Moment) -> None:
    """Make both tables as they were at a moment, and list what differs from now."""
    session = session_of(context)
    then = _made(session, moment)
    found = Counter(
        (one.how, one.kind, one.key[0])
        for one in _differences(session.operator.tables, then, session.now())
    )
    session.list_rows(
        [
            {"how": how, "kind": kind, "partition": pk, "rows": number}
            for (how, kind, pk), number in sorted(found.items())
        ],
        "Nothing differs",
    )


@commands.add(name="put-back")
def put_back(
    context: typer.Context,
    moment: Moment,
    partitions: Keys = None,
    changed: Annotated[
        bool, typer.Option("--changed", help="Also rows that are there, and are other ones.")
    ] = False,
) -> None:
    """Put back the rows that are gone since a moment; what came since stays as it is."""
    session = session_of(context)
    operator, wanted = session.operator, set(partitions or ())
    then = _made(session, moment)
    kinds = (GONE, CHANGED) if changed else (GONE,)
    found = list(_differences(operator.tables, then, session.now()))
    rows = [one for one in found if one.how in kinds and (not wanted or one.key[0] in wanted)]
    if missing := wanted - {one.key[0] for one in rows}:
        raise OperatorError(f"nothing of {', '.join(sorted(missing))} is to be put back")
    if not wanted and any(one.kind == "erasure" and one.how != GONE for one in found):
        raise OperatorError(
            "somebody was erased since that moment, and would come back: name the partitions to "
            "put back, as `relais rewind look` lists them"
        )
    if not rows:
        session.say("Nothing is to be put back")
        return
    session.confirm(f"Put back {len(rows)} rows of {operator.stage} as of {_written(moment)}?")
    # What was owed then may have left since.
    operator.services.reputation.pause("all", "relais rewind")
    session.done = "rows are put back one by one: the same again goes on"
    for one in rows:
        _write(operator.tables, one)
    operator.recount.repair()
    session.say(
        f"{len(rows)} rows are put back. All letters are held: `relais letters resume` lets them go"
    )


@commands.add()
def end(context: typer.Context, moment: Moment) -> None:
    """Delete the tables that were made of a moment; those of now stay."""
    session = session_of(context)
    client = session.operator.tables.client
    for name in _names(session.operator.tables, moment):
        try:
            client.delete_table(TableName=name)
        except client.exceptions.ResourceNotFoundException:
            continue
        session.say(f"deleted {name}")


def _names(tables: Tables, moment: datetime) -> tuple[str, str]:
    of = moment.strftime("-%Y%m%dT%H%M%S")
    return tables.records + of, tables.subscribers + of


def _made(session: Session, moment: datetime) -> Tables:
    """Return the tables as of a moment, made where they are not there. Raises OperatorError."""
    if session.now() - moment > PERIOD:
        raise OperatorError(f"DynamoDB remembers {PERIOD.days} days: use a copy (relais restore)")
    tables = session.operator.tables
    records, subscribers = _names(tables, moment)
    for source, target in ((tables.records, records), (tables.subscribers, subscribers)):
        if _state(tables, target):
            continue
        session.say(f"making {target}")
        try:
            tables.client.restore_table_to_point_in_time(
                SourceTableName=source, TargetTableName=target, RestoreDateTime=moment
            )
        except tables.client.exceptions.InvalidRestoreTimeException:
            raise _beyond(tables, source, moment) from None
    for target in (records, subscribers):
        _until_active(tables, target)
    return Tables(tables.client, records, subscribers)


def _beyond(tables: Tables, source: str, moment: datetime) -> OperatorError:
    """Return why a table cannot be made as of a moment: DynamoDB knows the last minutes only later,
    and nothing of before the table was protected."""
    about = tables.client.describe_continuous_backups(TableName=source)
    found = about["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
    from_, to = found.get("EarliestRestorableDateTime"), found.get("LatestRestorableDateTime")
    known = f" as of {_written(from_)} to {_written(to)}" if from_ and to else ""
    return OperatorError(
        f"DynamoDB makes {source}{known}, and not as of {_written(moment)}: the last minutes come "
        "some five minutes later"
    )


def _state(tables: Tables, name: str) -> str:
    """Return the status of a table; empty where there is none."""
    try:
        return str(tables.client.describe_table(TableName=name)["Table"]["TableStatus"])
    except tables.client.exceptions.ResourceNotFoundException:
        return ""


def _until_active(tables: Tables, name: str) -> None:
    with bar(f"Making {name}") as shown:
        rounds = 0
        while _state(tables, name) != "ACTIVE":
            time.sleep(WAIT_SECONDS)
            rounds += 1
            shown.show(rounds)


class Difference(NamedTuple):
    """A row that is not as it was; `digest` is of the one that stands, empty where none does."""

    how: str
    table: str
    kind: str
    key: tuple[str, str]
    was: Row
    digest: str


def _differences(now: Tables, then: Tables, at: datetime) -> Iterator[Difference]:
    """Yield what differs. What has expired meanwhile is not gone: it went in its time."""
    for of_now, of_then in ((now.records, then.records), (now.subscribers, then.subscribers)):
        # Digests alone: a hundred thousand files are more than a machine wants to hold.
        there = {_key(row): (digest_of(row), _kind(row)) for row in copied_rows(now, of_now)}
        for was in copied_rows(then, of_then):
            key, kind = _key(was), _kind(was)
            digest, _ = there.pop(key, ("", ""))
            if digest == digest_of(was):
                continue
            if digest:
                yield Difference(CHANGED, of_now, kind, key, was, digest)
            elif not _has_expired(was, at):
                yield Difference(GONE, of_now, kind, key, was, "")
        for key, (digest, kind) in there.items():
            yield Difference(NEW, of_now, kind, key, {}, digest)


def _key(row: Row) -> tuple[str, str]:
    return row["pk"]["S"], row["sk"]["S"]


def _kind(row: Row) -> str:
    return sys.intern(str(row.get("kind", {}).get("S", "")))


def _has_expired(row: Row, at: datetime) -> bool:
    expires = row.get("expires", {}).get("N")
    return expires is not None and float(expires) <= at.timestamp()


def _write(tables: Tables, one: Difference) -> None:
    """Put a row back where none stands, or where the one that was compared still does.

    Raises OperatorError where somebody wrote meanwhile.
    """
    client: Any = tables.client
    condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
    if one.digest:
        key = {"pk": one.was["pk"], "sk": one.was["sk"]}
        found = client.get_item(TableName=one.table, Key=key, ConsistentRead=True)
        now = found.get("Item", {})
        if digest_of(now) != one.digest:
            raise _changed(one)
        condition = {
            "ConditionExpression": " AND ".join(f"#n{n} = :v{n}" for n in range(len(now))),
            "ExpressionAttributeNames": {f"#n{n}": name for n, name in enumerate(now)},
            "ExpressionAttributeValues": {f":v{n}": now[name] for n, name in enumerate(now)},
        }
    try:
        client.put_item(TableName=one.table, Item=one.was, **condition)
    except client.exceptions.ConditionalCheckFailedException:
        raise _changed(one) from None


def _changed(one: Difference) -> OperatorError:
    return OperatorError(f"{' '.join(one.key)} changed meanwhile: look again")


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
