"""What the letters say that clocks set off: reminders, notes of waiting, the staff's morning."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from chalicelib.cases.case import Case, case_key
from chalicelib.cases.review.link import review_link
from chalicelib.cases.staff import Roster, Staff
from chalicelib.cases.states import choices, clock_of, public_name, staff_steps
from chalicelib.core import eastern_time
from chalicelib.core.errors import Overtaken
from chalicelib.core.languages import Lang, lang_or
from chalicelib.core.links import Links
from chalicelib.core.ports import Item, Store
from chalicelib.core.records import moment
from chalicelib.mail import letters
from chalicelib.mail.outbox import Draft
from chalicelib.mail.writers.draft import draft

Facts = dict[str, Any]

_AWAITED: Final = {"B": "answer", "C": "apply", "D": "conditions"}


def still_wanted(row: Item, case: Case) -> None:
    """Raises Overtaken for a letter of a clock whose case went on since."""
    version = row["facts"].get("version")
    if version is not None and version != case.version:
        raise Overtaken("the file went on")


class ReminderFacts:
    """For letters to applicants that no event of the case sets off."""

    NAMES: Final = ("reminder", "holding_note", "waiting_list_status")

    def __init__(self, links: Links) -> None:
        self._links = links

    def of(self, row: Item, case: Case, lang: Lang) -> Facts:
        facts = row["facts"]
        status_url = self._links.file(case.id, case.person)
        if row["letter"] == "holding_note":
            return {"status_url": status_url}
        until = date.fromisoformat(facts["until"])
        if row["letter"] == "waiting_list_status":
            return {"status_url": status_url, "until": until}
        awaited = _AWAITED[facts["clock"]]
        invite = self._links.invite(case.id, case.person, lang) if awaited == "apply" else ""
        return {
            "awaited": awaited,
            "until": until,
            "last": facts["last"],
            "question": (case.question or {}).get("text", ""),
            "conditions": open_conditions(case),
            "url": invite or status_url,
        }


def open_conditions(case: Case) -> list[Facts]:
    return [
        {"text": c["text"], "due": date.fromisoformat(c["due"])}
        for c in case.conditions or []
        if "met_at" not in c
    ]


def waiting_facts(case: Case, owner: Staff | None, now: datetime) -> Facts:
    """For the reminders to staff."""
    return {"days": _days(case, now), "owner": owner.name if owner else None}


class DigestWriter:
    """Writes what waits for one member of the staff, as it is now."""

    def __init__(
        self, store: Store, links: Links, roster: Roster, sender: Mapping[str, str]
    ) -> None:
        self._store = store
        self._links = links
        self._roster = roster
        self._sender = sender

    def write(self, row: Item, now: datetime) -> Draft | None:
        staff = self._roster.get(row["to"])
        if staff is None:
            return None
        facts, links = row["facts"], list[Item]()
        lang = lang_or(staff.lang, "fr")
        decide = []
        for case in self._still(facts["decide"], ("A", "O"), staff):
            link, line = self._linked(case, staff, lang, now)
            links.append(link)
            decide.append(line)
        waiting = self._still(facts["waiting"], ("B", "C", "D", "E"), staff)
        if not decide and not facts["more"] and not facts["failed"]:
            raise Overtaken("nothing waits for its reader any more")
        letter = letters.compose(
            row["letter"],
            lang,
            case=None,
            sender=self._sender,
            staff_name=staff.name,
            decide=decide,
            waiting=[_line(case, lang, now) for case in waiting],
            **{name: facts[name] for name in ("more", "more_waiting", "failed")},
        )
        return draft(row, staff.email, letter, links)

    def _still(self, ids: list[str], clocks: tuple[str, ...], staff: Staff) -> list[Case]:
        items = [self._store.get(*case_key(one)) for one in ids]
        cases = [Case.of(item) for item in items if item is not None]
        return [
            case
            for case in cases
            if clock_of(case.state) in clocks and staff.id not in (case.recused or [])
        ]

    def _linked(
        self, case: Case, staff: Staff, lang: Lang, now: datetime
    ) -> tuple[Item, dict[str, Any]]:
        url, token_hash, code = self._links.new_review()
        asks_code = any(choice.code for choice in choices(case.state))
        allowed = staff_steps(case.state)
        link = review_link(token_hash, case=case, recipient=staff.id, allowed=allowed, now=now)
        return link, {**_line(case, lang, now), "url": url, "code": code if asks_code else None}


def _line(case: Case, lang: Lang, now: datetime) -> Facts:
    return {
        "ref": case.current_ref,
        "org": case.org,
        "state_name": public_name(case.state, lang),
        "days": _days(case, now),
    }


def _days(case: Case, now: datetime) -> int:
    """Days since the clock of the case's state was started."""
    clock = (case.clocks or {}).get(clock_of(case.state) or "", {})
    since = clock.get("since") or str(eastern_time.today(moment(case.updated_at)))
    return (eastern_time.today(now) - date.fromisoformat(since)).days
