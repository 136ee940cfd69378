"""Runs the emulator with habits of AWS that it lacks; the Python of its own environment runs this.

CloudFormation refuses to make a table or a secret whose name exists, where the emulator puts a new
one in its place, and takes secrets over by an import.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

_FORMATION = "ministack.services.cloudformation"


def _add_habits() -> None:
    handlers: dict[str, dict[str, Any]] = import_module(
        f"{_FORMATION}.provisioners"
    )._RESOURCE_HANDLERS
    lookups: dict[str, Any] = import_module(f"{_FORMATION}.changesets")._IMPORT_LOOKUPS
    tables: Any = import_module("ministack.services.dynamodb")
    secrets: Any = import_module("ministack.services.secretsmanager")

    def secret_named(arn: str) -> str | None:
        return next((name for name, one in secrets._secrets.items() if one["ARN"] == arn), None)

    def import_secret(identifier: dict[str, str]) -> tuple[str | None, dict[str, str]]:
        arn = identifier["Id"]
        return secret_named(arn), {"Id": arn, "Arn": arn}

    def import_problem(arn: str) -> str | None:
        return None if secret_named(arn) else f"the secret {arn} was not found"

    kind = "AWS::SecretsManager::Secret"
    handlers[kind]["import"] = import_secret
    lookups[kind] = (("Id",), import_problem)
    _refuse_names_that_exist(handlers[kind], "Name", lambda name: name in secrets._secrets)
    table = handlers["AWS::DynamoDB::Table"]
    _refuse_names_that_exist(table, "TableName", lambda name: name in tables._tables)


def _refuse_names_that_exist(
    handler: dict[str, Any], named_by: str, exists: Callable[[str], bool]
) -> None:
    create = handler["create"]

    def checked(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
        if (name := properties.get(named_by)) and exists(name):
            raise ValueError(f"{name} already exists")
        return create(logical_id, properties, stack)

    handler["create"] = checked


if __name__ == "__main__":
    _add_habits()
    sys.exit(import_module("ministack.app").main())
