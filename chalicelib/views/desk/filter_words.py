"""A list of files in words: its tab, whose files, and each filter with its value."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from chalicelib import content
from chalicelib.cases.staff import Roster
from chalicelib.cases.states import staff_name
from chalicelib.core import formatting
from chalicelib.core.languages import Lang
from chalicelib.desk.files import Tab
from chalicelib.desk.filters import FLAGS, WHOSE, Filters

Options = Mapping[str, Sequence[tuple[str, str]]]


class FilterWords:
    def __init__(self, roster: Roster, lang: Lang) -> None:
        self._roster = roster
        self._lang = lang

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The names of staff by id, of those too who have left."""
        return {one.id: one.name for one in self._roster.all()}

    @cached_property
    def options(self) -> Options:
        """What each filter with a list may be, as its value and its name."""
        texts, lang = content.desk(), self._lang
        return {
            "state": [
                (one, staff_name(one, lang)) for tab in texts["tabs"] for one in tab["states"]
            ],
            "form": [(one, words[lang]) for one, words in texts["forms"].items()],
            "stream": [(one["id"], one[lang]) for one in content.streams()],
            "language": [("fr", "Français"), ("en", "English")],
            "province": [(one["id"], one[lang]) for one in content.provinces()],
            "owner": sorted(self.names.items(), key=lambda pair: pair[1]),
        }

    def options_in(self, tab: str) -> Options:
        """Return what each filter may be in a tab: its own states alone, where it has several."""
        states = next(one["states"] for one in content.desk()["tabs"] if one["id"] == tab)
        of_tab = [pair for pair in self.options["state"] if pair[0] in states]
        return {**self.options, "state": of_tab if len(of_tab) > 1 else []}

    def tab(self, filters: Filters) -> str:
        tabs = content.desk()["tabs"]
        return next(tab["name"][self._lang] for tab in tabs if tab["id"] == filters.tab)

    def value(self, name: str, value: str) -> str:
        """Return a filter's value; what it is in itself where nothing is called so."""
        return "" if name in FLAGS else dict(self.options.get(name, ())).get(value, value)

    def chosen(self, filters: Filters) -> list[tuple[str, str]]:
        """Return the name of each filter that is on, and its value."""
        names = content.desk()["filters"]
        return [
            (names[name][self._lang], self.value(name, value)) for name, value in filters.chosen
        ]

    def kept(self, facts: Mapping[str, object]) -> str:
        """Return in one line which list was kept: what a search found, or one with filters."""
        if facts.get("searched") is not None:
            return self._counted(self._searched, int(str(facts["searched"])))
        return self.sentence(Filters.of_query(str(facts["filters"])))

    def with_number(self, filters: Filters, number: Tab) -> str:
        """Return the tab of a list, or that it was searched for, with how many files it has."""
        name = self._searched if filters.q else self.tab(filters)
        return self._counted(name, number.number, "+" if number.at_least else "")

    def _counted(self, name: str, number: int, more: str = "") -> str:
        return f"{name} ({formatting.number(number, self._lang)}{more})"

    @property
    def _searched(self) -> str:
        return content.desk()["filters"]["q"][self._lang]

    def sentence(self, filters: Filters) -> str:
        """Return all of it in one line."""
        between = "\u00a0: " if self._lang == "fr" else ": "
        parts = [self.tab(filters)]
        if filters.whose != WHOSE[0]:
            parts.append(content.desk()["whose"][filters.whose][self._lang])
        parts += [between.join(filter(None, pair)) for pair in self.chosen(filters)]
        return "; ".join(parts)
