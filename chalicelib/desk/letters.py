"""Letters of the desk: the way in, and the code that confirms what somebody is about to do."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from chalicelib.cases.review import step_up
from chalicelib.cases.roles import EVERYBODY
from chalicelib.cases.staff import Roster
from chalicelib.core.errors import Overtaken
from chalicelib.core.languages import lang_or
from chalicelib.core.links import Links, StoredLink
from chalicelib.core.ports import Item, Store
from chalicelib.core.records import moment, stamp
from chalicelib.core.stored_links import link
from chalicelib.desk import confirming, notes
from chalicelib.desk.sign_in import (
    CODE_MINUTES,
    LETTER,
    LINK_LIFETIME,
    READER,
    SIGN_IN,
    SIGN_IN_RETENTION,
    member_of,
)
from chalicelib.mail.draft import Draft
from chalicelib.mail.letters import ACTOR, STAFF, letter
from chalicelib.mail.writers.context import StaffLetter
from chalicelib.mail.writers.draft import LetterSender, ToStaff


class SignIn(TypedDict):
    """`browser` and `network` say where it was asked for; blank where nothing is known."""

    staff_name: str
    sign_in_url: str
    step_code: str
    code_minutes: int
    link_minutes: int
    requested_at: datetime
    browser: str
    network: str


class DeskCode(TypedDict):
    staff_name: str
    step_code: str
    code_minutes: int


@dataclass(frozen=True)
class SignInLetter:
    name: str
    link: StoredLink
    code: str
    asked: Item


@dataclass(frozen=True)
class CodeLetter:
    name: str
    code: str


@letter(LETTER, to=READER)
def staff_sign_in(owed: SignInLetter) -> SignIn:
    asked = owed.asked
    return {
        "staff_name": owed.name,
        "sign_in_url": owed.link.url,
        "step_code": owed.code,
        "code_minutes": CODE_MINUTES,
        "link_minutes": int(LINK_LIFETIME.total_seconds()) // 60,
        "requested_at": moment(asked["asked_at"]),
        "browser": asked["browser"],
        "network": asked["network"],
    }


@letter(confirming.LETTER, to=ACTOR, roles=EVERYBODY)
def staff_desk_code(owed: CodeLetter) -> DeskCode:
    minutes = int(step_up.CODE_LIFETIME.total_seconds()) // 60
    return {"staff_name": owed.name, "step_code": owed.code, "code_minutes": minutes}


class NoteToRead(TypedDict):
    staff_name: str
    review_url: str
    noted_by: str
    note: str


@letter(notes.LETTER, to=STAFF)
def staff_note(owed: StaffLetter) -> NoteToRead:
    """Written by the writer of a file's letters, to whom a note beside it names."""
    return {
        "staff_name": owed.staff.name,
        "review_url": owed.review_url,
        "noted_by": owed.facts["by"],
        "note": owed.facts["note"],
    }


class SignInWriter:
    """Looks up whose address it is: nobody is written to who is not on the roster."""

    def __init__(self, store: Store, roster: Roster, links: Links, sender: LetterSender) -> None:
        self._store = store
        self._roster = roster
        self._links = links
        self._sender = sender

    def write(self, row: Item, now: datetime) -> Draft | None:
        """Write the letter of a row. Raises Overtaken for an address that is not on the roster, and
        when it is too late."""
        asked = self._store.get(row["pk"], SIGN_IN)
        staff = member_of(self._roster, row["address"])
        if asked is None or staff is None:
            raise Overtaken("nobody on the roster has this address")
        asked_at = moment(asked["asked_at"])
        if "used_at" in asked or now >= asked_at + LINK_LIFETIME:
            raise Overtaken("the sign-in is over")
        new, about = self._links.new_sign_in(), row["pk"].partition("#")[2]
        stored = {
            **link(new.token_hash, staff.id, now, sign_in=about),
            "expires_at": stamp(asked_at + LINK_LIFETIME),
            "expires": int((now + SIGN_IN_RETENTION).timestamp()),
        }
        code = self._links.step_code(about, asked["asked_at"])
        owed = SignInLetter(staff.name, new, code, asked)
        lang = lang_or(row["facts"]["lang"], "fr")
        return self._sender.draft(row, row["address"], lang, owed, links=[stored])


class DeskCodeWriter:
    def __init__(self, links: Links, to_staff: ToStaff) -> None:
        self._links = links
        self._to_staff = to_staff

    def write(self, row: Item, now: datetime) -> Draft | None:
        staff = self._to_staff.reader(row)
        if staff is None:
            return None
        subject = row["pk"].partition("#")[2]
        code = self._links.step_code(subject, row["facts"]["issued_at"])
        return self._to_staff.draft(row, staff, CodeLetter(staff.name, code))
