"""Large requests written as AWS reads them, by one call of the JSON encoder.

The items and keys of a request are in DynamoDB's own JSON already, and the entries of a bulk of
mails in that of SES. Botocore's serializer walks through every attribute to write down the same, and its
resolver of endpoints does so again for the names of the tables: together a quarter of a
submission's CPU. The two events used here are documented (botocore, "Extending Boto3"); retries,
signing and errors stay botocore's.
"""

import base64
import json
from functools import partial
from typing import Any, Final

_Params = dict[str, Any]

_STORE: Final[dict[str, _Params]] = {
    # A client that validates wants one item.
    "dynamodb.TransactWriteItems": {"TransactItems": [{}]},
    "dynamodb.UpdateItem": {
        "Key": {},
        "ExpressionAttributeNames": {},
        "ExpressionAttributeValues": {},
    },
    "dynamodb.BatchGetItem": {"RequestItems": {}},
}
_BULK: Final = "sesv2.SendBulkEmail"

_ASIDE: Final = "as given"


def write_as_given(client: Any) -> None:
    """Let what a client of DynamoDB writes, and the keys that it reads by fifties, through as they
    are given to it."""
    for operation, placeholders in _STORE.items():
        _register(client, operation, placeholders)


def write_bulks_as_given(client: Any) -> None:
    """Do the same for the bulks of a client of SES."""
    _register(client, _BULK, {"DefaultContent": {}, "BulkEmailEntries": []})


def _register(client: Any, operation: str, placeholders: _Params) -> None:
    events = client.meta.events
    set_aside = partial(_set_aside, placeholders)
    events.register(f"before-parameter-build.{operation}", set_aside, unique_id="set aside")
    events.register_first(f"before-call.{operation}", _write, unique_id="write as given")


def _set_aside(placeholders: _Params, params: _Params, context: _Params, **_: object) -> None:
    context[_ASIDE] = {name: params[name] for name in placeholders if name in params}
    params.update({name: placeholders[name] for name in context[_ASIDE]})


def _write(params: _Params, context: _Params, **_: object) -> None:
    # What botocore adds itself stays: the token that makes an attempt after a failure harmless.
    whole = {**json.loads(params["body"]), **context[_ASIDE]}
    params["body"] = json.dumps(whole, default=_base64).encode()


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
