"""Clocks that fall due: reminds, escalates, closes what nobody answered, forgets in time."""

import logging
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

from chalicelib import content
from chalicelib.cases.case import Case, case_key
from chalicelib.cases.deadlines import started
from chalicelib.cases.deadlines.digest import DIGEST_KEY as MORNING
from chalicelib.cases.deadlines.digest import Digest
from chalicelib.cases.deadlines.due_clock import DueClock
from chalicelib.cases.deadlines.erasure import Erasure, blank
from chalicelib.cases.ladder import Rung, definition, ladder_of
from chalicelib.cases.recipients import Recipients
from chalicelib.cases.schedule import ERASURE
from chalicelib.cases.staff import Roster
from chalicelib.cases.standing_back import standing_back
from chalicelib.cases.states import kind, step
from chalicelib.cases.transition import StateChange
from chalicelib.cases.unreached import waits
from chalicelib.core import business_days, eastern_time
from chalicelib.core.business_days import QuietHours
from chalicelib.core.errors import Conflict, Refused
from chalicelib.core.legal_hold import held_until
from chalicelib.core.letter_row import APPLICANT, OUTSIDE, letter
from chalicelib.core.ports import Change, Item, Key, Now, Put, Store, Write
from chalicelib.core.records import stamp

log = logging.getLogger("relais.clocks")

STEPS_A_TURN: Final = 1000
"""More than any ladder has steps."""


class DeadlineRunner:
    """Each step at most once: a clock moves on in the transaction that owes its letters.

    A transition of the case rewinds its clocks in its own transaction, so that a step and
    a transition can never both win.
    """

    def __init__(
        self,
        store: Store,
        roster: Roster,
        now: Now,
        digest: Digest,
        quiet: QuietHours | None,
    ) -> None:
        self._store = store
        self._roster = roster
        self._now = now
        self._digest = digest
        self._quiet = quiet
        self._erasure = Erasure(store)

    def fire(self, key: Key) -> str:
        """Take the step of a clock that is due, and return what became of it: `reminded`,
        `dropped`, `moved`, `erased`, `later`, `taken`, `stopped`, `digest` or `quiet`."""
        row = self._store.get(*key)
        now = self._now()
        if row is None or "due_at" not in row:
            return "stopped"
        if row["due_at"] > stamp(now):
            return "later"
        if key == MORNING:
            return self._digest.fire(row)
        found = self._store.get(*case_key(key[0].removeprefix("CASE#")))
        if found is None:
            return self._retire(row)
        case = Case.of(found)
        due = DueClock(row, case, ladder_of(row, case), now)
        if not due.belongs():
            return self._retire(row)
        if row["clock"] == ERASURE:
            return self._erasure.go_on(due.case, row)
        try:
            if case.undo_open(now):
                return self._after_undo(due)
            return self._next(due)
        except Conflict:
            return "taken"

    def _after_undo(self, due: DueClock) -> str:
        """Let a clock wait while the decision that set it off can be taken back."""
        assert due.case.decided is not None
        self._store.commit([due.update(due_at=due.case.decided["undo_until"])])
        return "later"

    def _after_day(self, due: DueClock, day: date) -> str:
        """Let a clock wait for the morning after a day."""
        opens = business_days.at_eastern_time(day + timedelta(days=1), time(9))
        self._store.commit([due.update(due_at=stamp(opens))])
        return "later"

    def _next(self, due: DueClock) -> str:
        if due.row.get("step") is None:
            return self._retire(due.row)
        if waits(due.case, due.now):
            return self._after_day(due, eastern_time.today(due.now))
        reached = due.ladder.overdue(due.row["step"], due.now)
        chosen = self._worth_it(due, reached)
        if chosen is None:
            following = reached[-1].position + 1 if reached else due.row["step"]
            self._store.commit([due.update(**due.following(following))])
            return "dropped"
        opens = self._opens(chosen, due.now)
        if opens > due.now:
            self._store.commit([due.update(due_at=stamp(opens))])
            return "later"
        if chosen.event:
            return self._move(due, chosen.event)
        return self._tell(due, chosen)

    def _worth_it(self, due: DueClock, reached: Sequence[Rung]) -> Rung | None:
        """Return the first of several steps that still makes sense: after an outage, not three
        reminders in a row, and none whose last day is over."""
        notice = "notice" in definition(due.ladder.clock)
        for number, one in enumerate(reached):
            later = reached[number + 1 :]
            if one.event:
                return one
            if any(other.says_more_than(one) for other in later):
                continue
            over = one.due is not None and one.due < eastern_time.today(due.now)
            if over and not notice:
                continue
            return one
        return None

    def _opens(self, chosen: Rung, now: datetime) -> datetime:
        """Return when a step may be taken: by day, and on a business day if staff are to read it."""
        if self._quiet is None:
            return now
        opens = self._quiet.first_open(now)
        if chosen.letter and APPLICANT not in chosen.to:
            while not business_days.is_business_day(eastern_time.today(opens)):
                opens = self._quiet.first_open(opens + timedelta(hours=12))
        return opens

    def _tell(self, due: DueClock, chosen: Rung) -> str:
        """Owe the letters of a step. Whoever is reminded late has as long as all others from
        there on, and the file says so."""
        notice = definition(due.ladder.clock).get("notice", 0)
        earliest = eastern_time.today(due.now) + timedelta(days=notice)
        ladder, until, more = due.ladder, chosen.due, list[Write]()
        if notice and until is not None and until < earliest:
            until, (more, after) = earliest, self._more_time(due, earliest)
            ladder = ladder_of(due.row, after)
            if len(due.ladder.days) > 1:
                # The steps of dates that moved change places and number: those of today are over.
                ladder = ladder._replace(since=eastern_time.today(due.now))
        moved = ladder.since != due.ladder.since
        following = due.following(0 if moved else chosen.position + 1, ladder)
        letters = [] if self._dropped(due, chosen) else self._letters(due, chosen, until)
        turn = {"turn": due.row.get("turn", 0) + 1} if moved else {}
        change = due.update(**following, **turn, since=str(ladder.since), fired_at=stamp(due.now))
        self._store.commit([change, *more, *letters])
        return "reminded" if letters else "dropped"

    def _more_time(self, due: DueClock, earliest: date) -> tuple[list[Write], Case]:
        """Move the days of the case that are over, or nearly, to the earliest one."""
        case = due.case
        row = step(case.state, "more_time")
        change = StateChange(case, row, due.now, "clock", {"until": str(earliest)})
        if case.question is not None:
            change.sets["question"] = {**case.question, "reply_by": str(earliest)}
        else:
            change.sets["conditions"] = [
                one if "met_at" in one else {**one, "due": max(one["due"], str(earliest))}
                for one in case.conditions or []
            ]
        return change.writes(), change.after()

    def _letters(self, due: DueClock, chosen: Rung, until: date | None) -> list[Write]:
        facts = {
            "clock": due.ladder.clock,
            "since": str(due.ladder.since),
            "until": str(until) if until else None,
            "last": chosen.last,
        }
        readers = [APPLICANT]
        if APPLICANT not in chosen.to:
            today = str(eastern_time.today(due.now))
            case = due.case
            staff = self._roster.active()
            recused = standing_back(case, staff)
            readers = Recipients(staff, case.owner, recused, today).of(chosen.to)
        assert chosen.letter
        # Where days moved, a step of the same number comes again, and owes a letter of its own.
        number = due.row.get("turn", 0) * STEPS_A_TURN + chosen.position
        since = f"{due.ladder.clock}{due.row['version']:06d}-{number:03d}"
        return [
            Put(
                letter(
                    due.row["pk"],
                    since,
                    chosen.letter,
                    to=reader,
                    due=stamp(due.now),
                    facts=facts,
                    by_day=True,
                    about=(due.case.state, due.row["version"]),
                )
            )
            for reader in readers
        ]

    def _dropped(self, due: DueClock, chosen: Rung) -> bool:
        if APPLICANT not in chosen.to:
            return False
        if chosen.unless == "begun" and started.begun(self._store, due.case):
            return True
        return self._noisy(due)

    def _noisy(self, due: DueClock) -> bool:
        """Say whether another mail went to the applicant in the last two days."""
        since = due.now - timedelta(hours=content.clocks()["noise_hours"])
        mine = f"LETTER#{due.ladder.clock}{due.row['version']:06d}-"
        for row in self._store.rows(due.row["pk"], "LETTER#"):
            other = row["to"] in OUTSIDE and not row["sk"].startswith(mine)
            left = row.get("sent_at") or row.get("delivered_at")
            if row["status"] in ("owed", "claimed"):
                left = row["due_at"]
            if other and left and left > stamp(since):
                return True
        return False

    def _move(self, due: DueClock, event: str) -> str:
        """Move the case; the clocks give way in the same transaction."""
        case = due.case
        try:
            row = step(case.state, event)
        except Refused:
            return self._retire(due.row)
        change = StateChange(case, row, due.now, "clock", {"clock": due.ladder.clock})
        writes: list[Write] = []
        if kind(row.to) == "gone":
            held = held_until(self._store, case.key[0], eastern_time.today(due.now))
            if held is not None:
                return self._after_day(due, held)
            change.sets, change.removes = blank(case)
            writes += [*self._erasure.pointer(case), *self._erasure.documents(case, due.now)]
        change.owes_letters(_CLOSING_FACTS.get(event))
        self._store.commit([*change.writes(), *writes])
        return "moved"

    def _retire(self, row: Item) -> str:
        """Stop a clock that the case has left behind."""
        change = Change(
            (row["pk"], row["sk"]),
            expect={name: row[name] for name in ("version", "due_at")},
            remove=("due_shard", "due_at"),
        )
        try:
            self._store.commit([change])
        except Conflict:
            return "taken"
        return "stopped"


_CLOSING_FACTS: Final = {"close_cycle": {"reasons": ["cycle"], "message": ""}}
"""What a clock's event says in place of a decider."""
