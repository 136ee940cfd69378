"""What outlives a stack that was deleted, as CloudFormation takes it over."""

from typing import Any, Final

import boto3
from botocore.exceptions import ClientError

_MISSING: Final = {"ResourceNotFoundException", "404", "NoSuchBucket", "NotFound"}


class KeptError(Exception):
    """Why what was kept cannot be taken over."""


def kept_of(
    session: boto3.session.Session, stage: str, endpoint: str | None
) -> list[dict[str, Any]]:
    """Return the tables, keys, anchors and documents of a stage that exist, each with its logical name and
    the identifier that an import asks for. Raises KeptError."""
    account = session.client("sts", endpoint_url=endpoint).get_caller_identity()["Account"]
    return [
        *_tables(session.client("dynamodb", endpoint_url=endpoint), stage),
        *_secrets(session.client("secretsmanager", endpoint_url=endpoint), stage),
        *_buckets(session.client("s3", endpoint_url=endpoint), stage, account),
    ]


def _tables(client: Any, stage: str) -> list[dict[str, Any]]:
    found = []
    for logical, kind in (("Records", "records"), ("Subscribers", "subscribers")):
        name = f"relais-{stage}-{kind}"
        try:
            client.describe_table(TableName=name)
        except ClientError as error:
            _only_missing(error)
        else:
            found.append(_one("AWS::DynamoDB::Table", logical, TableName=name))
    return found


def _secrets(client: Any, stage: str) -> list[dict[str, Any]]:
    found = []
    for logical, kind in (("Keys", "keys"), ("AnchorKey", "anchors")):
        name = f"relais-{stage}-{kind}"
        try:
            secret = client.describe_secret(SecretId=name)
        except ClientError as error:
            _only_missing(error)
            continue
        if "DeletedDate" in secret:
            raise KeptError(
                f"the secret {name} is being deleted, and nothing opens without it: "
                f"aws secretsmanager restore-secret --secret-id {name}"
            )
        found.append(_one("AWS::SecretsManager::Secret", logical, Id=secret["ARN"]))
    return found


def _buckets(client: Any, stage: str, account: str) -> list[dict[str, Any]]:
    found = []
    for logical, kind in (("AnchorBucket", "anchors"), ("AttachmentBucket", "attachments")):
        name = f"relais-{stage}-{kind}-{account}"
        try:
            client.head_bucket(Bucket=name)
        except ClientError as error:
            _only_missing(error)
        else:
            found.append(_one("AWS::S3::Bucket", logical, BucketName=name))
    return found


def _one(kind: str, logical: str, **identifier: str) -> dict[str, Any]:
    return {
        "ResourceType": kind,
        "LogicalResourceId": logical,
        "ResourceIdentifier": identifier,
    }


def _only_missing(error: ClientError) -> None:
    if error.response["Error"]["Code"] not in _MISSING:
        raise error
