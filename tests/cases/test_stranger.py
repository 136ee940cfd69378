"""A stranger who knows an address, a reference, a name and every public page gets nowhere.

He posts anything in any order and opens whatever the answers give him, beside an honest
applicant and staff who act. `make stranger` plays him for ten thousand steps.
"""

import os
import re
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, Final

import pytest
from chalice.test import Client
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

import app as application
from chalicelib.aws.keys import Keys
from chalicelib.cases.case import Case
from chalicelib.core.ports import Put
from chalicelib.core.settings import read
from chalicelib.services import Services
from environment import ENVIRONMENT, RITA, SAM
from fakes import MemoryMailer, MemoryStore, MemorySuppression, SetClock
from journey import ADA, Journey
from stranger import (
    DECISION,
    HONEST,
    SECRET,
    STATE_NAMES,
    STRANGER,
    Step,
    World,
    check_open_to_its_owner,
)  # fmt: skip
from subscribers import Person
from visitor import Visitor

STEPS: Final = int(os.environ.get("STEPS", "400"))
STEPS_A_LIFE: Final = 25 if STEPS < 1000 else 100  # noqa: PLR2004

PLAYED: Final[Counter[str]] = Counter()
"""Steps by their name, and what they were answered."""


class Stranger(RuleBasedStateMachine):
    """The model is what Ada and the staff have made: her files, and whether she is subscribed. No
    step of the stranger's changes it, and nothing that he reads tells of it."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        store, mailer, clock = MemoryStore(), MemoryMailer(), SetClock()
        store.commit([Put({**RITA}), Put({**SAM})])
        keys = Keys(links=("a" * 64,), people=b"p" * 32)
        given = read({**ENVIRONMENT, "POSTS_PER_HOUR": "1000000", "SIGNUPS_PER_HOUR": "1000000"})
        service = Services(given, store, keys, mailer, clock, MemorySuppression())
        self.patch.setattr(application, "services", lambda: service)
        self.patch.setattr(application, "settings", lambda: service.settings)
        self.client = Client(application.app)
        self.client.__enter__()
        way = Journey(Visitor(self.client), service, store, mailer, clock, lambda _: None)
        way.declare(goal_draft=SECRET)
        self.way = way
        self.world = World(way)
        self.model = self._standing()
        self.heard = len(self.world.read)

    def honest(self, step: Step) -> None:
        step(self.world)
        self.model = self._standing()
        self.heard = len(self.world.read)

    def stranger(self, step: Step) -> None:
        step(self.world)
        self.way.deliver()
        after = self._standing()
        assert after == self.model, f"{step.__name__} changed a file, or a subscription"

    @invariant()
    def he_reads_no_answer_and_learns_no_decision(self) -> None:
        for text in self.world.read[self.heard :]:
            assert SECRET not in text
            assert DECISION not in text
            plain = re.sub(r"<[^>]+>", "", text)
            assert [one for one in STATE_NAMES if one in plain] == []
            applied = [case.app_ref for case in self.model[0].values() if case.app_ref]
            assert [ref for ref in applied if ref in plain] == [], "he learns that she applied"
        self.heard = len(self.world.read)

    @invariant()
    def he_moves_no_address_and_gets_no_mail_of_hers(self) -> None:
        for case in self.world.files():
            # How it is spelled is no other address: she confirmed by a mail to that spelling.
            assert case.mail_to.lower() == ADA
        assert self.way.mailer.to("thief@example.org") == []
        staff = {str(RITA["email"]), str(SAM["email"])}
        for mail in self.way.mailer.sent:
            if mail.to.lower() != ADA and mail.to not in staff:
                assert SECRET not in mail.text
                assert DECISION not in mail.text

    def teardown(self) -> None:
        """Nobody was shut out: her links open, her invitation is good, her forms are taken."""
        try:
            if sys.exc_info()[0] is None:
                check_open_to_its_owner(self.world)
        finally:
            self.client.__exit__(None, None, None)
            self.patch.undo()

    def _standing(self) -> tuple[dict[str, Case], str]:
        ada = Person(self.way.service, self.way.mailer, self.way.clock, ADA)
        return {case.id: case for case in self.world.files()}, ada.status


def _played(step: Step, by: str) -> Callable[..., Any]:
    def played(self: Stranger, pick: Any) -> None:
        self.world.random = pick
        before = len(self.world.read)
        getattr(self, by)(step)
        PLAYED[f"{by}: {step.__name__}"] += 1
        PLAYED["answers to the stranger"] += len(self.world.read) - before

    played.__name__ = step.__name__
    return rule(pick=st.randoms(use_true_random=True))(played)


for _name, _step in STRANGER.items():
    setattr(Stranger, _name, _played(_step, "stranger"))
for _name, _step in HONEST.items():
    setattr(Stranger, _name, _played(_step, "honest"))


def test_a_stranger_changes_nothing_learns_nothing_and_shuts_nobody_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run_state_machine_as_test(
        Stranger,
        settings=settings(
            max_examples=-(-STEPS // STEPS_A_LIFE), stateful_step_count=STEPS_A_LIFE,
            deadline=None, derandomize=STEPS < 1000, database=None,  # noqa: PLR2004
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    assert {by.partition(":")[0] for by in PLAYED} >= {"stranger", "honest"}
    with capsys.disabled() if STEPS >= 1000 else nullcontext():  # noqa: PLR2004
        for name, number in sorted(PLAYED.items()):
            print(f"{name:<60}{number:>8}")
