"""What a list of files is asked for: a tab, whose files, filters, an order; as an address says it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode

from chalicelib import content
from chalicelib.cases.file_index import NOBODY, FileFacets, stream_code
from chalicelib.cases.states import NEW, step
from chalicelib.core.business_days import at_eastern_time, business_days_between

if TYPE_CHECKING:
    from chalicelib.content.shapes.desk import DeskTab

FLAGS: Final = ("late", "unread", "undeliverable", "unproved", "orphan")
"""Filters that are on or off."""

WHOSE: Final = ("all", "mine", "nobody")
SORTED: Final = ("changed", "name", "due", "score")
"""Orders in which no list is kept: of many files they cannot be had."""

ORDERS: Final = ("oldest", "newest", *SORTED)

AGE_MAX_DAYS: Final = 999

POSITION_MAX_LENGTH: Final = 100
"""Characters of where a list goes on."""

VALUE_MAX_LENGTH: Final = 60
"""Characters of a filter's value."""

QUERY_MAX_LENGTH: Final = 200
"""Characters of what somebody searches for."""


def orphan_state() -> str:
    """Return where an application waits that came without a declaration."""
    return step(NEW, "apply_uninvited").to


def _tab_of(state: str) -> str:
    """Return the tab in which files of a state are listed; blank for what is no such state."""
    return next((tab["id"] for tab in content.desk()["tabs"] if state in tab["states"]), "")


def _is_age(text: str) -> bool:
    return text.isdecimal() and len(text) < 10 and int(text) <= AGE_MAX_DAYS


KNOWN: Final[Mapping[str, Callable[[str], bool]]] = {
    "tab": lambda text: any(text == tab["id"] for tab in content.desk()["tabs"]),
    "whose": WHOSE.__contains__,
    "order": ORDERS.__contains__,
    "state": lambda text: bool(_tab_of(text)),
    "age": _is_age,
    **dict.fromkeys(FLAGS, "1".__eq__),
}
"""By the name of what can only be one of a few values, whether a value is one: another is as if
nothing was asked for."""


@dataclass(frozen=True)
class Filters:
    """One list. Blank is no filter; what nothing is called finds nothing. With `q`, it is what a
    search for that finds, whatever else is asked for."""

    tab: str = ""
    whose: str = ""
    state: str = ""
    form: str = ""
    stream: str = ""
    language: str = ""
    province: str = ""
    owner: str = ""
    age: str = ""
    late: str = ""
    unread: str = ""
    undeliverable: str = ""
    unproved: str = ""
    orphan: str = ""
    order: str = ""
    q: str = ""
    at: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Filters":
        given = {f.name: query.get(f.name, "").strip()[:VALUE_MAX_LENGTH] for f in fields(cls)}
        given |= {name: "" for name, is_known in KNOWN.items() if not is_known(given[name])}
        found = cls(**given)
        return replace(
            found,
            # A state is listed in one tab alone, whichever the address names beside it.
            tab=_tab_of(found.state) or found.tab or content.desk()["tabs"][0]["id"],
            whose=found.whose or WHOSE[0],
            q=query.get("q", "").strip()[:QUERY_MAX_LENGTH],
            at=query.get("at", "").strip()[:POSITION_MAX_LENGTH],
        )

    @classmethod
    def of_query(cls, query: str) -> "Filters":
        """Return what `query` wrote."""
        return cls.of(dict(parse_qsl(query)))

    @classmethod
    def is_asked(cls, query: Mapping[str, str]) -> bool:
        """Say whether an address asks for a list of its own."""
        return any(f.name in query for f in fields(cls) if f.name not in ("q", "at"))

    def query(self, **changed: str) -> str:
        """Return the query of an address, with what is `changed`."""
        given = {f.name: getattr(self, f.name) for f in fields(self)} | changed
        return urlencode({name: value for name, value in given.items() if value})

    @property
    def states(self) -> list[str]:
        states = next(tab["states"] for tab in content.desk()["tabs"] if tab["id"] == self.tab)
        asked = [self.state] if self.state else states
        return [one for one in asked if not self.orphan or one == orphan_state()]

    def states_of(self, tab: "DeskTab") -> Sequence[str]:
        """Return the states whose files are listed in a tab: a state that is asked for is one of
        this list alone."""
        return self.states if tab["id"] == self.tab else tab["states"]

    @property
    def chosen(self) -> list[tuple[str, str]]:
        """Return the filters that are on, with their values, and nothing of tab, order and search."""
        aside = ("tab", "whose", "order", "q", "at")
        return [
            (f.name, getattr(self, f.name))
            for f in fields(self)
            if f.name not in aside and getattr(self, f.name)
        ]

    @property
    def is_timed(self) -> bool:
        """Say whether a filter depends on the day or on who looked, which no count keeps."""
        return bool(self.age or self.late or self.unread)

    @property
    def stream_code(self) -> str:
        """The stream as counts and lists have it; what can be none is none of theirs."""
        return stream_code(self.stream) or self.stream

    def is_counted(self, state: str, owner: str, of: FileFacets, me: str) -> bool:
        """Say whether a count fits, leaving aside what no count keeps."""
        wanted = {
            "form": self.form, "stream": self.stream_code, "lang": self.language,
            "province": self.province, "undeliverable": self.undeliverable,
            "unproved": self.unproved,
        }  # fmt: skip
        if self.orphan and state != orphan_state():
            return False
        fits = all(getattr(of, name) == value for name, value in wanted.items() if value)
        return fits and all(owner == one for one in self.owners(me))

    def owners(self, me: str) -> list[str]:
        """Return the owners that files must have: one where one is asked for."""
        asked = {"mine": me, "nobody": NOBODY}.get(self.whose)
        return [one for one in (asked, self.owner) if one]

    def before(self, today: date) -> datetime:
        """Return the moment before which what has waited for `age` business days came: the end of
        that day in Eastern time."""
        day, wanted = today, int(self.age)
        day -= timedelta(days=wanted)
        while business_days_between(day, today) < wanted:
            day -= timedelta(days=1)
        return at_eastern_time(day + timedelta(days=1), time.min)
