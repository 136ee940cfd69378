"""Random weather over the directory: sheets, restores, edits and withdrawals, and deaths in each.

A seed gives a run. Whoever took their page down, or was taken out, is never shown but by a consent of
a later day; what a coach changed on their own page outlives every restore of what is older.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from random import Random
from typing import Final

from chalicelib.coaches.coach import Coach
from chalicelib.coaches.edition import Edition
from chalicelib.coaches.editions import EditionStore, Withdrawn
from chalicelib.coaches.removal import CoachRemoval
from chalicelib.coaches.upkeep import Upkeep
from chalicelib.core.errors import Conflict
from chalicelib.core.links import Links
from chalicelib.core.records import stamp
from fakes import MemoryStore, SetClock

MINUTES: Final = (1, 60, 600, 1440, 2880)
"""How long nothing happens between two steps: up to two days."""

DEATHS: Final = 0.25


class Died(BaseException):
    """The process is gone."""


class CoachWeather:
    def __init__(self, seed: int, coaches: Sequence[Coach]) -> None:
        self.luck, self.store, self.clock = Random(seed), MemoryStore(), SetClock()
        self.editions = EditionStore(self.store, self.clock, b"key")
        links = Links(("k" * 40,), "https://example.org", "", self.clock)
        self.upkeep = Upkeep(self.store, self.editions, links, self.clock, people_key=b"key")
        self.editions.publish(coaches, by="staff", why="first.csv", after=None)
        self.exports = [list(coaches)]
        self.left: dict[str, date] = {}
        """When each coach left last."""
        self.edits: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        """When each coach changed their city, and to what."""
        self.acts: Counter[str] = Counter()

    @property
    def now(self) -> list[Coach]:
        return self.editions.catalogue(self.editions.current())

    @property
    def shown(self) -> list[Coach]:
        return [coach for coach in self.now if coach.public]

    def run(self, steps: int) -> "CoachWeather":
        acts = tuple(_ACTS)
        for number in range(steps):
            self.clock.pass_(minutes=self.luck.choice(MINUTES))
            name = self.luck.choices(acts, [_ACTS[one][1] for one in acts])[0]
            self.acts[name] += 1
            _ACTS[name][0](self, number)
            self.judge()
        for _ in range(12):
            self.clock.pass_(hours=12)
            self.upkeep.check()
        self.judge()
        assert self.editions.withdrawals.unfinished() == []
        return self

    def judge(self) -> None:
        for coach in self.shown:
            agreed = coach.consent_publication
            assert agreed is not None
            left = self.left.get(coach.slug, date.min)
            assert left < agreed <= self.editions.today(), f"{coach.slug} is shown"

    @contextmanager
    def _dying(self) -> Iterator[None]:
        """What may die at any write."""
        last = self.luck.randint(1, 12) if self.luck.random() < DEATHS else 0

        def count(writes: object) -> None:
            nonlocal last
            last -= 1
            if last == 0:
                raise Died

        self.store.before = count
        try:
            with suppress(Died, Conflict, Withdrawn):
                yield
        finally:
            self.store.before = lambda writes: None

    def export(self, number: int) -> None:
        self.exports.append(self.now)

    def bring(self, number: int) -> None:
        """Staff import a sheet of some day."""
        self._publish(self.luck.choice(self.exports))

    def agree(self, number: int) -> None:
        """Staff import a sheet in which everybody agreed today."""
        agreed = {"status": "published", "consent_publication": self.editions.today()}
        self._publish([one.model_copy(update=agreed) for one in self.luck.choice(self.exports)])

    def _publish(self, coaches: Sequence[Coach]) -> None:
        with self._dying():
            after = self.editions.current()
            self.editions.publish(coaches, by="staff", why="some.csv", after=after)

    def withdraw(self, number: int) -> None:
        if shown := self.shown:
            coach = self.luck.choice(shown)
            with self._dying():
                self.upkeep.withdraw(coach)
            if coach.slug not in [one.slug for one in self.shown]:
                self.left[coach.slug] = self.editions.today()

    def remove(self, number: int) -> None:
        if here := self.now:
            coach = self.luck.choice(here)
            with self._dying():
                CoachRemoval(self.editions).remove(coach.slug, by="operator")
            if coach.slug not in [one.slug for one in self.now]:
                self.left[coach.slug] = self.editions.today()

    def edit(self, number: int) -> None:
        if shown := self.shown:
            coach, city = self.luck.choice(shown), f"Ville {number}"
            with self._dying():
                self.upkeep.edit(coach.slug, {"city": city}, by=coach.slug, why="own changes")
            if city in [one.city for one in self.now]:
                self.edits[coach.slug].append((stamp(self.clock()), city))

    def restore(self, number: int) -> None:
        edition = self.luck.choice(self.editions.restorable())
        before = {coach.slug: coach for coach in self.editions.catalogue(edition)}
        current = self.editions.current()
        with self._dying():
            self.editions.restore(edition, by="operator")
        if self.editions.current() != current:
            for coach in self.now:
                if coach.slug not in self.left:
                    assert coach.city == self._city(coach.slug, edition, before[coach.slug].city)

    def _city(self, slug: str, edition: Edition, city: str | None) -> str | None:
        """The city that a restore of an edition must show, where that edition has another one."""
        return [city, *(to for at, to in self.edits[slug] if at >= edition.at)][-1]

    def check(self, number: int) -> None:
        with self._dying():
            self.upkeep.check()


_ACTS: Final[dict[str, tuple[Callable[[CoachWeather, int], None], float]]] = {
    "export": (CoachWeather.export, 1), "bring": (CoachWeather.bring, 2),
    "agree": (CoachWeather.agree, 1), "withdraw": (CoachWeather.withdraw, 1),
    "remove": (CoachWeather.remove, 0.6), "edit": (CoachWeather.edit, 2),
    "restore": (CoachWeather.restore, 2), "check": (CoachWeather.check, 1),
}  # fmt: skip
"""What happens to a directory, and how often."""
