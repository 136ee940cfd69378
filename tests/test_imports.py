"""What a cold start does not pay for: a script's form loads only what it needs."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import samples
from conftest import ENVIRONMENT

ROOT = Path(__file__).resolve().parent.parent

POST = """
import json, os, sys
import boto3
from botocore.awsrequest import AWSResponse

class Raw:
    def __init__(self, body):
        self.body = body

    def stream(self, **_):
        yield self.body

def answer(request, **_):
    secret = json.dumps({"SecretString": json.dumps({"key": "k" * 64})})
    body = secret if "secretsmanager" in request.url else "{}"
    return AWSResponse(request.url, 200, {}, Raw(body.encode()))

boto3.setup_default_session()
boto3.DEFAULT_SESSION.events.register("before-send.*.*", answer)
made = []
create = boto3.client
boto3.client = lambda service, **named: made.append(service) or create(service, **named)

from app import app

answer = app(json.loads(os.environ["POSTED"]), None)
print(json.dumps({"status": answer["statusCode"], "clients": made, "modules": list(sys.modules)}))
"""


def posted(path: str, fields: dict[str, Any]) -> dict[str, Any]:
    """A fresh interpreter's account of its first post: the answer, modules and clients."""
    event = {
        "resource": "/forms/{form}",
        "headers": {"Content-Type": "application/json"},
        "multiValueHeaders": {},
        "multiValueQueryStringParameters": None,
        "pathParameters": {"form": path},
        "stageVariables": None,
        "isBase64Encoded": False,
        "body": json.dumps(fields),
        "requestContext": {
            "httpMethod": "POST",
            "resourcePath": "/forms/{form}",
            "identity": {"sourceIp": "192.0.2.1"},
        },
    }
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        **ENVIRONMENT,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "ca-central-1",
        "POSTED": json.dumps(event),
    }
    done = subprocess.run(
        [sys.executable, "-c", POST],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("form", "fields", "status"),
    [
        ("eoi", samples.eoi(), 201),
        ("eoi", samples.eoi(contact_email="nobody"), 422),
        ("assessment", samples.assessment(), 201),
    ],
    ids=["stored", "refused", "scored"],
)
def test_a_scripts_post_loads_no_page_no_letter_and_no_mail(
    form: str, fields: dict[str, Any], status: int
) -> None:
    found = posted(form, fields)
    assert found["status"] == status
    assert found["clients"] == ["dynamodb", "secretsmanager"]
    needless = {
        "jinja2",
        "multipart",
        "chalicelib.aws.ses",
        "chalicelib.described",
        "chalicelib.desk",
        "chalicelib.letters",
        "chalicelib.openapi",
        "chalicelib.pages",
        "chalicelib.post",
        "chalicelib.render",
        "chalicelib.review",
        "chalicelib.staff",
    }
    assert needless.isdisjoint(found["modules"])
