"""A bucket of S3 in which files of one type are kept: what documents and images have in common."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.core.errors import StoreDown
from chalicelib.forms.attachments.ports import StoredObject


class Bucket:
    def __init__(self, client: Any, bucket: str, kind: str) -> None:
        """`kind` is the type under which all of its files are kept."""
        self._client = client
        self._bucket = bucket
        self._kind = kind

    def put(self, key: str, body: bytes) -> None:
        with reachable():
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=self._kind)

    def delete(self, key: str) -> None:
        with reachable():
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def all(self) -> Iterator[StoredObject]:
        with reachable():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket)
            for page in pages:
                for one in page.get("Contents", ()):
                    yield StoredObject(one["Key"], one["LastModified"])


@contextmanager
def reachable() -> Iterator[None]:
    """Turn what S3 and the way to it raise into StoreDown."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise StoreDown(f"bucket: {type(error).__name__}") from error
