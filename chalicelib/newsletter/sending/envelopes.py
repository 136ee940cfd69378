"""Addresses an issue: each recipient's address, name, links, headers and tags."""

from collections.abc import Iterable, Mapping

from chalicelib.core.links import Links
from chalicelib.core.ports import Item
from chalicelib.core.settings import Settings
from chalicelib.newsletter.sending.keys import row_tag
from chalicelib.newsletter.sending.ledger import Batch
from chalicelib.newsletter.sending.ports import Envelope


class Envelopes:
    def __init__(self, links: Links, settings: Settings) -> None:
        self._links = links
        self._settings = settings
        self._domain = settings.sender.rpartition("@")[2].rstrip("> ")

    def common(self, issue: str, lang: str) -> dict[str, str]:
        """Return the headers that all readers of a language get.

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
        self, batch: Batch, positions: Iterable[int], profiles: Mapping[str, Item]
    ) -> list[Envelope]:
        """Return the envelopes of these positions, in their order; each must have a profile.

        The tag `lang` is the language that they are counted in, which the ledger froze.
        """
        return [self._one(batch, n, profiles[batch.people[n]]) for n in positions]

    def _one(self, batch: Batch, position: int, profile: Item) -> Envelope:
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
            headers=self.unsubscribe_headers(leave),
        )

    def unsubscribe_headers(self, leave: str) -> dict[str, str]:
        """Return the header of RFC 8058 for a link to leave, with a mail to `reply_to` beside it."""
        mail = self._links.unsubscribe_mail(self._settings.reply_to, leave)
        return {"List-Unsubscribe": f"<{leave}>, <{mail}>"}
