"""The newsletter's people, as an operator keeps them."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chalicelib.aws.dynamo import item_of
from chalicelib.aws.keys import Keys
from chalicelib.core.csv_table import csv_text
from chalicelib.core.errors import BadLink
from chalicelib.core.links import Links, person_key
from chalicelib.core.ports import Store
from chalicelib.newsletter.subscribers.consent_text import ConsentText
from chalicelib.newsletter.subscribers.erasure import erase
from chalicelib.newsletter.subscribers.imports import ImportRefused, Imports
from chalicelib.newsletter.subscribers.pending import HELD_SIGN_UPS, release
from chalicelib.newsletter.subscribers.proof import ConsentProof
from chalicelib.newsletter.subscribers.repository import SubscriberRepository
from chalicelib.newsletter.subscribers.subscriptions import Subscriptions
from infra.operator.staff import OperateError

COLUMNS = (
    "email", "status", "lang", "topics", "basis", "name", "province", "confirmed_at",
    "expires_at", "paused_until", "updated_at",
)  # fmt: skip


class Subscribers:
    def __init__(self, client: Any, table: str, store: Store, keys: Callable[[], Keys]) -> None:
        self._client = client
        self._table = table
        self._register = SubscriberRepository(store, lambda: datetime.now(UTC))
        self._keys = keys

    def bring(self, path: Path, by: str, *, write: bool) -> str:
        """Imports a CSV file; without `write` only says what would become of each line."""
        try:
            told = list(
                Imports(self._register, self._keys().people).run(
                    path.read_bytes(), by=by, write=write
                )
            )
        except (ImportRefused, OSError) as error:
            raise OperateError(str(error)) from None
        counts = Counter(one.outcome for one in told)
        lines = [f"line {one.line}: {one.why}" for one in told if one.why]
        verb = "Imported" if write else "Would import"
        lines.append(
            f"{verb} {counts['imported']}; {counts['known']} known already, "
            f"{counts['refused']} refused" + ("" if write else ". Add --write to do it.")
        )
        return "\n".join(lines)

    def export(self) -> str:
        """Everybody who is known by an address, as CSV."""
        rows = (
            [_cell(found.get(name)) for name in COLUMNS]
            for found in self._all()
            if found.get("email")
        )
        return csv_text(COLUMNS, rows).rstrip("\r\n")

    def count(self) -> str:
        counts = Counter(found["status"] for found in self._all())
        return "\n".join(f"{counts[name]:8} {name}" for name in sorted(counts)) or "Nobody yet"

    def proof(self, email: str) -> str:
        """What proves the consent of one person: words, times, forms, letters, as JSON."""
        found = ConsentProof(self._register).of(self._person(email))
        if found is None:
            raise OperateError("nothing is known of this address")
        return json.dumps(found, ensure_ascii=False, indent=1)

    def held(self) -> str:
        """Sign-ups that look like spam, oldest first, with what they look like."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="state",
            KeyConditionExpression="state_key = :held",
            ExpressionAttributeValues={":held": {"S": HELD_SIGN_UPS}},
        )
        keys = [item_of(item) for page in pages for item in page["Items"]]
        rows = [self._register.store.get(key["pk"], key["sk"]) or {} for key in keys]
        return (
            "\n".join(
                f"{row['updated_at'][:16]}  {row['why']:6} {row['wish']['email']}"
                for row in rows
                if row
            )
            or "Nothing is held"
        )

    def release(self, email: str) -> str:
        if not release(self._register.store, self._person(email), datetime.now(UTC)):
            raise OperateError("nothing is held of this address")
        return "Released: the letter to confirm leaves within a minute"

    def leave(self, who: str) -> str:
        """`who`: an address, or the subject of a mail that a mail program wrote to leave: its
        sender may be another address than the one that subscribed."""
        subscriptions = Subscriptions(self._register, _no_words, self._keys().people)
        if "@" in who:
            outcome = subscriptions.leave(self._person(who), channel="staff")
        else:
            try:
                token = (who.split() or [""])[-1]
                person, issue = Links(self._keys().links, "", "").open_unsubscribe(token)
            except BadLink:
                raise OperateError("neither an address nor the subject of such a mail") from None
            outcome = subscriptions.leave(person, channel="mailto", issue=issue)
        return {"already": "Nothing to do: not subscribed"}.get(outcome, "Unsubscribed")

    def erase(self, email: str) -> str:
        outcome = erase(self._register, self._person(email))
        return {"already": "Nothing to do: nothing is known"}.get(outcome, "Erased")

    def _person(self, email: str) -> str:
        return person_key(email, self._keys().people)

    def _all(self) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression="kind = :kind",
            ExpressionAttributeValues={":kind": {"S": "subscriber"}},
        )
        for page in pages:
            for item in page["Items"]:
                yield item_of(item)


def _cell(value: object) -> object:
    return " ".join(value) if isinstance(value, list) else value or ""


def _no_words(lang: str) -> ConsentText:
    raise OperateError("consent is given by its owner, not here")


def add_commands(subjects: Any) -> None:
    found = subjects.add_parser("subscribers", help="who gets the newsletter")
    verbs = found.add_subparsers(dest="verb", required=True)
    verbs.add_parser("count", help="how many there are in each state")
    verbs.add_parser("held", help="sign-ups that look like spam")
    verbs.add_parser("export", help="everybody known by an address, as CSV")
    bring = verbs.add_parser("import", help="a CSV: email, lang, basis, since, evidence")
    bring.add_argument("file", type=Path)
    bring.add_argument("--by", required=True, help="who vouches for the list")
    bring.add_argument("--write", action="store_true", help="do it; without, only try")
    for verb, what in (
        ("proof", "everything that proves one person's consent, as JSON"),
        ("release", "let a sign-up held as spam go the way of the others"),
        ("leave", "unsubscribe somebody: an address, or the subject of their mail, in quotes"),
        ("erase", "forget somebody who asked for it, for good"),
    ):
        verbs.add_parser(verb, help=what).add_argument("email")


def act(subscribers: Subscribers, asked: Any) -> str:
    match asked.verb:
        case "import":
            return subscribers.bring(asked.file, asked.by, write=asked.write)
        case "count":
            return subscribers.count()
        case "held":
            return subscribers.held()
        case "release":
            return subscribers.release(asked.email)
        case "export":
            return subscribers.export()
        case "proof":
            return subscribers.proof(asked.email)
        case "leave":
            return subscribers.leave(asked.email)
        case _:
            return subscribers.erase(asked.email)
