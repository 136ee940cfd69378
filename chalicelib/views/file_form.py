"""What the form of an applicant's page says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.web.request import text_of, ticked

ACTIONS: Final = ("reply", "withdraw", "correct")

OURS: Final = (
    "lang", "nonce", "action", "answer", "revised", "message", "confirm", "address", "website",
)  # fmt: skip
"""Fields of the page; the others are the answers of the form that is corrected."""


@dataclass(frozen=True)
class FileInput:
    action: str
    text: str
    message: str
    address: str
    nonce: str
    confirm: bool
    revised: bool


def said(fields: Mapping[str, Any]) -> FileInput:
    text = _text(fields, "answer")
    return FileInput(
        action=_text(fields, "action") or ("reply" if text else ""),
        text=text,
        message=_text(fields, "message"),
        address=_text(fields, "address"),
        nonce=_text(fields, "nonce"),
        confirm=ticked(fields, "confirm"),
        revised=_text(fields, "revised") == "1" or fields.get("revised") is True,
    )


def _text(fields: Mapping[str, Any], key: str) -> str:
    return text_of(fields, key).replace("\r\n", "\n")
