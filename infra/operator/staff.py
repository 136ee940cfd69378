"""The staff who decide, as an operator keeps them."""

import re
import unicodedata
from datetime import UTC, datetime
from typing import Any

from chalicelib.core.email_address import email_or_none

STAFF = "STAFF"

RESERVED = {
    "staff", "applicant", "fiduciary", "admins", "old_address", "new_address", "post", "clock",
    "operator", "system",
}  # fmt: skip
"""What letters call their readers: nobody on the roster may be called so."""


class OperateError(Exception):
    """What could not be done, in one line."""


class Roster:
    """Every write is conditional: two operators cannot undo each other."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def add(self, name: str, email: str, lang: str) -> str:
        """Returns the id of the new member. Raises OperateError when the address is there."""
        address = email_or_none(email)
        if address is None:
            raise OperateError(f"{email} is not an e-mail address")
        known = self.all()
        for item in known:
            if item["email"]["S"].lower() == address.lower():
                if item["active"]["BOOL"]:
                    raise OperateError(f"{email} is on the roster already")
                self._switch(item["sk"]["S"], active=True)
                return str(item["sk"]["S"])
        staff = _new_id(name, {item["sk"]["S"] for item in known})
        item = {
            "pk": {"S": STAFF},
            "sk": {"S": staff},
            "kind": {"S": "staff"},
            "name": {"S": name},
            "email": {"S": address},
            "lang": {"S": lang},
            "active": {"BOOL": True},
            "added_at": {"S": datetime.now(UTC).isoformat(timespec="seconds")},
        }
        try:
            self._client.put_item(
                TableName=self._table, Item=item, ConditionExpression="attribute_not_exists(pk)"
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            raise OperateError(f"{staff} was added by somebody else just now") from None
        return staff

    def remove(self, staff: str) -> None:
        """Takes the right to decide away at once; the name stays, for the decisions made."""
        self._switch(staff, active=False)

    def away(self, staff: str, until: str) -> None:
        """Until the first day back: their links decide nothing, and others get the letters."""
        self._set(staff, "away_until", {"S": until})

    def back(self, staff: str) -> None:
        self._set(staff, "away_until", None)

    def deputy(self, staff: str, other: str) -> None:
        """Who gets the letters of somebody who is away."""
        self._named(other)
        self._set(staff, "deputy", {"S": other})

    def manager(self, staff: str, other: str) -> None:
        """Who hears of what waits too long."""
        self._named(other)
        self._set(staff, "manager", {"S": other})

    def admin(self, staff: str, *, admin: bool) -> None:
        """Who is written to when a letter cannot be sent."""
        self._set(staff, "admin", {"BOOL": admin})

    def all(self) -> list[dict[str, Any]]:
        found = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": STAFF}},
        )
        return list(found["Items"])

    def _named(self, staff: str) -> None:
        if not any(i["sk"]["S"] == staff and i["active"]["BOOL"] for i in self.all()):
            raise OperateError(f"{staff} is not on the roster")

    def _set(self, staff: str, name: str, value: dict[str, Any] | None) -> None:
        change: dict[str, Any] = {"UpdateExpression": f"REMOVE {name}"}
        values: dict[str, Any] = {":yes": {"BOOL": True}}
        if value is not None:
            change = {"UpdateExpression": f"SET {name} = :value"}
            values[":value"] = value
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": STAFF}, "sk": {"S": staff}},
                ConditionExpression="active = :yes",
                ExpressionAttributeValues=values,
                **change,
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            raise OperateError(f"{staff} is not on the roster") from None

    def _switch(self, staff: str, *, active: bool) -> None:
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": STAFF}, "sk": {"S": staff}},
                UpdateExpression="SET active = :new",
                ConditionExpression="active = :old",
                ExpressionAttributeValues={":new": {"BOOL": active}, ":old": {"BOOL": not active}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            raise OperateError(f"{staff} is not on the roster") from None


def _new_id(name: str, taken: set[str]) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "member"
    found, number = slug, 2
    while found in taken | RESERVED:
        found, number = f"{slug}-{number}", number + 1
    return found
