"""The log of the desk: what staff exported, decided at once and changed, by month."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from chalicelib import content
from chalicelib.cases.staff import Roster
from chalicelib.core import eastern_time, references
from chalicelib.core.languages import Lang
from chalicelib.core.ports import Item, Store
from chalicelib.core.records import moment
from chalicelib.desk import log
from chalicelib.desk.filters import POSITION_MAX_LENGTH
from chalicelib.views.desk.address_notes import left_aside
from chalicelib.views.desk.entry import Entry
from chalicelib.views.desk.filter_words import FilterWords
from chalicelib.views.desk.visit import Visit
from chalicelib.web.responses import Response


@dataclass(frozen=True)
class LogViews:
    entry: Entry
    store: Store
    roster: Roster

    def show(self, visit: Visit) -> Response:
        months, query = log.months(eastern_time.today(self.entry.now())), visit.request.query
        asked, base = query.get("month", ""), self.entry.address("log")
        month = asked if asked in months else months[0]
        words = FilterWords(self.roster, visit.lang)
        after = query.get("after", "")[:POSITION_MAX_LENGTH]
        rows = log.of_month(self.store, month, after)
        shown = rows[: log.LINES_A_PAGE]
        older = urlencode({"month": month, "after": shown[-1]["sk"]}) if rows[len(shown) :] else ""
        here = urlencode({"month": month, **({"after": after} if after else {})})
        facts: dict[str, object] = {
            "base": base,
            "aside": left_aside(visit, {"month": months.__contains__}),
            "month": month,
            "months": months,
            "entries": [_entry(row, words, visit.lang) for row in shown],
            "older": f"{base}?{older}" if older else "",
            "back": self.entry.address("programme"),
        }
        return self.entry.page(visit, "log", facts, address=f"{base}?{here}")


def _entry(row: Item, words: FilterWords, lang: Lang) -> Mapping[str, object]:
    facts: Mapping[str, object] = row["facts"]
    about, files = str(facts.get("whose", "")), facts.get("files")
    if "filters" in facts:
        about = words.kept(facts)
    elif isinstance(files, list):
        about = ", ".join(references.reference("eoi", str(one)) for one in files)
    elif files is not None:
        about = str(files)
    what = content.desk()["log"][row["what"]][lang]
    return {"at": moment(row["at"]), "name": row["name"], "what": what, "about": about}
