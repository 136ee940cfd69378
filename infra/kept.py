"""What outlives a stack that was deleted, as CloudFormation takes it over."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import boto3
from botocore.exceptions import ClientError

_MISSING: Final = {"ResourceNotFoundException", "404", "NoSuchBucket", "NotFound"}

NAMED_BY: Final = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::S3::Bucket": "BucketName",
}
"""For each kind of resource that is kept, the property with its name."""


class KeptError(Exception):
    """Why what was kept cannot be taken over."""


def kept_names(template: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield the logical name, the kind and the pattern of the name of each resource that a deleted
    stack leaves, and whose name stands in the way of a new one. One without a name of its own
    does not."""
    for logical, resource in template["Resources"].items():
        if "Retain" in resource.get("DeletionPolicy", ""):
            kind = resource["Type"]
            named = resource["Properties"].get(NAMED_BY[kind])
            if named is not None:
                yield logical, kind, named["Fn::Sub"]


def filled(pattern: str, stage: str, account: str) -> str:
    """Return the name that a pattern of the template has for a stage in an account."""
    return pattern.replace("${Stage}", stage).replace("${AWS::AccountId}", account)


def kept_of(
    session: boto3.session.Session,
    stage: str,
    endpoint: str | None,
    template: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """Return what exists of the tables, keys and buckets of a stage that are kept, each with its
    logical name and the identifier that an import asks for. Raises KeptError."""
    account = session.client("sts", endpoint_url=endpoint).get_caller_identity()["Account"]
    found = []
    for logical, kind, pattern in kept_names(template):
        name = filled(pattern, stage, account)
        service, identify = _KINDS[kind]
        try:
            identifier = identify(session.client(service, endpoint_url=endpoint), name)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _MISSING:
                raise
            continue
        found.append(
            {
                "ResourceType": kind,
                "LogicalResourceId": logical,
                "ResourceIdentifier": identifier,
            }
        )
    return found


def _table(client: Any, name: str) -> dict[str, str]:
    client.describe_table(TableName=name)
    return {"TableName": name}


def _secret(client: Any, name: str) -> dict[str, str]:
    secret = client.describe_secret(SecretId=name)
    if "DeletedDate" in secret:
        raise KeptError(
            f"the secret {name} is being deleted, and nothing opens without it: "
            f"aws secretsmanager restore-secret --secret-id {name} "
            f"--region {client.meta.region_name}"
        )
    return {"Id": secret["ARN"]}


def _bucket(client: Any, name: str) -> dict[str, str]:
    client.head_bucket(Bucket=name)
    return {"BucketName": name}


_KINDS: Final[dict[str, tuple[Any, Callable[[Any, str], dict[str, str]]]]] = {
    "AWS::DynamoDB::Table": ("dynamodb", _table),
    "AWS::SecretsManager::Secret": ("secretsmanager", _secret),
    "AWS::S3::Bucket": ("s3", _bucket),
}
