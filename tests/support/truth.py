"""What a letter may say at the moment it leaves: the specification once more, written by hand."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from chalicelib.cases.case import Case
from chalicelib.core.formatting import long_date
from chalicelib.core.letter_row import APPLICANT, OUTSIDE
from chalicelib.core.ports import Item, Key, Mail

APPLYING: Final = ("APP_PENDING", "APP_INFO_REQUESTED", "APP_WAITLISTED", "APP_CONDITIONAL")

TRUE_IN: Final[dict[str, tuple[str, ...]]] = {
    "eoi_received": ("EOI_PENDING",),
    "eoi_approved": ("EOI_APPROVED",),
    "invitation_extended": ("EOI_APPROVED",),
    "eoi_declined": ("EOI_DECLINED",),
    "eoi_info_requested": ("EOI_INFO_REQUESTED",),
    "answer_received": ("EOI_PENDING", "APP_PENDING"),
    "application_received": ("APP_PENDING",),
    "application_confirm": ("ORPHAN_APP",),
    "orphan_received": ("ORPHAN_APP",),
    "fiduciary_named": APPLYING,
    "application_info_requested": ("APP_INFO_REQUESTED",),
    "application_approved": ("APP_APPROVED",),
    "application_declined": ("APP_DECLINED",),
    "application_conditional": ("APP_CONDITIONAL",),
    "conditions_postponed": ("APP_CONDITIONAL",),
    "application_waitlisted": ("APP_WAITLISTED",),
    "waiting_list_status": ("APP_WAITLISTED",),
    "invitation_ended": ("INVITE_EXPIRED",),
    "file_closed": ("EOI_LAPSED", "APP_LAPSED"),
    "file_withdrawn": ("WITHDRAWN",),
    "file_reopened": ("EOI_PENDING", "EOI_INFO_REQUESTED", "EOI_APPROVED", "ORPHAN_APP", *APPLYING),
    "holding_note": ("EOI_PENDING", "APP_PENDING"),
    "reminder": ("EOI_INFO_REQUESTED", "APP_INFO_REQUESTED", "EOI_APPROVED", "APP_CONDITIONAL"),
    "declaration_beside": ("EOI_TO_CONFIRM",),
    "staff_eoi_received": ("EOI_PENDING",),
    "staff_application_received": ("APP_PENDING", "APP_WAITLISTED", "APP_CONDITIONAL"),
    "staff_answer_received": ("EOI_PENDING", "APP_PENDING"),
    "staff_orphan_received": ("ORPHAN_APP",),
    "staff_file_withdrawn": ("WITHDRAWN",),
    "staff_application_disowned": ("ORPHAN_APP",),
    "staff_declaration_disowned": ("EOI_NOT_CONFIRMED",),
    "staff_invitation_ended": ("INVITE_EXPIRED",),
    "staff_waiting": ("EOI_PENDING", "APP_PENDING", "ORPHAN_APP"),
}
"""In which states of its file a letter is true; a letter that is not named here always is."""

UNDO: Final = timedelta(minutes=10)
"""How long a decision can be taken back."""

UNDOABLE: Final = {
    "EOI_PENDING": ("approve", "decline", "ask"),
    "APP_PENDING": ("approve", "conditions", "decline", "ask"),
    "APP_WAITLISTED": ("approve", "decline"),
    "APP_CONDITIONAL": ("decline",),
    "ORPHAN_APP": ("decline",),
}
"""Decisions that can be taken back, by the state that they were made in."""

BEFORE: Final = {
    "EOI_PENDING": "Reçue – à l’étude",
    "APP_PENDING": "Demande à l’étude",
    "APP_WAITLISTED": "Liste d’attente",
    "APP_CONDITIONAL": "Approuvée sous conditions",
    "ORPHAN_APP": "Reçue – vérification en cours",
}
"""What the page of a file calls the states that such a decision is made in."""

HELD: Final = (
    "eoi_approved", "eoi_declined", "eoi_info_requested", "application_info_requested",
    "application_approved", "application_declined", "application_conditional",
)  # fmt: skip
"""Letters of decisions that can be undone for a while."""


def faults(items: Mapping[Key, Item], key: Key, mail: Mail, now: datetime) -> list[str]:
    """Return what a letter about a file says that is not so as it leaves."""
    item = items.get((key[0], "CASE"))
    if item is None:
        return []
    case, (_, _, name, to) = Case.of(item), key[1].split("#")[:4]
    found = []
    if name in TRUE_IN and not {*TRUE_IN[name]} & _known(items, case, to, now):
        found.append(f"in {case.state}")
    if name in TRUE_IN and f"-{case.id}" not in mail.subject + mail.text:
        found.append("without the number of its file")
    if to not in OUTSIDE:
        return found + _read_by_others(items, case, mail)
    undoable = is_undoable(case, now)
    number = key[1].split("#")[1]
    if undoable and name in HELD and case.decided and number == f"{case.decided['event']:06d}":
        found.append("of a decision that can be undone")
    if "invite=" in mail.text and (case.state != "EOI_APPROVED" or undoable):
        found.append("with an invitation that is none")
    if to == APPLICANT and name in TRUE_IN and mail.to != _written_to(items, case, name):
        found.append(f"to {mail.to}")
    return found + [f"without {day}" for day in _days(case, name) if day not in mail.text]


def leaks(items: Mapping[Key, Item], case: Case, page: str, now: datetime) -> list[str]:
    """Return what the page of a file shows of a decision whose letter has not left."""
    decided = case.decided
    if decided is None or case.state in _known(items, case, APPLICANT, now, told=True):
        return []
    before = decided["before"]
    found = [] if BEFORE[before] in page else [f"not {before}"]
    return found + (["an invitation"] if "invite=" in page else [])


def is_undoable(case: Case, now: datetime) -> bool:
    """Whether the last thing that happened is a decision that its decider may still take back."""
    decided = case.decided
    if decided is None or decided["decision"] not in UNDOABLE.get(decided["before"], ()):
        return False
    return now < datetime.fromisoformat(decided["at"]) + UNDO


def _known(
    items: Mapping[Key, Item], case: Case, to: str, now: datetime, *, told: bool = False
) -> set[str]:
    """Return the states that a reader may be told of: before the letter of a decision has left,
    the one before it; as it leaves, either, and only the one before if nobody was `told`."""
    decided = case.decided
    if decided is None or to not in OUTSIDE:
        return {case.state}
    if is_undoable(case, now):
        return {decided["before"]}
    prefix = f"LETTER#{decided.get('event', 0):06d}#"
    waits = any(
        row["status"] == "owed" and row["to"] == APPLICANT and not (told and row["attempts"])
        for (pk, sk), row in items.items()
        if pk == case.key[0] and sk.startswith(prefix)
    )
    if waits and told and decided["decision"] in UNDOABLE.get(decided["before"], ()):
        return {decided["before"]}
    return {case.state, decided["before"]} if waits else {case.state}


def _read_by_others(items: Mapping[Key, Item], case: Case, mail: Mail) -> list[str]:
    """Return who reads a letter to staff that is none of theirs."""
    staff = [row for (pk, _), row in items.items() if pk == "STAFF" and row["email"] == mail.to]
    if not staff or not staff[0]["active"]:
        return [f"to {mail.to}, who is not on the staff"]
    return [f"to {mail.to}, who stands back"] if staff[0]["sk"] in (case.recused or []) else []


def _written_to(items: Mapping[Key, Item], case: Case, name: str) -> str:
    """Return the address that the applicant of a file is written to."""
    file = case
    if name == "declaration_beside" and case.beside:
        file = Case.of(items[f"CASE#{case.beside}", "CASE"])
    if name == "application_confirm" and case.claims:
        return case.address or case.email
    return file.address or file.email


def _days(case: Case, name: str) -> list[str]:
    """Return the days that a letter must tell, as the file has them now."""
    days: list[Any] = []
    standing = [each["due"] for each in case.conditions or [] if "met_at" not in each]
    if name in ("eoi_approved", "invitation_extended", "invitation_ended"):
        days = [case.apply_by]
    elif name in ("eoi_info_requested", "application_info_requested"):
        days = [case.question["reply_by"] if case.question else None]
    elif name in ("application_conditional", "conditions_postponed"):
        days = standing
    elif name == "reminder" and case.state.endswith("INFO_REQUESTED") and case.question:
        days = [case.question["reply_by"]]
    elif name == "reminder" and case.state == "EOI_APPROVED":
        days = [case.apply_by]
    elif name in ("file_closed", "file_withdrawn") and case.closed:
        ended = datetime.fromisoformat(case.closed["at"])
        there = ended.astimezone(ZoneInfo("America/Toronto")).date()
        days = [str(there + timedelta(days=30))]
    lang = "en" if case.lang == "en" else "fr"
    return [long_date(date.fromisoformat(day), lang) if day else "a day" for day in days]
