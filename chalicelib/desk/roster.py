"""The roster as it is kept at the desk: each change is in the log, with who made it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from chalicelib.cases.roles import ROLES
from chalicelib.cases.staff import (
    MEMBER_NAME_LIMIT,
    LastAdministrator,
    Roster,
    RosterRefused,
    Staff,
)
from chalicelib.core import eastern_time
from chalicelib.core.email_address import email_or_none, is_same_address
from chalicelib.core.languages import Lang
from chalicelib.core.ports import Now, Store, Write
from chalicelib.desk import log

Fault = Literal["name", "email", "taken", "roles", "last", "self", "day", "meanwhile"]
"""What is wrong with a change of the roster."""

LONGEST_ABSENCE_DAYS: Final = 730

Changing = Callable[[Roster], None]


class Wrong(Exception):
    """A change that is not made, and why."""

    def __init__(self, why: Fault) -> None:
        super().__init__(why)
        self.why: Fault = why


@dataclass(frozen=True)
class DeskRoster:
    """Every method raises Wrong."""

    store: Store
    now: Now

    def add(self, by: Staff, name: str, email: str, lang: Lang) -> str:
        """Add somebody, or take them back, and return their id."""
        length = len(" ".join(name.split()))
        if not any(letter.isalpha() for letter in name) or length > MEMBER_NAME_LIMIT:
            raise Wrong("name")
        if email_or_none(email) is None:
            raise Wrong("email")
        if any(is_same_address(one.email, email) for one in Roster(self.store).active()):
            raise Wrong("taken")
        noted = self._noted(by, "added", " ".join(name.split()))
        try:
            return noted.add(name, email, lang, self.now())
        except RosterRefused:
            raise Wrong("meanwhile") from None

    def set_roles(
        self, by: Staff, staff: Staff, roles: Sequence[str], seen: str | None = None
    ) -> None:
        """Say what somebody may do at the desk; `seen` are the roles that the form showed."""
        if not roles or not set(roles) <= set(ROLES):
            raise Wrong("roles")
        self._do(by, "roles", staff, lambda roster: roster.set_roles(staff.id, roles, seen))

    def set_deputy(self, by: Staff, staff: Staff, other: str, seen: str | None = None) -> None:
        if other == staff.id:
            raise Wrong("self")
        self._do(by, "deputy", staff, lambda roster: roster.set_deputy(staff.id, other, seen))

    def set_manager(self, by: Staff, staff: Staff, other: str, seen: str | None = None) -> None:
        if other == staff.id:
            raise Wrong("self")
        self._do(by, "manager", staff, lambda roster: roster.set_manager(staff.id, other, seen))

    def set_admin(self, by: Staff, staff: Staff, *, admin: bool, seen: str | None = None) -> None:
        """Say who hears of what cannot be sent; of whom the roster says nothing else, that is what
        makes an administrator."""
        beside = [] if admin or staff.given_roles else self._without(staff)
        self._do(
            by, "admin", staff, lambda one: one.set_admin(staff.id, admin=admin, seen=seen), beside
        )

    def set_reachable(self, by: Staff, staff: Staff) -> None:
        self._do(by, "reachable", staff, lambda roster: roster.set_reachable(staff.id))

    def remove(self, by: Staff, staff: Staff) -> None:
        """Take somebody off the roster; nobody does so to themselves."""
        if staff.id == by.id:
            raise Wrong("self")
        beside = self._without(staff)
        self._do(by, "removed", staff, lambda roster: roster.remove(staff.id), beside)

    def set_away(
        self, by: Staff, staff: Staff, until: date | None, seen: str | None = None
    ) -> None:
        """Begin an absence until the first day back, which lies ahead."""
        today = eastern_time.today(self.now())
        if until is None or not 0 < (until - today).days <= LONGEST_ABSENCE_DAYS:
            raise Wrong("day")
        self._do(by, "away", staff, lambda roster: roster.set_away(staff.id, str(until), seen))

    def end_absence(self, by: Staff, staff: Staff) -> None:
        self._do(by, "back", staff, lambda roster: roster.end_absence(staff.id))

    def _without(self, staff: Staff) -> list[Write]:
        """Return what must stand as somebody goes: that an administrator is left."""
        try:
            return Roster(self.store).without(staff)
        except LastAdministrator:
            raise Wrong("last") from None

    def _do(
        self, by: Staff, what: str, staff: Staff, change: Changing, beside: Sequence[Write] = ()
    ) -> None:
        try:
            change(self._noted(by, what, staff.name, beside))
        except LastAdministrator:
            raise Wrong("last") from None
        except RosterRefused:
            raise Wrong("meanwhile") from None

    def _noted(self, by: Staff, what: str, name: str, beside: Sequence[Write] = ()) -> Roster:
        """Return the roster, whose next change is noted with it, and made with what is beside."""
        noted = log.entry(by, f"roster_{what}", {"whose": name}, self.now())
        return Roster(self.store, [noted, *beside])
