"""`relais trace REF`: the story of one file, in order: what is stored of it, and what the logs say."""

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Annotated, Any, Final, NamedTuple

import typer
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.cases.case import case_key
from chalicelib.cases.intake.stored_form import stored_form_key
from chalicelib.cases.lookup import assessment_key
from chalicelib.core import references
from chalicelib.core.letter_row import log_name
from chalicelib.core.log_lines import Facts
from chalicelib.core.ports import Item
from chalicelib.core.records import moment, stamp
from infra.operator.errors import OperatorError
from infra.operator.session import session_of
from infra.operator.stage import Operator

LOGGED: Final = ("api", "deliver_letters", "sweep", "run_jobs", "settle_mail")
"""The functions that a file passes through."""

KEPT: Final = timedelta(days=30)
"""How long logs are kept."""

STAMPS: Final = ("sent_at", "delivered_at", "bounced_at", "complained_at", "dead_at")
"""When something became of a letter, by what it became."""

BEFORE_MS: Final = 60_000
"""Clocks of functions and of the store may differ by so much."""

_ASIDE: Final = frozenset({"ms", "cold", "letter"})
"""What a line says beside the story; the letter heads it."""

Logs = Any
"""boto3's client of CloudWatch Logs."""


class TraceLine(NamedTuple):
    """`source`: `stored`, or the function whose log says so."""

    at: str
    source: str
    what: str
    cid: str


def trace(
    context: typer.Context,
    ref: Annotated[str, typer.Argument(help="The reference, as the applicant has it.")],
) -> None:
    """Tell the story of a file in order: events, letters, and what the logs of 30 days say."""
    session = session_of(context)
    operator = session.operator
    rows = _rows(operator, ref)
    steps = list(_stored(rows))
    cids = list(dict.fromkeys(step.cid for step in steps if step.cid))
    silent: list[str] = []
    since = min((step.at for step in steps), default=stamp(operator.now() - KEPT))
    for name in LOGGED:
        try:
            steps += _logged(operator, name, [rows[0]["pk"].partition("#")[2], *cids], since)
        except (ClientError, BotoCoreError) as error:
            silent.append(f"{name} ({_why(error)})")
    session.list_rows([step._asdict() for step in sorted(dict.fromkeys(steps))])
    if silent and not session.as_json:
        typer.echo(f"no log of {', '.join(silent)}", err=True)


def _rows(operator: Operator, ref: str) -> list[Item]:
    """Return what is stored under a reference. Raises OperatorError when that is nothing."""
    known = references.parse_reference(ref)
    given = known or ref
    for pk, _ in (
        case_key(references.file_number_of(given)),
        assessment_key(given),
        stored_form_key(given),
    ):
        if rows := operator.store.rows(pk):
            return rows
    looks = "; one looks like DI-2026-7K4MQ-X, and its last sign checks the others"
    hint = "" if known else looks
    raise OperatorError(f"there is no file {ref} in {operator.stage}{hint}")


def _stored(rows: Sequence[Item]) -> Iterator[TraceLine]:
    for row in rows:
        cid = row.get("cid") or ""
        match row.get("kind"):
            case "event":
                yield TraceLine(row["at"], "stored", f"event {row['event']} by {row['actor']}", cid)
            case "attempt":
                yield TraceLine(
                    row["at"], "stored", f"refused {row['decision']}: {row['why']}", cid
                )
            case "letter":
                name = log_name(row["pk"], row["sk"])
                if "due_at" in row:
                    said = f"letter {name} is {row['status']}, and due then"
                    yield TraceLine(row["due_at"], "stored", said, cid)
                for name_of in [one for one in STAMPS if row.get(one)]:
                    became = name_of.removesuffix("_at")
                    yield TraceLine(row[name_of], "stored", f"letter {name} {became}", cid)
            case "assessment" | "stored_form":
                if at := row.get("at") or row.get("received_at") or row.get("submitted_at"):
                    yield TraceLine(at, "stored", "received", cid)


def _logged(operator: Operator, name: str, terms: Sequence[str], since: str) -> Iterator[TraceLine]:
    """Yield what the log of a function says of a file, or under one of its correlation ids."""
    logs: Logs = operator.client("logs")
    begin = int(moment(since).timestamp() * 1000) - BEFORE_MS
    for term in terms:
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=f"/aws/lambda/relais-{operator.stage}-{name}",
            filterPattern=f'"{term}"',
            startTime=begin,
        )
        for page in pages:
            for event in page["events"]:
                if (step := _step(name, event["message"], term)) is not None:
                    yield step


def _step(function: str, message: str, term: str) -> TraceLine | None:
    """Read a line of a log; None for one that is not ours, or only happens to have the term."""
    try:
        line = json.loads(message)
    except ValueError:
        return None
    if not isinstance(line, dict) or not {"timestamp", "message"} <= line.keys():
        return None
    if term not in (line.get("cid"),) and term not in f"{line.get('letter')} {line['message']}":
        return None
    facts = [f"{key}={line[key]}" for key in Facts.__annotations__ if key in line.keys() - _ASIDE]
    error = [line["errorType"]] if "errorType" in line else []
    what = " ".join(
        [line["message"], *([line["letter"]] if "letter" in line else []), *facts, *error]
    )
    return TraceLine(line["timestamp"], function, what, line.get("cid", ""))


def _why(error: Exception) -> str:
    if isinstance(error, ClientError):
        return error.response["Error"]["Code"]
    return type(error).__name__
