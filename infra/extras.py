"""What a stage may have besides, by its settings: a domain of ours, a snapshot of the API."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

API: Final = "APIHandler"

ALIAS: Final = "live"
"""The name of the version of the API's function that is woken from its snapshot."""

_ALIASED: Final = f"{API}Alias{ALIAS}"
"""What SAM calls the alias among the resources; its reference is an ARN."""


def wrong_extras(given: Mapping[str, str]) -> Iterator[str]:
    """Say what is missing for a domain, or makes no sense without one."""
    domain = given.get("DomainName", "")
    by_whom = [name for name in ("HostedZone", "Certificate") if given.get(name)]
    if domain and not by_whom:
        # Without either, CloudFormation waits for days, and says nothing, for a record in the DNS.
        yield (
            "DomainName needs HostedZone, the id of its zone in Route 53, or Certificate, the ARN "
            "of a certificate of ACM in the same region"
        )
    for name in by_whom:
        if not domain:
            yield f"{name} is for a DomainName, which is not set"
    if domain and given.get("PublicUrl") not in ("", None, address_of(domain)):
        yield f"PublicUrl is not {address_of(domain)}: leave it empty, DomainName says it"
    limit = given.get("RequestsPerAddress", "0")
    if limit != "0" and not (limit.isdecimal() and 10 <= int(limit) <= 2_000_000):
        yield f"RequestsPerAddress must be 0, or from 10 to 2,000,000, not {limit!r}"


def address_of(domain: str) -> str:
    """Return the address of the API at a domain of ours."""
    return f"https://{domain}"


def own_address(settings: Mapping[str, str]) -> str:
    """Return the address of the API that a stage's settings give it; empty for AWS's own."""
    domain = settings.get("DomainName", "")
    return settings.get("PublicUrl") or (address_of(domain) if domain else "")


def wake_from_snapshot(body: dict[str, Any], parameters: Mapping[str, str]) -> None:
    """Have Lambda keep a snapshot of the API's function and wake it from there, in a packaged
    template.

    Only a version has a snapshot, and a version keeps its settings: it is made anew with each
    change of code or settings, and the API calls the alias that leads to it.
    """
    resources = body["Resources"]
    properties = resources[API]["Properties"]
    made_of = json.dumps([properties["CodeUri"], sorted(parameters.items())])
    properties |= {
        "SnapStart": {"ApplyOn": "PublishedVersions"},
        "AutoPublishAlias": ALIAS,
        "AutoPublishCodeSha256": hashlib.sha256(made_of.encode()).hexdigest(),
    }
    api = resources["RestAPI"]["Properties"]
    paths = json.dumps(api["DefinitionBody"]["paths"], ensure_ascii=False)
    calls = paths.replace(f"${{{API}.Arn}}/invocations", f"${{{_ALIASED}}}/invocations")
    api["DefinitionBody"]["paths"] = json.loads(calls)
    resources[f"{API}InvokePermission"]["Properties"]["FunctionName"] = {"Ref": _ALIASED}
