"""What CloudFormation made: whether it stands as it was made, and is protected and heard."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, NamedTuple

from botocore.exceptions import ClientError

from infra.operator.checks.answers import NotLookedAt, all_of, answer_of, aws, named
from infra.operator.checks.standing import STANDING, alarms_of, missing_resources
from infra.operator.checks.waking import WAKING
from infra.operator.stage import Operator
from infra.people_key import anchors_name
from infra.stage_file import REGION

_GOOD_ENDS: Final = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE")

_COMPARED: Final = (
    *_GOOD_ENDS,
    "IMPORT_ROLLBACK_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "UPDATE_ROLLBACK_FAILED",
)
"""The states in which CloudFormation compares a stack with its template."""

DRIFT_PATIENCE: Final = timedelta(minutes=2)
_DRIFT_POLL: Final = timedelta(seconds=3)

ANCHORED_WITHIN: Final = timedelta(days=2)

_CLEANS_UP: Final = "_CLEANUP_IN_PROGRESS"
"""What a state ends with while CloudFormation takes away what an update left over."""

_PROTECTS: Final = {
    "deletion protection": "update-table --deletion-protection-enabled",
    "point-in-time recovery": "update-continuous-backups --point-in-time-recovery-specification "
    "PointInTimeRecoveryEnabled=true",
    "time to live": "update-time-to-live --time-to-live-specification "
    "Enabled=true,AttributeName=expires",
}
"""What a table may lack → the command of DynamoDB that gives it back."""


def unfinished_stack(operator: Operator) -> str | None:
    """Return a sentence when the last deploy did not end well. Raises NotLookedAt while one goes
    on."""
    found = answer_of(operator, stack_of, operator)
    status = found["StackStatus"] if found else _GOOD_ENDS[0]
    if status.removesuffix(_CLEANS_UP) in _GOOD_ENDS:
        return None
    if status.endswith("_IN_PROGRESS"):
        raise NotLookedAt(f"how the deploy ends that goes on ({status})")
    return (
        f"the stack {_name(operator)} is {status}: the last deploy did not end well; "
        f"`relais deploy {operator.stage}` goes on from there"
    )


def drifted_stack(operator: Operator) -> str | None:
    """Return a sentence when somebody changed by hand what the stack made. Raises NotLookedAt in a
    state in which CloudFormation compares nothing."""
    stack = answer_of(operator, stack_of, operator)
    if stack and stack["StackStatus"] not in _COMPARED:
        raise NotLookedAt(f"what differs while the stack is {stack['StackStatus']}")
    drift = answer_of(operator, _drift, operator)
    if drift is None:
        return None
    found = []
    if drift.changed:
        one = len(drift.changed) == 1
        found.append(
            f"{named(drift.changed)} {'is' if one else 'are'} not as the deploy made "
            f"{'it' if one else 'them'}: the stack's drift in the CloudFormation console shows "
            f"what was changed by hand; `relais deploy {operator.stage} --repair` undoes it"
        )
    if drift.unknown:
        found.append(f"not all that the stack made could be compared: {drift.unknown}")
    return "; ".join(found) or None


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
    found = answer_of(operator, alarms_of, operator, StateValue="ALARM") or []
    # Its two days end with the first night, and no schedule has been by yet.
    early = f"{operator.stage}-anchors" if _is_young(operator) else ""
    ringing = [one["AlarmDescription"] for one in found if one.get("MetricName", ".") != early]
    if not ringing:
        return None
    return f"alarms ring: {named(ringing, '; ')}: docs/operators.md, Alarms, says what to do"


def unprotected_tables(operator: Operator) -> str | None:
    """Return a sentence when a table could be deleted, or could not be brought back."""
    tables = (operator.tables.records, operator.tables.subscribers)
    return all_of(*(partial(_unprotected, operator, table) for table in tables))


def stale_anchors(operator: Operator) -> str | None:
    """Return a sentence when the audit was not anchored lately; a stack that is younger than that
    had no time to."""
    if _is_young(operator):
        return None
    found = answer_of(operator, _anchored, operator)
    if found is None or any(operator.now() - at < ANCHORED_WITHIN for at in found):
        return None
    return (
        f"the audit was not anchored for {ANCHORED_WITHIN.days} days: read the log of "
        "anchor_audit, and see whether its rule is on"
    )


def _is_young(operator: Operator) -> bool:
    """Return whether the stack is too new to have been anchored for as long as is looked at."""
    stack = answer_of(operator, stack_of, operator)
    return stack is not None and operator.now() - stack["CreationTime"] < ANCHORED_WITHIN


def _anchored(operator: Operator) -> list[datetime]:
    """Return when each anchor was written."""
    bucket = f"{anchors_name(operator.stage)}-{operator.account}"
    pages = operator.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [one["LastModified"] for page in pages for one in page.get("Contents", [])]


def stack_of(operator: Operator) -> Any:
    return operator.client("cloudformation").describe_stacks(StackName=_name(operator))["Stacks"][0]


class Drift(NamedTuple):
    """What differs from the template, and why more could not be compared, where it could not."""

    changed: list[str]
    unknown: str


def _drift(operator: Operator) -> Drift:
    """Return what differs, once CloudFormation has looked. Raises NotLookedAt when it looks for
    too long."""
    cloud, looking = operator.client("cloudformation"), ""
    for _ in range(DRIFT_PATIENCE // _DRIFT_POLL):
        looking = looking or _begun(operator)
        state = looking and cloud.describe_stack_drift_detection_status(
            StackDriftDetectionId=looking
        )
        if state and state["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            failed = state["DetectionStatus"] == "DETECTION_FAILED"
            why = state.get("DetectionStatusReason", "CloudFormation does not say why")
            return Drift(list(_changed(operator)), why if failed else "")
        operator.wait(_DRIFT_POLL.total_seconds())
    raise NotLookedAt(f"what CloudFormation compares for {DRIFT_PATIENCE.seconds // 60} minutes")


def _begun(operator: Operator) -> str:
    """Have CloudFormation compare the stack, and return the id of that; empty while it does so for
    somebody else, for it does so once at a time."""
    try:
        found = operator.client("cloudformation").detect_stack_drift(StackName=_name(operator))
    except ClientError as error:
        if "already in progress" not in str(error):
            raise
        return ""
    return str(found["StackDriftDetectionId"])


def _changed(operator: Operator) -> Iterator[str]:
    """Yield what differs; of what is gone, `missing_resources` and `sleeping_functions` speak of
    what they look at."""
    more: dict[str, str] = {}
    while True:
        page = operator.client("cloudformation").describe_stack_resource_drifts(
            StackName=_name(operator),
            StackResourceDriftStatusFilters=["MODIFIED", "DELETED"],
            **more,
        )
        for one in page["StackResourceDrifts"]:
            is_gone = one.get("StackResourceDriftStatus") == "DELETED"
            if not (is_gone and one.get("ResourceType") in {**STANDING, **WAKING}):
                yield one["LogicalResourceId"]
        if "NextToken" not in page:
            return
        more = {"NextToken": page["NextToken"]}


def _unprotected(operator: Operator, table: str) -> str | None:
    lacks = answer_of(operator, _lacking, operator, table)
    if not lacks:
        return None
    return f"{table} has no {' and no '.join(lacks)}: somebody switched it off; " + ", ".join(
        aws(f"dynamodb {_PROTECTS[lack]} --table-name {table}") for lack in lacks
    )


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


STACK_CHECKS: Final = (
    unfinished_stack,
    missing_resources,
    drifted_stack,
    unheard_alarms,
    ringing_alarms,
    unprotected_tables,
    stale_anchors,
)
