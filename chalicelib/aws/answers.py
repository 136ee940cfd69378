"""Answers of AWS read as the JSON that they are, by one call of the decoder.

Botocore's parser walks through every value to make the same of it: a third of the CPU that
sending takes. The event used here is botocore's own (`before-parse`); errors stay with its parser,
and so does what holds bytes, which JSON has as text.
"""

import json
from typing import Any, Final

READS: Final = (
    "dynamodb.GetItem",
    "dynamodb.BatchGetItem",
    "dynamodb.Query",
    "dynamodb.UpdateItem",
)
"""What a store reads by: texts, numbers as text, sets and truths, and nothing that botocore makes
another type of, but for bytes."""

_BYTES: Final = (b'"B"', b'"BS"')


def read_as_given(client: Any, *operations: str) -> None:
    """Let the answers of a client to these operations through as they are given."""
    for operation in operations:
        client.meta.events.register(f"before-parse.{operation}", _read, unique_id=operation)


def _read(
    response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object
) -> None:
    body = response_dict["body"]
    if response_dict["status_code"] >= 300 or any(mark in body for mark in _BYTES):
        return
    try:
        answer = json.loads(body)
    except ValueError:
        return  # Botocore's parser says what is wrong with it.
    if isinstance(answer, dict):
        customized_response_dict.update(answer)
        response_dict["body"] = b"{}"
