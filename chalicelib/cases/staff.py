"""The staff who decide: who they are, where to write to them, in which language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypedDict

from chalicelib.cases.faults import FaultKind
from chalicelib.cases.roles import FILE_ROLES, ROLES, Role
from chalicelib.cases.roster_rows import RowAsSeen, as_it_stands, as_seen, new_id
from chalicelib.core.email_address import email_or_none, is_same_address
from chalicelib.core.errors import Conflict, RelaisError
from chalicelib.core.languages import Lang, lang_or
from chalicelib.core.ports import Change, Check, Item, Put, Store, Write

PK = "STAFF"


class StaffFault(TypedDict):
    """What befell mail to a member of staff: it came back, or they reported it as spam."""

    kind: FaultKind
    address: str
    why: str
    at: str


MEMBER_NAME_LIMIT: Final = 100
"""Characters of the name of somebody on the roster: their id, a key, is made of it."""


class RosterRefused(RelaisError):
    """What cannot be done to the roster, in one line."""


class LastAdministrator(RosterRefused):
    """Nobody would be left who keeps the programme."""


_OF_ROLES: Final = ("roles", "admin")
"""The attributes of a row that say whether somebody is an administrator."""


@dataclass(frozen=True)
class Staff:
    """One person. `away_until` is the first day back (ISO); `deputy` and `manager` are ids.

    `given_roles` are what the roster says, if anything; `sessions_ended` counts how often all of
    their sessions at the desk were ended.
    """

    id: str
    name: str
    email: str
    lang: str
    active: bool
    away_until: str | None = None
    deputy: str | None = None
    manager: str | None = None
    admin: bool = False
    fault: "StaffFault | None" = None
    given_roles: tuple[Role, ...] = ()
    sessions_ended: int = 0

    @property
    def roles(self) -> frozenset[Role]:
        """What they may do at the desk: where the roster says nothing, decide, and for an admin
        keep the programme too."""
        if self.given_roles:
            return frozenset(self.given_roles)
        return frozenset(("officer", "administrator")) if self.admin else frozenset(("officer",))

    @property
    def sees_files(self) -> bool:
        """Whether a role of theirs works with files."""
        return bool(self.roles & FILE_ROLES)

    @classmethod
    def of(cls, item: Item) -> "Staff":
        return cls(
            item["sk"],
            item["name"],
            item["email"],
            item["lang"],
            item["active"],
            item.get("away_until"),
            item.get("deputy"),
            item.get("manager"),
            item.get("admin", False),
            item.get("fault"),
            tuple(item.get("roles", ())),
            item.get("sessions_ended", 0),
        )

    @property
    def reads(self) -> Lang:
        """The language in which they are written to."""
        return lang_or(self.lang, "fr")

    def away(self, today: str) -> bool:
        return self.away_until is not None and today < self.away_until

    @property
    def reachable(self) -> bool:
        """Whether mail to them arrives, as far as is known: a fault goes with its address."""
        fault = self.fault
        if fault is None or fault["kind"] != "bounce":
            return True
        return not is_same_address(fault["address"], self.email)

    def here(self, today: str) -> bool:
        """Tell whether they are there to read a letter."""
        return self.reachable and not self.away(today)


class Roster:
    """Read for each letter and each decision: who leaves loses their links at once."""

    def __init__(self, store: Store, beside: Sequence[Write] = ()) -> None:
        """Write what is `beside` it with a change, or neither."""
        self._store = store
        self._beside = beside

    def active(self) -> list[Staff]:
        return [staff for item in self._store.rows(PK) if (staff := Staff.of(item)).active]

    def get(self, staff_id: str) -> Staff | None:
        """Return somebody on the roster who is active; None for all others."""
        item = self._store.get(PK, staff_id)
        staff = None if item is None else Staff.of(item)
        return staff if staff is not None and staff.active else None

    def has_away(self, staff_id: str, today: str) -> bool:
        """Say whether somebody is away, or has left."""
        staff = self.get(staff_id)
        return staff is None or staff.away(today)

    def all(self) -> list[Staff]:
        """Return everybody who ever was on the roster, those who were removed too."""
        return [Staff.of(item) for item in self._store.rows(PK)]

    def require(self, staff_id: str) -> Staff:
        """Return somebody who is active; raises RosterRefused for all others."""
        staff = self.get(staff_id)
        if staff is None:
            raise RosterRefused(f"{staff_id} is not on the roster")
        return staff

    def add(self, name: str, email: str, lang: Lang, now: datetime) -> str:
        """Add somebody, or take them back under the id they had, and return that id.

        Raises RosterRefused when the name or address is none, or the address is there already.
        """
        address, name = email_or_none(email), " ".join(name.split())
        if address is None:
            raise RosterRefused(f"{email} is not an e-mail address")
        if not any(letter.isalpha() for letter in name):
            raise RosterRefused("a name has letters: give --name")
        if len(name) > MEMBER_NAME_LIMIT:
            raise RosterRefused(f"a name has {MEMBER_NAME_LIMIT} characters at most")
        known = self.all()
        for staff in known:
            if staff.email.lower() == address.lower():
                if staff.active:
                    raise RosterRefused(f"{email} is on the roster already")
                back = {"active": True, "name": name, "lang": lang}
                self._change(staff.id, back, active=False, remove=("fault",))
                return staff.id
        staff_id = new_id(name, {staff.id for staff in known})
        row = {
            "pk": PK,
            "sk": staff_id,
            "kind": "staff",
            "name": name,
            "email": address,
            "lang": lang,
            "active": True,
            "added_at": now.isoformat(timespec="seconds"),
        }
        try:
            self._store.commit([Put(row), *self._beside])
        except Conflict:
            raise RosterRefused(f"{staff_id} was added by somebody else just now") from None
        return staff_id

    def remove(self, staff_id: str) -> None:
        """Take the right to decide away at once; the name stays, for the decisions made. Whoever
        comes back signs in anew."""
        self._change(staff_id, {"active": False}, add={"sessions_ended": 1})

    def end_sessions(self, staff_id: str) -> None:
        """Sign somebody out of the desk in every browser."""
        self._change(staff_id, {}, add={"sessions_ended": 1})

    def set_roles(self, staff_id: str, roles: Sequence[str], seen: str | None = None) -> None:
        """Say what somebody may do at the desk. Raises RosterRefused for none and for what is no
        role, and where nobody would be left who keeps the programme."""
        if not roles or not set(roles) <= set(ROLES):
            raise RosterRefused(f"a role is one of {', '.join(ROLES)}")
        beside: Sequence[Write] = ()
        if "administrator" not in roles:
            beside = self.without(self.require(staff_id))
        chosen = {"roles": [role for role in ROLES if role in roles]}
        self._change(staff_id, chosen, seen=seen, also=beside)

    def without(self, staff: Staff) -> list[Write]:
        """Return what must stand in the transaction that takes an administrator away: that another
        one is there still. Raises LastAdministrator where there is none."""
        if "administrator" not in staff.roles:
            return []
        for row in self._store.rows(PK):
            other = Staff.of(row)
            if other.id != staff.id and other.active and "administrator" in other.roles:
                stands = as_it_stands(row, _OF_ROLES)
                return [Check((PK, other.id), {"active": True, **stands.expect}, stands.absent)]
        raise LastAdministrator(f"{staff.id} is the last administrator")

    def set_away(self, staff_id: str, until: str, seen: str | None = None) -> None:
        """Begin an absence that ends on the day `until` (ISO): others get the letters."""
        self._change(staff_id, {"away_until": until}, seen=seen)

    def set_deputy(self, staff_id: str, other: str, seen: str | None = None) -> None:
        """Say who gets the letters of somebody who is away; blank for nobody."""
        self._set_other(staff_id, "deputy", other, seen)

    def set_manager(self, staff_id: str, other: str, seen: str | None = None) -> None:
        """Say who hears of what waits too long; blank for nobody."""
        self._set_other(staff_id, "manager", other, seen)

    def set_admin(self, staff_id: str, *, admin: bool, seen: str | None = None) -> None:
        """Say who is written to when a letter cannot be sent."""
        self._change(staff_id, {"admin": admin}, seen=seen)

    def end_absence(self, staff_id: str) -> None:
        """End an absence, if there is one; raises RosterRefused for who is not on the roster."""
        self._change(staff_id, {}, remove=("away_until",))

    def set_reachable(self, staff_id: str) -> None:
        """Say that mail to somebody arrives again."""
        self._change(staff_id, {}, remove=("fault",))

    def faulty(self, staff: Staff, kind: FaultKind, why: str, now: datetime) -> Change | None:
        """Return the write that keeps what befell mail to somebody; None if it is known."""
        known = staff.fault
        if known and known["kind"] in (kind, "bounce") and known["address"] == staff.email:
            return None
        at = now.isoformat(timespec="seconds")
        fault: StaffFault = {"kind": kind, "address": staff.email, "why": why, "at": at}
        return Change((PK, staff.id), expect={"active": True}, set={"fault": fault})

    def back(self, staff: Staff) -> None:
        """End an absence; a second time changes nothing."""
        change = Change(
            (PK, staff.id), expect={"away_until": staff.away_until}, remove=("away_until",)
        )
        try:
            self._store.commit([change])
        except Conflict:
            return

    def _set_other(self, staff_id: str, role: str, other: str, seen: str | None) -> None:
        if not other:
            self._change(staff_id, {}, remove=(role,), seen=seen)
            return
        self.require(other)
        if other == staff_id:
            raise RosterRefused(f"{staff_id} cannot be their own {role}: name somebody else")
        self._change(staff_id, {role: other}, seen=seen)

    def _change(  # noqa: PLR0913
        self,
        staff_id: str,
        values: Mapping[str, object],
        *,
        active: bool = True,
        remove: Sequence[str] = (),
        add: Mapping[str, int] | None = None,
        seen: str | None = None,
        also: Sequence[Write] = (),
    ) -> None:
        """Change the row of somebody who is (or is not) active: no two changes undo each other.
        `seen` is what a form showed of the attribute that changes, if it says so."""
        found: RowAsSeen | None = RowAsSeen({}, [])
        if seen is not None:
            found = as_seen(self._store.get(PK, staff_id) or {}, [*values, *remove], seen)
        if found is None:
            raise RosterRefused(f"{staff_id} was changed by somebody else just now")
        change = Change(
            (PK, staff_id), {"active": active, **found.expect}, found.absent,
            set=values, remove=remove, add=add or {},
        )  # fmt: skip
        try:
            self._store.commit([change, *also, *self._beside])
        except Conflict:
            raise RosterRefused(f"{staff_id} is not on the roster") from None
