"""What somebody agreed to and changed, in words, for themselves and for staff who are asked."""

from datetime import datetime
from typing import TypedDict

from chalicelib import content
from chalicelib.core.languages import Lang
from chalicelib.core.records import moment
from chalicelib.newsletter.subscribers.repository import SubscriberRepository


class ConsentRecord(TypedDict):
    """One thing that was agreed to or changed; `text` are the words that were shown, if any."""

    at: datetime
    what: str
    text: str
    text_lang: str


def consent_record(
    repository: SubscriberRepository, person: str, lang: Lang
) -> list[ConsentRecord]:
    """Return what was agreed to and changed, newest first, in words."""
    names = content.newsletter()["record"]
    return [
        {
            "at": moment(row["at"]),
            "what": names[row["consent"]][lang],
            "text": row.get("text", ""),
            "text_lang": row.get("text_lang") or row.get("lang") or lang,
        }
        for row in reversed(repository.consents(person))
    ]
