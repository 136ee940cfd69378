"""What whoever deploys a stage may do: `python -m infra.rights` writes infra/policies/deployer-*.json.

Each right follows from a kind of resource in the template, or from what a deploy asks itself.
infra/policies/operator.json beside it is for whoever operates a stage that stands, with
operator-reads.json, which follows from the same kinds.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

POLICIES: Final = Path(__file__).with_name("policies")


MOST_CHARACTERS: Final = 6_144
"""What AWS takes in one managed policy."""

READER: Final = "operator-reads.json"
"""What an operator needs besides operator.json, for the drift of a stack."""


class Granted(NamedTuple):
    """Actions of one service, without its name, and the names that they may be done to."""

    service: str
    actions: str
    on: tuple[str, ...] = ("*",)


_TAGS: Final = "TagResource UntagResource"

_LAMBDA: Final = ("arn:aws:lambda:*:*:function:relais-*",)

_API: Final = ("arn:aws:apigateway:*::/*",)

FOR_TYPE: Final[dict[str, Granted]] = {
    "AWS::ApiGateway::BasePathMapping": Granted("apigateway", "GET POST PATCH DELETE", _API),
    "AWS::ApiGateway::Deployment": Granted("apigateway", "GET POST PATCH DELETE", _API),
    "AWS::ApiGateway::DomainName": Granted("apigateway", "GET POST PATCH DELETE", _API),
    "AWS::ApiGateway::RestApi": Granted("apigateway", "GET POST PUT PATCH DELETE", _API),
    "AWS::ApiGateway::Stage": Granted("apigateway", "GET POST PATCH DELETE SetWebACL", _API),
    "AWS::CertificateManager::Certificate": Granted(
        "acm",
        "AddTagsToCertificate DeleteCertificate DescribeCertificate ListTagsForCertificate "
        "RequestCertificate",
    ),
    "AWS::CloudWatch::Alarm": Granted(
        "cloudwatch",
        f"DeleteAlarms DescribeAlarms ListTagsForResource PutMetricAlarm {_TAGS}",
        ("arn:aws:cloudwatch:*:*:alarm:relais-*",),
    ),
    "AWS::CloudWatch::Dashboard": Granted(
        "cloudwatch",
        "DeleteDashboards GetDashboard PutDashboard",
        ("arn:aws:cloudwatch::*:dashboard/relais-*",),
    ),
    "AWS::DynamoDB::Table": Granted(
        "dynamodb",
        "CreateTable DeleteTable DescribeContinuousBackups DescribeContributorInsights "
        "DescribeKinesisStreamingDestination DescribeTable DescribeTimeToLive GetResourcePolicy "
        "ListTagsOfResource "
        f"{_TAGS} UpdateContinuousBackups UpdateTable UpdateTimeToLive",
        ("arn:aws:dynamodb:*:*:table/relais-*",),
    ),
    "AWS::Events::Rule": Granted(
        "events",
        f"DeleteRule DescribeRule ListTargetsByRule PutRule PutTargets RemoveTargets {_TAGS}",
        ("arn:aws:events:*:*:rule/relais-*",),
    ),
    "AWS::GuardDuty::MalwareProtectionPlan": Granted(
        "guardduty",
        "CreateMalwareProtectionPlan DeleteMalwareProtectionPlan GetMalwareProtectionPlan "
        f"{_TAGS} UpdateMalwareProtectionPlan",
    ),
    "AWS::IAM::Role": Granted(
        "iam",
        "AttachRolePolicy CreateRole DeleteRole DeleteRolePolicy DetachRolePolicy GetRole "
        "GetRolePolicy ListAttachedRolePolicies ListRolePolicies PassRole PutRolePolicy TagRole "
        "UntagRole UpdateAssumeRolePolicy UpdateRole",
        ("arn:aws:iam::*:role/relais-*",),
    ),
    "AWS::Lambda::Alias": Granted(
        "lambda", "CreateAlias DeleteAlias GetAlias UpdateAlias", _LAMBDA
    ),
    "AWS::Lambda::EventInvokeConfig": Granted(
        "lambda",
        "DeleteFunctionEventInvokeConfig GetFunctionEventInvokeConfig "
        "PutFunctionEventInvokeConfig UpdateFunctionEventInvokeConfig",
        _LAMBDA,
    ),
    "AWS::Lambda::EventSourceMapping": Granted(
        "lambda",
        "CreateEventSourceMapping DeleteEventSourceMapping GetEventSourceMapping ListTags "
        f"{_TAGS} UpdateEventSourceMapping",
    ),
    "AWS::Lambda::Function": Granted(
        "lambda",
        "CreateFunction DeleteFunction GetFunction GetFunctionCodeSigningConfig "
        "GetFunctionConfiguration GetFunctionRecursionConfig GetRuntimeManagementConfig ListTags "
        f"PutFunctionRecursionConfig {_TAGS} UpdateFunctionCode UpdateFunctionConfiguration",
        _LAMBDA,
    ),
    "AWS::Lambda::Permission": Granted(
        "lambda", "AddPermission GetPolicy RemovePermission", _LAMBDA
    ),
    "AWS::Lambda::Version": Granted(
        "lambda", "DeleteFunction GetFunction ListVersionsByFunction PublishVersion", _LAMBDA
    ),
    "AWS::Logs::LogGroup": Granted(
        "logs",
        "CreateLogGroup CreateLogDelivery DeleteLogDelivery DeleteLogGroup DescribeIndexPolicies "
        "DescribeLogGroups DescribeResourcePolicies GetDataProtectionPolicy "
        f"ListTagsForResource PutResourcePolicy PutRetentionPolicy {_TAGS}",
    ),
    "AWS::Logs::MetricFilter": Granted(
        "logs",
        "DeleteMetricFilter DescribeMetricFilters PutMetricFilter",
        ("arn:aws:logs:*:*:log-group:/aws/lambda/relais-*",),
    ),
    "AWS::Route53::RecordSet": Granted(
        "route53", "ChangeResourceRecordSets GetChange GetHostedZone ListResourceRecordSets"
    ),
    "AWS::S3::Bucket": Granted(
        "s3",
        "CreateBucket DeleteBucket GetAccelerateConfiguration GetAnalyticsConfiguration "
        "GetBucketAbac GetBucketCORS GetBucketLocation GetBucketLogging "
        "GetBucketMetadataTableConfiguration GetBucketNotification "
        "GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPublicAccessBlock "
        "GetBucketTagging GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration "
        "GetIntelligentTieringConfiguration GetInventoryConfiguration GetLifecycleConfiguration "
        "GetMetricsConfiguration GetReplicationConfiguration ListBucket ListTagsForResource "
        "PutBucketNotification PutBucketObjectLockConfiguration "
        "PutBucketOwnershipControls PutBucketPublicAccessBlock PutBucketTagging "
        "PutBucketVersioning PutEncryptionConfiguration PutLifecycleConfiguration",
        ("arn:aws:s3:::relais-*",),
    ),
    "AWS::S3::BucketPolicy": Granted(
        "s3", "DeleteBucketPolicy GetBucketPolicy PutBucketPolicy", ("arn:aws:s3:::relais-*",)
    ),
    "AWS::SES::ConfigurationSet": Granted(
        "ses",
        "CreateConfigurationSet DeleteConfigurationSet DescribeConfigurationSet "
        "GetConfigurationSet ListTagsForResource "
        "PutConfigurationSetReputationOptions PutConfigurationSetSuppressionOptions "
        "TagResource UntagResource",
    ),
    "AWS::SES::ConfigurationSetEventDestination": Granted(
        "ses",
        "CreateConfigurationSetEventDestination DeleteConfigurationSetEventDestination "
        "GetConfigurationSetEventDestinations UpdateConfigurationSetEventDestination",
    ),
    "AWS::SNS::Subscription": Granted(
        "sns",
        "GetSubscriptionAttributes ListSubscriptionsByTopic SetSubscriptionAttributes Subscribe "
        "Unsubscribe",
        ("arn:aws:sns:*:*:relais-*",),
    ),
    "AWS::SNS::Topic": Granted(
        "sns",
        "CreateTopic DeleteTopic GetDataProtectionPolicy GetTopicAttributes "
        f"ListSubscriptionsByTopic ListTagsForResource SetTopicAttributes {_TAGS}",
        ("arn:aws:sns:*:*:relais-*",),
    ),
    "AWS::SNS::TopicPolicy": Granted("sns", "SetTopicAttributes", ("arn:aws:sns:*:*:relais-*",)),
    "AWS::SQS::Queue": Granted(
        "sqs",
        "CreateQueue DeleteQueue GetQueueAttributes GetQueueUrl ListQueueTags SetQueueAttributes "
        "TagQueue UntagQueue",
        ("arn:aws:sqs:*:*:relais-*",),
    ),
    "AWS::SQS::QueuePolicy": Granted(
        "sqs", "GetQueueAttributes SetQueueAttributes", ("arn:aws:sqs:*:*:relais-*",)
    ),
    "AWS::SecretsManager::Secret": Granted(
        "secretsmanager",
        f"CreateSecret DeleteSecret DescribeSecret GetRandomPassword GetSecretValue {_TAGS} "
        "UpdateSecret",
        ("arn:aws:secretsmanager:*:*:secret:relais-*",),
    ),
    "AWS::WAFv2::WebACL": Granted(
        "wafv2",
        f"CreateWebACL DeleteWebACL GetWebACL ListTagsForResource {_TAGS} UpdateWebACL",
        ("arn:aws:wafv2:*:*:regional/*/relais-*/*",),
    ),
    "AWS::WAFv2::WebACLAssociation": Granted(
        "wafv2",
        "AssociateWebACL DisassociateWebACL GetWebACL GetWebACLForResource",
        ("arn:aws:wafv2:*:*:regional/*/relais-*/*", "arn:aws:apigateway:*::/restapis/*/stages/*"),
    ),
}
"""A kind of resource → what CloudFormation does in the deployer's name to make, change and delete
one. Its schemas say which: `aws cloudformation describe-type`, under `handlers`."""

OF_A_DEPLOY: Final = (
    Granted(
        "cloudformation",
        "ContinueUpdateRollback CreateChangeSet DeleteChangeSet DeleteStack DescribeChangeSet "
        "DescribeStackEvents DescribeStackResources DescribeStacks ExecuteChangeSet UpdateTerminationProtection",
        ("arn:aws:cloudformation:*:*:stack/relais-*/*",),
    ),
    Granted(
        "cloudformation",
        "CreateChangeSet",
        ("arn:aws:cloudformation:*:aws:transform/Serverless-2016-10-31",),
    ),
    Granted("cloudformation", "DescribeStacks"),
    Granted("s3", "DeleteObject GetObject PutObject", ("arn:aws:s3:::relais-*-packages-*/*",)),
    Granted("secretsmanager", "PutSecretValue", ("arn:aws:secretsmanager:*:*:secret:relais-*",)),
    Granted("dynamodb", "Scan", ("arn:aws:dynamodb:*:*:table/relais-*",)),
    Granted("lambda", "GetAccountSettings"),
    Granted("lambda", "InvokeFunction", ("arn:aws:lambda:*:*:function:relais-*-anchor_audit",)),
    Granted("lambda", "DeleteFunction ListAliases ListVersionsByFunction", _LAMBDA),
    # API Gateway makes it for the first domain of an account, in the deployer's name.
    Granted(
        "iam",
        "CreateServiceLinkedRole",
        ("arn:aws:iam::*:role/aws-service-role/ops.apigateway.amazonaws.com/*",),
    ),
    Granted("ses", "GetAccount GetEmailIdentity ListConfigurationSets"),
    Granted("cloudwatch", "GetMetricStatistics"),
    Granted("sts", "GetCallerIdentity"),
)
"""What `relais deploy`, `rollback` and `destroy` ask of AWS themselves."""


def statements(types: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield what whoever deploys a template with these kinds of resources may do."""
    return _granted((*(FOR_TYPE[kind] for kind in types), *OF_A_DEPLOY))


def _granted(given: Iterable[Granted]) -> Iterator[dict[str, Any]]:
    actions: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for rights in given:
        actions[rights.on].update(f"{rights.service}:{name}" for name in rights.actions.split())
    for on, names in sorted(actions.items()):
        if names:
            yield {"Effect": "Allow", "Action": sorted(names), "Resource": list(on)}


def deployer_policies() -> list[str]:
    """Return the texts of the deployer's policies, each small enough for AWS."""
    parts: list[list[dict[str, Any]]] = [[]]
    for statement in statements(FOR_TYPE):
        if size_of([*parts[-1], statement]) > MOST_CHARACTERS:
            parts.append([])
        parts[-1].append(statement)
    return [json.dumps(_policy(part), indent=2) + "\n" for part in parts]


def reader_policy() -> str:
    """Return the text of the policy by which an operator has CloudFormation compare what there is
    with the template: it reads each thing in the operator's name, and no secret."""
    reads = (
        rights._replace(actions=" ".join(filter(_reads, rights.actions.split())))
        for rights in FOR_TYPE.values()
    )
    return json.dumps(_policy(list(_granted(reads))), indent=2) + "\n"


def _reads(action: str) -> bool:
    return action.startswith(("Describe", "Get", "List", "GET")) and action not in _SECRET


_SECRET: Final = ("GetRandomPassword", "GetSecretValue")


def size_of(part: list[dict[str, Any]]) -> int:
    """Return the size of a policy as AWS counts it: without white space."""
    return len(json.dumps(_policy(part), separators=(",", ":")))


def _policy(part: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": part}


if __name__ == "__main__":
    for number, text in enumerate(deployer_policies(), 1):
        (POLICIES / f"deployer-{number}.json").write_text(text, "utf-8")
    (POLICIES / READER).write_text(reader_policy(), "utf-8")
