"""The pages behind a staff link to an issue that waits for approval."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from chalicelib import content
from chalicelib.cases.staff import Roster
from chalicelib.core import formatting
from chalicelib.core.errors import NotFound, RelaisError
from chalicelib.core.formatting import masked
from chalicelib.core.languages import LANGS, Lang
from chalicelib.core.links import Links
from chalicelib.core.ports import Store
from chalicelib.core.records import moment
from chalicelib.newsletter.issues import approval
from chalicelib.newsletter.issues.approval import ApprovalInput, Approvals, OpenedIssueReview
from chalicelib.newsletter.issues.findings import finding_of, message
from chalicelib.newsletter.issues.issue import Issue, rendered_of
from chalicelib.newsletter.issues.rendered import Rendered
from chalicelib.views.issue_frames import IssueFrames
from chalicelib.views.issue_images import ImageOrigins
from chalicelib.web.pages import Pages
from chalicelib.web.problems import Problems
from chalicelib.web.request import Request, is_ticked, text_area, text_field
from chalicelib.web.responses import Response


@dataclass(frozen=True)
class IssueReviewViews:
    store: Store
    approvals: Approvals
    roster: Roster
    links: Links
    pages: Pages
    problems: Problems
    origins: ImageOrigins

    def show(self, request: Request, token: str) -> Response:
        """Answer with the page behind a review link; looking changes nothing."""
        opened = self.approvals.open(token)
        lang = request.language({}, _reader_lang(opened))
        if opened.standing == "open":
            return self._review(opened, lang, chosen=request.query.get("decision", ""))
        return self._standing_page(opened, lang, 200 if opened.standing == "decided" else 410)

    def mail(self, request: Request, token: str, lang: str) -> Response:
        """Answer with the mail as it will be received, in a page that can do nothing."""
        if lang not in LANGS:
            raise NotFound(lang)
        opened = self.approvals.open(token)
        text = None
        if opened.issue is not None and opened.standing in ("open", "decided"):
            text = self._rendered(opened.issue, lang)
        if text is None:
            return self._standing_page(opened, request.language({}, _reader_lang(opened)), 410)
        return self._frames.mail(text)

    def decide(self, request: Request, token: str) -> Response:
        opened = self.approvals.open(token)
        lang = request.language({}, _reader_lang(opened))
        try:
            fields = request.fields()
            lang = request.language(fields, _reader_lang(opened))
            given = _approval_input(fields)
            outcome, errors = self.approvals.decide(opened, given)
        except RelaisError as error:
            return self.problems.respond(request, error, lang)
        match outcome:
            case "invalid":
                return self._review(opened, lang, errors=errors, given=given)
            case "decided":
                return self._standing_page(self.approvals.open(token), lang, 200)
            case "late":
                return self._late(self.approvals.open(token), lang, given)
        assert_never(outcome)

    def _late(self, again: OpenedIssueReview, lang: Lang, given: ApprovalInput) -> Response:
        if again.standing == "open":
            # Somebody asked for other opinions in the same moment: nothing is lost but the post.
            return self._review(again, lang, errors=(("decision", "moved"),), given=given)
        return self._standing_page(again, lang, 409 if again.standing == "decided" else 410)

    def _review(
        self,
        opened: OpenedIssueReview,
        lang: Lang,
        *,
        chosen: str = "",
        errors: tuple[tuple[str, str], ...] = (),
        given: ApprovalInput | None = None,
    ) -> Response:
        issue, staff, _ = opened.whole
        texts = content.newsroom()
        levels = content.preflight()["levels"]
        address = self._address(opened)
        findings = [finding_of(kept) for kept in issue.checks]
        facts = {
            "issue": issue,
            "authors": ", ".join(self._names(issue.authors)),
            "checks": [
                {"level": levels[finding.level][lang], "text": message(finding, lang)}
                for finding in findings
            ],
            "texts": [self._shown(issue, code, address) for code in LANGS],
            "choices": [
                {"id": name, "label": row[lang]} for name, row in texts["decisions"].items()
            ],
            "chosen": given.decision if given else chosen,
            "remarks": given.remarks if given else "",
            "errors": [
                {"field": field, "message": texts["errors"][code][lang]} for field, code in errors
            ],
            "recipient_masked": masked(staff.email),
            "name": staff.name,
            "nonce": self.links.nonce(opened.token),
            "action": address,
        }
        status = 422 if errors else 200
        return self.pages.respond(
            "newsletter_approval", lang, facts, address=address, status=status
        )

    def _shown(self, issue: Issue, lang: str, address: str) -> dict[str, str]:
        text = self._rendered(issue, lang)
        assert text is not None
        mail = self._frames.sample(text)
        return {
            "lang": lang,
            "subject": mail.subject,
            "preheader": text.preheader,
            "text": mail.text,
            "url": f"{address}/{lang}",
        }

    def _rendered(self, issue: Issue, lang: str) -> Rendered | None:
        return rendered_of(self.store, issue, lang)

    @property
    def _frames(self) -> IssueFrames:
        return IssueFrames(self.pages, self.origins)

    def _standing_page(self, opened: OpenedIssueReview, lang: Lang, status: int) -> Response:
        standing: str = opened.standing
        names: dict[str, object] = {}
        remarks = ""
        if standing == "decided":
            issue, _, _ = opened.whole
            decided = issue.approved
            assert decided is not None
            standing = "approved" if decided["decision"] == approval.APPROVE else "sent_back"
            at = formatting.date_and_time(moment(decided["at"]), lang)
            names = {
                "name": decided["name"],
                "version": decided["version"],
                "issue": issue.id,
                "at": at,
            }
            remarks = decided["remarks"]
        text = content.newsroom()["standing"][standing]
        facts = {
            "title": text["title"][lang],
            "detail": text["detail"][lang].format(**names),
            "remarks": remarks,
        }
        return self.pages.respond(
            "newsletter_decided", lang, facts, address=self._address(opened), status=status
        )

    def _names(self, staff_ids: list[str]) -> list[str]:
        found = [(staff_id, self.roster.get(staff_id)) for staff_id in staff_ids]
        return [staff.name if staff else staff_id for staff_id, staff in found]

    def _address(self, opened: OpenedIssueReview) -> str:
        return self.pages.address(approval.PAGE, opened.token)


def _approval_input(fields: Mapping[str, object]) -> ApprovalInput:
    return ApprovalInput(
        decision=text_field(fields, "decision"),
        remarks=text_area(fields, "remarks"),
        confirm=is_ticked(fields, "confirm"),
        code=text_field(fields, "code"),
        nonce=text_field(fields, "nonce"),
    )


def _reader_lang(opened: OpenedIssueReview) -> str | None:
    return opened.staff.lang if opened.staff else None
