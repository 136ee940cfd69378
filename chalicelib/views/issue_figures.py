"""How far an issue is, as a page shows it: its figures, why it is paused, whom it did not reach."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from chalicelib import content
from chalicelib.cases.staff import Roster
from chalicelib.core import formatting
from chalicelib.core.formatting import masked
from chalicelib.core.languages import LANGS, Lang
from chalicelib.core.ports import Now, Store
from chalicelib.core.records import moment
from chalicelib.newsletter.issue_counts import COUNTED, LangCounts, by_language, by_topic, figures
from chalicelib.newsletter.issue_counts import shown as counts_shown
from chalicelib.newsletter.issues.issue import AUTO_PAUSED, SENT, Issue
from chalicelib.newsletter.sending.acts import LEDGER_READING_TIME, Missed
from chalicelib.newsletter.sending.unreached import UnreachedReader
from chalicelib.newsletter.subscribers.consent_text import topic_name

MAX_READERS_SHOWN: Final = 100
"""Missed readers that a page lists; the sheet of them, and the command `issue report`, have all."""

_UNREACHED: Final = (
    "skipped", "failed", "unknown", "soft", "bounced", "complained", "rejected",
)  # fmt: skip


@dataclass(frozen=True)
class IssueFigures:
    store: Store
    roster: Roster
    missed: Missed
    now: Now

    def counts(self, issue: Issue, lang: Lang) -> dict[str, object]:
        """Return how far the issue is: its counts in all, and a row for each count by language; so
        for each topic too, where there are several."""
        found = figures(self.store, issue.id)
        counts, topics = by_language(found), by_topic(found)
        totals = {name: sum(counts[code][name] for code in LANGS) for name in COUNTED}
        return {
            "queued": totals["queued"],
            "done": sum(totals[name] for name in ("sent", "skipped", "failed")),
            "rows": _rows(counts, lang),
            "topics": [
                {"name": topic_name(topic, lang), "rows": _rows(of_topic, lang)}
                for topic, of_topic in topics.items()
                if len(topics) > 1
            ],
            "missed": sum(totals[name] for name in _UNREACHED) if issue.status == SENT else 0,
        }

    def listed(self, issue: Issue, lang: Lang) -> list[dict[str, str]]:
        """List the first of those who were missed; their addresses are hinted at."""
        found = []
        for one in self.looked(issue):
            who = masked(one.email) if one.email else content.newsroom()["address_gone"][lang]
            found.append({"who": who, "lang": one.lang, "why": one.reason(lang)})
            if len(found) == MAX_READERS_SHOWN:
                break
        return found

    def looked(self, issue: Issue) -> Iterator[UnreachedReader]:
        """Yield those who were missed, as many as can be looked at for a page."""
        until = self.now() + LEDGER_READING_TIME
        for one in self.missed(issue):
            yield one
            if self.now() > until:
                return

    def paused(self, issue: Issue, lang: Lang) -> str:
        paused = issue.paused
        if paused is None:
            return ""
        texts = content.newsroom()["paused"]
        by_itself = issue.status == AUTO_PAUSED and paused["reason"] in texts
        text: str = texts[paused["reason"] if by_itself else "staff"][lang]
        owner = self.roster.get(paused["by"])
        who = owner.name if owner else "Relais"
        return text.format(by=who, at=formatting.date_and_time(moment(paused["at"]), lang))


def _rows(counts: LangCounts, lang: Lang) -> list[dict[str, object]]:
    """Return a row for each count, with its number in each language."""
    shown = {code: counts_shown(counts[code]) for code in LANGS}
    return [
        {"label": label[lang], **{code: shown[code][name] for code in LANGS}}
        for name, label in content.newsroom()["counts"].items()
    ]
