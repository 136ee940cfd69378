"""A bucket of S3: what the places of documents and of images have in common."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.core.errors import StoreDown
from chalicelib.forms.attachments.ports import StoredObject

PLAIN: Final = "application/octet-stream"
"""The one type under which files are kept: no browser shows it, or guesses another."""


class Bucket:
    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, key: str, body: bytes) -> None:
        with reachable():
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=PLAIN)

    def delete(self, key: str) -> None:
        with reachable():
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def all(self) -> Iterator[StoredObject]:
        with reachable():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket)
            for page in pages:
                for one in page.get("Contents", ()):
                    yield StoredObject(one["Key"], one["LastModified"])

    def _address(self, key: str, seconds: int, **headers: str) -> str:
        """Return an address that gives a file for so many seconds, with these headers."""
        given = {"Bucket": self._bucket, "Key": key, **headers}
        with reachable():
            address: str = self._client.generate_presigned_url(
                "get_object", Params=given, ExpiresIn=seconds
            )
        return address


@contextmanager
def reachable() -> Iterator[None]:
    """Turn what S3 and the way to it raise into StoreDown."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise StoreDown(f"bucket: {type(error).__name__}") from error
