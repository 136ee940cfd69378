"""Composes a letter into a draft: the mail, and the copy of it that is kept without secrets."""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.cases.case import Case
from chalicelib.cases.staff import Roster, Staff
from chalicelib.core.errors import Overtaken
from chalicelib.core.languages import Lang
from chalicelib.core.letter_row import OUTSIDE, tag_of
from chalicelib.core.links import Links
from chalicelib.core.ports import Item, Mail
from chalicelib.core.settings import Settings
from chalicelib.mail import letters
from chalicelib.mail.draft import Draft
from chalicelib.mail.writers.phrases import view


@dataclass(frozen=True)
class LetterSender:
    """Who writes, as the settings say."""

    organization: str
    contact_email: str
    postal_address: str
    stage: str

    def compose(
        self,
        name: str,
        lang: Lang,
        facts: letters.Facts,
        case: Case | None = None,
        *,
        proved: bool = True,
    ) -> letters.Letter:
        """Compose a letter over the foot that all of them have, and about a case if any; `proved`
        says whether its reader has proved the address, or is one of the staff."""
        foot = {
            "organization": self.organization,
            "contact_email": self.contact_email,
            "postal_address": self.postal_address,
        }
        about = None if case is None else view(case, lang, proved=proved)
        return letters.compose(name, lang, case=about, sender=foot, **facts)

    def draft(  # noqa: PLR0913
        self,
        row: Item,
        to: str,
        lang: Lang,
        owed: object,
        *,
        case: Case | None = None,
        links: Sequence[Item] = (),
        keep_address: bool = True,
        reply_to: str | None = None,
    ) -> Draft:
        """Compose the letter that a row owes, to this address.

        `owed` is what its registered function writes from, such as a `CaseLetter`. `links` are stored with the claim. The kept copy has neither tokens of links nor the
        `step_code` among the facts, and the address only where it may be kept.
        """
        registered = letters.LETTERS[row["letter"]]
        facts = registered.facts_of(owed)
        proved = row["to"] not in registered.unproved and is_reader_proved(row["to"], case)
        letter = self.compose(row["letter"], lang, facts, case, proved=proved)
        mail = Mail(
            to=to,
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            lang=lang,
            tag=tag_of(row["pk"], row["sk"]),
            reply_to=reply_to,
        )
        kept = {"subject": letter.subject}
        for part, written in (("text", letter.text), ("html", letter.html)):
            kept[part] = Links.redact(written)
            if code := facts.get("step_code"):
                kept[part] = kept[part].replace(str(code), "……")
        if keep_address:
            kept["to"] = to
        return Draft(mail, letter.name, kept, list(links), letter.fell_back)


def letter_sender(settings: Settings) -> LetterSender:
    """Return who writes, as the settings of a stage say."""
    return LetterSender(
        organization=settings.organization_name,
        contact_email=settings.contact_email,
        postal_address=settings.postal_address,
        stage=settings.stage,
    )


@dataclass(frozen=True)
class ToStaff:
    """Writes to one of the staff: who they are, where and in which language, as the roster says
    now."""

    roster: Roster
    sender: LetterSender

    def reader(self, row: Item) -> Staff | None:
        """Return whom a letter goes to; None once they have left the roster. Raises Overtaken for
        whoever has no role any more that may read it."""
        staff = self.roster.get(row["to"])
        if staff is not None:
            check_role(row, staff)
        return staff

    def draft(
        self,
        row: Item,
        staff: Staff,
        owed: object,
        *,
        case: Case | None = None,
        links: Sequence[Item] = (),
        reply_to: str | None = None,
    ) -> Draft:
        return self.sender.draft(
            row, staff.email, staff.reads, owed, case=case, links=links, reply_to=reply_to
        )


def check_role(row: Item, staff: Staff) -> None:
    """Raise Overtaken where the reader of a letter has no role any more that may read it."""
    if not staff.roles & letters.LETTERS[row["letter"]].roles:
        raise Overtaken("its reader has no role that may read it")


def is_reader_proved(reader: str, case: Case | None) -> bool:
    """Tell whether a letter of a case may repeat to its reader what was typed: to staff, and to a
    file whose address has used a link or an invitation, whoever decided about it meanwhile."""
    return case is None or reader not in OUTSIDE or bool(case.proved)
