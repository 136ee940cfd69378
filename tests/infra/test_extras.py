"""What a stage may have besides by its settings, and who may deploy and operate it."""

import json
import re
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st

from infra.extras import own_address, wrong_extras
from infra.operator.checks.functions import unheard_access_log
from infra.package import ROOT
from infra.rights import (
    MOST_CHARACTERS,
    POLICIES,
    READER,
    deployer_policies,
    reader_policy,
)
from operator_cli import actions_of, may_write

TEMPLATE: dict[str, Any] = json.loads((ROOT / "infra" / "resources.json").read_text("utf-8"))
RESOURCES = TEMPLATE["Resources"]
ON_BY = {
    "HasDomain": {"Domain", "DomainMapping"},
    "MakesCertificate": {"DomainCertificate"},
    "InOurZone": {"DomainRecord"},
    "HasFirewall": {"Firewall", "FirewallOfTheApi"},
    "LogsAccess": {"AccessLog"},
}


def test_what_costs_besides_is_off_until_somebody_sets_it() -> None:
    for condition, names in ON_BY.items():
        assert {n for n, r in RESOURCES.items() if r.get("Condition") == condition} == names
    off = {"DomainName": "", "HostedZone": "", "Certificate": "", "RequestsPerAddress": 0,
           "AccessLogs": "off", "SnapStart": "off"}  # fmt: skip
    assert {name: TEMPLATE["Parameters"][name]["Default"] for name in off} == off


DOMAIN = "forms.example.org"


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ({}, []),
        ({"DomainName": DOMAIN, "HostedZone": "Z1"}, []),
        ({"DomainName": DOMAIN, "Certificate": "arn:aws:acm:x"}, []),
        ({"DomainName": DOMAIN}, ["DomainName needs HostedZone"]),
        ({"HostedZone": "Z1"}, ["HostedZone is for a DomainName"]),
        ({"Certificate": "arn:aws:acm:x"}, ["Certificate is for a DomainName"]),
        (
            {"DomainName": DOMAIN, "HostedZone": "Z1", "PublicUrl": "https://b.example.org"},
            [f"PublicUrl is not https://{DOMAIN}"],
        ),
        ({"RequestsPerAddress": "9"}, ["RequestsPerAddress must be 0, or from 10"]),
        ({"RequestsPerAddress": "many"}, ["RequestsPerAddress must be 0, or from 10"]),
        ({"RequestsPerAddress": "10"}, []),
    ],
)
def test_half_a_domain_is_refused_before_anything_is_made(
    settings: dict[str, str], wrong: list[str]
) -> None:
    found = list(wrong_extras(settings))
    assert len(found) == len(wrong)
    assert all(text.startswith(start) for text, start in zip(found, wrong, strict=True))


@tried(max_examples=30)
@given(st.from_regex(r"([a-z0-9-]{1,8}\\.){1,3}[a-z]{2,4}", fullmatch=True))
def test_letters_lead_to_the_domain_that_a_stage_has(domain: str) -> None:
    assert own_address({"DomainName": domain}) == f"https://{domain}"
    assert own_address({"DomainName": domain, "PublicUrl": "https://x.org"}) == "https://x.org"
    assert own_address({"PublicUrl": ""}) == ""


def test_a_log_of_requests_names_no_link_and_nobody() -> None:
    _, on, off = RESOURCES["RestAPI"]["Properties"]["AccessLogSetting"]["Fn::If"]
    assert off == {"Ref": "AWS::NoValue"}
    for secret in ("$context.path", "identity", "requestOverride", "authorizer", "domainName"):
        assert secret not in on["Format"]
    assert "$context.resourcePath" in on["Format"]
    assert RESOURCES["AccessLog"]["Properties"]["RetentionInDays"] == 30


def test_the_firewall_answers_as_we_do_and_keeps_no_sample_of_what_it_saw() -> None:
    firewall = RESOURCES["Firewall"]["Properties"]
    (rule,) = firewall["Rules"]
    answer = rule["Action"]["Block"]["CustomResponse"]
    body = json.loads(firewall["CustomResponseBodies"][answer["CustomResponseBodyKey"]]["Content"])
    assert answer["ResponseCode"] == body["status"] == 429
    assert {"Name": "Retry-After", "Value": "300"} in answer["ResponseHeaders"]
    assert {"Name": "Access-Control-Allow-Origin", "Value": "*"} in answer["ResponseHeaders"]
    assert all(" / " in body[key] for key in ("title", "detail"))
    for seen in (rule["VisibilityConfig"], firewall["VisibilityConfig"]):
        assert seen["SampledRequestsEnabled"] is False, "a sample holds the path, and so a link"


def test_a_log_that_api_gateway_may_not_write_is_spoken_of_before_a_deploy() -> None:
    class Gateway:
        stage = "test"
        role = ""

        def client(self, service: str) -> Any:
            assert service == "apigateway"
            return self

        def get_account(self) -> dict[str, str]:
            return {"cloudwatchRoleArn": self.role} if self.role else {}

    gateway = Gateway()
    operator: Any = gateway
    assert unheard_access_log(operator, {"AccessLogs": "off"}) is None
    assert "CloudWatch log role" in (unheard_access_log(operator, {"AccessLogs": "on"}) or "")
    gateway.role = "arn:aws:iam::1:role/logs"
    assert unheard_access_log(operator, {"AccessLogs": "on"}) is None


def test_the_rights_of_who_deploys_are_written_and_small_enough_for_aws() -> None:
    written = sorted(POLICIES.glob("deployer-*.json"))
    texts = [path.read_text("utf-8") for path in written]
    assert texts == deployer_policies(), "python -m infra.rights"
    assert (POLICIES / READER).read_text("utf-8") == reader_policy(), "python -m infra.rights"
    for path in (*written, POLICIES / READER, POLICIES / "operator.json"):
        policy = json.loads(path.read_text("utf-8"))
        assert len(json.dumps(policy, separators=(",", ":"))) <= MOST_CHARACTERS
        for statement in policy["Statement"]:
            assert not any("*" in action for action in statement["Action"])


CALLS_OF_A_DEPLOY = {
    "infra/cloud_stack.py": ("cloudformation", r"_cloud\.(\w+)\("),
    "infra/deployments.py": ("s3", r"s3\.(\w+)\("),
    "infra/uploads.py": ("s3", r"s3\.(\w+)\("),
    "infra/old_versions.py": ("lambda", r"client\.(\w+)\("),
    "infra/people_key.py": ("secretsmanager", r"client\.(\w+)\("),
}
"""A module of the deploy → the service that it calls, and how its calls are written."""


@pytest.mark.parametrize("module", CALLS_OF_A_DEPLOY)
def test_who_deploys_may_do_all_that_a_deploy_calls(module: str) -> None:
    service, written = CALLS_OF_A_DEPLOY[module]
    client: Any = boto3.client(service, region_name="ca-central-1")  # type: ignore[call-overload]
    text = (ROOT / module).read_text("utf-8")
    called = {*re.findall(written, text), *re.findall(r'get_paginator\("(\w+)"', text)}
    names = client.meta.method_to_api_mapping
    rights = [
        actions_of(service, names[one], {}) for one in called - {"get_paginator", "get_waiter"}
    ]
    may: set[str] = set()
    for policy in deployer_policies():
        may.update(*(statement["Action"] for statement in json.loads(policy)["Statement"]))
    assert len(rights) >= 1
    assert set().union(*rights) <= may


def test_what_cloudformation_takes_over_or_compares_it_may_read_whole() -> None:
    """It reads each thing by all calls of its kind, also for what the template does not set."""
    read = {
        "dynamodb": "DescribeContinuousBackups DescribeContributorInsights DescribeTable "
        "DescribeKinesisStreamingDestination GetResourcePolicy ListTagsOfResource",
        "s3": "GetAccelerateConfiguration GetAnalyticsConfiguration GetBucketCORS GetBucketLogging "
        "GetBucketNotification GetBucketObjectLockConfiguration GetBucketOwnershipControls "
        "GetBucketPublicAccessBlock GetBucketTagging GetBucketVersioning GetBucketWebsite "
        "GetEncryptionConfiguration GetIntelligentTieringConfiguration GetInventoryConfiguration "
        "GetLifecycleConfiguration GetMetricsConfiguration GetReplicationConfiguration ListBucket",
        "logs": "DescribeLogGroups GetDataProtectionPolicy ListTagsForResource",
        "ses": "DescribeConfigurationSet GetConfigurationSet GetConfigurationSetEventDestinations",
    }
    asked = {f"{service}:{name}" for service, names in read.items() for name in names.split()}
    for policies in (deployer_policies(), [reader_policy()]):
        statements = [one for text in policies for one in json.loads(text)["Statement"]]
        assert asked <= {action for one in statements for action in one["Action"]}


def test_who_deploys_may_have_made_what_the_first_domain_of_an_account_needs() -> None:
    statements = [one for text in deployer_policies() for one in json.loads(text)["Statement"]]
    (linked,) = [one for one in statements if "iam:CreateServiceLinkedRole" in one["Action"]]
    assert linked["Resource"] == [
        "arn:aws:iam::*:role/aws-service-role/ops.apigateway.amazonaws.com/*"
    ]


STAGES_OF_A_NAME = st.from_regex(r"[a-z][a-z0-9-]{1,15}", fullmatch=True) | st.sampled_from(
    ["a-attachments-a", "a-images", "x-exports-1", "prod"]
)


@tried(max_examples=30)
@given(STAGES_OF_A_NAME, st.sampled_from(["packages", "anchors"]))
def test_who_operates_a_stage_writes_no_package_no_deploy_and_no_anchor(
    stage: str, bucket: str
) -> None:
    for key in ("sam.json", "deployments/2026.json", "a.zip"):
        assert not may_write(f"relais-{stage}-{bucket}-123456789012/{key}")
    assert may_write(f"relais-{stage}-attachments-123456789012/{key}")


def test_who_operates_a_stage_may_change_no_function_and_no_right() -> None:
    reads = json.loads(reader_policy())["Statement"]
    for action in (name for one in reads for name in one["Action"]):
        assert re.search(r":(Describe|Get|List|GET)", action)
        assert "Secret" not in action or action == "secretsmanager:DescribeSecret"
    text = (POLICIES / "operator.json").read_text("utf-8")
    assert not re.search(r'"iam:(?!Get)', text)
    for right in ("lambda:Update", "lambda:Create", "kms:"):
        assert right not in text
    # What may be deleted has a moment behind the names of the stage's own tables.
    deleting = [one for one in json.loads(text)["Statement"] if "DeleteTable" in str(one["Action"])]
    for resource in (name for one in deleting for name in one["Resource"]):
        assert re.search(r":table/relais-\*-(records|subscribers)-\*$", resource)
