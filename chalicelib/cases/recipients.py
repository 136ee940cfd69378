"""Who of the staff hears of a case: its owner, or whoever stands in."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from chalicelib.cases.case import Case
from chalicelib.cases.staff import Staff
from chalicelib.cases.standing_back import standing_back
from chalicelib.cases.states import choices, staff_letter
from chalicelib.core.letter_row import ALL_STAFF

ANSWER_LETTER: Final = "staff_answer_received"
"""What brings staff to a file that waited for its applicant."""


def readers_of(case: Case, letter: str, staff: Sequence[Staff], today: str) -> list[Staff]:
    """Return who reads a letter about a case: its owner and deputy or whoever stands in; everybody
    who does not stand back where nobody owns it, and where several have to decide."""
    recused = standing_back(case, staff)
    mine = [one for one in staff if one.id not in recused]
    if case.owner is not None and not _asks_all(case, letter):
        named = Recipients(staff, case.owner, recused, today).of(["owner", "deputies"])
        return [one for one in mine if one.id in named]
    return [one for one in mine if one.here(today)] or mine


def _asks_all(case: Case, letter: str) -> bool:
    """Say whether a letter asks for the votes of a quorum."""
    asks = letter in (staff_letter(case.state), ANSWER_LETTER)
    return asks and any("quorum_app" in row.guards for row in choices(case.state))


class Recipients:
    """Ids of the people that `owner`, `deputies` and `manager` mean today for one case.

    Whoever is away or stands back from the case (`recused`, as `standing_back` names them) is passed over. When nobody is left,
    everybody is told: a letter too many is better than a case that nobody knows of.
    """

    def __init__(
        self, staff: Sequence[Staff], owner: str | None, recused: Sequence[str] | None, today: str
    ) -> None:
        self._all = {one.id: one for one in staff}
        self._recused = recused or ()
        self._today = today
        self._owner = self._all.get(owner or "")

    def of(self, roles: Iterable[str]) -> list[str]:
        """Return the id of each reader once, in order; `staff` when the roster is empty."""
        found = [staff.id for role in roles for staff in _ROLES[role](self)]
        return list(dict.fromkeys(found)) or self._anybody() or [ALL_STAFF]

    def owners(self) -> list[Staff]:
        """Return the owner; away, the deputy; both away, the manager. Everybody without an owner."""
        owner = self._owner
        if owner is None:
            return self._present()
        chain = (owner, self._one(owner.deputy), self._one(owner.manager))
        return next(([one] for one in chain if one and self._is_here(one)), self._present())

    def deputies(self) -> list[Staff]:
        deputy = self._one(self._owner.deputy) if self._owner else None
        return [deputy] if deputy and self._is_here(deputy) else []

    def managers(self) -> list[Staff]:
        """Return the owner's manager; else whoever manages or administers; else everybody."""
        mine = self._one(self._owner.manager) if self._owner else None
        if mine and self._is_here(mine):
            return [mine]
        named = {staff.manager for staff in self._all.values()}
        return [s for s in self._present() if s.id in named or s.admin] or self._present()

    def _present(self) -> list[Staff]:
        return [staff for staff in self._all.values() if self._is_here(staff)]

    def _is_here(self, staff: Staff) -> bool:
        return staff.here(self._today) and staff.id not in self._recused

    def _one(self, staff_id: str | None) -> Staff | None:
        return self._all.get(staff_id or "")

    def _anybody(self) -> list[str]:
        """Return even those who are away, for somebody reads it one day; never who stands back."""
        return [one for one in self._all if one not in self._recused]


_ROLES: Final[dict[str, Callable[[Recipients], list[Staff]]]] = {
    "owner": Recipients.owners,
    "deputies": Recipients.deputies,
    "manager": Recipients.managers,
}
