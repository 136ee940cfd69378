"""The parts of forms that are begun: what may be done with them, and the letters that they owe."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.cases.added_documents import AddedDocuments
from chalicelib.forms.attachment import Attachment
from chalicelib.forms.attachments.attachments import Attachments
from chalicelib.forms.attachments.minding import AttachmentMinder
from chalicelib.forms.drafts.drafts import Drafts
from chalicelib.forms.drafts.letters import DraftLetters
from chalicelib.wiring.parts import Parts

if TYPE_CHECKING:
    from chalicelib.cases.intake.receive import Intake
    from chalicelib.views.drafts import DraftViews, Prefilled
    from chalicelib.web.pages import Pages
    from chalicelib.web.problems import Problems


class FormDrafts:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @cached_property
    def drafts(self) -> Drafts:
        parts = self._parts
        return Drafts(parts.store, parts.now, parts.people_key, parts.settings.posts_per_hour)

    @cached_property
    def letters(self) -> DraftLetters:
        parts = self._parts
        return DraftLetters(parts.store, self.drafts, parts.now, parts.people_key)

    @cached_property
    def attachments(self) -> Attachments:
        parts = self._parts
        return Attachments(parts.store, self.drafts, parts.documents, parts.now, parts.people_key)

    def document_link(self, found: Sequence[Attachment], wanted: str) -> str:
        """Return the address that saves one of these documents. Raises NotFound."""
        return self.attachments.link(found, wanted)

    @cached_property
    def added(self) -> AddedDocuments:
        """Documents that come to a file after it was sent."""
        parts = self._parts
        return AddedDocuments(parts.store, parts.documents, parts.now, parts.keys)

    @cached_property
    def minder(self) -> AttachmentMinder:
        parts = self._parts
        added = self.added.arrival
        return AttachmentMinder(parts.store, parts.documents, added, parts.measure, parts.now)

    def views(
        self, intake: "Intake", prefilled: "Prefilled", pages: "Pages", problems: "Problems"
    ) -> "DraftViews":
        from chalicelib.cases.intake.draft_sending import DraftSending
        from chalicelib.views.draft_documents import DraftDocuments
        from chalicelib.views.draft_pages import DraftPages
        from chalicelib.views.draft_section_pages import SectionPages
        from chalicelib.views.draft_sections import DraftSections
        from chalicelib.views.draft_sharing import DraftSharing
        from chalicelib.views.draft_two_versions import TwoVersions
        from chalicelib.views.drafts import DraftViews

        parts = self._parts
        frame = DraftPages(pages, problems)
        texts = parts.consent_texts
        sections = SectionPages(pages, frame, parts.settings, texts, parts.now)
        return DraftViews(
            self.drafts,
            DraftSending(intake, self.drafts, parts.links),
            DraftSections(self.drafts, sections, TwoVersions(self.drafts, sections), parts.now),
            DraftSharing(self.drafts, self.letters, parts.links, pages, frame),
            DraftDocuments(self.attachments, self.drafts, pages, frame, problems),
            parts.links,
            parts.settings,
            frame,
            problems,
            prefilled,
            parts.now,
        )
