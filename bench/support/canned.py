"""AWS and API Gateway without either: canned responses, and the events of a POST and a GET."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.handlers import BUILTIN_HANDLERS


class Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._content


def _respond(request: Any, **_: Any) -> AWSResponse:
    secret = {"SecretString": json.dumps({"key": "k" * 64, "people": "70" * 32})}
    content = json.dumps(secret if "secretsmanager" in request.url else {}).encode()
    headers: Any = {"Content-Type": "application/x-amz-json-1.0"}
    return AWSResponse(request.url, 200, headers, Body(content))


def aws() -> None:
    """Respond to every client of a session made from now on, after it serialised and signed its request."""
    BUILTIN_HANDLERS.append(("before-send.*.*", _respond))
    boto3.setup_default_session()


def post(resource: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Return what API Gateway hands to the function when a script posts a declaration."""
    return {
        "resource": resource,
        "headers": {"Content-Type": "application/json", "Accept": "*/*"},
        "multiValueHeaders": {},
        "multiValueQueryStringParameters": None,
        "pathParameters": {"form": "eoi"},
        "stageVariables": None,
        "isBase64Encoded": False,
        "body": json.dumps(fields),
        "requestContext": {
            "httpMethod": "POST",
            "resourcePath": resource,
            "identity": {"sourceIp": "192.0.2.1"},
        },
    }


def get(resource: str, query: dict[str, list[str]]) -> dict[str, Any]:
    """Return what API Gateway hands to the function when a script gets a page."""
    return {
        "resource": resource,
        "headers": {"Accept": "application/json"},
        "multiValueHeaders": {},
        "multiValueQueryStringParameters": query,
        "pathParameters": {},
        "stageVariables": None,
        "isBase64Encoded": False,
        "body": None,
        "requestContext": {
            "httpMethod": "GET",
            "resourcePath": resource,
            "identity": {"sourceIp": "192.0.2.1"},
        },
    }
