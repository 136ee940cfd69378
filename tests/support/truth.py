"""What a letter may say at the moment it leaves: the specification once more, written by hand."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from chalicelib.cases.case import Case
from chalicelib.cases.states import is_invited, public_name
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
    "staff_invitation_ended": ("INVITE_EXPIRED",),
    "staff_waiting": ("EOI_PENDING", "APP_PENDING", "ORPHAN_APP"),
}
"""In which states of its file a letter is true; a letter that is not named here always is."""

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
    if to not in OUTSIDE:
        return found
    undoable = case.undo_open(now)
    if undoable and name in HELD and name != "application_approved":
        found.append("of a decision that can be undone")
    if "invite=" in mail.text and (not is_invited(case.state) or undoable):
        found.append("with an invitation that is none")
    return found + [f"without {day}" for day in _days(case, name) if day not in mail.text]


def leaks(case: Case, page: str, now: datetime) -> list[str]:
    """Return what the page of a file shows of a decision that can still be undone."""
    if case.decided is None or not case.undo_open(now):
        return []
    before = case.decided["before"]
    found = [] if public_name(before, "fr") in page else [f"not {before}"]
    return found + (["an invitation"] if "invite=" in page and not is_invited(before) else [])


def _known(items: Mapping[Key, Item], case: Case, to: str, now: datetime) -> set[str]:
    """Return the states that a reader may be told of: before the letter of a decision has left,
    the one before it."""
    decided = case.decided
    if decided is None or to not in OUTSIDE:
        return {case.state}
    if case.undo_open(now):
        return {decided["before"]}
    prefix = f"LETTER#{decided.get('event', 0):06d}#"
    waits = any(
        row["status"] == "owed" and row["to"] == APPLICANT
        for (pk, sk), row in items.items()
        if pk == case.key[0] and sk.startswith(prefix)
    )
    return {case.state, decided["before"]} if waits else {case.state}


def _days(case: Case, name: str) -> list[str]:
    """Return the days that a letter must tell, as the file has them now."""
    days: list[Any] = []
    if name in ("eoi_approved", "invitation_extended", "invitation_ended"):
        days = [case.apply_by]
    elif name in ("eoi_info_requested", "application_info_requested"):
        days = [case.question["reply_by"] if case.question else None]
    elif name in ("application_conditional", "conditions_postponed"):
        days = [each["due"] for each in case.conditions or []]
    elif name == "reminder" and case.state.endswith("INFO_REQUESTED") and case.question:
        days = [case.question["reply_by"]]
    lang = "en" if case.lang == "en" else "fr"
    return [long_date(date.fromisoformat(day), lang) if day else "a day" for day in days]
