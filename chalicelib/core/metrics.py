"""Numbers for CloudWatch, which takes them out of the log: a line of JSON each, and no call."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Final

NAMESPACE: Final = "Relais"

Measure = Callable[[str, float], None]
"""Keeps a number of seconds under a name."""


def seconds_line(stage: str, name: str, seconds: float, at: datetime) -> str:
    """Return a number as a line of the embedded metric format.

    The stage is part of the name and no dimension: an alarm then needs no other than the name.
    """
    named = f"{stage}-{name}"
    about = {
        "Namespace": NAMESPACE,
        "Dimensions": [[]],
        "Metrics": [{"Name": named, "Unit": "Seconds"}],
    }
    when = {"Timestamp": int(at.timestamp() * 1000), "CloudWatchMetrics": [about]}
    return json.dumps({"_aws": when, named: round(seconds)})
