"""The review page: what its link shows, and what its form decides."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.cases import Cases, Decider
from chalicelib.content import load
from chalicelib.errors import Conflict, Refused, TooMany
from chalicelib.links import Links, hash_of
from chalicelib.ports import Change, Clock, Item, Put, Store
from chalicelib.records import Case, letter, link_key, stamp
from chalicelib.roster import Roster, Staff
from chalicelib.states import choices, step

TRIES_AN_HOUR: Final = 20
"""Wrong tries of one link before it is quiet for the rest of the hour."""

MESSAGE_LIMIT: Final = 3000


@dataclass(frozen=True)
class Opened:
    """A link that was opened. `standing` says what it can still do:

    `open`: decide; `undo`: take back; `decided`: it is done; `stale`: the file went
    on since the link was sent; `expired`; `unknown`: also for somebody who left.
    """

    standing: str
    token: str
    case: Case | None = None
    staff: Staff | None = None
    link: Item | None = None
    decision: dict[str, Any] | None = None


@dataclass(frozen=True)
class Decision:
    """What the form said, as typed."""

    name: str = ""
    reasons: tuple[str, ...] = ()
    message: str = ""
    confirm: bool = False
    code: str = ""
    nonce: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of a POST: `decided`, `undone`, `already`, `invalid`, `fresh`, `expired`."""

    kind: str
    opened: Opened
    case: Case | None = None
    errors: tuple[tuple[str, str], ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


class Reviews:
    """GET changes nothing; POST needs the page's nonce and a person's tick."""

    def __init__(
        self, store: Store, cases: Cases, roster: Roster, links: Links, clock: Clock
    ) -> None:
        self._store = store
        self._cases = cases
        self._roster = roster
        self._links = links
        self._clock = clock

    def open(self, token: str) -> Opened:
        link = self._store.get(*link_key(hash_of(token)))
        staff = None if link is None else self._roster.get(link["recipient"])
        case = None if link is None else self._cases.case(link["case"])
        if link is None or staff is None or case is None:
            return Opened("unknown", token)
        decision = self._decision(link, case)
        standing = self._standing(link, case, staff, decision)
        return Opened(standing, token, case, staff, link, decision)

    def decide(self, token: str, said: Decision) -> Outcome:
        """Raises TooMany after many wrong tries of one link."""
        opened = self.open(token)
        if opened.case is None or opened.staff is None or opened.link is None:
            return Outcome("fresh" if said.name == "fresh" else "expired", opened)
        if said.name == "fresh":
            return self._fresh(opened)
        if said.name == "undo":
            return self._undo(opened, said)
        if opened.standing in ("decided", "undo", "stale"):
            self._again(opened, said.name)
            return Outcome("already", opened, opened.case)
        if opened.standing == "expired":
            self._wrong(opened, "expired", said.name)
            return Outcome("expired", opened, opened.case)
        return self._decide(opened, said)

    def _decide(self, opened: Opened, said: Decision) -> Outcome:
        case, staff, link = _all(opened)
        # Asked before the code is looked at: a full count refuses the right one too.
        if self._tried(opened) >= TRIES_AN_HOUR:
            raise TooMany(self._rest_of_hour())
        if errors := self._errors(opened, said):
            self._wrong(opened, errors[0][1], said.name)
            return Outcome("invalid", opened, case, errors)
        try:
            after = self._cases.decide(
                case,
                said.name,
                Decider(staff.id, staff.name),
                link=link,
                reasons=said.reasons,
                message=said.message,
            )
        except (Conflict, Refused):
            again = self.open(opened.token)
            self._again(again, said.name)
            return Outcome("already", again, again.case)
        return Outcome("decided", opened, after)

    def _undo(self, opened: Opened, said: Decision) -> Outcome:
        case, staff, _ = _all(opened)
        if opened.standing != "undo":
            self._again(opened, said.name)
            return Outcome("already", opened, case, facts={"too_late": True})
        # A robot that presses every button must not take a decision back either.
        if not said.confirm or not self._links.check_nonce(opened.token, said.nonce):
            self._wrong(opened, "undo", said.name)
            return Outcome("invalid", opened, case, (("confirm", "confirm"),))
        try:
            after = self._cases.undo(case, Decider(staff.id, staff.name))
        except (Conflict, Refused):
            return Outcome("already", self.open(opened.token), case, facts={"too_late": True})
        return Outcome("undone", opened, after)

    def _fresh(self, opened: Opened) -> Outcome:
        """A new link, to the address on the roster and nowhere else."""
        case, staff, _ = _all(opened)
        rows = choices(case.state)
        if rows and self._counted(opened):
            self._note(opened, "fresh", "fresh")
            name = "staff_eoi_received"
            if case.application is not None:
                name = "staff_application_received"
            now = self._clock()
            # Named by the minute: a second click in it owes nothing more.
            to = staff.id
            owed = letter(case.key[0], case.events, name, to=to, due=stamp(now))
            owed["sk"] += f"#{now:%Y%m%d%H%M}"
            try:
                self._store.commit([Put(owed)])
            except Conflict:
                pass
        return Outcome("fresh", opened, case)

    def _errors(self, opened: Opened, said: Decision) -> tuple[tuple[str, str], ...]:
        """(field, code of the message) for each thing that is missing or wrong."""
        case, _, link = _all(opened)
        if said.name not in link["allowed"]:
            return (("decision", "choose_decision"),)
        row = step(case.state, said.name)
        errors = []
        if not self._links.check_nonce(opened.token, said.nonce):
            errors.append(("nonce", "nonce"))
        known = {reason["id"] for reason in load("lists")["decline_reason"]}
        if row.reason and not (said.reasons and set(said.reasons) <= known):
            errors.append(("reasons", "choose_reason"))
        if len(said.message) > MESSAGE_LIMIT:
            errors.append(("message", "too_long"))
        if row.code and not self._right_code(opened.token, said.code):
            errors.append(("code", "wrong_code"))
        if not said.confirm:
            errors.append(("confirm", "confirm"))
        return tuple(errors)

    def _right_code(self, token: str, code: str) -> bool:
        typed = code.strip().upper().encode()
        return secrets.compare_digest(typed, self._links.code(token).encode())

    def _decision(self, link: Item, case: Case) -> dict[str, Any] | None:
        """The decision that this link was for, or that ended it; events and versions keep step."""
        if case.decided is not None and case.version - link["case_version"] in (0, 1):
            return case.decided
        if case.version == link["case_version"] or case.state == link["state"]:
            return None
        row = self._event(case, link["case_version"] + 1)
        if row is None or "decision" not in row["data"]:
            return None
        after = self._event(case, link["case_version"] + 2)
        # An undone decision is nobody's; what counts is the one made since, if any.
        undone = after is not None and after["event"] == "undo"
        return case.decided if undone else row["data"]

    def _event(self, case: Case, number: int) -> Item | None:
        return self._store.get(case.key[0], f"EVENT#{number:06d}")

    def _standing(
        self, link: Item, case: Case, staff: Staff, decision: dict[str, Any] | None
    ) -> str:
        now = stamp(self._clock())
        if self._can_undo(link, case, staff, now):
            return "undo"
        if decision is not None or link["allowed"] == ["undo"]:
            return "decided"
        if case.version != link["case_version"]:
            return "stale"
        return "expired" if now >= link["expires_at"] else "open"

    def _can_undo(self, link: Item, case: Case, staff: Staff, now: str) -> bool:
        decided = case.decided
        if not decided or decided["by"] != staff.id or not decided["undo_until"]:
            return False
        versions = (link["case_version"], link["case_version"] + 1)
        return case.version in versions and now < decided["undo_until"]

    def _note(self, opened: Opened, why: str, name: str) -> None:
        """Keeps an attempt that changed nothing, beside the chain and not in it."""
        case, staff, _ = _all(opened)
        now = self._clock()
        attempt = {
            "pk": case.key[0],
            "sk": f"ATTEMPT#{stamp(now)}#{secrets.token_hex(4)}",
            "kind": "attempt",
            "by": staff.id,
            "why": why,
            "decision": name[:20],
            "at": stamp(now),
            "expires": int(now.timestamp()) + 400 * 24 * 3600,
        }
        self._store.commit([Put(attempt)])

    def _wrong(self, opened: Opened, why: str, name: str) -> None:
        """Notes a wrong try, and counts it against the link."""
        if not self._counted(opened):
            raise TooMany(self._rest_of_hour())
        self._note(opened, why, name)

    def _again(self, opened: Opened, name: str) -> None:
        """Notes that somebody came too late; after many times, no more notes are kept."""
        if self._counted(opened):
            self._note(opened, "already", name)

    def _counted(self, opened: Opened) -> bool:
        """Counts one more try of a link in this hour; False when there were too many."""
        counter = Change(
            self._counter(opened),
            add={"posts": 1},
            at_most={"posts": TRIES_AN_HOUR},
            set={"expires": int(self._clock().timestamp()) + 7200},
        )
        try:
            self._store.commit([counter])
        except Conflict:
            return False
        return True

    def _tried(self, opened: Opened) -> int:
        row = self._store.get(*self._counter(opened))
        return 0 if row is None else int(row["posts"])

    def _counter(self, opened: Opened) -> tuple[str, str]:
        return f"RATE#{hash_of(opened.token)[:32]}#{self._clock():%Y%m%d%H}", "0"

    def _rest_of_hour(self) -> int:
        now = self._clock()
        return 3600 - now.minute * 60 - now.second


def _all(opened: Opened) -> tuple[Case, Staff, Item]:
    assert opened.case is not None
    assert opened.staff is not None
    assert opened.link is not None
    return opened.case, opened.staff, opened.link


def masked(address: str) -> str:
    """`rita.roy@example.org` → `r***@example.org`."""
    name, _, domain = address.partition("@")
    return f"{name[:1]}***@{domain}"
