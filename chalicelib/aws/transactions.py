"""Transactions written as DynamoDB reads them, by one call of the JSON encoder.

The items of a transaction are in DynamoDB's own JSON already. Botocore's serializer walks
through every attribute to write down the same, and its resolver of endpoints does so again for
the names of the tables: together a quarter of a submission's CPU. The two events used here are
documented (botocore, "Extending Boto3"); retries, signing and errors stay botocore's.
"""

import base64
import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_OPERATION: Final = "dynamodb.TransactWriteItems"
_ITEMS: Final = "TransactItems"


def write_as_given(client: "DynamoDBClient") -> None:
    """Let the transactions of a client through as they are given to it."""
    events: Any = client.meta.events
    events.register(f"before-parameter-build.{_OPERATION}", _set_aside, unique_id="set aside")
    events.register_first(f"before-call.{_OPERATION}", _write, unique_id="write as given")


def _set_aside(params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
    context[_ITEMS] = params[_ITEMS]
    params[_ITEMS] = [{}]  # A client that validates wants one.


def _write(params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
    # What botocore adds itself stays: the token that makes an attempt after a failure harmless.
    whole = {**json.loads(params["body"]), _ITEMS: context[_ITEMS]}
    params["body"] = json.dumps(whole, default=_base64).encode()


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
