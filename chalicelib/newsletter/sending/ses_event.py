"""An event of SES in our words, whichever of its two formats it came in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.core.links import person_key

_PLAIN: Final = {
    "send": "sent",
    "delivery": "delivered",
    "complaint": "complained",
    "reject": "rejected",
    "rendering failure": "rejected",
}


TRIAL: Final = "trial"
"""The tag of a test of an issue, which is in no ledger."""


@dataclass(frozen=True)
class SesEvent:
    """One event of SES in our words, of either format. `name` is one of EVENTS, or empty."""

    kind: str
    name: str
    message_id: str
    tags: Mapping[str, str]
    people: Sequence[str]
    at: str
    sent_at: str
    why: Mapping[str, str] = field(default_factory=dict)


def parse_event(report: Mapping[str, Any], key: bytes) -> SesEvent | None:
    """None for what is no event: the greeting that SES sends to a new topic. `key` hashes
    addresses."""
    mail = report.get("mail")
    kind = str(report.get("eventType") or report.get("notificationType") or "").lower()
    if not isinstance(mail, dict) or not kind:
        return None
    detail = report.get(kind) or report.get("failure") or {}
    tags = {name: str(found[0]) for name, found in (mail.get("tags") or {}).items() if found}
    addresses = _addresses(kind, detail) or mail.get("destination") or []
    return SesEvent(
        kind=kind,
        name=_name(kind, detail),
        message_id=str(mail.get("messageId") or ""),
        tags=tags,
        people=[person_key(_plain(address), key) for address in addresses],
        at=str(detail.get("timestamp") or mail.get("timestamp") or ""),
        sent_at=str(mail.get("timestamp") or ""),
        why=_why(kind, detail, addresses),
    )


def _name(kind: str, detail: Mapping[str, Any]) -> str:
    if kind == "bounce":
        return "bounced" if detail.get("bounceType") == "Permanent" else "soft"
    if kind == "complaint" and detail.get("complaintFeedbackType") == "not-spam":
        # Somebody said that the mail is wanted, in the same format.
        return ""
    return _PLAIN.get(kind, "")


def _addresses(kind: str, detail: Mapping[str, Any]) -> list[str]:
    if kind in ("bounce", "complaint"):
        listed = detail.get("bouncedRecipients") or detail.get("complainedRecipients") or []
        return [str(one["emailAddress"]) for one in listed if one.get("emailAddress")]
    return [str(address) for address in detail.get("recipients") or []]


def _why(kind: str, detail: Mapping[str, Any], addresses: Sequence[str]) -> dict[str, str]:
    if kind not in ("bounce", "complaint", "reject", "rendering failure"):
        return {}
    listed = detail.get("bouncedRecipients") or []
    codes = [str(one.get("diagnosticCode") or one.get("status") or "") for one in listed]
    said = [
        str(detail.get(name) or "")
        for name in ("bounceType", "bounceSubType", "complaintFeedbackType", "reason")
    ]
    said += [str(detail.get("errorMessage") or ""), *codes]
    text = re.sub(r"[^ <]+@[^ >]+", "…", " ".join(filter(None, said)))[:200]
    return {"domain": addresses[0].rpartition("@")[2].strip("> ").lower() if addresses else "",
            "text": f"{kind}: {text}".rstrip(": ")}  # fmt: skip


def _plain(address: str) -> str:
    """The address alone: SES may name its owner too."""
    return address.rpartition("<")[2].rstrip("> ")
