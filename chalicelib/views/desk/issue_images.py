"""The images of an issue at the desk: brought, described in both languages, placed, taken away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib import content
from chalicelib.core.errors import NotFound
from chalicelib.core.languages import LANGS, Lang
from chalicelib.core.ports import Store
from chalicelib.newsletter.issues.drafting import standing_of
from chalicelib.newsletter.issues.image import ImageRefused, IssueImage, images_of, words_of
from chalicelib.newsletter.issues.image_bytes import IMAGE_MAX_BYTES, MOST_PIXELS_A_SIDE
from chalicelib.newsletter.issues.image_placing import line_of
from chalicelib.newsletter.issues.images import MOST_IMAGES, IssueImages
from chalicelib.newsletter.issues.issue import Issue, existing_issue, status_name
from chalicelib.views.desk.entry import Entry
from chalicelib.views.desk.visit import Visit
from chalicelib.views.documents import size_text
from chalicelib.views.issue_images import ImageOrigins
from chalicelib.web.html_forms import UploadedFile
from chalicelib.web.request import is_ticked, text_field
from chalicelib.web.responses import Response

SCRIPT: Final = ("kit", "images.js")
"""Where the script stands that makes a large image smaller before it is sent."""

ENOUGH_PIXELS_ACROSS: Final = 1_200
"""Twice what an issue shows, for screens with fine pixels."""

DONE: Final = ("image_added", "image_placed_now", "image_described", "image_removed")


@dataclass(frozen=True)
class IssueImageDeskViews:
    entry: Entry
    store: Store
    images: IssueImages
    origins: ImageOrigins

    def show(self, visit: Visit, issue: str) -> Response:
        return self._page(visit, existing_issue(self.store, issue))

    def act(self, visit: Visit, issue: str) -> Response:
        """Add an image, describe one, or take one away."""
        found = existing_issue(self.store, issue)
        fields, file = visit.with_file()
        act, _, name = text_field(fields, "act").partition(":")
        try:
            if act == "add":
                done = self._add(visit, found, fields, file or UploadedFile("", b""))
            elif act == "describe":
                done = self._describe(visit, found, fields, name)
            elif act == "remove":
                self.images.remove(found, name)
                done = "image_removed"
            else:
                raise NotFound(act)
        except ImageRefused as error:
            return self._page(
                visit, existing_issue(self.store, issue), why=error.why, of=name, entered=fields
            )
        return self.entry.go(f"{self._own(found)}?done={done}")

    def _add(
        self, visit: Visit, issue: Issue, fields: Mapping[str, object], file: UploadedFile
    ) -> str:
        words, staff = _words(fields), visit.signed_in.staff
        image = self.images.add(issue, file.name, file.body, words, staff.id)
        if not is_ticked(fields, "place"):
            return "image_added"
        edit = is_ticked(fields, "edit")
        written = self.images.place(issue, image, staff.id, edit=edit)
        return "image_added" if written.why else "image_placed_now"

    def _describe(self, visit: Visit, issue: Issue, fields: Mapping[str, object], name: str) -> str:
        edit, staff = is_ticked(fields, "edit"), visit.signed_in.staff
        written = self.images.describe(issue, name, _words(fields), staff.id, edit=edit)
        if written.why:
            raise ImageRefused("moved")
        return "image_described"

    def _own(self, issue: Issue) -> str:
        return self.entry.address("newsletter", issue.id, "images")

    def _page(
        self,
        visit: Visit,
        issue: Issue,
        *,
        why: str = "",
        of: str = "",
        entered: Mapping[str, object] | None = None,
    ) -> Response:
        lang, words, own = visit.lang, content.desk()["newsletter"], self._own(issue)
        done = visit.request.query.get("done", "")
        there, texts = images_of(self.store, issue.id), self.images.editing.read(issue)
        filled = {
            "state": status_name(issue.status, lang),
            "limit": size_text(IMAGE_MAX_BYTES, lang),
        }
        wrong = words[why][lang].format_map(filled) if why else ""
        facts: dict[str, object] = {
            "issue": issue.id,
            "standing": standing_of(issue),
            "images": [
                self._facts(one, lang, self.images.is_placed(texts, one.name)) for one in there
            ],
            "room": MOST_IMAGES - len(there),
            **_limits(lang),
            "script": self.entry.pages.address(*SCRIPT),
            "action": own,
            "back": self.entry.address("newsletter", issue.id, "text"),
            "why": why,
            "of": of,
            "wrong": wrong,
            "typed": _typed(entered),
            "nothing": _typed(None),
            "done": words[done][lang] if done in DONE and not why else "",
        }
        status = 409 if why in ("moved", "begun", "approved") else 422 if why else 200
        headers = {"Content-Security-Policy": self._policy(there)}
        return self.entry.page(
            visit, "issue_images", facts, address=own, status=status, headers=headers
        )

    def _policy(self, there: Sequence[IssueImage]) -> str:
        shown = " ".join(one.address(self.entry.settings.public_url) for one in there)
        pages = self.entry.pages
        return pages.with_script(pages.policy(images=self.origins(shown), forms=["'self'"]), SCRIPT)

    def _facts(self, image: IssueImage, lang: Lang, placed: bool) -> dict[str, object]:
        return {
            "name": image.name,
            "line": line_of(image.name),
            "url": image.address(self.entry.settings.public_url),
            "width": image.width,
            "height": image.height,
            "size": size_text(image.size, lang),
            **{f"words_{one}": image.words.get(one, "") for one in LANGS},
            "decorates": image.decorates,
            "placed": placed,
        }


def _limits(lang: Lang) -> dict[str, object]:
    """Return what an image may be, and how many an issue has."""
    return {
        "most": MOST_IMAGES,
        "bytes": IMAGE_MAX_BYTES,
        "limit": size_text(IMAGE_MAX_BYTES, lang),
        "pixels": MOST_PIXELS_A_SIDE,
        "wide": ENOUGH_PIXELS_ACROSS,
    }


def _typed(entered: Mapping[str, object] | None) -> dict[str, object]:
    """Return what a form is to have in it: what was typed, else what a new one has."""
    given = entered or {}
    words = {f"words_{lang}": text_field(given, f"words_{lang}") for lang in LANGS}
    placed = entered is None or is_ticked(given, "place")
    return {**words, "decorates": is_ticked(given, "decorates"), "place": placed}


def _words(fields: Mapping[str, object]) -> Mapping[str, str]:
    """Return what an image shows, in both languages; nothing for one that decorates. Raises
    ImageRefused."""
    if is_ticked(fields, "decorates"):
        return {}
    return words_of({lang: text_field(fields, f"words_{lang}") for lang in LANGS})
