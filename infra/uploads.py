"""Puts a package where CloudFormation reads it: the bucket of a stage's packages."""

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

from infra.cloud_stack import Agree, ResourceChange, Say
from infra.deployments import Deployments, bucket_of
from infra.extras import wake_from_snapshot

TemplateUrl = Callable[[Mapping[str, str]], str]
"""Puts the template for these parameters there, and returns its address."""


class PackageBucket:
    """The bucket of a stage's packages, and the package that goes there: `template`, with the zip
    beside it.

    CloudFormation reads a template of this size out of a bucket alone, so the bucket is there
    before anybody can be shown what a deploy would change.
    """

    def __init__(
        self,
        session: boto3.session.Session,
        stage: str,
        endpoint: str | None,
        template: Path,
        say: Say,
    ) -> None:
        self._s3 = session.client("s3", endpoint_url=endpoint)
        self._region = session.region_name
        self._endpoint = endpoint
        self._template = template
        self._say = say
        sts = session.client("sts", endpoint_url=endpoint)
        self._account = str(sts.get_caller_identity()["Account"])
        self.name = bucket_of(stage, self._account)
        self.deployments = Deployments(self._s3, self.name)

    def make(self, agree: Agree | None) -> None:
        """Make the bucket once that is agreed to, unless it is there."""
        try:
            # One of that name may be somebody else's, who would then choose what runs here.
            self._s3.head_bucket(Bucket=self.name, ExpectedBucketOwner=self._account)
        except ClientError:
            if agree is not None:
                agree([ResourceChange("Add", self.name, "AWS::S3::Bucket", anew=False)])
            where = {"LocationConstraint": self._region}
            self._s3.create_bucket(Bucket=self.name, CreateBucketConfiguration=where)

    def upload_template(self, parameters: Mapping[str, str]) -> str:
        """Put the template for these parameters into the bucket; return its address."""
        body = json.loads(self._template.read_text("utf-8"))
        for resource in body["Resources"].values():
            if resource["Type"] == "AWS::Serverless::Function":
                resource["Properties"]["CodeUri"] = {"Bucket": self.name, "Key": self._zip_key}
        if parameters.get("SnapStart") == "on":
            wake_from_snapshot(body, parameters)
        text = json.dumps(body, ensure_ascii=False).encode()
        name = f"{hashlib.sha256(text).hexdigest()}.json"
        self._put(name, text)
        if self._endpoint:
            return f"{self._endpoint}/{self.name}/{name}"
        return f"https://{self.name}.s3.{self._region}.amazonaws.com/{name}"

    def upload_zip(self) -> None:
        """Put the zip there; no template needs it before its change is made."""
        self._say(f"uploading the package ({len(self._zip) / 1e6:.1f} MB)")
        self._put(self._zip_key, self._zip)

    def _put(self, key: str, body: bytes) -> None:
        self._s3.put_object(Bucket=self.name, Key=key, Body=body, ExpectedBucketOwner=self._account)

    @cached_property
    def _zip(self) -> bytes:
        return (self._template.parent / "deployment.zip").read_bytes()

    @cached_property
    def _zip_key(self) -> str:
        return f"{hashlib.sha256(self._zip).hexdigest()}.zip"
