"""Keeps the directory right: the yearly check, and what coaches do with their own link."""

import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from chalicelib.coaches.edition import Edition
from chalicelib.coaches.editions import CURRENT, EditionStore
from chalicelib.coaches.messages import TO_COACH
from chalicelib.coaches.missed_words import MissedWords
from chalicelib.coaches.own_edits import EDIT_PREFIX
from chalicelib.coaches.removal import CoachRemoval, forget_rows
from chalicelib.coaches.withdrawals import WITHDRAWAL_RETENTION
from chalicelib.core import eastern_time
from chalicelib.core.business_days import is_business_day
from chalicelib.core.errors import BadLink, Conflict
from chalicelib.core.letter_row import ALL_STAFF, letter
from chalicelib.core.links import Links, person_key
from chalicelib.core.ports import Change, Now, Put, Store, Write
from chalicelib.core.records import moment, stamp

if TYPE_CHECKING:
    from chalicelib.coaches.coach import Coach

EDIT_RETENTION: Final = WITHDRAWAL_RETENTION
"""How long it is known what a coach changed, for whoever restores an earlier edition: ten imports
may reach back for years, and none of them may show again what a coach has hidden since."""

CHECK_INTERVAL: Final = timedelta(days=365)
"""How long a coach's page counts as checked."""

REMINDER_DELAY: Final = timedelta(days=30)
"""How long after the first letter a coach who did nothing is asked once more."""

ARCHIVED_RETENTION: Final = timedelta(days=2 * 365)
"""How long after the last check an archived coach is kept. A page that is shown is checked every
year, so this is a year from the archiving on."""

_STEPS: Final = (
    ("coach_check", TO_COACH),
    ("coach_check", TO_COACH),
    ("staff_coach_silent", ALL_STAFF),
)
"""The letters of a check, in their order, and who reads them."""

EARLIEST_CHECK_HOUR: Final = 9
"""The hour of a business day, Eastern time, before which no such letter is owed."""

UPKEEP_ATTEMPTS: Final = 12
"""How often a change is made anew because somebody else published in between."""


class Upkeep:
    def __init__(
        self,
        store: Store,
        editions: EditionStore,
        links: Links,
        now: Now,
        *,
        people_key: bytes,
    ) -> None:
        self._store = store
        self._editions = editions
        self._links = links
        self._now = now
        self._key = people_key
        self._missed = MissedWords(store, now, people_key)

    def today(self) -> date:
        """Return the date in Eastern time."""
        return eastern_time.today(self._now())

    def coach(self, slug: str) -> "Coach | None":
        """Return a coach of the current edition with all columns, published or not."""
        coaches = self._editions.catalogue(self._editions.current())
        return next((coach for coach in coaches if coach.slug == slug), None)

    def link(self, coach: "Coach") -> str:
        """Return the address where the coach changes their page: for their letters alone."""
        return self._links.coach(coach.slug, person_key(coach.email, self._key))

    def link_of(self, person: str) -> str | None:
        """Return the same for a person's key; None for whoever has no page that is shown."""
        for coach in self._editions.catalogue(self._editions.current()):
            if coach.public and person_key(coach.email, self._key) == person:
                return self.link(coach)
        return None

    def opened(self, token: str) -> "Coach":
        """Return the coach whose link it is.

        Raises BadLink, also when the coach left or has another address by now. A page that was
        taken down is returned too: nothing of it is to be shown.
        """
        slug, person = self._links.open_coach(token)
        coach = self.coach(slug)
        if coach is None or not person_key(coach.email, self._key).startswith(person):
            raise BadLink("coach")
        return coach

    def confirm(self, coach: "Coach") -> None:
        """Note that the coach checked their page today."""
        today = self.today()
        if coach.last_verified_at != today:
            self.edit(coach.slug, {"last_verified_at": today}, by=coach.slug, why="confirmed")

    def withdraw(self, coach: "Coach") -> None:
        """Take the page down at once, here and in the editions that could be restored.

        The fact is kept in the same write. Doing it again goes on where it died; of a page that
        staff took down it changes nothing.
        """
        if coach.public:
            since, due = _day_number(self._now()), stamp(self._now())
            pk = f"COACH#{coach.slug}"
            owed = [
                Put(letter(pk, since, "staff_coach_left", to=ALL_STAFF, due=due)),
                Put(letter(pk, since, "coach_page_gone", to=TO_COACH, due=due)),
            ]
            archived = {"status": "archived", "consent_publication": None}
            noted = self._editions.withdrawals.noted(coach)
            self.edit(coach.slug, archived, by=coach.slug, why="withdrew", also=[*owed, *noted])
        if coach.slug in self._editions.withdrawals.unfinished():
            self._clean(coach.slug)

    def _clean(self, slug: str) -> None:
        """Take a coach who withdrew out of all that is kept of earlier times."""
        self._editions.forget(slug)
        forget_rows(self._store, f"PROPOSAL#{slug}", prefix="PROPOSAL")
        forget_rows(self._store, f"COACH#{slug}", prefix=EDIT_PREFIX)
        self._editions.withdrawals.finish(slug)

    def edit(
        self,
        slug: str,
        changes: Mapping[str, object],
        *,
        by: str,
        why: str,
        also: Sequence[Write] = (),
    ) -> Edition:
        """Publish the current edition with changes to one coach, and `also` these writes.

        Raises Conflict when one of the writes in `also` no longer fits, and pydantic's
        ValidationError when the changes do not fit the coach.
        """
        from chalicelib.coaches.coach import Coach

        for _ in range(UPKEEP_ATTEMPTS):
            current = self._editions.current()
            # Of now: what changes an edition is later than that one, or its restore would lose it.
            edit = self._edited(slug, changes)
            edited = [
                Coach.model_validate({**coach.model_dump(), **changes})
                if coach.slug == slug
                else coach
                for coach in self._editions.catalogue(current)
            ]
            try:
                return self._editions.publish(
                    edited, by=by, why=why, after=current, also=[*also, edit], one_page=True
                )
            except Conflict as conflict:
                # A conflict at the edition's own rows: another one came in between.
                if set(conflict.found) <= {write.key for write in also}:
                    raise
        raise Conflict({})

    def _edited(self, slug: str, changes: Mapping[str, object]) -> Write:
        """Return the write that keeps what changed of one page."""
        now = self._now()
        sk = f"{EDIT_PREFIX}{stamp(now)}#{secrets.token_hex(3)}"
        kept = {
            column: value.isoformat() if isinstance(value, date) else value
            for column, value in changes.items()
        }
        expires = int((now + EDIT_RETENTION).timestamp())
        return Put({"pk": f"COACH#{slug}", "sk": sk, "kind": "coach_edit", "changes": kept,
                    "expires": expires})  # fmt: skip

    def check(self) -> int:
        """Owe the letters of today's yearly checks, once a day; return how many. Who was archived
        too long ago is taken out, and the admins are told of the words that the search missed.

        A letter is named by the day the page was last checked, so that it is owed once,
        whatever runs twice or dies in between.
        """
        now = self._now()
        local = eastern_time.local(now)
        pointer = self._store.get(*CURRENT)
        today = local.date()
        if local.hour < EARLIEST_CHECK_HOUR or pointer is None or not is_business_day(today):
            return 0
        if pointer.get("checked_on") == today.isoformat():
            return 0
        edition = Edition.of(pointer)
        coaches = self._editions.catalogue(edition)
        owed = sum(self._owe_check(coach, today, now) for coach in coaches)
        for coach in coaches:
            if coach.status == "archived" and today - coach.last_verified_at > ARCHIVED_RETENTION:
                CoachRemoval(self._editions).remove(coach.slug, by="sweep")
                edition = self._editions.current() or edition
        for slug in self._editions.withdrawals.unfinished():
            self._clean(slug)
        owed += bool(self._missed.tell())
        done = {"checked_on": today.isoformat()}
        with suppress(Conflict):  # a new edition came in: the next sweep checks that one
            self._store.commit([Change(CURRENT, expect={"id": edition.id}, set=done)])
        return owed

    def _owe_check(self, coach: "Coach", today: date, now: datetime) -> bool:
        """Owe the next letter of a check whose day has come: to the coach, to the coach once
        more, and then to the staff, for whom silence is a task."""
        if not coach.public or today - coach.last_verified_at < CHECK_INTERVAL:
            return False
        pk, number = f"COACH#{coach.slug}", _day_number(coach.last_verified_at)
        asked = self._asked(pk, number)
        if len(asked) == len(_STEPS) or (asked and now - max(asked) < REMINDER_DELAY):
            return False
        name, reader = _STEPS[len(asked)]
        owed = letter(pk, number, name, to=reader, due=stamp(now))
        owed["sk"] += f"#{len(asked) + 1}" if reader == TO_COACH else ""
        owed["asked_at"] = stamp(now)
        owed["expires"] = int((now + CHECK_INTERVAL * 2).timestamp())
        try:
            self._store.commit([Put(owed)])
        except Conflict:
            return False
        return True

    def _asked(self, pk: str, number: int) -> list[datetime]:
        """Return when each letter of a check was owed, one a step."""
        rows = self._store.rows(pk, f"LETTER#{number:06d}#")
        return [moment(row["asked_at"]) for row in rows if "asked_at" in row]


def _day_number(day: date) -> int:
    """Return a day as the number that a letter's key begins with: 260302."""
    return int(day.strftime("%y%m%d"))
