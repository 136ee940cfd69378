"""Draws the table of states: `python -m infra.state_diagram` writes docs/states.md."""

from collections.abc import Iterator, Mapping

from chalicelib import content
from chalicelib.cases.states import BEFORE, NEW, SAME
from chalicelib.content.shapes.cases import TransitionContent
from infra.package import ROOT

PAGE = ROOT / "docs" / "states.md"

_HEAD = """\
# The states of a case

Drawn from `chalicelib/content/states.json` by `python -m infra.state_diagram`; a test keeps it true.
Steps that leave the state as it is, and those that are possible nearly everywhere, stand in the
table alone. What the table does not name is refused with 409, and kept as an attempt.
"""


def draw() -> str:
    """Return the page: a picture, the states, and every row of the table."""
    data = content.states()
    lines = [_HEAD, "```mermaid", "stateDiagram-v2", *_arrows(data["transitions"]), "```", ""]
    lines += [
        "| state | English | French | kind | clock | form | letter to staff | else |",
        "|" + "---|" * 8,
    ]
    lines += [_state(name, state) for name, state in data["states"].items()]
    heads = ("no.", "event", "who", "from", "to", "only if", "letters", "held letters", "clocks")
    lines += ["", f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    lines += [_row(row) for row in data["transitions"]]
    return "\n".join(lines) + "\n"


def _arrows(rows: list[TransitionContent]) -> Iterator[str]:
    for row in rows:
        sources, to = row["from"], row["to"]
        if to == SAME or row["event"] in ("withdraw", "anonymise", "reopen"):
            continue
        for source in sources:
            for target in row["back_to"] if to == BEFORE else [to]:
                start = "[*]" if source == NEW else source
                if to != BEFORE or _undoes(rows, source, str(target)):
                    yield f"    {start} --> {target}: {row['event']}"


def _undoes(rows: list[TransitionContent], source: str, target: str) -> bool:
    """Tell whether a decision led from `target` to `source`, so that an undo can lead back."""
    return any(row.get("undo") and row["to"] == source and target in row["from"] for row in rows)


def _state(name: str, state: Mapping[str, object]) -> str:
    beside = ("turnaround", "shown_as", "invitation", "shows", "ended", "funded")
    other = [f"{key}: {_plain(state[key])}" for key in beside if key in state]
    plain = (
        str(state.get(key, "")) for key in ("en", "fr", "kind", "clock", "form", "staff_letter")
    )
    cells = (f"`{name}`", *plain, "; ".join(other))
    return f"| {' | '.join(cells)} |"


def _plain(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "yes" if value is True else str(value)


def _row(row: TransitionContent) -> str:
    to = {BEFORE: "where it was", SAME: "the same"}.get(str(row["to"]), f"`{row['to']}`")
    cells = (
        str(row["n"] or ""),
        f"`{row['event']}`",
        str(row["actor"]),
        ", ".join(f"`{source}`" for source in row["from"]),
        to,
        *map(
            ", ".join, (row["guards"], row["letters"], row.get("held_letters", []), row["clocks"])
        ),
    )
    return f"| {' | '.join(cells)} |"


def main() -> None:
    PAGE.write_text(draw(), "utf-8")


if __name__ == "__main__":
    main()
