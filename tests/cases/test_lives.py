"""Whatever people do at once, and wherever it is cut off: a file keeps its word.

`make lives` (or LIVES=10000) lives more of them than the tests do each time.
"""

import os
import secrets
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any, Final

import pytest

from chalicelib import content
from chalicelib.cases import audit
from chalicelib.cases.case import Case
from chalicelib.cases.figures import FIGURES, figures, recounted_figures
from chalicelib.cases.file_index import (
    COUNTS,
    find_keys,
    is_listed,
    list_key,
    list_row,
    recounted,
)
from chalicelib.cases.states import is_counted, kind, table
from chalicelib.core.letter_row import APPLICANT, OUTSIDE
from chalicelib.core.ports import Change, Put
from chalicelib.core.records import moment
from simulation import CLOCKS, Act, Life, random_acts, runs
from truth import TRUE_IN

LIVES: Final = int(os.environ.get("LIVES", "50"))

E: Final = ("EOI_PENDING", "EOI_INFO_REQUESTED", "EOI_APPROVED")
A: Final = ("APP_PENDING", "APP_INFO_REQUESTED", "APP_WAITLISTED", "APP_CONDITIONAL")

MODEL: Final[dict[str, dict[tuple[str, ...], str]]] = {
    "submit": {("NEW",): "EOI_PENDING"},
    "apply_uninvited": {("NEW",): "ORPHAN_APP"},
    "apply_by_reference": {("NEW",): "ORPHAN_APP"},
    "link_confirmed": {("ORPHAN_APP",): "LINKED"},
    "apply_confirmed": {("EOI_APPROVED", "INVITE_EXPIRED"): "APP_PENDING"},
    "hold": {("NEW",): "HELD_AS_SPAM"},
    "release": {("HELD_AS_SPAM",): "EOI_PENDING"},
    "release_application": {("HELD_AS_SPAM",): "ORPHAN_APP"},
    "keep_beside": {("NEW",): "EOI_TO_CONFIRM"},
    "confirm": {("EOI_TO_CONFIRM",): "EOI_PENDING"},
    "join": {("EOI_TO_CONFIRM",): "LINKED"},
    "disown": {("EOI_TO_CONFIRM",): "EOI_NOT_CONFIRMED", ("ORPHAN_APP",): "ORPHAN_APP"},
    "revise": {("EOI_PENDING", "EOI_INFO_REQUESTED"): "EOI_PENDING"},
    "approve": {("EOI_PENDING",): "EOI_APPROVED", ("APP_PENDING", "APP_WAITLISTED"): "APP_APPROVED"},
    "decline": {
        ("EOI_PENDING",): "EOI_DECLINED",
        ("APP_PENDING", "APP_WAITLISTED", "APP_CONDITIONAL", "ORPHAN_APP"): "APP_DECLINED",
    },
    "ask": {("EOI_PENDING",): "EOI_INFO_REQUESTED", ("APP_PENDING",): "APP_INFO_REQUESTED"},
    "reply": {("EOI_INFO_REQUESTED",): "EOI_PENDING", ("APP_INFO_REQUESTED",): "APP_PENDING"},
    "lapse": {
        ("EOI_INFO_REQUESTED",): "EOI_LAPSED",
        ("EOI_TO_CONFIRM",): "EOI_NOT_CONFIRMED",
        ("APP_INFO_REQUESTED", "APP_CONDITIONAL"): "APP_LAPSED",
    },
    "end_undecided": {
        ("EOI_PENDING",): "EOI_LAPSED",
        ("APP_PENDING", "ORPHAN_APP"): "APP_LAPSED",
    },
    "apply": {("EOI_APPROVED",): "APP_PENDING"},
    "link": {("ORPHAN_APP",): "LINKED"},
    "attach": {(*E, "INVITE_EXPIRED"): "APP_PENDING"},
    "treat_as_eoi": {("ORPHAN_APP",): "EOI_PENDING"},
    "expire": {("EOI_APPROVED",): "INVITE_EXPIRED"},
    "extend": {("EOI_APPROVED", "INVITE_EXPIRED"): "EOI_APPROVED"},
    "conditions": {("APP_PENDING",): "APP_CONDITIONAL"},
    "conditions_met": {("APP_CONDITIONAL",): "APP_APPROVED"},
    "postpone": {("APP_CONDITIONAL",): "APP_CONDITIONAL"},
    "waitlist": {("APP_PENDING",): "APP_WAITLISTED"},
    "withdraw": {(*E, *A, "ORPHAN_APP"): "WITHDRAWN"},
    "close_cycle": {("APP_WAITLISTED",): "APP_DECLINED"},
    "anonymise": {
        ("EOI_DECLINED", "EOI_LAPSED", "EOI_NOT_CONFIRMED", "INVITE_EXPIRED", "APP_APPROVED",
         "APP_DECLINED",
         "APP_LAPSED", "WITHDRAWN", "LINKED", "HELD_AS_SPAM"): "ANONYMISED",
    },
}  # fmt: skip
"""The transitions of the specification once more, written by hand: event → from → to."""

STAY: Final = {
    "vote", "assign", "recuse", "correct_address", "ask_address", "bounce", "complaint", "send_again", "copy", "more_time",
    "letter_overtaken", "add_document",
}  # fmt: skip
UNDOABLE: Final = {
    ("EOI_PENDING", "approve"): "eoi_approved",
    ("EOI_PENDING", "decline"): "eoi_declined",
    ("EOI_PENDING", "ask"): "eoi_info_requested",
    ("APP_PENDING", "ask"): "application_info_requested",
    ("APP_PENDING", "approve"): "application_approved",
    ("APP_WAITLISTED", "approve"): "application_approved",
    ("APP_PENDING", "conditions"): "application_conditional",
    ("APP_PENDING", "decline"): "application_declined",
    ("APP_WAITLISTED", "decline"): "application_declined",
    ("APP_CONDITIONAL", "decline"): "application_declined",
    ("ORPHAN_APP", "decline"): "application_declined",
}
"""Decisions that can be undone, and the letter that waits for that."""


MANY: Final = 1000
"""So many lives meet every step and every letter."""

NOT_LIVED: Final = {"erase_person", "release_application"}
"""Steps of the operator that few lives meet; they have tests of their own."""


class Story:
    """A case's story as its events tell it, followed by hand."""

    def __init__(self, life: Life, case: str) -> None:
        self.life, self.pk = life, f"CASE#{case}"
        self.state, self.version = "NEW", 0
        self.decision: tuple[str, dict[str, Any]] | None = None
        self.closed_from = ""
        self.held: dict[int, str] = {}
        self.undone: set[int] = set()
        self.states: dict[int, str] = {}
        self.stands: dict[int, int] = {}
        """Of each version, the one that it goes back to: what was undone never was."""
        for event in life.store.rows(self.pk, "EVENT#"):
            self._follow(event)

    def _follow(self, event: dict[str, Any]) -> None:
        name, before = event["event"], self.state
        if name in STAY:
            return
        self.version += 1
        if self.decision is not None and name != "undo":
            assert event["at"] >= undo_until(self.decision[1], ""), (
                f"{name} by {event['actor']} while it can be undone"
            )
        if name == "undo":
            self._undo(event)
        elif name == "reopen":
            assert before in (
                "EOI_DECLINED",
                "EOI_LAPSED",
                "APP_DECLINED",
                "APP_LAPSED",
                "WITHDRAWN",
            )
            self.state, self.decision = self.closed_from, None
        else:
            to = [to for sources, to in MODEL[name].items() if before in sources]
            assert len(to) == 1, f"{name} in {before}"
            self.state = to[0]
            self._decide(name, before, event)
        if kind(self.state) == "terminal" and kind_(before) != "terminal":
            self.closed_from = before
        self.states[self.version] = self.state
        before_that = self.stands.get(self.version - 2, 0)
        self.stands[self.version] = before_that if name == "undo" else self.version

    def _decide(self, name: str, before: str, event: dict[str, Any]) -> None:
        """At most one decision is in force: the last one, until the case goes on."""
        self.decision = None
        if letter := UNDOABLE.get((before, name)):
            self.decision = (before, event)
            self.held[event["number"]] = letter

    def _undo(self, event: dict[str, Any]) -> None:
        assert self.decision is not None, "an undo of nothing"
        before, decided = self.decision
        assert event["at"] < undo_until(decided, "~"), "an undo too late"
        theirs = event["actor"] in (decided["actor"], APPLICANT)
        assert theirs or decided["actor"] in self.life.ever_away, "nobody else takes it back"
        self.undone.add(decided["number"])
        self.state, self.decision = before, None


def undo_until(decided: dict[str, Any], erased: str) -> str:
    """Until when a decision could be undone; of a file that is erased nothing says it."""
    return str(decided["data"]["undo_until"]) if "data" in decided else erased


def kind_(state: str) -> str:
    return "new" if state == "NEW" else kind(state)


def check(life: Life) -> None:
    """What holds after every act, also after one that was cut off."""
    for one in life.born:
        case = Case.of(life.store.items[f"CASE#{one}", "CASE"])
        assert audit.verified(life.store, case.key[0]) is None
        assert runs(life, case), f"nobody is told of {case.state}"
        story = Story(life, one)
        assert (story.state, story.version) == (case.state, case.version)
        check_findable(life, case)


def check_findable(life: Life, case: Case) -> None:
    """A declaration that is under way is found by whoever declares again; what waits, too."""
    if not case.answers or kind(case.state) not in ("active", "unconfirmed"):
        return
    row = life.store.items.get((f"OPEN#{case.person}", "OPEN"), {})
    assert case.id in (*row.get("files", ()), *row.get("kept", ())), "a file that nobody finds"


def check_letters(life: Life) -> None:
    """No letter for what never was, or was taken back."""
    stories = {f"CASE#{one}": Story(life, one) for one in life.born}
    for one in life.left:
        told = stories.get(one.key[0])
        if told is None:
            continue
        number = one.key[1].split("#")[1]
        if not number.isdecimal():
            clock, version = number[0], int(number[1:].partition("-")[0])
            assert CLOCKS[told.states[version]] == clock, "a reminder in a state without its clock"
            is_over = told.stands[one.version] != told.stands[version]
            assert not is_over or not one.alone, "a reminder of what is over"
            continue
        assert one.to not in OUTSIDE or int(number) not in told.undone, "an undone decision left"
        if one.letter in UNDOABLE.values() and int(number) in told.held:
            assert told.held[int(number)] == one.letter


def check_clocks(life: Life) -> None:
    """No step of a clock twice, and each in its turn; where days moved, a new turn begins."""
    steps: Counter[tuple[Any, ...]] = Counter()
    last: dict[tuple[Any, ...], int] = {}
    for writes in life.store.commits:
        for write in writes:
            if isinstance(write, Change) and "fired_at" in write.set:
                key = (write.key, write.expect["version"])
                steps[*key, write.expect["step"], write.expect["due_at"]] += 1
                assert "turn" in write.set or write.set.get("step", 10**6) > last.get(key, -1)
                last[key] = write.set.get("step", 10**6)
    assert max(steps.values(), default=0) <= 1
    puts = Counter(
        (w.item["pk"], w.item["sk"])
        for writes in life.store.commits
        for w in writes
        if isinstance(w, Put) and w.item.get("kind") == "letter"
    )
    assert max(puts.values(), default=0) <= 1


def check_written(life: Life) -> None:
    """Every letter that is owed can be written, by its own writer and its own templates."""
    for error in life.unwritten:
        raise error


def check_index(life: Life) -> None:
    """What staff see in lists and counts is what a count of all files finds."""
    cases = [Case.of(row) for row in life.store.kinds("case")]
    there = {
        (COUNTS, row["sk"]): {k: n for k, n in row.items() if k.startswith("n__") and n}
        for row in life.store.kinds("file_count")
    }
    assert {key: one for key, one in there.items() if one} == recounted(cases)
    listed = {(row["pk"], row["sk"]) for row in life.store.kinds("listed")}
    assert listed == {list_key(case) for case in cases if is_listed(case)}
    for case in filter(is_listed, cases):
        row = life.store.items[list_key(case)]
        assert {k: v for k, v in list_row(case).items() if v is not None}.items() <= row.items()
    found = {(row["pk"], row["sk"]) for row in life.store.kinds("find")}
    assert found == {key for one in cases if is_listed(one) for key in find_keys(one)}


def check_figures(life: Life) -> None:
    """What the figures say is what a recount of all files finds, and what their events tell."""
    cases = [Case.of(row) for row in life.store.kinds("case")]
    there = {
        (FIGURES, row["sk"]): {k: n for k, n in row.items() if "__" in k and n}
        for row in life.store.kinds("figures")
    }
    assert {key: one for key, one in there.items() if one} == recounted_figures(cases)
    told = Counter[str]()
    for figure in figures(life.store.kinds("figures")):
        if figure.dimension == "a" and figure.fact.kind in ("reach", "ends"):
            told[figure.fact.what] += figure.number
    assert +told == told, "no count is below nothing"
    seen = Counter[str]()
    for case in cases:
        state, passed = case.state, case.passed
        if kind(state) == "gone":
            days = passed["days"] if passed else {}
            seen.update(
                name for name in ("received", "applied", "proved", "funded") if name in days
            )
            seen["ends"] += "ended" in days
        elif is_counted(state) and kind(state) != "held":
            assert passed is not None
            seen["received"] += 1
            seen["applied"] += case.application is not None
            seen["proved"] += bool(case.proved)
            seen["funded"] += state == "APP_APPROVED"
            seen["ends"] += kind(state) == "terminal"
    ends = ("approved", "declined", "lapsed", "withdrawn", "expired")
    told["ends"] = sum(told[name] for name in ends)
    assert {name: told[name] for name in seen if told[name]} == {k: n for k, n in seen.items() if n}


def check_end(life: Life) -> None:
    """After some quiet days nothing is stuck."""
    check_index(life)
    check_figures(life)
    now = life.clock()
    for row in life.store.kinds("letter"):
        if row["status"] in ("owed", "claimed"):
            assert moment(row["due_at"]) > now, f"{row['sk']} is stuck"


@pytest.fixture(autouse=True)
def _cycle(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lives rename the cycle: no other test is to notice."""
    monkeypatch.setitem(content.programme(), "cycle", None)


def live(lived: Sequence[Act], quorum: int) -> Life:
    """Raises whatever does not hold."""
    life = Life(quorum)
    content.programme()["cycle"] = None
    life.do(Act("declare"))
    for act in lived:
        life.do(act)
        check(life)
    life.settle()
    life._look()
    check(life)
    check_letters(life)
    check_written(life)
    check_clocks(life)
    check_end(life)
    return life


def shortest(lived: list[Act], quorum: int) -> list[Act]:
    """Of a life that went wrong, the acts that it takes."""
    for number in reversed(range(len(lived))):
        fewer = lived[:number] + lived[number + 1 :]
        try:
            live(fewer, quorum)
        except Exception:  # noqa: BLE001 - whichever it is, it is one to mend
            lived = fewer
    return lived


def test_whatever_happens_a_file_keeps_its_word() -> None:
    """Many lives are a way through every step of a file, and every letter, too: else they would
    prove little."""
    met: set[str] = set()
    first = secrets.randbelow(10**9) if "LIVES" in os.environ else 0
    for seed in range(first, first + LIVES):
        random = Random(seed)
        lived, quorum = random_acts(random), random.choice((1, 2))
        try:
            life = live(lived, quorum)
        except Exception as error:
            error.add_note(f"life {seed}, quorum {quorum}: {shortest(lived, quorum)}")
            raise
        met |= {row["event"] for row in life.store.kinds("event")}
        met |= {f"letter {one.letter}" for one in life.left}
    if LIVES < MANY:
        return
    events = {event for _, event in table()} - NOT_LIVED
    letters = {f"letter {name}" for name in TRUE_IN}
    assert met >= events | letters, (events | letters) - met
