"""The first anchor of a stage, which no night has made yet."""

import json
from datetime import timedelta
from typing import Final

from infra.operator.checks.stack import stack_of
from infra.operator.stage import Operator
from infra.stage_file import REGION

A_NIGHT: Final = timedelta(days=1)
"""A stack that stands for so long was anchored by its schedule."""

SCHEDULED: Final = json.dumps(
    {
        "version": "0",
        "id": "1",
        "account": "0",
        "region": REGION,
        "source": "aws.events",
        "time": "",
        "detail-type": "Scheduled Event",
        "detail": {},
        "resources": [],
    }
)
"""What a schedule wakes a function with."""


def anchor_a_new_stage(operator: Operator) -> bool:
    """Have the audit of a stack of today anchored now: the alarm looks at two days, and knows of no
    beginning. Return whether that was begun."""
    if operator.now() - stack_of(operator)["CreationTime"] >= A_NIGHT:
        return False
    operator.client("lambda").invoke(
        FunctionName=f"relais-{operator.stage}-anchor_audit",
        InvocationType="Event",
        Payload=SCHEDULED,
    )
    return True
