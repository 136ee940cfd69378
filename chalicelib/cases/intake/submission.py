"""A form as it came, what is known of it while it is stored, and the receipt for its sender."""

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Final, NamedTuple, Protocol

from chalicelib import content
from chalicelib.cases.case import Consent, FormName
from chalicelib.cases.consent import Notices
from chalicelib.cases.lookup import Cases
from chalicelib.core import rate_limit
from chalicelib.core.json_text import canonical
from chalicelib.core.languages import Lang
from chalicelib.core.links import Links, person_key
from chalicelib.core.ports import Change, Item, Key, Put, Write
from chalicelib.core.records import stamp
from chalicelib.forms import parsing
from chalicelib.forms.attachment import Attachment, handed_over
from chalicelib.forms.problems import Problem

ADDRESS_FIELDS: Final = ("contact_email", "applicant_email")
"""The fields of the forms of a file that say whose it is."""

MAX_PAGE_LENGTH: Final = 300
"""Characters that are kept of the address of the page."""


class DraftInSteps(Protocol):
    """What a form was written in, section by section: it ends in the transaction that stores the
    form, so that it is sent once, and as it was read."""

    @property
    def key(self) -> Key: ...

    def ending(self, ref: str, whose: str, now: datetime) -> Change:
        """Return the write that leaves of the draft what was sent, and when."""


class IncomingForm(NamedTuple):
    """A form as it came: `fields` as typed, the rest from the request. `ref` is of the
    declaration that an application follows, when the invitation is not at hand; `consent_shown`
    has the words of the newsletter's box as they stood on the page, `notice` is the hash of the
    privacy notice that it showed; `documents` go with it to the file. With `asks_dates`, not all
    of it was typed in `lang`."""

    form: str
    fields: Mapping[str, object]
    lang: Lang
    key: str | None = None
    address: str = ""
    invite: str = ""
    ref: str = ""
    trap: str = ""
    started_at: str = ""
    person: str = ""
    page: str = ""
    agent: str = ""
    consent_shown: str = ""
    notice: str = ""
    draft: DraftInSteps | None = None
    documents: Sequence[Attachment] = ()
    asks_dates: bool = False


class Receipt(NamedTuple):
    """What the visitor reads: the reference, and where to follow the file."""

    form: str
    ref: str
    status: str
    lang: Lang
    status_url: str
    replayed: bool = False
    warnings: tuple[Problem, ...] = ()
    result: Mapping[str, object] | None = None


def received_text(form: str, ref: str, lang: Lang) -> str:
    """Return what the content says to whoever sent a form, once it is there."""
    return content.review()["received"][form][lang].format(ref=ref)


BoxTicked = Callable[["IncomingForm", parsing.Submission, str, datetime, str | None], Put | None]
"""What a declaration writes when its box for the newsletter is ticked: given its reference, when
it came, and why it is held, if it is."""


@dataclass
class Arrival:
    """One submission on its way: `open` is the row of the open files of its person, once it was
    met. `is_kept` says whether anything is kept of it, `is_told` whether its address has the
    letter of today that says so."""

    arrival: IncomingForm
    submission: parsing.Submission
    now: datetime
    cases: Cases
    links: Links
    people_key: bytes
    newsletter: BoxTicked
    notices: Notices
    open: Item | None = None
    is_kept: bool = True
    is_told: bool = False
    is_crowded: bool = False
    """Whether more forms came in the name of one mailbox today than staff are shown at once."""
    mailbox_keys: set[Key] = field(default_factory=set)
    """The keys of the counters of the mailbox."""

    @cached_property
    def person(self) -> str | None:
        """The key of who sent the form; None for an anonymous assessment."""
        answers = self.submission.answers
        kept = content.form(self.submission.form).get("stored")
        keys = ADDRESS_FIELDS if kept is None else (kept.get("email", ""),)
        address = next(filter(None, map(answers.get, keys)), None)
        return person_key(address, self.people_key) if address else None

    @cached_property
    def answers_digest(self) -> str:
        return self.digest(self.submission.answers)

    @property
    def wording(self) -> dict[str, str]:
        """The version of the form, for the event of a file, where staff have edited its words: the
        edits that it names are kept."""
        version = self.submission.version
        return {"version": version} if "+" in version else {}

    def digest(self, *parts: object) -> str:
        """Return a keyed hash of JSON values: without the key it tells nothing of few possible
        answers."""
        text = canonical(parts)
        return hmac.digest(self.people_key, text.encode(), "sha256").hex()

    @cached_property
    def consent(self) -> Consent | None:
        """The consent that came with the form; None for a form that asks none."""
        form = self.submission.form
        found = self.notices.agreed(form, self.submission.lang, self.arrival.notice)
        if found is None:
            return None
        page = self.links.redact(self.arrival.page)[:MAX_PAGE_LENGTH]
        return {**found, "at": stamp(self.now), "page": page}

    @property
    def consents(self) -> "dict[FormName, Consent] | None":
        """The consent, under the name of the form of a file that it came with."""
        if self.consent is None:
            return None
        is_application = self.submission.form == "application"
        return {"application" if is_application else "eoi": self.consent}

    def words_agreed_to(self) -> list[Write]:
        """Return the write that keeps the words, the first time that this process meets them."""
        if self.consent is None:
            return []
        return [*self.notices.unkept(self.submission.form, self.consent["text_hash"])]

    def box(self, ref: str, spam: str | None = None) -> list[Write]:
        """Return what the ticked box for the newsletter writes."""
        if not self.submission.answers.get("consent_newsletter"):
            return []
        row = self.newsletter(self.arrival, self.submission, ref, self.now, spam)
        return [row] if row else []

    def mailbox_counters(self, limit: str, address: str) -> list[Change]:
        """Return the writes that count one form more in the name of a mailbox; none once it is
        known that there are too many."""
        if self.is_crowded:
            return []
        mailbox = rate_limit.of_mailbox(address, self.people_key)
        counters = rate_limit.counters(limit, mailbox, self.now)
        self.mailbox_keys.update(counter.key for counter in counters)
        return counters

    def held(self) -> str | None:
        """Return why the form is held for staff to release; None when it is not."""
        return "crowded" if self.is_crowded else None

    def end_of_draft(self, ref: str) -> list[Write]:
        """Return what ends the draft that the form was written in, if any."""
        draft = self.arrival.draft
        return [draft.ending(ref, self.person or "", self.now)] if draft else []

    def documents_of(self, owner: str) -> list[Write]:
        """Return the writes that give the documents of the draft to the file that it became."""
        return [*handed_over(self.arrival.documents, owner)]

    def receipt(self, ref: str, person: str) -> Receipt:
        """Return what whoever posted the form may know, whoever that is: that it is there."""
        return Receipt(
            form=self.submission.form,
            ref=ref,
            status="received",
            lang=self.submission.lang,
            status_url=self.links.standing(ref, person),
            warnings=self.submission.warnings,
        )
