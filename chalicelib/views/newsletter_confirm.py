"""The links that confirm: a sign-up, a new address, or a consent that was implied."""

from dataclasses import dataclass
from datetime import UTC, datetime

from chalicelib.core.errors import BadLink
from chalicelib.core.languages import Lang, lang_or
from chalicelib.newsletter.subscribers import consent_text, subscriber
from chalicelib.newsletter.subscribers.preferences import Preferences
from chalicelib.views.newsletter import NewsletterViews, lenient
from chalicelib.web.request import Request, Response, json_response, text_of
from chalicelib.web.responses import PRIVATE


@dataclass(frozen=True)
class ConfirmViews:
    newsletter: NewsletterViews
    preferences: Preferences

    def show(self, request: Request, token: str) -> Response:
        """One button; looking changes nothing."""
        return self._confirming(request, token, act=False)

    def act(self, request: Request, token: str) -> Response:
        return self._confirming(request, token, act=True)

    def _confirming(self, request: Request, token: str, *, act: bool) -> Response:
        """The same address confirms a sign-up, a new address, or an implied consent."""
        for kind in (self._request, self._move, self._keep):
            try:
                return kind(request, token, act)
            except BadLink:
                continue
        raise BadLink("confirm")

    def _request(self, request: Request, token: str, act: bool) -> Response:
        person, since, of_link, topics = self.newsletter.links.open_confirm(token)
        fields = lenient(request) if act else {}
        lang = lang_or(text_of(fields, "lang") or request.query.get("lang"), of_link)
        when = datetime.fromtimestamp(since, UTC)
        retyped = text_of(fields, "email")
        if act:
            outcome = self.newsletter.subscriptions.confirm(
                person,
                when,
                self.newsletter.evidence(request, "confirm"),
                retyped=retyped,
                lang=of_link,
                topics=topics,
                shown=lang,
            )
        else:
            outcome = self.newsletter.subscriptions.standing(person, when)
        wrong = consent_text.said("wrong_address", lang) if retyped and outcome == "retype" else ""
        return self._confirmation(request, token, outcome, lang, person, wrong)

    def _move(self, request: Request, token: str, act: bool) -> Response:
        person, since = self.newsletter.links.open_move(token)
        when = datetime.fromtimestamp(since, UTC)
        found = self.newsletter.subscriptions.get(person)
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
        person = self.newsletter.links.open_keep(token)
        found = self.newsletter.subscriptions.get(person)
        lang = self._lang(request, found)
        if act:
            outcome = self.newsletter.subscriptions.keep(
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
        switch = f"{self.newsletter.url('confirm', token)}?lang="
        if outcome in ("confirmed", "already"):
            chosen = {"preferences": self.newsletter.links.preferences(person)}
            return self.newsletter.said(lang, outcome, switch, chosen)
        again = {} if outcome == "moved" else {"form": f"{self.newsletter.address}?lang={lang}"}
        return self.newsletter.said(lang, outcome, "" if outcome == "moved" else switch, again)

    def _confirm_page(self, token: str, outcome: str, lang: Lang, wrong: str) -> Response:
        from chalicelib.web import pages

        page = pages.newsletter(
            "confirm",
            lang,
            consent=consent_text.consent(lang, self.newsletter.settings).text,
            retype=outcome == "retype",
            wrong=wrong,
            action=self.newsletter.url("confirm", token),
            switch_url=self.newsletter.switch("confirm", token, lang),
            frame=self.newsletter.responder.frame(lang),
        )
        return self.newsletter.responder.page(page, 422 if wrong else 200)

    def _lang(self, request: Request, found: subscriber.Subscriber | None) -> Lang:
        fields = lenient(request) if request.method == "POST" else {}
        said = text_of(fields, "lang") or request.query.get("lang")
        return lang_or(said, found.lang if found else request.lang)
