"""The links that confirm: a sign-up, a new address, or a consent that was implied."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from chalicelib.core.errors import BadLink
from chalicelib.core.languages import Lang, lang_or
from chalicelib.core.links import Links
from chalicelib.newsletter.subscribers import consent_text
from chalicelib.newsletter.subscribers.consent_text import ConsentTexts
from chalicelib.newsletter.subscribers.preferences import Preferences
from chalicelib.newsletter.subscribers.repository import SubscriberOutcome
from chalicelib.newsletter.subscribers.subscriptions import Subscriptions
from chalicelib.views.newsletter import NewsletterPages, lenient_fields
from chalicelib.web.request import Request, text_field
from chalicelib.web.responses import PRIVATE, Response, json_response


@dataclass(frozen=True)
class RequestedSubscription:
    """What a request to subscribe is for, as its letter's link holds it."""

    lang: Lang
    topics: tuple[str, ...]

    def topic_names(self, lang: Lang) -> list[str]:
        names = consent_text.topic_names(lang)
        return [names[topic] for topic in self.topics if topic in names]


@dataclass(frozen=True)
class ConfirmViews:
    subscriptions: Subscriptions
    preferences: Preferences
    links: Links
    texts: ConsentTexts
    newsletter: NewsletterPages

    def show(self, request: Request, token: str) -> Response:
        """Answer with a page of one button; looking changes nothing."""
        return self._confirming(request, token, act=False)

    def act(self, request: Request, token: str) -> Response:
        return self._confirming(request, token, act=True)

    def _confirming(self, request: Request, token: str, *, act: bool) -> Response:
        """Confirm a sign-up, a new address or an implied consent, as the token says."""
        for kind in (self._sign_up, self._new_address, self._keep):
            try:
                return kind(request, token, act)
            except BadLink:
                continue
        raise BadLink("confirm")

    def _sign_up(self, request: Request, token: str, act: bool) -> Response:
        person, asked, since, of_link, topics = self.links.open_confirm(token)
        fields = lenient_fields(request) if act else {}
        lang = request.language(fields, of_link)
        when, counted = _moment(asked), _moment(since)
        retyped = text_field(fields, "email")
        if act:
            outcome = self.subscriptions.confirm(
                person,
                when,
                self.newsletter.evidence(request, "confirm"),
                since=counted,
                retyped=retyped,
                lang=lang_or(of_link, lang),
                topics=topics,
                words=self.texts.of(fields, lang),
            )
        else:
            outcome = self.subscriptions.standing(person, when, counted)
        wrong = (
            consent_text.sentence("wrong_address", lang) if retyped and outcome == "retype" else ""
        )
        subscription = RequestedSubscription(lang_or(of_link, lang), tuple(topics))
        return self._confirmation(request, token, outcome, lang, person, wrong, subscription)

    def _new_address(self, request: Request, token: str, act: bool) -> Response:
        person, to, asked = self.links.open_move(token)
        when = _moment(asked)
        fields = lenient_fields(request) if act else {}
        lang = self._lang(request, fields, person)
        if not act:
            outcome = self.preferences.moving(person, to, when)
            return self._confirmation(request, token, outcome, lang, to)
        evidence = self.newsletter.evidence(request, "confirm")
        words = self.texts.of(fields, lang)
        outcome = self.preferences.confirm_move(person, to, when, evidence, words)
        return self._confirmation(
            request, token, "moved" if outcome == "confirmed" else outcome, lang, to
        )

    def _keep(self, request: Request, token: str, act: bool) -> Response:
        person, until = self.links.open_keep(token)
        fields = lenient_fields(request) if act else {}
        lang = self._lang(request, fields, person)
        if act:
            evidence = self.newsletter.evidence(request, "confirm")
            words = self.texts.of(fields, lang)
            outcome = self.subscriptions.keep(person, _moment(until), evidence, words)
        else:
            outcome = self.subscriptions.keeping(person, _moment(until))
        return self._confirmation(request, token, outcome, lang, person)

    def _confirmation(  # noqa: PLR0913
        self,
        request: Request,
        token: str,
        outcome: SubscriberOutcome,
        lang: Lang,
        person: str,
        wrong: str = "",
        subscription: RequestedSubscription | None = None,
    ) -> Response:
        if not request.wants_page:
            return json_response({"status": outcome}, PRIVATE)
        if outcome in ("confirm", "retype"):
            return self._confirm_page(token, outcome, lang, wrong, subscription)
        address = self.newsletter.address("confirm", token)
        if outcome == "confirmed":
            links = {"preferences": self.links.preferences(person)}
            return self.newsletter.message(lang, outcome, address, links)
        if outcome in ("already", "moved"):
            # An old link to confirm gives no other right.
            return self.newsletter.message(lang, outcome, address)
        return self.newsletter.message(lang, outcome, address, self.newsletter.again(lang))

    def _confirm_page(
        self,
        token: str,
        outcome: SubscriberOutcome,
        lang: Lang,
        wrong: str,
        subscription: RequestedSubscription | None,
    ) -> Response:
        address = self.newsletter.address("confirm", token)
        facts = {
            "consent": self.texts.current(lang).text,
            "consent_shown": self.texts.shown(lang),
            "language": subscription.lang if subscription else "",
            "topics": subscription.topic_names(lang) if subscription else [],
            "retype": outcome == "retype",
            "wrong": wrong,
            "action": address,
        }
        status = 422 if wrong else 200
        return self.newsletter.pages.respond(
            "newsletter_confirm", lang, facts, address=address, status=status
        )

    def _lang(self, request: Request, fields: Mapping[str, object], person: str) -> Lang:
        found = self.subscriptions.get(person)
        return request.language(fields, found.lang if found else None)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
