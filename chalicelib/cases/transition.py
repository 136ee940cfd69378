"""One step of a case, as the writes of a single transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Final

from chalicelib.cases.audit import event
from chalicelib.cases.case import Case, ClockMemory, Vote, indexed
from chalicelib.cases.figures import GROUPS, figure_writes
from chalicelib.cases.file_index import facets, index_writes
from chalicelib.cases.passing import passed_after
from chalicelib.cases.schedule import schedule_clocks
from chalicelib.cases.states import NEW, Transition, kind
from chalicelib.core.letter_row import ALL_STAFF, APPLICANT, OUTSIDE, letter
from chalicelib.core.ports import Change, Item, Put, Write
from chalicelib.core.records import stamp

STAFF_PREFIX: Final = "staff_"
"""How the names of letters to staff begin."""

RECORDED: Final = "staff_decision_recorded"
"""The letter to whoever decided, with the link that takes the decision back."""


class StateChange:
    """A case going from one state to the next, with its event and its letters.

    `data` is what the audit event keeps, with the two states unless the row is quiet; `sets` and `removes` are the attributes of the case
    that change beside its state; `facts` are given to the letters of the row beside the
    decision; `reader` is the one member of staff who gets them, in place of all; `votes` are
    those of the case that count. All of them are to be complete before the writes are asked for: the event is hashed then.
    """

    def __init__(
        self,
        case: Case,
        row: Transition,
        now: datetime,
        actor: str,
        data: Mapping[str, object] | None = None,
    ) -> None:
        self.case = case
        self.row = row
        self.now = now
        self.actor = actor
        states = {} if row.quiet else {"from": case.state, "to": row.to}
        self.data: dict[str, object] = {**states, **(data or {})}
        self.sets: Item = {}
        self.removes: list[str] = []
        self.facts: dict[str, object] = {}
        self.reader: str | None = None
        self.votes: Sequence[Vote] = case.votes or []
        self._letters: list[Item] = []

    @property
    def letters(self) -> Sequence[Item]:
        """The rows of the letters that are owed so far."""
        return self._letters

    @property
    def number(self) -> int:
        """The number of the event in the chain of the case."""
        return self.case.events + 1

    def owes(
        self,
        names: Sequence[str],
        to: str,
        *,
        due: datetime | None = None,
        facts: Mapping[str, object] | None = None,
    ) -> None:
        """Owe the letters to a reader, at once where nothing else is said."""
        self._letters += [
            letter(
                self.case.key[0],
                self.number,
                name,
                to=to,
                due=stamp(due or self.now),
                facts=facts,
                by_day=self._by_day(to),
                held=due is not None and due > self.now,
                about=(self.row.to, self._version),
            )
            for name in names
        ]

    def _by_day(self, to: str) -> bool:
        """Say whether a letter waits for the morning: to somebody outside unless it answers what
        they did themselves, and to staff when nobody did anything."""
        if to in OUTSIDE:
            return self.actor != APPLICANT
        return self.row.actor in ("clock", "post")

    def owes_letters(self, facts: Mapping[str, object] | None = None) -> None:
        """Owe the row's letters at once, each to the reader that its name says."""
        for name in self.row.letters:
            to = APPLICANT
            if name == RECORDED:
                to = self.actor
            elif name.startswith(STAFF_PREFIX):
                to = self.reader or ALL_STAFF
            self.owes([name], to, facts=facts)

    def writes(self) -> list[Write]:
        """Return the transaction: the case, its event, the letters, clocks, and counts."""
        passed = self._after_but_head.passed
        update = Change(
            self.case.key,
            expect={k: getattr(self.case, k) for k in ("version", "events", "state")},
            set={
                **self._moved(),
                **indexed(self.row.to, self.case.cycle),
                **self.sets,
                **({"passed": passed} if passed is not None else {}),
            },
            remove=[*self._removed(), *(["passed"] if passed is None and self.case.passed else [])],
        )
        return [update, *self._beside()]

    def creates(self) -> list[Write]:
        """Return the transaction of a first step: the case stands there from now on."""
        row = {**self._after_but_head.item(), "head": self._event["hash"]}
        return [Put(row), *self._beside()]

    def after(self) -> Case:
        """Return the case as the transaction leaves it."""
        return replace(self._after_but_head, head=self._event["hash"])

    @cached_property
    def _after_but_head(self) -> Case:
        removed = dict.fromkeys(self._removed())
        after = replace(self.case, **{**self._moved_but_head(), **self.sets, **removed})
        of = facets(after)._asdict()
        kinds = {name: of[name] for name in GROUPS}
        return replace(after, passed=passed_after(self.case, after, self.row, self.now, kinds))

    def _beside(self) -> list[Write]:
        _, clocks = self._clocks
        before = None if self.case.state == NEW else self.case
        after = self._after_but_head
        index = index_writes(before, after, self.row, self.actor)
        figures = figure_writes(after.key[0], self.case.passed, after.passed)
        return [Put(self._event), *map(Put, self._letters), *clocks, *index, *figures]

    @cached_property
    def _event(self) -> Item:
        return event(
            self.case.key[0],
            self.number,
            self.case.head,
            name=self.row.event,
            actor=self.actor,
            at=stamp(self.now),
            data=self.data,
            row=self._after_but_head.item(),
        )

    def _moved(self) -> Item:
        return {**self._moved_but_head(), "head": self._event["hash"]}

    def _moved_but_head(self) -> Item:
        clocks, _ = self._clocks
        moved: Item = {
            "state": self.row.to,
            "version": self._version,
            "events": self.number,
            "updated_at": stamp(self.now),
            "clocks": clocks,
        }
        if kind(self.row.to) == "terminal" and self.row.source != self.row.to:
            moved["closed"] = {
                "from": self.case.state,
                "at": stamp(self.now),
                "event": self.number,
            }
        return moved

    @property
    def _version(self) -> int:
        return self.case.version + (not self.row.quiet)

    @cached_property
    def _clocks(self) -> tuple[dict[str, ClockMemory], list[Write]]:
        return schedule_clocks(self.case, self.row, self.now, self.sets, self._version)

    def _removed(self) -> list[str]:
        """Name what no longer holds: an earlier decision once the case goes on, its end once it
        is open again."""
        removed = list(self.removes)
        if self.case.decided is not None and not self.row.quiet and "decided" not in self.sets:
            removed.append("decided")
        if self.case.closed is not None and kind(self.row.to) == "active":
            removed.append("closed")
        return list(dict.fromkeys(removed))
