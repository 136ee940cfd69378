"""Erases one person as far as law and programme allow, and says what went, what stays and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final, Literal

from chalicelib import content
from chalicelib.cases.case import Case, case_key
from chalicelib.cases.deadlines.erasure import Erasure, blank
from chalicelib.cases.schedule import ERASURE, clock_key
from chalicelib.cases.states import is_funded, kind, step
from chalicelib.cases.transition import StateChange
from chalicelib.coaches.removal import CoachRemoval, forget_rows
from chalicelib.core import business_days, eastern_time
from chalicelib.core.errors import RelaisError
from chalicelib.core.formatting import date_and_time
from chalicelib.core.ports import Change, Delete, Item, Key, Now, Store
from chalicelib.core.records import moment, stamp
from chalicelib.newsletter.subscribers import erasure as subscriber_erasure
from chalicelib.newsletter.subscribers.repository import SubscriberRepository
from chalicelib.people import drafts, stored_forms
from chalicelib.people.certificate import Certificate
from chalicelib.people.finder import Finder, Person, PersonFound, Progress, opened, texts
from chalicelib.people.holds import LegalHolds, file_held
from chalicelib.people.masking import names_of, without, without_anywhere

BY: Final = "operator"
NOON: Final = time(12)

Why = Literal[
    "needs_decision", "funding", "decision", "held", "other_file", "hash", "proof", "staff",
    "request", "event", "expires",
]  # fmt: skip
"""Why something stays: the keys of `stays` in content/rights.json."""

_AT_ONCE: Final = (
    "asked", "subscriber_letter", "file_links_letter", "assessment_letter", "rate", "once", "stray", "message",
    "message_letter", "morning_letter", "open", "link", "draft_letter", "sign_in", "sign_in_letter", "kept_form",
)  # fmt: skip
"""The lines of the table whose rows are deleted as they are found."""

_STAYS: Final[dict[str, Why]] = {
    "subscriber": "hash", "mail_limit": "hash", "batch": "proof", "reported": "proof",
    "consent": "proof", "staff": "staff", "request": "request", "request_letter": "request",
    "erasure": "request", "person_hold": "request", "case_event": "event",
    "issue_event": "staff", "issue": "staff",
}  # fmt: skip

_ENDED_BY: Final = {"active": "withdraw", "unconfirmed": "lapse"}
"""What ends a file that waits for somebody, and a declaration that waits for its address."""


class ErasureRefused(RelaisError):
    """Nothing was erased; the message says why, for the operator."""


@dataclass(frozen=True)
class ErasureDecision:
    """What staff decided about the files: without a `reason` every file stays as it is.

    `force_open` closes and erases files that still wait for somebody.
    """

    reason: str = ""
    force_open: bool = False


class PersonErasure:
    """Each step is one conditional write, and may be done again: whoever dies here runs the
    command once more, and it goes on, for what leads to the person is kept until all is done."""

    def __init__(  # noqa: PLR0913
        self,
        store: Store,
        finder: Finder,
        repository: SubscriberRepository,
        removal: CoachRemoval,
        holds: LegalHolds,
        now: Now,
    ) -> None:
        self._store = store
        self._finder = finder
        self._repository = repository
        self._removal = removal
        self._holds = holds
        self._now = now
        self._cases = Erasure(store)

    def find(self, email: str, progress: Progress = lambda count: None) -> PersonFound:
        """Return everything about the owner of an address, as an erasure that died knew them."""
        found = self._finder.find(email, None, progress)
        known = self._begun(found.person)
        return self._finder.find(email, known, progress) if known else found

    def erase(
        self, found: PersonFound, decision: ErasureDecision, progress: Progress = lambda count: None
    ) -> Certificate:
        """Erase what was found. Raises ErasureRefused, before anything is written."""
        self._check(found, decision)
        rows = self._begin(found, decision)
        stays = self._files(found, decision)
        # Those whom an erasure that died took out already too: their traces may be left.
        for slug in sorted(found.person.slugs | {coach.slug for coach in found.coaches}):
            self._removal.remove(slug, by=BY)
        self._subscriptions(found.person)
        stored_forms.erase(self._store, found)
        self._delete([row.key for row in found.of(*_AT_ONCE)])
        drafts.erase(self._store, found, self._now())
        addresses = sorted(found.person.addresses)
        left = self._finder.find(addresses[0], found.person, progress)
        return self._done(rows, left, stays, decision)

    def _check(self, found: PersonFound, decision: ErasureDecision) -> None:
        until = self._holds.until(found.person)
        if until is not None:
            raise ErasureRefused(f"a legal hold is on until {until}: nothing is erased")
        for case in self._own(found):
            ref = case.current_ref
            if decision.reason and kind(case.state) == "active":
                if not decision.force_open:
                    raise ErasureRefused(
                        f"{ref} is open: decide or withdraw it first, or add --force-open"
                    )
                if case.decided and case.undo_open(self._now()):
                    at = date_and_time(moment(str(case.decided["undo_until"])), "en")
                    raise ErasureRefused(f"{ref} was decided and can be undone until {at}: wait")

    def _own(self, found: PersonFound) -> list[Case]:
        cases = (self._case(id) for id, roles in sorted(found.files.items()) if "owner" in roles)
        return [case for case in cases if case is not None]

    def _case(self, id: str) -> Case | None:
        item = self._store.get(*case_key(id))
        return None if item is None else Case.of(item)

    # What an erasure that died leaves to the next one.

    def _keys(self, person: Person) -> Iterator[Key]:
        yield from ((f"ERASURE#{key}", "ERASURE") for key in sorted(person.keys))

    def _begun(self, person: Person) -> Person | None:
        for key in self._keys(person):
            row = self._store.get(*key)
            if row is not None and "addresses" in row:
                return Person(*(set(row[name]) for name in ("addresses", "keys", "slugs", "files")))
        return None

    def _begin(self, found: PersonFound, decision: ErasureDecision) -> list[Item]:
        """Keep under each key what leads to the person, and what was there before."""
        person, now = found.person, self._now()
        months = content.retention()["request_months"]
        last = business_days.after_months(eastern_time.today(now), months)
        values = {
            "kind": "erasure", "addresses": sorted(person.addresses), "keys": sorted(person.keys),
            "slugs": sorted(person.slugs), "files": sorted(person.files),
            "reason": decision.reason, "at": stamp(now),
            "expires": int(business_days.at_eastern_time(last, NOON).timestamp()),
        }  # fmt: skip
        counts = {line: n for line, n in found.counts().items() if line != "erasure"}
        rows = []
        for key in self._keys(person):
            row = self._store.get(*key) or {}
            there = row["there"] if "addresses" in row else _sum(row.get("went", {}), counts)
            self._store.commit([Change(key, set={**values, "there": there})])
            rows.append({"pk": key[0], "sk": key[1], **values, "there": there})
        return rows

    def _done(
        self, rows: list[Item], left: PersonFound, files: dict[str, Why], decision: ErasureDecision
    ) -> Certificate:
        there: dict[str, int] = max(
            (row["there"] for row in rows), key=lambda one: sum(one.values())
        )
        stays = {line: n for line, n in left.counts().items() if line != "erasure"}
        went = {line: n - stays.get(line, 0) for line, n in there.items()}
        went = {line: n for line, n in went.items() if n > 0}
        why = {line: _STAYS.get(line, "other_file" if line.startswith("case") else "expires")
               for line in stays}  # fmt: skip
        if any(line.startswith("case") for line in why) and files:
            first = next(iter(files.values()))
            why |= {line: first for line in why if line.startswith("case") or line == "open"}
        at = stamp(self._now())
        for row in rows:
            key = (row["pk"], row["sk"])
            done = {"done_at": at, "went": went, "stays": stays}
            gone = ("addresses", "keys", "slugs", "files", "there")
            self._store.commit([Change(key, set=done, remove=gone)])
        return Certificate(at, tuple(sorted(left.person.addresses)), went, stays, dict(why), dict(files),
                           decision.reason)  # fmt: skip

    # The files.

    def _files(self, found: PersonFound, decision: ErasureDecision) -> dict[str, Why]:
        """Erase the files that may go; return why each other one stays, by its reference."""
        stays: dict[str, Why] = {}
        for id, roles in sorted(found.files.items()):
            case = self._case(id)
            if case is None:
                continue
            why = self._file(case, found.person, decision, own="owner" in roles)
            if why:
                stays[case.current_ref] = why
        for id in sorted(found.person.files - found.files.keys()):
            case = self._case(id)
            if case is not None and kind(case.state) == "gone":
                self._finish(case)
        return stays

    def _file(
        self, case: Case, person: Person, decision: ErasureDecision, *, own: bool
    ) -> Why | None:
        now = self._now()
        if kind(case.state) == "gone":
            self._finish(case)
            return None
        if file_held(self._store, case.key, now):
            return "held"
        if why := _must_stay(case, eastern_time.today(now)):
            return why
        if not decision.reason:
            return "needs_decision"
        if not own:
            if kind(case.state) == "active":
                return "other_file"
            self._mask(case, person)
            return None
        if (event := _ENDED_BY.get(kind(case.state))) is not None:
            case = self._ended(case, event, now)
        attached = case.answers.get("assessment_id")
        change = StateChange(case, step(case.state, "anonymise"), now, BY, {"why": "request"})
        change.sets, change.removes = blank(case)
        self._store.commit(
            [*change.writes(), *self._cases.pointer(case), *self._cases.documents(case, now)]
        )
        if attached:
            forget_rows(self._store, f"ASSESSMENT#{attached}")
        self._finish(change.after())
        return None

    def _ended(self, case: Case, event: str, now: datetime) -> Case:
        """End what still waits, without a letter: nobody is to be written to about it."""
        change = StateChange(case, step(case.state, event), now, BY, {"why": "request"})
        self._store.commit(change.writes())
        return change.after()

    def _finish(self, case: Case) -> None:
        """Empty the rows of an anonymised file at once, which the sweep would do a few at a time."""
        key = clock_key(case.key[0], ERASURE)
        while (clock := self._store.get(*key)) is not None and "due_at" in clock:
            self._cases.go_on(case, clock)

    def _mask(self, case: Case, person: Person) -> None:
        """Take a person out of somebody else's closed file: their fields and copies of letters."""
        forms = {"answers": case.answers, "application": case.application}
        names = {name for form in forms.values() if form for name in names_of(form, person)}
        masked = {name: without(form, person, names) for name, form in forms.items() if form}
        # The file last: it is what names the person, should this die in between.
        pattern = person.pattern(names)
        for row in self._store.rows(case.key[0], "LETTER#"):
            if any(pattern.search(text) for _, text in texts(opened(row))):
                facts = without_anywhere(row["facts"], person, names)
                key = (row["pk"], row["sk"])
                self._store.commit([Change(key, set={"facts": facts}, remove=("copy",))])
        faults = case.mail_faults or []
        others = [one for one in faults if one["address"].lower() not in person.addresses]
        if others != faults or masked != {name: form for name, form in forms.items() if form}:
            change = StateChange(case, step(case.state, "erase_person"), self._now(), BY)
            change.sets = {**masked, **({"mail_faults": others} if faults else {})}
            self._store.commit(change.writes())

    # What goes at once.

    def _subscriptions(self, person: Person) -> None:
        for key in sorted(person.keys):
            subscriber_erasure.erase(self._repository, key)
            # Held sign-ups and letters may stand without a subscription.
            self._repository.forget(self._repository.traces(key))

    def _delete(self, keys: list[Key]) -> None:
        for key in keys:
            self._store.commit([Delete(key)])


def _must_stay(case: Case, today: date) -> Why | None:
    """Say why law or programme keep a file for now; None when nothing does."""
    if is_funded(case.state):
        return "funding"
    if case.closed is not None and case.decided is not None:
        decided = eastern_time.today(moment(case.closed["at"]))
        months = content.retention()["decision_months"]
        if today < business_days.after_months(decided, months):
            return "decision"
    return None


def _sum(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return {line: one.get(line, 0) + other.get(line, 0) for line in {*one, *other}}
