"""Files of the desk in a bucket that forgets them after a day."""

from dataclasses import dataclass
from typing import IO, Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.core.errors import StoreDown


@dataclass(frozen=True)
class S3Objects:
    client: Any
    bucket: str

    def put(self, name: str, body: IO[bytes]) -> None:
        try:
            self.client.put_object(Bucket=self.bucket, Key=name, Body=body)
        except (ClientError, BotoCoreError) as error:
            raise StoreDown(f"bucket: {type(error).__name__}") from error

    def get(self, name: str) -> bytes:
        try:
            found: bytes = self.client.get_object(Bucket=self.bucket, Key=name)["Body"].read()
        except (ClientError, BotoCoreError) as error:
            raise StoreDown(f"bucket: {type(error).__name__}") from error
        return found

    def url(self, name: str, saved_as: str, seconds: int) -> str:
        wanted = {
            "Bucket": self.bucket,
            "Key": name,
            "ResponseContentDisposition": f'attachment; filename="{saved_as}"',
        }
        return str(self.client.generate_presigned_url("get_object", wanted, ExpiresIn=seconds))
