"""A held form that staff let go: it takes the way of the others, and so does what came with it."""

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.cases.case import Case
from chalicelib.cases.decisions import Decisions
from chalicelib.cases.effects import Decider

FreeSignUps = Callable[[str, str], object]
"""Lets the held sign-ups go that a person made with a form, named by how their source begins."""


@dataclass(frozen=True)
class Releasing:
    decisions: Decisions
    free_sign_ups: FreeSignUps

    def release(self, case: Case, by: Decider) -> Case:
        """Release a held form, and return its file. Raises Refused for a form that is not held, and
        Conflict when somebody was faster."""
        after = self.decisions.release(case, by)
        self.free_sign_ups(case.person, f"{case.ref}#")
        return after
