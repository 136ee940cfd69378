"""A case: one file, from declaration to decision, as its row keeps it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal, NotRequired, TypedDict, get_args

from chalicelib import content
from chalicelib.cases import states
from chalicelib.cases.audit import FIRST_EVENT
from chalicelib.cases.faults import MailFault, faults_now
from chalicelib.cases.milestones import Passed
from chalicelib.core import eastern_time, references
from chalicelib.core.languages import Lang
from chalicelib.core.letter_row import APPLICANT
from chalicelib.core.ports import Item, Key
from chalicelib.core.records import stamp

if TYPE_CHECKING:
    from chalicelib.forms.problems import Problem
    from chalicelib.forms.rules import Answers

FormName = Literal["eoi", "application"]
FORM_NAMES: Final[tuple[FormName, ...]] = get_args(FormName)


class DecisionMade(TypedDict):
    """A decision as the case and its audit event keep it: `by` and `name` say who made it.

    `before` is the state it was made in, `brought` names what it added to the case (an undo
    takes that away), `event` is its number in the chain. `undo_until` is missing (None) where
    nothing can be undone.
    """

    by: str
    name: str
    at: str
    decision: str
    reasons: list[str]
    message: str
    before: str
    undo_until: str | None
    event: NotRequired[int]
    brought: list[str]


class Condition(TypedDict):
    """What an approval asks for, by the day `due` (ISO); `met_at` and `met_by` once it came."""

    text: str
    due: str
    met_at: NotRequired[str]
    met_by: NotRequired[str]


class Vote(TypedDict):
    """One voice for approval, with the conditions that it asked for; one that is not on the
    approval itself says what it is `on`: that the conditions are met."""

    by: str
    name: str
    at: str
    message: str
    conditions: list[Condition]
    on: NotRequired[Literal["conditions_met"]]


class Question(TypedDict):
    """What staff asked the applicant, to be answered by the day `reply_by` (ISO)."""

    text: str
    by: str
    name: str
    at: str
    reply_by: str


Closed = TypedDict(
    "Closed", {"from": str, "at": str, "was": NotRequired[str], "event": NotRequired[int]}
)
"""When the case ended, from which state, and the number of the event that ended it; `was` is the
end itself, once the case is erased."""


ProvedBy = Literal["link", "invitation"]


class Proof(TypedDict):
    """When somebody first acted by a mail to the address that a form gave."""

    at: str
    by: ProvedBy


class Consent(TypedDict):
    """What was agreed to with a form: the notice's version, the hash and the language of its words,
    when, and on which page. `shown`: the form itself named the words that it showed; a script that
    names none gets those of that moment."""

    version: str
    text_hash: str
    text_lang: Lang
    shown: bool
    at: str
    page: str


class ClockMemory(TypedDict):
    """What a case remembers of a clock: the day it counts from and the last day (ISO dates), when
    it was started and stopped (stamps), and whether the stop is a pause."""

    since: NotRequired[str]
    until: NotRequired[str]
    at: NotRequired[str]
    stopped: NotRequired[str]
    paused: NotRequired[bool]


class KeptWarning(TypedDict):
    """A warning about an answer: the field, our code, and what its sentence is filled with."""

    field: str
    code: str
    params: Mapping[str, object]


def kept_warnings(warnings: Sequence["Problem"]) -> list[KeptWarning]:
    """Return warnings as a case keeps them."""
    return [{"field": w.field, "code": w.code, "params": w.params} for w in warnings]


@dataclass(frozen=True)
class Case:
    """One file, from declaration to decision. `id` is what its references share.

    `version` is of what is to be decided: links are for one version. `events` counts every
    step, quiet ones too, and no two steps can be the same one. `recused` are the ids of staff
    who stand back; `address` is a corrected one, before the one that the first form gave.
    `beside` is the file of the same person that a declaration found when it came; `claims` the
    case whose reference and address an application gave instead of an invitation, and `disowned`
    that this address says it is not theirs; `proved` are the forms whose addresses are proved;
    `attachments` are the ids of the documents that came with the application; `passed` is what
    the figures count of the file.
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
    answers: "Answers"
    warnings: list[KeptWarning]
    application: "Answers | None" = None
    application_warnings: list[KeptWarning] | None = None
    applied_at: str | None = None
    apply_by: str | None = None
    decided: DecisionMade | None = None
    owner: str | None = None
    recused: list[str] | None = None
    votes: list[Vote] | None = None
    question: Question | None = None
    conditions: list[Condition] | None = None
    extensions: int | None = None
    closed: Closed | None = None
    mail_faults: list[MailFault] | None = None
    address: str | None = None
    linked_to: str | None = None
    beside: str | None = None
    claims: str | None = None
    disowned: bool | None = None
    proved: dict[FormName, Proof] | None = None
    consents: dict[FormName, Consent] | None = None
    clocks: dict[str, ClockMemory] | None = None
    attachments: list[str] | None = None
    passed: Passed | None = None

    @property
    def ref(self) -> str:
        return references.reference("eoi", self.id)

    @property
    def app_ref(self) -> str | None:
        return references.reference("application", self.id) if self.application else None

    @property
    def current_ref(self) -> str:
        """The application's reference once there is one."""
        return self.app_ref or self.ref

    @property
    def form(self) -> FormName:
        """The form that is being decided: the application once there is one."""
        return "eoi" if self.application is None else "application"

    @property
    def came_from(self) -> str | None:
        """The state that a closed case can be opened to again; None while it is open."""
        return self.closed["from"] if self.closed else None

    @property
    def mail_to(self) -> str:
        """The file's own address: where the applicant is written to. No form that joins the file
        moves it."""
        return self.address or self.email

    @property
    def fiduciary_email(self) -> str:
        """The address of the fiduciary's lead; blank before an application names one."""
        return str((self.application or {}).get("fid_lead_email") or "")

    @property
    def undeliverable(self) -> MailFault | None:
        """The fault for which mail to the file's own address does not arrive, if any."""
        return next((one for one in faults_now(self) if one["to"] == APPLICANT), None)

    def undo_open(self, now: datetime) -> bool:
        """Say whether a decision stands that its decider can still take back."""
        until = self.decided["undo_until"] if self.decided else None
        return until is not None and stamp(now) < until

    @property
    def key(self) -> Key:
        return case_key(self.id)

    @classmethod
    def begun(  # noqa: PLR0913
        cls,
        now: datetime,
        *,
        person: str,
        lang: str,
        email: str,
        contact_name: str,
        org: str,
        answers: "Answers",
        warnings: list[KeptWarning],
        consents: "dict[FormName, Consent] | None" = None,
    ) -> "Case":
        """Return a new case in the state NEW, which its first step moves and stores."""
        year = eastern_time.local(now).year
        return cls(
            id=references.new_file_number(year),
            state=states.NEW,
            version=0,
            events=0,
            head=FIRST_EVENT,
            lang=lang,
            cycle=str(content.programme().get("cycle") or year),
            person=person,
            email=email,
            contact_name=contact_name,
            org=org,
            submitted_at=stamp(now),
            updated_at=stamp(now),
            answers=answers,
            warnings=warnings,
            consents=consents,
        )

    @classmethod
    def of(cls, item: Item) -> "Case":
        """Return the case that a row keeps."""
        names = {f.name for f in fields(cls)}
        return cls(**{k: v for k, v in item.items() if k in names})

    def is_where(self, other: "Case") -> bool:
        """Say whether nothing but quiet steps lies between two readings of a case."""
        return (self.state, self.version) == (other.state, other.version)

    def item(self) -> Item:
        """Return the row that keeps the case."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        pk, sk = self.key
        return {"pk": pk, "sk": sk, "kind": "case", **indexed(self.state, self.cycle), **values}


def indexed(state: str, cycle: str) -> Item:
    """Return the case's place in the index of states: whatever is not over stands together, of
    whichever year; what has ended is split by cycle, so that it stays small."""
    is_over = states.kind(state) in ("terminal", "gone")
    return {"state_key": f"{state}#{cycle}" if is_over else state}


def case_key(case: str) -> Key:
    return f"CASE#{case}", "CASE"
