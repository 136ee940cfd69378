"""The messages to coaches that are held, at the desk: sent on, or refused."""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib import content
from chalicelib.coaches.editions import EditionStore
from chalicelib.coaches.messages import Messages
from chalicelib.core.errors import Conflict
from chalicelib.core.ports import Item
from chalicelib.core.records import moment
from chalicelib.desk import log
from chalicelib.views.desk.entry import Entry
from chalicelib.views.desk.visit import Visit
from chalicelib.web.request import text_field
from chalicelib.web.responses import Response

MESSAGES_SHOWN = 20
SHOWN_LENGTH = 600
"""Characters of a message that the list of them shows."""


@dataclass(frozen=True)
class CoachMessageViews:
    entry: Entry
    messages: Messages
    editions: EditionStore

    def show(self, visit: Visit) -> Response:
        return self._page(visit)

    def judge(self, visit: Visit) -> Response:
        """Send a message on, or refuse it; the log says who did."""
        fields = visit.request.fields()
        wanted, act = text_field(fields, "message"), text_field(fields, "act")
        row = self.messages.one_held(wanted)
        if row is None or act not in ("release", "refuse"):
            return self._page(visit, "meanwhile")
        what = "released" if act == "release" else "refused"
        staff, facts = visit.signed_in.staff, {"whose": row["coach"]}
        noted = [log.entry(staff, f"message_{what}", facts, self.entry.now())]
        try:
            (self.messages.release if act == "release" else self.messages.refuse)(row, noted)
        except Conflict:
            return self._page(visit, "meanwhile")
        return self.entry.go(f"{self._own}?done={what}")

    def _page(self, visit: Visit, wrong: str = "") -> Response:
        texts, done = content.desk()["coaches"], visit.request.query.get("done", "")
        held = self.messages.first_held(MESSAGES_SHOWN)
        names = self.editions.names() if held else {}
        facts: dict[str, object] = {
            "held": [self._facts(row, names) for row in held],
            "number": self.messages.number_held(),
            "action": self._own,
            "back": self.entry.address("coaches"),
            "wrong": texts[wrong][visit.lang] if wrong else "",
            "done": texts[done][visit.lang] if done in ("released", "refused") else "",
        }
        status = 409 if wrong else 200
        return self.entry.page(visit, "coach_messages", facts, address=self._own, status=status)

    def _facts(self, row: Item, names: Mapping[str, str]) -> dict[str, object]:
        text = str(row["message"])
        return {
            "id": str(row["pk"]).partition("#")[2],
            "at": moment(row["at"]),
            "coach": names.get(row["coach"], row["coach"]),
            "url": self.entry.address("coach", str(row["coach"])),
            "from": f"{row['name']}, {row['email']}",
            "text": text if len(text) <= SHOWN_LENGTH else f"{text[:SHOWN_LENGTH]}…",
        }

    @property
    def _own(self) -> str:
        return self.entry.address("coaches", "messages")
