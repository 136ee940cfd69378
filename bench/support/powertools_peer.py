"""The form of `bare` in AWS Lambda Powertools; run in the environment of the benches."""

from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from pydantic import BaseModel

rest = APIGatewayRestResolver(enable_validation=True)

ITEMS: list[Any] = [{"Put": {"TableName": "Records", "Item": {"pk": {"S": "x"}}}}]


class Form(BaseModel):
    contact_first_name: str
    contact_email: str


@cache
def client() -> Any:
    return boto3.client("dynamodb")


@rest.post("/forms/eoi")  # type: ignore[untyped-decorator]
def submit(form: Form) -> dict[str, bool]:
    client().transact_write_items(TransactItems=ITEMS)
    return {"ok": True}


def app(event: dict[str, Any], context: Any) -> Any:
    return rest.resolve(event, context)
