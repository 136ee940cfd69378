"""What the functions stand on and tell to: tables, queues, mail, alarms and logs of the stack."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from infra.operator.checks.answers import answer_of, aws
from infra.operator.checks.resources import MISSING, Kind, Resource, ResourceFault, each, faults_of
from infra.operator.stage import Operator


def missing_resources(operator: Operator) -> str | None:
    """Return a sentence when something that the stack made is missing, or was switched off."""
    return faults_of(operator, STANDING)


def alarms_of(operator: Operator, **which: Any) -> list[dict[str, Any]]:
    """Return the alarms of the stage: all, or `which`."""
    pages = operator.client("cloudwatch").get_paginator("describe_alarms")
    asked = pages.paginate(
        AlarmNamePrefix=f"relais-{operator.stage}-", AlarmTypes=["MetricAlarm"], **which
    )
    return [alarm for page in asked for alarm in page["MetricAlarms"]]


def _alarms(operator: Operator, resources: Sequence[Resource]) -> Iterator[ResourceFault]:
    alarms = answer_of(operator, alarms_of, operator) or []
    found = {one["AlarmName"]: one.get("ActionsEnabled", True) for one in alarms}
    muted = [one for one in resources if found.get(one.physical) is False]
    names = " ".join(one.physical for one in muted)
    for one in resources:
        if one.physical not in found:
            yield ResourceFault(MISSING, one.logical)
        elif one in muted:
            enable = aws(f"cloudwatch enable-alarm-actions --alarm-names {names}")
            yield ResourceFault("muted", one.logical, enable)


def _filters(operator: Operator, resources: Sequence[Resource]) -> Iterator[ResourceFault]:
    pages = operator.client("logs").get_paginator("describe_metric_filters")

    def names() -> set[str]:
        return {one["filterName"] for page in pages.paginate() for one in page["metricFilters"]}

    found = answer_of(operator, names) or set()
    for one in resources:
        if one.physical not in found:
            yield ResourceFault(MISSING, one.logical)


def _subscriptions(operator: Operator, resources: Sequence[Resource]) -> Iterator[ResourceFault]:
    sns = operator.client("sns")
    for one in resources:
        # One that nobody confirmed has no name yet: unheard_alarms speaks of it.
        if one.physical.count(":") != _COLONS_OF_A_SUBSCRIPTION:
            continue
        ask = sns.get_subscription_attributes
        if answer_of(operator, ask, SubscriptionArn=one.physical) is None:
            yield ResourceFault(MISSING, one.logical)


_COLONS_OF_A_SUBSCRIPTION: Final = 6


def _configuration_sets(
    operator: Operator, resources: Sequence[Resource]
) -> Iterator[ResourceFault]:
    ask = operator.mail_client().get_configuration_set
    for one in resources:
        found = answer_of(operator, ask, ConfigurationSetName=one.physical)
        if found is None:
            yield ResourceFault(MISSING, one.physical)
        elif not found.get("SendingOptions", {}).get("SendingEnabled", True):
            enable = aws(
                "sesv2 put-configuration-set-sending-options --configuration-set-name "
                f"{one.physical} --sending-enabled"
            )
            yield ResourceFault("off", one.physical, enable)


def _destinations(operator: Operator, resources: Sequence[Resource]) -> Iterator[ResourceFault]:
    """Yield what is wrong with where SES reports to."""
    mail = f"relais-{operator.stage}"
    ask = operator.mail_client().get_configuration_set_event_destinations
    for one in resources:
        answer = answer_of(operator, ask, ConfigurationSetName=mail) or {}
        destinations = answer.get("EventDestinations", [])
        if not destinations:
            yield ResourceFault(MISSING, one.logical)
        for off in (found for found in destinations if not found.get("Enabled")):
            yield ResourceFault("off", one.logical, _enable(mail, off))


def _enable(mail: str, destination: Mapping[str, Any]) -> str:
    """Return the command that switches a destination on; it has to say the rest of it too."""
    events = ",".join(destination.get("MatchingEventTypes", []))
    topic = destination.get("SnsDestination", {}).get("TopicArn", "")
    return aws(
        f"sesv2 update-configuration-set-event-destination --configuration-set-name {mail} "
        f"--event-destination-name {destination['Name']} --event-destination "
        f"'Enabled=true,MatchingEventTypes={events},SnsDestination={{TopicArn={topic}}}'"
    )


def _scans(operator: Operator, resources: Sequence[Resource]) -> Iterator[ResourceFault]:
    ask = operator.client("guardduty").get_malware_protection_plan
    for one in resources:
        found = answer_of(operator, ask, MalwareProtectionPlanId=one.physical)
        if found is None:
            yield ResourceFault(MISSING, one.physical)
        elif (status := found.get("Status", "ACTIVE")) != "ACTIVE":
            why = "; ".join(each.get("Message", "") for each in found.get("StatusReasons", []))
            yield ResourceFault(
                f"{status.lower()}{f' ({why})' if why else ''}",
                one.physical,
                "documents wait unopened; the GuardDuty console, Malware Protection for S3, says "
                "what its role lacks",
            )


def _log_group(logs: Any, name: str) -> Any:
    found = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return next((one for one in found if one["logGroupName"] == name), None)


STANDING: Final = {
    "AWS::CloudWatch::Alarm": Kind("alarm", _alarms),
    "AWS::CloudWatch::Dashboard": Kind(
        "dashboard",
        each("cloudwatch", lambda watch, name: watch.get_dashboard(DashboardName=name)),
    ),
    "AWS::DynamoDB::Table": Kind(
        "table", each("dynamodb", lambda tables, name: tables.describe_table(TableName=name))
    ),
    "AWS::GuardDuty::MalwareProtectionPlan": Kind("scan of documents", _scans),
    "AWS::IAM::Role": Kind("role", each("iam", lambda iam, name: iam.get_role(RoleName=name))),
    "AWS::Logs::LogGroup": Kind("log group", each("logs", _log_group)),
    "AWS::Logs::MetricFilter": Kind("metric filter", _filters),
    "AWS::S3::Bucket": Kind("bucket", each("s3", lambda s3, name: s3.head_bucket(Bucket=name))),
    "AWS::S3::BucketPolicy": Kind(
        "policy of the bucket", each("s3", lambda s3, name: s3.get_bucket_policy(Bucket=name))
    ),
    "AWS::SES::ConfigurationSet": Kind("configuration set", _configuration_sets),
    "AWS::SES::ConfigurationSetEventDestination": Kind("event destination", _destinations),
    "AWS::SNS::Subscription": Kind("subscription", _subscriptions),
    "AWS::SNS::Topic": Kind(
        "topic", each("sns", lambda sns, arn: sns.get_topic_attributes(TopicArn=arn))
    ),
    "AWS::SQS::Queue": Kind(
        "queue", each("sqs", lambda sqs, url: sqs.get_queue_attributes(QueueUrl=url))
    ),
}
"""A kind of resource → what finds what is missing or off of it; `WAKING` has those of functions."""
