"""`relais person …` on the tables as they are deployed, from the request to the certificate."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import typer
from moto import mock_aws

import samples
from chalicelib.cases.intake.submission import IncomingForm
from chalicelib.core.settings import Settings
from chalicelib.services import Services
from environment import RITA
from fakes import MemoryBulkMailer, MemoryMailer, MemoryQueue, MemorySuppression, SetClock
from infra.operator.errors import OperatorError
from infra.operator.stage import Operator
from operator_cli import listed
from operator_cli import relais as run
from subscribers import Person
from tables import make_tables
from traces import traces

ZOE = "zoe@lavoie.example"


@pytest.fixture
def operator(aws: None, settings: Settings, clock: SetClock) -> Iterator[Operator]:
    with mock_aws():
        make_tables(boto3.client("dynamodb"), "relais-test-records", "relais-test-subscribers")
        boto3.client("secretsmanager").create_secret(
            Name="relais-test-keys", SecretString=json.dumps({"key": "k" * 64})
        )
        yield Operator("test", now=clock, settings=settings)


@pytest.fixture
def service(operator: Operator, mailer: MemoryMailer, clock: SetClock) -> Services:
    from chalicelib.core.ports import Put

    operator.store.commit([Put(dict(RITA))])
    secret = operator.services.secret
    found = Services(operator.settings, operator.store, secret, mailer, clock,
                     MemorySuppression(), (MemoryBulkMailer(), MemoryQueue()))  # fmt: skip
    fields = samples.eoi(contact_email=ZOE, contact_last_name="Petit-Lavoie")
    found.intake.receive(IncomingForm("eoi", fields, "fr", address="192.0.2.1"))
    zoe = Person(found, mailer, clock, ZOE).joined()
    zoe.deliver()
    return found


def test_a_person_is_shown_given_out_and_erased_with_a_certificate(
    operator: Operator, service: Services, tmp_path: Path
) -> None:
    number = run(operator, "person", "request", "add", ZOE, "--kind", "erasure").split()[1][:-1]
    assert listed(operator, "person", "request", "list")[0]["id"] == number
    shown = {row["what"]: row["as"] for row in listed(operator, "person", "show", ZOE)}
    (file,) = (what for what in shown if what.startswith("file "))
    assert shown[file] == "contact, owner"
    run(operator, "person", "export", ZOE, str(tmp_path / "zoe.zip"))
    with zipfile.ZipFile(io.BytesIO((tmp_path / "zoe.zip").read_bytes())) as archive:
        assert {"person.json", "person.csv"} <= set(archive.namelist())
    with pytest.raises(Exception, match="is open"):
        run(operator, "person", "erase", ZOE, "--reason", "asked")
    run(operator, "person", "erase", ZOE, "--reason", "asked", "--force-open",
        "--certificate", str(tmp_path))  # fmt: skip
    certificate = json.loads((tmp_path / "certificate.json").read_text("utf-8"))
    assert "case_letter" in certificate["went"]
    assert "Attestation" in (tmp_path / "certificate.fr.txt").read_text("utf-8")
    rows = list(operator.tables.everything())
    left = traces(rows, [ZOE, "Petit-Lavoie"])
    assert {key[0].partition("#")[0] for key in left} == {"REQUEST"}, left
    run(operator, "person", "request", "close", number, "--outcome", "erased")
    assert run(operator, "person", "request", "list") == "No request waits"


def test_a_wrong_address_is_corrected_everywhere(
    operator: Operator, service: Services, mailer: MemoryMailer
) -> None:
    new = "zoe@new.example"
    told = run(operator, "person", "correct", ZOE, "--to", new)
    assert "corrected, both addresses are told" in told
    assert "asked to confirm" in told
    while service.mail.outbox.sweep().get("sent"):
        pass
    assert mailer.to(new)
    assert {row["what"] for row in listed(operator, "person", "show", new)} > {"case"}


def test_a_hold_is_set_and_ended(operator: Operator, service: Services, clock: SetClock) -> None:
    words = ("person", "hold", ZOE, "--reason", "file 500-17", "--until", "2027-08-03")
    assert run(operator, *words).startswith("Held until 2027-08-03")
    with pytest.raises(Exception, match="hold"):
        run(operator, "person", "erase", ZOE)
    assert run(operator, "person", "release", ZOE) == "Released"
    assert run(operator, "person", "release", ZOE).startswith("Nothing to do")


def test_nobody_is_nobody(operator: Operator, tmp_path: Path) -> None:
    assert run(operator, "person", "show", "no@one.example").startswith("Nothing is kept")
    for words in (("person", "show", "nobody"),
                  ("person", "export", "no@one.example", str(tmp_path / "no.zip")),
                  ("person", "request", "add", ZOE, "--kind", "access", "--received", "3 mars"),
                  ("person", "request", "add", ZOE, "--kind", "access", "--received", "2099-01-01"),
                  ):  # fmt: skip
        with pytest.raises((OperatorError, typer.BadParameter)):
            run(operator, *words)
