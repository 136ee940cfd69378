"""The pages behind a coach's own link, and behind a staff link to judge a coach's changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from chalicelib.coaches.letters import compared, spoken
from chalicelib.coaches.proposals import EDITABLE_COLUMNS, ClosedProposal, OpenProposal, Proposals
from chalicelib.coaches.upkeep import Upkeep
from chalicelib.content import load
from chalicelib.core.errors import RelaisError
from chalicelib.core.languages import Lang, lang_or, other_language
from chalicelib.core.links import Links
from chalicelib.core.settings import Settings
from chalicelib.forms.problems import InvalidForm
from chalicelib.web.request import Request, Response, lang_of, text_of, ticked
from chalicelib.web.responses import Responder

if TYPE_CHECKING:
    from chalicelib.coaches.coach import Coach

REMARKS_LIMIT: Final = 3000


@dataclass(frozen=True)
class CoachLinkViews:
    upkeep: Upkeep
    proposals: Proposals
    links: Links
    settings: Settings
    responder: Responder

    def show(self, request: Request, token: str) -> Response:
        """The coach's page as it stands, to confirm, change or take down."""
        coach = self.upkeep.opened(token)
        return self._page(token, coach, lang_or(request.query.get("lang"), spoken(coach)))

    def act(self, request: Request, token: str) -> Response:
        lang = request.lang
        try:
            coach = self.upkeep.opened(token)
            fields = request.fields()
            lang = lang_or(lang_of(fields, request) if "lang" in fields else None, lang)
            return self._act(token, coach, fields, lang)
        except RelaisError as error:
            return self.responder.answer(request, error, lang, form="profile")

    def _act(self, token: str, coach: "Coach", fields: dict[str, Any], lang: Lang) -> Response:
        said = {key: fields.pop(key, "") for key in ("lang", "nonce", "action", "sure")}
        if not self.links.check_nonce(token, str(said["nonce"])):
            typed = fields if said["action"] == "change" else None
            return self._page(token, coach, lang, wrong="nonce", typed=typed)
        if said["action"] == "confirm":
            self.upkeep.confirm(coach)
            return self._told("confirmed", token, lang)
        if said["action"] == "withdraw":
            if not said["sure"]:
                return self._page(token, coach, lang, wrong="tick")
            self.upkeep.withdraw(coach)
            return self._told("withdrawn", token, lang)
        try:
            changed = self.proposals.propose(coach, fields, lang)
        except InvalidForm as error:
            return self._page(token, coach, lang, typed=fields, error=error)
        return self._told("sent" if changed else "confirmed", token, lang)

    def _page(  # noqa: PLR0913
        self,
        token: str,
        coach: "Coach",
        lang: Lang,
        *,
        wrong: str = "",
        typed: Mapping[str, Any] | None = None,
        error: InvalidForm | None = None,
    ) -> Response:
        from chalicelib.core import formatting
        from chalicelib.forms import description
        from chalicelib.web import pages

        address = f"{self.settings.public_url}/coach/{token}"
        contact = self.settings.privacy_contact
        stands = coach.model_dump(mode="json", exclude_none=True)
        if coach.phone:
            stands["phone"] = formatting.phone(coach.phone, None, lang)
        page = pages.own(
            description.describe("profile", lang, privacy_contact=contact),
            lang,
            action=address,
            values=typed
            if typed is not None
            else {key: stands[key] for key in EDITABLE_COLUMNS if key in stands},
            problems=[
                {"field": p.field, "code": p.code, "message": p.message(lang)}
                for p in (error.problems if error else ())
            ],
            banner=load("network")["own"][wrong][lang] if wrong else None,
            nonce=self.links.nonce(token),
            name=f"{coach.first_name} {coach.last_name}",
            verified=coach.last_verified_at,
            public=coach.public,
            switch_url=f"{address}?lang={other_language(lang)}",
            frame=self.responder.frame(lang),
        )
        return self.responder.page(page, 422 if wrong or error else 200)

    def _told(self, what: str, token: str, lang: Lang) -> Response:
        from chalicelib.web import pages

        text = load("network")["own"][what]
        page = pages.told(
            lang,
            title=text["title"][lang],
            paragraphs=[text["text"][lang].replace("{contact}", self.settings.contact_email)],
            links=[
                (load("network")["all"][lang], f"{self.settings.public_url}/coaches?lang={lang}")
            ],
            switch_url=f"{self.settings.public_url}/coach/{token}?lang={other_language(lang)}",
            frame=self.responder.frame(lang),
        )
        return self.responder.page(page)


@dataclass(frozen=True)
class ProposalViews:
    proposals: Proposals
    links: Links
    settings: Settings
    responder: Responder

    def show(self, request: Request, token: str) -> Response:
        judged = self.proposals.open(token)
        return self._page(judged, self._lang(request, judged))

    def decide(self, request: Request, token: str) -> Response:
        lang = request.lang
        try:
            judged = self.proposals.open(token)
            fields = request.fields()
            lang = lang_or(fields.get("lang"), self._lang(request, judged))
        except RelaisError as error:
            return self.responder.answer(request, error, lang)
        decision, remarks = text_of(fields, "decision"), text_of(fields, "remarks")[:REMARKS_LIMIT]
        if isinstance(judged, ClosedProposal):
            return self._page(judged, lang)
        if wrong := self._wrong(judged, fields, decision, remarks):
            return self._page(judged, lang, wrong=wrong, decision=decision, remarks=remarks)
        if not self.proposals.decide(judged, publish=decision == "publish", remarks=remarks):
            return self._page(self.proposals.open(token), lang)
        return self._told(judged, "published" if decision == "publish" else "returned", lang)

    def _wrong(
        self,
        judged: OpenProposal | ClosedProposal,
        fields: Mapping[str, Any],
        decision: str,
        remarks: str,
    ) -> str | None:
        if not self.links.check_nonce(judged.token, text_of(fields, "nonce")):
            return "nonce"
        if decision not in ("publish", "return"):
            return "choose"
        if decision == "return" and not remarks:
            return "remarks"
        return None if ticked(fields, "confirm") else "tick"

    def _page(
        self,
        judged: OpenProposal | ClosedProposal,
        lang: Lang,
        *,
        wrong: str = "",
        decision: str = "",
        remarks: str = "",
    ) -> Response:
        from chalicelib.web import pages

        if isinstance(judged, ClosedProposal):
            return self._told(judged, "over", lang, status=410)
        address = f"{self.settings.public_url}/proposal/{judged.token}"
        page = pages.proposal(
            lang,
            title=_title(judged, "title", lang),
            changes=compared(judged.coach, judged.proposal.changes, lang),
            action=address,
            nonce=self.links.nonce(judged.token),
            name=judged.staff.name,
            error=load("network")["proposal"][wrong][lang] if wrong else "",
            wrong=wrong,
            decision=decision,
            remarks=remarks,
            switch_url=f"{address}?lang={other_language(lang)}",
            frame=self.responder.frame(lang),
        )
        return self.responder.page(page, 422 if wrong else 200)

    def _told(
        self, judged: OpenProposal | ClosedProposal, what: str, lang: Lang, *, status: int = 200
    ) -> Response:
        from chalicelib.web import pages

        texts = load("network")["proposal"][what]
        page = pages.told(
            lang,
            title=texts["title"][lang],
            paragraphs=[texts["text"][lang].format(name=_name(judged))],
            links=[],
            switch_url=f"{self.settings.public_url}/proposal/{judged.token}?lang={other_language(lang)}",
            frame=self.responder.frame(lang),
        )
        return self.responder.page(page, status)

    def _lang(self, request: Request, judged: OpenProposal | ClosedProposal) -> Lang:
        own = judged.staff.lang if judged.staff else request.lang
        return lang_or(request.query.get("lang"), own)


def _name(judged: OpenProposal | ClosedProposal) -> str:
    coach = judged.coach
    return f"{coach.first_name} {coach.last_name}" if coach else ""


def _title(judged: OpenProposal | ClosedProposal, key: str, lang: Lang) -> str:
    return str(load("network")["proposal"][key][lang]).format(name=_name(judged))
