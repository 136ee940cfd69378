"""Builds the parts of the coaches' room: editions, search, messages, upkeep, proposals."""

from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.cases.staff import Roster
from chalicelib.coaches.cache import DirectoryCache
from chalicelib.coaches.editions import EditionStore
from chalicelib.coaches.missed_words import MissedWords
from chalicelib.wiring.parts import Parts

if TYPE_CHECKING:
    from chalicelib.coaches.messages import Messages
    from chalicelib.coaches.proposals import Proposals
    from chalicelib.coaches.returned_mail import ReturnedMail
    from chalicelib.coaches.upkeep import Upkeep


class CoachServices:
    """Builds each part when it is first used: a search must not load the model of a coach."""

    def __init__(self, parts: Parts, roster: Roster) -> None:
        self._parts = parts
        self._roster = roster

    @cached_property
    def editions(self) -> EditionStore:
        return EditionStore(self._parts.store, self._parts.now, self._parts.people_key)

    @cached_property
    def directory(self) -> DirectoryCache:
        return DirectoryCache(self.editions, self._parts.now)

    @cached_property
    def messages(self) -> "Messages":
        from chalicelib.coaches.messages import Messages

        parts = self._parts
        return Messages(
            parts.store,
            parts.now,
            people_key=parts.people_key,
            per_hour=parts.settings.posts_per_hour,
        )

    @cached_property
    def missed_words(self) -> MissedWords:
        return MissedWords(self._parts.store, self._parts.now, self._parts.people_key)

    @cached_property
    def returned_mail(self) -> "ReturnedMail":
        from chalicelib.coaches.returned_mail import ReturnedMail

        return ReturnedMail(self._parts.store, self._parts.now)

    @cached_property
    def upkeep(self) -> "Upkeep":
        from chalicelib.coaches.upkeep import Upkeep

        parts = self._parts
        return Upkeep(
            parts.store, self.editions, parts.links, parts.now, people_key=parts.people_key
        )

    @cached_property
    def proposals(self) -> "Proposals":
        from chalicelib.coaches.proposals import Proposals

        parts = self._parts
        return Proposals(parts.store, self.upkeep, self._roster, parts.links, parts.now)
