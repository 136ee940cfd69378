"""The parts of the room of people: finding, giving out, erasing, holding, the register."""

from collections.abc import Iterator
from functools import cached_property

from chalicelib.coaches.removal import CoachRemoval
from chalicelib.people.erasure import PersonErasure
from chalicelib.people.export import Export, place_of
from chalicelib.people.finder import Finder, PersonFound
from chalicelib.people.holds import LegalHolds
from chalicelib.people.ports import WholeTables
from chalicelib.people.requests import Register
from chalicelib.wiring.coaches import CoachServices
from chalicelib.wiring.parts import Parts
from chalicelib.wiring.subscribers import SubscriberServices


class PeopleServices:
    """What an operator does for one person, over whole tables."""

    def __init__(
        self,
        parts: Parts,
        coaches: CoachServices,
        subscribers: SubscriberServices,
        tables: WholeTables,
    ) -> None:
        self._parts = parts
        self._coaches = coaches
        self._subscribers = subscribers
        self._tables = tables

    @cached_property
    def finder(self) -> Finder:
        return Finder(self._tables, self._coaches.editions, self._parts.people_key)

    @cached_property
    def holds(self) -> LegalHolds:
        return LegalHolds(self._parts.store, self._parts.now)

    @cached_property
    def register(self) -> Register:
        return Register(self._parts.store, self._parts.now)

    @cached_property
    def export(self) -> Export:
        return Export(self._parts.store)

    def documents(self, found: PersonFound) -> Iterator[tuple[str, bytes]]:
        """Yield the documents of a person that may be opened, with their place in a copy. Raises
        StoreDown."""
        for one in self.export.documents(found):
            if place := place_of(one):
                yield place, self._parts.documents().read(one.object_key)

    @cached_property
    def erasure(self) -> PersonErasure:
        return PersonErasure(
            self._parts.store,
            self.finder,
            self._subscribers.repository,
            CoachRemoval(self._coaches.editions),
            self.holds,
            self._parts.now,
        )
