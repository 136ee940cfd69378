"""Writes the letters to and about coaches."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from chalicelib.cases.staff import Roster
from chalicelib.coaches.messages import TO_COACH
from chalicelib.coaches.proposals import Proposals
from chalicelib.coaches.upkeep import Upkeep
from chalicelib.content import load
from chalicelib.core.languages import Lang
from chalicelib.core.ports import Item, Store
from chalicelib.forms import description
from chalicelib.mail import letters
from chalicelib.mail.outbox import Draft
from chalicelib.mail.writers.draft import draft

if TYPE_CHECKING:
    from chalicelib.coaches.coach import Coach

KINDS = ("MESSAGE", "COACH", "PROPOSAL")
"""What owes the letters that are written here, as its keys begin."""


class CoachLetterWriter:
    def __init__(
        self,
        store: Store,
        upkeep: Upkeep,
        proposals: Proposals,
        roster: Roster,
        sender: Mapping[str, str],
    ) -> None:
        self._store = store
        self._upkeep = upkeep
        self._proposals = proposals
        self._roster = roster
        self._sender = sender

    def write(self, row: Item, now: datetime) -> Draft | None:
        """None when there is nobody to write to any more."""
        kind, _, owner = row["pk"].partition("#")
        if kind == "MESSAGE":
            return self._message(row)
        coach = self._upkeep.coach(owner)
        if coach is None:
            return None
        if row["to"] == TO_COACH:
            return self._to_coach(row, coach)
        return self._to_staff(row, coach, now)

    def _message(self, row: Item) -> Draft | None:
        """To the coach; to the programme when the coach has left meanwhile: nothing is lost."""
        kept = self._store.get(row["pk"], "MESSAGE")
        if kept is None:
            return None
        coach = self._upkeep.coach(kept["coach"])
        there = coach is not None and coach.public
        lang = spoken(coach) if coach is not None else cast(Lang, kept["lang"])
        letter = self._compose(
            row,
            lang,
            coach=coach.first_name if there and coach is not None else "",
            visitor={key: kept.get(key, "") for key in ("name", "email", "organization", "lang")},
            message=kept["message"],
        )
        to = coach.email if there and coach is not None else self._sender["contact_email"]
        return draft(row, to, letter, reply_to=kept["email"])

    def _to_coach(self, row: Item, coach: "Coach") -> Draft:
        lang = spoken(coach)
        link = self._upkeep.link(coach)
        facts: dict[str, Any] = {"coach": coach.first_name, "link": link}
        if row["letter"] == "coach_check":
            facts["answers"] = description.readable("profile", _answers(coach), lang)
        else:
            facts |= row["facts"]
        return draft(row, coach.email, self._compose(row, lang, **facts))

    def _to_staff(self, row: Item, coach: "Coach", now: datetime) -> Draft | None:
        staff = self._roster.get(row["to"])
        if staff is None:
            return None
        lang = cast(Lang, staff.lang)
        facts: dict[str, Any] = {
            "coach": f"{coach.first_name} {coach.last_name}",
            "staff_name": staff.name,
        }
        links = []
        if row["letter"] == "staff_coach_update":
            proposal = self._proposals.newest(coach.slug)
            if proposal is None or proposal.status != "waiting":
                return None
            url, link = self._proposals.new_link(proposal, staff, now)
            facts |= {"review_url": url, "changes": compared(coach, proposal.changes, lang)}
            links = [link]
        return draft(row, staff.email, self._compose(row, lang, **facts), links)

    def _compose(self, row: Item, lang: Lang, **facts: Any) -> letters.Letter:
        return letters.compose(row["letter"], lang, case=None, sender=self._sender, **facts)


def spoken(coach: "Coach") -> Lang:
    """The official language that the coach names first."""
    return next((cast(Lang, each) for each in coach.languages if each in ("fr", "en")), "fr")


def _answers(coach: "Coach") -> dict[str, Any]:
    return coach.model_dump(mode="json", exclude_none=True)


def compared(coach: "Coach", changes: Mapping[str, object], lang: Lang) -> list[dict[str, str]]:
    """Field by field, what stands and what would stand, in words."""
    before = _said({**_answers(coach)}, lang)
    after = _said({k: v for k, v in {**_answers(coach), **changes}.items() if v is not None}, lang)
    labels = load("coaches")["columns"]
    return [
        {
            "label": labels[key][lang],
            "before": before.get(key, ""),
            "after": after.get(key, ""),
        }
        for key in changes
    ]


def _said(answers: Mapping[str, Any], lang: Lang) -> dict[str, str]:
    copy = description.readable("profile", answers, lang)
    return {row["key"]: row["value"] for section in copy for row in section["rows"]}
