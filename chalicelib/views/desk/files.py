"""The lists of files: tabs with counts, filters in the address, and the search."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TypedDict
from urllib.parse import urlencode

from chalicelib import content
from chalicelib.cases.file_index import NOBODY
from chalicelib.cases.staff import Roster
from chalicelib.cases.states import staff_name
from chalicelib.core import eastern_time
from chalicelib.core.business_days import business_days_between
from chalicelib.core.formatting import percent
from chalicelib.core.languages import Lang
from chalicelib.core.ports import Item
from chalicelib.core.records import moment
from chalicelib.desk.files import MAX_FOUND, FileList, Files, Tab, line_of
from chalicelib.desk.filters import FLAGS, ORDERS, POSITION_MAX_LENGTH, WHOSE, Filters
from chalicelib.desk.list_order import Line
from chalicelib.desk.looks import Looks
from chalicelib.desk.many import MANY_MAX
from chalicelib.desk.next_file import written
from chalicelib.views.desk.address_notes import filters_aside
from chalicelib.views.desk.entry import Entry
from chalicelib.views.desk.filter_words import FilterWords
from chalicelib.views.desk.visit import Visit
from chalicelib.web.responses import Response


class LineFacts(TypedDict):
    """A file in a list. `days` are business days since it came; `changed`: it went on since this
    reader looked at it. `score` is said where the list is sorted by it."""

    ref: str
    url: str
    org: str
    state_name: str
    received: date
    days: int
    due: date | None
    late: bool
    owner: str
    unread: bool
    changed: bool
    undeliverable: bool
    unproved: bool
    score: str


@dataclass(frozen=True)
class FilesViews:
    entry: Entry
    files: Files
    looks: Looks
    roster: Roster

    def show(self, visit: Visit) -> Response:
        query = visit.request.query
        me = visit.signed_in.staff
        known = self.looks.of(me.id)
        after = query.get("after", "")[:POSITION_MAX_LENGTH]
        if (asked := replace(Filters.of(query), at="")).q:
            result = self.files.search(asked.q, after)
            lines = [line_of(case) for case in result.cases]
            return self._page(visit, asked, known, FileList(lines, [], result.reached, True))
        filters = self._filters(query, known)
        if not visit.is_head:
            self.looks.remember(me.id, known, filters.query())
        found = self.files.listed(filters, me.id, after)
        return self._page(visit, filters, known, found)

    def _filters(self, query: Mapping[str, str], known: Item) -> Filters:
        """Return what the address asks for; without anything, what was asked for last."""
        if Filters.is_asked(query) or "clear" in query:
            return replace(Filters.of(query), at="")
        return Filters.of_query(str(known.get("filters", "")))

    def _page(self, visit: Visit, filters: Filters, known: Item, found: FileList) -> Response:
        lang, texts = visit.lang, content.desk()
        words = FilterWords(self.roster, lang)
        base, looked = self.entry.address("files"), known.get("files", {})
        is_cut = bool(filters.q) and len(found.lines) == MAX_FOUND
        more = f"{filters.query()}&{urlencode({'after': found.more})}" if found.more else ""
        facts: dict[str, object] = {
            "q": filters.q,
            "aside": filters_aside(visit, filters, words),
            "is_cut": is_cut,
            "goes_on": bool(is_cut or more)
            or any(_goes_on(tab, filters, found) for tab in found.tabs),
            "most": MANY_MAX,
            "base": base,
            "lines": [self._line(one, filters, looked, words.names, lang) for one in found.lines],
            **self._ways(filters, found, words, lang),
            "filters": filters,
            "labels": {name: text[lang] for name, text in texts["filters"].items()},
            "options": words.options_in(filters.tab),
            "export": f"{self.entry.address('export')}?{filters.query()}",
            "flags": FLAGS,
            "orders": [(one, texts["orders"][one][lang]) for one in ORDERS],
            "is_ordered": found.is_ordered,
            "more": f"{base}?{more}" if more else "",
        }
        return self.entry.page(visit, "files", facts, address=f"{base}?{filters.query()}")

    def _ways(
        self, filters: Filters, found: FileList, words: FilterWords, lang: Lang
    ) -> dict[str, object]:
        """Return the ways on from a list: to other tabs, to whose files, and without a filter."""
        base, texts = self.entry.address("files"), content.desk()
        counts = {tab.id: tab for tab in found.tabs}
        return {
            "tabs": [
                {
                    "name": tab["name"][lang],
                    "url": f"{base}?{filters.query(tab=tab['id'], state='')}",
                    "here": tab["id"] == filters.tab,
                    "number": counts[tab["id"]].number,
                    "at_least": counts[tab["id"]].at_least,
                }
                for tab in texts["tabs"]
                if tab["id"] in counts
            ],
            "whose": [
                {"id": one, "name": texts["whose"][one][lang],
                 "url": f"{base}?{filters.query(whose=one)}", "here": one == filters.whose}
                for one in WHOSE
            ],
            "tags": [
                {"name": texts["filters"][name][lang], "value": words.value(name, value),
                 "url": f"{base}?{filters.query(**{name: ''})}"}
                for name, value in filters.chosen
            ],
        }  # fmt: skip

    def _line(
        self,
        line: Line,
        filters: Filters,
        looked: Mapping[str, int],
        names: Mapping[str, str],
        lang: Lang,
    ) -> LineFacts:
        row, today = line.row, eastern_time.today(self.entry.now())
        ref = line.ref
        received = eastern_time.today(moment(line.position.partition("#")[0]))
        due = date.fromisoformat(row["due"]) if row.get("due") else None
        owner, at = row["owner"], "" if filters.q else written(line, filters)
        return {
            "ref": ref,
            "url": f"{self.entry.address('files', ref)}?{filters.query(at=at)}",
            "org": row["org"],
            "state_name": staff_name(line.state, lang),
            "received": received,
            "days": business_days_between(received, today),
            "due": due,
            "late": due is not None and due < today,
            "owner": "" if owner == NOBODY else names.get(owner, owner),
            "unread": row.get("unread") == "1",
            "changed": row["case"] in looked and looked[row["case"]] < row["events"],
            "undeliverable": row["undeliverable"] == "1",
            "unproved": row["unproved"] == "1",
            "score": percent(round(float(row["share"]) * 100), lang) if "share" in row else "",
        }


def _goes_on(tab: Tab, filters: Filters, found: FileList) -> bool:
    """Say whether a tab is the one that is shown, and has more files than its page."""
    return tab.id == filters.tab and (tab.at_least or tab.number > len(found.lines))
