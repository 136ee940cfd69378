"""The links that confirm: a sign-up, a new address, or a consent that was implied."""

from dataclasses import dataclass
from datetime import UTC, datetime

from chalicelib.core.errors import BadLink
from chalicelib.core.languages import Lang, lang_or
from chalicelib.core.links import Links
from chalicelib.core.settings import Settings
from chalicelib.newsletter.subscribers import consent_text, subscriber
from chalicelib.newsletter.subscribers.preferences import Preferences
from chalicelib.newsletter.subscribers.subscriptions import Subscriptions
from chalicelib.views.newsletter import NewsletterPages, lenient_fields
from chalicelib.web.request import Request, text_field
from chalicelib.web.responses import PRIVATE, Response, json_response


@dataclass(frozen=True)
class ConfirmViews:
    subscriptions: Subscriptions
    preferences: Preferences
    links: Links
    settings: Settings
    newsletter: NewsletterPages

    def show(self, request: Request, token: str) -> Response:
        """One button; looking changes nothing."""
        return self._confirming(request, token, act=False)

    def act(self, request: Request, token: str) -> Response:
        return self._confirming(request, token, act=True)

    def _confirming(self, request: Request, token: str, *, act: bool) -> Response:
        """The same address confirms a sign-up, a new address, or an implied consent."""
        for kind in (self._sign_up, self._new_address, self._keep):
            try:
                return kind(request, token, act)
            except BadLink:
                continue
        raise BadLink("confirm")

    def _sign_up(self, request: Request, token: str, act: bool) -> Response:
        person, since, of_link, topics = self.links.open_confirm(token)
        fields = lenient_fields(request) if act else {}
        lang = request.language(fields, of_link)
        when = datetime.fromtimestamp(since, UTC)
        retyped = text_field(fields, "email")
        if act:
            outcome = self.subscriptions.confirm(
                person,
                when,
                self.newsletter.evidence(request, "confirm"),
                retyped=retyped,
                lang=lang_or(of_link, lang),
                topics=topics,
                shown=lang,
            )
        else:
            outcome = self.subscriptions.standing(person, when)
        wrong = (
            consent_text.sentence("wrong_address", lang) if retyped and outcome == "retype" else ""
        )
        return self._confirmation(request, token, outcome, lang, person, wrong)

    def _new_address(self, request: Request, token: str, act: bool) -> Response:
        person, since = self.links.open_move(token)
        when = datetime.fromtimestamp(since, UTC)
        found = self.subscriptions.get(person)
        lang = self._lang(request, found)
        if not act:
            outcome = self.preferences.moving(person, when)
            return self._confirmation(request, token, outcome, lang, person)
        evidence = self.newsletter.evidence(request, "confirm")
        outcome = self.preferences.confirm_move(person, when, evidence, lang)
        return self._confirmation(
            request, token, "moved" if outcome == "confirmed" else outcome, lang, person
        )

    def _keep(self, request: Request, token: str, act: bool) -> Response:
        person = self.links.open_keep(token)
        found = self.subscriptions.get(person)
        lang = self._lang(request, found)
        if act:
            outcome = self.subscriptions.keep(
                person, self.newsletter.evidence(request, "confirm"), lang
            )
        elif found is None or found.status != subscriber.ACTIVE:
            outcome = "gone"
        else:
            outcome = "already" if found.basis == subscriber.EXPRESS else "confirm"
        return self._confirmation(request, token, outcome, lang, person)

    def _confirmation(  # noqa: PLR0913
        self,
        request: Request,
        token: str,
        outcome: str,
        lang: Lang,
        person: str,
        wrong: str = "",
    ) -> Response:
        if not request.wants_page:
            return json_response({"status": outcome}, PRIVATE)
        if outcome in ("confirm", "retype"):
            return self._confirm_page(token, outcome, lang, wrong)
        address = self.newsletter.address("confirm", token)
        if outcome in ("confirmed", "already"):
            links = {"preferences": self.links.preferences(person)}
            return self.newsletter.message(lang, outcome, address, links)
        if outcome == "moved":
            return self.newsletter.message(lang, outcome)
        return self.newsletter.message(lang, outcome, address, self.newsletter.again(lang))

    def _confirm_page(self, token: str, outcome: str, lang: Lang, wrong: str) -> Response:
        address = self.newsletter.address("confirm", token)
        facts = {
            "consent": consent_text.consent(lang, self.settings).text,
            "retype": outcome == "retype",
            "wrong": wrong,
            "action": address,
        }
        status = 422 if wrong else 200
        return self.newsletter.pages.respond(
            "newsletter_confirm", lang, facts, address=address, status=status
        )

    def _lang(self, request: Request, found: subscriber.Subscriber | None) -> Lang:
        fields = lenient_fields(request) if request.method == "POST" else {}
        return request.language(fields, found.lang if found else None)
