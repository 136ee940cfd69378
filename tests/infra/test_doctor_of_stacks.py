"""`relais doctor` says by name what a stack lacks, and no check stops another."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError
from chalice.app import CloudWatchEvent

from chalicelib.core.ports import Delete
from chalicelib.core.settings import Settings
from fakes import SetClock
from infra.operator.anchoring import anchor_a_new_stage
from infra.operator.before_deploy import in_the_way
from infra.operator.checks.answers import look
from infra.operator.checks.functions import (
    LATELY,
    WAITS_AT_MOST,
)
from infra.operator.checks.letters import (
    LATE_PERCENT,
)
from infra.operator.checks.mail_account import REVIEWED_SHARE
from infra.operator.checks.standing import STANDING, missing_resources
from infra.operator.checks.waking import WAKING, sleeping_functions
from infra.operator.doctor import CHECKS
from infra.operator.errors import OperatorError
from infra.operator.session import Session
from infra.operator.stage import Operator
from infra.package import ROOT
from infra.rights import FOR_TYPE
from infra.stage_file import StageFile
from operator_cli import relais
from watched import (
    DOCTORS_CANARIES,
    WELL,
    Watched,
    answers,
    found_in,
    measures,
    says,
    secret_is,
    watched,
)
from well_answers import IDENTITY, LONG_AGO, STACK, Answering, Said, alarms, well


@pytest.fixture
def operator(aws: None, settings: Settings, clock: SetClock) -> Iterator[Watched]:
    with watched(settings, clock) as found:
        yield found


SEEN_BY_DRIFT_ALONE = {
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Version",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
}
SEEN_BY_ANOTHER_CHECK = {
    kind
    for kind in FOR_TYPE
    # silent_api asks for a page as a visitor does; lost_secrets looks into the secrets.
    if kind.split("::")[1] in ("ApiGateway", "CertificateManager", "Route53", "WAFv2")
} | {"AWS::SecretsManager::Secret"}


def test_every_kind_of_thing_that_the_stack_is_made_of_is_looked_at() -> None:
    kinds = [*WAKING, *STANDING, *SEEN_BY_DRIFT_ALONE, *SEEN_BY_ANOTHER_CHECK]
    assert sorted(kinds) == sorted(FOR_TYPE)


def test_who_may_not_ask_aws_learns_nothing_and_nothing_fails(operator: Watched) -> None:
    answers("sesv2.get_account", SendingEnabled=False)(operator)
    operator.denied = {*operator.says} - {"sts.get_caller_identity"}
    said = relais(operator, "doctor")
    assert re.fullmatch(r"Well: 13 checks; 20 not looked at: no right to \S+(, \S+)*", said)
    assert "sesv2.get_account, " in said
    operator.denied = {"iam.get_role"}
    operator.says = well(operator.now())
    assert (
        relais(operator, "doctor")
        == f"Well: {len(CHECKS) - 1} checks; 1 not looked at: no right to iam.get_role"
    )
    says("s3.head_bucket", "404")(operator)
    assert "the bucket thing is missing" in found_in(operator)["missing_resources"]


GONE: dict[str, Said | str] = {
    "cloudwatch.get_dashboard": "ResourceNotFound",
    "dynamodb.describe_table": "ResourceNotFoundException",
    "events.describe_rule": "ResourceNotFoundException",
    "guardduty.get_malware_protection_plan": "ResourceNotFoundException",
    "iam.get_role": "NoSuchEntity",
    "lambda.get_event_source_mapping": "ResourceNotFoundException",
    "lambda.get_function_configuration": "ResourceNotFoundException",
    "lambda.get_policy": "ResourceNotFoundException",
    "logs.describe_log_groups": {"logGroups": []},
    "logs.describe_metric_filters": {"metricFilters": []},
    "s3.get_bucket_policy": "NoSuchBucketPolicy",
    "s3.head_bucket": "404",
    "sesv2.get_configuration_set": "NotFoundException",
    "sesv2.get_configuration_set_event_destinations": "NotFoundException",
    "sns.get_subscription_attributes": "NotFound",
    "sns.get_topic_attributes": "NotFound",
    "sqs.get_queue_attributes": "AWS.SimpleQueueService.NonExistentQueue",
}
"""For each kind of thing of a stack, what says that it is gone."""


def test_whatever_the_stack_made_is_missed_by_name_once_it_is_gone(operator: Watched) -> None:
    for call, said in GONE.items():
        operator.says = well(operator.now())
        says(call, said)(operator)
        found = [
            text for check in (sleeping_functions, missing_resources) if (text := check(operator))
        ]
        assert len(found) == 1, call
        assert re.match(
            r"the [a-z ]+ \S+.* (is|are) missing: `relais deploy test --repair`", found[0]
        )
    operator.says = well(operator.now())
    says("dynamodb.describe_table", "ResourceNotFoundException")(operator)
    assert "Backup and return" in found_in(operator)["missing_resources"]


def test_what_the_doctor_takes_for_long_is_what_rings_an_alarm() -> None:
    template = json.loads((ROOT / "infra" / "resources.json").read_text("utf-8"))["Resources"]

    def threshold(alarm: str) -> float:
        return float(template[f"{alarm}Alarm"]["Properties"]["Threshold"])

    assert threshold("ReportsLag") == WAITS_AT_MOST["mail-events"][0].total_seconds()
    assert threshold("IssuesLag") == WAITS_AT_MOST["issues"][0].total_seconds()
    jobs = template["JobsMissingAlarm"]["Properties"]
    assert jobs["Period"] * jobs["EvaluationPeriods"] == LATELY.total_seconds()
    assert [threshold("BounceRate"), threshold("ComplaintRate")] == [*REVIEWED_SHARE.values()]
    assert threshold("LateLetters") == LATE_PERCENT


def test_a_stack_names_each_of_its_faults(operator: Watched) -> None:
    answers("events.describe_rule", State="DISABLED")(operator)
    says("lambda.get_event_source_mapping", "ResourceNotFoundException")(operator)
    answers("sqs.get_queue_attributes", Attributes={"ApproximateNumberOfMessages": "3"})(operator)
    answers("dynamodb.describe_table", Table={})(operator)
    measures(BounceRate=0.2, ComplaintRate=0.2)(operator)
    found = found_in(operator)
    assert list(found) == [
        "sleeping_functions",
        "full_queues",
        "unprotected_tables",
        "bad_reputation",
    ]
    for check, both in {
        "sleeping_functions": ("is missing: `relais deploy", "is off: `aws events enable-rule"),
        "full_queues": ("3 records of the stream", "3 parts of an issue", "3 reports of SES"),
        "unprotected_tables": ("relais-test-records has no", "relais-test-subscribers has no"),
        "bad_reputation": ("bounces", "is complained of"),
    }.items():
        assert all(each in found[check] for each in both), found[check]


def test_each_queue_has_the_way_out_that_the_runbook_gives(operator: Watched) -> None:
    answers("sqs.get_queue_attributes", Attributes={"ApproximateNumberOfMessages": "1"})(operator)
    found = found_in(operator)["full_queues"].split("; 1 ")
    book = (ROOT / "docs" / "operators.md").read_text("utf-8")
    for said, alarm, command in zip(
        found,
        ("Undelivered", "StuckIssues", "UnsettledMail"),
        ("purge-queue", "start-message-move-task", "start-message-move-task"),
        strict=True,
    ):
        (row,) = re.findall(rf"^\| `{alarm}` \|.*$", book, re.M)
        assert ("redrive" in row) == ("redrive" in said) == (command != "purge-queue")
        assert f"`aws sqs {command} --" in said


def test_one_check_that_breaks_stops_no_other(operator: Watched) -> None:
    says("sqs.get_queue_attributes", {})(operator)
    says("sesv2.get_account", "ServiceUnavailable")(operator)
    says("lambda.get_account_settings", "UnrecognizedClientException")(operator)
    answers("events.describe_rule", State="DISABLED")(operator)
    looked = {one.check: one.wrong for one in map(partial(look, operator=operator), CHECKS)}
    assert looked["full_queues"] == "could not be looked at: KeyError: 'Attributes'"
    unanswered = (
        "could not be looked at: AWS refuses to get account: ServiceUnavailable: so AWS says"
    )
    assert looked["account_at_ses"] == looked["spent_quota"] == unanswered
    assert "AWS knows nobody here" in looked["few_functions"]
    assert "is off" in looked["sleeping_functions"]
    with pytest.raises(OperatorError, match=rf"^5 of {len(CHECKS)} checks found something$"):
        relais(operator, "doctor")


def test_a_dns_that_does_not_answer_is_said_and_stops_nothing(operator: Watched) -> None:
    with pytest.raises(OperatorError, match="the DNS does not say what"):
        Operator.dns_texts(operator, f"_dmarc.{'a' * 64}.example.org")
    operator.texts = {}
    operator.dns_fails = True
    found = found_in(operator)
    assert found["missing_dmarc"].startswith("could not be looked at: the DNS")
    assert {*found} == {"missing_dmarc", "unsigned_mail"}


def test_who_is_not_signed_in_and_what_was_never_deployed_is_said_once(operator: Watched) -> None:
    says("sts.get_caller_identity", "ExpiredToken")(operator)
    with pytest.raises(ClientError, match="ExpiredToken"):
        relais(operator, "doctor")
    operator.says = well(operator.now())
    says("cloudformation.describe_stacks", "ValidationError")(operator)
    with pytest.raises(OperatorError, match="test is not deployed in this account"):
        relais(operator, "doctor")


def test_a_sender_may_be_known_by_its_address_alone_or_by_a_domain_above(operator: Watched) -> None:
    known = operator.says[IDENTITY]

    def only(name: str) -> Answering:
        def answer(given: Mapping[str, Any]) -> Said:
            if given["EmailIdentity"] != name:
                raise ClientError({"Error": {"Code": "NotFoundException"}}, "GetEmailIdentity")
            return dict(known)

        return answer

    says(IDENTITY, only("forms@example.org"))(operator)
    assert relais(operator, "doctor") == (
        f"Well: {len(CHECKS) - 1} checks; 1 not looked at: DKIM, for forms@example.org is an "
        "identity in SES and example.org is not"
    )
    says(IDENTITY, only("example.org"))(operator)
    vars(operator)["settings"] = operator.settings.model_copy(update={"sender": "a@x.example.org"})
    assert relais(operator, "doctor") == WELL


def test_a_stage_of_today_and_one_that_is_being_deployed_are_not_taken_for_ill(
    operator: Watched,
) -> None:
    def stack(**parts: Any) -> None:
        says("cloudformation.describe_stacks", {"Stacks": [{**STACK, **parts}]})(operator)

    answers("s3.list_objects_v2", Contents=[])(operator)
    stack(StackStatus="CREATE_COMPLETE", CreationTime=operator.now() - timedelta(hours=1))
    woken: list[Mapping[str, Any]] = []

    def wake(given: Mapping[str, Any]) -> Said:
        woken.append(given)
        return {}

    says("lambda.invoke", wake)(operator)
    assert anchor_a_new_stage(operator)
    assert [one["FunctionName"] for one in woken] == ["relais-test-anchor_audit"]
    assert CloudWatchEvent(json.loads(woken[0]["Payload"]), None).detail == {}
    stack(StackStatus="CREATE_COMPLETE", CreationTime=operator.now() - timedelta(days=1))
    early = {"AlarmDescription": "no anchor", "MetricName": "test-anchors"}
    standing = alarms()({})
    says(
        "cloudwatch.describe_alarms",
        lambda given: {"MetricAlarms": [early]} if "StateValue" in given else standing,
    )(operator)
    assert relais(operator, "doctor") == WELL
    assert not anchor_a_new_stage(operator), "its schedule has been by"
    stack(StackStatus="CREATE_COMPLETE", CreationTime=operator.now() - timedelta(days=2))
    assert list(found_in(operator)) == ["ringing_alarms", "stale_anchors"]
    says("cloudwatch.describe_alarms", alarms())(operator)
    answers("s3.list_objects_v2", Contents=[{"LastModified": operator.now()}])(operator)
    says("cloudformation.detect_stack_drift", "ValidationError")(operator)
    stack(StackStatus="UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    assert "1 not looked at: what differs while the stack is UPDATE" in relais(operator, "doctor")
    stack(StackStatus="UPDATE_IN_PROGRESS")
    assert "2 not looked at: how the deploy ends that goes on" in relais(operator, "doctor")


@pytest.mark.parametrize(("asked", "found"), [(3, WELL), (99, "1 not looked at: what Cloud")])
def test_a_stack_that_is_compared_for_another_doctor_is_compared_after_that(
    operator: Watched, asked: int, found: str
) -> None:
    answers_left = iter(range(asked))

    def busy(given: Mapping[str, Any]) -> Said:
        if next(answers_left, None) is None:
            return {"StackDriftDetectionId": "d"}
        message = "Drift detection is already in progress for stack arn:aws:x"
        raise ClientError(
            {"Error": {"Code": "ValidationError", "Message": message}}, "DetectStackDrift"
        )

    says("cloudformation.detect_stack_drift", busy)(operator)
    assert found in relais(operator, "doctor")


def test_drift_is_read_to_its_last_page(operator: Watched) -> None:
    def page(given: Mapping[str, Any]) -> Said:
        number = int(given.get("NextToken", "1"))
        found = {
            "StackResourceDrifts": [
                {"LogicalResourceId": f"Thing{number}", "StackResourceDriftStatus": "MODIFIED"}
            ]
        }
        return {**found, "NextToken": str(number + 1)} if number < 3 else found

    says("cloudformation.describe_stack_resource_drifts", page)(operator)
    assert (
        "Thing1, Thing2, Thing3 are not as the deploy made them"
        in (found_in(operator)["drifted_stack"])
    )


def test_a_canary_that_somebody_took_away_is_no_fault(operator: Watched) -> None:
    def take_away(operator: Operator) -> None:
        rows = operator.store.rows(DOCTORS_CANARIES)
        operator.store.commit([Delete((row["pk"], row["sk"])) for row in rows])

    operator.flies = take_away
    assert "1 not looked at: the canary" in relais(operator, "doctor")


def test_a_deploy_says_all_that_is_in_its_way_and_what_it_could_not_see(
    operator: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    session, file = Session("test", given=operator), StageFile("", {}, [])
    assert in_the_way(session, operator, file) == 0
    secret_is("relais-test-anchors", DeletedDate=LONG_AGO)(operator)
    operator.dns_fails = True
    operator.denied = {"sesv2.get_account"}
    assert in_the_way(session, operator, file) == 3
    said = capsys.readouterr()
    assert "wrong  could not be looked at: the DNS does not say" in said.err
    assert "restore-secret --secret-id relais-test-anchors --region ca-central-1" in said.err
    assert "2 not looked at: no right to sesv2.get_account" in said.out
    operator.says = well(operator.now())
    secret_is("relais-test-anchors")(operator)
    assert in_the_way(session, operator, file) == 2, "the first deploy makes the secrets"
