"""The table of states: which event moves a case where, which letters and clocks go with it."""

from functools import cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from chalicelib import content
from chalicelib.core.errors import Refused
from chalicelib.core.languages import Lang

if TYPE_CHECKING:
    from chalicelib.content.shapes.cases import Awaited, StateKind, StateText

NEW: Final = "NEW"
"""Where a case comes from before it exists."""

SAME: Final = "SAME"
"""The case stays where it is."""

BEFORE: Final = "BEFORE"
"""The case goes back to where it was: one of the row's `back_to`."""

STAFF_LETTER: Final = "staff_case_link"
"""Brings staff to a file in a state that names no letter of its own."""


class Transition(NamedTuple):
    """One row: `event` in `source` leads to `to`.

    `letters` leave at once; `held_letters` wait until the decision can no longer be undone.
    `clocks` are commands of two words: `start A`, `pause A`, `stop all`; `start own` is the clock
    of the state that the case goes to, `restore` gives back what an undone decision stopped. A
    `quiet` row leaves the version, and so the links of others, alone. `reason` and `code` say
    what the decision form must carry; `choice` rows stand on it, rows `beside` the decision are
    open to staff too and use up no link.
    """

    event: str
    source: str
    to: str
    actor: str
    guards: tuple[str, ...]
    letters: tuple[str, ...]
    held_letters: tuple[str, ...]
    clocks: tuple[str, ...]
    undo: bool
    reason: bool
    code: bool
    quiet: bool
    choice: bool
    beside: bool
    back_to: tuple[str, ...]


@cache
def table() -> dict[tuple[str, str], Transition]:
    """Return (state, event) → transition. What is not here is refused."""
    rows: dict[tuple[str, str], Transition] = {}
    for row in content.states()["transitions"]:
        for source in row["from"]:
            rows[source, row["event"]] = Transition(
                event=row["event"],
                source=source,
                to=source if row["to"] == SAME else row["to"],
                actor=row["actor"],
                guards=tuple(row["guards"]),
                letters=tuple(row["letters"]),
                held_letters=tuple(row.get("held_letters", ())),
                clocks=tuple(row["clocks"]),
                undo=row.get("undo", False),
                reason=row.get("reason", False),
                code=row.get("code", False),
                quiet=row.get("quiet", False),
                choice=row.get("choice", False),
                beside=row.get("beside", False),
                back_to=tuple(row.get("back_to", ())),
            )
    return rows


def step(state: str, event: str, before: str | None = None) -> Transition:
    """Return the transition, or raise Refused: nothing moves that the table does not name.

    `before` is where the case came from, for an event that leads back.
    """
    row = table().get((state, event))
    if row is None:
        raise Refused("not_now", state=state, event=event)
    if row.to != BEFORE:
        return row
    if before is None or before not in row.back_to:
        raise Refused("not_now", state=state, event=event)
    return row._replace(to=before)


def events() -> list[str]:
    """Return the names of all events, in the order of the table."""
    return list(dict.fromkeys(event for _, event in table()))


def choices(state: str) -> list[Transition]:
    """Return what staff can choose on the review page in a state, in the order of the table."""
    return [row for (source, _), row in table().items() if source == state and row.choice]


def staff_steps(state: str) -> list[str]:
    """Return the events that a staff link allows in a state: the choices, and those beside."""
    beside = [row.event for (source, _), row in table().items() if source == state and row.beside]
    return [row.event for row in choices(state)] + beside


@cache
def beside() -> frozenset[str]:
    """Return the events that leave the decision, and the link, as they are."""
    return frozenset(row.event for row in table().values() if row.beside)


def kind(state: str) -> "StateKind | Literal['new']":
    return "new" if state == NEW else _state(state)["kind"]


def is_ended(state: str) -> bool:
    """Say whether a file in a state came to nothing: the same form again begins another one."""
    return kind(state) == "gone" or bool(_state(state).get("ended"))


def is_funded(state: str) -> bool:
    """Say whether a file in a state has been promised money, which must be accounted for."""
    return bool(_state(state).get("funded"))


def end_of(state: str) -> str | None:
    """Return how a file in a state ended, as the figures count it; None while it goes on."""
    return None if state == NEW else _state(state).get("end")


def is_counted(state: str) -> bool:
    """Say whether the figures count a file in a state."""
    return not _state(state).get("uncounted")


def clock_of(state: str) -> str | None:
    """Return the clock that runs while a case is in a state."""
    return _state(state).get("clock") if state != NEW else None


def awaits(state: str) -> "Awaited | None":
    """Return what a case waits for in a state: staff for a `decision`, the applicant for all
    else; None once it has ended."""
    clock = clock_of(state)
    return None if clock is None else content.clocks()["clocks"][clock].get("awaits")


def form_of(state: str) -> str | None:
    """Return the form that a state is about; None where the case may have come to it by either."""
    return _state(state).get("form")


def turnaround_form(state: str) -> str | None:
    """Return the form whose usual time to a decision counts decisions made in this state."""
    return form_of(state) if state != NEW and _state(state).get("turnaround") else None


def tells_turnaround(state: str) -> bool:
    """Say whether its applicant reads how long a decision usually takes."""
    return turnaround_form(state) is not None and awaits(state) == "decision"


def staff_letter(state: str) -> str:
    """Return the letter that brings staff to a file: to decide, or just to see it."""
    return _state(state).get("staff_letter", STAFF_LETTER)


def shown_as(state: str) -> str:
    """Return the state that the applicant is told in place of this one: mostly itself."""
    return _state(state).get("shown_as", state)


def is_invited(state: str) -> bool:
    """Say whether the personal link to apply works in a state."""
    return _state(state).get("invitation") == "open"


def invitation_is_over(state: str) -> bool:
    """Say whether it worked once, and somebody let its time pass."""
    return _state(state).get("invitation") == "over"


def shows(state: str, what: Literal["apply_by", "conditions"]) -> bool:
    """Say whether applicants see this beside their file in a state."""
    return what in _state(state).get("shows", ())


def next_step(state: str, lang: Lang, came_from: str | None = None) -> str:
    """Return what an applicant whose file is in this state may expect.

    An end is told by what the file awaited in the state that it `came_from`.
    """
    texts = content.review()
    awaited = awaits(came_from) if came_from else None
    ended = texts["ended_while"].get(state, {})
    text = ended[awaited] if awaited in ended else texts["next_steps"][state]
    return text[lang].format(reply_days=reply_days(state))


def reply_days(state: str) -> int:
    """Return how many business days the staff have to act on a file in this state."""
    clock, usual = clock_of(state), content.programme()["reply_target_business_days"]
    return usual if clock is None else content.clocks()["clocks"][clock].get("target", usual)


def public_name(state: str, lang: Lang) -> str:
    """Return the state in the applicant's words."""
    return _state(state)[lang]


def staff_name(state: str, lang: Lang) -> str:
    """Return the state in the words of the staff."""
    found = _state(state)
    return found.get("staff", found)[lang]


def _state(name: str) -> "StateText":
    return content.states()["states"][name]
