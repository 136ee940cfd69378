"""What a check and a test of an issue ask of AWS: the account, the audience, one mail."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.aws.dynamo import item_of
from chalicelib.core.errors import DeliveryFailed
from chalicelib.core.languages import LANGS
from chalicelib.core.links import Links, person_key
from chalicelib.core.records import stamp
from chalicelib.core.settings import Settings
from chalicelib.newsletter.issues.preflight import Quota
from chalicelib.newsletter.issues.rendered import Rendered, fill
from chalicelib.newsletter.sending.envelopes import Envelopes
from chalicelib.newsletter.sending.ses_event import TRIAL
from chalicelib.newsletter.subscribers.subscriber import audiences


class SesAccount:
    """Satisfies `preflight.Account`."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def quota(self) -> Quota:
        told = self._client.get_account()
        sends = told.get("SendQuota", {})
        return Quota(
            per_day=int(sends.get("Max24HourSend", 0)),
            sent=int(sends.get("SentLast24Hours", 0)),
            per_second=float(sends.get("MaxSendRate", 0)),
            production=bool(told.get("ProductionAccessEnabled")),
            enabled=bool(told.get("SendingEnabled", True)),
        )

    def signs(self, domain: str) -> bool:
        """A domain signs for its subdomains too, and a relaxed DMARC takes that for aligned."""
        labels = domain.split(".")
        parents = [".".join(labels[n:]) for n in range(len(labels) - 1)]
        return any(self._signed(parent) for parent in parents)

    def _signed(self, domain: str) -> bool:
        try:
            told = self._client.get_email_identity(EmailIdentity=domain)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NotFoundException":
                return False
            raise
        dkim = told.get("DkimAttributes", {})
        return bool(dkim.get("SigningEnabled")) and dkim.get("Status") == "SUCCESS"


class Readers:
    """Who would get an issue, counted in the index of the audience."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def __call__(self, topics: Sequence[str]) -> Mapping[str, int]:
        now = stamp(datetime.now(UTC))
        counts: Counter[str] = Counter(dict.fromkeys(LANGS, 0))
        for lang in LANGS:
            for key in audiences(lang):
                counts[lang] += sum(_wants(row, topics, now) for row in self._rows(key))
        return counts

    def _rows(self, key: str) -> Any:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="audience",
            KeyConditionExpression="audience = :key",
            ExpressionAttributeValues={":key": {"S": key}},
            ProjectionExpression="topics, paused_until",
        )
        return (item_of(found) for page in pages for found in page["Items"])


class TestMail:
    """One mail as a subscriber gets it, with all its headers."""

    def __init__(self, client: Any, settings: Settings, links: Links, people_key: bytes) -> None:
        self._client = client
        self._settings = settings
        self._links = links
        self._key = people_key

    def __call__(self, text: Rendered, address: str, issue: str) -> None:
        """Raises DeliveryFailed with what SES says."""
        person = person_key(address, self._key)
        leave = self._links.unsubscribe(person, issue)
        values = {"unsubscribe_url": leave, "preferences_url": self._links.preferences(person)}
        mail = fill(text, values)
        envelopes = Envelopes(self._links, self._settings)
        headers = {**envelopes.common(issue, text.lang), **envelopes.way_out(leave)}
        body = {
            "Text": {"Data": mail.text, "Charset": "UTF-8"},
            "Html": {"Data": mail.html, "Charset": "UTF-8"},
        }
        try:
            self._client.send_email(
                FromEmailAddress=self._settings.sender,
                ReplyToAddresses=[self._settings.reply_to],
                Destination={"ToAddresses": [address]},
                Content={
                    "Simple": {
                        "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
                        "Body": body,
                        "Headers": [{"Name": k, "Value": v} for k, v in headers.items()],
                    }
                },
                ConfigurationSetName=self._settings.configuration_set,
                EmailTags=[{"Name": TRIAL, "Value": issue}],
            )
        except (ClientError, BotoCoreError) as error:
            raise DeliveryFailed(str(error), permanent=False) from error


def _wants(row: Mapping[str, Any], topics: Sequence[str], now: str) -> bool:
    if (row.get("paused_until") or "") > now:
        return False
    return not topics or bool(set(topics) & set(row.get("topics") or ()))
