"""Numbers for CloudWatch, which takes them out of the log: a line of JSON each, and no call."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, Literal, get_args

NAMESPACE: Final = "Relais"

Metric = Literal[
    "submissions", "refusals", "sign-ups", "cold-starts", "decisions", "decision-seconds",
    "letters-sent", "letters-waiting", "delivered", "bounced", "complained", "issue-mails", "canary-lost",
]  # fmt: skip
"""What lines of events count; docs/operators.md has a row for each, and names what it costs."""

METRICS: Final[tuple[Metric, ...]] = get_args(Metric)

Measure = Callable[[str, float], None]
"""Keeps a number of seconds under a name."""


def embedded(stage: str, numbers: Mapping[Metric, float], at: datetime) -> dict[str, object]:
    """Return the members that make a line of JSON one of the embedded metric format.

    The stage is part of each name and no dimension: an alarm then needs no other than the name,
    and each combination of dimensions would cost as much as a metric.
    """
    return _members(stage, {n: (v, _unit(n)) for n, v in numbers.items()}, at)


def seconds_line(stage: str, name: str, seconds: float, at: datetime) -> str:
    """Return a number of seconds as a line of its own."""
    return json.dumps(_members(stage, {name: (round(seconds), "Seconds")}, at))


def _unit(name: str) -> str:
    return "Seconds" if name.endswith("-seconds") else "Count"


def _members(
    stage: str, numbers: Mapping[str, tuple[float, str]], at: datetime
) -> dict[str, object]:
    about = {
        "Namespace": NAMESPACE,
        "Dimensions": [[]],
        "Metrics": [{"Name": f"{stage}-{n}", "Unit": unit} for n, (_, unit) in numbers.items()],
    }
    when = {"Timestamp": int(at.timestamp() * 1000), "CloudWatchMetrics": [about]}
    return {"_aws": when, **{f"{stage}-{n}": number for n, (number, _) in numbers.items()}}
