"""The subscriber's side of the newsletter: sign up, and leave."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from chalicelib import content
from chalicelib.core import eastern_time, log_lines
from chalicelib.core.errors import BadLink, Malformed, RelaisError, TooLarge, WrongType
from chalicelib.core.languages import Lang
from chalicelib.core.links import Links
from chalicelib.core.ports import Now
from chalicelib.core.settings import Settings
from chalicelib.forms import parsing
from chalicelib.forms.spam import PERSON_FIELD, ask_person
from chalicelib.newsletter.subscribers import consent_text, subscriber
from chalicelib.newsletter.subscribers.signup import WEB_FORM, Evidence, SignUps, Wish
from chalicelib.newsletter.subscribers.subscriber import Subscriber
from chalicelib.newsletter.subscribers.subscriptions import Subscriptions
from chalicelib.views.form_page import respond_with_form
from chalicelib.web.form_errors import Description
from chalicelib.web.pages import Pages, in_language
from chalicelib.web.problems import Problems, ProblemText
from chalicelib.web.request import Request, redirect_target, switched, take_control, text_field
from chalicelib.web.responses import PRIVATE, Response, json_response, see_other

CONTROL_FIELDS: Final = (
    "lang", "redirect", "website", "started_at", PERSON_FIELD, consent_text.SHOWN_FIELD,
)  # fmt: skip
"""Fields that say how to treat a form, and are no answers."""

_GONE: Final = {subscriber.UNSUBSCRIBED, subscriber.COMPLAINED, subscriber.ERASED}


@dataclass(frozen=True)
class NewsletterPages:
    """What the pages of subscribers share: where they stand, and the one that says what is done."""

    pages: Pages

    def message(
        self, lang: Lang, what: str, address: str = "", links: Mapping[str, str] | None = None
    ) -> Response:
        """Return the page that says what became of it; `links` may lead to `preferences` or to the
        `form`."""
        facts = {"text": consent_text.page_text(what, lang), "links": links or {}}
        return self.pages.respond("newsletter_message", lang, facts, address=address)

    def again(self, lang: Lang) -> dict[str, str]:
        """Return the link to sign up again."""
        return {"form": in_language(self.address(), lang)}

    def address(self, *parts: str) -> str:
        return self.pages.address("newsletter", *parts)

    def evidence(self, request: Request, page: str = "") -> Evidence:
        """Return who asks, and on which page: the Referer, where the browser tells it."""
        return Evidence.of(
            page=request.headers.get("referer") or self.address(*filter(None, [page])),
            address=request.address,
            agent=request.headers.get("user-agent", ""),
        )


@dataclass(frozen=True)
class NewsletterViews:
    sign_ups: SignUps
    subscriptions: Subscriptions
    links: Links
    settings: Settings
    newsletter: NewsletterPages
    problems: Problems
    now: Now

    def form(self, request: Request) -> Response:
        """Answer with the form or, with `?sent=1`, with what to do next."""
        if not request.wants_page:
            return json_response(
                self._describe(request.lang), {"Cache-Control": "public, max-age=300"}
            )
        if "sent" in request.query:
            address = f"{self.newsletter.address()}?sent=1"
            return self.newsletter.message(request.lang, "sent", address)
        return self._form_page(request.lang, {}, {"started_at": str(int(self.now().timestamp()))})

    def sign_up(self, request: Request) -> Response:
        """Give every address the same answer, whatever is known of it."""
        fields: dict[str, object] = {}
        control: dict[str, str] = {}
        lang = request.lang
        try:
            fields = request.fields()
            lang = request.language(fields)
            control = take_control(fields, CONTROL_FIELDS)
            if other := switched(request, fields):
                kept = {key: control[key] for key in ("redirect", PERSON_FIELD, "started_at")}
                return self._form_page(other, fields, kept)
            self._sign_up(request, fields, control, lang)
        except RelaisError as error:
            if not request.wants_page or not fields:
                return self.problems.respond(request, error, lang)
            kept = {key: control.get(key, "") for key in ("redirect", PERSON_FIELD)}
            return self._form_page(lang, fields, kept, self.problems.text(error, lang))
        if request.wants_page:
            facts = {"form": "newsletter", "status": "confirm"}
            back = redirect_target(control["redirect"], self.settings.allowed_origins, facts)
            return see_other(back or in_language(f"{self.newsletter.address()}?sent=1", lang))
        message = consent_text.page_text("sent", lang)["detail"]
        return json_response({"status": "confirm", "message": message}, PRIVATE, status=202)

    def leave_page(self, request: Request, token: str) -> Response:
        try:
            person, _ = self.links.open_unsubscribe(token)
        except BadLink:
            return self._cancelling(request, token, act=False)
        found = self.subscriptions.repository.current(person)
        lang = request.language({}, found.lang if found else None)
        if found is None or (found.status in _GONE and found.request is None):
            return self._left(token, lang, cancelled=found is None)
        address = self.newsletter.address("unsubscribe", token)
        facts = {
            "pending": found.status == subscriber.PENDING,
            "known": False,
            "reasons": [(r["id"], r[lang]) for r in content.newsletter()["reasons"]],
            "action": address,
        }
        return self.newsletter.pages.respond("newsletter_leave", lang, facts, address=address)

    def leave(self, request: Request, token: str) -> Response:
        """Unsubscribe. A mail program's own button gets an empty 200 and no redirect (RFC 8058);
        our page, what was done, in words."""
        try:
            person, issue = self.links.open_unsubscribe(token)
        except BadLink:
            return self._cancelling(request, token, act=True)
        fields = lenient_fields(request)
        page = "page" in fields
        outcome = self.subscriptions.leave(
            person,
            channel="page" if page else "header",
            issue=issue,
            reason=_reason(fields),
            evidence=self.newsletter.evidence(request, "unsubscribe"),
        )
        log_lines.note(by="page" if page else "header", outcome=outcome)
        if not page:
            return Response(200, "", "text/plain; charset=utf-8", PRIVATE)
        return self._left(token, request.language(fields), cancelled=outcome == "cancelled")

    def _cancelling(self, request: Request, token: str, *, act: bool) -> Response:
        """Cancel the very request, and no other, whose letter asked to confirm."""
        person, asked = self.links.open_cancel(token)
        when = datetime.fromtimestamp(asked, UTC)
        found = self.subscriptions.get(person)
        fields = lenient_fields(request) if act else {}
        lang = request.language(fields, found.lang if found else None)
        if act:
            log_lines.note(outcome=self.subscriptions.cancel(person, when))
            return self._cancelled(token, lang, found)
        if found is None or found.request_of(asked) is None:
            return self._cancelled(token, lang, found)
        address = self.newsletter.address("unsubscribe", token)
        known = found.status != subscriber.PENDING or bool(found.superseded)
        facts = {"pending": True, "known": known, "reasons": [], "action": address}
        return self.newsletter.pages.respond("newsletter_leave", lang, facts, address=address)

    def _cancelled(self, token: str, lang: Lang, found: Subscriber | None) -> Response:
        if found is not None and found.status == subscriber.ACTIVE and found.request is None:
            address = self.newsletter.address("unsubscribe", token)
            return self.newsletter.message(lang, "confirmed_since", address)
        return self._left(token, lang, cancelled=True)

    def _left(self, token: str, lang: Lang, *, cancelled: bool) -> Response:
        address = self.newsletter.address("unsubscribe", token)
        again = self.newsletter.again(lang)
        return self.newsletter.message(lang, "gone" if cancelled else "left", address, again)

    def _sign_up(
        self,
        request: Request,
        fields: Mapping[str, object],
        control: Mapping[str, str],
        lang: Lang,
    ) -> None:
        """Ask for confirmation. Raises InvalidForm, also with the question whether a person signs
        up, or TooMany."""
        odd = ask_person(
            trap=control["website"],
            started_at=control["started_at"],
            person=control[PERSON_FIELD],
            answers=fields,
            now=self.now(),
        )
        answers = parsing.parse("newsletter", fields, lang, self._today(), also=odd).answers
        self.sign_ups.count(request.address)
        wish = Wish(
            email=answers["email"],
            lang=answers["language"],
            method=WEB_FORM,
            evidence=self.newsletter.evidence(request),
            topics=tuple(answers.get("topics", ())),
            name=answers.get("first_name"),
            province=answers.get("province"),
            words=self.sign_ups.texts.of(control, lang),
        )
        log_lines.note(outcome=self.sign_ups.ask(wish))
        log_lines.count("sign-ups")

    def _form_page(
        self,
        lang: Lang,
        values: Mapping[str, object],
        hidden: Mapping[str, str],
        refused: ProblemText | None = None,
    ) -> Response:
        form = self._describe(lang)
        return respond_with_form(
            self.newsletter.pages,
            form,
            lang,
            values=values,
            hidden={**hidden, consent_text.SHOWN_FIELD: form[consent_text.SHOWN_FIELD]},
            refused=refused,
        )

    def _describe(self, lang: Lang) -> Description:
        from chalicelib.views.described import NEWSLETTER, describe_form

        return describe_form(NEWSLETTER, lang, self.settings, self.sign_ups.texts)

    def _today(self) -> date:
        return eastern_time.today(self.now())


def lenient_fields(request: Request) -> dict[str, object]:
    """Return the fields of a post that counts whatever it says: none when it cannot be read."""
    try:
        return request.fields()
    except (Malformed, TooLarge, WrongType):
        return {}


def _reason(fields: Mapping[str, object]) -> str:
    codes = {reason["id"] for reason in content.newsletter()["reasons"]}
    chosen = text_field(fields, "reason")
    return chosen if chosen in codes else ""
