"""Everything that sends an issue, put together from what the outside world gives."""

import time
from collections.abc import Callable
from functools import cached_property

from chalicelib.core.links import Links
from chalicelib.core.ports import Clock
from chalicelib.core.settings import Settings
from chalicelib.newsletter.issues.lifecycle import Editions
from chalicelib.newsletter.sending.audience import Audience
from chalicelib.newsletter.sending.auto_pause import Watch
from chalicelib.newsletter.sending.envelopes import Envelopes
from chalicelib.newsletter.sending.pacing import SHARE, Pace
from chalicelib.newsletter.sending.ports import Carrier, Lists, Queue
from chalicelib.newsletter.sending.scheduler import Rounds, Worker
from chalicelib.newsletter.sending.sender import Sender


class Press:
    def __init__(  # noqa: PLR0913
        self,
        lists: Lists,
        carrier: Carrier,
        queue: Queue,
        links: Links,
        settings: Settings,
        clock: Clock,
        *,
        wait: Callable[[float], None] = time.sleep,
        share: float = SHARE,
        name: Callable[[], str] | None = None,
    ) -> None:
        self._lists = lists
        self._carrier = carrier
        self._queue = queue
        self._links = links
        self._settings = settings
        self._clock = clock
        self._wait = wait
        self._share = share
        self._name = name

    @cached_property
    def editions(self) -> Editions:
        return Editions(self._lists, self._clock)

    @cached_property
    def watch(self) -> Watch:
        return Watch(self._lists, self.editions, self._clock)

    @cached_property
    def rounds(self) -> Rounds:
        address = self._settings.postal_address
        return Rounds(
            self._lists,
            self.editions,
            self._queue,
            self.watch,
            self._clock,
            postal_address=address,
        )

    @cached_property
    def pace(self) -> Pace:
        return Pace(
            self._lists,
            self._carrier,
            self._clock,
            self._wait,
            at_most=self._settings.issue_rate,
            share=self._share,
        )

    @cached_property
    def sender(self) -> Sender:
        envelopes = Envelopes(self._links, self._settings)
        named = {"name": self._name} if self._name else {}
        return Sender(self._lists, self._carrier, self.pace, envelopes, self._clock, **named)

    @cached_property
    def worker(self) -> Worker:
        return Worker(
            self._lists,
            Audience(self._lists, self._clock),
            self.sender,
            self.rounds,
            self.watch,
            self._queue,
            self._clock,
            postal_address=self._settings.postal_address,
        )
