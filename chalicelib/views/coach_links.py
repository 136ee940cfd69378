"""The pages behind a coach's own link, and behind a staff link to judge a coach's changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from chalicelib import content
from chalicelib.coaches.profile_text import changed_fields, official_language
from chalicelib.coaches.proposals import EDITABLE_COLUMNS, ClosedProposal, OpenProposal, Proposals
from chalicelib.coaches.upkeep import Upkeep
from chalicelib.core.errors import BadLink, RelaisError
from chalicelib.core.languages import Lang
from chalicelib.core.links import Links
from chalicelib.core.settings import Settings
from chalicelib.core.typed_text import REMARKS_LIMIT
from chalicelib.forms.problems import InvalidForm
from chalicelib.views.lost_link import LostLinkViews
from chalicelib.web.form_errors import Description, FormErrors, form_errors
from chalicelib.web.mending import Mending, to_mend
from chalicelib.web.pages import Pages, in_language
from chalicelib.web.problems import Problems, field_errors
from chalicelib.web.request import Request, is_ticked, text_area, text_field
from chalicelib.web.responses import Response

if TYPE_CHECKING:
    from chalicelib.coaches.coach import Coach


ProposalError = Literal["", "choose", "misfit", "nonce", "remarks", "tick", "too_long"]
"""What is wrong with the form that judges a coach's changes; empty when nothing is."""


class CoachOwnFacts(FormErrors):
    """`banner` is what went wrong with the page as a whole."""

    description: Description
    action: str
    values: Mapping[str, object]
    mending: Mending | None
    banner: str | None
    nonce: str
    name: str
    verified: date
    public: bool


@dataclass(frozen=True)
class CoachLinkViews:
    upkeep: Upkeep
    proposals: Proposals
    links: Links
    settings: Settings
    pages: Pages
    problems: Problems
    lost_link: LostLinkViews

    def show(self, request: Request, token: str) -> Response:
        """Answer with the coach's page as it stands, to confirm, change or take down."""
        try:
            coach = self.upkeep.opened(token)
        except BadLink:
            if request.wants_page:
                return self.lost_link.broken(request)
            raise
        lang = request.language({}, official_language(coach))
        return self._page(token, coach, lang) if coach.public else self._gone(token, lang)

    def act(self, request: Request, token: str) -> Response:
        lang = request.lang
        try:
            coach = self.upkeep.opened(token)
            fields = request.fields()
            lang = request.language(fields)
            return self._act(token, coach, fields, lang)
        except RelaisError as error:
            return self.problems.respond(request, error, lang, form="profile")

    def _act(self, token: str, coach: "Coach", fields: dict[str, object], lang: Lang) -> Response:
        if not coach.public:
            self.upkeep.withdraw(coach)
            return self._gone(token, lang)
        control = {key: fields.pop(key, "") for key in ("lang", "nonce", "action", "sure")}
        if not self.links.check_nonce(token, str(control["nonce"])):
            entered = fields if control["action"] == "change" else None
            return self._page(token, coach, lang, wrong="nonce", entered=entered)
        if control["action"] == "confirm":
            self.upkeep.confirm(coach)
            return self._done("confirmed", token, lang)
        if control["action"] == "withdraw":
            if not control["sure"]:
                return self._page(token, coach, lang, wrong="tick")
            self.upkeep.withdraw(coach)
            return self._done("withdrawn", token, lang)
        try:
            changed = self.proposals.propose(coach, fields, lang)
        except InvalidForm as error:
            return self._page(token, coach, lang, entered=fields, error=error)
        return self._done("sent" if changed else "confirmed", token, lang)

    def _gone(self, token: str, lang: Lang) -> Response:
        """Say that the page is down, and nothing else of it."""
        return self._done("withdrawn", token, lang)

    def _page(  # noqa: PLR0913
        self,
        token: str,
        coach: "Coach",
        lang: Lang,
        *,
        wrong: Literal["", "nonce", "tick"] = "",
        entered: Mapping[str, object] | None = None,
        error: InvalidForm | None = None,
    ) -> Response:
        from chalicelib.forms import description

        contact = self.settings.privacy_contact
        form = description.describe("profile", lang, privacy_contact=contact)
        wrongs = form_errors(field_errors(error, lang) if error else [], form, lang)
        values = entered if entered is not None else _published(coach, lang)
        facts: CoachOwnFacts = {
            **wrongs,
            "description": form,
            "action": self._address(token),
            "values": values,
            "mending": to_mend(form, values, wrongs["problems"]) if error else None,
            "banner": content.network()["own"][wrong][lang] if wrong else None,
            "nonce": self.links.nonce(token),
            "name": coach.full_name,
            "verified": coach.last_verified_at,
            "public": coach.public,
        }
        status = 422 if wrong or error else 200
        return self.pages.respond(
            "coach_own", lang, facts, address=self._address(token), status=status
        )

    def _done(
        self, what: Literal["confirmed", "sent", "withdrawn"], token: str, lang: Lang
    ) -> Response:
        text = content.network()["own"][what]
        everybody = in_language(self.pages.address("coaches"), lang)
        facts = {
            "title": text["title"][lang],
            "paragraphs": [text["text"][lang].replace("{contact}", self.settings.contact_email)],
            "links": [(content.network()["all"][lang], everybody)],
        }
        return self.pages.respond("message", lang, facts, address=self._address(token))

    def _address(self, token: str) -> str:
        return self.pages.address("coach", token)


@dataclass(frozen=True)
class ProposalViews:
    proposals: Proposals
    links: Links
    pages: Pages
    problems: Problems

    def show(self, request: Request, token: str) -> Response:
        opened = self.proposals.open(token)
        return self._page(opened, request.language({}, _reader_lang(opened)))

    def decide(self, request: Request, token: str) -> Response:
        lang = request.lang
        try:
            opened = self.proposals.open(token)
            fields = request.fields()
            lang = request.language(fields, _reader_lang(opened))
        except RelaisError as error:
            return self.problems.respond(request, error, lang)
        decision = text_field(fields, "decision")
        remarks = text_area(fields, "remarks")
        if isinstance(opened, ClosedProposal):
            return self._page(opened, lang)
        if wrong := self._wrong(opened, fields, decision, remarks):
            return self._page(opened, lang, wrong=wrong, decision=decision, remarks=remarks)
        if not self.proposals.decide(opened, publish=decision == "publish", remarks=remarks):
            return self._page(self.proposals.open(token), lang)
        return self._done(opened, "published" if decision == "publish" else "returned", lang)

    def _wrong(
        self,
        opened: OpenProposal | ClosedProposal,
        fields: Mapping[str, object],
        decision: str,
        remarks: str,
    ) -> ProposalError:
        """Return the code of the first thing that is wrong with the form; empty when all is right."""
        if not self.links.check_nonce(opened.token, text_field(fields, "nonce")):
            return "nonce"
        if decision not in ("publish", "return"):
            return "choose"
        if decision == "return" and not remarks:
            return "remarks"
        if len(remarks) > REMARKS_LIMIT:
            return "too_long"
        if not is_ticked(fields, "confirm"):
            return "tick"
        if decision == "publish" and isinstance(opened, OpenProposal):
            return "misfit" if self.proposals.misfits(opened) else ""
        return ""

    def _page(
        self,
        opened: OpenProposal | ClosedProposal,
        lang: Lang,
        *,
        wrong: ProposalError = "",
        decision: str = "",
        remarks: str = "",
    ) -> Response:
        if isinstance(opened, ClosedProposal):
            return self._done(opened, "over", lang, status=410)
        texts = content.network()["proposal"]
        facts = {
            "title": texts["title"][lang].format(name=_name(opened)),
            "changes": proposal_changes(self.proposals, opened, lang),
            "action": self._address(opened),
            "nonce": self.links.nonce(opened.token),
            "name": opened.staff.name,
            "error": texts[wrong][lang] if wrong else "",
            "wrong": wrong,
            "decision": decision,
            "remarks": remarks,
        }
        return self.pages.respond(
            "proposal", lang, facts, address=self._address(opened), status=422 if wrong else 200
        )

    def _done(
        self,
        opened: OpenProposal | ClosedProposal,
        what: Literal["over", "published", "returned"],
        lang: Lang,
        *,
        status: int = 200,
    ) -> Response:
        text = content.network()["proposal"][what]
        facts = {
            "title": text["title"][lang],
            "paragraphs": [text["text"][lang].format(name=_name(opened))],
            "links": [],
        }
        return self.pages.respond(
            "message", lang, facts, address=self._address(opened), status=status
        )

    def _address(self, opened: OpenProposal | ClosedProposal) -> str:
        return self.pages.address("proposal", opened.token)


def _published(coach: "Coach", lang: Lang) -> dict[str, object]:
    """Return what coaches may change of their page, as it stands."""
    from chalicelib.core import formatting

    values = coach.model_dump(mode="json", exclude_none=True)
    if coach.phone:
        values["phone"] = formatting.phone(coach.phone, None, lang)
    return {key: values[key] for key in EDITABLE_COLUMNS if key in values}


def proposal_changes(
    proposals: Proposals, opened: OpenProposal, lang: Lang
) -> list[dict[str, object]]:
    """Return the changes that a coach proposes, each with why it no longer fits, if it does not."""
    wrong = proposals.misfits(opened)
    proposed = opened.proposal.changes
    changes: list[dict[str, object]] = [
        {**change, "wrong": wrong[column].message(lang) if column in wrong else ""}
        for column, change in zip(
            proposed, changed_fields(opened.coach, proposed, lang), strict=True
        )
    ]
    labels = content.coaches()["columns"]
    beside: list[dict[str, object]] = [
        {"label": labels[column][lang], "before": "", "after": "", "wrong": why.message(lang)}
        for column, why in wrong.items()
        if column not in proposed
    ]
    return changes + beside


def _reader_lang(opened: OpenProposal | ClosedProposal) -> str | None:
    return opened.staff.lang if opened.staff else None


def _name(opened: OpenProposal | ClosedProposal) -> str:
    return opened.coach.full_name if opened.coach else ""
