"""A held form that staff let go: it takes the way of the others, and so does what came with it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chalicelib.cases.case import Case
from chalicelib.cases.decisions import Decisions
from chalicelib.cases.effects import Decider
from chalicelib.cases.lookup import Cases
from chalicelib.core.conflicts import retry_while_same
from chalicelib.core.ports import Write

FreedSignUps = Callable[[str, str], Sequence[Write]]
"""Returns the writes that let the held sign-ups go which a person made with a form, named by how
their source begins."""


@dataclass(frozen=True)
class Releasing:
    decisions: Decisions
    cases: Cases
    freed_sign_ups: FreedSignUps

    def release(self, case: Case, by: Decider) -> Case:
        """Release a held form with its sign-ups, all in one transaction, and return its file.
        Raises Refused for a form that is not held, and Conflict when somebody was faster."""

        def act(found: Case) -> Case:
            freed = self.freed_sign_ups(found.person, f"{found.ref}#")
            return self.decisions.release(found, by, freed)

        return retry_while_same(
            case, act, lambda: self.cases.case(case.id) or case, lambda one, two: one.is_where(two)
        )
