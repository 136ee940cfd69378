"""Changes that coaches propose to their page, and staff who publish them or send them back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from chalicelib.cases.staff import Roster, Staff
from chalicelib.coaches.messages import TO_COACH
from chalicelib.coaches.upkeep import TURNS, Upkeep
from chalicelib.core import stored_links
from chalicelib.core.errors import Conflict
from chalicelib.core.languages import Lang
from chalicelib.core.letter_row import ALL_STAFF, letter
from chalicelib.core.links import Links
from chalicelib.core.ports import Change, Item, Now, Put, Store, Write
from chalicelib.core.records import stamp
from chalicelib.forms import parsing

if TYPE_CHECKING:
    from chalicelib.coaches.coach import Coach


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


class Proposals:
    def __init__(
        self, store: Store, upkeep: Upkeep, roster: Roster, links: Links, now: Now
    ) -> None:
        self._store = store
        self._upkeep = upkeep
        self._roster = roster
        self._links = links
        self._now = now

    def propose(self, coach: "Coach", fields: Mapping[str, Any], lang: Lang) -> bool:
        """Keeps the changes for staff to read; False when nothing changes. Raises InvalidForm."""
        given = parsing.parse("profile", fields, lang, self._upkeep.today()).answers
        changes = {
            key: after
            for key in OWN
            if (after := _plain(given.get(key), getattr(coach, key))) != _kept(getattr(coach, key))
        }
        if not changes:
            self._upkeep.confirm(coach)
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
        now = stamp(self._now())
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
        url, token_hash, _ = self._links.new_proposal()
        about = {"proposal": proposal["slug"], "version": proposal["version"]}
        return url, stored_links.link(token_hash, staff.id, now, **about)

    def judged(self, token: str) -> Judged:
        link = stored_links.opened(self._store, token, "proposal")
        if link is None:
            return Judged("unknown", token)
        staff = self._roster.get(link["recipient"])
        proposal = self._store.get(*proposal_key(link["proposal"]))
        coach = self._upkeep.coach(link["proposal"])
        if staff is None or proposal is None:
            return Judged("unknown", token)
        is_open = (
            coach is not None
            and proposal["status"] == "waiting"
            and proposal["version"] == link["version"]
            and stamp(self._now()) < link["expires_at"]
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
            "decided_at": stamp(self._now()),
        }
        key = proposal_key(proposal["slug"])
        expect = {"version": proposal["version"], "status": "waiting"}
        owed = letter(
            key[0],
            proposal["version"],
            "coach_update_decided",
            to=TO_COACH,
            due=stamp(self._now()),
            facts={"published": publish, "remarks": remarks},
        )
        also: list[Write] = [Change(key, expect=expect, set=done), Put(owed)]
        try:
            if publish:
                changes = self._checked_today(proposal["changes"])
                self._upkeep.edit(
                    proposal["slug"], changes, by=staff.id, why="own changes", also=also
                )
            else:
                self._store.commit(also)
        except Conflict:
            return False
        return True

    def _checked_today(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        today = self._upkeep.today()
        fresh = {"availability_updated_at": today} if "availability" in changes else {}
        return {**changes, **fresh, "last_verified_at": today}


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
