"""The form of `bare` in FastAPI behind Mangum; run in the environment of the benches."""

from functools import cache
from typing import Any

import boto3
from fastapi import FastAPI
from mangum import Mangum
from pydantic import BaseModel

site = FastAPI()

ITEMS: list[Any] = [{"Put": {"TableName": "Records", "Item": {"pk": {"S": "x"}}}}]


class Form(BaseModel):
    contact_first_name: str
    contact_email: str


@cache
def client() -> Any:
    return boto3.client("dynamodb")


@site.post("/forms/eoi")  # type: ignore[untyped-decorator]
def submit(form: Form) -> dict[str, bool]:
    client().transact_write_items(TransactItems=ITEMS)
    return {"ok": True}


app = Mangum(site, lifespan="off")
