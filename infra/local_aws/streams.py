"""The tables' streams of the local AWS, which begin anew with each run."""

from typing import Any

import boto3

from infra.stage_file import REGION


def renew_stream_mappings(endpoint: str) -> None:
    """Replace each mapping of a table's stream to a function by an equal one that has read nothing.

    Over a kept state the emulator knows how far a mapping had read, but has lost the records of
    the stream. Such a mapping passes over as many new records as it had read before, and says
    nothing. Whenever this is interrupted, each function keeps a mapping, and the next run leaves
    only the newest.
    """
    functions: Any = boto3.client("lambda", region_name=REGION, endpoint_url=endpoint)
    pages = functions.get_paginator("list_event_source_mappings").paginate()
    mappings = [m for page in pages for m in page["EventSourceMappings"] if _table_of(m)]
    # CloudFormation makes a new one where the template changed: that one counts.
    newest = {
        (mapping["FunctionArn"], _table_of(mapping)): mapping
        for mapping in sorted(mappings, key=lambda m: m["LastModified"])
    }
    for mapping in newest.values():
        _copy(functions, mapping, _stream_of(endpoint, _table_of(mapping)))
    for mapping in mappings:
        functions.delete_event_source_mapping(UUID=mapping["UUID"])


def _table_of(mapping: dict[str, Any]) -> str:
    """Return the table whose stream is mapped; empty for a queue."""
    table, _, stream = mapping["EventSourceArn"].partition("/stream/")
    return str(table).rpartition("/")[2] if stream else ""


def _stream_of(endpoint: str, table: str) -> str:
    """Return the ARN of the table's present stream: a changed table may have a new one."""
    tables = boto3.client("dynamodb", region_name=REGION, endpoint_url=endpoint)
    return tables.describe_table(TableName=table)["Table"]["LatestStreamArn"]


def _copy(functions: Any, mapping: dict[str, Any], stream: str) -> None:
    operation = functions.meta.service_model.operation_model("CreateEventSourceMapping")
    settings = {name: mapping[name] for name in operation.input_shape.members if name in mapping}
    functions.create_event_source_mapping(
        **settings | {"EventSourceArn": stream, "StartingPosition": "TRIM_HORIZON"},
        FunctionName=mapping["FunctionArn"],
    )
