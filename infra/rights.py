"""What whoever deploys a stage may do: `python -m infra.rights` writes infra/policies/deployer-*.json.

Each right follows from a kind of resource in the template, or from what a deploy asks itself.
infra/policies/operator.json beside it is for whoever operates a stage that stands.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

POLICIES: Final = Path(__file__).with_name("policies")


MOST_CHARACTERS: Final = 6_144
"""What AWS takes in one managed policy."""


class Rights(NamedTuple):
    """Actions of one service, without its name, and the names that they may be done to."""

    service: str
    actions: str
    on: tuple[str, ...] = ("*",)


_TAGS: Final = "TagResource UntagResource"

_LAMBDA: Final = ("arn:aws:lambda:*:*:function:relais-*",)

_API: Final = ("arn:aws:apigateway:*::/*",)

FOR_TYPE: Final[dict[str, Rights]] = {
    "AWS::ApiGateway::BasePathMapping": Rights("apigateway", "GET POST PATCH DELETE", _API),
    "AWS::ApiGateway::Deployment": Rights("apigateway", "GET POST PATCH DELETE", _API),
    "AWS::ApiGateway::DomainName": Rights("apigateway", "GET POST PATCH DELETE", _API),
    "AWS::ApiGateway::RestApi": Rights("apigateway", "GET POST PUT PATCH DELETE", _API),
    "AWS::ApiGateway::Stage": Rights("apigateway", "GET POST PATCH DELETE SetWebACL", _API),
    "AWS::CertificateManager::Certificate": Rights(
        "acm",
        "AddTagsToCertificate DeleteCertificate DescribeCertificate ListTagsForCertificate "
        "RequestCertificate",
    ),
    "AWS::CloudWatch::Alarm": Rights(
        "cloudwatch",
        f"DeleteAlarms DescribeAlarms ListTagsForResource PutMetricAlarm {_TAGS}",
        ("arn:aws:cloudwatch:*:*:alarm:relais-*",),
    ),
    "AWS::CloudWatch::Dashboard": Rights(
        "cloudwatch",
        "DeleteDashboards GetDashboard PutDashboard",
        ("arn:aws:cloudwatch::*:dashboard/relais-*",),
    ),
    "AWS::DynamoDB::Table": Rights(
        "dynamodb",
        "CreateTable DeleteTable DescribeContinuousBackups DescribeContributorInsights "
        "DescribeKinesisStreamingDestination DescribeTable DescribeTimeToLive ListTagsOfResource "
        f"{_TAGS} UpdateContinuousBackups UpdateTable UpdateTimeToLive",
        ("arn:aws:dynamodb:*:*:table/relais-*",),
    ),
    "AWS::Events::Rule": Rights(
        "events",
        f"DeleteRule DescribeRule ListTargetsByRule PutRule PutTargets RemoveTargets {_TAGS}",
        ("arn:aws:events:*:*:rule/relais-*",),
    ),
    "AWS::GuardDuty::MalwareProtectionPlan": Rights(
        "guardduty",
        "CreateMalwareProtectionPlan DeleteMalwareProtectionPlan GetMalwareProtectionPlan "
        f"{_TAGS} UpdateMalwareProtectionPlan",
    ),
    "AWS::IAM::Role": Rights(
        "iam",
        "AttachRolePolicy CreateRole DeleteRole DeleteRolePolicy DetachRolePolicy GetRole "
        "GetRolePolicy ListAttachedRolePolicies ListRolePolicies PassRole PutRolePolicy TagRole "
        "UntagRole UpdateAssumeRolePolicy UpdateRole",
        ("arn:aws:iam::*:role/relais-*",),
    ),
    "AWS::Lambda::Alias": Rights("lambda", "CreateAlias DeleteAlias GetAlias UpdateAlias", _LAMBDA),
    "AWS::Lambda::EventInvokeConfig": Rights(
        "lambda",
        "DeleteFunctionEventInvokeConfig GetFunctionEventInvokeConfig "
        "PutFunctionEventInvokeConfig UpdateFunctionEventInvokeConfig",
        _LAMBDA,
    ),
    "AWS::Lambda::EventSourceMapping": Rights(
        "lambda",
        "CreateEventSourceMapping DeleteEventSourceMapping GetEventSourceMapping ListTags "
        f"{_TAGS} UpdateEventSourceMapping",
    ),
    "AWS::Lambda::Function": Rights(
        "lambda",
        "CreateFunction DeleteFunction GetFunction GetFunctionCodeSigningConfig "
        "GetFunctionConfiguration GetFunctionRecursionConfig GetRuntimeManagementConfig ListTags "
        f"PutFunctionRecursionConfig {_TAGS} UpdateFunctionCode UpdateFunctionConfiguration",
        _LAMBDA,
    ),
    "AWS::Lambda::Permission": Rights(
        "lambda", "AddPermission GetPolicy RemovePermission", _LAMBDA
    ),
    "AWS::Lambda::Version": Rights(
        "lambda", "DeleteFunction GetFunction ListVersionsByFunction PublishVersion", _LAMBDA
    ),
    "AWS::Logs::LogGroup": Rights(
        "logs",
        "CreateLogGroup CreateLogDelivery DeleteLogDelivery DeleteLogGroup DescribeLogGroups "
        f"ListTagsForResource PutResourcePolicy PutRetentionPolicy {_TAGS}",
    ),
    "AWS::Logs::MetricFilter": Rights(
        "logs",
        "DeleteMetricFilter DescribeMetricFilters PutMetricFilter",
        ("arn:aws:logs:*:*:log-group:/aws/lambda/relais-*",),
    ),
    "AWS::Route53::RecordSet": Rights(
        "route53", "ChangeResourceRecordSets GetChange GetHostedZone ListResourceRecordSets"
    ),
    "AWS::S3::Bucket": Rights(
        "s3",
        "CreateBucket DeleteBucket GetBucketLocation GetBucketNotification "
        "GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPublicAccessBlock "
        "GetBucketTagging GetBucketVersioning GetEncryptionConfiguration GetLifecycleConfiguration "
        "ListBucket PutBucketNotification PutBucketObjectLockConfiguration "
        "PutBucketOwnershipControls PutBucketPublicAccessBlock PutBucketTagging "
        "PutBucketVersioning PutEncryptionConfiguration PutLifecycleConfiguration",
        ("arn:aws:s3:::relais-*",),
    ),
    "AWS::S3::BucketPolicy": Rights(
        "s3", "DeleteBucketPolicy GetBucketPolicy PutBucketPolicy", ("arn:aws:s3:::relais-*",)
    ),
    "AWS::SES::ConfigurationSet": Rights(
        "ses",
        "CreateConfigurationSet DeleteConfigurationSet GetConfigurationSet "
        "PutConfigurationSetReputationOptions PutConfigurationSetSuppressionOptions "
        "TagResource UntagResource",
    ),
    "AWS::SES::ConfigurationSetEventDestination": Rights(
        "ses",
        "CreateConfigurationSetEventDestination DeleteConfigurationSetEventDestination "
        "GetConfigurationSetEventDestinations UpdateConfigurationSetEventDestination",
    ),
    "AWS::SNS::Subscription": Rights(
        "sns",
        "GetSubscriptionAttributes ListSubscriptionsByTopic SetSubscriptionAttributes Subscribe "
        "Unsubscribe",
        ("arn:aws:sns:*:*:relais-*",),
    ),
    "AWS::SNS::Topic": Rights(
        "sns",
        "CreateTopic DeleteTopic GetDataProtectionPolicy GetTopicAttributes "
        f"ListSubscriptionsByTopic ListTagsForResource SetTopicAttributes {_TAGS}",
        ("arn:aws:sns:*:*:relais-*",),
    ),
    "AWS::SNS::TopicPolicy": Rights("sns", "SetTopicAttributes", ("arn:aws:sns:*:*:relais-*",)),
    "AWS::SQS::Queue": Rights(
        "sqs",
        "CreateQueue DeleteQueue GetQueueAttributes GetQueueUrl ListQueueTags SetQueueAttributes "
        "TagQueue UntagQueue",
        ("arn:aws:sqs:*:*:relais-*",),
    ),
    "AWS::SQS::QueuePolicy": Rights(
        "sqs", "GetQueueAttributes SetQueueAttributes", ("arn:aws:sqs:*:*:relais-*",)
    ),
    "AWS::SecretsManager::Secret": Rights(
        "secretsmanager",
        f"CreateSecret DeleteSecret DescribeSecret GetRandomPassword GetSecretValue {_TAGS} "
        "UpdateSecret",
        ("arn:aws:secretsmanager:*:*:secret:relais-*",),
    ),
    "AWS::WAFv2::WebACL": Rights(
        "wafv2",
        f"CreateWebACL DeleteWebACL GetWebACL ListTagsForResource {_TAGS} UpdateWebACL",
        ("arn:aws:wafv2:*:*:regional/*/relais-*/*",),
    ),
    "AWS::WAFv2::WebACLAssociation": Rights(
        "wafv2",
        "AssociateWebACL DisassociateWebACL GetWebACL GetWebACLForResource",
        ("arn:aws:wafv2:*:*:regional/*/relais-*/*", "arn:aws:apigateway:*::/restapis/*/stages/*"),
    ),
}
"""A kind of resource → what CloudFormation does in the deployer's name to make, change and delete
one. Its schemas say which: `aws cloudformation describe-type`, under `handlers`."""

OF_A_DEPLOY: Final = (
    Rights(
        "cloudformation",
        "ContinueUpdateRollback CreateChangeSet DeleteChangeSet DeleteStack DescribeChangeSet "
        "DescribeStackEvents DescribeStacks ExecuteChangeSet UpdateTerminationProtection",
        ("arn:aws:cloudformation:*:*:stack/relais-*/*",),
    ),
    Rights(
        "cloudformation",
        "CreateChangeSet",
        ("arn:aws:cloudformation:*:aws:transform/Serverless-2016-10-31",),
    ),
    Rights("cloudformation", "DescribeStacks"),
    Rights("s3", "GetObject PutObject", ("arn:aws:s3:::relais-*-packages-*/*",)),
    Rights("secretsmanager", "PutSecretValue", ("arn:aws:secretsmanager:*:*:secret:relais-*",)),
    Rights("dynamodb", "Scan", ("arn:aws:dynamodb:*:*:table/relais-*",)),
    Rights("lambda", "GetAccountSettings"),
    Rights("ses", "GetAccount GetEmailIdentity ListConfigurationSets"),
    Rights("cloudwatch", "GetMetricStatistics"),
    Rights("sts", "GetCallerIdentity"),
)
"""What `relais deploy`, `rollback` and `destroy` ask of AWS themselves."""


def statements(types: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield what whoever deploys a template with these kinds of resources may do."""
    actions: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for rights in (*(FOR_TYPE[kind] for kind in types), *OF_A_DEPLOY):
        actions[rights.on].update(f"{rights.service}:{name}" for name in rights.actions.split())
    for on, names in sorted(actions.items()):
        yield {"Effect": "Allow", "Action": sorted(names), "Resource": list(on)}


def deployer_policies() -> list[str]:
    """Return the texts of the deployer's policies, each small enough for AWS."""
    parts: list[list[dict[str, Any]]] = [[]]
    for statement in statements(FOR_TYPE):
        if size_of([*parts[-1], statement]) > MOST_CHARACTERS:
            parts.append([])
        parts[-1].append(statement)
    return [json.dumps(_policy(part), indent=2) + "\n" for part in parts]


def size_of(part: list[dict[str, Any]]) -> int:
    """Return the size of a policy as AWS counts it: without white space."""
    return len(json.dumps(_policy(part), separators=(",", ":")))


def _policy(part: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": part}


if __name__ == "__main__":
    for number, text in enumerate(deployer_policies(), 1):
        (POLICIES / f"deployer-{number}.json").write_text(text, "utf-8")
