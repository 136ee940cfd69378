"""The page of preferences: what a subscriber sees of themselves, and what they change there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final, Literal, Required, TypedDict, assert_never

from pydantic_core import PydanticCustomError

from chalicelib import content
from chalicelib.core.email_address import EMAIL_MAX_LENGTH
from chalicelib.core.errors import Malformed
from chalicelib.core.formatting import masked
from chalicelib.core.languages import LANGS, Lang, lang_or
from chalicelib.core.links import Links
from chalicelib.core.records import moment, stamp
from chalicelib.forms import field_types
from chalicelib.forms.ignored import is_beside_answers
from chalicelib.forms.normalise import tidy
from chalicelib.newsletter.subscribers import consent_text, subscriber
from chalicelib.newsletter.subscribers.erasure import erase
from chalicelib.newsletter.subscribers.preferences import Preferences
from chalicelib.newsletter.subscribers.proof import ConsentProof
from chalicelib.newsletter.subscribers.repository import SubscriberOutcome
from chalicelib.newsletter.subscribers.subscriber import Subscriber
from chalicelib.newsletter.subscribers.subscriptions import Subscriptions
from chalicelib.views.consent_record import ConsentRecord, consent_record
from chalicelib.views.newsletter import NewsletterPages
from chalicelib.web.pages import in_language
from chalicelib.web.request import Request, is_ticked, text_field
from chalicelib.web.responses import PRIVATE, Response, json_response

_REFUSED_LIMIT: Final = 20
"""Fields that are refused by name; a page of ours has none, a stranger's may have thousands."""

_CHOICES: Final = frozenset(("action", "lang", "language", "topics"))
"""What the form to choose has: a field beside these would be taken and lost."""


@dataclass(frozen=True)
class PreferencesPage:
    """What the page says beside the choices: a line of news, or what to mend and where."""

    news: str = ""
    wrong: Mapping[str, str] | None = None
    entered: str = ""
    status: int = 200


class PreferencesFacts(TypedDict, total=False):
    """All but the first three are there when the subscription is active. `topics` are id, name,
    and whether it is chosen."""

    active: Required[bool]
    known: Required[bool]
    record: Required[list[ConsentRecord]]
    masked: str
    language: str
    topics: list[tuple[str, str, bool]]
    paused_until: datetime | None
    moving: str
    until: datetime | None


SubscriberAction = Literal["choose", "pause", "resume", "stay", "move"]
"""What changes a subscription, and leaves it one."""

PreferencesAction = SubscriberAction | Literal["export", "leave", "erase"]

ACTIONS: Final[tuple[PreferencesAction, ...]] = (
    "choose", "pause", "resume", "stay", "move", "export", "leave", "erase",
)  # fmt: skip


@dataclass(frozen=True)
class PreferencesViews:
    subscriptions: Subscriptions
    preferences: Preferences
    proof: ConsentProof
    links: Links
    newsletter: NewsletterPages

    def show(self, request: Request, token: str) -> Response:
        person, found = self._of(token)
        lang = request.language({}, found.lang if found else None)
        return self._shown(request, token, person, lang, PreferencesPage())

    def act(self, request: Request, token: str) -> Response:
        """Do what the field `action` says, with its own fields beside it."""
        person, found = self._of(token)
        fields = request.fields()
        lang = request.language(fields, found.lang if found else None)
        action = _action(fields)
        evidence = self.newsletter.evidence(request, "preferences")
        match action:
            case "export":
                return self._exported(person)
            case "leave":
                self.subscriptions.leave(person, channel="page", evidence=evidence)
                return self._done(request, token, lang, "left")
            case "erase":
                if is_ticked(fields, "confirm"):
                    erase(self.subscriptions.repository, person)
                    return self._done(request, token, lang, "erased")
                wrong = {"confirm": consent_text.sentence("tick_to_erase", lang)}
                return self._shown(request, token, person, lang, PreferencesPage(wrong=wrong))
        shown = self._changed(request, person, action, fields, lang)
        if action == "choose" and not shown.wrong:
            lang = lang_or(text_field(fields, "language"), lang)
        return self._shown(request, token, person, lang, shown)

    def _of(self, token: str) -> tuple[str, Subscriber | None]:
        """Return whose link it is: a subscription that has moved to another address since is the
        same."""
        person = self.links.open_preferences(token)
        found = self.subscriptions.repository.current(person)
        return (found.person if found else person), found

    def _changed(
        self,
        request: Request,
        person: str,
        action: SubscriberAction,
        fields: Mapping[str, object],
        lang: Lang,
    ) -> PreferencesPage:
        evidence = self.newsletter.evidence(request, "preferences")
        match action:
            case "choose":
                return self._chosen(person, fields, lang, request)
            case "pause":
                return _outcome_page(self.preferences.pause(person, evidence), "paused", lang)
            case "resume":
                return _outcome_page(self.preferences.resume(person, evidence), "resumed", lang)
            case "stay":
                return _outcome_page(self.preferences.stay(person), "stayed", lang)
            case "move":
                return self._moved(request, person, text_field(fields, "email"), lang)
        assert_never(action)

    def _chosen(
        self, person: str, fields: Mapping[str, object], lang: Lang, request: Request
    ) -> PreferencesPage:
        found = self.subscriptions.get(person)
        given = fields.get("topics", [])
        wanted = given if isinstance(given, list) else [given]
        offered = consent_text.topics()
        # With a single topic there is nothing to choose, and the page does not ask.
        topics = [t for t in offered if t in wanted] if len(offered) > 1 else offered
        language = text_field(fields, "language") or (found.lang if found else lang)
        # What is not offered is refused, and never "saved": both languages, a digest, a topic.
        unknown = (n for n in fields if n not in _CHOICES and not is_beside_answers(n, _CHOICES))
        refused = list(islice(unknown, _REFUSED_LIMIT))
        refused += ["language"] if language not in LANGS else []
        refused += ["topics"] if any(topic not in offered for topic in wanted) else []
        if refused:
            return PreferencesPage(
                wrong=dict.fromkeys(refused, consent_text.sentence("not_offered", lang))
            )
        if not topics:
            return PreferencesPage(wrong={"topics": consent_text.sentence("choose_topic", lang)})
        chosen = lang_or(language, lang)
        outcome = self.preferences.choose(
            person,
            lang=chosen,
            topics=topics,
            evidence=self.newsletter.evidence(request, "preferences"),
        )
        return _outcome_page(outcome, "saved", chosen)

    def _moved(self, request: Request, person: str, entered: str, lang: Lang) -> PreferencesPage:
        try:
            email = field_types.email(str(tidy(entered)))
        except PydanticCustomError:
            wrong = content.messages()["email"][lang]
            return PreferencesPage(wrong={"email": wrong}, entered=entered[:EMAIL_MAX_LENGTH])
        evidence = self.newsletter.evidence(request, "preferences")
        outcome = self.preferences.move(person, email, evidence)
        if outcome == "same":
            return PreferencesPage(
                wrong={"email": consent_text.sentence("same_address", lang)}, entered=entered
            )
        return _outcome_page(outcome, "move_asked", lang)

    def _exported(self, person: str) -> Response:
        name = {"Content-Disposition": 'attachment; filename="newsletter.json"'}
        return json_response(_hinted(self.proof.of(person) or {}), {**PRIVATE, **name})

    def _done(self, request: Request, token: str, lang: Lang, what: str) -> Response:
        if request.wants_page:
            return self.newsletter.message(lang, what, self._address(token))
        return json_response({"status": what}, PRIVATE)

    def _shown(
        self, request: Request, token: str, person: str, lang: Lang, shown: PreferencesPage
    ) -> Response:
        found = self.subscriptions.get(person)
        status = 422 if shown.wrong else shown.status
        if not request.wants_page:
            body = {
                "status": found.status if found else "unknown",
                "message": shown.news,
                "errors": [{"field": k, "message": v} for k, v in (shown.wrong or {}).items()],
            }
            return json_response(body, PRIVATE, status=status)
        address = self._address(token)
        facts = {
            **self._facts(found, lang),
            "news": shown.news,
            "wrong": shown.wrong or {},
            "entered": shown.entered,
            "action": address,
            "form_url": in_language(self.newsletter.address(), lang),
        }
        return self.newsletter.pages.respond(
            "newsletter_preferences", lang, facts, address=address, status=status
        )

    def _address(self, token: str) -> str:
        return self.newsletter.address("preferences", token)

    def _facts(self, found: Subscriber | None, lang: Lang) -> PreferencesFacts:
        if found is None or found.status != subscriber.ACTIVE:
            return {"active": False, "known": found is not None, "record": []}
        names = consent_text.topic_names(lang)
        now = stamp(self.subscriptions.repository.now())
        paused = found.paused_until if (found.paused_until or "") > now else None
        return {
            "active": True,
            "known": True,
            "masked": masked(found.email, "…"),
            "language": found.lang,
            "topics": [(topic, names[topic], topic in found.topics) for topic in names],
            "paused_until": moment(paused) if paused else None,
            "moving": masked(found.moving["email"], "…") if found.moving else "",
            "until": moment(found.expires_at) if found.expires_at else None,
            "record": consent_record(self.subscriptions.repository, found.person, lang),
        }


def _action(fields: Mapping[str, object]) -> PreferencesAction:
    """Return what a form is to do. Raises Malformed."""
    given = text_field(fields, "action")
    for action in ACTIONS:
        if action == given:
            return action
    raise Malformed("action")


def _outcome_page(outcome: SubscriberOutcome, done: str, lang: Lang) -> PreferencesPage:
    """Return the page after a change: what was done, or that nothing was, to who has left."""
    if outcome == "gone":
        return PreferencesPage(consent_text.sentence("not_subscribed", lang), status=409)
    return PreferencesPage(consent_text.sentence(done, lang))


def _hinted(value: object) -> object:
    """Hint at addresses only, as on the page: the mail may have been forwarded."""
    if isinstance(value, dict):
        return {k: _hinted(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_hinted(v) for v in value]
    if isinstance(value, str) and " " not in value and value.count("@") == 1:
        return masked(value, "…")
    return value
