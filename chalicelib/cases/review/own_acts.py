"""What staff do with a file themselves is no news to them: it is told as it is done."""

from collections.abc import Callable

from chalicelib.cases.review.model import Decision, DecisionOutcome
from chalicelib.cases.review.reviews import Reviews

Acted = Callable[[str, str, int, int], None]
"""Is told by whom, of which file, and how many steps it had before and after."""


class ToldReviews(Reviews):
    """Reviews that tell what was done, by whatever way it came: a link, the desk, many at once."""

    acted: Acted

    def telling(self, acted: Acted) -> "ToldReviews":
        self.acted = acted
        return self

    def decide(self, token: str, decision: Decision) -> DecisionOutcome:
        outcome = super().decide(token, decision)
        before, after, staff = outcome.opened.case, outcome.case, outcome.opened.staff
        if before and after and staff and after.id == before.id and after.events > before.events:
            self.acted(staff.id, after.id, before.events, after.events)
        return outcome
