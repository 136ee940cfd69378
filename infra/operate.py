"""What an operator does by hand: `python -m infra.operate --stage STAGE …`."""

import argparse
import json
import os
import secrets
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.aws import keys
from chalicelib.aws.dynamo import item_of
from chalicelib.aws.lists import DynamoSubscriberStore
from chalicelib.cases.decisions import Decisions
from chalicelib.cases.effects import Decider
from chalicelib.cases.lookup import Cases
from chalicelib.coaches.editions import EditionStore
from chalicelib.coaches.messages import HELD_STATE_KEY, Messages
from chalicelib.content import load
from chalicelib.core import references
from chalicelib.core.errors import Conflict, RelaisError
from chalicelib.core.letter_row import DEAD, key_of, tag_of
from chalicelib.core.links import Links
from chalicelib.core.ports import Change
from chalicelib.core.records import shard_of, stamp
from chalicelib.core.settings import Settings, read
from chalicelib.newsletter.sending.audience import reader_counts
from chalicelib.newsletter.sending.recipients import bounces
from chalicelib.newsletter.sending.unreached import Unreached
from chalicelib.newsletter.subscribers.pending import release
from infra.deploy import REGION
from infra.local_aws.emulator import use_root_key
from infra.local_aws.run_file import read_run_file
from infra.operator import audit as chains
from infra.operator import coaches, subscribers
from infra.operator.newsletter import commands
from infra.operator.newsletter.account import SesAccount, TestMail
from infra.operator.newsletter.issue_commands import IssueCommands, Outside
from infra.operator.newsletter.link_check import tries
from infra.operator.staff import OperateError, Roster
from infra.operator.subscribers import Subscribers, add_commands
from infra.package import ROOT

FUNCTIONS = ("api", "deliver_letters", "sweep", "settle_mail", "send_issue")


class Operator:
    """The hands on one stage: of the emulator while `make run` runs, else of AWS."""

    def __init__(self, stage: str, endpoint: str | None, mail: str | None = None) -> None:
        """`mail`: where mail is handed over, when that is elsewhere than the rest."""
        self.stage = stage
        self._endpoint = endpoint
        self._mail = mail or endpoint
        self._table = f"relais-{stage}-records"
        self._people = f"relais-{stage}-subscribers"
        self._secret = f"relais-{stage}-keys"
        self._dynamo = self._client("dynamodb")
        self._store = DynamoSubscriberStore(self._dynamo, self._table, self._people)

    @classmethod
    def of(cls, stage: str) -> "Operator":
        if stage != "local":
            return cls(stage, None)
        use_root_key(os.environ)  # type: ignore[arg-type]
        addresses = read_run_file(ROOT / ".local")
        return cls(stage, addresses["emulator"], addresses["ses"])

    @property
    def roster(self) -> Roster:
        return Roster(self._dynamo, self._table)

    def verify(self) -> str:
        """Reads all tables. Raises OperateError with the first broken link of each chain."""
        found = chains.owners(self._dynamo, [self._table, self._people])
        count, faults = chains.verify(self._store, found, chains.progress)
        if faults:
            raise OperateError(f"{len(faults)} of {count} chains are broken, first {faults[0]}")
        return f"Whole: {count} chain{'' if count == 1 else 's'}"

    @property
    def subscribers(self) -> Subscribers:
        return Subscribers(self._dynamo, self._people, self._store, self._keys)

    @property
    def store(self) -> DynamoSubscriberStore:
        return self._store

    def settings(self) -> Settings:
        """What the deployed API runs with."""
        told = self._client("lambda").get_function_configuration(
            FunctionName=f"relais-{self.stage}-api"
        )
        return read(told["Environment"]["Variables"])

    def issue_desk(self, by: str) -> IssueCommands:
        """An issue in the hands of one of the staff, as the deployed API is set."""
        found = self.settings()
        secret = self._keys()
        links = Links(secret.links, found.public_url, found.website_url)
        mail = boto3.client("sesv2", region_name=REGION, endpoint_url=self._mail)
        outside = Outside(
            account=SesAccount(self._client("sesv2")),
            audience=lambda topics: reader_counts(self._store, topics, _now()),
            tries=tries,
            deliver=TestMail(mail, found, links, secret.people),
            missed=Unreached(self._store, lambda: datetime.now(UTC)),
            bounces=lambda issue: bounces(self._store, issue),
        )
        return IssueCommands(self._store, found, links, lambda: datetime.now(UTC), outside, by)

    def issue_ids(self) -> list[str]:
        """Every issue, in whatever state."""
        found = []
        for state in load("issues")["states"]:
            found += self._in_state(f"ISSUE#{state}", self._people)
        return [item["pk"].partition("#")[2] for item in found]

    @property
    def directory(self) -> coaches.Directory:
        now = lambda: datetime.now(UTC)  # noqa: E731
        secret = self._keys()
        messages = Messages(self._store, now, people_key=secret.people, per_hour=1)
        return coaches.Directory(EditionStore(self._store, now), messages)

    def held_messages(self) -> list[dict[str, Any]]:
        """Messages to coaches that looked like spam, oldest first."""
        keys_of = [(item["pk"], item["sk"]) for item in self._in_state(HELD_STATE_KEY)]
        return [row for key in keys_of if (row := self._store.get(*key))]

    def spam(self) -> Iterator[str]:
        """Declarations held as spam, oldest first."""
        for item in self._in_state(f"HELD_AS_SPAM#{datetime.now(UTC).year}"):
            yield f"DI-{item['id']:16} {item['submitted_at'][:16]}  {item['org']}"

    def release(self, ref: str) -> str:
        """Lets a declaration held as spam go the way of the others."""
        found = references.parse_reference(ref)
        secret = self._keys()
        cases = Cases(self._store, Links(secret.links, "", ""), _now)
        case = cases.case(references.file_number_of(found or ""))
        if case is None:
            raise OperateError(f"there is no {ref}")
        decisions = Decisions(
            self._store, cases, _now, people_key=secret.people, undo_seconds=0, quorum=1
        )
        decisions.release(case, Decider("operator", "operator"))
        release(self._store, case.person, _now(), f"{case.ref}#")
        return f"Released {case.current_ref}: its letters leave now"

    def dead_letters(self) -> Iterator[str]:
        """Letters that could not be sent after all tries, and why."""
        for item in self._in_state(DEAD):
            row = self._store.get(item["pk"], item["sk"]) or {}
            yield f"{tag_of(item['pk'], item['sk'])}  {row.get('why', '')}"

    def retry(self, tag: str) -> str:
        """Owes a dead letter again, from the first try."""
        key = key_of(tag)
        if key is None:
            raise OperateError(f"there is no letter {tag}")
        owed = {
            "status": "owed",
            "attempts": 0,
            "due_shard": shard_of(key[0]),
            "due_at": stamp(datetime.now(UTC)),
        }
        self._store.commit(
            [Change(key, expect={"status": "dead"}, set=owed, remove=("state_key", "why"))]
        )
        return f"Owed again: {tag} leaves within a minute"

    def rotate(self) -> str:
        """Signs with a new key from now on; links signed before still open."""
        client = self._client("secretsmanager")
        held = json.loads(client.get_secret_value(SecretId=self._secret)["SecretString"])
        masters = held["keys"] if "keys" in held else [held["key"]]
        fresh = json.dumps({"keys": [*masters, secrets.token_hex(32)]})
        client.put_secret_value(SecretId=self._secret, SecretString=fresh)
        # A running function knows only the keys of its start: a new description renews it.
        for name in FUNCTIONS:
            self._client("lambda").update_function_configuration(
                FunctionName=f"relais-{self.stage}-{name}",
                Description=f"keys of {datetime.now(UTC):%Y-%m-%d %H:%M}",
            )
        return f"Rotated: {len(masters) + 1} keys, the newest signs"

    def _keys(self) -> keys.Keys:
        return keys.read(self._client("secretsmanager"), self._secret)

    def _in_state(self, state: str, table: str | None = None) -> list[dict[str, Any]]:
        pages = self._dynamo.get_paginator("query").paginate(
            TableName=table or self._table,
            IndexName="state",
            KeyConditionExpression="state_key = :state",
            ExpressionAttributeValues={":state": {"S": state}},
        )
        return [item_of(item) for page in pages for item in page["Items"]]

    def _client(self, service: str) -> Any:
        return boto3.client(service, region_name=REGION, endpoint_url=self._endpoint)  # type: ignore[call-overload]


def _now() -> datetime:
    return datetime.now(UTC)


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="python -m infra.operate", description=__doc__)
    found.add_argument("--stage", default="local", help="local (while make run runs) or prod")
    subjects = found.add_subparsers(dest="subject", required=True)
    staff = subjects.add_parser("staff", help="who decides").add_subparsers(
        dest="verb", required=True
    )
    staff.add_parser("list", help="everybody on the roster")
    add = staff.add_parser("add", help="add somebody")
    add.add_argument("--name", required=True)
    add.add_argument("--email", required=True)
    add.add_argument("--lang", choices=("fr", "en"), required=True)
    staff.add_parser("remove", help="take somebody's links away, at once").add_argument("id")
    away = staff.add_parser("away", help="somebody is away: others get the letters")
    away.add_argument("id")
    away.add_argument("--until", required=True, type=date.fromisoformat, help="first day back")
    staff.add_parser("back", help="somebody is back").add_argument("id")
    for role, what in (("deputy", "gets the letters while they are away"),
                       ("manager", "hears of what waits too long")):  # fmt: skip
        named = staff.add_parser(role, help=f"the one who {what}")
        named.add_argument("id")
        named.add_argument("other")
    admin = staff.add_parser("admin", help="written to when a letter cannot be sent")
    admin.add_argument("id")
    admin.add_argument("switch", choices=("on", "off"))
    spam = subjects.add_parser("spam", help="forms held as spam").add_subparsers(
        dest="verb", required=True
    )
    spam.add_parser("list", help="what is held this year")
    spam.add_parser("release", help="let one go the way of the others").add_argument("ref")
    chains = subjects.add_parser("chains", help="the events of files and issues")
    chains.add_subparsers(dest="verb", required=True).add_parser(
        "verify", help="whether all events are as they were written"
    )
    letters = subjects.add_parser("letters", help="letters that could not be sent")
    verbs = letters.add_subparsers(dest="verb", required=True)
    verbs.add_parser("dead", help="which, and why")
    verbs.add_parser("retry", help="owe one again").add_argument("tag")
    add_commands(subjects)
    key = subjects.add_parser("keys", help="the keys that sign links")
    key.add_subparsers(dest="verb", required=True).add_parser("rotate", help="sign with a new key")
    coaches.add_commands(subjects)
    commands.add_commands(subjects)
    return found


def act(operator: Operator, asked: argparse.Namespace) -> str:
    match asked.subject, asked.verb:
        case "staff", "add":
            return f"Added {operator.roster.add(asked.name, asked.email, asked.lang)}"
        case "staff", "remove":
            operator.roster.remove(asked.id)
            return f"Removed {asked.id}"
        case "staff", "list":
            return "\n".join(_member(item) for item in operator.roster.all()) or "Nobody yet"
        case "staff", _:
            return _changed(operator.roster, asked)
        case "coaches", verb:
            held = operator.held_messages() if verb in ("held", "release") else []
            return coaches.act(operator.directory, asked, held)
        case "spam", "release":
            return operator.release(asked.ref)
        case "spam", _:
            return "\n".join(operator.spam()) or "Nothing is held"
        case "issue", _:
            desk = operator.issue_desk(asked.by)
            return commands.act(desk, asked, operator.issue_ids)
        case "subscribers", _:
            return subscribers.act(operator.subscribers, asked)
        case "chains", _:
            return operator.verify()
        case "letters", "retry":
            return operator.retry(asked.tag)
        case "letters", _:
            return "\n".join(operator.dead_letters()) or "No letter is dead"
        case _:
            return operator.rotate()


def _changed(roster: Roster, asked: argparse.Namespace) -> str:
    match asked.verb:
        case "away":
            roster.away(asked.id, str(asked.until))
            return f"{asked.id} is away until {asked.until}"
        case "back":
            roster.back(asked.id)
            return f"{asked.id} is back"
        case "admin":
            roster.admin(asked.id, admin=asked.switch == "on")
            return f"{asked.id}: admin {asked.switch}"
        case role:
            getattr(roster, role)(asked.id, asked.other)
            return f"{asked.other} is the {role} of {asked.id}"


def _member(item: dict[str, Any]) -> str:
    gone = "" if item["active"]["BOOL"] else "  removed"
    if "away_until" in item:
        gone += f"  away until {item['away_until']['S']}"
    for role in ("deputy", "manager"):
        gone += f"  {role} {item[role]['S']}" if role in item else ""
    gone += "  admin" if item.get("admin", {}).get("BOOL") else ""
    name, email = item["name"]["S"], item["email"]["S"]
    return f"{item['sk']['S']:20} {name:24} {email:32} {item['lang']['S']}{gone}"


def main() -> None:
    asked = parser().parse_args()
    try:
        print(act(Operator.of(asked.stage), asked))
    except (OperateError, FileNotFoundError) as error:
        sys.exit(f"Not done: {error}")
    except Conflict:
        sys.exit("Not done: it is no longer as it was; look again")
    except RelaisError as error:
        sys.exit(f"Not done: {error}")
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"Not done: AWS says: {error}")


if __name__ == "__main__":
    main()
