"""Files of the desk in a bucket that forgets them after a day."""

from dataclasses import dataclass
from typing import IO, Any

from chalicelib.aws.bucket import reachable


@dataclass(frozen=True)
class S3Objects:
    client: Any
    bucket: str

    def put(self, name: str, body: IO[bytes]) -> None:
        with reachable():
            self.client.put_object(Bucket=self.bucket, Key=name, Body=body)

    def get(self, name: str) -> bytes:
        with reachable():
            found: bytes = self.client.get_object(Bucket=self.bucket, Key=name)["Body"].read()
        return found

    def url(self, name: str, saved_as: str, seconds: int) -> str:
        wanted = {
            "Bucket": self.bucket,
            "Key": name,
            "ResponseContentDisposition": f'attachment; filename="{saved_as}"',
        }
        return str(self.client.generate_presigned_url("get_object", wanted, ExpiresIn=seconds))
