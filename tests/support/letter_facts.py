"""Facts that any letter may be given, for tests that compose each of them."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import chalicelib.wiring.mail  # noqa: F401 - every room that has letters
from chalicelib.cases import turnaround
from chalicelib.core.languages import Lang
from chalicelib.mail import letters


def facts(lang: Lang, org: str) -> dict[str, Any]:
    """Everything that any letter may be told, with one value everywhere a person may type."""
    told = [
        {
            "title": org,
            "rows": [
                {"key": "a", "label": org, "value": org},
                {"key": "b", "label": "B", "table": {"head": [org, "n"], "body": [[org, ""]]}},
            ],
        }
    ]
    moment = datetime(2026, 3, 2, 15, tzinfo=UTC)
    case = SimpleNamespace(
        id="1", ref="DI-2026-4T7KQ-M", app_ref="DF-2026-4T7KQ-M", state="EOI_PENDING", lang=lang,
        org=org, org_note=f" ({org})", contact_name=org, submitted_at=moment, applied_at=moment,
        apply_by=date(2026, 9, 1),
    )  # fmt: skip
    sender = {"organization": org, "contact_email": "a@example.org", "postal_address": org}
    preview = letters.Letter("eoi_declined", lang, org, org, "")
    result: dict[str, Any] = dict.fromkeys(
        ("title", "summary", "held_back_intro", "disclaimer", "talk"), org
    ) | {
        "score": 8,
        "max": 15,
        "held_back": [{"id": "q1_fit", "label": org}],
        "advice": [org],
        "next_steps": [org],
        "actions": [{"id": "eoi", "label": org}],
    }
    return {
        "requested_at": moment, "sign_in_url": "https://example.org/desk/sign-in/q", "code_minutes": 15,
        "link_minutes": 60, "browser": "Firefox, Linux", "network": "203.0.113.0/24",
        "case": case, "sender": sender, "answers": told, "eoi_answers": told, "warnings": [org],
        "status_url": "https://example.org/file/a", "copy_url": "https://example.org/file/a?copy=1",
        "days_url": "https://example.org/file/a?days=1", "review_url": "https://example.org/review/b",
        "desk_url": "https://example.org/desk/files",
        "apply_url": "https://example.org/fr?invite=c", "undo_url": "https://example.org/review/d",
        "code": "4T7K", "dates_wait": True, "due": date(2026, 3, 23), "staff_name": org, "decided_by": org,
        "decision": "approve", "undo_until": moment, "undone_by": org, "by_applicant": False,
        "preview": preview, "revised": True,
        "apply_by": date(2026, 9, 1), "message": org, "reasons": [org], "result": result,
        "confirm_url": "https://example.org/newsletter/confirm/e",
        "cancel_url": "https://example.org/newsletter/unsubscribe/f",
        "unsubscribe_url": "https://example.org/newsletter/unsubscribe/g",
        "preferences_url": "https://example.org/newsletter/preferences/h",
        "link": "https://example.org/coach/i", "coach_url": "https://example.org/coach/p", "coach": org, "verified": date(2025, 3, 2), "published": False, "remarks": org,
        "visitor": {"name": org, "email": "v@example.org", "organization": org, "lang": lang},
        "issue": "2026-03", "version": 2, "subjects": [("fr", org), ("en", org)], "asked_by": org,
        "asked_at": date(2026, 3, 2), "until": date(2026, 9, 1),
        "links": {"eoi": "https://example.org/eoi"}, "noted_by": org, "note": org, "reply_by": date(2026, 3, 23),
        "reopen_by": date(2026, 4, 1), "answer": org, "question": org, "why": org,
        "changes": [{"label": org, "before": org, "after": org}], "eoi_url": "https://example.org/eoi",
        "conditions": [{"text": org, "due": date(2026, 9, 1)}], "state_name": org,
        "next_step": org, "old_address": "a@example.org", "new_address": "b@example.org",
        "phone": "514 555-0123", "fault": "bounce", "recipient": "applicant", "person": org, "address": "a@example.org", "assigned_by": org,
        "candidates": [{"ref": "DI-2026-4T7KQ-M", "org": org, "state_name": org, "fit": org}],
        "proof": [org], "declaration_ref": "DI-2026-4T7KQ-M",
        "awaited": "conditions", "last": True, "url": "https://example.org/file/k",
        "usual": turnaround.Turnaround(12, 30, 40), "days": 5, "owner": org, "more": 2, "more_waiting": 1,
        "failed": 3, "flooded": False, "waiting": [{"ref": "DF-2026-4T7KQ-M", "org": org, "state_name": org, "days": 1}],
        "decide": [{"ref": "DI-2026-4T7KQ-M", "org": org, "state_name": org, "days": 5,
                    "url": "https://example.org/review/l", "code": "4T7K"}],
        "drafts": [{"form_name": org, "url": "https://example.org/draft/d", "until": date(2026, 3, 2)}], "files": [{"ref": org, "state_name": org, "url": "https://example.org/file/m"}],
        "file_ref": "DI-2026-4T7KQ-M", "reminder": True, "unconfirmed": 2,
        "held_forms": [{"ref": "DI-2026-4T7KQ-M", "org": org}], "more_held": 1, "held_messages": 2,
        "declaration_url": "https://example.org/declaration/n", "earlier": "DI-2026-4T7KQ-M",
        "waiting_declarations": [{"ref": "DI-2026-4T7KQ-M", "url": "https://example.org/declaration/o"}],
        "number": "20260302-1a2b", "asks": org, "received": date(2026, 2, 2), "late": True, "undecided": False, "cycle_ends": date(2026, 12, 31), "coaches_url": "https://example.org/coaches",
        "thanks": org, "ref": "DI-2026-4T7KQ-M", "sent_at": moment, "form_title": org, "can_reply": True,
        "step_code": "123456", "renewed": False, "what": org, "command": "run it",
        "documents": [{"document": org, "status": org}], "document": org, "malware": True, "clean": False, "words": [{"word": "aquaponie", "times": 4}],
        "form_name": "Déclaration", "draft_url": "https://example.org/draft/q",
        "advice": org, "then": org, "progress_url": "https://example.org/newsletter/progress/j",
    }  # fmt: skip


LETTERS = letters.LETTERS
"""All of them, for the wiring above imports every room that has some."""


def composed(name: str, lang: Lang, org: str, **changed: object) -> letters.Letter:
    """The letter from these facts, and no others than it says it needs."""
    given = facts(lang, org) | changed
    needed = LETTERS[name].fact_names | {"case", "sender"}
    return letters.compose(name, lang, **{key: given[key] for key in needed})
