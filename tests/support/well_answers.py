"""What AWS answers of a stage where all is well, by service and call."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from infra.operator.checks.resources import FUNCTION
from infra.operator.checks.standing import STANDING

Said = dict[str, Any]

Answering = Callable[[Mapping[str, Any]], Said]
"""Answers a call by what it was given."""

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


PHYSICAL = {
    "AWS::CloudWatch::Alarm": "relais-test-Undelivered",
    "AWS::Logs::LogGroup": "/aws/lambda/relais-test",
    "AWS::Logs::MetricFilter": "filter",
    "AWS::SES::ConfigurationSet": "relais-test",
    "AWS::SNS::Subscription": "arn:aws:sns:ca-central-1:1:mail-events:2",
    "AWS::SNS::Topic": "arn:aws:sns:ca-central-1:1:mail-events",
    "AWS::SQS::Queue": "https://sqs.example.org/1/queue",
}
"""What AWS calls a thing of a kind, where a name as any other would not do."""


def _resource(kind: str, logical: str, physical: str) -> Said:
    return {
        "ResourceType": kind,
        "LogicalResourceId": logical,
        "PhysicalResourceId": physical,
        "ResourceStatus": "CREATE_COMPLETE",
    }


MAPPING = "17171717-1717-1717-1717-171717171717"

RESOURCES = [
    _resource(FUNCTION, "Sweep", "relais-test-sweep"),
    _resource(FUNCTION, "SweepAttachments", "relais-test-sweep_attachments"),
    _resource("AWS::Events::Rule", "SweepSweepEvent", "relais-test-Sweep"),
    _resource("AWS::Lambda::Permission", "SweepSweepEventPermission", "wakes"),
    _resource("AWS::Lambda::EventSourceMapping", "SweepAttachmentsSource", MAPPING),
    *(_resource(kind, kind, PHYSICAL.get(kind, "thing")) for kind in STANDING),
]
"""A stack with a thing of each kind that is looked at."""


def well(now: datetime) -> dict[str, Any]:
    """Return what AWS answers of a stage where all is well, by service and call."""
    mail = {"Name": "mail-events", "Enabled": True, "MatchingEventTypes": ["BOUNCE"]}
    return {
        "sts.get_caller_identity": {"Account": "123456789012"},
        "sesv2.get_account": {
            "SendingEnabled": True,
            "ProductionAccessEnabled": True,
            "SendQuota": {"Max24HourSend": 50_000.0, "SentLast24Hours": 39_999.0},
        },
        "sesv2.get_email_identity": {
            "VerifiedForSendingStatus": True,
            "FeedbackForwardingStatus": False,
            "DkimAttributes": {"Status": "SUCCESS", "Tokens": ["one", "two"]},
            "MailFromAttributes": {
                "MailFromDomain": "mail.example.org",
                "MailFromDomainStatus": "SUCCESS",
                "BehaviorOnMxFailure": "USE_DEFAULT_VALUE",
            },
        },
        "sesv2.list_configuration_sets": {"ConfigurationSets": ["relais-test", "somebody-else"]},
        "cloudwatch.get_metric_statistics": measured(now),
        "cloudwatch.describe_alarms": alarms(),
        "cloudwatch.get_dashboard": {"DashboardName": "relais-test"},
        "lambda.get_account_settings": {"AccountLimit": {"ConcurrentExecutions": 1000}},
        "lambda.get_function_configuration": {"State": "Active"},
        "lambda.get_function_concurrency": {},
        "lambda.get_event_source_mapping": {"State": "Enabled", "LastProcessingResult": "OK"},
        "lambda.get_policy": {"Policy": json.dumps({"Statement": [{"Sid": "wakes"}]})},
        "events.describe_rule": {"State": "ENABLED"},
        "events.list_targets_by_rule": {"Targets": [{"Id": "1", "Arn": "arn"}]},
        "logs.describe_log_groups": {"logGroups": [{"logGroupName": "/aws/lambda/relais-test"}]},
        "logs.describe_metric_filters": {"metricFilters": [{"filterName": "filter"}]},
        "guardduty.get_malware_protection_plan": {"Status": "ACTIVE"},
        "iam.get_role": {},
        "sesv2.get_configuration_set": {"SendingOptions": {"SendingEnabled": True}},
        "sesv2.get_configuration_set_event_destinations": {"EventDestinations": [mail]},
        "sns.get_topic_attributes": {},
        "sns.get_subscription_attributes": {},
        "sns.list_subscriptions_by_topic": {
            "Subscriptions": [{"SubscriptionArn": "arn:aws:sns:ca-central-1:1:alarms:2"}]
        },
        "cloudformation.describe_stacks": {
            "Stacks": [
                {
                    "StackName": "relais-test",
                    "StackStatus": "UPDATE_COMPLETE",
                    "CreationTime": LONG_AGO,
                }
            ]
        },
        "cloudformation.list_stack_resources": {"StackResourceSummaries": RESOURCES},
        "cloudformation.detect_stack_drift": {"StackDriftDetectionId": "d"},
        "cloudformation.describe_stack_drift_detection_status": {
            "StackId": "relais-test",
            "StackDriftDetectionId": "d",
            "DetectionStatus": "DETECTION_COMPLETE",
            "Timestamp": LONG_AGO,
        },
        "cloudformation.describe_stack_resource_drifts": {"StackResourceDrifts": []},
        "sqs.get_queue_url": {"QueueUrl": "https://sqs.example.org/1/queue"},
        "sqs.get_queue_attributes": {"Attributes": {"ApproximateNumberOfMessages": "0"}},
        "s3.head_bucket": {},
        "s3.get_bucket_policy": {"Policy": "{}"},
        "s3.list_objects_v2": {"Contents": [{"Key": "2026", "LastModified": now}]},
        "secretsmanager.describe_secret": {"CreatedDate": now},
        "dynamodb.describe_table": {"Table": {"DeletionProtectionEnabled": True}},
        "dynamodb.describe_continuous_backups": {
            "ContinuousBackupsDescription": {
                "ContinuousBackupsStatus": "ENABLED",
                "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED"},
            }
        },
        "dynamodb.describe_time_to_live": {
            "TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED"}
        },
    }


def alarms(
    *ringing: str, standing: Sequence[str] = ("relais-test-Undelivered",), muted: bool = False
) -> Answering:
    """Return what answers for alarms: which ring, and which there are."""

    def answer(given: Mapping[str, Any]) -> Said:
        if given.get("StateValue") == "ALARM":
            return {"MetricAlarms": [{"AlarmDescription": each} for each in ringing]}
        alarms = [{"AlarmName": each, "ActionsEnabled": not muted} for each in standing]
        return {"MetricAlarms": alarms}

    return answer


def measured(now: datetime, **values: float) -> Answering:
    """Return what answers for measures: what these are now, and others where all is well."""
    good = {
        "Reputation.BounceRate": 0.0007,
        "Reputation.ComplaintRate": 0.0007,
        "ApproximateAgeOfOldestMessage": 900,
        "Invocations": 15,
    }

    def answer(given: Mapping[str, Any]) -> Said:
        (statistic,) = given["Statistics"]
        value = values.get(given["MetricName"].rpartition(".")[2], good[given["MetricName"]])
        # What was long ago is not what is.
        points = [(LONG_AGO, 0.5), (now, value)] if value else []
        return {"Datapoints": [{"Timestamp": at, statistic: each} for at, each in points]}

    return answer


IDENTITY = "sesv2.get_email_identity"
STACK = {"StackName": "relais-test", "CreationTime": LONG_AGO}
