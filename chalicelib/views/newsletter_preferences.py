"""The page of preferences: what a subscriber sees of themselves, and what they change there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import PydanticCustomError

from chalicelib.content import load
from chalicelib.core.errors import Malformed
from chalicelib.core.languages import Lang, lang_or
from chalicelib.core.records import moment, stamp
from chalicelib.forms import field_types
from chalicelib.forms.normalise import tidy
from chalicelib.newsletter.subscribers import consent_text, subscriber
from chalicelib.newsletter.subscribers.erasure import erase
from chalicelib.newsletter.subscribers.preferences import Preferences
from chalicelib.newsletter.subscribers.proof import ConsentProof
from chalicelib.newsletter.subscribers.subscriber import Subscriber
from chalicelib.views.newsletter import NewsletterViews
from chalicelib.web.request import Request, Response, json_response, text_of
from chalicelib.web.responses import PRIVATE


@dataclass(frozen=True)
class PreferencesPage:
    """What the page says beside the choices: a line of news, or what to mend and where."""

    news: str = ""
    wrong: Mapping[str, str] | None = None
    typed: str = ""


@dataclass(frozen=True)
class PreferencesViews:
    newsletter: NewsletterViews
    preferences: Preferences
    proof: ConsentProof

    def show(self, request: Request, token: str) -> Response:
        person, found = self._of(token)
        lang = lang_or(request.query.get("lang"), found.lang if found else request.lang)
        return self._shown(request, token, person, lang, PreferencesPage())

    def act(self, request: Request, token: str) -> Response:
        """One field says what to do: `action`, with its own fields beside it."""
        person, found = self._of(token)
        fields = request.fields()
        said = text_of(fields, "lang") or request.query.get("lang")
        lang = lang_or(said, found.lang if found else request.lang)
        action = text_of(fields, "action")
        if action == "export":
            return self._exported(person)
        if action == "leave":
            self.newsletter.subscriptions.leave(
                person, channel="page", evidence=self.newsletter.evidence(request, "preferences")
            )
            return self._told(request, token, lang, "left")
        if action == "erase" and _ticked(fields.get("confirm")):
            erase(self.newsletter.subscriptions.repository, person)
            return self._told(request, token, lang, "erased")
        shown = self._changed(request, person, action, fields, lang)
        if action == "choose" and not shown.wrong:
            lang = lang_or(text_of(fields, "language"), lang)
            shown = PreferencesPage(consent_text.said("saved", lang))
        return self._shown(request, token, person, lang, shown)

    def _of(self, token: str) -> tuple[str, Subscriber | None]:
        """Whose link it is: a subscription that has moved to another address since is the same."""
        person = self.newsletter.links.open_preferences(token)
        found = self.newsletter.subscriptions.repository.current(person)
        return (found.person if found else person), found

    def _changed(
        self, request: Request, person: str, action: str, fields: Mapping[str, Any], lang: Lang
    ) -> PreferencesPage:
        evidence = self.newsletter.evidence(request, "preferences")
        if action == "choose":
            return self._chosen(person, fields, lang, request)
        if action == "pause":
            self.preferences.pause(person, evidence)
            return PreferencesPage(consent_text.said("paused", lang))
        if action == "resume":
            self.preferences.resume(person, evidence)
            return PreferencesPage(consent_text.said("resumed", lang))
        if action == "stay":
            self.preferences.stay(person)
            return PreferencesPage(consent_text.said("stayed", lang))
        if action == "move":
            return self._moved(request, person, text_of(fields, "email"), lang)
        if action == "erase":
            return PreferencesPage(wrong={"confirm": consent_text.said("tick_to_erase", lang)})
        raise Malformed("action")

    def _chosen(
        self, person: str, fields: Mapping[str, Any], lang: Lang, request: Request
    ) -> PreferencesPage:
        given = fields.get("topics", [])
        wanted = given if isinstance(given, list) else [given]
        known = consent_text.topics()
        # With a single topic there is nothing to choose, and the page does not ask.
        topics = [t for t in known if t in wanted] if len(known) > 1 else known
        if not topics:
            return PreferencesPage(wrong={"topics": consent_text.said("choose_topic", lang)})
        language = lang_or(text_of(fields, "language"), lang)
        self.preferences.choose(
            person,
            lang=language,
            topics=topics,
            evidence=self.newsletter.evidence(request, "preferences"),
        )
        return PreferencesPage()

    def _moved(self, request: Request, person: str, typed: str, lang: Lang) -> PreferencesPage:
        try:
            email = field_types.email(str(tidy(typed)))
        except PydanticCustomError:
            wrong = load("messages")["email"][lang]
            return PreferencesPage(wrong={"email": wrong}, typed=typed[:254])
        evidence = self.newsletter.evidence(request, "preferences")
        if self.preferences.move(person, email, evidence) == "same":
            return PreferencesPage(
                wrong={"email": consent_text.said("same_address", lang)}, typed=typed
            )
        return PreferencesPage(consent_text.said("move_asked", lang))

    def _exported(self, person: str) -> Response:
        name = {"Content-Disposition": 'attachment; filename="newsletter.json"'}
        return json_response(_hinted(self.proof.of(person) or {}), {**PRIVATE, **name})

    def _told(self, request: Request, token: str, lang: Lang, what: str) -> Response:
        if request.wants_page:
            return self.newsletter.said(
                lang, what, f"{self.newsletter.url('preferences', token)}?lang="
            )
        return json_response({"status": what}, PRIVATE)

    def _shown(
        self, request: Request, token: str, person: str, lang: Lang, shown: PreferencesPage
    ) -> Response:
        found = self.newsletter.subscriptions.get(person)
        status = 422 if shown.wrong else 200
        if not request.wants_page:
            told = {"status": found.status if found else "unknown", "message": shown.news}
            wrong = [{"field": k, "message": v} for k, v in (shown.wrong or {}).items()]
            return json_response({**told, "errors": wrong}, PRIVATE, status=status)
        from chalicelib.web import pages

        page = pages.newsletter(
            "preferences",
            lang,
            **self._facts(found, lang),
            news=shown.news,
            wrong=shown.wrong or {},
            typed=shown.typed,
            action=self.newsletter.url("preferences", token),
            form_url=f"{self.newsletter.address}?lang={lang}",
            switch_url=self.newsletter.switch("preferences", token, lang),
            frame=self.newsletter.responder.frame(lang),
        )
        return self.newsletter.responder.page(page, status)

    def _facts(self, found: Subscriber | None, lang: Lang) -> dict[str, Any]:
        if found is None or found.status != subscriber.ACTIVE:
            return {"active": False, "known": found is not None, "record": []}
        names = consent_text.topic_names(lang)
        now = stamp(self.newsletter.subscriptions.repository.now())
        paused = found.paused_until if (found.paused_until or "") > now else None
        return {
            "active": True,
            "known": True,
            "masked": masked(found.email),
            "language": found.lang,
            "topics": [(topic, names[topic], topic in found.topics) for topic in names],
            "paused_until": moment(paused) if paused else None,
            "moving": masked(found.moving["email"]) if found.moving else "",
            "until": moment(found.expires_at) if found.expires_at else None,
            "record": self._record(found, lang),
        }

    def _record(self, found: Subscriber, lang: str) -> list[dict[str, Any]]:
        """What was agreed to and changed, newest first, in words."""
        names = load("newsletter")["record"]
        rows = reversed(self.newsletter.subscriptions.repository.consents(found.person))
        return [
            {
                "at": moment(row["at"]),
                "what": names[row["consent"]][lang],
                "text": row.get("text", ""),
                "text_lang": row.get("text_lang", row.get("lang", lang)),
            }
            for row in rows
        ]


def _ticked(value: Any) -> bool:
    try:
        return bool(field_types.ticked(value))
    except PydanticCustomError:
        return False


def _hinted(value: Any) -> Any:
    """Addresses are only hinted at, as on the page: the mail may have been forwarded."""
    if isinstance(value, dict):
        return {k: _hinted(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_hinted(v) for v in value]
    whole = isinstance(value, str) and " " not in value and value.count("@") == 1
    return masked(value) if whole else value


def masked(email: str) -> str:
    """Enough for its owner, too little for whom the mail was forwarded to: `a…@example.org`."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"
