"""The versions of the API's function that nothing leads to: each keeps its snapshot, by the month."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from infra.cloud_stack import Say


def drop_old_versions(client: Any, stage: str, say: Say) -> None:
    """Delete the versions that no alias names: CloudFormation keeps them for ever.

    Raises nothing: the deploy stands, with them too.
    """
    function = f"relais-{stage}-api"
    try:
        for version in _old_versions(client, function):
            client.delete_function(FunctionName=function, Qualifier=version)
            say(f"deleted version {version} of {function}, which nothing led to")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            say(f"old versions of {function} stay, and cost: {error}")


def _old_versions(client: Any, function: str) -> Iterator[str]:
    named = {"$LATEST"}
    for page in client.get_paginator("list_aliases").paginate(FunctionName=function):
        for alias in page["Aliases"]:
            named.add(alias["FunctionVersion"])
            named.update(alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {}))
    pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=function)
    found = {one["Version"] for page in pages for one in page["Versions"]}
    yield from sorted(found - named, key=int)
