"""Somebody is erased on the deployed stack, and looked for in all that it keeps."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import samples
from deployed import Stack, ask, link_in, wait_for
from infra.operator.stage import Operator
from operator_cli import relais
from traces import traces

ZOE = "zoe.petitlavoie@example.net"
NEEDLES = (ZOE, "Petit-Lavoie", "4185550188")
STAFF = ("rita.roy@example.org", "sam.lee@example.org")


def test_somebody_who_is_erased_is_left_only_where_the_certificate_says(
    stack: Stack, tmp_path: Path
) -> None:
    operator = Operator("local", stack.emulator.url, stack.ses.url)
    posted = stack.post("eoi", samples.eoi(
        contact_email=ZOE, contact_first_name="Zoé", contact_last_name="Petit-Lavoie",
        contact_phone="418 555-0188", consent_newsletter=True,
    ))  # fmt: skip
    assert posted.status == 201, posted.text
    stack.wait_for_mail(ZOE, "Déclaration")
    file = link_in(stack.wait_for_mail(ZOE, "Déclaration")["text"], "file")
    assert "Petit-Lavoie" in stack.page(file).text
    body = json.dumps({"email": ZOE, "language": "fr", "consent": True}).encode()
    ask("POST", f"{stack.api}/newsletter", body, Content_Type="application/json")
    wait_for(lambda: traces(operator.tables.everything(), [ZOE]), "rows about Zoé")

    relais(operator, "person", "export", ZOE, str(tmp_path / "zoe.zip"))
    relais(operator, "person", "erase", ZOE, "--reason", "asked", "--force-open",
           "--certificate", str(tmp_path))  # fmt: skip
    certificate = json.loads((tmp_path / "certificate.json").read_text("utf-8"))
    assert {"case_letter", "case_event"} & certificate["went"].keys()
    assert traces(operator.tables.everything(), NEEDLES) == {}

    # What SES reports of a letter passes through a queue, and is gone when it was read.
    wait_for(lambda: not _queued(stack), "queues without Zoé", 12)
    for function in ("api", "deliver_letters", "sweep", "settle_mail"):
        logs = stack.logs(function)
        assert not [one for one in NEEDLES if one in logs], function
    assert _holding(_objects(stack)) == []
    # What is left anywhere else ends by itself, or is out of reach: the certificate names it.
    left = {
        "stream": _holding(_streamed(stack)),
        "mailboxes": _holding(
            json.dumps(mail, ensure_ascii=False) for mail in stack.ses.messages()
        ),
    }
    assert all(left.values()), "the search would find somebody"
    assert left.keys() <= set(certificate["elsewhere"])
    for mail in stack.ses.messages():
        written = json.dumps(mail, ensure_ascii=False)
        assert not _holding([written]) or set(mail["to"]) <= {ZOE, *STAFF}


def _holding(texts: Iterable[str]) -> list[str]:
    return [text for text in texts if any(one.lower() in text.lower() for one in NEEDLES)]


def _streamed(stack: Stack) -> Iterator[str]:
    """Yield the records that the streams of the tables keep, for a day."""
    streams = stack.client("dynamodbstreams")
    for stream in streams.list_streams()["Streams"]:
        arn = stream["StreamArn"]
        for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            start = streams.get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            while start:
                told = streams.get_records(ShardIterator=start)
                yield from (str(record) for record in told["Records"])
                start = told.get("NextShardIterator") if told["Records"] else None


def _objects(stack: Stack) -> Iterator[str]:
    """Yield the names and texts of what the buckets keep, but for the packages of code."""
    s3 = stack.client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        for found in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", []):
            body = s3.get_object(Bucket=bucket["Name"], Key=found["Key"])["Body"].read()
            yield found["Key"] + body.decode(errors="replace")


def _queued(stack: Stack) -> list[str]:
    sqs = stack.client("sqs")
    found = []
    for queue in sqs.list_queues().get("QueueUrls", []):
        told = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0)
        bodies = [message["Body"] for message in told.get("Messages", [])]
        found += [queue for body in bodies if any(one in body for one in NEEDLES)]
    return found
