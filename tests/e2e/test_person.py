"""Somebody is erased on the deployed stack, and looked for in all that it keeps."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import samples
from chalicelib.coaches.coach import Coach
from chalicelib.core.links import person_key
from chalicelib.people import retention
from deployed import Stack, hidden, link_in, wait_for
from infra.operator.stage import Operator
from operator_cli import relais
from traces import traces

ZOE = "zoe.petitlavoie@example.net"
OTHER = "ada.autre@example.org"
PHONE = "418 555-0188"
NAME = {"first_name": "Zoé", "last_name": "Petit-Lavoie"}
NEEDLES = (ZOE, "Petit-Lavoie", "4185550188", PHONE)
STAFF = ("rita.roy@example.org", "sam.lee@example.org")
FUNCTIONS = (
    "api", "deliver_letters", "sweep", "settle_mail", "send_issue", "run_jobs", "anchor_audit",
)  # fmt: skip


def _press(stack: Stack, link: str, **fields: str) -> None:
    given = {"nonce": hidden(stack.page(link).text, "nonce"), "confirm": "on", **fields}
    answer = stack.submit(link, list(given.items()))
    assert answer.status == 200, answer.text


def _own_file(stack: Stack) -> None:
    """A declaration with the box of the newsletter, confirmed; a result and lost links by mail."""
    given = {f"contact_{name}": value for name, value in NAME.items()}
    posted = stack.post("eoi", samples.eoi(
        contact_email=ZOE, contact_phone=PHONE, consent_newsletter=True, **given,
    ))  # fmt: skip
    assert posted.status == 201, posted.text
    # A sign-up that came with a form is begun by the sweep, which need not be waited for.
    stack.sweep()
    confirm = link_in(stack.wait_for_mail(ZOE, "Confirmez votre abonnement")["text"], "confirm")
    assert stack.submit(confirm, [("lang", "fr")]).status == 200
    file = link_in(stack.wait_for_mail(ZOE, "Déclaration")["text"], "file")
    assert "Petit-Lavoie" in stack.page(file).text
    told = stack.post("assessment", samples.assessment(send_to_email=ZOE))
    assert told.status == 201, told.text
    assert stack.submit(f"{stack.api}/file", [("email", ZOE)]).status == 303
    stack.wait_for_mail(ZOE, "liens de vos dossiers")


def _file_of_another(stack: Stack) -> None:
    """An application that names her as the fiduciary's lead and on the team, then withdrawn."""
    stack.post("eoi", samples.eoi(contact_email=OTHER, org_legal_name="Un autre organisme"))
    asked = stack.wait_for_mail(STAFF[0], "Un autre organisme")
    _press(stack, link_in(asked["text"], "review"), decision="approve")
    invited = link_in(stack.wait_for_mail(OTHER, "Invitation")["text"], "invite")
    lead = {f"fid_lead_{name}": value for name, value in NAME.items()}
    member = {**samples.APPLICATION["team"][1], **NAME, "email": ZOE}
    applied = stack.post("application", samples.application(
        applicant_email=OTHER, invite=invited.partition("invite=")[2], fid_lead_email=ZOE,
        fid_lead_phone=PHONE, **lead, team=[*samples.APPLICATION["team"], member],
    ))  # fmt: skip
    assert applied.status == 201, applied.text
    own = link_in(stack.wait_for_mail(OTHER, applied.json["ref"])["text"], "file")
    _press(stack, own, action="withdraw")


def _page_and_message(stack: Stack, operator: Operator) -> None:
    """A page in the directory, changes to it that wait for staff, and a message to a colleague."""
    editions, proposals = operator.services.coaches.editions, operator.services.coaches.proposals
    current = editions.current()
    known = editions.catalogue(current)
    colleague = next(coach for coach in known if coach.public)
    hers = {**NAME, "slug": "zoe-petit-lavoie", "email": ZOE, "phone": PHONE}
    coach = Coach.model_validate({**colleague.model_dump(), **hers})
    editions.publish([*known, coach], by=coach.slug, why="test", after=current)
    operator.store.commit(proposals._writes(coach, {"bio_fr": "Zoé Petit-Lavoie"}))
    message = [("name", "Zoé Petit-Lavoie"), ("email", ZOE), ("message", f"Appelez {PHONE}.")]
    contact = f"{stack.api}/coaches/{colleague.slug}/contact"
    assert stack.submit(contact, message).status == 303


def test_somebody_who_is_erased_is_left_only_where_the_certificate_says(
    stack: Stack, tmp_path: Path
) -> None:
    operator = Operator("local", stack.emulator.url, stack.ses.url)
    _own_file(stack)
    _file_of_another(stack)
    _page_and_message(stack, operator)
    relais(operator, "person", "request", "add", ZOE, "--kind", "erasure")
    key = person_key(ZOE, operator.services.secret.people)
    wait_for(lambda: traces(operator.tables.everything(), [key]), "rows about Zoé")

    relais(operator, "person", "export", ZOE, str(tmp_path / "zoe.zip"))
    relais(operator, "person", "erase", ZOE, "--reason", "asked", "--force-open",
           "--certificate", str(tmp_path))  # fmt: skip
    certificate = json.loads((tmp_path / "certificate.json").read_text("utf-8"))
    went = {"case_letter", "message", "proposal", "edition_part", "consent", "file_links_letter"}
    assert went <= certificate["went"].keys()
    # A letter that was on its way comes to nothing, or is found by a second erasure.
    wait_for(lambda: not _queued(stack), "queues without Zoé", 12)
    left = {_line(operator, row) for row in traces(operator.tables.everything(), [*NEEDLES, key])}
    assert left <= {*certificate["stays"], "erasure"}, left
    plain = {_line(operator, row) for row in traces(operator.tables.everything(), NEEDLES)}
    assert plain == {"request"}
    assert _holding(_indexed(stack)) == []
    for function in FUNCTIONS:
        logs = stack.logs(function)
        assert not [one for one in NEEDLES if one in logs], function
    assert _holding(_objects(stack)) == []
    # What is left anywhere else ends by itself, or is out of reach: the certificate names it.
    elsewhere = {
        "stream": _holding(_streamed(stack)),
        "mailboxes": _holding(
            json.dumps(mail, ensure_ascii=False) for mail in stack.ses.messages()
        ),
    }
    assert all(elsewhere.values()), "the search would find somebody"
    assert {*elsewhere, "function_logs"} <= set(certificate["elsewhere"])


def _line(operator: Operator, key: tuple[str, str]) -> str:
    row = operator.store.get(*key) or {}
    found = retention.row_of(*key, row.get("kind"))
    return found["name"] if found else str(key)


def _indexed(stack: Stack) -> Iterator[str]:
    """Yield what the indexes of both tables hold."""
    dynamo = stack.client("dynamodb")
    for table in dynamo.list_tables()["TableNames"]:
        described = dynamo.describe_table(TableName=table)["Table"]
        for index in described.get("GlobalSecondaryIndexes", ()):
            found = dynamo.scan(TableName=table, IndexName=index["IndexName"])["Items"]
            yield from (str(item) for item in found if "REQUEST#" not in str(item))


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
