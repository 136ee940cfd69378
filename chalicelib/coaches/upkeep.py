"""How the directory stays right: a check once a year, and what a coach's own link does."""

import logging
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from chalicelib.cases.staff import Roster
from chalicelib.coaches.editions import CURRENT, Edition, EditionStore
from chalicelib.coaches.messages import TO_COACH
from chalicelib.core import eastern_time
from chalicelib.core.errors import BadLink, Conflict
from chalicelib.core.letter_row import ALL_STAFF, letter
from chalicelib.core.links import Links, person_key
from chalicelib.core.ports import Change, Now, Put, Store, Write
from chalicelib.core.records import stamp

if TYPE_CHECKING:
    from chalicelib.coaches.coach import Coach

log = logging.getLogger("relais.network")

EVERY: Final = timedelta(days=365)
"""How long a coach's page counts as checked."""

REMIND: Final = timedelta(days=30)
"""When a coach who did not answer is asked once more."""

CHECK_HOUR: Final = 9
"""Eastern time: nobody gets such a letter at night."""

TURNS: Final = 4
"""How often a change is made anew because another edition came in between."""


class Upkeep:
    def __init__(  # noqa: PLR0913
        self,
        store: Store,
        shelf: EditionStore,
        roster: Roster,
        links: Links,
        now: Now,
        *,
        people_key: bytes,
    ) -> None:
        self._store = store
        self._shelf = shelf
        self._roster = roster
        self._links = links
        self._now = now
        self._key = people_key

    def coach(self, slug: str) -> "Coach | None":
        """As staff keep them, in the current edition."""
        book = self._shelf.book(self._shelf.current())
        return next((coach for coach in book if coach.slug == slug), None)

    def link(self, coach: "Coach") -> str:
        """The coach's own link: for their letters alone."""
        return self._links.coach(coach.slug, person_key(coach.email, self._key))

    def opened(self, token: str) -> "Coach":
        """Whose link it is. Raises BadLink, also when the coach left or changed address."""
        slug, person = self._links.open_coach(token)
        coach = self.coach(slug)
        if coach is None or not person_key(coach.email, self._key).startswith(person):
            raise BadLink("coach")
        return coach

    # What coaches do with their link.
    def confirm(self, coach: "Coach") -> None:
        """Everything is still right: counts as checked from today."""
        today = self.today()
        if coach.last_verified_at != today:
            self.edit(coach.slug, {"last_verified_at": today}, by=coach.slug, why="confirmed")

    def withdraw(self, coach: "Coach") -> None:
        """Takes the page down at once, here and in the editions that could be restored."""
        owed = letter(
            f"COACH#{coach.slug}",
            self._number(),
            "staff_coach_left",
            to=ALL_STAFF,
            due=stamp(self._now()),
        )
        gone = {"status": "archived", "consent_publication": None}
        self.edit(coach.slug, gone, by=coach.slug, why="withdrew", also=[Put(owed)])
        self._shelf.forget(coach.slug)

    # The yearly check.
    def check(self) -> int:
        """Owes the letters of today's check, once a day; how many.

        A letter is named by the day the page was last checked: it is owed once, whatever
        runs twice or dies in between.
        """
        now = self._now()
        local = eastern_time.local(now)
        if local.hour < CHECK_HOUR:
            return 0
        pointer = self._store.get(*CURRENT)
        today = local.date()
        if pointer is None or pointer.get("checked_on") == today.isoformat():
            return 0
        edition = Edition.of(pointer)
        owed = 0
        for coach in self._shelf.book(edition):
            owed += self._ask(coach, today, now)
        mark = {"checked_on": today.isoformat()}
        try:
            self._store.commit([Change(CURRENT, expect={"id": edition.id}, set=mark)])
        except Conflict:
            pass  # a new edition came in: the next sweep checks that one
        return owed

    def _ask(self, coach: "Coach", today: date, now: datetime) -> int:
        age = today - coach.last_verified_at
        if not coach.public or age < EVERY or age > EVERY + REMIND * 2:
            return 0
        step = 2 if age >= EVERY + REMIND else 1
        number = int(coach.last_verified_at.strftime("%y%m%d"))
        owed = letter(f"COACH#{coach.slug}", number, "coach_check", to=TO_COACH, due=stamp(now))
        owed["sk"] += f"#{step}"
        owed["expires"] = int((now + EVERY * 2).timestamp())
        try:
            self._store.commit([Put(owed)])
        except Conflict:
            return 0
        return 1

    def edit(
        self,
        slug: str,
        changes: Mapping[str, Any],
        *,
        by: str,
        why: str,
        also: Sequence[Write] = (),
    ) -> Edition:
        """One coach changed, everybody else as in the edition that is current by then.

        Raises Conflict when what comes `also` no longer fits.
        """
        from chalicelib.coaches.coach import Coach

        for _ in range(TURNS):
            current = self._shelf.current()
            book = self._shelf.book(current)
            edited = [
                Coach.model_validate({**coach.model_dump(), **changes})
                if coach.slug == slug
                else coach
                for coach in book
            ]
            try:
                return self._shelf.publish(edited, by=by, why=why, after=current, also=also)
            except Conflict as conflict:
                # A conflict at the edition's own rows: another one came in between.
                if set(conflict.found) <= {write.key for write in also}:
                    raise
        raise Conflict({})

    def today(self) -> date:
        return eastern_time.today(self._now())

    def _number(self) -> int:
        return int(self._now().strftime("%y%m%d"))
