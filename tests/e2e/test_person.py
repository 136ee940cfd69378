"""Somebody is erased on the deployed stack, and looked for in all that it keeps."""

import json
from pathlib import Path

import samples
from deployed import Stack, ask, link_in, wait_for
from infra.operator.stage import Operator
from operator_cli import relais
from traces import traces

ZOE = "zoe.petitlavoie@example.net"
NEEDLES = (ZOE, "Petit-Lavoie", "4185550188")


def test_somebody_who_is_erased_is_in_no_table_queue_or_log(stack: Stack, tmp_path: Path) -> None:
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
    # What has left for a mailbox is out of reach, as the certificate says.
    assert {"mailboxes", "stream", "function_logs"} <= set(certificate["elsewhere"])


def _queued(stack: Stack) -> list[str]:
    sqs = stack.client("sqs")
    found = []
    for queue in sqs.list_queues().get("QueueUrls", []):
        told = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0)
        bodies = [message["Body"] for message in told.get("Messages", [])]
        found += [queue for body in bodies if any(one in body for one in NEEDLES)]
    return found
