"""Changes that coaches propose to their page, and staff who publish them or send them back."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from pydantic import ValidationError

from chalicelib.cases.staff import Roster, Staff
from chalicelib.coaches.directory.sheet_problems import SheetProblem, problems_with
from chalicelib.coaches.messages import TO_COACH
from chalicelib.coaches.upkeep import UPKEEP_ATTEMPTS, Upkeep
from chalicelib.core import stored_links
from chalicelib.core.errors import Conflict
from chalicelib.core.languages import Lang
from chalicelib.core.letter_row import ALL_STAFF, letter
from chalicelib.core.links import Links
from chalicelib.core.ports import Change, Item, Key, Now, Put, Store, Write
from chalicelib.core.records import WAITING_PROPOSALS, is_over, stamp
from chalicelib.forms import parsing

if TYPE_CHECKING:
    from chalicelib.coaches.coach import Coach

EDITABLE_COLUMNS: Final = (
    "first_name", "last_name", "pronouns_fr", "pronouns_en", "organization", "title_fr",
    "title_en", "city", "province", "serves", "modes", "languages", "streams", "sectors",
    "bio_fr", "bio_en", "email_public", "phone", "phone_public", "website", "linkedin",
    "availability",
)  # fmt: skip
"""The columns of their page that coaches may change; the others are for staff."""

PROPOSAL_RETENTION: Final = timedelta(days=400)

ProposalStatus = Literal["waiting", "published", "returned"]


@dataclass(frozen=True)
class Proposal:
    """The newest changes that a coach proposed: new values by column, as JSON has them."""

    slug: str
    version: int
    status: ProposalStatus
    changes: Mapping[str, object]

    @classmethod
    def of(cls, row: Item) -> "Proposal":
        return cls(row["slug"], row["version"], row["status"], row["changes"])

    @property
    def key(self) -> Key:
        return proposal_key(self.slug)


@dataclass(frozen=True)
class OpenProposal:
    """A proposal that one of the staff can decide on, reached by their link."""

    token: str
    proposal: Proposal
    coach: "Coach"
    staff: Staff


@dataclass(frozen=True)
class ClosedProposal:
    """A link that decides nothing any more. Without a coach it leads to no proposal at all."""

    token: str
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

    def newest(self, slug: str) -> Proposal | None:
        """Return what a coach proposed last, decided on or not."""
        row = self._store.get(*proposal_key(slug))
        return None if row is None or is_over(row, self._now()) else Proposal.of(row)

    def propose(self, coach: "Coach", fields: Mapping[str, object], lang: Lang) -> bool:
        """Keep the changes in a form for staff to decide on; return whether there are any.

        A form without changes confirms the page. Raises InvalidForm.
        """
        answers = parsing.parse("profile", fields, lang, self._upkeep.today()).answers
        stands = {column: getattr(coach, column) for column in EDITABLE_COLUMNS}
        proposed = {key: _from_form(answers.get(key), before) for key, before in stands.items()}
        changes = {key: new for key, new in proposed.items() if new != _as_json(stands[key])}
        if not changes:
            self._upkeep.confirm(coach)
            return False
        for _ in range(UPKEEP_ATTEMPTS):
            with suppress(Conflict):
                self._store.commit(self._writes(coach, changes))
                return True
        raise Conflict({})

    def _writes(self, coach: "Coach", changes: Mapping[str, object]) -> list[Write]:
        """Return the writes that keep a proposal, in place of one that nobody decided on."""
        before = self.newest(coach.slug)
        now = stamp(self._now())
        expires = int((self._now() + PROPOSAL_RETENTION).timestamp())
        version = before.version + 1 if before else self._first_version(coach.slug)
        new = {
            "version": version,
            "status": "waiting",
            "changes": dict(changes),
            "at": now,
            "expires": expires,
            "state_key": WAITING_PROPOSALS,
            "updated_at": now,
        }
        pk, sk = key = proposal_key(coach.slug)
        owed = Put(letter(pk, version, "staff_coach_update", to=ALL_STAFF, due=now))
        if before is None:
            return [Put({"pk": pk, "sk": sk, "kind": "proposal", "slug": coach.slug, **new}), owed]
        expected = {"version": before.version}
        return [Change(key, expect=expected, set=new, remove=("remarks",)), owed]

    def _first_version(self, slug: str) -> int:
        """Return a version that no letter of an earlier time is about: whoever comes back proposes
        anew."""
        letters = self._store.rows(proposal_key(slug)[0], "LETTER#")
        return 1 + max((int(row["sk"].split("#")[1]) for row in letters), default=0)

    def new_link(self, proposal: Proposal, staff: Staff, now: datetime) -> tuple[str, Item]:
        """Return the address where one of the staff decides on a proposal, and its row."""
        url, token_hash, _ = self._links.new_proposal()
        about = {"proposal": proposal.slug, "version": proposal.version}
        return url, stored_links.link(token_hash, staff.id, now, **about)

    def open(self, token: str) -> OpenProposal | ClosedProposal:
        """Return what a staff link leads to.

        It is closed when somebody decided, newer changes came, the coach left, or the link
        or its owner's place on the roster ended.
        """
        link = stored_links.opened(self._store, token, "proposal", self._now())
        if link is None:
            return ClosedProposal(token)
        staff = self._roster.get(link["recipient"])
        proposal = self.newest(link["proposal"])
        coach = self._upkeep.coach(link["proposal"])
        if staff is None or proposal is None:
            return ClosedProposal(token)
        waits = proposal.status == "waiting" and proposal.version == link["version"]
        if coach is None or not waits or stamp(self._now()) >= link["expires_at"]:
            return ClosedProposal(token, coach, staff)
        return OpenProposal(token, proposal, coach, staff)

    def waiting(self) -> list[str]:
        """Return the slugs of those whose changes wait, the longest first."""
        return [str(row["pk"]).partition("#")[2] for row in self._store.listed(WAITING_PROPOSALS)]

    def at_desk(self, coach: "Coach", staff: Staff) -> OpenProposal | None:
        """Return what waits of a coach, for one of the staff who is signed in."""
        proposal = self.newest(coach.slug)
        if proposal is None or proposal.status != "waiting":
            return None
        return OpenProposal("", proposal, coach, staff)

    def decide(
        self, opened: OpenProposal, *, publish: bool, remarks: str, also: Sequence[Write] = ()
    ) -> bool:
        """Publish the changes or send them back, and write `also` what is beside; return False when
        somebody was faster, or when they no longer fit."""
        proposal, by = opened.proposal, opened.staff.id
        now = stamp(self._now())
        status: ProposalStatus = "published" if publish else "returned"
        decided = {"status": status, "remarks": remarks, "by": by, "decided_at": now}
        expected = {"version": proposal.version, "status": "waiting"}
        owed = letter(
            proposal.key[0],
            proposal.version,
            "coach_update_decided",
            to=TO_COACH,
            due=now,
            facts={"published": publish, "remarks": remarks},
        )
        listed = ("state_key", "updated_at")
        decision = Change(proposal.key, expect=expected, set=decided, remove=listed)
        writes: list[Write] = [decision, Put(owed), *also]
        try:
            if publish:
                changes = self._verified_today(proposal.changes)
                self._upkeep.edit(proposal.slug, changes, by=by, why="own changes", also=writes)
            else:
                self._store.commit(writes)
        except (Conflict, ValidationError):
            # Somebody was faster, or a sheet came in that the changes do not fit.
            return False
        return True

    def misfits(self, opened: OpenProposal) -> dict[str, SheetProblem]:
        """Return what no longer fits the coach as they stand now, by column."""
        return problems_with(opened.coach, self._verified_today(opened.proposal.changes))

    def _verified_today(self, changes: Mapping[str, object]) -> dict[str, object]:
        """Return the changes with the dates that they bring up to date."""
        today = self._upkeep.today()
        fresh = {"availability_updated_at": today} if "availability" in changes else {}
        return {**changes, **fresh, "last_verified_at": today}


def proposal_key(slug: str) -> Key:
    return f"PROPOSAL#{slug}", "PROPOSAL"


def _as_json(value: object) -> object:
    """Return a column as JSON has it, with None for what is empty."""
    listed = list(value) if isinstance(value, tuple) else value
    return None if listed in ("", []) else listed


def _from_form(answer: object, before: object) -> object:
    """Return an answer as JSON has the column; a box that is not ticked means no."""
    if isinstance(before, bool):
        return bool(answer)
    return _as_json(answer)
