"""Whether the events of a case are the ones that were written, all of them, in order."""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.ports import Item, Store
from chalicelib.records import FIRST_EVENT, case_key, chained, digested

TURNS = 3
"""How often a case is read anew that moved while it was read."""


@dataclass(frozen=True)
class Broken:
    """The first link of a chain that does not hold: `gap`, `order`, `hash`, `data`, `erased`,
    `head`, or `case` when its events stand alone."""

    case: str
    number: int
    why: str

    def __str__(self) -> str:
        return f"{self.case}: event {self.number}: {self.why}"


def verified(store: Store, case: str) -> Broken | None:
    """Reads a case with its events, and says what is wrong with the chain; None for nothing."""
    pk, sk = case_key(case)
    for turn in range(TURNS):
        head = store.get(pk, sk)
        events = store.rows(pk, "EVENT#")
        # A step between the two reads is no fault: read both again.
        if turn == TURNS - 1 or head is None or store.get(pk, sk) == head:
            return broken(case, head, events)
    raise AssertionError("the last turn returns")


def broken(case: str, head: Item | None, events: Sequence[Item]) -> Broken | None:
    """The first link that does not hold; None for a whole chain."""
    before = FIRST_EVENT
    for number, event in enumerate(events, 1):
        if why := _wrong(event, number, before, head):
            return Broken(case, number, why)
        before = event["hash"]
    if head is None:
        return Broken(case, len(events), "case")
    if head["events"] > len(events):
        return Broken(case, len(events) + 1, "gap")
    if head["events"] < len(events) or head["head"] != before:
        return Broken(case, len(events), "head")
    return None


def _wrong(event: Item, number: int, before: str, head: Item | None) -> str | None:
    named = int(event["sk"].removeprefix("EVENT#"))
    if named != number:
        return "gap"
    if event["number"] != named or event["before"] != before:
        return "order"
    if event["hash"] != chained(event, before):
        return "hash"
    if event.get("erased"):
        return None if head is not None and head["state"] == "ANONYMISED" else "erased"
    if "data" not in event or event["digest"] != digested(event["data"], event["salt"]):
        return "data"
    return None
