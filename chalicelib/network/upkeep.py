"""How the directory stays right: a check once a year, a coach's own link, staff who publish."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from chalicelib import eastern, forms
from chalicelib.errors import BadLink, Conflict
from chalicelib.links import Links, hash_of, person_key
from chalicelib.network.messages import TO_COACH
from chalicelib.network.shelf import CURRENT, Edition, Shelf
from chalicelib.ports import Change, Clock, Item, Put, Store, Write
from chalicelib.records import ALL_STAFF, letter, link_key, stamp
from chalicelib.roster import Roster, Staff

if TYPE_CHECKING:
    from chalicelib.coaches import Coach

log = logging.getLogger("relais.network")

EVERY: Final = timedelta(days=365)
"""How long a coach's page counts as checked."""

REMIND: Final = timedelta(days=30)
"""When a coach who did not answer is asked once more."""

CHECK_HOUR: Final = 9
"""Eastern time: nobody gets such a letter at night."""

TURNS: Final = 4
"""How often a change is made anew because another edition came in between."""

LINK_DAYS: Final = 14

OWN: Final = (
    "first_name", "last_name", "pronouns_fr", "pronouns_en", "organization", "title_fr",
    "title_en", "city", "province", "serves", "modes", "languages", "streams", "sectors",
    "bio_fr", "bio_en", "email_public", "phone", "phone_public", "website", "linkedin",
    "availability",
)  # fmt: skip
"""What coaches may change of their page; the rest is for staff."""


@dataclass(frozen=True)
class Judged:
    """A proposal behind a staff link. `standing`: open, over or unknown."""

    standing: str
    token: str
    proposal: Item | None = None
    coach: "Coach | None" = None
    staff: Staff | None = None


class Upkeep:
    def __init__(  # noqa: PLR0913
        self,
        store: Store,
        shelf: Shelf,
        roster: Roster,
        links: Links,
        clock: Clock,
        *,
        people_key: bytes,
    ) -> None:
        self._store = store
        self._shelf = shelf
        self._roster = roster
        self._links = links
        self._clock = clock
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
        today = self._today()
        if coach.last_verified_at != today:
            self._edit(coach.slug, {"last_verified_at": today}, by=coach.slug, why="confirmed")

    def withdraw(self, coach: "Coach") -> None:
        """Takes the page down at once, here and in the editions that could be restored."""
        owed = letter(
            f"COACH#{coach.slug}",
            self._number(),
            "staff_coach_left",
            to=ALL_STAFF,
            due=stamp(self._clock()),
        )
        gone = {"status": "archived", "consent_publication": None}
        self._edit(coach.slug, gone, by=coach.slug, why="withdrew", also=[Put(owed)])
        self._shelf.forget(coach.slug)

    def propose(self, coach: "Coach", fields: Mapping[str, Any], lang: forms.Lang) -> bool:
        """Keeps the changes for staff to read; False when nothing changes. Raises InvalidForm."""
        given = forms.parse("profile", fields, lang, self._today()).answers
        changes = {
            key: after
            for key in OWN
            if (after := _plain(given.get(key), getattr(coach, key))) != _kept(getattr(coach, key))
        }
        if not changes:
            self.confirm(coach)
            return False
        for _ in range(TURNS):
            try:
                self._store.commit(self._proposal(coach, changes))
            except Conflict:
                continue
            return True
        raise Conflict({})

    def _proposal(self, coach: "Coach", changes: Mapping[str, Any]) -> list[Write]:
        """Newer changes take the place of those that nobody has judged yet."""
        key = proposal_key(coach.slug)
        before = self._store.get(*key)
        now = stamp(self._clock())
        version = before["version"] + 1 if before else 1
        new = {"version": version, "status": "waiting", "changes": dict(changes), "at": now}
        row: Write = Put(
            {"pk": key[0], "sk": key[1], "kind": "proposal", "slug": coach.slug, **new}
        )
        if before:
            row = Change(key, expect={"version": before["version"]}, set=new, remove=("remarks",))
        owed = letter(key[0], version, "staff_coach_update", to=ALL_STAFF, due=now)
        return [row, Put(owed)]

    # What staff do with a proposal.
    def new_link(self, proposal: Item, staff: Staff, now: datetime) -> tuple[str, Item]:
        """The address of the page to judge a proposal, and its row: for one person."""
        url, token_hash = self._links.new_proposal()
        pk, sk = link_key(token_hash)
        return url, {
            "pk": pk,
            "sk": sk,
            "kind": "link",
            "proposal": proposal["slug"],
            "version": proposal["version"],
            "recipient": staff.id,
            "expires_at": stamp(now + timedelta(days=LINK_DAYS)),
            "expires": int((now + timedelta(days=90)).timestamp()),
        }

    def judged(self, token: str) -> Judged:
        link = self._store.get(*link_key(hash_of(token[:200])))
        if link is None or "proposal" not in link:
            return Judged("unknown", token)
        staff = self._roster.get(link["recipient"])
        proposal = self._store.get(*proposal_key(link["proposal"]))
        coach = self.coach(link["proposal"])
        if staff is None or proposal is None:
            return Judged("unknown", token)
        is_open = (
            coach is not None
            and proposal["status"] == "waiting"
            and proposal["version"] == link["version"]
            and stamp(self._clock()) < link["expires_at"]
        )
        return Judged("open" if is_open else "over", token, proposal, coach, staff)

    def judge(self, judged: Judged, *, publish: bool, remarks: str) -> bool:
        """Publishes the changes or sends them back; False when somebody was faster."""
        proposal, staff = judged.proposal, judged.staff
        assert proposal is not None
        assert staff is not None
        done = {
            "status": "published" if publish else "returned",
            "remarks": remarks,
            "by": staff.id,
            "decided_at": stamp(self._clock()),
        }
        key = proposal_key(proposal["slug"])
        expect = {"version": proposal["version"], "status": "waiting"}
        owed = letter(
            key[0],
            proposal["version"],
            "coach_update_decided",
            to=TO_COACH,
            due=stamp(self._clock()),
            facts={"published": publish, "remarks": remarks},
        )
        also: list[Write] = [Change(key, expect=expect, set=done), Put(owed)]
        try:
            if publish:
                changes = self._checked_today(proposal["changes"])
                self._edit(proposal["slug"], changes, by=staff.id, why="own changes", also=also)
            else:
                self._store.commit(also)
        except Conflict:
            return False
        return True

    def _checked_today(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        today = self._today()
        fresh = {"availability_updated_at": today} if "availability" in changes else {}
        return {**changes, **fresh, "last_verified_at": today}

    # The yearly check.
    def check(self) -> int:
        """Owes the letters of today's check, once a day; how many.

        A letter is named by the day the page was last checked: it is owed once, whatever
        runs twice or dies in between.
        """
        now = self._clock()
        local = eastern.local(now)
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

    def _edit(
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
        from chalicelib.coaches import Coach

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
                # 0 and 1 are the edition's own writes: another one came in between.
                if min(conflict.found) > 1:
                    raise
        raise Conflict({})

    def _today(self) -> date:
        return eastern.today(self._clock())

    def _number(self) -> int:
        return int(self._clock().strftime("%y%m%d"))


def proposal_key(slug: str) -> tuple[str, str]:
    return f"PROPOSAL#{slug}", "PROPOSAL"


def _kept(value: Any) -> Any:
    """A column as JSON has it: what is empty is nothing."""
    kept = list(value) if isinstance(value, tuple) else value
    return None if kept in ("", []) else kept


def _plain(given: Any, before: Any) -> Any:
    """An answer as the column has it: a box that is not ticked is a no."""
    if isinstance(before, bool):
        return bool(given)
    return _kept(tuple(given) if isinstance(given, list) else given)
