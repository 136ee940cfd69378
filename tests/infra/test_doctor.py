"""`relais doctor` finds what fails without a word."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from functools import partial

import pytest

import runbook
from chalicelib.cases.staff import Roster
from chalicelib.core.errors import AccountRefused
from chalicelib.core.letter_row import letter
from chalicelib.core.ports import Put
from chalicelib.core.records import stamp
from chalicelib.core.settings import Settings
from chalicelib.mail.account import MailAccount
from chalicelib.mail.canary import CANARY_LIFETIME, Canary
from chalicelib.mail.delivery_events import dead_letter
from chalicelib.mail.outbox import By
from fakes import SetClock
from infra.holidays import YEARS, YEARS_AHEAD
from infra.operator.checks.functions import (
    RUNTIME_NOTICE,
    old_runtime,
)
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
from infra.stage_file import REGION
from infra.supply import RUNTIME, RUNTIME_ENDS
from operator_cli import MAY, actions_of, listed, relais
from watched import (
    DOCTORS_CANARIES,
    WELL,
    Watched,
    answers,
    client_of,
    fly,
    found_in,
    measures,
    of_operator,
    says,
    secret_is,
    watched,
    with_texts,
)
from well_answers import (
    IDENTITY,
    LONG_AGO,
    MAPPING,
    STACK,
    alarms,
    well,
)


@pytest.fixture
def operator(aws: None, settings: Settings, clock: SetClock) -> Iterator[Watched]:
    with watched(settings, clock) as found:
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


def with_roster(change: Callable[[Roster, str, datetime], object]) -> Callable[[Watched], None]:
    def planted(operator: Watched) -> None:
        roster = operator.services.cases.roster
        change(roster, roster.active()[0].id, operator.now())

    return planted


def _only_the_newsletter(roster: Roster, whose: str, now: datetime) -> None:
    """Leave one person, who writes the newsletter: the last administrator was removed."""
    last = roster.add("Lou", "lou@example.org", "fr", now)
    roster.set_roles(last, ["administrator"])
    roster.set_roles(whose, ["communications"])
    roster.remove(last)


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
        measures(ComplaintRate=0.0009),
    ),
    "relais-test-mail-events for 15 minutes: read the log of settle_mail": (
        "slow_queues",
        measures(ApproximateAgeOfOldestMessage=901),
    ),
    "relais-test-issues for 60 minutes: read the log of send_issue": (
        "slow_queues",
        measures(ApproximateAgeOfOldestMessage=3601),
    ),
    "nothing woke relais-test-run_jobs for 15 minutes": ("slow_queues", measures(Invocations=0)),
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
        says("cloudwatch.describe_alarms", alarms(muted=True)),
    ),
    "the alarm AWS::CloudWatch::Alarm is missing": (
        "missing_resources",
        says("cloudwatch.describe_alarms", alarms(standing=())),
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
        says("cloudwatch.describe_alarms", alarms(*"abcd")),
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
    "nobody on the roster may see files": (
        "nobody_decides",
        with_roster(_only_the_newsletter),
    ),
    "everybody on the roster who sees files is away": (
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

FRENCH_ROWS = runbook.rows(runbook.chapter("operators.fr.md", "Ce que dit le docteur"))


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
    assert runbook.commands(FRENCH_ROWS[check][1]) >= runbook.commands(found[check])


def test_an_operator_may_ask_all_that_the_doctor_asks() -> None:
    for name in well(LONG_AGO):
        service, _, call = name.partition(".")
        operation = client_of(service).meta.method_to_api_mapping[call]
        named = {"sesv2": "ses"}.get(service, service)
        assert actions_of(named, operation, {}) <= MAY, name


def test_a_canary_is_taken_away_whatever_becomes_of_it(operator: Watched) -> None:
    for until in ("delivery", "owed", "sent"):
        flies(until=until)(operator)
        lost_canary(operator)
        assert operator.store.rows(DOCTORS_CANARIES) == []
    assert operator.waited == 2 + 2 * CANARY_SECONDS


def test_two_doctors_at_once_see_and_take_away_their_own_canary_alone(operator: Watched) -> None:
    """The second comes while the canary of the first waits, whose letter does not leave."""

    def letters() -> list[str]:
        return [row["sk"] for row in operator.store.rows(DOCTORS_CANARIES, "LETTER#")]

    def second(_: Operator) -> None:
        (first,) = letters()
        operator.flies = partial(fly, spare=first)
        assert lost_canary(operator) is None
        assert letters() == [first]
        operator.flies = lambda operator: None

    operator.flies = second
    assert "did not leave within" in (lost_canary(operator) or "")
    assert operator.store.rows(DOCTORS_CANARIES) == []


def test_a_doctor_clears_what_one_that_died_left_and_not_what_flies(
    operator: Watched, clock: SetClock
) -> None:
    canaries = [Canary(operator.store, operator.now, "DOCTOR", name) for name in ("dead", "flies")]
    for canary in canaries:
        operator.store.commit(canary.written())
        clock.pass_(seconds=CANARY_LIFETIME.total_seconds() / 2)
    assert lost_canary(operator) is None
    assert [canary.flight().status for canary in canaries] == ["gone", "delivered"]


def test_the_end_of_the_calendar_is_spoken_of(operator: Watched, clock: SetClock) -> None:
    clock.now = datetime(YEARS[-1] - YEARS_AHEAD, 12, 31, tzinfo=UTC)
    assert few_holidays(operator) is None
    clock.pass_(days=1)
    assert "holidays of 1 more year:" in (few_holidays(operator) or "")


def test_what_was_owed_a_moment_ago_is_well(operator: Watched) -> None:
    _owed_for(minutes=29)(operator)
    assert relais(operator, "doctor") == WELL


def test_every_check_has_its_row_in_the_book_of_operators() -> None:
    chapter = runbook.chapter("operators.md", "What the doctor says")
    rows = re.findall(r"^\| `(\w+)` \|", chapter, re.M)
    assert rows == [check.__name__ for check in CHECKS] == list(FRENCH_ROWS)
    for name, (found, remedy) in FRENCH_ROWS.items():
        assert runbook.untypeset(found + remedy) == [], name
        assert len(found) > 15, name
        assert len(remedy) > 15, name
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
