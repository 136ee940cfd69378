"""What applicants do to their own file: answer, withdraw, correct their address."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.cases.audit import attempt_row
from chalicelib.cases.case import Case
from chalicelib.cases.guards import DecisionInput, GuardContext, check
from chalicelib.cases.states import step
from chalicelib.cases.transition import StateChange
from chalicelib.core import rate_limit
from chalicelib.core.email_address import email_or_none
from chalicelib.core.errors import Refused
from chalicelib.core.letter_row import APPLICANT, NEW_ADDRESS, OLD_ADDRESS
from chalicelib.core.links import hash_of, person_key
from chalicelib.core.ports import Now, Put, Store, Write

POSTS_AN_HOUR: Final = 20
"""What one link may send in an hour, right or wrong."""


@dataclass(frozen=True)
class Reply:
    """An answer to a question; `answers` are the whole form again when it was corrected."""

    text: str
    answers: Mapping[str, Any] | None = None
    warnings: list[dict[str, Any]] | None = None


class ApplicantFiles:
    """Each method is one transaction. Raises Refused when the file is not where that can be,
    Conflict when it moved meanwhile."""

    def __init__(self, store: Store, now: Now, *, people_key: bytes) -> None:
        self._store = store
        self._now = now
        self._people_key = people_key

    def reply(self, case: Case, reply: Reply) -> Case:
        """Adds the answer. Votes were for the text before, so they fall."""
        row = step(case.state, "reply")
        now = self._now()
        self._check(case, "reply", DecisionInput())
        form = "eoi" if case.application is None else "application"
        before = case.answers if form == "eoi" else case.application
        question = case.question or {}
        data: dict[str, Any] = {
            "from": case.state,
            "to": row.to,
            "form": form,
            "question": question.get("text", ""),
            "answer": reply.text,
        }
        corrected = _corrected(case, form, reply) if reply.answers is not None else {}
        changed = bool(corrected) and corrected[_FIELD[form]] != before
        if changed:
            data["before"] = before
        move = StateChange(case, row, now, APPLICANT, data)
        move.removes = ["question", "votes"]
        if changed:
            move.sets = corrected
        move.owes_receipt(
            {k: data[k] for k in ("form", "question", "answer", "before") if k in data}
        )
        self._store.commit(move.writes())
        return move.after()

    def withdraw(self, case: Case, message: str) -> Case:
        row = step(case.state, "withdraw")
        self._check(case, "withdraw", DecisionInput(message=message))
        data = {"from": case.state, "to": row.to, "message": message}
        move = StateChange(case, row, self._now(), APPLICANT, data)
        move.owes_receipt({"message": message})
        self._store.commit(move.writes())
        return move.after()

    def ask_address(self, case: Case, address: str) -> Case:
        """Writes to the new address; nothing changes before somebody confirms there."""
        row = step(case.state, "ask_address")
        address = _checked(address)
        move = StateChange(case, row, self._now(), APPLICANT, {"address": self._hidden(address)})
        move.owes(row.letters, NEW_ADDRESS, due=move.now, facts={"new_address": address})
        self._store.commit(move.writes())
        return move.after()

    def correct_address(self, case: Case, address: str, *, by: str, name: str = "") -> Case:
        """Writes to `address` from now on. Both addresses are told, and old links stop."""
        row = step(case.state, "correct_address")
        now = self._now()
        old = case.mail_to
        address = _checked(address, other_than=old)
        data = {"name": name, "before": self._hidden(old), "address": self._hidden(address)}
        move = StateChange(case, row, now, by, data)
        person = person_key(address, self._people_key)
        move.sets = {"address": address, "person": person}
        move.removes = ["undeliverable"]
        facts = {"old_address": old, "new_address": address}
        for to in (OLD_ADDRESS, NEW_ADDRESS):
            move.owes(row.letters, to, due=now, facts=facts)
        self._store.commit([*move.writes(), *self._pointer(case, person)])
        return move.after()

    def counted(self, token: str) -> None:
        """Counts what a link sends. Raises TooMany."""
        rate_limit.count(self._store, hash_of(token)[:32], POSTS_AN_HOUR, self._now())

    def refused(self, case: Case, event: str, why: str) -> None:
        """Keeps an attempt that changed nothing."""
        attempt = attempt_row(case.key[0], APPLICANT, event, why, self._now(), state=case.state)
        self._store.commit([Put(attempt)])

    def _check(self, case: Case, event: str, word: DecisionInput) -> None:
        check(step(case.state, event), GuardContext(case, APPLICANT, word, self._now(), 1))

    def _pointer(self, case: Case, person: str) -> list[Write]:
        """The open case is found under the new address too, unless another one is."""
        if case.application is not None or not case.state.startswith("EOI_"):
            return []
        pk = f"OPEN#{person}#{case.cycle}"
        if self._store.get(pk, "OPEN") is not None:
            return []
        return [Put({"pk": pk, "sk": "OPEN", "kind": "open", "case": case.id})]

    def _hidden(self, address: str) -> str:
        """An address in the chain of events, which nobody can read out of it."""
        return person_key(address, self._people_key)


_FIELD: Final = {"eoi": "answers", "application": "application"}
"""Where the case keeps the answers of a form."""


def _checked(text: str, other_than: str = "") -> str:
    """Return the address as it is kept. Raises Refused when it is none, or not another one."""
    address = email_or_none(text)
    if address is None or address.lower() == other_than.lower():
        raise Refused("address")
    return address


def _corrected(case: Case, form: str, reply: Reply) -> dict[str, Any]:
    """What the corrected form says. The address stays: it is corrected by both addresses."""
    answers = dict(reply.answers or {})
    if form == "application":
        name = f"{answers['applicant_first_name']} {answers['applicant_last_name']}"
        return {
            "application": {
                **answers,
                "applicant_email": (case.application or {})["applicant_email"],
            },
            "application_warnings": reply.warnings or [],
            "contact_name": name,
            "lang": answers["applicant_language"],
        }
    return {
        "answers": {**answers, "contact_email": case.answers["contact_email"]},
        "warnings": reply.warnings or [],
        "contact_name": f"{answers['contact_first_name']} {answers['contact_last_name']}",
        "org": answers["org_legal_name"],
        "lang": answers["contact_language"],
    }
