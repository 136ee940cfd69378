"""What an operator does by hand: `python -m infra.operate --stage STAGE …`."""

import argparse
import os
import re
import sys
import unicodedata
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.deploy import REGION
from infra.emulator import use_root_key
from infra.package import ROOT
from infra.running import running

STAFF = "STAFF"


class OperateError(Exception):
    """What could not be done, in one line."""


class Roster:
    """The staff who decide. Every write is conditional: two operators cannot undo each other."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def add(self, name: str, email: str, lang: str) -> str:
        """Returns the id of the new member. Raises OperateError when there is one already."""
        if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
            raise OperateError(f"{email} is not an e-mail address")
        if any(item["email"]["S"].lower() == email.lower() for item in self.all()):
            raise OperateError(f"{email} is on the roster already")
        staff = _slug(name)
        item = {
            "pk": {"S": STAFF},
            "sk": {"S": staff},
            "kind": {"S": "staff"},
            "name": {"S": name},
            "email": {"S": email},
            "lang": {"S": lang},
            "active": {"BOOL": True},
            "added_at": {"S": datetime.now(UTC).isoformat(timespec="seconds")},
        }
        try:
            self._client.put_item(
                TableName=self._table, Item=item, ConditionExpression="attribute_not_exists(pk)"
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            raise OperateError(f"{staff} is on the roster already") from None
        return staff

    def remove(self, staff: str) -> None:
        """Takes the right to decide away at once; the name stays, for the decisions made."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": STAFF}, "sk": {"S": staff}},
                UpdateExpression="SET active = :no",
                ConditionExpression="active = :yes",
                ExpressionAttributeValues={":no": {"BOOL": False}, ":yes": {"BOOL": True}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            raise OperateError(f"{staff} is not on the roster") from None

    def all(self) -> list[dict[str, Any]]:
        found = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": STAFF}},
        )
        return list(found["Items"])


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "staff"


def roster(stage: str) -> Roster:
    """The roster of a stage: of the emulator while `make run` runs, else of AWS."""
    endpoint = None
    if stage == "local":
        endpoint = running(ROOT / ".local")["emulator"]
        use_root_key(os.environ)  # type: ignore[arg-type]
    client = boto3.client("dynamodb", region_name=REGION, endpoint_url=endpoint)
    return Roster(client, f"relais-{stage}-records")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.operate", description=__doc__)
    parser.add_argument("--stage", default="local", help="local (while make run runs) or prod")
    subject = parser.add_subparsers(dest="subject", required=True)
    staff = subject.add_parser("staff", help="who decides").add_subparsers(
        dest="verb", required=True
    )
    staff.add_parser("list", help="everybody on the roster")
    add = staff.add_parser("add", help="add somebody")
    add.add_argument("--name", required=True)
    add.add_argument("--email", required=True)
    add.add_argument("--lang", choices=("fr", "en"), required=True)
    remove = staff.add_parser("remove", help="take somebody's links away, at once")
    remove.add_argument("id")
    arguments = parser.parse_args()
    try:
        print(_staff(roster(arguments.stage), arguments))
    except (OperateError, FileNotFoundError) as error:
        sys.exit(f"Not done: {error}")
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"Not done: AWS says: {error}")


def _staff(people: Roster, arguments: argparse.Namespace) -> str:
    if arguments.verb == "add":
        return f"Added {people.add(arguments.name, arguments.email, arguments.lang)}"
    if arguments.verb == "remove":
        people.remove(arguments.id)
        return f"Removed {arguments.id}"
    return "\n".join(
        f"{item['sk']['S']:20} {item['name']['S']:24} {item['email']['S']:32} {item['lang']['S']}"
        f"{'' if item['active']['BOOL'] else '  removed'}"
        for item in people.all()
    )


if __name__ == "__main__":
    main()
