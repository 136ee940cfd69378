"""A form on its way into the store: one transaction, and repeats that change nothing."""

import hmac
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from chalicelib import assessments, eastern, forms, refs
from chalicelib.cases import Cases, assessment_key
from chalicelib.content import load
from chalicelib.errors import (
    AlreadyApplied,
    Conflict,
    IntakePaused,
    KeyReused,
    StoreDown,
    TooMany,
)
from chalicelib.links import Links, person_key
from chalicelib.moves import Move
from chalicelib.ports import Change, Clock, Item, Put, Store, Write
from chalicelib.records import APPLICANT, FIRST_EVENT, Case, letter, stamp
from chalicelib.spam import looks_like_spam
from chalicelib.states import NEW, Transition, step

REPEAT_SECONDS: Final = 24 * 3600
"""How long the same content, or the same Idempotency-Key, is answered as a repeat."""

RATE_SHARDS: Final = 4
"""A counter of posts is split, so that one address does not make transactions collide."""

TURNS: Final = RATE_SHARDS + 4
"""How often a submission is built anew because another one came in between."""


@dataclass(frozen=True)
class Arrival:
    """A form as it came: `fields` as typed, the rest from the request."""

    form: str
    fields: Mapping[str, Any]
    lang: forms.Lang
    key: str | None = None
    address: str = ""
    invite: str = ""
    trap: str = ""
    started_at: str = ""
    page: str = ""
    agent: str = ""


@dataclass(frozen=True)
class Receipt:
    """What the visitor is told: the reference, and where to follow the file."""

    form: str
    ref: str
    status: str
    lang: forms.Lang
    status_url: str
    replayed: bool = False
    warnings: tuple[forms.Problem, ...] = ()
    result: dict[str, Any] | None = None


BoxTicked = Callable[["Arrival", forms.Submission, str, datetime], Put | None]
"""What a declaration (its reference third) writes when its box for the newsletter is ticked."""


class Intake:
    """The door: what it lets in is stored with everything that is owed for it."""

    def __init__(  # noqa: PLR0913
        self,
        store: Store,
        links: Links,
        clock: Clock,
        cases: Cases,
        *,
        people_key: bytes,
        posts_per_hour: int,
        newsletter: BoxTicked = lambda *_: None,
    ) -> None:
        self.store = store
        self.links = links
        self.clock = clock
        self.cases = cases
        self.people_key = people_key
        self.posts_per_hour = posts_per_hour
        self.newsletter = newsletter

    def receive(self, arrival: Arrival) -> Receipt:
        """Stores a form with its letters; a repeat is answered as the first time.

        Raises InvalidForm, IntakePaused, NotInvited, InviteOver, AlreadyApplied,
        KeyReused, TooMany and StoreDown; then nothing is stored.
        """
        if load("programme")["intake"][arrival.form] != "open":
            raise IntakePaused(arrival.form)
        now = self.clock()
        submission = forms.parse(arrival.form, arrival.fields, arrival.lang, eastern.today(now))
        attempt = _Attempt(self, arrival, submission, now)
        for _ in range(TURNS):
            try:
                return attempt.commit()
            except Conflict as conflict:
                if receipt := attempt.learn(conflict):
                    return receipt
        raise StoreDown("too many submissions of one file at once")


class _Attempt:
    """One submission on its way into the store, wiser after each conflict."""

    def __init__(
        self, door: Intake, arrival: Arrival, submission: forms.Submission, now: datetime
    ) -> None:
        self._door = door
        self._arrival = arrival
        self._submission = submission
        self._now = now
        self._person = _person_of(submission, door.people_key)
        self._answers_digest = self._digest(submission.answers)
        self._content = self._digest(
            submission.form,
            self._answers_digest,
            self._person or ("" if arrival.key else arrival.address),
        )
        self._shards = random.sample(range(RATE_SHARDS), RATE_SHARDS)
        self._open: Item | None = None
        self._since = ""
        self._receipt: Receipt | None = None

    def commit(self) -> Receipt:
        """One transaction. Its first two writes are always the marker and the counter."""
        writes, receipt = self._writes()
        marker = self._marker(receipt)
        self._door.store.commit([marker, self._counter(), *writes])
        return receipt

    def learn(self, conflict: Conflict) -> Receipt | None:
        """What the rows met instead say: a repeat, a limit, or another try worth making."""
        if 0 in conflict.found:
            return self._replay(conflict.found[0])
        if 1 in conflict.found:
            self._shards.pop()
            if not self._shards:
                raise TooMany(3600 - self._now.minute * 60 - self._now.second)
        self._open = next(
            (found for found in conflict.found.values() if found.get("kind") == "open"), self._open
        )
        return None

    def _writes(self) -> tuple[list[Write], Receipt]:
        if self._submission.form == "assessment":
            return self._assessment()
        if self._submission.form == "application":
            return self._application()
        return self._declaration()

    def _declaration(self) -> tuple[list[Write], Receipt]:
        if self._open is not None:
            earlier = self._door.cases.case(self._open["case"])
            if earlier is not None and earlier.state == "EOI_PENDING":
                return self._revision(earlier)
        spam = self._spam()
        row = step(NEW, "hold" if spam else "submit")
        case = self._new_case(row)
        data = {"from": NEW, "to": row.to, "answers": self._answers_digest, "spam": spam}
        move = Move(replace(case, version=0, events=0), row, self._now, APPLICANT, data)
        move.owes_receipt()
        created = move.after()
        writes: list[Write] = [Put(created.item()), *move.writes()[1:]]
        if not spam:
            writes += [self._pointer(created), *self._newsletter(created.ref)]
        return writes, self._told(created, created.ref)

    def _new_case(self, row: Transition) -> Case:
        answers = self._submission.answers
        year = eastern.local(self._now).year
        return Case(
            id=refs.new_file(year),
            state=row.to,
            version=1,
            events=0,
            head=FIRST_EVENT,
            lang=answers["contact_language"],
            cycle=str(load("programme").get("cycle") or year),
            person=str(self._person),
            email=answers["contact_email"],
            contact_name=f"{answers['contact_first_name']} {answers['contact_last_name']}",
            org=answers["org_legal_name"],
            submitted_at=stamp(self._now),
            updated_at=stamp(self._now),
            answers=answers,
            warnings=_kept(self._submission.warnings),
        )

    def _pointer(self, case: Case) -> Write:
        """Finds the open case of a person in a cycle, so that a second form joins the first."""
        pk = f"OPEN#{case.person}#{case.cycle}"
        if self._open is None:
            return Put({"pk": pk, "sk": "OPEN", "kind": "open", "case": case.id})
        return Change((pk, "OPEN"), expect={"case": self._open["case"]}, set={"case": case.id})

    def _revision(self, earlier: Case) -> tuple[list[Write], Receipt]:
        row = step(earlier.state, "revise")
        answers = self._submission.answers
        data = {"from": earlier.state, "to": row.to, "answers": self._answers_digest}
        move = Move(earlier, row, self._now, APPLICANT, {**data, "before": earlier.answers})
        fresh = self._new_case(row)
        move.sets = {
            "answers": answers,
            "warnings": fresh.warnings,
            "lang": fresh.lang,
            "email": fresh.email,
            "contact_name": fresh.contact_name,
            "org": fresh.org,
        }
        move.owes_receipt(revised=True)
        return [*move.writes(), *self._newsletter(earlier.ref)], self._told(earlier, earlier.ref)

    def _newsletter(self, ref: str) -> list[Write]:
        if not self._submission.answers.get("consent_newsletter"):
            return []
        row = self._door.newsletter(self._arrival, self._submission, ref, self._now)
        return [row] if row else []

    def _application(self) -> tuple[list[Write], Receipt]:
        try:
            case = self._door.cases.invited(self._arrival.invite)
        except AlreadyApplied:
            marker = self._door.store.get(self._marker_pk(), "ONCE")
            if marker is None:
                raise
            raise Conflict({0: marker}) from None
        answers = self._submission.answers
        row = step(case.state, "apply")
        data = {"from": case.state, "to": row.to, "answers": self._answers_digest}
        move = Move(case, row, self._now, APPLICANT, data)
        move.sets = {
            "application": answers,
            "application_warnings": _kept(self._submission.warnings),
            "applied_at": stamp(self._now),
            "lang": answers["applicant_language"],
            "contact_name": f"{answers['applicant_first_name']} {answers['applicant_last_name']}",
        }
        move.removes = ["decided"]
        move.owes_receipt()
        if answers["fid_lead_email"].lower() != answers["applicant_email"].lower():
            move.owes(["application_received"], "fiduciary", due=self._now)
        return move.writes(), self._told(case, f"DF-{case.id}")

    def _assessment(self) -> tuple[list[Write], Receipt]:
        answers = dict(self._submission.answers)
        address = answers.pop("send_to_email", None)
        result = assessments.score(answers)
        ref = f"AE-{refs.new_file(eastern.local(self._now).year)}"
        pk, sk = assessment_key(ref)
        spam = self._spam()
        item = {
            "pk": pk,
            "sk": sk,
            "kind": "assessment",
            "ref": ref,
            "lang": self._submission.lang,
            "form_version": self._submission.version,
            "answers": answers,
            "total": result.total,
            "band": result.band,
            "at": stamp(self._now),
            "spam": spam or None,
        }
        writes: list[Write] = [Put(item)]
        if address and not spam:
            owed = letter(pk, 1, "assessment_result", to=APPLICANT, due=stamp(self._now))
            writes.append(Put({**owed, "address": address}))
        receipt = Receipt(
            form="assessment",
            ref=ref,
            status=result.band,
            lang=self._submission.lang,
            status_url=self._status_url(ref, ""),
            result=assessments.explain(result, answers, self._submission.lang),
        )
        return writes, receipt

    def _told(self, case: Case, ref: str) -> Receipt:
        return Receipt(
            form=self._submission.form,
            ref=ref,
            status="received",
            lang=self._submission.lang,
            status_url=self._status_url(case.id, case.person),
            warnings=self._submission.warnings,
        )

    def _status_url(self, about: str, person: str) -> str:
        """An invitation came by mail, and an assessment is nobody's: these show everything."""
        if self._submission.form == "eoi":
            return self._door.links.standing(about, person)
        return self._door.links.file(about, person)

    def _marker_pk(self) -> str:
        if self._arrival.key:
            return f"ONCE#{self._digest('key', self._submission.form, self._arrival.key)}"
        return f"ONCE#{self._content}{self._since}"

    def _marker(self, receipt: Receipt) -> Put:
        seconds = int(self._now.timestamp())
        return Put(
            {
                "pk": self._marker_pk(),
                "sk": "ONCE",
                "kind": "once",
                "content": self._content,
                "ref": receipt.ref,
                "whose": (self._person or "")[:8],
                "expires": seconds + REPEAT_SECONDS,
            },
            unless_after=seconds,
        )

    def _replay(self, marker: Item) -> Receipt | None:
        if marker["content"] != self._content:
            raise KeyReused
        ref = marker["ref"]
        if self._overtaken(ref):
            return None
        about = ref if ref.startswith("AE-") else refs.file_of(ref)
        result = None
        status = "received"
        if self._submission.form == "assessment":
            scored = assessments.score(self._submission.answers)
            result = assessments.explain(scored, self._submission.answers, self._submission.lang)
            status = scored.band
        return Receipt(
            form=self._submission.form,
            ref=ref,
            status=status,
            lang=self._submission.lang,
            status_url=self._status_url(about, marker["whose"]),
            replayed=True,
            warnings=self._submission.warnings,
            result=result,
        )

    def _overtaken(self, ref: str) -> bool:
        """Whether another declaration came since: then the first one again is no repeat."""
        if self._submission.form != "eoi" or self._arrival.key or self._since:
            return False
        case = self._door.cases.case(refs.file_of(ref))
        if case is None or case.state != "EOI_PENDING":
            return False
        if self._digest(case.answers) == self._answers_digest:
            return False
        self._since = f"#{case.version}"
        return True

    def _spam(self) -> str | None:
        return looks_like_spam(
            trap=self._arrival.trap,
            started_at=self._arrival.started_at,
            answers=self._submission.answers,
            now=self._now,
        )

    def _digest(self, *parts: Any) -> str:
        """Keyed, so that a digest in the store tells nothing of few possible answers."""
        text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hmac.digest(self._door.people_key, text.encode(), "sha256").hex()

    def _counter(self) -> Change:
        """Posts of one address in one hour; kept for two, under a keyed hash."""
        hour = self._now.strftime("%Y%m%d%H")
        address = person_key(self._arrival.address, self._door.people_key)
        limit = -(-self._door.posts_per_hour // RATE_SHARDS)
        return Change(
            (f"RATE#{address}#{hour}", str(self._shards[-1])),
            add={"posts": 1},
            at_most={"posts": limit},
            set={"expires": int(self._now.timestamp()) + 7200},
        )


def _person_of(submission: forms.Submission, key: bytes) -> str | None:
    """The key of the person who sent the form; None for an anonymous assessment."""
    address = submission.answers.get("contact_email") or submission.answers.get("applicant_email")
    return person_key(address, key) if address else None


def _kept(warnings: Sequence[forms.Problem]) -> list[dict[str, Any]]:
    return [{"field": w.field, "code": w.code, "params": w.params} for w in warnings]
