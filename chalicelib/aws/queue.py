"""The Queue by SQS."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.core.errors import StoreDown

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MESSAGES_PER_CALL: Final = 10
"""Messages that one call takes."""

_WAITING: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
)


class SqsQueue:
    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def put(self, jobs: Sequence[Mapping[str, Any]], delay: int = 0) -> None:
        """Put jobs into the queue. Raises StoreDown when not all could be put; those that were may
        come twice then."""
        for start in range(0, len(jobs), MESSAGES_PER_CALL):
            entries: Any = [
                {"Id": str(n), "MessageBody": json.dumps(job), "DelaySeconds": delay}
                for n, job in enumerate(jobs[start : start + MESSAGES_PER_CALL])
            ]
            try:
                answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            except (ClientError, BotoCoreError) as error:
                raise StoreDown(f"queue: {type(error).__name__}") from error
            if answer.get("Failed"):
                raise StoreDown(f"queue: {answer['Failed'][0].get('Code')}")

    def idle(self) -> bool:
        try:
            answer: Any = self._client.get_queue_attributes(
                QueueUrl=self._url,
                AttributeNames=list(_WAITING),
            )
        except (ClientError, BotoCoreError) as error:
            raise StoreDown(f"queue: {type(error).__name__}") from error
        return all(answer["Attributes"].get(name, "0") == "0" for name in _WAITING)
