"""What SES makes of a call: the messages that leave, and the events that tell of each."""

import json
import re
import time
from collections.abc import Container, Iterator
from typing import Any


def accepted(
    request: dict[str, Any], response: dict[str, Any]
) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield each message that was accepted, as a `SendEmail` would have it, and its id."""
    if "BulkEmailEntries" not in request:
        yield request, response["MessageId"]
        return
    results = response["BulkEmailEntryResults"]
    for entry, result in zip(request["BulkEmailEntries"], results, strict=True):
        if result["Status"] == "SUCCESS":
            yield _filled(request, entry), result["MessageId"]


def _filled(request: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    """Return one entry of a bulk with its values in their places, as SES fills them."""
    template = request["DefaultContent"]["Template"]
    replaced = entry.get("ReplacementEmailContent", {}).get("ReplacementTemplate", {})
    values = {
        **json.loads(template.get("TemplateData") or "{}"),
        **json.loads(replaced.get("ReplacementTemplateData") or "{}"),
    }
    text = template["TemplateContent"]
    parts = {
        name: re.sub(r"\{\{(\w+)\}\}", lambda found: str(values[found[1]]), text.get(name, ""))
        for name in ("Subject", "Text", "Html")
    }
    headers = {h["Name"]: h["Value"] for h in template.get("Headers", [])}
    headers |= {h["Name"]: h["Value"] for h in entry.get("ReplacementHeaders", [])}
    return {
        **{k: v for k, v in request.items() if k not in ("DefaultContent", "BulkEmailEntries")},
        "Destination": entry["Destination"],
        "EmailTags": entry.get("ReplacementTags", request.get("DefaultEmailTags", [])),
        "Content": {
            "Simple": {
                "Subject": {"Data": parts["Subject"]},
                "Body": {"Text": {"Data": parts["Text"]}, "Html": {"Data": parts["Html"]}},
                "Headers": [{"Name": name, "Value": value} for name, value in headers.items()],
            }
        },
    }


def message(sent: dict[str, Any], message_id: str) -> dict[str, Any]:
    simple = sent["Content"]["Simple"]
    headers = {
        "From": sent["FromEmailAddress"],
        "To": ", ".join(sent["Destination"]["ToAddresses"]),
        "Reply-To": ", ".join(sent.get("ReplyToAddresses", [])),
        "Subject": simple["Subject"]["Data"],
        "Message-ID": f"<{message_id}>",
        "X-SES-CONFIGURATION-SET": sent.get("ConfigurationSetName", ""),
        "X-SES-MESSAGE-TAGS": ", ".join(
            f"{t['Name']}={t['Value']}" for t in sent.get("EmailTags", [])
        ),
        **{header["Name"]: header["Value"] for header in simple.get("Headers", [])},
    }
    return {
        "to": sent["Destination"]["ToAddresses"],
        "subject": simple["Subject"]["Data"],
        "text": simple["Body"].get("Text", {}).get("Data", ""),
        "html": simple["Body"].get("Html", {}).get("Data", ""),
        "headers": headers,
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def mark_suppressed(sent: dict[str, Any], listed: Container[str]) -> None:
    """Note of a message whether its address was on the suppression list when it came."""
    sent["Suppressed"] = any(one in listed for one in sent["Destination"]["ToAddresses"])


def is_suppressed(sent: dict[str, Any]) -> bool:
    return bool(sent.get("Suppressed"))


def event(kind: str, sent: dict[str, Any], message_id: str, address: str) -> dict[str, Any]:
    at = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    detail: dict[str, Any] = {"timestamp": at}
    if kind == "Bounce":
        suppressed = is_suppressed(sent) or address.startswith("suppressionlist")
        detail |= {
            "bounceType": "Permanent",
            "bounceSubType": "OnAccountSuppressionList" if suppressed else "General",
            "bouncedRecipients": [
                {"emailAddress": address, "diagnosticCode": "smtp; 550 5.1.1 user unknown"}
            ],
        }
    elif kind == "Complaint":
        detail |= {"complainedRecipients": [{"emailAddress": address}]}
    tags = {tag["Name"]: [tag["Value"]] for tag in sent.get("EmailTags", [])}
    return {
        "eventType": kind,
        "mail": {
            "timestamp": at,
            "source": sent["FromEmailAddress"],
            "messageId": message_id,
            "destination": [address],
            "tags": {**tags, "ses:configuration-set": [sent.get("ConfigurationSetName", "")]},
        },
        kind.lower(): detail,
    }
