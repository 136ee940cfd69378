"""Reads an event of SES, whichever of its two formats it came in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypedDict, cast

from chalicelib.core.links import person_key
from chalicelib.newsletter.sending.ledger import EventName

_NAMES: Final[Mapping[str, EventName]] = {
    "send": "sent",
    "delivery": "delivered",
    "complaint": "complained",
    "reject": "rejected",
    "rendering failure": "rejected",
}
"""Our name for each kind of event that SES words alike in all cases."""

TRIAL: Final = "trial"
"""The tag of a test of an issue, which is in no ledger."""


@dataclass(frozen=True)
class SesEvent:
    """One event of SES.

    `kind` is the word of SES, `name` ours: empty for what changes nothing. `people` are keyed
    hashes of addresses; `at` and `sent_at` are times as SES writes them; `why` has the `domain`
    and the `text` of a failure, and is empty for all else.
    """

    kind: str
    name: EventName | Literal[""]
    message_id: str
    tags: Mapping[str, str]
    people: Sequence[str]
    at: str
    sent_at: str
    why: Mapping[str, str] = field(default_factory=dict)


class _Recipient(TypedDict, total=False):
    emailAddress: str
    diagnosticCode: str
    status: str


class _Detail(TypedDict, total=False):
    """What SES reports of its kinds of events, in one."""

    timestamp: str
    recipients: Sequence[str]
    bouncedRecipients: Sequence[_Recipient]
    complainedRecipients: Sequence[_Recipient]
    bounceType: str
    bounceSubType: str
    complaintFeedbackType: str
    reason: str
    errorMessage: str


def parse_event(report: Mapping[str, object], key: bytes) -> SesEvent | None:
    """Return the event, None for the greeting that SES sends to a new topic.

    `key` hashes addresses. Formats: docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
    """
    mail = report.get("mail")
    kind = str(report.get("eventType") or report.get("notificationType") or "").lower()
    if not isinstance(mail, dict) or not kind:
        return None
    detail = cast(_Detail, report.get(kind) or report.get("failure") or {})
    tags = {name: str(found[0]) for name, found in (mail.get("tags") or {}).items() if found}
    addresses = _addresses(kind, detail) or mail.get("destination") or []
    return SesEvent(
        kind=kind,
        name=_name(kind, detail),
        message_id=str(mail.get("messageId") or ""),
        tags=tags,
        people=[person_key(_address(address), key) for address in addresses],
        at=str(detail.get("timestamp") or mail.get("timestamp") or ""),
        sent_at=str(mail.get("timestamp") or ""),
        why=_why(kind, detail, addresses),
    )


def _name(kind: str, detail: _Detail) -> EventName | Literal[""]:
    if kind == "bounce":
        return "bounced" if detail.get("bounceType") == "Permanent" else "soft"
    if kind == "complaint" and detail.get("complaintFeedbackType") == "not-spam":
        # Somebody said that the mail is wanted, in the same format.
        return ""
    return _NAMES.get(kind, "")


def _addresses(kind: str, detail: _Detail) -> list[str]:
    if kind in ("bounce", "complaint"):
        listed = detail.get("bouncedRecipients") or detail.get("complainedRecipients") or []
        return [str(one["emailAddress"]) for one in listed if one.get("emailAddress")]
    return [str(address) for address in detail.get("recipients") or []]


def _why(kind: str, detail: _Detail, addresses: Sequence[str]) -> dict[str, str]:
    if kind not in ("bounce", "complaint", "reject", "rendering failure"):
        return {}
    listed = detail.get("bouncedRecipients") or []
    codes = [str(one.get("diagnosticCode") or one.get("status") or "") for one in listed]
    parts = [
        detail.get("bounceType"),
        detail.get("bounceSubType"),
        detail.get("complaintFeedbackType"),
        detail.get("reason"),
        detail.get("errorMessage"),
        *codes,
    ]
    text = re.sub(r"[^ <]+@[^ >]+", "…", " ".join(str(part) for part in parts if part))[:200]
    return {"domain": addresses[0].rpartition("@")[2].strip("> ").lower() if addresses else "",
            "text": f"{kind}: {text}".rstrip(": ")}  # fmt: skip


def _address(text: str) -> str:
    """Return the address alone: SES may name its owner too."""
    return text.rpartition("<")[2].rstrip("> ")
