"""What each letter to a member of staff says beside the case itself."""

from datetime import datetime
from typing import Any

from chalicelib.cases.case import Case
from chalicelib.cases.matching import Candidates
from chalicelib.cases.staff import Staff
from chalicelib.cases.states import choices, public_name, table
from chalicelib.core import formatting
from chalicelib.core.languages import Lang, lang_or
from chalicelib.core.letter_row import APPLICANT
from chalicelib.core.links import Links
from chalicelib.core.ports import Item
from chalicelib.core.records import moment
from chalicelib.forms import description
from chalicelib.mail import letters
from chalicelib.mail.writers.applicant import WRITERS, changes
from chalicelib.mail.writers.phrases import due_date, said, view

Facts = dict[str, Any]


class StaffFacts:
    """Facts for one letter: `url` is the reader's own link, `code` the four characters to it."""

    def __init__(self, links: Links, candidates: Candidates, sender: dict[str, str]) -> None:
        self._links = links
        self._candidates = candidates
        self._sender = sender

    def of(  # noqa: PLR0913
        self, row: Item, case: Case, staff: Staff, now: datetime, url: str, code: str
    ) -> Facts:
        lang = lang_or(staff.lang, "fr")
        if row["letter"] == "staff_decision_recorded":
            return self._recorded(case, staff, row["facts"], url)
        common = {
            "staff_name": staff.name,
            "review_url": url,
            "code": code if any(choice.code for choice in choices(case.state)) else None,
            "due": due_date(moment(case.applied_at or case.submitted_at)),
            "state_name": public_name(case.state, lang),
            "message": row["facts"].get("message", ""),
        }
        return common | self._own(row, case, lang)

    def _own(self, row: Item, case: Case, lang: Lang) -> Facts:
        match row["letter"]:
            case "staff_eoi_received" | "staff_application_received":
                return self._copies(case, lang)
            case "staff_answer_received":
                facts = row["facts"]
                return {
                    "question": facts["question"],
                    "answer": facts["answer"],
                    "changes": changes(case, facts, lang),
                    "warnings": said(case.application_warnings or case.warnings, lang),
                }
            case "staff_orphan_received":
                return {"candidates": self._likely(case, lang)}
            case "staff_undeliverable":
                return {"why": row["facts"]["why"], "phone": _phone(case, lang)}
            case "staff_assigned":
                return {"assigned_by": row["facts"]["assigned_by"]}
            case "staff_code":
                facts = row["facts"]
                return {"step_code": self._links.step_code(facts["token_hash"], facts["issued_at"])}
            case _:
                return {}

    def _copies(self, case: Case, lang: Lang) -> Facts:
        eoi = description.readable("eoi", case.answers, lang)
        if case.application is None:
            return {"answers": eoi, "warnings": said(case.warnings, lang)}
        return {
            "answers": description.readable("application", case.application, lang),
            "eoi_answers": eoi,
            "warnings": said(case.application_warnings or [], lang),
        }

    def _likely(self, case: Case, lang: Lang) -> list[dict[str, str]]:
        return [
            {"ref": one.ref, "org": one.org, "state_name": public_name(one.state, lang)}
            for one in self._candidates.of(case)
        ]

    def _recorded(self, case: Case, staff: Staff, decided: Facts, url: str) -> Facts:
        # Undone or overtaken by the time this is written: nothing to undo, nothing to show.
        now = case.decided
        stands = now is not None and (now["at"], now["by"]) == (decided["at"], decided["by"])
        until = decided.get("undo_until") if stands else None
        return {
            "decision": decided["decision"],
            "decided_by": decided["name"],
            "undo_url": f"{url}?decision=undo" if until else None,
            "undo_until": moment(until) if until else None,
            "preview": self._preview(case, decided) if stands else None,
            "staff_name": staff.name,
        }

    def _preview(self, case: Case, decided: Facts) -> letters.Letter | None:
        """What the applicant reads, as the decider may still stop it."""
        row = table().get((decided["before"], decided["decision"]))
        if row is None or not row.held_letters:
            return None
        (name,) = row.held_letters
        lang = lang_or(case.lang, "fr")
        facts = WRITERS[name](case, lang, decided, self._links, APPLICANT)
        letter = letters.compose(name, lang, case=view(case), sender=self._sender, **facts)
        return letters.Letter(name, lang, letter.subject, Links.redact(letter.text), html="")


def _phone(case: Case, lang: Lang) -> str:
    """The applicant's telephone number; blank when none was given."""
    application = case.application or {}
    for answers, key in ((application, "applicant_phone"), (case.answers, "contact_phone")):
        if number := answers.get(key):
            return formatting.phone(number, answers.get(f"{key}_ext"), lang)
    return ""
