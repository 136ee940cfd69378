"""A local double of GuardDuty's scan: it finds the EICAR test file, and tags and tells as AWS does.

GuardDuty hears of each object by an event; this one looks. What it says goes straight to the
function: nobody but AWS may put an event of `aws.guardduty` on the bus.
"""

import io
import json
import threading
import zipfile
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.aws.documents import SCAN_TAG
from chalicelib.forms.attachments.ports import CLEAN, THREATS, UNSUPPORTED
from infra.stage_file import REGION

LOOK_SECONDS: Final = 0.5
FUNCTION: Final = "relais-local-settle_scan"
PREFIX: Final = "incoming/"

EICAR: Final = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""What every scanner takes for malware, in two halves, so that none takes this file for it."""


def verdict(body: bytes) -> str:
    """Return what GuardDuty would say of these bytes."""
    if EICAR in body:
        return THREATS
    if not zipfile.is_zipfile(io.BytesIO(body)):
        return CLEAN
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            inside = any(EICAR in archive.read(name) for name in archive.namelist())
    except (RuntimeError, zipfile.BadZipFile):
        return UNSUPPORTED
    return THREATS if inside else CLEAN


class LocalScan:
    """Scans the bytes of each object once, until `close`; while it is `paused`, it says nothing."""

    def __init__(self, endpoint: str, bucket: str) -> None:
        self.paused = False
        self._bucket = bucket
        self._endpoint = endpoint
        self._seen: set[tuple[str, str]] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join(5)

    def _look(self) -> None:
        session = boto3.session.Session(region_name=REGION)
        clients: dict[str, Any] = {
            name: session.client(name, endpoint_url=self._endpoint) for name in ("s3", "lambda")
        }
        while not self._over.wait(LOOK_SECONDS):
            try:
                if not self.paused:
                    self._scan_new(clients)
            except (ClientError, BotoCoreError):
                # The emulator begins or ends: the next look finds what this one missed.
                continue

    def _scan_new(self, clients: dict[str, Any]) -> None:
        s3 = clients["s3"]
        listed = s3.list_objects_v2(Bucket=self._bucket, Prefix=PREFIX)
        for one in listed.get("Contents", ()):
            key, bytes_of_key = one["Key"], (one["Key"], one["ETag"])
            if bytes_of_key in self._seen:
                continue
            where = {"Bucket": self._bucket, "Key": key}
            tags = s3.get_object_tagging(**where)["TagSet"]
            if any(seen == key for seen, _ in self._seen):
                # S3 forgets the tags of bytes that others took the place of; the emulator does not.
                tags = [tag for tag in tags if tag["Key"] != SCAN_TAG]
            if not any(tag["Key"] == SCAN_TAG for tag in tags):
                result = verdict(s3.get_object(**where)["Body"].read())
                tag = {"Key": SCAN_TAG, "Value": result}
                s3.put_object_tagging(**where, Tagging={"TagSet": [*tags, tag]})
                self._tell(clients["lambda"], key, result)
            self._seen.add(bytes_of_key)

    def _tell(self, functions: Any, key: str, result: str) -> None:
        event = {
            "version": "0",
            "id": key,
            "source": "aws.guardduty",
            "detail-type": "GuardDuty Malware Protection Object Scan Result",
            "account": "000000000000",
            "time": "2026-01-01T00:00:00Z",
            "region": REGION,
            "resources": [],
            "detail": {
                "scanStatus": "COMPLETED",
                "resourceType": "S3_OBJECT",
                "s3ObjectDetails": {"bucketName": self._bucket, "objectKey": key},
                "scanResultDetails": {"scanResultStatus": result},
            },
        }
        payload = json.dumps(event).encode()
        functions.invoke(FunctionName=FUNCTION, InvocationType="Event", Payload=payload)
