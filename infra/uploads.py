"""Puts a package where CloudFormation reads it: the bucket of a stage's packages."""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

from infra.deployments import bucket_of
from infra.extras import wake_from_snapshot

TemplateUrl = Callable[[Mapping[str, str]], str]
"""Puts the template for these parameters there too, and returns its address."""


def upload_package(
    session: boto3.session.Session,
    template: Path,
    stage: str,
    endpoint: str | None,
    say: Callable[[str], None],
) -> TemplateUrl:
    """Upload the zip beside a template, and return what uploads the template itself."""
    s3 = session.client("s3", endpoint_url=endpoint)
    account = session.client("sts", endpoint_url=endpoint).get_caller_identity()["Account"]
    region = session.region_name
    bucket = bucket_of(stage, account)
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError:
        where = {"LocationConstraint": region}
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
    zipped = (template.parent / "deployment.zip").read_bytes()
    key = f"{hashlib.sha256(zipped).hexdigest()}.zip"
    say(f"uploading the package ({len(zipped) / 1e6:.1f} MB)")
    s3.put_object(Bucket=bucket, Key=key, Body=zipped)

    def upload(parameters: Mapping[str, str]) -> str:
        body = json.loads(template.read_text("utf-8"))
        for resource in body["Resources"].values():
            if resource["Type"] == "AWS::Serverless::Function":
                resource["Properties"]["CodeUri"] = {"Bucket": bucket, "Key": key}
        if parameters.get("SnapStart") == "on":
            wake_from_snapshot(body, parameters)
        text = json.dumps(body, ensure_ascii=False)
        name = f"{hashlib.sha256(text.encode()).hexdigest()}.json"
        s3.put_object(Bucket=bucket, Key=name, Body=text.encode())
        if endpoint:
            return f"{endpoint}/{bucket}/{name}"
        return f"https://{bucket}.s3.{region}.amazonaws.com/{name}"

    return upload
