"""Writes the letters to and about coaches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, TypedDict

from chalicelib.cases.roles import EVERYBODY
from chalicelib.cases.staff import Staff
from chalicelib.coaches.messages import TO_COACH
from chalicelib.coaches.missed_words import MISSED_LETTER, MISSED_LETTERS, MissedWord
from chalicelib.coaches.profile_text import (
    ChangedField,
    changed_fields,
    official_language,
    profile_answers,
)
from chalicelib.coaches.proposals import Proposal, Proposals
from chalicelib.coaches.upkeep import Upkeep
from chalicelib.core.languages import Lang, lang_or
from chalicelib.core.letter_row import ADMINS
from chalicelib.core.ports import Item, Store
from chalicelib.forms import description
from chalicelib.mail.draft import Draft
from chalicelib.mail.letters import STAFF, letter
from chalicelib.mail.writers.draft import ToStaff

if TYPE_CHECKING:
    from chalicelib.coaches.coach import Coach

KINDS: Final = ("MESSAGE", "COACH", "PROPOSAL", MISSED_LETTERS)
"""How the keys begin of what owes the letters that are written here."""


@dataclass(frozen=True)
class MessageLetter:
    """A visitor's message; without `coach` it goes to the programme, for the coach has left."""

    coach: "Coach | None"
    message: Item


class Message(TypedDict):
    coach: str
    visitor: Mapping[str, str]
    message: str


@letter("coach_message", to=TO_COACH)
def coach_message(owed: MessageLetter) -> Message:
    kept = owed.message
    return {
        "coach": owed.coach.first_name if owed.coach else "",
        "visitor": {key: kept.get(key, "") for key in ("name", "email", "organization", "lang")},
        "message": kept["message"],
    }


@dataclass(frozen=True)
class CoachLetter:
    """To a coach, with their own link; `facts` are those of the row."""

    coach: "Coach"
    lang: Lang
    link: str
    facts: Item


class ProfileCheck(TypedDict):
    coach: str
    link: str
    answers: Sequence[Mapping[str, object]]


@letter("coach_check", to=TO_COACH)
def coach_check(owed: CoachLetter) -> ProfileCheck:
    return {
        "coach": owed.coach.first_name,
        "link": owed.link,
        "answers": description.readable("profile", profile_answers(owed.coach), owed.lang),
    }


class LinkRenewed(TypedDict):
    coach: str
    link: str


@letter("coach_link_renewed", to=TO_COACH)
def coach_link_renewed(owed: CoachLetter) -> LinkRenewed:
    return {"coach": owed.coach.first_name, "link": owed.link}


class PageGone(TypedDict):
    coach: str


@letter("coach_page_gone", to=TO_COACH)
def coach_page_gone(owed: CoachLetter) -> PageGone:
    return {"coach": owed.coach.first_name}


class UpdateDecided(TypedDict):
    coach: str
    link: str
    published: bool
    remarks: str


@letter("coach_update_decided", to=TO_COACH)
def coach_update_decided(owed: CoachLetter) -> UpdateDecided:
    return {
        "coach": owed.coach.first_name,
        "link": owed.link,
        "published": owed.facts["published"],
        "remarks": owed.facts["remarks"],
    }


@dataclass(frozen=True)
class AboutCoach:
    """To a member of staff; `stored_links` holds the links that the letter was given."""

    coach: "Coach"
    staff: Staff
    now: datetime
    proposals: Proposals
    proposal: Proposal | None
    stored_links: list[Item] = field(default_factory=list)


class CoachLeft(TypedDict):
    coach: str
    staff_name: str


@letter("staff_coach_left", to=STAFF, roles=EVERYBODY)
def staff_coach_left(owed: AboutCoach) -> CoachLeft:
    return {
        "coach": owed.coach.full_name,
        "staff_name": owed.staff.name,
    }


@letter("staff_coach_unreachable", to=STAFF, roles=EVERYBODY)
def staff_coach_unreachable(owed: AboutCoach) -> CoachLeft:
    return staff_coach_left(owed)


class CoachSilent(CoachLeft):
    verified: date


@letter("staff_coach_silent", to=STAFF, roles=EVERYBODY)
def staff_coach_silent(owed: AboutCoach) -> CoachSilent:
    return {**staff_coach_left(owed), "verified": owed.coach.last_verified_at}


class CoachUpdate(CoachLeft):
    review_url: str
    changes: list[ChangedField]


@letter("staff_coach_update", to=STAFF, roles=EVERYBODY)
def staff_coach_update(owed: AboutCoach) -> CoachUpdate:
    assert owed.proposal is not None
    url, link = owed.proposals.new_link(owed.proposal, owed.staff, owed.now)
    owed.stored_links.append(link)
    return {
        **staff_coach_left(owed),
        "review_url": url,
        "changes": changed_fields(owed.coach, owed.proposal.changes, owed.staff.reads),
    }


@dataclass(frozen=True)
class MissedLetter:
    words: Sequence[MissedWord]
    staff: Staff


class Missed(TypedDict):
    words: list[dict[str, object]]
    command: str
    staff_name: str


@letter(MISSED_LETTER, to=ADMINS, roles=EVERYBODY)
def staff_missed_words(owed: MissedLetter) -> Missed:
    return {
        "words": [one._asdict() for one in owed.words],
        "command": f"relais coaches teach {owed.words[0].word} --like …",
        "staff_name": owed.staff.name,
    }


class CoachLetterWriter:
    def __init__(  # noqa: PLR0913
        self,
        store: Store,
        upkeep: Upkeep,
        proposals: Proposals,
        to_staff: ToStaff,
    ) -> None:
        self._store = store
        self._upkeep = upkeep
        self._proposals = proposals
        self._to_staff = to_staff
        self._sender = to_staff.sender

    def write(self, row: Item, now: datetime) -> Draft | None:
        """Return None when there is nobody to write to any more, or nothing left to judge."""
        kind, _, owner = row["pk"].partition("#")
        if kind == "MESSAGE":
            return self._message(row)
        if kind == MISSED_LETTERS:
            return self._missed(row)
        coach = self._upkeep.coach(owner)
        if coach is None:
            return None
        if row["to"] == TO_COACH:
            lang = official_language(coach)
            owed = CoachLetter(coach, lang, self._upkeep.link(coach), row["facts"])
            return self._sender.draft(row, coach.email, lang, owed)
        return self._about(row, coach, now)

    def _message(self, row: Item) -> Draft | None:
        """Write to the coach, or to the programme when they have left meanwhile: nothing is lost."""
        kept = self._store.get(row["pk"], "MESSAGE")
        if kept is None:
            return None
        coach = self._upkeep.coach(kept["coach"])
        lang = official_language(coach) if coach is not None else lang_or(kept["lang"], "fr")
        there = coach if coach is not None and coach.public else None
        to = there.email if there else self._sender.contact_email
        owed = MessageLetter(there, kept)
        return self._sender.draft(row, to, lang, owed, reply_to=kept["email"])

    def _missed(self, row: Item) -> Draft | None:
        staff = self._to_staff.reader(row)
        if staff is None:
            return None
        words = [MissedWord(word, times) for word, times in row["facts"]["words"]]
        return self._to_staff.draft(row, staff, MissedLetter(words, staff))

    def _about(self, row: Item, coach: "Coach", now: datetime) -> Draft | None:
        staff = self._to_staff.reader(row)
        if staff is None:
            return None
        proposal = None
        if row["letter"] == "staff_coach_silent" and self._answered(row, coach):
            return None
        if row["letter"] == "staff_coach_unreachable" and not coach.public:
            return None
        if row["letter"] == "staff_coach_update":
            proposal = self._proposals.newest(coach.slug)
            if proposal is None or proposal.status != "waiting":
                return None
        owed = AboutCoach(coach, staff, now, self._proposals, proposal)
        return self._to_staff.draft(row, staff, owed, links=owed.stored_links)

    def _answered(self, row: Item, coach: "Coach") -> bool:
        """Return whether the coach did something since the check that the letter is about."""
        return not coach.public or f"#{coach.last_verified_at:%y%m%d}#" not in row["sk"]
