"""What a cold start does not pay for: a script's form loads only what it needs."""

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import samples
from bench.support import canned
from environment import ENVIRONMENT

ROOT = Path(__file__).resolve().parent.parent

POST = """
import json, os, sys
import boto3
from bench.support import canned

canned.aws()
made = []
create = boto3.Session.client
boto3.Session.client = lambda self, service, **named: (
    made.append(service) or create(self, service, **named)
)

from app import app

answer = app(json.loads(os.environ["POSTED"]), None)
print(json.dumps({"status": answer["statusCode"], "clients": made, "modules": list(sys.modules)}))
"""


DESK_TABLES = {"chalicelib.views.desk", "chalicelib.views.desk.routes"}
"""What stands in the way of every request: which addresses the desk has, and nothing of its views."""


def posted(form: str, fields: dict[str, Any], accept: str = "*/*") -> dict[str, Any]:
    """A fresh interpreter's account of its first post: the answer, modules and clients."""
    event = {**canned.post("/forms/{form}", fields), "pathParameters": {"form": form}}
    event["headers"] = {**event["headers"], "Accept": accept}
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
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize(
    ("form", "fields", "status"),
    [
        ("eoi", samples.eoi(), 201),
        ("eoi", samples.eoi(consent_newsletter=True), 201),
        ("eoi", samples.eoi(contact_email="nobody"), 422),
        ("assessment", samples.assessment(), 201),
    ],
    ids=["stored", "ticked", "refused", "scored"],
)
def test_a_scripts_post_loads_no_page_no_letter_and_no_mail(
    form: str, fields: dict[str, Any], status: int
) -> None:
    found = posted(form, fields)
    assert found["status"] == status
    assert sorted(found["clients"]) == ["dynamodb", "secretsmanager"]
    needless = {
        "jinja2",
        "multipart",
        "puremagic",
        "chalicelib.aws.documents",
        "chalicelib.forms.attachments.attachments",
        "chalicelib.forms.attachments.inspection",
        "chalicelib.content.shapes",
        "chalicelib.aws.ses",
        "chalicelib.cases.decisions",
        "chalicelib.forms.description",
        "chalicelib.mail.writers.case",
        "chalicelib.cases.applicant",
        "chalicelib.mail.letters",
        "chalicelib.cases.matching",
        "chalicelib.newsletter.letters.subscriber",
        "chalicelib.views.newsletter",
        "chalicelib.newsletter.subscribers.imports",
        "chalicelib.views.openapi",
        "chalicelib.views.file",
        "chalicelib.web.rendering",
        "chalicelib.web.form_errors",
        "chalicelib.mail.outbox",
        "chalicelib.core.templates",
        "chalicelib.cases.review.reviews",
        "chalicelib.views.review",
    }
    assert [name for name in needless if find_spec(name) is None] == [], "renamed, or gone"
    assert needless.isdisjoint(found["modules"])
    assert of_the_desk(found) == DESK_TABLES


@pytest.mark.parametrize(
    ("form", "fields", "status"),
    [
        ("application", samples.application(), 303),
        ("eoi", samples.eoi(contact_email="nobody"), 422),
    ],
    ids=["stored", "refused"],
)
def test_a_form_that_is_answered_by_a_page_loads_nothing_of_the_desk(
    form: str, fields: dict[str, Any], status: int
) -> None:
    found = posted(form, fields, "text/html")
    assert found["status"] == status
    assert of_the_desk(found) == DESK_TABLES


def of_the_desk(found: dict[str, Any]) -> set[str]:
    """Return the modules of the desk among those that a process loaded."""
    return {name for name in found["modules"] if re.match(r"chalicelib\..*desk", name)}


def test_what_ses_reports_is_settled_without_a_page_or_a_letter() -> None:
    code = (
        "import sys; sys.path[:0] = ['.', 'tests', 'tests/support']\n"
        "from environment import ENVIRONMENT; from conftest import Keys, MemoryStore, Services, SetClock, read\n"
        "keys = Keys(links=('a' * 64,), people=b'p' * 32)\n"
        "Services(read(ENVIRONMENT), MemoryStore(), keys, None, SetClock()).feedback\n"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    needless = {"jinja2", "chalicelib.mail.writers.case", "chalicelib.aws.ses"}
    assert [name for name in needless if find_spec(name) is None] == [], "renamed, or gone"
    assert needless.isdisjoint(done.stdout.split())
