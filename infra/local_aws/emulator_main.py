"""Runs the emulator with habits of AWS that it lacks; the Python of its own environment runs this.

CloudFormation refuses to make a table or a secret whose name exists, where the emulator puts a new
one in its place, and takes secrets over by an import. A queue hands on no message that is the
seventeenth of a chain of a function's own, where the emulator counts calls of functions alone.
"""

import sys
from collections.abc import Callable
from contextvars import ContextVar
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


def _end_chains() -> None:
    """Have messages carry how many invocations led to them, and drop those that are one too many.

    AWS lets a function go on that is allowed to (`RecursiveLoop`); here none is, so that what keeps
    an issue going is a bound of our own.
    """
    queues: Any = import_module("ministack.services.sqs")
    functions: Any = import_module("ministack.services.lambda_svc")
    links: ContextVar[int] = ContextVar("links", default=0)
    respond, put, run = queues.handle_request, queues._act_send_message, functions._run_sqs_batch

    async def responded(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Any:
        links.set(functions._inbound_invoke_depth(headers))
        return await respond(method, path, headers, body, query)

    def kept(data: dict[str, Any], url: str) -> Any:
        done = put(data, url)
        for message in queues._get_q(data.get("QueueUrl", url))["messages"][::-1]:
            if message["id"] == done["MessageId"]:
                message["links"] = links.get()
                break
        return done

    def ran(mapping: Any, function: Any, event: Any, batch: Any, url: str, name: str) -> None:
        link = 1 + max(message.get("links", 0) for message in batch)
        if link > functions.MAX_INVOKE_DEPTH:
            functions.logger.warning("dropped: link %d of a chain of %s", link, name)
            queues._delete_messages_for_esm(url, {one["receipt_handle"] for one in batch})
            return
        before = functions._invoke_depth.set(link)
        try:
            run(mapping, function, event, batch, url, name)
        finally:
            functions._invoke_depth.reset(before)

    queues.handle_request = responded
    queues._act_send_message = queues._HANDLERS["SendMessage"] = kept
    functions._run_sqs_batch = ran


if __name__ == "__main__":
    _add_habits()
    _end_chains()
    sys.exit(import_module("ministack.app").main())
