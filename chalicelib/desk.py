"""Writes the letters that rows owe: who, in which language, with which facts and links."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final, cast

from chalicelib import assessments, described, eastern, forms, letters
from chalicelib.content import load
from chalicelib.links import Links
from chalicelib.ports import Item, Mail, Store
from chalicelib.post import Desk, Draft
from chalicelib.records import APPLICANT, Case, case_key, moment, review_link, tag_of
from chalicelib.roster import Roster, Staff
from chalicelib.states import choices, table

REVIEW_LETTERS: Final = {"staff_eoi_received", "staff_application_received"}

_SECRET = re.compile(
    r"/(review|file|coach|proposal|newsletter/(?:confirm|unsubscribe|preferences))/[\w.~-]+|([?&]invite=)[\w.~-]+"
)
"""The part of a link that gives a right: the kept copy of a letter must not hand it on."""


@dataclass(frozen=True)
class Office:
    """Who writes, as the settings say."""

    organization: str
    contact_email: str
    postal_address: str
    website_url: str
    public_url: str

    @property
    def sender(self) -> dict[str, str]:
        """What the foot of every letter says."""
        return {
            "organization": self.organization,
            "contact_email": self.contact_email,
            "postal_address": self.postal_address,
        }


class Desks:
    """Each letter to the desk that knows its owner: by how the owner's key begins."""

    def __init__(self, usual: Desk, by_kind: Mapping[str, Desk]) -> None:
        self._usual = usual
        self._by_kind = by_kind

    def write(self, row: Item, now: datetime) -> Draft | None:
        kind = row["pk"].partition("#")[0]
        return self._by_kind.get(kind, self._usual).write(row, now)


class LetterDesk:
    def __init__(self, store: Store, links: Links, roster: Roster, office: Office) -> None:
        self._store = store
        self._links = links
        self._roster = roster
        self._office = office

    def write(self, row: Item, now: datetime) -> Draft | None:
        """The letter that a row owes; None when there is nobody to write to any more."""
        if row["letter"] == "assessment_result":
            return self._assessment(row)
        found = self._store.get(row["pk"], case_key("")[1])
        if found is None:
            return None
        case = Case.of(found)
        if row["to"] in (APPLICANT, "fiduciary"):
            return self._to_applicant(row, case)
        staff = self._roster.get(row["to"])
        return None if staff is None else self._to_staff(row, case, staff, now)

    def _to_applicant(self, row: Item, case: Case) -> Draft:
        lang = cast(forms.Lang, case.lang)
        facts = self._facts(case)
        write = _APPLICANT[row["letter"]]
        letter = letters.compose(
            row["letter"], lang, **facts, **write(case, lang, row["facts"], self._links)
        )
        return draft(row, _address(case, row["to"]), letter)

    def _to_staff(self, row: Item, case: Case, staff: Staff, now: datetime) -> Draft:
        lang = cast(forms.Lang, staff.lang)
        url, token_hash, code = self._links.new_review()
        if row["letter"] in REVIEW_LETTERS:
            allowed = [choice.event for choice in choices(case.state)]
            facts = self._review_facts(case, lang, staff, now, url, code)
        else:
            allowed = ["undo"]
            facts = self._recorded_facts(case, staff, row["facts"], url)
        link = review_link(token_hash, case=case, recipient=staff.id, allowed=allowed, now=now)
        letter = letters.compose(row["letter"], lang, **self._facts(case), **facts)
        return draft(row, staff.email, letter, [link])

    def _review_facts(  # noqa: PLR0913
        self, case: Case, lang: forms.Lang, staff: Staff, now: datetime, url: str, code: str
    ) -> dict[str, Any]:
        asks_code = any(choice.code for choice in choices(case.state))
        facts: dict[str, Any] = {
            "answers": described.readable("eoi", case.answers, lang),
            "warnings": said(case.warnings, lang),
            "review_url": url,
            "code": code if asks_code else None,
            "staff_name": staff.name,
            "due": due_date(moment(case.applied_at or case.submitted_at)),
        }
        if case.application is not None:
            facts["eoi_answers"] = facts["answers"]
            facts["answers"] = described.readable("application", case.application, lang)
            facts["warnings"] = said(case.application_warnings or [], lang)
        return facts

    def _recorded_facts(
        self, case: Case, staff: Staff, decided: dict[str, Any], url: str
    ) -> dict[str, Any]:
        # Undone or overtaken by the time this is written: nothing to undo, nothing to show.
        stands = case.decided == decided
        until = decided.get("undo_until") if stands else None
        return {
            "decision": decided["decision"],
            "decided_by": decided["name"],
            "undo_url": f"{url}?decision=undo" if until else None,
            "undo_until": moment(until) if until else None,
            "preview": self._preview(case, decided) if stands else None,
            "staff_name": staff.name,
        }

    def _preview(self, case: Case, decided: dict[str, Any]) -> letters.Letter | None:
        """What the applicant reads, as the decider may still stop it."""
        row = table().get((decided["before"], decided["decision"]))
        if row is None or not row.held_letters:
            return None
        (name,) = row.held_letters
        lang = cast(forms.Lang, case.lang)
        facts = _APPLICANT[name](case, lang, decided, self._links)
        letter = letters.compose(name, lang, **self._facts(case), **facts)
        return letters.Letter(
            name=letter.name,
            lang=letter.lang,
            subject=letter.subject,
            text=_SECRET.sub(_masked, letter.text),
            html="",
        )

    def _assessment(self, row: Item) -> Draft | None:
        found = self._store.get(row["pk"], "ASSESSMENT")
        if found is None or "address" not in row:
            return None
        lang = cast(forms.Lang, found["lang"])
        result = assessments.score(found["answers"])
        ci_101 = load("programme")["links"].get(f"ci_101_{lang}")
        letter = letters.compose(
            row["letter"],
            lang,
            case=None,
            sender=self._office.sender,
            result=assessments.explain(result, found["answers"], lang),
            links={
                "eoi": self._eoi_url(lang),
                "coaches": f"{self._office.public_url}/coaches?lang={lang}",
                "contact": f"mailto:{self._office.contact_email}",
                "ci_101": ci_101,
            },
        )
        return draft(row, row["address"], letter, keep_address=False)

    def _eoi_url(self, lang: str) -> str:
        if self._office.website_url:
            return f"{self._office.website_url}/{lang}/eoi"
        return f"{self._office.public_url}/forms/eoi?lang={lang}"

    def _facts(self, case: Case) -> dict[str, Any]:
        view = SimpleNamespace(
            **{k: getattr(case, k) for k in ("id", "ref", "app_ref", "state", "lang", "org")},
            contact_name=case.contact_name,
            submitted_at=moment(case.submitted_at),
            applied_at=moment(case.applied_at) if case.applied_at else None,
            apply_by=date.fromisoformat(case.apply_by) if case.apply_by else None,
        )
        return {"case": view, "sender": self._office.sender}


def draft(
    row: Item,
    to: str,
    letter: letters.Letter,
    links: list[Item] | None = None,
    *,
    keep_address: bool = True,
    reply_to: str | None = None,
) -> Draft:
    """The mail, and the copy of it that is kept, without the links that give a right."""
    mail = Mail(
        to=to,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        lang=letter.lang,
        tag=tag_of(row["pk"], row["sk"]),
        reply_to=reply_to,
    )
    kept = {
        "subject": letter.subject,
        "text": _SECRET.sub(_masked, letter.text),
        "html": _SECRET.sub(_masked, letter.html),
    }
    if keep_address:
        kept["to"] = to
    return Draft(mail, f"{letter.name}", kept, links or [])


def said(warnings: list[dict[str, Any]], lang: forms.Lang) -> list[str]:
    """Kept warnings in a reader's language."""
    return [forms.Problem(w["field"], w["code"], w["params"]).message(lang) for w in warnings]


def due_date(start: datetime) -> date:
    """When an answer is due, in business days from the programme's target."""
    day = eastern.today(start)
    left: int = load("programme")["reply_target_business_days"]
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    return day


def reasons_said(codes: list[str], lang: forms.Lang) -> list[str]:
    names = {row["id"]: row[lang] for row in load("lists")["decline_reason"]}
    return [names[code] for code in codes if code in names]


def _address(case: Case, to: str) -> str:
    if to == "fiduciary":
        return str((case.application or {})["fid_lead_email"])
    if case.application is not None:
        return str(case.application["applicant_email"])
    return case.email


def _masked(found: re.Match[str]) -> str:
    return f"/{found[1]}/…" if found[1] else f"{found[2]}…"


_Facts = Callable[[Case, forms.Lang, dict[str, Any], Links], dict[str, Any]]

_APPLICANT: Final[dict[str, _Facts]] = {
    "eoi_received": lambda case, lang, facts, links: {
        "answers": described.readable("eoi", case.answers, lang),
        "status_url": links.file(case.id, case.person),
        "revised": facts.get("revised", False),
    },
    "eoi_approved": lambda case, lang, facts, links: {
        "apply_url": links.invite(case.id, case.person, lang),
        "apply_by": date.fromisoformat(str(case.apply_by)),
        "message": facts["message"],
    },
    "eoi_declined": lambda case, lang, facts, links: {
        "reasons": reasons_said(facts["reasons"], lang),
        "message": facts["message"],
    },
    "application_received": lambda case, lang, facts, links: {
        "answers": described.readable("application", case.application or {}, lang),
        "status_url": links.file(case.id, case.person),
    },
    "application_approved": lambda case, lang, facts, links: {
        "message": facts["message"],
        "status_url": links.file(case.id, case.person),
    },
    "application_declined": lambda case, lang, facts, links: {
        "reasons": reasons_said(facts["reasons"], lang),
        "message": facts["message"],
    },
}
"""What each letter to an applicant says beside the case itself."""
