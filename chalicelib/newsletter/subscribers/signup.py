"""Signing up: a request that waits for its confirmation, and how often it may be made."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from chalicelib.core import rate_limit
from chalicelib.core.addresses import truncated
from chalicelib.core.errors import Conflict, StoreDown
from chalicelib.core.languages import Lang
from chalicelib.core.links import person_key
from chalicelib.core.ports import Change, Delete, Item, Key, Put, Write
from chalicelib.core.records import moment, stamp
from chalicelib.core.settings import Settings
from chalicelib.newsletter.subscribers import consent_text, subscriber
from chalicelib.newsletter.subscribers.growth import counted_writes
from chalicelib.newsletter.subscribers.pending import waiting
from chalicelib.newsletter.subscribers.repository import (
    MAILS_PER_WEEK,
    SUBSCRIBER_ATTEMPTS,
    SubscriberRepository,
    mail_slots,
    owed,
)
from chalicelib.newsletter.subscribers.subscriber import SignUpRequest, Subscriber, seconds

if TYPE_CHECKING:
    from chalicelib.cases.intake.submission import IncomingForm
    from chalicelib.forms.parsing import Submission

WEB_FORM: Final = "web_form"
EOI_FORM: Final = "eoi_form"

SECOND: Final = timedelta(seconds=1)


class Evidence(NamedTuple):
    """What proves who did something, and where: the page, the truncated IP address and the user
    agent of a request."""

    form_url: str = ""
    ip_trunc: str = ""
    ua: str = ""

    @classmethod
    def of(cls, *, page: str, address: str, agent: str) -> "Evidence":
        return cls(page[:500], truncated(address), agent[:200])


class Wish(NamedTuple):
    """What somebody signs up for: in whose name, by which form, with which words of consent."""

    email: str
    lang: Lang
    method: str
    evidence: Evidence
    topics: Sequence[str] = ()
    name: str | None = None
    province: str | None = None
    words: consent_text.ConsentText | None = None
    """The consent as it was shown; that of today, in the newsletter's language, when not told."""

    def stored(self) -> dict[str, object]:
        """Return the wish as it waits in the store."""
        words = self.words and self.words._asdict()
        return {**self._asdict(), "evidence": self.evidence._asdict(), "words": words}


class _Effect(NamedTuple):
    """What a sign-up changes, and the letter that it owes."""

    outcome: str
    writes: tuple[Write, ...] = ()
    letter: tuple[Put, ...] = ()
    is_first: bool = False
    """Whether no request waits that an earlier mail can confirm."""


class SignUps:
    """Takes sign-ups: every visitor gets the same page; what differs is the mail to the address."""

    def __init__(
        self, repository: SubscriberRepository, settings: Settings, people_key: bytes
    ) -> None:
        self._repository = repository
        self._settings = settings
        self._key = people_key
        self.texts = consent_text.ConsentTexts(settings, people_key)

    @property
    def answered(self) -> bool:
        """Return whether the letters that ask for a confirmation may leave at all."""
        return bool(self._settings.postal_address)

    def person(self, email: str) -> str:
        return person_key(email, self._key)

    def count(self, address: str) -> None:
        """Count one post more from a network. Raises TooMany, with the seconds to wait."""
        now = self._repository.now()
        network = rate_limit.of_network(address, self._key)
        limit = self._settings.signups_per_hour
        rate_limit.count(self._repository.store, "signups", network, now, per_hour=limit)

    def ask(self, wish: Wish, also: Sequence[Write] = ()) -> str:
        """Store the sign-up and owe its mail, in one transaction with `also`.

        Return what became of it, for the logs: `asked`, `already`, `silent`, `later` when the mail
        has to wait, `limited` when the last one still does, or `gone` when the writes of `also`
        were done before.
        """
        person = self.person(wish.email)
        slot = 0
        for _ in range(SUBSCRIBER_ATTEMPTS + MAILS_PER_WEEK):
            now = self._repository.now()
            effect = self._effect(self._repository.get(person), person, wish, now, now)
            hour, week = mail_slots(person, slot, now)
            try:
                self._repository.commit([hour, week, *effect.writes, *effect.letter, *also])
            except Conflict as conflict:
                slot += conflict.met(week.key) is not None
                if conflict.met(hour.key) is not None or slot == MAILS_PER_WEEK:
                    if effect.outcome == "asked" and effect.is_first:
                        return self._ask_later(wish, person, also)
                    return self._limited(also)
                continue
            return effect.outcome
        raise StoreDown("too many sign-ups of one address at once")

    def _limited(self, also: Sequence[Write]) -> str:
        """Write nothing but `also`: the mail that left a while ago still does what it says."""
        if also:
            try:
                self._repository.store.commit(also)
            except Conflict:
                return "gone"
        return "limited"

    def _ask_later(self, wish: Wish, person: str, also: Sequence[Write]) -> str:
        """Store a sign-up whose mail leaves when the address may get one again."""
        is_owed = False
        for _ in range(SUBSCRIBER_ATTEMPTS):
            now = self._repository.now()
            wait = self._repository.mail_wait(person, now)
            old = self._repository.get(person)
            effect = self._effect(old, person, wish, now, wait.until)
            letter: list[Write] = [_asks_again(put) for put in effect.letter]
            if not is_owed:
                letter = [*wait.writes, *effect.letter]
            try:
                self._repository.commit([*effect.writes, *letter, *also])
            except Conflict as conflict:
                if any(conflict.met(write.key) is not None for write in also):
                    return "gone"
                # The letter is owed already: it will ask about this request.
                is_owed = any(conflict.met(put.key) is not None for put in effect.letter)
                continue
            return "later"
        raise StoreDown("too many sign-ups of one address at once")

    def by_declaration(
        self,
        arrival: "IncomingForm",
        given: "Submission",
        ref: str,
        now: datetime,
        spam: str | None,
    ) -> Put | None:
        """Return a row that has the sign-up made later, for the transaction of a declaration whose
        box is ticked; None where the box was not offered."""
        if not consent_text.box(given.lang, self._settings):
            return None
        answers = given.answers
        page = arrival.page or f"{self._settings.public_url}/forms/eoi"
        wish = Wish(
            email=answers["contact_email"],
            lang=answers["contact_language"],
            method=EOI_FORM,
            evidence=Evidence.of(page=page, address=arrival.address, agent=arrival.agent),
            name=answers["contact_first_name"],
            words=self.texts.of({consent_text.SHOWN_FIELD: arrival.consent_shown}, given.lang),
        )
        return waiting(self.person(wish.email), ref, wish.stored(), now, spam=spam)

    def carry_out(self, key: Key) -> str:
        """Make a sign-up of a row that waits, once; return what became of it."""
        row = self._repository.store.get(*key)
        if row is None:
            return "gone"
        wish = _wish(row["wish"])
        return self.ask(wish, [Delete(key, expect={"kind": "asked"})])

    def _effect(  # noqa: PLR0913
        self, old: Subscriber | None, person: str, wish: Wish, now: datetime, due: datetime
    ) -> "_Effect":
        """Return what a sign-up changes, and its letter, which leaves when it is `due`."""
        if old is not None and old.refuses_mail:
            # They told their provider that our mail is spam: no form changes that.
            return _Effect("silent")
        if old is not None and old.status == subscriber.ACTIVE and old.basis == subscriber.EXPRESS:
            letter = owed(
                person, "newsletter_already", address=old.email, lang=old.lang, now=due, facts={}
            )
            return _Effect("already", letter=(letter,))
        after = self._asking(old, person, wish, now, due)
        assert after.request is not None
        facts = {"asked": seconds(after.request["asked_at"]), "topics": after.request["topics"]}
        letter = owed(
            person, "newsletter_confirm", address=wish.email, lang=wish.lang, now=due, facts=facts
        )
        writes = (*counted_writes(old, after), subscriber.consent(after, self._proof(wish)))
        return _Effect("asked", writes, (letter,), is_first=old is None or old.request is None)

    def _asking(  # noqa: PLR0913
        self, old: Subscriber | None, person: str, wish: Wish, now: datetime, due: datetime
    ) -> Subscriber:
        known = set(consent_text.topics())
        earlier = old.request if old is not None else None
        waiting = [*old.superseded, earlier] if old is not None and earlier else []
        # Each has a second of its own, for its link names it.
        asked_at = max([now, *(moment(one["asked_at"]) + SECOND for one in waiting)])
        request: SignUpRequest = {
            "email": wish.email,
            "lang": wish.lang,
            "topics": [t for t in wish.topics if t in known] or consent_text.topics(),
            "name": wish.name,
            "province": wish.province,
            "asked_at": stamp(asked_at),
            # Who signs up again has as long again to confirm, from the letter on: so it says.
            "since": stamp(due),
            "reminded": bool(earlier and earlier["reminded"]),
        }
        if old is None:
            return Subscriber(person, subscriber.PENDING, 1, stamp(now), request=request)
        oldest = stamp(now - subscriber.LINK_VALID)
        superseded = [one for one in waiting if one["since"] > oldest]
        return subscriber.changed(old, stamp(now), request=request, superseded=superseded)

    def _proof(self, wish: Wish) -> dict[str, object]:
        words = wish.words or self.texts.current(wish.lang)
        return {
            "consent": "express-requested",
            "method": wish.method,
            "lang": wish.lang,
            **words.facts(),
            **wish.evidence._asdict(),
        }


def _asks_again(letter: Put) -> Change:
    """Return the change by which a letter that waits asks about the latest request."""
    named = ("facts", "address")
    return Change(
        letter.key, expect={"status": "owed"}, set={name: letter.item[name] for name in named}
    )


def _wish(kept: Item) -> Wish:
    """Return the wish of a row that waits."""
    words = consent_text.ConsentText(**kept["words"]) if kept.get("words") else None
    return Wish(**{**kept, "evidence": Evidence(**kept["evidence"]), "words": words})
