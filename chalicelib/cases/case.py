"""A case: one file, from declaration to decision, as its row keeps it."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from chalicelib.core.ports import Item
from chalicelib.core.records import stamp


@dataclass(frozen=True)
class Case:
    """One file, from declaration to decision. `id` is what its references share.

    `version` is of what is to be decided: links are for one version. `events` counts every
    step, quiet ones too, and no two steps can be the same one. `closed` says when the case
    ended, and `from` which state; `recused` are the ids of staff who stand back; `address` is
    a corrected one, before those that the forms gave.
    """

    id: str
    state: str
    version: int
    events: int
    head: str
    lang: str
    cycle: str
    person: str
    email: str
    contact_name: str
    org: str
    submitted_at: str
    updated_at: str
    answers: dict[str, Any]
    warnings: list[dict[str, Any]]
    application: dict[str, Any] | None = None
    application_warnings: list[dict[str, Any]] | None = None
    applied_at: str | None = None
    apply_by: str | None = None
    decided: dict[str, Any] | None = None
    owner: str | None = None
    recused: list[str] | None = None
    votes: list[dict[str, Any]] | None = None
    question: dict[str, Any] | None = None
    conditions: list[dict[str, Any]] | None = None
    extensions: int | None = None
    closed: dict[str, Any] | None = None
    undeliverable: dict[str, Any] | None = None
    address: str | None = None
    linked_to: str | None = None
    clocks: dict[str, dict[str, Any]] | None = None

    @property
    def ref(self) -> str:
        return f"DI-{self.id}"

    @property
    def app_ref(self) -> str | None:
        return f"DF-{self.id}" if self.application is not None else None

    @property
    def current_ref(self) -> str:
        """The application's reference once there is one."""
        return self.app_ref or self.ref

    def shown(self, now: datetime) -> str:
        """The state as its applicant may know it: a decision that can still be undone was
        never made, and a declaration held as spam is under review like the others."""
        if self.state == "HELD_AS_SPAM":
            return "EOI_PENDING"
        if self.decided and self.undo_open(now):
            return str(self.decided["before"])
        return self.state

    @property
    def mail_to(self) -> str:
        """Where the applicant is written to."""
        if self.address:
            return self.address
        if self.application is not None:
            return str(self.application["applicant_email"])
        return self.email

    def undo_open(self, now: datetime) -> bool:
        """Whether a decision stands that its decider can still take back."""
        until = self.decided["undo_until"] if self.decided else None
        return until is not None and stamp(now) < until

    @property
    def key(self) -> tuple[str, str]:
        return case_key(self.id)

    @classmethod
    def of(cls, item: Item) -> "Case":
        names = {f.name for f in fields(cls)}
        return cls(**{k: v for k, v in item.items() if k in names})

    def item(self) -> Item:
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        pk, sk = self.key
        return {"pk": pk, "sk": sk, "kind": "case", **indexed(self.state, self.cycle), **values}


def indexed(state: str, cycle: str) -> Item:
    """The case's place in the index of states: split by cycle, so that it stays small."""
    return {"state_key": f"{state}#{cycle}"}


def case_key(case: str) -> tuple[str, str]:
    return f"CASE#{case}", "CASE"


def review_letter(state: str) -> str:
    """The letter that brings staff to a file: to decide, or just to see it."""
    if state == "ORPHAN_APP":
        return "staff_orphan_received"
    if state in ("APP_PENDING", "APP_WAITLISTED", "APP_CONDITIONAL"):
        return "staff_application_received"
    return "staff_eoi_received" if state == "EOI_PENDING" else "staff_case_link"
