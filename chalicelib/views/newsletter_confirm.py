"""The links that confirm: a sign-up, a new address, or a consent that was implied."""

from dataclasses import dataclass
from datetime import UTC, datetime

from chalicelib.core.errors import BadLink
from chalicelib.core.languages import Lang, lang_or
from chalicelib.newsletter.subscribers import consent_text, subscriber
from chalicelib.newsletter.subscribers.preferences import Preferences
from chalicelib.views.newsletter import NewsletterDoor, lenient
from chalicelib.web.request import Answer, Asked, json_answer, text_of
from chalicelib.web.responses import PRIVATE


@dataclass(frozen=True)
class ConfirmDoor:
    door: NewsletterDoor
    preferences: Preferences

    def show(self, asked: Asked, token: str) -> Answer:
        """One button; looking changes nothing."""
        return self._confirming(asked, token, act=False)

    def act(self, asked: Asked, token: str) -> Answer:
        return self._confirming(asked, token, act=True)

    def _confirming(self, asked: Asked, token: str, *, act: bool) -> Answer:
        """The same address confirms a sign-up, a new address, or an implied consent."""
        for kind in (self._request, self._move, self._keep):
            try:
                return kind(asked, token, act)
            except BadLink:
                continue
        raise BadLink("confirm")

    def _request(self, asked: Asked, token: str, act: bool) -> Answer:
        person, since, of_link, topics = self.door.links.open_confirm(token)
        fields = lenient(asked) if act else {}
        lang = lang_or(text_of(fields, "lang") or asked.query.get("lang"), of_link)
        when = datetime.fromtimestamp(since, UTC)
        retyped = text_of(fields, "email")
        if act:
            outcome = self.door.subscriptions.confirm(
                person,
                when,
                self.door.evidence(asked, "confirm"),
                retyped=retyped,
                lang=of_link,
                topics=topics,
                shown=lang,
            )
        else:
            outcome = self.door.subscriptions.standing(person, when)
        wrong = consent_text.said("wrong_address", lang) if retyped and outcome == "retype" else ""
        return self._confirmation(asked, token, outcome, lang, person, wrong)

    def _move(self, asked: Asked, token: str, act: bool) -> Answer:
        person, since = self.door.links.open_move(token)
        when = datetime.fromtimestamp(since, UTC)
        found = self.door.subscriptions.get(person)
        lang = self._lang(asked, found)
        if not act:
            outcome = self.preferences.moving(person, when)
            return self._confirmation(asked, token, outcome, lang, person)
        evidence = self.door.evidence(asked, "confirm")
        outcome = self.preferences.confirm_move(person, when, evidence, lang)
        return self._confirmation(
            asked, token, "moved" if outcome == "confirmed" else outcome, lang, person
        )

    def _keep(self, asked: Asked, token: str, act: bool) -> Answer:
        person = self.door.links.open_keep(token)
        found = self.door.subscriptions.get(person)
        lang = self._lang(asked, found)
        if act:
            outcome = self.door.subscriptions.keep(
                person, self.door.evidence(asked, "confirm"), lang
            )
        elif found is None or found.status != subscriber.ACTIVE:
            outcome = "gone"
        else:
            outcome = "already" if found.basis == subscriber.EXPRESS else "confirm"
        return self._confirmation(asked, token, outcome, lang, person)

    def _confirmation(  # noqa: PLR0913
        self,
        asked: Asked,
        token: str,
        outcome: str,
        lang: Lang,
        person: str,
        wrong: str = "",
    ) -> Answer:
        if not asked.wants_page:
            return json_answer({"status": outcome}, PRIVATE)
        if outcome in ("confirm", "retype"):
            return self._confirm_page(token, outcome, lang, wrong)
        switch = f"{self.door.url('confirm', token)}?lang="
        if outcome in ("confirmed", "already"):
            chosen = {"preferences": self.door.links.preferences(person)}
            return self.door.said(lang, outcome, switch, chosen)
        again = {} if outcome == "moved" else {"form": f"{self.door.address}?lang={lang}"}
        return self.door.said(lang, outcome, "" if outcome == "moved" else switch, again)

    def _confirm_page(self, token: str, outcome: str, lang: Lang, wrong: str) -> Answer:
        from chalicelib.web import pages

        page = pages.newsletter(
            "confirm",
            lang,
            consent=consent_text.consent(lang, self.door.settings).text,
            retype=outcome == "retype",
            wrong=wrong,
            action=self.door.url("confirm", token),
            switch_url=self.door.switch("confirm", token, lang),
            frame=self.door.problems.frame(lang),
        )
        return self.door.problems.page(page, 422 if wrong else 200)

    def _lang(self, asked: Asked, found: subscriber.Subscriber | None) -> Lang:
        fields = lenient(asked) if asked.method == "POST" else {}
        said = text_of(fields, "lang") or asked.query.get("lang")
        return lang_or(said, found.lang if found else asked.lang)
