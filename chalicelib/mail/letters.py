"""The e-mails: one folder a letter, with its subject, its text and its HTML."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.core.languages import Lang
from chalicelib.core.templates import render

LETTERS: Final = {
    "eoi_received": {"answers", "status_url", "revised", "usual"},
    "eoi_approved": {"apply_url", "apply_by", "message"},
    "eoi_declined": {"reasons", "message"},
    "eoi_info_requested": {"message", "reply_by", "status_url"},
    "answer_received": {"answer", "changes", "status_url"},
    "application_received": {"answers", "status_url", "usual"},
    "application_info_requested": {"message", "reply_by", "status_url"},
    "application_approved": {"message", "status_url"},
    "application_declined": {"reasons", "message"},
    "application_conditional": {"conditions", "message", "status_url"},
    "application_waitlisted": {"message", "status_url"},
    "orphan_received": {"answers", "status_url", "eoi_url"},
    "invitation_ended": {"apply_by", "status_url"},
    "invitation_extended": {"apply_by", "apply_url", "message"},
    "file_closed": {"conditions", "reopen_by", "status_url"},
    "file_withdrawn": {"reopen_by"},
    "file_reopened": {"message", "state_name", "next_step", "status_url"},
    "address_changed": {"old_address", "new_address", "status_url", "apply_url"},
    "address_confirm": {"confirm_url"},
    "assessment_result": {"result", "links"},
    "staff_eoi_received": {"answers", "warnings", "review_url", "code", "due", "staff_name"},
    "staff_application_received": {
        "answers", "eoi_answers", "warnings", "review_url", "code", "due", "staff_name",
    },
    "newsletter_review": {
        "issue", "version", "subjects", "asked_by", "staff_name", "review_url", "code",
    },
    "newsletter_confirm": {"confirm_url", "cancel_url", "asked_at"},
    "newsletter_reminder": {"confirm_url", "cancel_url", "asked_at"},
    "newsletter_already": {"preferences_url"},
    "newsletter_move": {"confirm_url"},
    "newsletter_moving": {"preferences_url"},
    "newsletter_keep": {"confirm_url", "unsubscribe_url", "until"},
    "newsletter_held": {"what", "advice", "staff_name", "progress_url"},
    "coach_message": {"coach", "visitor", "message"},
    "coach_check": {"coach", "answers", "link"},
    "coach_update_decided": {"coach", "published", "remarks", "link"},
    "staff_coach_update": {"coach", "changes", "review_url", "staff_name"},
    "staff_coach_left": {"coach", "staff_name"},
    "staff_answer_received": {
        "question", "answer", "changes", "warnings", "review_url", "code", "due", "staff_name",
    },
    "staff_orphan_received": {"candidates", "review_url", "due", "staff_name"},
    "staff_decision_recorded": {
        "decision", "decided_by", "undo_url", "undo_until", "preview", "staff_name",
    },
    "staff_invitation_ended": {"review_url", "staff_name"},
    "staff_file_withdrawn": {"message", "review_url", "staff_name"},
    "staff_undeliverable": {"why", "phone", "review_url", "staff_name"},
    "staff_assigned": {
        "assigned_by", "message", "state_name", "review_url", "code", "staff_name",
    },
    "staff_case_link": {"state_name", "review_url", "code", "staff_name"},
    "staff_code": {"step_code", "staff_name"},
    "staff_action_needed": {"what", "command", "staff_name"},
    "reminder": {"awaited", "until", "last", "question", "conditions", "url"},
    "holding_note": {"status_url", "usual"},
    "file_links": {"files"},
    "waiting_list_status": {"status_url", "until"},
    "staff_waiting": {
        "staff_name", "review_url", "code", "due", "state_name", "days", "owner",
    },
    "staff_digest": {"staff_name", "decide", "more", "waiting", "more_waiting", "failed"},
}  # fmt: skip
"""Every letter, and the facts it needs beside the case and the sender."""


@dataclass(frozen=True)
class Letter:
    """A letter in one language, ready to leave."""

    name: str
    lang: Lang
    subject: str
    text: str
    html: str


def compose(name: str, lang: Lang, /, **facts: Any) -> Letter:
    """Renders the three parts. A fact that is missing is an error here, and not a gap in a mail."""
    missing = LETTERS[name] - set(facts)
    if missing:
        raise TypeError(f"letter {name} needs {', '.join(sorted(missing))}")
    folder = f"email/{name}"
    subject = one_line(render(f"{folder}/subject.txt", lang=lang, **facts))
    return Letter(
        name=name,
        lang=lang,
        subject=subject,
        text=_tidy(render(f"{folder}/body.txt", lang=lang, **facts)),
        html=render(f"{folder}/body.html", lang=lang, subject=subject, **facts),
    )


def one_line(text: str) -> str:
    """A subject on one line, without a character that could start another header."""
    printable = "".join(c if unicodedata.category(c) != "Cc" else " " for c in text)
    return re.sub(r"[ \t\u2028\u2029]+", " ", printable).strip()[:250]


def _tidy(text: str) -> str:
    """No more than one blank line at a time, none at the ends, no spaces at line ends."""
    lines = "\n".join(line.rstrip(" ") for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"
