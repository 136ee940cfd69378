"""What is each recipient's own in an issue: address, name, links, headers and tags."""

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.core.links import Links
from chalicelib.core.settings import Settings
from chalicelib.newsletter.sending.ledger import Batch, row_tag
from chalicelib.newsletter.sending.ports import Envelope


class Envelopes:
    def __init__(self, links: Links, settings: Settings) -> None:
        self._links = links
        self._settings = settings
        self._domain = settings.sender.rpartition("@")[2].rstrip("> ")

    def common(self, issue: str, lang: str) -> dict[str, str]:
        """The headers that all readers of a language get.

        Gmail sums complaints up by the parts of Feedback-ID: none of them is a person.
        """
        return {
            "List-Id": f"<news-{lang}.{self._domain}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Content-Language": f"{lang}-CA",
            "Feedback-ID": f"{issue}:{lang}:newsletter:relais-{self._settings.stage}",
            "Precedence": "bulk",
        }

    def each(
        self, batch: Batch, positions: Iterable[int], profiles: Mapping[str, Mapping[str, Any]]
    ) -> list[Envelope]:
        """In the order of the positions; each must have its profile. Their tag `lang` is the
        one they are counted under, which the ledger froze."""
        return [self._one(batch, n, profiles[batch.people[n]]) for n in positions]

    def _one(self, batch: Batch, position: int, profile: Mapping[str, Any]) -> Envelope:
        person = batch.people[position]
        leave = self._links.unsubscribe(person, batch.issue)
        values = {
            "unsubscribe_url": leave,
            "preferences_url": self._links.preferences(person),
            "first_name": profile.get("name") or "",
        }
        return Envelope(
            to=profile["email"],
            tags={
                "campaign": batch.issue,
                "row": row_tag(batch.shard, batch.number, position),
                "lang": batch.lang,
            },
            values=values,
            headers=self.way_out(leave),
        )

    def way_out(self, leave: str) -> dict[str, str]:
        """By one click, and by a mail to the office that answers mail."""
        mail = self._links.unsubscribe_mail(self._settings.reply_to, leave)
        return {"List-Unsubscribe": f"<{leave}>, <{mail}>"}
