"""What an operator does by hand, on the tables as they are deployed."""

import csv
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
import typer
from moto import mock_aws

import samples
import subscribers
from chalicelib import content
from chalicelib.aws.keys import Keys
from chalicelib.aws.lists import DynamoSubscriberStore
from chalicelib.cases.intake.submission import IncomingForm
from chalicelib.cases.staff import RosterRefused
from chalicelib.content import edits
from chalicelib.core import templates
from chalicelib.core.errors import DeliveryFailed
from chalicelib.core.links import Links, person_key
from chalicelib.core.settings import Settings
from chalicelib.desk.edits import DeskEdits
from chalicelib.newsletter.subscribers import pending
from chalicelib.services import Services
from environment import RITA
from fakes import MemoryMailer, MemorySuppression, SetClock
from infra.operator.errors import OperatorError
from infra.operator.stage import Operator
from operator_cli import listed
from operator_cli import relais as run
from tables import make_tables


@pytest.fixture
def operator(aws: None, settings: Settings, clock: SetClock) -> Iterator[Operator]:
    with mock_aws():
        make_tables(boto3.client("dynamodb"), "relais-test-records", "relais-test-subscribers")
        boto3.client("secretsmanager").create_secret(
            Name="relais-test-keys", SecretString=json.dumps({"key": "k" * 64})
        )
        yield Operator("test", now=clock, settings=settings)


def test_the_roster_is_kept_by_hand(operator: Operator) -> None:
    rita = ("staff", "add", "--name", "Rita Roy", "--email", "rita@example.org", "--lang", "fr")
    assert run(operator, "staff", "list") == "Nobody yet"
    assert run(operator, *rita) == "Added rita-roy"
    with pytest.raises(RosterRefused, match="already"):
        run(operator, *rita)
    other = ("staff", "add", "--name", "Rita Roy", "--email", "r2@example.org", "--lang", "en")
    assert run(operator, *other) == "Added rita-roy-2"
    assert run(operator, "staff", "remove", "rita-roy") == "Removed rita-roy"
    with pytest.raises(RosterRefused, match="not on the roster"):
        run(operator, "staff", "remove", "rita-roy")
    assert [row["removed"] for row in listed(operator, "staff", "list")] == [True, False]
    assert run(operator, *rita) == "Added rita-roy"
    assert [row["removed"] for row in listed(operator, "staff", "list")] == [False, False]


def test_absences_deputies_managers_and_admins_are_kept_by_hand(operator: Operator) -> None:
    for name, lang in (("Rita Roy", "fr"), ("Sam Lee", "en")):
        slug = name.split()[0].lower()
        run(operator, "staff", "add", "--name", name, "--email", f"{slug}@example.org",
            "--lang", lang)  # fmt: skip
    run(operator, "staff", "away", "rita-roy", "--until", "2026-08-03")
    run(operator, "staff", "deputy", "rita-roy", "sam-lee")
    run(operator, "staff", "manager", "rita-roy", "sam-lee")
    run(operator, "staff", "admin", "sam-lee", "on")
    rita, sam = listed(operator, "staff", "list")
    assert (rita["away_until"], rita["deputy"], rita["manager"]) == (
        "2026-08-03", "sam-lee", "sam-lee"
    )  # fmt: skip
    assert (rita["admin"], sam["admin"]) == (False, True)
    run(operator, "staff", "back", "rita-roy")
    run(operator, "staff", "admin", "sam-lee", "off")
    rita, sam = listed(operator, "staff", "list")
    assert (rita["away_until"], sam["admin"]) == (None, False)
    for wrong in (("deputy", "rita-roy", "nobody"), ("back", "nobody"), ("admin", "nobody", "on")):
        with pytest.raises(RosterRefused, match="nobody is not on the roster"):
            run(operator, "staff", *wrong)


def test_who_alone_sees_files_is_taken_off_them_after_a_question_only(operator: Operator) -> None:
    for name in ("Rita", "Sam"):
        email = f"{name}@example.org"
        run(operator, "staff", "add", "--name", name, "--email", email, "--lang", "fr")
    news = ("--role", "communications")
    assert run(operator, "staff", "role", "sam", *news, yes=False) == "sam: communications"
    for alone in (("role", "rita", *news), ("remove", "rita")):
        with pytest.raises(OperatorError, match="Nobody is left who can decide"):
            run(operator, "staff", *alone, yes=False)
    run(operator, "staff", "role", "rita", "--role", "officer", *news, yes=False)
    assert [one.id for one in operator.services.cases.file_roster.active()] == ["rita"]


def test_whose_mail_comes_back_is_unreachable_until_somebody_says_otherwise(
    operator: Operator,
) -> None:
    run(operator, "staff", "add", "--name", "Rita", "--email", "r@example.org", "--lang", "fr")
    roster = operator.services.cases.roster
    fault = roster.faulty(roster.require("rita"), "bounce", "550", operator.now())
    assert fault
    operator.services.store.commit([fault])
    assert [row["unreachable"] for row in listed(operator, "staff", "list")] == [True]
    assert run(operator, "staff", "reachable", "rita") == "rita is reachable"
    assert [row["unreachable"] for row in listed(operator, "staff", "list")] == [False]
    with pytest.raises(RosterRefused, match="nobody is not on the roster"):
        run(operator, "staff", "reachable", "nobody")


@pytest.mark.parametrize("address", ["adé@x.ca", "a..b@x.ca", "a[b@x.ca", "rita"])
def test_an_address_that_forms_refuse_is_not_put_on_the_roster(
    operator: Operator, address: str
) -> None:
    with pytest.raises(typer.BadParameter, match="is not one e-mail address"):
        run(operator, "staff", "add", "--name", "R", "--email", address, "--lang", "fr")


def test_the_roster_keeps_the_ascii_form_of_a_domain(operator: Operator) -> None:
    add = ("staff", "add", "--name", "R", "--email", "rita@québec.ca", "--lang", "fr")
    run(operator, *add)
    assert "rita@xn--qubec-csa.ca" in run(operator, "staff", "list")
    with pytest.raises(RosterRefused, match="already"):
        run(operator, *add)


@pytest.fixture
def working(operator: Operator, settings: Settings, clock: SetClock) -> Services:
    store = DynamoSubscriberStore(
        boto3.client("dynamodb"), "relais-test-records", "relais-test-subscribers"
    )
    keys = Keys(links=("a" * 64,), people=b"p" * 32)
    from chalicelib.core.ports import Put

    store.commit([Put(dict(RITA))])
    return Services(settings, store, keys, MemoryMailer(), clock, MemorySuppression())


def test_an_operator_goes_by_what_staff_changed_at_the_desk(
    operator: Operator, working: Services, clock: SetClock, tmp_path: Path
) -> None:
    rita = working.cases.roster.require("rita-roy")
    desk = DeskEdits(working.store, working.edits, clock)
    label = "form/eoi/sections.organization.fields.org_legal_name.label"
    desk.save(rita, label, {"fr": "Quel organisme", "en": "Which one"}, "shorter", 0)
    subject = {"fr": "Reçu ({ref})", "en": "Received ({ref})"}
    desk.save(rita, "letter/eoi_received/subject", subject, "shorter", 0)
    desk.save(rita, "settings", {"undo_seconds": "60", "contact_email": "new@example.org"}, "", 0)
    edits.lay({})  # the operator's process has heard of nothing yet
    assert content.form("eoi")["sections"][1]["fields"][0]["label"]["en"] != "Which one"
    assert operator.deployed.undo_seconds != operator.settings.undo_seconds == 60
    run(operator, "kit", "write", str(tmp_path))
    assert "Which one" in (tmp_path / "eoi.en.html").read_text("utf-8")
    assert operator.services.settings.contact_email == "new@example.org"
    source = (templates.TEMPLATES / "email/eoi_received/subject.txt").read_text("utf-8")
    assert "Received (" in templates.with_edits("email/eoi_received/subject.txt", source)


def test_what_was_held_as_spam_is_listed_and_released(
    operator: Operator, working: Services
) -> None:
    receive = working.views.forms.intake.receive
    for number in range(11):
        given = samples.eoi(contact_email=f"ada+{number}@example.org")
        receipt = receive(IncomingForm("eoi", given, "fr", address="1.2.3.4"))
    assert receipt.ref in run(operator, "spam", "list")
    with pytest.raises(OperatorError, match=r"2 e-mails leave, and cannot be called back.*--yes"):
        run(operator, "spam", "release", receipt.ref, yes=False)
    assert receipt.ref in run(operator, "spam", "list")
    assert receipt.ref in run(operator, "spam", "release", receipt.ref.lower())
    assert run(operator, "spam", "list") == "Nothing is held"
    case = working.lookup.case(receipt.ref[3:])
    assert case is not None
    assert case.state == "EOI_PENDING"
    assert len(working.store.rows(case.key[0], "LETTER#")) == 2


def test_a_dead_letter_is_listed_and_owed_again(
    operator: Operator, working: Services, clock: SetClock
) -> None:
    mailer = working.mail.outbox._mailer
    assert isinstance(mailer, MemoryMailer)
    mailer.failing = [DeliveryFailed("MessageRejected", permanent=True)]
    working.views.forms.intake.receive(IncomingForm("eoi", samples.eoi(), "fr", address="1.2.3.4"))
    working.mail.outbox.sweep()
    (dead,) = listed(operator, "letters", "dead")
    assert "MessageRejected" in dead["why"]
    assert "Owed again" in run(operator, "letters", "retry", dead["tag"])
    assert run(operator, "letters", "dead") == "No letter is dead"
    mailer.failing = [DeliveryFailed("MessageRejected", permanent=True)]
    working.mail.outbox.sweep()
    with pytest.raises(OperatorError, match="or --all"):
        run(operator, "letters", "retry")
    with pytest.raises(OperatorError, match=r"Send 1 letter\? .*--yes"):
        run(operator, "letters", "retry", "--all", yes=False)
    assert run(operator, "letters", "retry", "--all") == "Owed again: 1 leave within a minute"
    assert run(operator, "letters", "retry", "--all") == "Owed again: 0 leave within a minute"
    clock.pass_(minutes=2)
    left = len(mailer.sent)
    outcomes = working.mail.outbox.sweep()
    assert outcomes.get("sent", 0) + outcomes.get("late", 0) >= 1
    assert len(mailer.sent) > left


def test_subscribers_are_brought_listed_proved_and_forgotten(
    operator: Operator, tmp_path: Path
) -> None:
    assert run(operator, "subscribers", "count") == "Nobody yet"
    since = operator.now().date() - timedelta(days=5)
    path = tmp_path / "members.csv"
    lines = ["email,lang,basis,since,evidence,name"]
    lines += [f"ada@example.org,fr,member,{since},Register of members,=Ada"]
    lines += [f"bea@example.org,en,donor,{since},Receipt 0123,Bea", "eve@,fr,member,x,y,z"]
    path.write_text("\n".join(lines), "utf-8")
    brings = ("subscribers", "import", str(path), "--by", "Rita Roy")
    tried = run(operator, *brings)
    assert tried.splitlines()[-1] == (
        "Would import 2; 0 known already, 1 refused. Add --write to do it."
    )
    assert "Row 4, column “email”: this is not an address" in tried
    french = run(operator, *brings, "--lang", "fr")
    assert "Ligne 4, colonne «\u00a0email\u00a0»\u00a0: ce n’est pas une adresse" in french
    with pytest.raises(OperatorError, match="nothing was imported"):
        run(operator, *brings, "--write")
    assert run(operator, "subscribers", "count") == "Nobody yet"
    path.write_text("\n".join(lines[:-1]), "utf-8")
    assert run(operator, "subscribers", "count") == "Nobody yet"
    assert "Imported 2; 0 known already, 0 refused" in run(operator, *brings, "--write")
    assert "Imported 0; 2 known already, 0 refused" in run(operator, *brings, "--write")
    exported = list(csv.DictReader(run(operator, "subscribers", "export").splitlines()))
    assert sorted(row["email"] for row in exported) == ["ada@example.org", "bea@example.org"]
    assert {row["name"] for row in exported} == {"'=Ada", "Bea"}, "no formula reaches a sheet"
    proof = json.loads(run(operator, "subscribers", "proof", "Ada@example.org"))
    assert proof["consents"][0]["evidence"] == "Register of members"
    assert proof["consents"][0]["by"] == "Rita Roy"
    assert run(operator, "subscribers", "leave", "Bea <Bea@example.org>,") == "Unsubscribed"
    assert "not subscribed" in run(operator, "subscribers", "leave", "bea@example.org")
    assert run(operator, "subscribers", "erase", "ada@example.org") == "Erased"
    assert "nothing is known" in run(operator, "subscribers", "erase", "ada@example.org")
    assert listed(operator, "subscribers", "count") == [
        {"number": 1, "state": "ERASED"}, {"number": 1, "state": "UNSUBSCRIBED"}
    ]  # fmt: skip

    assert "asked to be forgotten" in run(operator, *brings, "--write")
    with pytest.raises(OperatorError, match="nothing is known"):
        run(operator, "subscribers", "proof", "nobody@example.org")


def test_a_mail_to_leave_is_answered_by_its_subject_whoever_sent_it(
    operator: Operator, tmp_path: Path
) -> None:
    since = operator.now().date() - timedelta(days=5)
    path = tmp_path / "members.csv"
    path.write_text(
        f"email,lang,basis,since,evidence\nada@example.org,fr,member,{since},Register of members\n"
    )
    run(operator, "subscribers", "import", str(path), "--by", "Rita Roy", "--write")
    keys = operator.services.secret
    links = Links(keys.links, "https://www.example.org", "")
    token = links.unsubscribe(person_key("ada@example.org", keys.people), "2026-03")
    subject = f"Re: unsubscribe {token.rpartition('/')[2]}"
    for wrong in ("unsubscribe", "unsubscribe " + "x" * 40, " "):
        with pytest.raises(OperatorError, match="neither"):
            run(operator, "subscribers", "leave", wrong)
    with pytest.raises(OperatorError, match="nothing is known"):
        run(operator, "subscribers", "leave", "Eve <eve@example.org>")
    with pytest.raises(typer.BadParameter, match="not one e-mail address"):
        run(operator, "subscribers", "erase", "ada@example.org, eve@example.org")
    subject += " ada@example.net"
    assert run(operator, "subscribers", "leave", subject) == "Unsubscribed"
    proof = json.loads(run(operator, "subscribers", "proof", "ada@example.org"))
    last = proof["consents"][-1]
    assert (last["channel"], last["issue"]) == ("mailto", "2026-03")
    assert "not subscribed" in run(operator, "subscribers", "leave", subject)


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"email,lang\n", "no column basis, since, evidence"), (b"\x81\x8d", "cannot be read")],
)
def test_a_list_that_cannot_be_read_is_refused_whole(
    operator: Operator, tmp_path: Path, content: bytes, why: str
) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    with pytest.raises(OperatorError, match=why):
        run(operator, "subscribers", "import", str(path), "--by", "Rita")


def test_sign_ups_held_as_spam_are_listed_and_released(
    operator: Operator, working: Services
) -> None:
    wish = subscribers.wish("ada@example.org")
    person = working.subscribers.sign_ups.person(wish.email)
    row = pending.waiting(person, "eoi_form", wish.stored(), working.now(), spam="crowded")
    working.store.commit([row])
    (held,) = listed(operator, "subscribers", "held")
    assert (held["why"], held["email"]) == ("crowded", "ada@example.org")
    with pytest.raises(OperatorError, match=r"An e-mail to confirm leaves.*--yes"):
        run(operator, "subscribers", "release", "ada@example.org", yes=False)
    with pytest.raises(OperatorError, match="nothing is held"):
        # The keys of the operator hash addresses in their own way here.
        run(operator, "subscribers", "release", "bea@example.org")
    assert pending.release(working.store, person, working.now()) == 1
    assert run(operator, "subscribers", "held") == "Nothing is held"
