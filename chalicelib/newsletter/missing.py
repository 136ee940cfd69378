"""Everybody whom an issue did not reach: who they are now, and whether they can be written to."""

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.content import load
from chalicelib.forms import Lang
from chalicelib.newsletter.issues import Issue
from chalicelib.newsletter.ledger import FAILED, SKIPPED, STATES, UNKNOWN
from chalicelib.newsletter.people import profile_key
from chalicelib.newsletter.reached import UNREACHED, Recipient, missed
from chalicelib.newsletter.sending import unwanted
from chalicelib.ports import Clock, Store
from chalicelib.records import stamp


@dataclass(frozen=True)
class Missed:
    """`email` is empty when it is no longer known; `why` is one of the reasons in
    content/newsroom.json, `told` the words of SES or of the other mail service, if any;
    `again`: another try may reach them."""

    person: str
    email: str
    lang: str
    why: str
    told: str
    again: bool

    def reason(self, lang: Lang) -> str:
        said: str = load("newsroom")["missed"][self.why][lang]
        return f"{said} ({self.told})" if self.told else said


class Missing:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def __call__(self, issue: Issue) -> Iterator[Missed]:
        now = stamp(self._clock())
        for one in missed(self._store, issue.id):
            profile = self._store.get(*profile_key(one.person))
            why = _why(one)
            yield Missed(
                person=one.person,
                email=str((profile or {}).get("email") or ""),
                lang=one.lang,
                why=why,
                told="" if why.startswith("skipped") else one.why,
                again=not unwanted(profile, issue.topics, now),
            )


def _why(one: Recipient) -> str:
    """What came back says more than that it was handed over."""
    for event in ("complained", "bounced", "rejected"):
        if event in UNREACHED.intersection(one.events):
            return event
    if "soft" in one.events:
        return "soft"
    if one.state == STATES[SKIPPED]:
        return f"skipped_{one.why}"
    return {STATES[FAILED]: "failed", STATES[UNKNOWN]: "unknown"}.get(one.state, "not_sent")
