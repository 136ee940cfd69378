"""A form that comes in is stored with everything that is owed for it."""

import random
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from chalicelib import content
from chalicelib.cases.audit import attempt_row
from chalicelib.cases.consent import Notices
from chalicelib.cases.intake.application import application
from chalicelib.cases.intake.assessment import assessment, receipt
from chalicelib.cases.intake.declaration import declaration
from chalicelib.cases.intake.stored_form import is_kept, stored_form
from chalicelib.cases.intake.submission import Arrival, BoxTicked, IncomingForm, Receipt
from chalicelib.cases.lookup import Cases
from chalicelib.cases.states import is_ended, table
from chalicelib.core import eastern_time, log_lines, rate_limit, references
from chalicelib.core.edits import EditsInForce
from chalicelib.core.errors import (
    AlreadyApplied,
    Conflict,
    DraftChanged,
    IntakePaused,
    InviteOver,
    KeyReused,
    NotInvited,
    RelaisError,
    StoreDown,
)
from chalicelib.core.letter_row import APPLICANT
from chalicelib.core.links import Links
from chalicelib.core.ports import Change, Item, Key, Now, Put, Store, Write
from chalicelib.forms import parsing
from chalicelib.forms.spam import ask_person

REPEAT_SECONDS: Final = 24 * 3600
"""How long the same content, or the same Idempotency-Key, is answered as a repeat."""

RATE_SHARDS: Final = 4
"""A counter of posts is split, so that one address does not make transactions collide."""

RECEIVE_ATTEMPTS: Final = RATE_SHARDS + 4
"""How often a submission is built anew because another one came in between."""

RECEIVERS: Final = {
    "declaration": declaration,
    "application": application,
    "assessment": assessment,
    "stored_form": stored_form,
}
"""What receiving a form writes, by what its content says under `received_as`: the first three each
know the fields of the one form of their file, and the last one takes any form."""


class Intake:
    def __init__(  # noqa: PLR0913
        self,
        store: Store,
        links: Links,
        now: Now,
        cases: Cases,
        *,
        people_key: bytes,
        posts_per_hour: int,
        notices: Notices,
        edits: EditsInForce,
        newsletter: BoxTicked = lambda *_: None,
    ) -> None:
        self.store = store
        self.links = links
        self.now = now
        self.cases = cases
        self.people_key = people_key
        self.posts_per_hour = posts_per_hour
        self.newsletter = newsletter
        self.notices = notices
        self.edits = edits

    def receive(self, arrival: IncomingForm) -> Receipt:
        """Store a form with its letters; a repeat is answered as the first time.

        Raises InvalidForm, IntakePaused, NotInvited, InviteOver, AlreadyApplied,
        KeyReused, TooMany and StoreDown; then nothing is stored.
        """
        self._check_open(arrival.form)
        now = self.now()
        submission = _parsed(arrival, now)
        visit = Arrival(
            arrival,
            submission,
            now,
            self.cases,
            self.links,
            self.people_key,
            self.newsletter,
            self.notices,
        )
        attempt = _Attempt(self, visit)
        for _ in range(RECEIVE_ATTEMPTS):
            try:
                return _noted(attempt.commit())
            except (NotInvited, InviteOver, AlreadyApplied) as refused:
                # Whoever guesses invitations or references learns so much an hour, and no more.
                failures = rate_limit.Failures(self.store, self.people_key)
                failures.count(arrival.address, now)
                self._note_refused(arrival, refused)
                raise
            except Conflict as conflict:
                if self.edits.has_changed(conflict):
                    # Somebody paused the form, or worded it anew: it is looked at as it stands now.
                    return self.receive(arrival)
                if receipt := attempt.learn(conflict):
                    return _noted(receipt)
        raise StoreDown("too many submissions of one file at once")

    def _check_open(self, form: str) -> None:
        """Raise IntakePaused for a form that is not taken now."""
        self.edits.keep_days()
        if form not in _open_forms():
            self.edits.refresh()
        if form not in _open_forms():
            raise IntakePaused(form)

    def _note_refused(self, arrival: IncomingForm, refused: RelaisError) -> None:
        """Keep beside a case that its invitation brought an application that it could not take."""
        case = self.cases.invitation_of(arrival.invite)
        if case is not None:
            why = _REFUSED[type(refused)]
            attempt = attempt_row(
                case.key[0], APPLICANT, "apply", why, self.now(), state=case.state
            )
            self.store.commit([Put(attempt)])


def _noted(receipt: Receipt) -> Receipt:
    """Count a form that came; a repeat is none."""
    log_lines.note(form=receipt.form)
    if not receipt.replayed:
        log_lines.count("submissions")
    return receipt


_REFUSED: Final[Mapping[type[RelaisError], str]] = {
    NotInvited: "not_invited",
    InviteOver: "invite_over",
    AlreadyApplied: "already_applied",
}
"""Why an application was refused, as the attempt that is kept says it."""


class _Attempt:
    """One submission on its way into the store, wiser after each conflict."""

    def __init__(self, intake: Intake, visit: Arrival) -> None:
        self._intake = intake
        self._visit = visit
        self._content = visit.digest(
            visit.submission.form,
            visit.answers_digest,
            visit.person or ("" if visit.arrival.key else visit.arrival.address),
            *_way_in(visit),
        )
        self._shards = random.sample(range(RATE_SHARDS), RATE_SHARDS)
        self._over: Item | None = None

    def commit(self) -> Receipt:
        """Store the submission in one transaction, with the marker of its content and the counter
        of its network."""
        try:
            writes, receipt = RECEIVERS[content.form(self._visit.submission.form)["received_as"]](
                self._visit
            )
        except AlreadyApplied:
            marker = self._intake.store.get(*self._marker_key())
            if marker is None or self._over is not None:
                raise
            raise Conflict({self._marker_key(): marker}) from None
        ends = self._visit.end_of_draft(receipt.ref)
        if receipt.replayed:
            if ends:
                self._intake.store.commit(ends)
            return receipt
        # What was not kept may find room the next time: that is no repeat.
        marker_row = [self._marker(receipt)] if self._visit.is_kept else []
        words = self._visit.words_agreed_to()
        edits = self._intake.edits
        self._intake.store.commit(
            [*marker_row, self._counter(), *writes, *words, *ends, *edits.condition()]
        )
        edits.confirm()
        for word in words:
            self._intake.notices.note_kept(word.key[0].partition("#")[2])
        return receipt

    def learn(self, conflict: Conflict) -> Receipt | None:
        """Return the receipt of a repeat; None where another attempt is worth making. Raises
        TooMany, KeyReused, and DraftChanged."""
        marker = conflict.met(self._marker_key())
        if marker is not None:
            return self._replay(marker)
        draft = self._visit.arrival.draft
        if draft is not None and conflict.met(draft.key) is not None:
            raise DraftChanged
        counter = self._counter().key
        if conflict.met(counter) is not None:
            self._shards.pop()
            if not self._shards:
                raise rate_limit.too_many(self._visit.now)
        for key, found in conflict.found.items():
            if key in self._visit.mailbox_keys:
                self._visit.is_crowded = True
            elif key != counter and found.get("kind") == "rate":
                raise rate_limit.too_many(self._visit.now)
            if found.get("kind") == "open":
                self._visit.open = found
            if found.get("kind") == "letter":
                self._visit.is_told = True
        return None

    def _marker_key(self) -> Key:
        arrival = self._visit.arrival
        if arrival.key:
            return f"ONCE#{self._visit.digest('key', arrival.form, arrival.key)}", "ONCE"
        return f"ONCE#{self._content}", "ONCE"

    def _marker(self, receipt: Receipt) -> Write:
        seconds = int(self._visit.now.timestamp())
        pk, sk = self._marker_key()
        facts = {
            "content": self._content,
            "ref": receipt.ref,
            "whose": (self._visit.person or "")[:8],
            "expires": seconds + REPEAT_SECONDS,
        }
        if self._over is not None:
            return Change((pk, sk), expect={"ref": self._over["ref"]}, set=facts)
        return Put({"pk": pk, "sk": sk, "kind": "once", **facts}, unless_after=seconds)

    def _replay(self, marker: Item) -> Receipt | None:
        if marker["content"] != self._content:
            raise KeyReused
        ref = marker["ref"]
        if self._visit.submission.form == "assessment":
            return receipt(self._visit, ref, self._visit.submission.answers, replayed=True)
        if self._is_over(ref):
            # The marker is written anew for the file that comes in its place.
            self._over = marker
            return None
        again = self._visit.receipt(ref, marker["whose"])
        return again._replace(replayed=True)

    def _is_over(self, ref: str) -> bool:
        """Say whether the file has ended, as its applicant may know, was erased, or took other
        answers since: then the first ones are no repeat."""
        visit = self._visit
        if "stored" in content.form(visit.submission.form):
            return not is_kept(self._intake.store, ref, visit.now)
        case = self._intake.cases.case(references.file_number_of(ref))
        if case is None or is_ended(self._intake.cases.known_state(case)):
            return True
        if visit.submission.form != "eoi" or visit.arrival.key:
            return False
        if (case.state, "revise") not in table():
            return False
        return visit.digest(case.answers) != visit.answers_digest

    def _counter(self) -> Change:
        """Count the posts of one network in one hour, under a keyed hash."""
        network = rate_limit.of_network(self._visit.arrival.address, self._intake.people_key)
        limit = -(-self._intake.posts_per_hour // RATE_SHARDS)
        (counter,) = rate_limit.counters(
            "form_posts", network, self._visit.now, per_hour=limit, shard=self._shards[-1]
        )
        return counter


def _parsed(arrival: IncomingForm, now: datetime) -> parsing.Submission:
    """Parse a form that came. Raises InvalidForm, also with the question whether a person sends it."""
    odd = ask_person(
        trap=arrival.trap,
        started_at=arrival.started_at,
        person=arrival.person,
        answers=arrival.fields,
        now=now,
    )
    today = eastern_time.today(now)
    form, fields, lang = arrival.form, arrival.fields, arrival.lang
    return parsing.parse(form, fields, lang, today, also=odd, asks_dates=arrival.asks_dates)


def _way_in(visit: Arrival) -> list[str]:
    """Return what tells an application with an invitation from the same one without."""
    if visit.submission.form != "application":
        return []
    return [visit.arrival.invite, visit.arrival.ref]


def _open_forms() -> list[str]:
    return [form for form, standing in content.programme()["intake"].items() if standing == "open"]
