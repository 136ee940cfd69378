"""The life of a case after its arrival: invite, decide, undo, release."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chalicelib import eastern
from chalicelib.content import load
from chalicelib.errors import AlreadyApplied, BadLink, InviteOver, NotInvited, Refused
from chalicelib.links import Links
from chalicelib.moves import Move
from chalicelib.ports import Change, Clock, Item, Store, Write
from chalicelib.records import ALL_STAFF, APPLICANT, Case, case_key, stamp
from chalicelib.states import step

GRACE: Final = timedelta(hours=48)
"""An invitation still works this long after its date, in silence."""


@dataclass(frozen=True)
class Decider:
    """Who decides: the roster's name, never what was typed."""

    id: str
    name: str


class Cases:
    """Each method is one transaction: the case, its audit event, and the letters it owes."""

    def __init__(self, store: Store, links: Links, clock: Clock, *, undo_seconds: int) -> None:
        self._store = store
        self._links = links
        self._clock = clock
        self._undo = timedelta(seconds=undo_seconds)

    def invited(self, token: str) -> Case:
        """The case that an invitation opens. Raises NotInvited, InviteOver, AlreadyApplied."""
        case = self._case_of_invite(token)
        self._check_invite(case)
        return case

    def case(self, case_id: str) -> Case | None:
        item = self._store.get(*case_key(case_id))
        return None if item is None else Case.of(item)

    def followed(self, token: str) -> tuple[Case, bool]:
        """The case behind a link, and whether its answers may be shown. Raises BadLink."""
        case_id, person, whole = self._links.open_file(token)
        case = self.case(case_id)
        if case is None or not case.person.startswith(person):
            raise BadLink("file")
        return case, whole

    def assessed(self, token: str) -> Item:
        """The assessment behind the link to its result. Raises BadLink."""
        ref, *_ = self._links.open_file(token)
        item = self._store.get(*assessment_key(ref))
        if item is None:
            raise BadLink("file")
        return item

    def attached(self, case: Case) -> Item | None:
        """The self-assessment that the applicant chose to show; None without one."""
        ref = case.answers.get("assessment_id")
        return None if ref is None else self._store.get(*assessment_key(ref))

    def history(self, case: Case) -> list[Item]:
        return self._store.rows(case.key[0], "EVENT#")

    def decide(  # noqa: PLR0913
        self,
        case: Case,
        name: str,
        by: Decider,
        *,
        link: Item,
        reasons: Sequence[str] = (),
        message: str = "",
    ) -> Case:
        """Moves the case as the link's owner chose; the applicant's letter waits for the undo.

        Raises Refused when the table has no such move, Conflict when somebody was faster.
        """
        row = step(case.state, name)
        now = self._clock()
        until = now + self._undo
        decided = {
            "by": by.id,
            "name": by.name,
            "at": stamp(now),
            "decision": name,
            "reasons": list(reasons),
            "message": message,
            "before": case.state,
            "undo_until": stamp(until) if self._undo else None,
        }
        move = Move(case, row, now, actor=by.id, data={**decided, "from": case.state, "to": row.to})
        move.sets = {"decided": decided}
        if row.to == "EOI_APPROVED":
            move.sets["apply_by"] = self._apply_by(now)
        move.owes(row.letters, by.id, due=now, facts=decided)
        move.owes(row.held_letters, APPLICANT, due=until, facts=decided)
        use = Change(
            (link["pk"], link["sk"]),
            expect={"case_version": case.version},
            absent=("used_at",),
            set={"used_at": stamp(now), "used_as": name},
        )
        self._store.commit([*move.writes(), use])
        return move.after()

    def undo(self, case: Case, by: Decider) -> Case:
        """Takes a decision back while the applicant has not heard of it.

        Raises Refused("too_late"), and Conflict when the letter left in the same moment.
        """
        decided = case.decided
        row = step(case.state, "undo", decided["before"] if decided else None)
        now = self._clock()
        if decided is None or decided["by"] != by.id:
            raise Refused("not_yours")
        if decided["undo_until"] is None or stamp(now) >= decided["undo_until"]:
            raise Refused("too_late")
        move = Move(
            case, row, now, actor=by.id, data={"name": by.name, "from": case.state, "to": row.to}
        )
        move.removes = ["decided"] + (["apply_by"] if case.apply_by else [])
        facts = {**decided, "decision": "undo", "at": stamp(now), "undo_until": None}
        recorded, *again = row.letters
        move.owes([recorded], by.id, due=now, facts=facts)
        move.owes(again, ALL_STAFF, due=now, facts={"again": True})
        self._store.commit([*move.writes(), *self._recalled(case)])
        return move.after()

    def release(self, case: Case, by: Decider) -> Case:
        """Lets a declaration that was held as spam take the way of the others."""
        row = step(case.state, "release")
        now = self._clock()
        move = Move(
            case, row, now, actor=by.id, data={"name": by.name, "from": case.state, "to": row.to}
        )
        move.owes_receipt()
        self._store.commit(move.writes())
        return move.after()

    def _recalled(self, case: Case) -> list[Write]:
        """The letters held since the last event, taken back: only while nobody sends them."""
        prefix = f"LETTER#{case.events:06d}#"
        return [
            Change(
                (row["pk"], row["sk"]),
                expect={"status": "owed", "attempts": 0},
                set={"status": "cancelled"},
                remove=("due_shard", "due_at"),
            )
            for row in self._store.rows(case.key[0], prefix)
            if row["to"] == APPLICANT
        ]

    def _apply_by(self, now: datetime) -> str:
        days = load("programme")["application_link_valid_days"]
        return str(eastern.today(now) + timedelta(days=days))

    def _case_of_invite(self, token: str) -> Case:
        try:
            case_id, person = self._links.open_invite(token)
        except BadLink:
            raise NotInvited from None
        case = self.case(case_id)
        if case is None or not case.person.startswith(person):
            raise NotInvited
        return case

    def _check_invite(self, case: Case) -> None:
        if case.application is not None:
            raise AlreadyApplied(str(case.app_ref))
        if case.state != "EOI_APPROVED" or case.apply_by is None:
            raise NotInvited
        last = datetime.fromisoformat(f"{case.apply_by}T23:59:59")
        if eastern.local(self._clock()).replace(tzinfo=None) > last + GRACE:
            raise InviteOver(case.apply_by)


def assessment_key(ref: str) -> tuple[str, str]:
    return f"ASSESSMENT#{ref}", "ASSESSMENT"
