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
from chalicelib.newsletter.subscribers.proof import Proof
from chalicelib.newsletter.subscribers.subscriber import Subscriber
from chalicelib.views.newsletter import NewsletterDoor
from chalicelib.web.request import Answer, Asked, json_answer, text_of
from chalicelib.web.responses import PRIVATE


@dataclass(frozen=True)
class Shown:
    """What the page says beside the choices: a line of news, or what to mend and where."""

    news: str = ""
    wrong: Mapping[str, str] | None = None
    typed: str = ""


@dataclass(frozen=True)
class PreferencesDoor:
    door: NewsletterDoor
    preferences: Preferences
    proof: Proof

    def show(self, asked: Asked, token: str) -> Answer:
        person, found = self._of(token)
        lang = lang_or(asked.query.get("lang"), found.lang if found else asked.lang)
        return self._shown(asked, token, person, lang, Shown())

    def act(self, asked: Asked, token: str) -> Answer:
        """One field says what to do: `action`, with its own fields beside it."""
        person, found = self._of(token)
        fields = asked.fields()
        said = text_of(fields, "lang") or asked.query.get("lang")
        lang = lang_or(said, found.lang if found else asked.lang)
        action = text_of(fields, "action")
        if action == "export":
            return self._exported(person)
        if action == "leave":
            self.door.subscriptions.leave(
                person, channel="page", evidence=self.door.evidence(asked, "preferences")
            )
            return self._told(asked, token, lang, "left")
        if action == "erase" and _ticked(fields.get("confirm")):
            erase(self.door.subscriptions.register, person)
            return self._told(asked, token, lang, "erased")
        shown = self._changed(asked, person, action, fields, lang)
        if action == "choose" and not shown.wrong:
            lang = lang_or(text_of(fields, "language"), lang)
            shown = Shown(consent_text.said("saved", lang))
        return self._shown(asked, token, person, lang, shown)

    def _of(self, token: str) -> tuple[str, Subscriber | None]:
        """Whose link it is: a subscription that has moved to another address since is the same."""
        person = self.door.links.open_preferences(token)
        found = self.door.subscriptions.register.current(person)
        return (found.person if found else person), found

    def _changed(
        self, asked: Asked, person: str, action: str, fields: Mapping[str, Any], lang: Lang
    ) -> Shown:
        evidence = self.door.evidence(asked, "preferences")
        if action == "choose":
            return self._chosen(person, fields, lang, asked)
        if action == "pause":
            self.preferences.pause(person, evidence)
            return Shown(consent_text.said("paused", lang))
        if action == "resume":
            self.preferences.resume(person, evidence)
            return Shown(consent_text.said("resumed", lang))
        if action == "stay":
            self.preferences.stay(person)
            return Shown(consent_text.said("stayed", lang))
        if action == "move":
            return self._moved(asked, person, text_of(fields, "email"), lang)
        if action == "erase":
            return Shown(wrong={"confirm": consent_text.said("tick_to_erase", lang)})
        raise Malformed("action")

    def _chosen(self, person: str, fields: Mapping[str, Any], lang: Lang, asked: Asked) -> Shown:
        given = fields.get("topics", [])
        wanted = given if isinstance(given, list) else [given]
        known = consent_text.topics()
        # With a single topic there is nothing to choose, and the page does not ask.
        topics = [t for t in known if t in wanted] if len(known) > 1 else known
        if not topics:
            return Shown(wrong={"topics": consent_text.said("choose_topic", lang)})
        language = lang_or(text_of(fields, "language"), lang)
        self.preferences.choose(
            person, lang=language, topics=topics, evidence=self.door.evidence(asked, "preferences")
        )
        return Shown()

    def _moved(self, asked: Asked, person: str, typed: str, lang: Lang) -> Shown:
        try:
            email = field_types.email(str(tidy(typed)))
        except PydanticCustomError:
            wrong = load("messages")["email"][lang]
            return Shown(wrong={"email": wrong}, typed=typed[:254])
        evidence = self.door.evidence(asked, "preferences")
        if self.preferences.move(person, email, evidence) == "same":
            return Shown(wrong={"email": consent_text.said("same_address", lang)}, typed=typed)
        return Shown(consent_text.said("move_asked", lang))

    def _exported(self, person: str) -> Answer:
        name = {"Content-Disposition": 'attachment; filename="newsletter.json"'}
        return json_answer(_hinted(self.proof.of(person) or {}), {**PRIVATE, **name})

    def _told(self, asked: Asked, token: str, lang: Lang, what: str) -> Answer:
        if asked.wants_page:
            return self.door.said(lang, what, f"{self.door.url('preferences', token)}?lang=")
        return json_answer({"status": what}, PRIVATE)

    def _shown(self, asked: Asked, token: str, person: str, lang: Lang, shown: Shown) -> Answer:
        found = self.door.subscriptions.get(person)
        status = 422 if shown.wrong else 200
        if not asked.wants_page:
            told = {"status": found.status if found else "unknown", "message": shown.news}
            wrong = [{"field": k, "message": v} for k, v in (shown.wrong or {}).items()]
            return json_answer({**told, "errors": wrong}, PRIVATE, status=status)
        from chalicelib.web import pages

        page = pages.newsletter(
            "preferences",
            lang,
            **self._facts(found, lang),
            news=shown.news,
            wrong=shown.wrong or {},
            typed=shown.typed,
            action=self.door.url("preferences", token),
            form_url=f"{self.door.address}?lang={lang}",
            switch_url=self.door.switch("preferences", token, lang),
            frame=self.door.problems.frame(lang),
        )
        return self.door.problems.page(page, status)

    def _facts(self, found: Subscriber | None, lang: Lang) -> dict[str, Any]:
        if found is None or found.status != subscriber.ACTIVE:
            return {"active": False, "known": found is not None, "record": []}
        names = consent_text.topic_names(lang)
        now = stamp(self.door.subscriptions.register.clock())
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
        rows = reversed(self.door.subscriptions.register.consents(found.person))
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
