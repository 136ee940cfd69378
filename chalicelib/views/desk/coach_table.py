"""The directory at the desk as a table: searched, sorted, some coaches a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import urlencode

from chalicelib import content
from chalicelib.coaches.coach import Coach
from chalicelib.coaches.directory.folding import fold_to_words
from chalicelib.coaches.editions import EditionStore
from chalicelib.coaches.messages import Messages
from chalicelib.coaches.proposals import Proposals
from chalicelib.core.languages import Lang
from chalicelib.views.desk.address_notes import Known, left_aside, search_cut
from chalicelib.views.desk.coach_form import in_words
from chalicelib.views.desk.entry import Entry
from chalicelib.views.desk.visit import Visit
from chalicelib.web.responses import Response

COACHES_LISTED: Final = 10
ORDERS: Final = ("name", "verified", "status")
MAX_TYPED_LENGTH: Final = 100

MAX_TYPED_WORDS: Final = 6


def _is_status(text: str) -> bool:
    return any(text == one["id"] for one in content.coaches()["statuses"])


def _is_page(text: str) -> bool:
    return text.isdecimal() and len(text) < 5


KNOWN: Final[Known] = {
    "q": lambda text: True, "status": _is_status, "order": ORDERS.__contains__, "page": _is_page,
}  # fmt: skip


class TableQuery(NamedTuple):
    """What a table of coaches is asked for, as its address says it."""

    q: str
    status: str
    order: str
    page: int

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "TableQuery":
        status, order, page = (query.get(name, "").strip() for name in ("status", "order", "page"))
        return cls(
            query.get("q", "").strip()[:MAX_TYPED_LENGTH],
            status if _is_status(status) else "",
            order if order in ORDERS else ORDERS[0],
            int(page) if _is_page(page) else 1,
        )

    def address(self, page: int) -> str:
        given = {"q": self.q, "status": self.status, "order": self.order, "page": str(page)}
        return urlencode({name: text for name, text in given.items() if text})

    def found(self, coaches: Sequence[Coach]) -> list[Coach]:
        """Return those who fit, in the order that is asked for."""
        words = fold_to_words(self.q).split()[:MAX_TYPED_WORDS]
        fit = [
            coach for coach in coaches if self.status in ("", coach.status) and _has(coach, words)
        ]
        fit.sort(key=lambda coach: fold_to_words(f"{coach.last_name} {coach.first_name}"))
        if self.order == "verified":
            fit.sort(key=lambda coach: coach.last_verified_at)
        if self.order == "status":
            fit.sort(key=lambda coach: coach.status)
        return fit


def _has(coach: Coach, words: Sequence[str]) -> bool:
    """Say whether a word of a coach begins with each of these."""
    texts = (coach.first_name, coach.last_name, coach.organization, coach.city, coach.email)
    folded = f" {fold_to_words(' '.join(filter(None, texts)))}" if words else ""
    return all(f" {word}" in folded for word in words)


@dataclass(frozen=True)
class CoachTableViews:
    entry: Entry
    editions: EditionStore
    proposals: Proposals
    messages: Messages

    def show(self, visit: Visit) -> Response:
        """Answer with a page of the table."""
        asked, lang = TableQuery.of(visit.request.query), visit.lang
        everybody = self.editions.catalogue(self.editions.current())
        found, waiting = asked.found(everybody), set(self.proposals.waiting())
        pages = max(1, -(-len(found) // COACHES_LISTED))
        asked = asked._replace(page=min(max(asked.page, 1), pages))
        shown = found[(asked.page - 1) * COACHES_LISTED : asked.page * COACHES_LISTED]
        base = self.entry.address("coaches")
        roles = visit.signed_in.staff.roles
        facts: dict[str, object] = {
            "base": base,
            "asked": asked,
            "aside": [*left_aside(visit, KNOWN), *search_cut(visit, MAX_TYPED_LENGTH)],
            "number": len(found),
            "lines": [self._line(one, waiting, lang) for one in shown],
            "statuses": [(one["id"], one[lang]) for one in content.coaches()["statuses"]],
            "waiting": [self._named(one) for one in everybody if one.slug in waiting],
            "held": self.messages.number_held(),
            "pages": pages,
            "before": f"{base}?{asked.address(asked.page - 1)}" if asked.page > 1 else "",
            "after": f"{base}?{asked.address(asked.page + 1)}" if asked.page < pages else "",
            "new": self.entry.address("coach"),
            "changes_all": bool(roles & {"manager", "administrator", "communications"}),
            "done": done_text(visit),
        }
        return self.entry.page(
            visit, "coaches", facts, address=f"{base}?{asked.address(asked.page)}"
        )

    def _line(self, coach: Coach, waiting: set[str], lang: Lang) -> Mapping[str, object]:
        place = [coach.city or "", in_words("province", coach.province, lang)]
        return {
            **self._named(coach),
            "organization": coach.organization or "",
            "place": ", ".join(filter(None, place)),
            "availability": in_words("availability", coach.availability, lang),
            "status": in_words("status", coach.status, lang),
            "verified": coach.last_verified_at,
            "waits": coach.slug in waiting,
        }

    def _named(self, coach: Coach) -> dict[str, str]:
        return {"name": coach.full_name, "url": self.entry.address("coach", coach.slug)}


def done_text(visit: Visit) -> str:
    """Return what a page says was done just before; blank for nothing."""
    text = content.desk()["coaches"].get(visit.request.query.get("done", ""))
    return text[visit.lang] if text else ""
