"""The DocumentStore of attachments by S3: a bucket whose policy lets nobody read what is not clean."""

from typing import Final
from urllib.parse import quote

from chalicelib.aws.bucket import PLAIN, Bucket, reachable
from chalicelib.forms.attachments.ports import Offer, Seen

SCAN_TAG: Final = "GuardDutyMalwareScanStatus"
"""The tag that GuardDuty puts on an object, and nobody else may: see the policy of the bucket."""


class S3Documents(Bucket):
    def offer(self, key: str, most_bytes: int, seconds: int, back: str) -> Offer:
        fixed = {"Content-Type": PLAIN, "success_action_redirect": back}
        size: list[object] = ["content-length-range", 1, most_bytes]
        with reachable():
            found = self._client.generate_presigned_post(
                self._bucket, key, Fields=dict(fixed), ExpiresIn=seconds,
                Conditions=[size, *({name: value} for name, value in fixed.items())],
            )  # fmt: skip
        return Offer(found["url"], found["fields"])

    def look(self, key: str) -> Seen | None:
        with reachable():
            listed = self._client.list_objects_v2(Bucket=self._bucket, Prefix=key, MaxKeys=1)
            there = [one for one in listed.get("Contents", ()) if one["Key"] == key]
            if not there:
                return None
            tags = self._client.get_object_tagging(Bucket=self._bucket, Key=key)["TagSet"]
        result = next((t["Value"] for t in tags if t["Key"] == SCAN_TAG), "")
        return Seen(there[0]["Size"], result, there[0]["ETag"].strip('"'))

    def read(self, key: str) -> bytes:
        with reachable():
            body: bytes = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return body

    def link(self, key: str, name: str, seconds: int) -> str:
        plain = "".join(c if c.isascii() and c not in '"\\%' else "_" for c in name)
        saved = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
        return self._address(
            key,
            seconds,
            ResponseContentDisposition=saved,
            ResponseContentType=PLAIN,
            ResponseCacheControl="no-store",
        )
