"""A draft is kept for later, written by several people, or thrown away."""

from dataclasses import dataclass
from typing import Final

from pydantic_core import PydanticCustomError

from chalicelib import content
from chalicelib.core.email_address import EMAIL_MAX_LENGTH
from chalicelib.core.errors import BadLink
from chalicelib.core.languages import Lang
from chalicelib.core.links import Links
from chalicelib.forms import field_types
from chalicelib.forms.drafts.draft import FormDraft
from chalicelib.forms.drafts.drafts import Drafts
from chalicelib.forms.drafts.letters import DraftLetters
from chalicelib.forms.drafts.refused import Holder
from chalicelib.forms.normalise import tidy
from chalicelib.forms.problems import InvalidForm, Problem
from chalicelib.views.draft_pages import DraftPages, Place
from chalicelib.web.pages import Pages
from chalicelib.web.request import Request, is_ticked, text_field
from chalicelib.web.responses import PRIVATE, Response, json_response, see_other

NAME_LENGTH: Final = 80

ADDRESSES: Final = ("contact_email", "applicant_email")
"""Fields whose address a link is offered to first."""


@dataclass(frozen=True)
class DraftSharing:
    drafts: Drafts
    letters: DraftLetters
    links: Links
    pages: Pages
    frame: DraftPages

    def show(
        self, request: Request, place: Place, holder: Holder, draft: FormDraft, page: str
    ) -> Response:
        return self._page(place, holder, draft, page, done=request.query.get("done", ""))

    def act(
        self, request: Request, place: Place, holder: Holder, page: str, fields: dict[str, object]
    ) -> Response:
        if page == "delete":
            return self._delete(place, holder, fields)
        editor = text_field(fields, "remove")
        if page == "colleagues" and editor:
            self.drafts.remove_editor(holder, editor)
            return see_other(place.to(page))
        if page == "colleagues" and is_ticked(fields, "renew"):
            fresh = self.letters.renew(self.drafts.get(holder), holder, place.lang)
            moved = Place(self.links.draft(*fresh), place.lang)
            if not request.wants_page:
                return json_response({"status": "renewed", "draft": moved.url}, PRIVATE)
            return see_other(moved.to(page, done="" if fresh == holder else "renewed"))
        draft = self.drafts.get(holder)
        entered = str(tidy(text_field(fields, "email")))
        name = str(tidy(text_field(fields, "name")))[:NAME_LENGTH]
        try:
            email = field_types.email(entered)
        except PydanticCustomError:
            wrong = str(content.messages()["email"][place.lang])
            if not request.wants_page:
                refused = InvalidForm([Problem("email", "email")])
                return self.frame.problems.respond(request, refused, place.lang)
            return self._page(place, holder, draft, page, entered=entered[:EMAIL_MAX_LENGTH],
                              name=name, wrong=wrong, status=422)  # fmt: skip
        if page == "later":
            self.letters.keep(holder, email, place.lang)
        else:
            self.letters.invite(holder, email, name or email, place.lang)
        if not request.wants_page:
            return json_response({"status": "sent"}, PRIVATE, status=202)
        return self._page(place, holder, self.drafts.get(holder), page, sent_to=email)

    def _delete(self, place: Place, holder: Holder, fields: dict[str, object]) -> Response:
        confirmed = is_ticked(fields, "confirm")
        try:
            draft = self.drafts.get(holder)
        except BadLink:
            # Pressed twice: the first press has deleted it.
            if not confirmed or not self.drafts.is_gone(holder):
                raise
        else:
            if not draft.began(holder.editor) or not confirmed:
                return self._page(place, holder, draft, "delete", wrong="confirm", status=422)
            self.drafts.erase(holder)
        # The link that was used opens nothing any more, in no language: the switch leads to the form.
        form = self.pages.address("forms", holder.form)
        return self.pages.respond("draft_deleted", place.lang, {"form": holder.form}, address=form)

    def _page(  # noqa: PLR0913
        self,
        place: Place,
        holder: Holder,
        draft: FormDraft,
        page: str,
        *,
        entered: str = "",
        name: str = "",
        wrong: str = "",
        sent_to: str = "",
        done: str = "",
        status: int = 200,
    ) -> Response:
        facts = {
            **self.frame.about(place, draft),
            "entered": entered or (_first_address(draft, holder) if page == "later" else ""),
            "name": name,
            "wrong": wrong,
            "sent_to": sent_to,
            "done": done,
            "editors": _editors(draft, holder, place.lang),
            "began": draft.began(holder.editor),
            "renewable": draft.kept_by(holder.editor),
        }
        address = f"{place.url}/{page}"
        return self.pages.respond(
            f"draft_{page}", place.lang, facts, address=address, status=status
        )


def _first_address(draft: FormDraft, holder: Holder) -> str:
    """Return the address that a link is offered to first; none to a colleague, whose link is not
    for the address of whoever began the draft."""
    if not draft.may_move(holder.editor):
        return ""
    found = [draft.email, *(draft.values.get(key, "") for key in ADDRESSES)]
    return next((text for text in found if isinstance(text, str) and text), "")


def _editors(
    draft: FormDraft, holder: Holder, lang: Lang
) -> list[tuple[str, str, bool, list[str]]]:
    """Return who has a link: id, name, whether it is the reader, and what they saved last."""
    from chalicelib.views.draft_pages import section_title

    return [
        (
            editor,
            name,
            editor == holder.editor,
            [
                section_title(draft.form, section, lang)
                for section, saved in draft.sections.items()
                if saved.by == editor
            ],
        )
        for editor, name in draft.editors.items()
    ]
