"""`relais doctor` finds what fails without a word."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from functools import cache, cached_property, partial
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters
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
from infra.deploy import REGION
from infra.holidays import YEARS, YEARS_AHEAD
from infra.operator.checks.functions import FED, RUNTIME_NOTICE, TIMED, old_runtime
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
from infra.operator.doctor import CHECKS
from infra.operator.errors import OperatorError
from infra.operator.stage import Operator
from infra.package import ROOT
from infra.supply import RUNTIME, RUNTIME_ENDS
from operator_cli import MAY, actions_of, listed, relais
from tables import make_tables

WELL = f"Well: {len(CHECKS)} checks"

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def well(now: datetime) -> dict[str, Any]:
    """Return what AWS answers of a stage where all is well, by service and call."""
    wakes = {"State": "Enabled", "UUID": "1", "LastProcessingResult": "OK"}
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
        "cloudwatch.describe_alarms": {"MetricAlarms": []},
        "lambda.get_account_settings": {"AccountLimit": {"ConcurrentExecutions": 1000}},
        "lambda.list_event_source_mappings": {"EventSourceMappings": [wakes]},
        "events.list_rule_names_by_target": {"RuleNames": ["relais-test-Sweep"]},
        "events.describe_rule": {"State": "ENABLED"},
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
        self.denied = False
        self.status = 200
        self.texts = {"_dmarc.example.org": ["v=DMARC1; p=reject"]}
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
        if operator.denied:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, operation)
        said = operator.says[name]
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


STOPPED = [{"State": "Disabled", "UUID": "17"}]
FAILING = [{"State": "Enabled", "UUID": "17", "LastProcessingResult": "PROBLEM: denied"}]
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
        "forwarded_feedback",
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
    "no DMARC record": ("missing_dmarc", of_operator(texts={})),
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
    "update-event-source-mapping --uuid 17": (
        "sleeping_functions",
        answers("lambda.list_event_source_mappings", EventSourceMappings=STOPPED),
    ),
    "AWS says: PROBLEM: denied": (
        "sleeping_functions",
        answers("lambda.list_event_source_mappings", EventSourceMappings=FAILING),
    ),
    "nothing wakes relais-test-deliver_letters": (
        "sleeping_functions",
        answers("lambda.list_event_source_mappings", EventSourceMappings=[]),
    ),
    "no schedule wakes relais-test-sweep": (
        "sleeping_functions",
        answers("events.list_rule_names_by_target", RuleNames=[]),
    ),
    "enable-rule --name relais-test-Sweep": (
        "sleeping_functions",
        answers("events.describe_rule", State="DISABLED"),
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
        answers(
            "cloudwatch.describe_alarms",
            MetricAlarms=[{"AlarmDescription": each} for each in "abcd"],
        ),
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


@pytest.mark.parametrize("sentence", PLANTED)
def test_each_planted_fault_is_found_and_named_and_nothing_else(
    operator: Watched, sentence: str
) -> None:
    check, plant = PLANTED[sentence]
    plant(operator)
    found = {each.__name__: text for each in CHECKS if (text := each(operator))}
    assert list(found) == [check]
    assert sentence in found[check]


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


def test_every_function_that_something_wakes_is_looked_at() -> None:
    config = json.loads((ROOT / ".chalice" / "config.json").read_text("utf-8"))
    functions = config["stages"]["stack"]["lambda_functions"].keys()
    # A scan wakes settle_scan; what never comes of one raises an alarm of its own.
    assert {*FED, *TIMED} == functions - {"settle_scan"}


def test_the_end_of_the_calendar_is_spoken_of(operator: Watched, clock: SetClock) -> None:
    clock.now = datetime(YEARS[-1] - YEARS_AHEAD, 12, 31, tzinfo=UTC)
    assert few_holidays(operator) is None
    clock.pass_(days=1)
    assert "holidays of 1 more year:" in (few_holidays(operator) or "")


def test_who_may_not_ask_aws_learns_nothing_and_nothing_fails(operator: Watched) -> None:
    answers("sesv2.get_account", SendingEnabled=False)(operator)
    operator.denied = True
    assert relais(operator, "doctor") == WELL


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
