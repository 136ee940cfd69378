"""`relais doctor` finds what fails without a word."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import cache, cached_property, partial
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters
from chalice.app import CloudWatchEvent
from moto import mock_aws

from chalicelib.aws.keys import Keys, people_secret
from chalicelib.cases.staff import Roster
from chalicelib.core.errors import AccountRefused
from chalicelib.core.letter_row import letter, tag_of
from chalicelib.core.ports import Put
from chalicelib.core.records import stamp
from chalicelib.core.settings import Settings
from chalicelib.mail.account import MailAccount
from chalicelib.mail.canary import Canary
from chalicelib.mail.delivery_events import dead_letter
from chalicelib.mail.outbox import By
from chalicelib.services import Services
from fakes import MemoryMailer, SetClock
from infra.holidays import YEARS, YEARS_AHEAD
from infra.operator.anchoring import anchor_a_new_stage
from infra.operator.checks.answers import look
from infra.operator.checks.functions import RUNTIME_NOTICE, old_runtime
from infra.operator.checks.letters import (
    CANARY_SECONDS,
    LOOK_BACK,
    held_letters,
    late_letters,
    lost_canary,
    refused_account,
    stream_share,
)
from infra.operator.checks.programme import few_holidays
from infra.operator.checks.resources import FUNCTION
from infra.operator.checks.standing import STANDING, missing_resources
from infra.operator.checks.waking import WAKING, sleeping_functions
from infra.operator.deploying import in_the_way
from infra.operator.doctor import CHECKS
from infra.operator.errors import OperatorError
from infra.operator.session import Session
from infra.operator.stage import Operator
from infra.package import ROOT
from infra.rights import FOR_TYPE
from infra.stage_file import REGION
from infra.supply import RUNTIME, RUNTIME_ENDS
from operator_cli import MAY, actions_of, listed, relais
from tables import make_tables

WELL = f"Well: {len(CHECKS)} checks"

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


Said = dict[str, Any]

Answering = Callable[[Mapping[str, Any]], Said]
"""Answers a call by what it was given."""

PHYSICAL = {
    "AWS::CloudWatch::Alarm": "relais-test-Undelivered",
    "AWS::Logs::LogGroup": "/aws/lambda/relais-test",
    "AWS::Logs::MetricFilter": "filter",
    "AWS::SES::ConfigurationSet": "relais-test",
    "AWS::SNS::Subscription": "arn:aws:sns:ca-central-1:1:mail-events:2",
    "AWS::SNS::Topic": "arn:aws:sns:ca-central-1:1:mail-events",
    "AWS::SQS::Queue": "https://sqs.example.org/1/queue",
}
"""What AWS calls a thing of a kind, where a name as any other would not do."""


def _resource(kind: str, logical: str, physical: str) -> Said:
    return {
        "ResourceType": kind,
        "LogicalResourceId": logical,
        "PhysicalResourceId": physical,
        "ResourceStatus": "CREATE_COMPLETE",
    }


MAPPING = "17171717-1717-1717-1717-171717171717"

RESOURCES = [
    _resource(FUNCTION, "Sweep", "relais-test-sweep"),
    _resource(FUNCTION, "SweepAttachments", "relais-test-sweep_attachments"),
    _resource("AWS::Events::Rule", "SweepSweepEvent", "relais-test-Sweep"),
    _resource("AWS::Lambda::Permission", "SweepSweepEventPermission", "wakes"),
    _resource("AWS::Lambda::EventSourceMapping", "SweepAttachmentsSource", MAPPING),
    *(_resource(kind, kind, PHYSICAL.get(kind, "thing")) for kind in STANDING),
]
"""A stack with a thing of each kind that is looked at."""


def well(now: datetime) -> dict[str, Any]:
    """Return what AWS answers of a stage where all is well, by service and call."""
    mail = {"Name": "mail-events", "Enabled": True, "MatchingEventTypes": ["BOUNCE"]}
    return {
        "sts.get_caller_identity": {"Account": "123456789012"},
        "sesv2.get_account": {
            "SendingEnabled": True,
            "ProductionAccessEnabled": True,
            "SendQuota": {"Max24HourSend": 50_000.0, "SentLast24Hours": 39_999.0},
        },
        "sesv2.get_email_identity": {
            "VerifiedForSendingStatus": True,
            "FeedbackForwardingStatus": False,
            "DkimAttributes": {"Status": "SUCCESS", "Tokens": ["one", "two"]},
            "MailFromAttributes": {
                "MailFromDomain": "mail.example.org",
                "MailFromDomainStatus": "SUCCESS",
                "BehaviorOnMxFailure": "USE_DEFAULT_VALUE",
            },
        },
        "sesv2.list_configuration_sets": {"ConfigurationSets": ["relais-test", "somebody-else"]},
        "cloudwatch.get_metric_statistics": {
            "Datapoints": [
                {"Timestamp": LONG_AGO, "Average": 0.5},
                {"Timestamp": now, "Average": 0.0007},
            ]
        },
        "cloudwatch.describe_alarms": _alarms(),
        "cloudwatch.get_dashboard": {"DashboardName": "relais-test"},
        "lambda.get_account_settings": {"AccountLimit": {"ConcurrentExecutions": 1000}},
        "lambda.get_function_configuration": {"State": "Active"},
        "lambda.get_function_concurrency": {},
        "lambda.get_event_source_mapping": {"State": "Enabled", "LastProcessingResult": "OK"},
        "lambda.get_policy": {"Policy": json.dumps({"Statement": [{"Sid": "wakes"}]})},
        "events.describe_rule": {"State": "ENABLED"},
        "events.list_targets_by_rule": {"Targets": [{"Id": "1", "Arn": "arn"}]},
        "logs.describe_log_groups": {"logGroups": [{"logGroupName": "/aws/lambda/relais-test"}]},
        "logs.describe_metric_filters": {"metricFilters": [{"filterName": "filter"}]},
        "guardduty.get_malware_protection_plan": {"Status": "ACTIVE"},
        "iam.get_role": {},
        "sesv2.get_configuration_set": {"SendingOptions": {"SendingEnabled": True}},
        "sesv2.get_configuration_set_event_destinations": {"EventDestinations": [mail]},
        "sns.get_topic_attributes": {},
        "sns.get_subscription_attributes": {},
        "sns.list_subscriptions_by_topic": {
            "Subscriptions": [{"SubscriptionArn": "arn:aws:sns:ca-central-1:1:alarms:2"}]
        },
        "cloudformation.describe_stacks": {
            "Stacks": [
                {
                    "StackName": "relais-test",
                    "StackStatus": "UPDATE_COMPLETE",
                    "CreationTime": LONG_AGO,
                }
            ]
        },
        "cloudformation.list_stack_resources": {"StackResourceSummaries": RESOURCES},
        "cloudformation.detect_stack_drift": {"StackDriftDetectionId": "d"},
        "cloudformation.describe_stack_drift_detection_status": {
            "StackId": "relais-test",
            "StackDriftDetectionId": "d",
            "DetectionStatus": "DETECTION_COMPLETE",
            "Timestamp": LONG_AGO,
        },
        "cloudformation.describe_stack_resource_drifts": {"StackResourceDrifts": []},
        "sqs.get_queue_url": {"QueueUrl": "https://sqs.example.org/1/queue"},
        "sqs.get_queue_attributes": {"Attributes": {"ApproximateNumberOfMessages": "0"}},
        "s3.head_bucket": {},
        "s3.get_bucket_policy": {"Policy": "{}"},
        "s3.list_objects_v2": {"Contents": [{"Key": "2026", "LastModified": now}]},
        "secretsmanager.describe_secret": {"CreatedDate": now},
        "dynamodb.describe_table": {"Table": {"DeletionProtectionEnabled": True}},
        "dynamodb.describe_continuous_backups": {
            "ContinuousBackupsDescription": {
                "ContinuousBackupsStatus": "ENABLED",
                "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED"},
            }
        },
        "dynamodb.describe_time_to_live": {
            "TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED"}
        },
    }


def _alarms(
    *ringing: str, standing: Sequence[str] = ("relais-test-Undelivered",), muted: bool = False
) -> Answering:
    """Return what answers for alarms: which ring, and which there are."""

    def answer(given: Mapping[str, Any]) -> Said:
        if given.get("StateValue") == "ALARM":
            return {"MetricAlarms": [{"AlarmDescription": each} for each in ringing]}
        alarms = [{"AlarmName": each, "ActionsEnabled": not muted} for each in standing]
        return {"MetricAlarms": alarms}

    return answer


def fly(operator: Operator, by: By = "stream", until: str = "delivery") -> None:
    """Do with a canary what the stage does, so far."""
    for row in operator.store.rows(_of_doctor(operator), "LETTER#"):
        if until != "owed" and row["status"] == "owed":
            operator.services.mail.outbox.deliver((row["pk"], row["sk"]), by)
        elif until == "delivery":
            tags = {"mail": [tag_of(row["pk"], row["sk"])]}
            report = {"mail": {"tags": tags, "messageId": "m"}, "delivery": {}}
            operator.services.delivery_events.settle({"eventType": "Delivery", **report})


def _of_doctor(operator: Operator) -> str:
    return Canary(operator.store, operator.now, "DOCTOR").key[0]


class Watched(Operator):
    """An operator to whom AWS, the DNS and the API say what a test wants.

    Questions and answers keep to the models of the services; what is not answered here goes to
    moto.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.says = well(self.now())
        self.denied: set[str] = set()
        self.dns_fails = False
        self.status = 200
        self.texts = {
            "_dmarc.example.org": ["v=DMARC1; p=reject"],
            "one._domainkey.example.org": ["p=MII"],
            "two._domainkey.example.org": ["p=MII"],
        }
        self._clients: dict[str, Any] = {}
        self.waited = 0
        self.flies: Callable[[Operator], None] = fly

    @cached_property
    def services(self) -> Services:
        keys = Keys(links=("a" * 64,), people=b"p" * 32)
        return Services(self.settings, self.store, keys, MemoryMailer(), self._now)

    def wait(self, seconds: float) -> None:
        self.waited += 1
        self.flies(self)

    def status_of(self, url: str) -> int:
        return self.status

    def dns_texts(self, name: str) -> list[str]:
        if self.dns_fails:
            raise OperatorError(f"the DNS does not say what {name} has: SERVFAIL")
        return self.texts.get(name, [])

    def mail_client(self) -> Any:
        return self.client("sesv2")

    def client(self, service: str) -> Any:
        if service not in self._clients:
            known = _client_of(service)
            self._clients[service] = client = object.__new__(type(known))
            vars(client).update(vars(known))
            client._make_api_call = _answering(self, client, client._make_api_call)
        return self._clients[service]


@cache
def _client_of(service: str) -> Any:
    """Return one client for all tests: to make one takes as long as a test."""
    return boto3.client(service, region_name=REGION)  # type: ignore[call-overload]


def _answering(operator: Watched, client: Any, ask: Callable[..., Any]) -> Callable[..., Any]:
    calls = {operation: name for name, operation in client.meta.method_to_api_mapping.items()}
    service = client.meta.service_model.service_name

    def answer(operation: str, given: dict[str, Any]) -> Any:
        name = f"{service}.{calls[operation]}"
        if name not in operator.says:
            return ask(operation, given)
        model = client.meta.service_model.operation_model(operation)
        if model.input_shape is not None:
            validate_parameters(given, model.input_shape)
        if name in operator.denied:
            raise ClientError(
                {
                    "Error": {
                        "Code": "AccessDenied",
                        "Message": f"not authorized to perform: {name}",
                    }
                },
                operation,
            )
        said = operator.says[name]
        if isinstance(said, str):
            message = f"so AWS says{', it does not exist' * (said == 'ValidationError')}"
            raise ClientError({"Error": {"Code": said, "Message": message}}, operation)
        if callable(said):
            said = said(given)
        # Parts of an answer are enough, but what there is must be spelt as AWS spells it.
        assert said.keys() <= model.output_shape.members.keys(), name
        return said

    return answer


@pytest.fixture
def operator(aws: None, settings: Settings, clock: SetClock) -> Iterator[Watched]:
    with mock_aws():
        make_tables(boto3.client("dynamodb"), "relais-test-records", "relais-test-subscribers")
        boto3.client("secretsmanager").create_secret(
            Name="relais-test-keys", SecretString=json.dumps({"key": "k" * 64})
        )
        boto3.client("secretsmanager").create_secret(
            Name="relais-test-anchors", SecretString=json.dumps({"key": "a" * 64})
        )
        boto3.client("secretsmanager").create_secret(
            Name="relais-test-people", SecretString=people_secret(b"p" * 32)
        )
        found = Watched("test", now=clock, settings=settings)
        roster = found.services.cases.roster
        rita = roster.add("Rita Roy", "rita.roy@example.org", "fr", clock())
        roster.set_admin(rita, admin=True)
        yield found


def send(operator: Operator, count: int, *, late: bool = False) -> None:
    now = stamp(operator.now())
    for number in range(count):
        row = letter("CASE#1", number, "eoi_received", to=f"late-{late}", due=now)
        del row["due_at"], row["due_shard"]
        row |= {"status": "sent", "sent_at": now, "sent_by": "sweep" if late else "stream"}
        operator.store.commit([Put({**row, "late": late or None})])


def test_letters_that_the_stream_sends_are_well(operator: Operator) -> None:
    assert found_in(operator) == {}
    assert relais(operator, "doctor") == WELL
    send(operator, 19)
    send(operator, 1, late=True)
    assert stream_share(operator) == (20, 1)
    assert relais(operator, "doctor") == WELL


def test_letters_that_wait_for_the_sweep_are_found(operator: Operator) -> None:
    send(operator, 18)
    send(operator, 2, late=True)
    assert "2 of 20 letters" in (late_letters(operator) or "")
    with pytest.raises(OperatorError, match=f"1 of {len(CHECKS)} checks"):
        relais(operator, "doctor")


def test_the_checks_are_json_when_asked_for(operator: Operator) -> None:
    found = listed(operator, "doctor")
    assert [each["check"] for each in found] == [check.__name__ for check in CHECKS]
    assert {each["wrong"] for each in found} == {None}


def test_what_is_long_past_is_not_held_against_today(operator: Watched, clock: SetClock) -> None:
    send(operator, 5, late=True)
    clock.pass_(seconds=LOOK_BACK.total_seconds() + 1)
    operator.says = well(clock())
    assert stream_share(operator) == (0, 0)
    assert relais(operator, "doctor") == WELL


def test_a_pause_of_letters_is_shown_found_and_ended(operator: Operator) -> None:
    assert listed(operator, "letters", "rates") == [{"delivered": 0, "bounced": 0, "complained": 0}]
    assert "new addresses wait" in relais(operator, "letters", "pause", "--by", "Sam")
    with pytest.raises(OperatorError):
        relais(operator, "doctor")
    assert "All letters" in relais(operator, "letters", "pause", "--by", "Sam", "--all")
    assert "all letters are held" in (held_letters(operator) or "")
    assert listed(operator, "letters", "rates")[0]["held"] == "all"
    assert "go on" in relais(operator, "letters", "resume", "--by", "Sam")
    assert relais(operator, "letters", "resume", "--by", "Sam") == "No letter is held"
    assert relais(operator, "doctor") == WELL


def answers(name: str, **parts: Any) -> Callable[[Watched], None]:
    """Return what makes AWS answer a call otherwise."""
    return lambda operator: operator.says.update({name: {**operator.says[name], **parts}})


def says(name: str, said: Said | Answering | str) -> Callable[[Watched], None]:
    """Return what makes AWS answer a call so; a word is the code of an error."""
    return lambda operator: operator.says.update({name: said})


def with_texts(name: str, *texts: str) -> Callable[[Watched], None]:
    return lambda operator: operator.texts.update({name: [*texts]})


def secret_is(named: str, **said: Any) -> Callable[[Watched], None]:
    """Return what makes AWS say this of one secret; nothing of one that is gone."""

    def plant(operator: Watched) -> None:
        others = operator.says["secretsmanager.describe_secret"]

        def answer(given: Mapping[str, Any]) -> Said:
            if given["SecretId"] != named:
                return dict(others)
            if not said:
                raise ClientError(
                    {"Error": {"Code": "ResourceNotFoundException"}}, "DescribeSecret"
                )
            return {**others, **said}

        operator.says["secretsmanager.describe_secret"] = answer

    return plant


def of_operator(**parts: Any) -> Callable[[Watched], None]:
    return lambda operator: vars(operator).update(parts)


def with_roster(change: Callable[[Roster, str, datetime], object]) -> Callable[[Watched], None]:
    def planted(operator: Watched) -> None:
        roster = operator.services.cases.roster
        change(roster, roster.active()[0].id, operator.now())

    return planted


def _dead(operator: Watched) -> None:
    row = letter("CASE#1", 1, "eoi_received", to="ada@example.org", due=stamp(operator.now()))
    dead = {**row, **dead_letter(operator.now()), "status": "dead"}
    operator.store.commit(
        [Put({key: dead[key] for key in dead if key not in ("due_at", "due_shard")})]
    )


def flies(by: By = "stream", until: str = "delivery") -> Callable[[Watched], None]:
    """A stage in which a canary comes so far."""

    def plant(operator: Watched) -> None:
        operator.flies = partial(fly, by=by, until=until)

    return plant


def _bounced(operator: Watched) -> None:
    roster = operator.services.cases.roster
    roster.add("Sam Lee", "sam.lee@example.org", "en", operator.now())
    sam = next(one for one in roster.active() if one.name == "Sam Lee")
    change = roster.faulty(sam, "bounce", "no such mailbox", operator.now())
    assert change
    operator.store.commit([change])


def _owed_for(**time_: int) -> Callable[[Watched], None]:
    def planted(operator: Watched) -> None:
        due = stamp(operator.now() - timedelta(**time_))
        operator.store.commit(
            [Put(letter("CASE#1", 1, "eoi_received", to="a@example.org", due=due))]
        )

    return planted


IDENTITY = "sesv2.get_email_identity"
STACK = {"StackName": "relais-test", "CreationTime": LONG_AGO}
PLANTED: dict[str, tuple[str, Callable[[Watched], None]]] = {
    "SES has paused": ("account_at_ses", answers("sesv2.get_account", SendingEnabled=False)),
    "sandbox": ("account_at_ses", answers("sesv2.get_account", ProductionAccessEnabled=False)),
    "40,000 of 50,000 mails": (
        "spent_quota",
        answers(
            "sesv2.get_account",
            SendQuota={"Max24HourSend": 50_000.0, "SentLast24Hours": 40_000.0},
        ),
    ),
    "is not verified in SES": (
        "unknown_sender",
        answers(IDENTITY, VerifiedForSendingStatus=False),
    ),
    "put-email-identity-feedback-attributes": (
        "forwarded_feedback",
        answers(IDENTITY, FeedbackForwardingStatus=True),
    ),
    "one._domainkey.example.org": (
        "unsigned_mail",
        answers(IDENTITY, DkimAttributes={"Status": "FAILED", "Tokens": ["one"]}),
    ),
    "MAIL FROM domain mail.example.org is failed": (
        "unsigned_mail",
        answers(
            IDENTITY,
            MailFromAttributes={
                "MailFromDomain": "mail.example.org",
                "MailFromDomainStatus": "FAILED",
            },
        ),
    ),
    "no DMARC record": ("missing_dmarc", with_texts("_dmarc.example.org")),
    "0.09% of the account's mail is complained of": (
        "bad_reputation",
        answers(
            "cloudwatch.get_metric_statistics",
            Datapoints=[{"Timestamp": LONG_AGO, "Average": 0.0009}],
        ),
    ),
    "relais-prod share": (
        "shared_account",
        answers("sesv2.list_configuration_sets", ConfigurationSets=["relais-prod", "relais-test"]),
    ),
    "10 functions run at a time": (
        "few_functions",
        answers("lambda.get_account_settings", AccountLimit={"ConcurrentExecutions": 10}),
    ),
    "/health answers 502": ("silent_api", of_operator(status=502)),
    "/health does not answer": ("silent_api", of_operator(status=0)),
    "the event source mapping of relais-test-sweep_attachments is disabled: "
    f"`aws lambda update-event-source-mapping --uuid {MAPPING} --enabled": (
        "sleeping_functions",
        answers("lambda.get_event_source_mapping", State="Disabled"),
    ),
    "AWS says: PROBLEM: denied": (
        "sleeping_functions",
        answers("lambda.get_event_source_mapping", LastProcessingResult="PROBLEM: denied"),
    ),
    "the rule of relais-test-sweep is off: `aws events enable-rule --name relais-test-Sweep": (
        "sleeping_functions",
        answers("events.describe_rule", State="DISABLED"),
    ),
    "without a target: `aws events put-targets --rule relais-test-Sweep": (
        "sleeping_functions",
        answers("events.list_targets_by_rule", Targets=[]),
    ),
    "the functions relais-test-sweep, relais-test-sweep_attachments are stopped (its reserved": (
        "sleeping_functions",
        answers("lambda.get_function_concurrency", ReservedConcurrentExecutions=0),
    ),
    "relais-test-sweep_attachments are failed: AWS says: no such image": (
        "sleeping_functions",
        answers("lambda.get_function_configuration", State="Failed", StateReason="no such image"),
    ),
    "the permission of relais-test-sweep is missing": (
        "sleeping_functions",
        answers("lambda.get_policy", Policy="{}"),
    ),
    "is muted: `aws cloudwatch enable-alarm-actions --alarm-names relais-test-Undelivered": (
        "missing_resources",
        says("cloudwatch.describe_alarms", _alarms(muted=True)),
    ),
    "the alarm AWS::CloudWatch::Alarm is missing": (
        "missing_resources",
        says("cloudwatch.describe_alarms", _alarms(standing=())),
    ),
    "relais-test is off: `aws sesv2 put-configuration-set-sending-options": (
        "missing_resources",
        answers("sesv2.get_configuration_set", SendingOptions={"SendingEnabled": False}),
    ),
    "is off: `aws sesv2 update-configuration-set-event-destination": (
        "missing_resources",
        answers(
            "sesv2.get_configuration_set_event_destinations",
            EventDestinations=[{"Name": "mail", "Enabled": False, "MatchingEventTypes": []}],
        ),
    ),
    "the scan of documents thing is error (the role may not tag)": (
        "missing_resources",
        answers(
            "guardduty.get_malware_protection_plan",
            Status="ERROR",
            StatusReasons=[{"Code": "403", "Message": "the role may not tag"}],
        ),
    ),
    "SES reviews this account (PROBATION)": (
        "account_at_ses",
        answers("sesv2.get_account", EnforcementStatus="PROBATION"),
    ),
    "SES has paused this account: letters wait; its console says why; the account is in": (
        "account_at_ses",
        answers("sesv2.get_account", EnforcementStatus="SHUTDOWN", ProductionAccessEnabled=False),
    ),
    "neither forms@example.org nor example.org is an identity in SES of ca-central-1": (
        "unknown_sender",
        says(IDENTITY, "NotFoundException"),
    ),
    "example.org has no MAIL FROM domain": (
        "unsigned_mail",
        answers(IDENTITY, MailFromAttributes={}),
    ),
    "the DNS has no two._domainkey.example.org": (
        "unsigned_mail",
        with_texts("two._domainkey.example.org"),
    ),
    "example.org has 2 DMARC records": (
        "missing_dmarc",
        with_texts("_dmarc.example.org", "v=DMARC1; p=none", "v=DMARC1; p=reject"),
    ),
    "says no p (v=DMARC1; rua=mailto:a@example.org)": (
        "missing_dmarc",
        with_texts("_dmarc.example.org", "v=DMARC1; rua=mailto:a@example.org"),
    ),
    "says no p (v=DMARC1; p=strict)": (
        "missing_dmarc",
        with_texts("_dmarc.example.org", "v=DMARC1; p=strict"),
    ),
    "the secret relais-test-people is being deleted, and nothing opens without it: "
    "`aws secretsmanager restore-secret --secret-id relais-test-people": (
        "lost_secrets",
        secret_is("relais-test-people", DeletedDate=LONG_AGO),
    ),
    "the secret relais-test-anchors is missing": (
        "lost_secrets",
        secret_is("relais-test-anchors"),
    ),
    "not all that the stack made could be compared: no right to read Records": (
        "drifted_stack",
        answers(
            "cloudformation.describe_stack_drift_detection_status",
            DetectionStatus="DETECTION_FAILED",
            DetectionStatusReason="no right to read Records",
        ),
    ),
    "3 records of the stream": (
        "full_queues",
        answers("sqs.get_queue_attributes", Attributes={"ApproximateNumberOfMessages": "3"}),
    ),
    "is UPDATE_ROLLBACK_COMPLETE": (
        "unfinished_stack",
        answers(
            "cloudformation.describe_stacks",
            Stacks=[{**STACK, "StackStatus": "UPDATE_ROLLBACK_COMPLETE"}],
        ),
    ),
    "Records is not as the deploy made": (
        "drifted_stack",
        answers(
            "cloudformation.describe_stack_resource_drifts",
            StackResourceDrifts=[{"LogicalResourceId": "Records"}],
        ),
    ),
    "nobody has confirmed": (
        "unheard_alarms",
        answers(
            "sns.list_subscriptions_by_topic",
            Subscriptions=[{"SubscriptionArn": "PendingConfirmation"}],
        ),
    ),
    "nobody is subscribed": (
        "unheard_alarms",
        answers("sns.list_subscriptions_by_topic", Subscriptions=[]),
    ),
    "alarms ring: a; b; c and 1 more": (
        "ringing_alarms",
        says("cloudwatch.describe_alarms", _alarms(*"abcd")),
    ),
    "no deletion protection": (
        "unprotected_tables",
        answers("dynamodb.describe_table", Table={"DeletionProtectionEnabled": False}),
    ),
    "no point-in-time recovery and no time to live": (
        "unprotected_tables",
        lambda operator: operator.says.update(
            {
                "dynamodb.describe_continuous_backups": {"ContinuousBackupsDescription": {}},
                "dynamodb.describe_time_to_live": {"TimeToLiveDescription": {}},
            }
        ),
    ),
    "not anchored for 2 days": (
        "stale_anchors",
        answers("s3.list_objects_v2", Contents=[{"Key": "2020", "LastModified": LONG_AGO}]),
    ),
    "signs since 2020-01-01": (
        "old_link_key",
        answers("secretsmanager.describe_secret", CreatedDate=LONG_AGO),
    ),
    "nobody is on the roster": ("nobody_decides", with_roster(lambda r, id_, _: r.remove(id_))),
    "everybody on the roster is away": (
        "nobody_decides",
        with_roster(lambda r, id_, now: r.set_away(id_, f"{now.date() + timedelta(days=9)}")),
    ),
    "comes back": ("unreachable_staff", _bounced),
    "nobody is an admin": (
        "no_admin",
        with_roster(lambda r, id_, _: r.set_admin(id_, admin=False)),
    ),
    "1 letter could not be sent": ("dead_letters", _dead),
    "letter left by the sweep": ("lost_canary", flies(by="sweep")),
    "did not leave within 90 seconds": ("lost_canary", flies(until="owed")),
    "SES reported nothing within 90 seconds": ("lost_canary", flies(until="sent")),
    "waits for more than 30 minutes": ("overdue_rows", _owed_for(minutes=31)),
}


def found_in(operator: Operator) -> dict[str, str]:
    """Return what each check finds that finds something."""
    looked = [look(check, operator) for check in CHECKS]
    return {one.check: one.wrong for one in looked if one.wrong}


@pytest.mark.parametrize("sentence", PLANTED)
def test_each_planted_fault_is_found_and_named_and_nothing_else(
    operator: Watched, sentence: str
) -> None:
    check, plant = PLANTED[sentence]
    plant(operator)
    found = found_in(operator)
    assert list(found) == [check]
    assert sentence in found[check]
    commands = re.findall("`(aws [^`]*)`", found[check])
    assert len(commands) == found[check].count("aws ")
    assert all(each.endswith(f" --region {REGION}") for each in commands)


def test_an_operator_may_ask_all_that_the_doctor_asks() -> None:
    for name in well(LONG_AGO):
        service, _, call = name.partition(".")
        operation = _client_of(service).meta.method_to_api_mapping[call]
        named = {"sesv2": "ses"}.get(service, service)
        assert actions_of(named, operation, {}) <= MAY, name


def test_a_canary_is_taken_away_whatever_becomes_of_it(operator: Watched) -> None:
    for until in ("delivery", "owed", "sent"):
        flies(until=until)(operator)
        lost_canary(operator)
        assert operator.store.rows(_of_doctor(operator)) == []
    assert operator.waited == 2 + 2 * CANARY_SECONDS


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


def test_the_end_of_the_calendar_is_spoken_of(operator: Watched, clock: SetClock) -> None:
    clock.now = datetime(YEARS[-1] - YEARS_AHEAD, 12, 31, tzinfo=UTC)
    assert few_holidays(operator) is None
    clock.pass_(days=1)
    assert "holidays of 1 more year:" in (few_holidays(operator) or "")


def test_who_may_not_ask_aws_learns_nothing_and_nothing_fails(operator: Watched) -> None:
    answers("sesv2.get_account", SendingEnabled=False)(operator)
    operator.denied = {*operator.says} - {"sts.get_caller_identity"}
    said = relais(operator, "doctor")
    assert re.fullmatch(r"Well: 13 checks; 19 not looked at: no right to \S+(, \S+)*", said)
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


def test_a_stack_names_each_of_its_faults(operator: Watched) -> None:
    answers("events.describe_rule", State="DISABLED")(operator)
    says("lambda.get_event_source_mapping", "ResourceNotFoundException")(operator)
    answers("sqs.get_queue_attributes", Attributes={"ApproximateNumberOfMessages": "3"})(operator)
    answers("dynamodb.describe_table", Table={})(operator)
    answers(
        "cloudwatch.get_metric_statistics", Datapoints=[{"Timestamp": LONG_AGO, "Average": 0.2}]
    )(operator)
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
    assert "UnrecognizedClientException" in looked["few_functions"]
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
    standing = _alarms()({})
    says(
        "cloudwatch.describe_alarms",
        lambda given: {"MetricAlarms": [early]} if "StateValue" in given else standing,
    )(operator)
    assert relais(operator, "doctor") == WELL
    assert not anchor_a_new_stage(operator), "its schedule has been by"
    stack(StackStatus="CREATE_COMPLETE", CreationTime=operator.now() - timedelta(days=2))
    assert list(found_in(operator)) == ["ringing_alarms", "stale_anchors"]
    says("cloudwatch.describe_alarms", _alarms())(operator)
    answers("s3.list_objects_v2", Contents=[{"LastModified": operator.now()}])(operator)
    stack(StackStatus="UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    assert relais(operator, "doctor") == WELL
    stack(StackStatus="UPDATE_IN_PROGRESS")
    assert "1 not looked at: how the deploy ends that goes on" in relais(operator, "doctor")


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


def test_a_canary_that_another_doctor_took_away_is_no_fault(operator: Watched) -> None:
    operator.flies = lambda operator: Canary(operator.store, operator.now, "DOCTOR").take_away()
    assert "1 not looked at: the canary" in relais(operator, "doctor")


def test_a_deploy_says_all_that_is_in_its_way_and_what_it_could_not_see(
    operator: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    session = Session("test", given=operator)
    assert in_the_way(session, operator, {}) == 0
    secret_is("relais-test-anchors", DeletedDate=LONG_AGO)(operator)
    operator.dns_fails = True
    operator.denied = {"sesv2.get_account"}
    assert in_the_way(session, operator, {}) == 3
    said = capsys.readouterr()
    assert "wrong  could not be looked at: the DNS does not say" in said.err
    assert "restore-secret --secret-id relais-test-anchors --region ca-central-1" in said.err
    assert "2 not looked at: no right to sesv2.get_account" in said.out
    operator.says = well(operator.now())
    secret_is("relais-test-anchors")(operator)
    assert in_the_way(session, operator, {}) == 2, "the first deploy makes the secrets"


def test_what_was_owed_a_moment_ago_is_well(operator: Watched) -> None:
    _owed_for(minutes=29)(operator)
    assert relais(operator, "doctor") == WELL


def test_every_check_has_its_row_in_the_book_of_operators() -> None:
    book = (ROOT / "docs" / "operators.md").read_text("utf-8")
    chapter = book.partition("## What the doctor says")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \|", chapter, re.M)
    assert rows == [check.__name__ for check in CHECKS]
    planted = {check for check, _ in PLANTED.values()}
    with_tests_of_their_own = {
        late_letters,
        held_letters,
        refused_account,
        old_runtime,
        few_holidays,
    }
    assert planted | {check.__name__ for check in with_tests_of_their_own} == set(rows)


def test_an_account_that_ses_refuses_is_found_while_it_lasts(operator: Watched) -> None:
    account = MailAccount(operator.store, operator.now)
    account.note(AccountRefused("MessageRejected: not verified"))
    assert "not verified" in (refused_account(operator) or "")
    account.mend()
    assert relais(operator, "doctor") == WELL


def test_a_runtime_is_spoken_of_half_a_year_before_its_end(
    operator: Watched, clock: SetClock
) -> None:
    clock.now = datetime.combine(RUNTIME_ENDS, time(12), UTC) - RUNTIME_NOTICE
    assert old_runtime(operator) is None
    clock.pass_(days=1)
    assert f"supports {RUNTIME} until" in (old_runtime(operator) or "")
