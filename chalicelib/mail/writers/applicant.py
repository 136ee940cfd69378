"""What each letter to an applicant says beside the case itself."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from chalicelib.cases.case import Case
from chalicelib.cases.decisions import reopen_by
from chalicelib.cases.states import next_step, public_name
from chalicelib.core.languages import Lang
from chalicelib.core.letter_row import NEW_ADDRESS
from chalicelib.core.links import Links
from chalicelib.forms import description, diff
from chalicelib.mail.writers.phrases import reasons_said

Facts = dict[str, Any]


def _file(case: Case, links: Links) -> str:
    return links.file(case.id, case.person)


def _eoi_received(case: Case, lang: Lang, facts: Facts, links: Links, to: str) -> Facts:
    return {
        "answers": description.readable("eoi", case.answers, lang),
        "status_url": _file(case, links),
        "revised": facts.get("revised", False),
    }


def _eoi_approved(case: Case, lang: Lang, facts: Facts, links: Links, to: str) -> Facts:
    return {
        "apply_url": links.invite(case.id, case.person, lang),
        "apply_by": date.fromisoformat(str(case.apply_by)),
        "message": facts["message"],
    }


def _declined(case: Case, lang: Lang, facts: Facts, links: Links, to: str) -> Facts:
    return {"reasons": reasons_said(facts["reasons"], lang), "message": facts["message"]}


def _asked(case: Case, lang: Lang, facts: Facts, links: Links, to: str) -> Facts:
    return {
        "message": facts["message"],
        "reply_by": date.fromisoformat(facts["reply_by"]),
        "status_url": _file(case, links),
    }


def _answered(case: Case, lang: Lang, facts: Facts, links: Links, to: str) -> Facts:
    return {
        "answer": facts["answer"],
        "changes": changes(case, facts, lang),
        "status_url": _file(case, links),
    }


def _application(case: Case, lang: Lang, facts: Facts, links: Links, to: str) -> Facts:
    return {
        "answers": description.readable("application", case.application or {}, lang),
        "status_url": _file(case, links),
    }


def _orphan(case: Case, lang: Lang, facts: Facts, links: Links, to: str) -> Facts:
    return {**_application(case, lang, facts, links, to), "eoi_url": links.declare(lang)}


def _told(case: Case, lang: Lang, facts: Facts, links: Links, to: str) -> Facts:
    return {"message": facts.get("message", ""), "status_url": _file(case, links)}


def _conditional(case: Case, lang: Lang, facts: Facts, links: Links, to: str) -> Facts:
    conditions = [
        {"text": c["text"], "due": date.fromisoformat(c["due"])} for c in facts["conditions"]
    ]
    return {**_told(case, lang, facts, links, to), "conditions": conditions}


def _ended(case: Case, lang: Lang, facts: Facts, links: Links, to: str) -> Facts:
    return {
        "apply_by": date.fromisoformat(str(case.apply_by)),
        "status_url": _file(case, links),
    }


def _closed(case: Case, lang: Lang, facts: Facts, links: Links, to: str) -> Facts:
    return {
        "conditions": bool(case.conditions),
        "reopen_by": date.fromisoformat(reopen_by(case)),
        "status_url": _file(case, links),
    }


def _withdrawn(case: Case, lang: Lang, facts: Facts, links: Links, to: str) -> Facts:
    return {"reopen_by": date.fromisoformat(reopen_by(case))}


def _reopened(case: Case, lang: Lang, facts: Facts, links: Links, to: str) -> Facts:
    return {
        **_told(case, lang, facts, links, to),
        "state_name": public_name(case.state, lang),
        "next_step": next_step(case.state, lang),
    }


def _address(case: Case, lang: Lang, facts: Facts, links: Links, to: str) -> Facts:
    """Only the new address gets links: the old one may be somebody else's."""
    ours = to == NEW_ADDRESS
    invited = ours and case.state == "EOI_APPROVED"
    return {
        "old_address": facts["old_address"],
        "new_address": facts["new_address"],
        "status_url": _file(case, links) if ours else None,
        "apply_url": links.invite(case.id, case.person, lang) if invited else None,
    }


def _confirm(case: Case, lang: Lang, facts: Facts, links: Links, to: str) -> Facts:
    return {"confirm_url": links.address(case.id, case.person, facts["new_address"])}


def changes(case: Case, facts: Mapping[str, Any], lang: Lang) -> list[diff.Change]:
    """What an answer changed in its form, as the form stands now."""
    if "before" not in facts:
        return []
    form = facts["form"]
    after = case.answers if form == "eoi" else case.application or {}
    return diff.between(form, facts["before"], after, lang)


WRITERS: Final[dict[str, Callable[[Case, Lang, Facts, Links, str], Facts]]] = {
    "eoi_received": _eoi_received,
    "eoi_approved": _eoi_approved,
    "eoi_declined": _declined,
    "eoi_info_requested": _asked,
    "answer_received": _answered,
    "application_received": _application,
    "application_info_requested": _asked,
    "application_approved": _told,
    "application_declined": _declined,
    "application_conditional": _conditional,
    "application_waitlisted": _told,
    "orphan_received": _orphan,
    "invitation_ended": _ended,
    "invitation_extended": _eoi_approved,
    "file_closed": _closed,
    "file_withdrawn": _withdrawn,
    "file_reopened": _reopened,
    "address_changed": _address,
    "address_confirm": _confirm,
}
