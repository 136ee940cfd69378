"""What CloudFormation made: whether it stands as it was made, and is protected and heard."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from infra.deploy import REGION
from infra.operator.checks.answers import answer_of
from infra.operator.stage import Operator

_GOOD_ENDS: Final = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE")

DRIFT_PATIENCE: Final = timedelta(minutes=2)
_DRIFT_POLL: Final = timedelta(seconds=3)

ANCHORED_WITHIN: Final = timedelta(days=2)

_MAX_NAMED: Final = 3
"""Things that one sentence names."""


def unfinished_stack(operator: Operator) -> str | None:
    """Return a sentence when the last deploy did not end well."""
    found = answer_of(operator, lambda: _stack(operator))
    status = found["StackStatus"] if found else _GOOD_ENDS[0]
    if status in _GOOD_ENDS:
        return None
    return (
        f"the stack {_name(operator)} is {status}: the last deploy did not end well; "
        f"make deploy STAGE={operator.stage} goes on from there"
    )


def drifted_stack(operator: Operator) -> str | None:
    """Return a sentence when somebody changed by hand what the stack made."""
    changed = answer_of(operator, lambda: list(_drifted(operator)))
    if not changed:
        return None
    return (
        f"{_named(changed)} {'is' if len(changed) == 1 else 'are'} not as the deploy made "
        "them: the stack's drift in the CloudFormation console shows what was changed by hand; "
        f"undo it, or make deploy STAGE={operator.stage}"
    )


def unheard_alarms(operator: Operator) -> str | None:
    """Return a sentence when nobody hears an alarm."""

    def heard() -> list[str]:
        topic = f"arn:aws:sns:{REGION}:{operator.account}:relais-{operator.stage}-alarms"
        found = operator.client("sns").list_subscriptions_by_topic(TopicArn=topic)
        return [one["SubscriptionArn"] for one in found["Subscriptions"]]

    arns = answer_of(operator, heard)
    if arns is None or any(arn.startswith("arn:") for arn in arns):
        return None
    if arns:
        return (
            "nobody has confirmed the subscription to alarms: AWS wrote to AlarmEmail with a link; "
            "once it is older than three days, subscribe anew in the SNS console"
        )
    return "nobody is subscribed to alarms: set AlarmEmail in the stage's file, and deploy"


def ringing_alarms(operator: Operator) -> str | None:
    """Return a sentence while alarms ring."""

    def ringing() -> list[str]:
        pages = (
            operator.client("cloudwatch")
            .get_paginator("describe_alarms")
            .paginate(
                AlarmNamePrefix=f"{_name(operator)}-",
                StateValue="ALARM",
                AlarmTypes=["MetricAlarm"],
            )
        )
        return [alarm["AlarmDescription"] for page in pages for alarm in page["MetricAlarms"]]

    found = answer_of(operator, ringing)
    if not found:
        return None
    return f"alarms ring: {_named(found, '; ')}: docs/operators.md, Alarms, says what to do"


def unprotected_tables(operator: Operator) -> str | None:
    """Return a sentence when a table could be deleted, or could not be brought back."""
    for table in (operator.tables.records, operator.tables.subscribers):
        lacks = answer_of(operator, _lacking, operator, table)
        if lacks:
            return (
                f"{table} has no {' and no '.join(lacks)}: somebody switched it off; "
                f"make deploy STAGE={operator.stage} does not see that, the DynamoDB console does"
            )
    return None


def stale_anchors(operator: Operator) -> str | None:
    """Return a sentence when the audit was not anchored lately."""

    def last() -> list[Any]:
        bucket = f"relais-{operator.stage}-anchors-{operator.account}"
        pages = operator.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return [one["LastModified"] for page in pages for one in page.get("Contents", [])]

    found = answer_of(operator, last)
    if found is None or any(operator.now() - at < ANCHORED_WITHIN for at in found):
        return None
    return (
        f"the audit was not anchored for {ANCHORED_WITHIN.days} days: read the log of "
        "anchor_audit, and see whether its rule is on"
    )


def _stack(operator: Operator) -> Any:
    return operator.client("cloudformation").describe_stacks(StackName=_name(operator))["Stacks"][0]


def _drifted(operator: Operator) -> Iterator[str]:
    """Yield what differs from the template, once CloudFormation has looked; nothing while it looks
    for too long."""
    cloud = operator.client("cloudformation")
    looking = cloud.detect_stack_drift(StackName=_name(operator))["StackDriftDetectionId"]
    until = time.monotonic() + DRIFT_PATIENCE.total_seconds()
    while time.monotonic() < until:
        state = cloud.describe_stack_drift_detection_status(StackDriftDetectionId=looking)
        if state["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            break
        time.sleep(_DRIFT_POLL.total_seconds())
    else:
        return
    found = cloud.describe_stack_resource_drifts(
        StackName=_name(operator), StackResourceDriftStatusFilters=["MODIFIED", "DELETED"]
    )
    yield from (one["LogicalResourceId"] for one in found["StackResourceDrifts"])


def _lacking(operator: Operator, table: str) -> list[str]:
    client = operator.tables.client
    about = client.describe_table(TableName=table)["Table"]
    lacks = []
    if not about.get("DeletionProtectionEnabled"):
        lacks.append("deletion protection")
    backups = client.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    recovery = backups.get("PointInTimeRecoveryDescription", {})
    if recovery.get("PointInTimeRecoveryStatus") != "ENABLED":
        lacks.append("point-in-time recovery")
    expiry = client.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    if expiry.get("TimeToLiveStatus") not in ("ENABLED", "ENABLING"):
        lacks.append("time to live")
    return lacks


def _name(operator: Operator) -> str:
    return f"relais-{operator.stage}"


def _named(names: list[str], between: str = ", ") -> str:
    more = len(names) - _MAX_NAMED
    return between.join(names[:_MAX_NAMED]) + (f" and {more} more" if more > 0 else "")


STACK_CHECKS: Final = (
    unfinished_stack,
    drifted_stack,
    unheard_alarms,
    ringing_alarms,
    unprotected_tables,
    stale_anchors,
)
