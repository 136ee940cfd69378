"""The roster as it is kept at the desk: each change is in the log, with who made it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from chalicelib.cases.staff import ROLES, Roster, RosterRefused, Staff
from chalicelib.core import eastern_time
from chalicelib.core.email_address import email_or_none, is_same_address
from chalicelib.core.languages import Lang
from chalicelib.core.ports import Now, Store
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
        if not any(letter.isalpha() for letter in name):
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

    def set_roles(self, by: Staff, staff: Staff, roles: Sequence[str]) -> None:
        """Say what somebody may do at the desk."""
        if not roles or not set(roles) <= set(ROLES):
            raise Wrong("roles")
        if "administrator" not in roles:
            self._keep_an_administrator(staff)
        self._do(by, "roles", staff, lambda roster: roster.set_roles(staff.id, roles))

    def set_deputy(self, by: Staff, staff: Staff, other: str) -> None:
        if other == staff.id:
            raise Wrong("self")
        self._do(by, "deputy", staff, lambda roster: roster.set_deputy(staff.id, other))

    def set_manager(self, by: Staff, staff: Staff, other: str) -> None:
        if other == staff.id:
            raise Wrong("self")
        self._do(by, "manager", staff, lambda roster: roster.set_manager(staff.id, other))

    def set_admin(self, by: Staff, staff: Staff, *, admin: bool) -> None:
        self._do(by, "admin", staff, lambda roster: roster.set_admin(staff.id, admin=admin))

    def set_reachable(self, by: Staff, staff: Staff) -> None:
        self._do(by, "reachable", staff, lambda roster: roster.set_reachable(staff.id))

    def remove(self, by: Staff, staff: Staff) -> None:
        """Take somebody off the roster; nobody does so to themselves."""
        if staff.id == by.id:
            raise Wrong("self")
        self._keep_an_administrator(staff)
        self._do(by, "removed", staff, lambda roster: roster.remove(staff.id))

    def set_away(self, by: Staff, staff: Staff, until: date | None) -> None:
        """Begin an absence until the first day back, which lies ahead."""
        today = eastern_time.today(self.now())
        if until is None or not 0 < (until - today).days <= LONGEST_ABSENCE_DAYS:
            raise Wrong("day")
        self._do(by, "away", staff, lambda roster: roster.set_away(staff.id, str(until)))

    def end_absence(self, by: Staff, staff: Staff) -> None:
        self._do(by, "back", staff, lambda roster: roster.end_absence(staff.id))

    def _keep_an_administrator(self, staff: Staff) -> None:
        others = [one for one in Roster(self.store).active() if one.id != staff.id]
        if "administrator" in staff.roles and not any("administrator" in o.roles for o in others):
            raise Wrong("last")

    def _do(self, by: Staff, what: str, staff: Staff, change: Changing) -> None:
        try:
            change(self._noted(by, what, staff.name))
        except RosterRefused:
            raise Wrong("meanwhile") from None

    def _noted(self, by: Staff, what: str, name: str) -> Roster:
        """Return the roster, whose next change is noted with it."""
        noted = log.entry(by, f"roster_{what}", {"whose": name}, self.now())
        return Roster(self.store, [noted])
