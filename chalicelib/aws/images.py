"""The ImageStore of issues by S3: a bucket that is nobody's to read, but by an address for a while."""

from typing import Final

from chalicelib.aws.bucket import Bucket

TYPES: Final = {"jpg": "image/jpeg", "png": "image/png"}
"""The types under which images are shown, by their kind."""


class S3Images(Bucket):
    def shown(self, key: str, seconds: int) -> str:
        return self._address(
            key,
            seconds,
            ResponseContentType=TYPES[key.rpartition(".")[2]],
            ResponseContentDisposition="inline",
            ResponseCacheControl="public, max-age=31536000, immutable",
        )
