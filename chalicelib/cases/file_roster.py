"""The roster as files know it: those whose role lets them see files."""

from chalicelib.cases.staff import Roster, Staff


class FileRoster(Roster):
    """Whoever may see no file is not on it: they read no letter of one, open no link to one and
    decide on none, from the moment on that the role is taken away."""

    def active(self) -> list[Staff]:
        return [staff for staff in super().active() if staff.sees_files]

    def get(self, staff_id: str) -> Staff | None:
        """Return somebody who is active and sees files; None for all others."""
        staff = super().get(staff_id)
        return staff if staff is not None and staff.sees_files else None
