"""What applicants do to their own file: answer, withdraw, correct their address."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from chalicelib.cases.audit import attempt_row
from chalicelib.cases.case import Case, KeptWarning
from chalicelib.cases.contact import contact_name
from chalicelib.cases.faults import faults_besides
from chalicelib.cases.guards import DecisionInput, GuardContext, check
from chalicelib.cases.joining import owe_address_request
from chalicelib.cases.open_files import OpenFiles, open_key
from chalicelib.cases.proof import proved
from chalicelib.cases.states import Transition, step
from chalicelib.cases.taking_back import as_known
from chalicelib.cases.transition import StateChange
from chalicelib.cases.twins import twin_rows
from chalicelib.cases.unreached import days_given_back
from chalicelib.core import rate_limit
from chalicelib.core.email_address import email_or_none, is_same_address
from chalicelib.core.errors import Conflict, Refused
from chalicelib.core.letter_row import APPLICANT, FIDUCIARY, NEW_ADDRESS, OLD_ADDRESS
from chalicelib.core.links import person_key
from chalicelib.core.ports import Item, Now, Put, Store, Write

if TYPE_CHECKING:
    from chalicelib.forms.rules import Answers

COPY_LETTER: Final = "file_copy"

LinkRight = Literal["file", "standing", "address", "declaration", "claim"]


@dataclass(frozen=True)
class ApplicantReply:
    """An answer to a question; `answers` are the whole form again when it was corrected."""

    text: str
    answers: "Answers | None" = None
    warnings: list[KeptWarning] | None = None


class ApplicantFiles:
    """Each method is one transaction. Raises Refused when the file is not where that can be,
    Conflict when it moved meanwhile."""

    def __init__(self, store: Store, now: Now, *, people_key: bytes) -> None:
        self._store = store
        self._now = now
        self._people_key = people_key

    def reply(self, case: Case, reply: ApplicantReply) -> Case:
        """Add the answer, and return the case. Votes were for the text before, so they fall."""
        row = self._checked(case, "reply", DecisionInput())
        before = case.answers if case.application is None else case.application
        facts: dict[str, object] = {
            "form": case.form,
            "question": case.question["text"] if case.question else "",
            "answer": reply.text,
        }
        corrected = {} if reply.answers is None else _corrected(case, reply.answers, reply.warnings)
        changed = bool(corrected) and corrected[_FIELD[case.form]] != before
        if changed:
            facts["before"] = before
        change = StateChange(case, row, self._now(), APPLICANT, facts)
        change.removes = ["question", "votes"]
        change.sets = {**(corrected if changed else {}), **self._proved(case)}
        change.owes_letters(facts)
        lead = change.sets.get("application", {}).get("fid_lead_email", "")
        known = (case.fiduciary_email, case.mail_to)
        if lead and not any(is_same_address(lead, one) for one in known):
            # Another fiduciary than the one who was told.
            change.owes(["fiduciary_named"], FIDUCIARY)
        given = change.sets.get(_FIELD[case.form], {})
        twins = twin_rows(case.id, given, self._people_key, self._now())
        self._store.commit([*change.writes(), *twins])
        return change.after()

    def withdraw(self, case: Case, message: str) -> Case:
        """End the file as its applicant asks, whatever was decided that they have not heard of."""
        given = DecisionInput(message=message)
        case = as_known(self._store, case, "withdraw", self._now(), given)
        row = self._checked(case, "withdraw", given)
        facts = {"message": message}
        change = StateChange(case, row, self._now(), APPLICANT, facts)
        change.sets = self._proved(case)
        change.owes_letters(facts)
        self._store.commit(change.writes())
        return change.after()

    def ask_address(self, case: Case, address: str) -> Case:
        """Write to the new address; nothing changes before somebody confirms there."""
        row = step(case.state, "ask_address")
        address = _new_address(address)
        change = StateChange(case, row, self._now(), APPLICANT, {"address": self._hidden(address)})
        change.sets = self._proved(case)
        owe_address_request(change, address)
        self._store.commit(change.writes())
        return change.after()

    def correct_address(self, case: Case, address: str, *, by: str, name: str = "") -> Case:
        """Write to `address` from now on. Both addresses are told, and old links stop."""
        row = step(case.state, "correct_address")
        now = self._now()
        old = case.mail_to
        address = _new_address(address, other_than=old)
        data = {"name": name, "before": self._hidden(old), "address": self._hidden(address)}
        change = StateChange(case, row, now, by, data)
        person = person_key(address, self._people_key)
        change.sets = {"address": address, "person": person}
        if by == APPLICANT:
            change.sets["proved"] = proved(case, address, "link", now)
        # Whoever comes back to an address hears anew whether it takes mail.
        change.sets |= {
            "mail_faults": faults_besides(case, address),
            **days_given_back(case, now),
        }
        facts = {"old_address": old, "new_address": address}
        for to in (OLD_ADDRESS, NEW_ADDRESS):
            change.owes(row.letters, to, facts=facts)
        self._store.commit([*change.writes(), *self._pointer(case, person)])
        return change.after()

    def mail_copy(self, case: Case) -> Case:
        """Owe a letter with the answers to the file's address: whoever presses the button has
        read its mail. Raises TooMany."""
        now = self._now()
        counters = rate_limit.counters("file_copies", case.id, now)
        change = StateChange(case, step(case.state, "copy"), now, APPLICANT)
        change.sets = self._proved(case)
        change.owes_letters()
        try:
            self._store.commit([*change.writes(), *counters])
        except Conflict as conflict:
            if any(conflict.met(counter.key) is not None for counter in counters):
                window = rate_limit.full_window(conflict, counters)
                raise rate_limit.too_many(now, window) from None
            raise
        return change.after()

    def counted(self, case: Case, right: LinkRight) -> None:
        """Count one more post by links of one right to the case. Raises TooMany.

        What a link stands for is counted, not its spelling: another letter brings another link.
        """
        file = f"{case.id}#{case.person}#{right}"
        rate_limit.count(self._store, "file_posts", file, self._now())

    def refused(self, case: Case, event: str, why: str) -> None:
        """Keep an attempt that changed nothing."""
        attempt = attempt_row(case.key[0], APPLICANT, event, why, self._now(), state=case.state)
        self._store.commit([Put(attempt)])

    def _checked(self, case: Case, event: str, given: DecisionInput) -> Transition:
        row = step(case.state, event)
        check(row, GuardContext(case, APPLICANT, given, self._now()))
        return row

    def _proved(self, case: Case) -> Item:
        """Return what a post by the link to a file proves: that its address has read the mail."""
        return {"proved": proved(case, case.mail_to, "link", self._now())}

    def _pointer(self, case: Case, person: str) -> list[Write]:
        """Let the file be found under the new address, and no longer under the old one."""
        if not case.answers or person == case.person:
            return []
        rows = {one: self._store.get(*open_key(one)) for one in (case.person, person)}
        old, new = (OpenFiles.of(one, row) for one, row in rows.items())
        left = [old.without(case.id).write()] if case.id in old.files else []
        return [*left, new.with_file(case.id).write()]

    def _hidden(self, address: str) -> str:
        """Return an address for the chain of events, out of which nobody can read it."""
        return person_key(address, self._people_key)


_FIELD: Final = {"eoi": "answers", "application": "application"}
"""Where the case keeps the answers of a form."""


def _new_address(text: str, other_than: str = "") -> str:
    """Return the address as it is kept. Raises Refused when it is none, or not another one."""
    address = email_or_none(text)
    if address is None or address.lower() == other_than.lower():
        raise Refused("address")
    return address


def _corrected(case: Case, answers: "Answers", warnings: list[KeptWarning] | None) -> Item:
    """Return what a corrected form sets in the case. The address stays: it is corrected by both
    addresses."""
    if case.application is not None:
        name = contact_name(answers, "applicant")
        return {
            "application": {**answers, "applicant_email": case.application["applicant_email"]},
            "application_warnings": warnings or [],
            "contact_name": name,
            "lang": answers["applicant_language"],
        }
    return {
        "answers": {**answers, "contact_email": case.answers["contact_email"]},
        "warnings": warnings or [],
        "contact_name": contact_name(answers, "contact"),
        "org": answers["org_legal_name"],
        "lang": answers["contact_language"],
    }
