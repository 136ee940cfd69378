"""What was deployed to a stage, and when: the bucket of packages keeps it, so that a deploy can be
taken back."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

_FOLDER: Final = "deployments/"


@dataclass(frozen=True)
class Deployment:
    """One deploy that ended well. `at` is its stamp; `first_at` that of the deploy which brought
    this template: an earlier one where a deploy was taken back."""

    at: str
    first_at: str
    template_url: str
    parameters: list[dict[str, str]]


def bucket_of(stage: str, account: str) -> str:
    """Return the name of the bucket that holds a stage's packages."""
    return f"relais-{stage}-packages-{account}"


@dataclass(frozen=True)
class Deployments:
    """The deploys of one stage, in its bucket."""

    s3: Any
    bucket: str

    def keep(self, deployment: Deployment) -> None:
        """Keep a deploy, unless it brought what stands already."""
        last = next(iter(self.all()), None)
        if last and _what(last) == _what(deployment):
            return
        body = json.dumps(asdict(deployment), ensure_ascii=False).encode()
        self.s3.put_object(Bucket=self.bucket, Key=f"{_FOLDER}{deployment.at}.json", Body=body)

    def all(self) -> list[Deployment]:
        """Return all deploys that are known, the newest first."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=_FOLDER
        )
        try:
            keys = [one["Key"] for page in pages for one in page.get("Contents", [])]
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchBucket":
                raise
            return []
        return [self._read(key) for key in sorted(keys, reverse=True)]

    def before(self) -> Deployment | None:
        """Return the deploy to go back to from the one that stands: the last one before it that
        brought something else, and was not itself taken back; None when there is none."""
        known = self.all()
        if not known:
            return None
        now = known[0]
        older = [one for one in known if one.first_at == one.at and one.at < now.first_at]
        return older[0] if older else None

    def _read(self, key: str) -> Deployment:
        return Deployment(**json.load(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"]))


def _what(deployment: Deployment) -> tuple[str, list[dict[str, str]]]:
    return deployment.template_url, deployment.parameters
