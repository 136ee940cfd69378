"""The log of the desk: what staff exported, decided at once and changed, by month."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from chalicelib import content
from chalicelib.cases.staff import Roster
from chalicelib.core import eastern_time, references
from chalicelib.core.languages import Lang
from chalicelib.core.ports import Item, Store
from chalicelib.core.records import moment
from chalicelib.desk import log
from chalicelib.views.desk.entry import Entry, Visit
from chalicelib.views.desk.filter_words import FilterWords
from chalicelib.web.responses import Response

MONTHS_SHOWN: Final = 12


@dataclass(frozen=True)
class LogViews:
    entry: Entry
    store: Store
    roster: Roster

    def show(self, visit: Visit) -> Response:
        months = _months_back(eastern_time.today(self.entry.now()))
        asked, base = visit.request.query.get("month", ""), self.entry.address("log")
        month = asked if asked in months else months[0]
        words = FilterWords(self.roster, visit.lang)
        rows = log.of_month(self.store, month)
        facts: dict[str, object] = {
            "base": base,
            "month": month,
            "months": months,
            "entries": [_entry(row, words, visit.lang) for row in rows],
            "is_cut": len(rows) == log.MAX_SHOWN,
            "most": log.MAX_SHOWN,
            "back": self.entry.address("programme"),
        }
        return self.entry.page(visit, "log", facts, address=f"{base}?month={month}")


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


def _months_back(today: date) -> list[str]:
    found, day = [], today.replace(day=1)
    for _ in range(MONTHS_SHOWN):
        found.append(f"{day:%Y-%m}")
        day = date.fromordinal(day.toordinal() - 1).replace(day=1)
    return found
