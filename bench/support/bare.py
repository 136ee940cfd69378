"""The least that Chalice, boto3 and pydantic can do with a form: what Relais is measured by."""

from functools import cache
from typing import Any

import boto3
from chalice.app import Chalice
from pydantic import BaseModel

app = Chalice("bare")

ITEMS: list[Any] = [{"Put": {"TableName": "Records", "Item": {"pk": {"S": "x"}}}}]
"""Written by each post."""


class Form(BaseModel):
    contact_first_name: str
    contact_email: str


@cache
def client() -> Any:
    return boto3.client("dynamodb")


@app.route("/forms/eoi", methods=["POST"])
def submit() -> dict[str, bool]:
    assert app.current_request is not None
    Form.model_validate(app.current_request.json_body)
    client().transact_write_items(TransactItems=ITEMS)
    return {"ok": True}
