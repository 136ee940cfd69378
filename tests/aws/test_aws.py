"""The service wired to AWS as it is deployed, on moto: tables, keys, mail and statuses."""

import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from chalice.local import LambdaContext
from chalice.test import Client
from moto import mock_aws

import app as application
import files
import samples
import sent_issue
import subscribers
from chalicelib import services
from chalicelib.aws import issue_account, patience
from chalicelib.aws.bulk import SesBulkMailer
from chalicelib.aws.clients import make_client
from chalicelib.aws.documents import SCAN_TAG
from chalicelib.aws.ses import SesMailer, SesSuppression
from chalicelib.cases.review.model import Decision
from chalicelib.cases.staff import Staff
from chalicelib.core import references
from chalicelib.core.errors import (
    AccountRefused,
    DeliveryFailed,
    NotYet,
    OutcomeUnknown,
    StoreDown,
    Throttled,
)
from chalicelib.core.letter_row import tag_of
from chalicelib.core.links import Links
from chalicelib.core.ports import Change, Mail, Put
from chalicelib.core.records import stamp
from chalicelib.core.settings import Settings
from chalicelib.desk.filters import Filters
from chalicelib.desk.many import Chosen
from chalicelib.forms.attachments.ports import CLEAN
from chalicelib.newsletter.sending.ports import Bulk
from chalicelib.newsletter.subscribers import subscriber
from chalicelib.newsletter.subscribers.subscriber import SignUpRequest, Subscriber, seconds
from environment import ENVIRONMENT, RITA
from fakes import stream_event
from infra.people_key import keep_people_key
from tables import make_tables

ROOT = Path(__file__).resolve().parents[2]
MAIL = Mail(
    to="ada@example.org", subject="é", text="t", html="<p>h</p>", lang="fr", tag="CASE_1_1_x"
)


@pytest.fixture
def wired(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    services.settings.cache_clear()
    services.forget()
    with mock_aws():
        client = boto3.client("dynamodb")
        make_tables(client)
        client.put_item(
            TableName="Records",
            Item={k: {"BOOL": v} if isinstance(v, bool) else {"S": v} for k, v in RITA.items()},
        )
        boto3.client("secretsmanager").create_secret(
            Name=ENVIRONMENT["KEYS_SECRET"], SecretString=json.dumps({"key": "k" * 64})
        )
        keep_people_key(boto3.client("secretsmanager"), "test")
        sesv2 = boto3.client("sesv2")
        sesv2.create_email_identity(EmailIdentity="example.org")
        sesv2.create_configuration_set(ConfigurationSetName=ENVIRONMENT["CONFIGURATION_SET"])
        boto3.client("sqs").create_queue(QueueName=ENVIRONMENT["ISSUE_QUEUE"].rpartition("/")[2])
        with Client(application.app) as found:
            yield found
    services.settings.cache_clear()
    services.forget()


def post(client: Client, form: str, fields: dict[str, Any]) -> Any:
    headers = {"Content-Type": "application/json"}
    return client.http.post(f"/forms/{form}", headers=headers, body=json.dumps(fields).encode())


def items(prefix: str = "") -> list[dict[str, Any]]:
    found = boto3.client("dynamodb").scan(TableName="Records")["Items"]
    return [item for item in found if item["pk"]["S"].startswith(prefix)]


def stream(client: Client, *keys: tuple[str, str]) -> Any:
    owed = list(keys) or [
        (i["pk"]["S"], i["sk"]["S"])
        for i in items("CASE#")
        if i["kind"]["S"] == "letter" and i["status"]["S"] == "owed"
    ]
    return client.lambda_.invoke("deliver_letters", stream_event(*owed)).payload


@pytest.mark.parametrize("form", ["eoi", "assessment", "eoi with the newsletter"])
def test_a_form_is_stored_in_one_transaction_and_answered(wired: Client, form: str) -> None:
    form, _, ticked = form.partition(" ")
    fields = {**getattr(samples, form)(), **({"consent_newsletter": True} if ticked else {})}
    calls = []
    store = services.services().store
    client = store._client  # type: ignore[attr-defined]
    client.meta.events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name))
    answer = post(wired, form, fields)
    assert answer.status_code == 201, answer.body
    assert calls == ["TransactWriteItems"], "one round trip"
    again = post(wired, form, fields)
    assert again.json_body["ref"] == answer.json_body["ref"]
    assert again.headers["Idempotent-Replayed"] == "true"


def test_the_stream_s_function_sends_what_is_owed(wired: Client) -> None:
    post(wired, "eoi", samples.eoi())
    assert stream(wired) == {"batchItemFailures": []}
    assert stream(wired) == {"batchItemFailures": []}
    letters = [i for i in items("CASE#") if i["kind"]["S"] == "letter"]
    assert sorted(i["status"]["S"] for i in letters) == ["sent", "sent", "spread"]


def test_a_record_that_breaks_is_reported_alone(
    wired: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    post(wired, "eoi", samples.eoi())
    deliver = services.services().mail.outbox.deliver

    def breaks(key: tuple[str, str], by: str) -> str:
        if key[1].endswith("staff"):
            raise StoreDown("away")
        return deliver(key)

    monkeypatch.setattr(services.services().mail.outbox, "deliver", breaks)
    failed = stream(wired)["batchItemFailures"]
    assert len(failed) == 1
    statuses = {
        i["to"]["S"]: i["status"]["S"] for i in items("CASE#") if i["kind"]["S"] == "letter"
    }
    assert statuses == {"applicant": "sent", "staff": "owed"}


def test_the_sweep_sends_what_the_stream_did_not(wired: Client) -> None:
    post(wired, "eoi", samples.eoi())
    event = wired.events.generate_cw_event("aws.events", "Scheduled Event", {}, [])
    assert wired.lambda_.invoke("sweep", event).payload == {"sent": 1, "spread": 1}
    assert wired.lambda_.invoke("sweep", event).payload == {"sent": 1}
    assert wired.lambda_.invoke("sweep", event).payload == {}


def test_what_ses_says_settles_a_letter(wired: Client) -> None:
    post(wired, "eoi", samples.eoi())
    stream(wired)
    case = next(i["pk"]["S"] for i in items("CASE#"))
    tag = f"{case.replace('#', '_')}_000001_eoi--received_applicant"
    event = {"eventType": "Delivery", "mail": {"tags": {"mail": [tag]}, "messageId": "m"}}
    assert settle(wired, event) == {"batchItemFailures": []}
    (letter,) = [i for i in items(case) if i["sk"]["S"].endswith("eoi_received#applicant")]
    assert letter["status"]["S"] == "delivered"


def settle(client: Client, *reports: dict[str, Any], topic: str = ENVIRONMENT["MAIL_TOPIC"]) -> Any:
    """What the function says of events that came through the topic into the queue."""
    records = [
        {
            "messageId": str(number),
            "receiptHandle": "r",
            "body": json.dumps({"TopicArn": topic, "Message": json.dumps(report)}),
        }
        for number, report in enumerate(reports)
    ]
    return client.lambda_.invoke("settle_mail", {"Records": records}).payload


def test_an_event_of_another_topic_changes_nothing(wired: Client) -> None:
    post(wired, "eoi", samples.eoi())
    stream(wired)
    before = items()
    case = next(i["pk"]["S"] for i in items("CASE#"))
    tag = f"{case.replace('#', '_')}_000001_eoi--received_applicant"
    event = {"eventType": "Delivery", "mail": {"tags": {"mail": [tag]}, "messageId": "m"}}
    assert settle(wired, event, topic="arn:aws:sns:ca-central-1:666666666666:mail-events") == {
        "batchItemFailures": []
    }
    assert items() == before


class Refusing:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def send_email(self, **_: Any) -> None:
        raise self.error


class Taking:
    def __init__(self) -> None:
        self.to: list[str] = []
        self.from_: list[str] = []

    def send_email(self, **mail: Any) -> dict[str, str]:
        self.from_.append(mail["FromEmailAddress"])
        self.to += mail["Destination"]["ToAddresses"]
        return {"MessageId": "m"}

    def send_bulk_email(self, **mail: Any) -> dict[str, list[Any]]:
        self.from_.append(mail["FromEmailAddress"])
        return {"BulkEmailEntryResults": []}


def test_ses_is_given_a_domain_in_its_ascii_form() -> None:
    client = Taking()
    mailer = SesMailer(client, sender="a", reply_to="b", configuration_set="c")  # type: ignore[arg-type]
    for address in ("ada@Québec.ca", "ada@example.org"):
        mailer.send(MAIL._replace(to=address))
    assert client.to == ["ada@xn--qubec-csa.ca", "ada@example.org"]


def refusal(code: str, message: str = "no: ada@example.org") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "SendEmail")


def mailer_that_meets(error: Exception) -> SesMailer:
    return SesMailer(Refusing(error), sender="a", reply_to="b", configuration_set="c")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "permanent"),
    [
        (refusal("MessageRejected"), True),
        (refusal("BadRequestException"), True),
        (refusal("InternalFailure"), False),
        (refusal("ServiceUnavailable"), False),
    ],
)
def test_a_refusal_says_whether_trying_again_helps(error: Exception, permanent: bool) -> None:
    with pytest.raises(DeliveryFailed) as failed:
        mailer_that_meets(error).send(MAIL)
    assert failed.value.permanent is permanent
    assert "ada@" not in str(failed.value), "no address in a log"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "MessageRejected",
            "Email address is not verified. The following identities failed the check in region "
            "CA-CENTRAL-1: ada@example.org",
        ),
        ("MessageRejected", "Sending paused for this account. For more information, see ..."),
        ("BadRequestException", "Sending suspended for this account."),
        ("TooManyRequestsException", "Daily message quota exceeded."),
        ("LimitExceededException", "no"),
        ("AccountSuspendedException", "no"),
        ("SendingPausedException", "no"),
        ("MailFromDomainNotVerifiedException", "no"),
        ("NotFoundException", "Configuration set <relais-prod> does not exist."),
        ("AccessDeniedException", "not authorized to perform ses:SendEmail"),
        ("UnrecognizedClientException", "The security token included in the request is invalid"),
    ],
)
def test_a_fault_of_the_account_is_no_letter_s(code: str, message: str) -> None:
    with pytest.raises(AccountRefused) as refused:
        mailer_that_meets(refusal(code, message)).send(MAIL)
    assert "ada@" not in str(refused.value), "no address in a log"


@pytest.mark.parametrize(
    "error",
    [
        refusal("TooManyRequestsException", "Maximum sending rate exceeded."),
        refusal("ThrottlingException"),
        EndpointConnectionError(endpoint_url="https://example.org"),
    ],
)
def test_what_a_minute_mends_is_no_letter_s_fault(error: Exception) -> None:
    with pytest.raises(Throttled):
        mailer_that_meets(error).send(MAIL)


@pytest.mark.parametrize(
    ("sender", "header"),
    [
        ("Innoweave <forms@example.org>", "Innoweave <forms@example.org>"),
        ("Fondation Élan <a@québec.ca>", "=?utf-8?q?Fondation_=C3=89lan?= <a@xn--qubec-csa.ca>"),
        ('"Relais, le vrai" <a@example.org>', '"Relais, le vrai" <a@example.org>'),
        ("forms@example.org", "forms@example.org"),
    ],
)
def test_the_sender_of_every_mail_is_written_in_ascii(
    settings: Settings, sender: str, header: str
) -> None:
    client: Any = Taking()
    carrier: Any = {"sender": sender, "reply_to": "b", "configuration_set": "c"}
    SesMailer(client, **carrier).send(MAIL)
    text = sent_issue.TEXTS["fr"]
    with mock_aws():
        bulk: Any = make_client("sesv2")
        bulk.send_bulk_email = client.send_bulk_email
        SesBulkMailer(bulk, **carrier).offer(Bulk(text, {}, []))
    mine = settings.model_copy(update={"sender": sender})
    links = Links(["a" * 64], settings.public_url, "")
    issue_account.TestMail(client, mine, links, b"k")(text, "ada@example.org", "2026-03")
    assert client.from_ == [header] * 3
    assert parseaddr(str(make_header(decode_header(header))))[0] == parseaddr(sender)[0]


def test_an_answer_that_got_lost_is_unknown() -> None:
    with pytest.raises(OutcomeUnknown):
        mailer_that_meets(ReadTimeoutError(endpoint_url="https://example.org")).send(MAIL)


def test_mail_is_never_offered_twice_by_the_client() -> None:
    assert patience.ONCE.retries["total_max_attempts"] == 1  # type: ignore[attr-defined]


ACTIONS = {
    "GetSecretValue": {"secretsmanager:GetSecretValue"},
    "SendEmail": {"ses:SendEmail"},
    "GetSuppressedDestination": {"ses:GetSuppressedDestination"},
    "DeleteSuppressedDestination": {"ses:DeleteSuppressedDestination"},
    "GetAccount": {"ses:GetAccount"},
    # AWS knows the same call by the name of the older API too.
    "SendBulkEmail": {"ses:SendBulkEmail", "ses:SendBulkTemplatedEmail"},
    "SendMessageBatch": {"sqs:SendMessage"},
    "GetQueueAttributes": {"sqs:GetQueueAttributes"},
    "ReceiveMessage": {"sqs:ReceiveMessage"},
    "DeleteMessage": {"sqs:DeleteMessage"},
}
PLATFORM = {
    "dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator",
    "dynamodb:ListStreams", "logs:CreateLogStream", "logs:PutLogEvents",
    "sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes",
}  # fmt: skip
"""What Lambda itself does in the function's name: reads the stream and the queues, keeps
failures, writes logs."""

CANNED: dict[str, dict[str, Any]] = {
    "GetSuppressedDestination": {"SuppressedDestination": {"Reason": "BOUNCE"}},
    "DeleteSuppressedDestination": {"ResponseMetadata": {}},
    "GetAccount": {
        "SendQuota": {"Max24HourSend": 50000.0, "MaxSendRate": 14.0, "SentLast24Hours": 0.0}
    },
    "SendBulkEmail": {"BulkEmailEntryResults": [{"Status": "SUCCESS", "MessageId": "m"}]},
}


Permission = tuple[str, str]
"""An IAM action, and on what: a table, one of its indexes, a secret; blank for all other."""


def used(model: Any, params: dict[str, Any]) -> set[Permission]:
    """The IAM actions that a call needs, and on what."""
    if model.service_model.service_name == "s3":
        if model.name == "ListObjectsV2":
            kept = ENVIRONMENT["IMAGE_BUCKET"] in str(params)
            return {("s3:ListBucket", "ImageBucket" if kept else "AttachmentBucket")}
        return {(f"s3:{model.name}", "")}
    body = json.loads(params["body"]) if params["body"] else {}
    if model.name == "TransactWriteItems":
        return {
            (f"dynamodb:{kind}Item", item[kind]["TableName"])
            for item in body["TransactItems"]
            for kind in item
        }
    if model.name == "BatchGetItem":
        return {("dynamodb:BatchGetItem", table) for table in body["RequestItems"]}
    if "TableName" in body:
        index = f"/index/{body['IndexName']}" if "IndexName" in body else ""
        return {(f"dynamodb:{model.name}", body["TableName"] + index)}
    of = body["SecretId"].removeprefix("relais-test-") if model.name == "GetSecretValue" else ""
    return {(action, of) for action in ACTIONS.get(model.name, {f"dynamodb:{model.name}"})}


def allowed(policy: str) -> set[Permission]:
    path = ROOT / ".chalice" / policy
    statements = json.loads(path.read_text("utf-8"))["Statement"]
    return {
        # The emulator has names of its own for some: what AWS reads is the last of an If.
        (action["Fn::If"][2] if isinstance(action, dict) else action, resource)
        for statement in statements
        for action in statement["Action"]
        for resource in named(statement["Resource"])
        if (action["Fn::If"][2] if isinstance(action, dict) else action) not in PLATFORM
    }


MET_ELSEWHERE: dict[str, set[Permission]] = {
    # Candidates for an orphan, and files of the same organization, on a review page; what the
    # address of a download allows, and a large document that came; issues, their images and
    # subscribers at the desk, what waits of coaches there, and what SES would let an issue do.
    "api": {
        ("dynamodb:BatchGetItem", "Subscribers"), ("dynamodb:Query", "Subscribers/index/audience"),
        ("dynamodb:ConditionCheckItem", "Subscribers"),
        ("dynamodb:Query", "Subscribers/index/state"), ("dynamodb:Scan", "Subscribers"),
        ("ses:GetAccount", ""), ("ses:GetEmailIdentity", ""),
        ("dynamodb:Query", "Records/index/person"), ("dynamodb:Query", "Records/index/state"),
        ("s3:GetObject", ""), ("s3:ListBucket", "AttachmentBucket"),
        ("s3:GetObjectTagging", ""), ("s3:DeleteObject", ""),
    },
    # A large document that is read; one that replaces another, and one that nobody owns any more.
    "settle_scan": {
        ("s3:GetObject", ""),
        ("dynamodb:BatchGetItem", "Records"), ("dynamodb:DeleteItem", "Records"),
        ("dynamodb:PutItem", "Records"), ("s3:DeleteObject", ""),
    },
    # What an object that is nobody's leads to, in a row's place.
    "sweep_attachments": {
        ("dynamodb:BatchGetItem", "Records"), ("dynamodb:DeleteItem", "Records"),
        ("dynamodb:PutItem", "Records"), ("dynamodb:UpdateItem", "Records"), ("s3:GetObject", ""),
        ("s3:GetObjectTagging", ""),
    },
    # Files and subscribers that are counted again, where the tests alone are seen to scan; lists of
    # subscribers, and tests of an issue.
    "run_jobs": {
        ("dynamodb:GetItem", "Subscribers"), ("dynamodb:PutItem", "Subscribers"),
        ("dynamodb:Query", "Subscribers"), ("dynamodb:Scan", "Records"),
        ("dynamodb:Scan", "Subscribers"), ("dynamodb:UpdateItem", "Subscribers"),
        ("ses:SendEmail", ""),
    },
    # The links of somebody's files.
    "deliver_letters": {
        ("dynamodb:Query", "Records/index/person"), ("dynamodb:Query", "Subscribers"),
    },
    # The same, clocks that end, and the digest of the day; scans that nobody told of.
    "sweep": {
        ("s3:DeleteObject", ""), ("s3:GetObject", ""), ("s3:GetObjectTagging", ""),
        ("s3:ListBucket", "AttachmentBucket"),
        ("dynamodb:DeleteItem", "Records"), ("dynamodb:Query", "Records/index/person"),
        ("dynamodb:Query", "Records/index/state"),
    },
    # Letters of a sign-up that came back, and of the links of somebody's files.
    "settle_mail": {
        ("dynamodb:DeleteItem", "Records"), ("dynamodb:Query", "Records/index/person"),
    },
    # An issue that is paused by itself: the roster, and the letters to it.
    "send_issue": {
        ("dynamodb:GetItem", "Records"), ("dynamodb:PutItem", "Records"),
    },
}  # fmt: skip
"""What a function may do that the walk below does not meet, and why it needs it."""


def named(resource: Any) -> set[str]:
    """What a resource of a policy is called here."""
    if isinstance(resource, list):
        return set().union(*map(named, resource))
    if "Fn::GetAtt" in resource:
        return {resource["Fn::GetAtt"][0]}
    text = str(resource.get("Fn::Sub", "")) if isinstance(resource, dict) else ""
    if secret := re.search(r":secret:relais-\$\{Stage\}-(\w+)-\*$", text):
        return {secret[1]}
    return {text.replace("${", "").replace(".Arn}", "") if "/index/" in text else ""}


def test_each_function_may_do_what_it_does_and_nothing_else(
    wired: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, set[Permission]] = {}
    current = ["api"]
    make = make_client

    def watched(*arguments: Any, **named: Any) -> Any:
        client = make(*arguments, **named)

        def noted(model: Any, params: dict[str, Any], **_: Any) -> Any:
            seen.setdefault(current[0], set()).update(used(model, params))
            # What moto lacks is taken to answer that all is well.
            answer = CANNED.get(model.name)
            return answer and (AWSResponse("", 200, HTTPHeaders(), io.BytesIO()), answer)

        client.meta.events.register_last("before-call", noted)
        return client

    for place in ("chalicelib.services", "chalicelib.aws.adapters"):
        monkeypatch.setattr(f"{place}.make_client", watched)

    def start(function: str) -> None:
        """A function starts on its own, with nothing wired yet."""
        services.forget()
        current[0] = function

    start("api")
    told = post(wired, "eoi", samples.eoi()).json_body
    wired.http.get(told["links"]["status"].removeprefix(ENVIRONMENT["PUBLIC_URL"]))
    newsletter(wired)
    start("deliver_letters")
    stream(wired)
    stream(wired)
    stream(wired, coming_back("zoe@example.org"))
    link = re.search(r"/review/[\w-]+", sent_to("rita.roy@example.org"))
    assert link
    start("api")
    html = {"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"}
    wired.http.get(link[0], headers=html)
    wired.http.post(link[0], headers=html, body=b"decision=approve")
    start("sweep")
    post(wired, "eoi", samples.eoi(contact_email="b@example.org"))
    coming_back("max@example.org")
    never_confirmed("eve@example.org")
    seen.pop("sweep")
    start("sweep")
    event = wired.events.generate_cw_event("aws.events", "Scheduled Event", {}, [])
    wired.lambda_.invoke("sweep", event)
    settle_both(wired, start)
    current[0] = "tests"
    send_an_issue(wired, start)
    run_a_job(wired, start)
    take_a_document(wired, start)
    names = ("api", "deliver_letters", "sweep", "settle_mail", "send_issue", "run_jobs",
             "settle_scan", "sweep_attachments")  # fmt: skip
    for function in names:
        # The tests alone look at the whole table.
        found = {
            (action, of)
            for action, of in seen[function]
            if action not in PLATFORM and action != "dynamodb:Scan"
        }
        may = allowed(f"policy-{function}.json")
        assert found - may == set(), function
        assert may - found == MET_ELSEWHERE[function], function


def take_a_document(client: Client, start: Callable[[str], None]) -> None:
    """A document that is added, scanned, and swept with one that nobody owns."""
    bucket = ENVIRONMENT["ATTACHMENT_BUCKET"]
    s3 = boto3.client("s3")
    where: Any = {"LocationConstraint": "ca-central-1"}
    for one in (bucket, ENVIRONMENT["IMAGE_BUCKET"]):
        s3.create_bucket(Bucket=one, CreateBucketConfiguration=where)
    start("api")
    kinds = {"Content-Type": "application/json"}
    body = json.dumps({"form": "application", "uninvited": "1"}).encode()
    draft = client.http.post("/draft", headers=kinds, body=body).json_body["links"]["draft"]
    path = draft.removeprefix(ENVIRONMENT["PUBLIC_URL"]) + "/documents"
    body = files.form_data(files.pdf(), do="add:file_other")
    kinds = {"Content-Type": files.SENT_WITH}
    added = client.http.post(path, headers=kinds, body=body)
    assert [one["state"] for one in added.json_body["documents"]] == ["scanning"], added.body
    (key,) = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    s3.put_object_tagging(
        Bucket=bucket, Key=key, Tagging={"TagSet": [{"Key": SCAN_TAG, "Value": CLEAN}]}
    )
    start("settle_scan")
    detail = {"s3ObjectDetails": {"bucketName": bucket, "objectKey": key}}
    event = client.events.generate_cw_event("aws.guardduty", "Scan Result", detail, [])
    assert client.lambda_.invoke("settle_scan", event).payload == "clean"
    s3.put_object(Bucket=bucket, Key="incoming/nobody", Body=b"x")
    lone = f"2026-03/a.{'0' * 32}.png"
    s3.put_object(Bucket=ENVIRONMENT["IMAGE_BUCKET"], Key=lone, Body=b"x")
    start("sweep_attachments")
    minder = services.services().drafts.minder
    later = replace(minder, now=lambda: datetime.now(UTC) + timedelta(hours=3))
    vars(services.services().drafts)["minder"] = later
    found = services.services().issues
    in_two_days = replace(found._parts, now=lambda: datetime.now(UTC) + timedelta(days=2))
    found._parts = in_two_days
    tick = client.events.generate_cw_event("aws.events", "Scheduled Event", {}, [])
    assert client.lambda_.invoke("sweep_attachments", tick).payload == {
        "owned": 1, "orphan": 1, "orphan_images": 1,
    }  # fmt: skip


def run_a_job(client: Client, start: Callable[[str], None]) -> None:
    """An export of all files, and a decision on one."""
    current = services.services().desk
    boto3.client("s3").create_bucket(
        Bucket=ENVIRONMENT["EXPORT_BUCKET"],
        CreateBucketConfiguration={"LocationConstraint": "ca-central-1"},
    )
    filters, me = Filters.of({}), Staff.of(RITA)
    job = current.exporting.begin(current.jobs, me, filters, ["file.ref"], "xlsx", "fr")
    ref = post(client, "eoi", samples.eoi(contact_email="m@example.org")).json_body["ref"]
    case = services.services().lookup.case(references.file_number_of(ref))
    assert case is not None
    seen = [Chosen(case.id, case.version, case.events)]
    current.many.begin(current.jobs, me, seen, Decision("approve"), {})
    start("run_jobs")
    tick = client.events.generate_cw_event("aws.events", "Scheduled Event", {}, [])
    assert client.lambda_.invoke("run_jobs", tick).payload == 2
    after = services.services().lookup.case(case.id)
    assert after is not None
    assert after.state == "EOI_APPROVED"
    found = services.services().desk
    made = found.jobs.of(me.id, job.id)
    assert made is not None
    address = found.exporting.address(made, me)
    assert "X-Amz-Expires=60&" in address
    assert ENVIRONMENT["EXPORT_BUCKET"] in address


def send_an_issue(client: Client, start: Callable[[str], None]) -> None:
    """Due, frozen, sent; one of its mails comes back, and so does a mail to confirm."""
    found, now = services.services(), datetime.now(UTC)
    key = found.secret.people
    sent_issue.enrol(found.store, sent_issue.reader(key, "reader@example.org"))
    sent_issue.scheduled(found.store, now)
    pending("new@example.org")
    tick = client.events.generate_cw_event("aws.events", "Scheduled Event", {}, [])
    start("sweep")
    client.lambda_.invoke("sweep", tick)
    start("send_issue")
    assert work(client) == ["frozen"]
    assert work(client) == ["done"]
    start("settle_mail")
    row = {"campaign": [sent_issue.ISSUE], "row": ["00-0000-0-0"], "lang": ["fr"]}
    mail = {"messageId": "m", "tags": row, "destination": ["reader@example.org"]}
    back = {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": "new@example.org"}]}
    arrived = {"recipients": ["reader@example.org"], "timestamp": stamp(now)}
    assert settle(
        client,
        {"eventType": "Delivery", "mail": mail, "delivery": arrived},
        {"notificationType": "Bounce", "mail": {"messageId": "n"}, "bounce": back},
        {"eventType": "Complaint", "mail": mail, "complaint": {}},
    ) == {"batchItemFailures": []}
    start("sweep")
    waits = Change(("ISSUE#" + sent_issue.ISSUE, "ISSUE"), set={"due_at": stamp(now)})
    found.store.commit([waits])
    client.lambda_.invoke("sweep", tick)


def work(client: Client) -> Any:
    """What the function says of the next message of the queue."""
    queue = boto3.client("sqs")
    (message,) = queue.receive_message(QueueUrl=ENVIRONMENT["ISSUE_QUEUE"])["Messages"]
    record = {"messageId": "1", "receiptHandle": "r", "body": message["Body"]}
    queue.delete_message(
        QueueUrl=ENVIRONMENT["ISSUE_QUEUE"], ReceiptHandle=message["ReceiptHandle"]
    )
    return application.app.handler_map["send_issue"](
        {"Records": [record]}, as_deployed("send_issue")
    )


def as_deployed(function: str) -> LambdaContext:
    """A context with the time that the function has: Chalice's client gives each three seconds, in
    which a busy machine freezes no audience."""
    functions = json.loads((ROOT / ".chalice" / "config.json").read_text("utf-8"))["stages"][
        "stack"
    ]
    seconds = functions["lambda_functions"][function]["lambda_timeout"]
    return LambdaContext(function, 1024, max_runtime_ms=seconds * 1000)


def pending(address: str) -> None:
    found = services.services()
    asked = stamp(datetime.now(UTC))
    request: SignUpRequest = {
        "email": address, "lang": "fr", "topics": ["news"], "name": None, "province": None,
        "since": asked, "asked_at": asked, "reminded": False,
    }  # fmt: skip
    row = Subscriber(
        found.subscribers.sign_ups.person(address), "PENDING", 1, asked, request=request
    )
    found.store.commit([Put(row.item())])


def settle_both(client: Client, start: Callable[[str], None]) -> None:
    """SES tells of a case's letter, and that three of the newsletter's came back: it had one of
    them on its list."""
    start("before")
    never_confirmed("ivy@example.org")
    keys = [coming_back("kim@example.org")]
    found, now = services.services(), stamp(datetime.now(UTC))
    lee = found.subscribers.sign_ups.person("lee@example.org")
    found.store.commit([Put(Subscriber(lee, "ACTIVE", 1, now, "lee@example.org").item())])
    keys.append((subscriber.letters_pk(lee), "x"))
    keys.append(
        (
            subscriber.letters_pk(
                services.services().subscribers.sign_ups.person("ivy@example.org")
            ),
            "x",
        )
    )
    case = next(i["pk"]["S"] for i in items("CASE#"))
    tags = [f"{case.replace('#', '_')}_000001_eoi--received_applicant", tag_of(*keys[0])]
    tags += [tag_of(pk, "LETTER#1#newsletter_confirm#subscriber") for pk, _ in keys[1:]]
    start("settle_mail")
    for tag in tags:
        bounce = {
            "bounceType": "Permanent",
            "bounceSubType": "OnAccountSuppressionList",
            "timestamp": stamp(datetime.now(UTC)),
        }
        mail = {"tags": {"mail": [tag]}, "messageId": "m", "destination": ["kim@example.org"]}
        report = {"eventType": "Bounce", "mail": mail, "bounce": bounce}
        assert settle(client, report) == {"batchItemFailures": []}


def newsletter(client: Client) -> None:
    """Signs up, confirms, leaves, is forgotten, and cancels another sign-up."""
    headers = {"Content-Type": "application/json"}
    for address, steps in (("n@example.org", ("confirm", "unsubscribe")), ("o@example.org", ())):
        body = json.dumps({"email": address, "language": "fr", "consent": True}).encode()
        assert client.http.post("/newsletter", headers=headers, body=body).status_code == 202
        links = services.services().links
        person = services.services().subscribers.sign_ups.person(address)
        found = services.services().subscribers.repository.get(person)
        assert found is not None
        assert found.request is not None
        asked = seconds(found.request["asked_at"])
        paths = {
            "confirm": links.confirm(person, asked, asked, "fr", []),
            "unsubscribe": links.unsubscribe(person),
            "preferences": links.preferences(person),
        }
        for step in (*steps, "preferences", "unsubscribe"):
            path = paths[step].removeprefix(ENVIRONMENT["PUBLIC_URL"])
            body = b"action=erase&confirm=on" if step == "preferences" else b""
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            assert client.http.post(path, headers=kind, body=body).status_code == 200


def coming_back(address: str) -> tuple[str, str]:
    """Somebody whose mail bounced has signed up again: the letter to confirm is owed."""
    found = services.services()
    person, now = found.subscribers.sign_ups.person(address), datetime.now(UTC)
    found.store.commit([Put(Subscriber(person, "BOUNCED", 1, stamp(now)).item())])
    assert found.subscribers.sign_ups.ask(subscribers.wish(address)) == "asked"
    (letter,) = found.subscribers.repository.letters(person)
    return letter["pk"], letter["sk"]


def never_confirmed(address: str) -> None:
    found = services.services()
    asked = stamp(datetime.now(UTC) - timedelta(days=8))
    request: SignUpRequest = {
        "email": address, "lang": "fr", "topics": ["news"], "name": None, "province": None,
        "since": asked, "asked_at": asked, "reminded": True,
    }  # fmt: skip
    row = Subscriber(
        found.subscribers.sign_ups.person(address), "PENDING", 1, asked, request=request
    )
    found.store.commit([Put(row.item())])


def sent_to(address: str) -> str:
    """The text of the last mail that moto's SES took for somebody."""
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.ses import ses_backends

    messages = ses_backends[DEFAULT_ACCOUNT_ID]["ca-central-1"].sent_messages
    found = [m for m in messages if address in m.destinations["ToAddresses"]]
    return str(vars(found[-1]))


class Listed:
    """SES with one address on its suppression list."""

    def __init__(self, *errors: Exception, reason: str = "BOUNCE") -> None:
        self.errors = list(errors)
        self.reason = reason
        self.lifted: list[str] = []
        self.notes = 0

    def note(self) -> None:
        assert not self.lifted, "the note comes first"
        self.notes += 1

    def get_suppressed_destination(self, EmailAddress: str) -> dict[str, dict[str, str]]:
        if self.errors:
            raise self.errors.pop(0)
        return {"SuppressedDestination": {"EmailAddress": EmailAddress, "Reason": self.reason}}

    def delete_suppressed_destination(self, EmailAddress: str) -> None:
        self.lifted.append(EmailAddress)


def test_an_address_that_is_not_on_the_suppression_list_does_no_harm() -> None:
    client = Listed(refusal("NotFoundException"))
    assert not SesSuppression(client).lift("ada@example.org", client.note)  # type: ignore[arg-type]
    assert (client.notes, client.lifted) == (0, [])


@pytest.mark.parametrize(("reason", "lifted"), [("BOUNCE", ["ada@example.org"]), ("COMPLAINT", [])])
def test_who_complained_stays_on_the_suppression_list(reason: str, lifted: list[str]) -> None:
    client = Listed(reason=reason)
    done = SesSuppression(client).lift("ada@example.org", client.note)  # type: ignore[arg-type]
    assert (client.lifted, client.notes, done) == (lifted, len(lifted), bool(lifted))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (refusal("TooManyRequestsException"), Throttled),
        (ReadTimeoutError(endpoint_url="https://x.org"), Throttled),
        (refusal("AccessDeniedException"), NotYet),
    ],
)
def test_a_list_of_suppression_that_cannot_be_changed_says_whether_its_speed_is_why(
    error: Exception, kind: type[Exception]
) -> None:
    with pytest.raises(NotYet) as waits:
        SesSuppression(Listed(error)).lift("ada@example.org", Listed().note)  # type: ignore[arg-type]
    assert type(waits.value) is kind
