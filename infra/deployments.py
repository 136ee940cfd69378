"""What was deployed to a stage, and when: the bucket of packages keeps it, so that a deploy can be
taken back."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from botocore.exceptions import ClientError

_FOLDER: Final = "deployments/"


@dataclass(frozen=True)
class Deployment:
    """One deploy. `at` is its stamp; `first_at` that of the deploy which brought this template: an
    earlier one where a deploy was taken back. One that did not end may stand all the same, when
    whoever deployed was cut off."""

    at: str
    first_at: str
    template_url: str
    parameters: list[dict[str, str]]
    ended: bool = True


def bucket_of(stage: str, account: str) -> str:
    """Return the name of the bucket that holds a stage's packages."""
    return f"relais-{stage}-packages-{account}"


@dataclass(frozen=True)
class Deployments:
    """The deploys of one stage, in its bucket."""

    s3: Any
    bucket: str

    def begin(self, deployment: Deployment) -> None:
        """Keep what a stack is about to be changed to, in the place of another that did not end."""
        self.settle(stands=False)
        self._write(replace(deployment, ended=False))

    def settle(self, *, stands: bool) -> None:
        """Say of a deploy that did not end, if any, whether it stands: else it is forgotten."""
        # No more than the newest one: the next takes its place.
        last = next(self.all(), None)
        if last is None or last.ended:
            return
        if stands:
            self._write(replace(last, ended=True))
        else:
            self.s3.delete_object(Bucket=self.bucket, Key=_key(last))

    def keep(self, deployment: Deployment) -> None:
        """Keep a deploy that ended well, unless it brought what stands already."""
        last = next(self.all(), None)
        if last is None or _what(last) != _what(deployment):
            self._write(deployment)

    def spoilt(self, deployment: Deployment) -> str:
        """Return the name of what is not as it was deployed, the template or a package that it
        names: each is called by the digest of what is in it. Blank when all is."""
        name = deployment.template_url.rpartition("/")[2]
        text = self._digested(name)
        if text is None:
            return name
        resources = json.loads(text)["Resources"].values()
        codes = [one.get("Properties", {}).get("CodeUri") for one in resources]
        zips = {code["Key"] for code in codes if isinstance(code, dict)}
        return next((name for name in sorted(zips) if self._digested(name) is None), "")

    def _digested(self, name: str) -> bytes | None:
        """Return an object whose name is its digest; None when it is another one, or gone."""
        try:
            found: bytes = self.s3.get_object(Bucket=self.bucket, Key=name)["Body"].read()
        except self.s3.exceptions.NoSuchKey:
            return None
        return found if hashlib.sha256(found).hexdigest() == name.partition(".")[0] else None

    def _write(self, deployment: Deployment) -> None:
        body = json.dumps(asdict(deployment), ensure_ascii=False).encode()
        self.s3.put_object(Bucket=self.bucket, Key=_key(deployment), Body=body)

    def all(self) -> Iterator[Deployment]:
        """Yield all deploys that are known, the newest first; each is read once it is asked for."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=_FOLDER
        )
        try:
            keys = [one["Key"] for page in pages for one in page.get("Contents", [])]
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchBucket":
                raise
            return
        yield from map(self._read, sorted(keys, reverse=True))

    def before(self) -> Deployment | None:
        """Return the deploy to go back to from the one that stands: the last one before it that
        brought something else, and was not itself taken back; None when there is none."""
        known = self.all()
        now = next(known, None)
        if now is None:
            return None
        older = (one for one in known if one.first_at == one.at and one.at < now.first_at)
        return next(older, None)

    def _read(self, key: str) -> Deployment:
        return Deployment(**json.load(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"]))


def _key(deployment: Deployment) -> str:
    return f"{_FOLDER}{deployment.at}.json"


def _what(deployment: Deployment) -> tuple[str, list[dict[str, str]]]:
    return deployment.template_url, deployment.parameters
