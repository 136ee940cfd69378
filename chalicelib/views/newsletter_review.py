"""The staff's door to an issue that waits for approval."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from chalicelib.cases.staff import Roster, Staff
from chalicelib.content import load
from chalicelib.core import formatting
from chalicelib.core.errors import NotFound, RelaisError
from chalicelib.core.languages import LANGS, Lang, lang_or, other_language
from chalicelib.core.links import Links
from chalicelib.core.ports import Store
from chalicelib.core.records import moment
from chalicelib.newsletter.issues import approval
from chalicelib.newsletter.issues import issue as issues
from chalicelib.newsletter.issues.approval import ApprovalInput, Approvals, OpenedIssueReview
from chalicelib.newsletter.issues.findings import finding_of, message
from chalicelib.newsletter.issues.issue import Issue
from chalicelib.newsletter.issues.rendered import Rendered, fill
from chalicelib.web.request import Request, Response, lang_of, text_of, ticked
from chalicelib.web.responses import PRIVATE, Responder


@dataclass(frozen=True)
class IssueReviewViews:
    store: Store
    approvals: Approvals
    roster: Roster
    links: Links
    responder: Responder

    def show(self, request: Request, token: str) -> Response:
        """The page behind a review link; looking changes nothing."""
        opened = self.approvals.open(token)
        lang = _lang(request, opened.staff)
        if opened.standing == "open":
            return self._review(opened, lang, chosen=request.query.get("decision", ""))
        return self._told(opened, lang, 200 if opened.standing == "decided" else 410)

    def mail(self, request: Request, token: str, lang: str) -> Response:
        """The mail as it will be received, in a page that can do nothing."""
        if lang not in LANGS:
            raise NotFound(lang)
        opened = self.approvals.open(token)
        text = None
        if opened.issue is not None and opened.standing in ("open", "decided"):
            text = self._rendered(opened.issue, lang)
        if text is None:
            return self._told(opened, _lang(request, opened.staff), 410)
        origins = " ".join(self.responder.settings.image_origins)
        policy = (
            f"sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src {origins}; "
            "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
        )
        headers = {**PRIVATE, "Content-Security-Policy": policy}
        return Response(200, fill(text, self._sample()).html, "text/html; charset=utf-8", headers)

    def decide(self, request: Request, token: str) -> Response:
        opened = self.approvals.open(token)
        lang = _lang(request, opened.staff)
        try:
            fields = request.fields()
            lang = lang_of(fields, request) if "lang" in fields else lang
            typed = _typed(fields)
            outcome, errors = self.approvals.decide(opened, typed)
        except RelaisError as error:
            return self.responder.answer(request, error, lang)
        if outcome == "invalid":
            return self._review(opened, lang, errors=errors, typed=typed)
        again = self.approvals.open(token)
        if outcome == "decided":
            return self._told(again, lang, 200)
        if again.standing == "open":
            # Somebody asked for other opinions in the same moment: nothing is lost but the post.
            return self._review(again, lang, errors=(("decision", "moved"),), typed=typed)
        return self._told(again, lang, 409 if again.standing == "decided" else 410)

    def _review(
        self,
        opened: OpenedIssueReview,
        lang: Lang,
        *,
        chosen: str = "",
        errors: tuple[tuple[str, str], ...] = (),
        typed: ApprovalInput | None = None,
    ) -> Response:
        from chalicelib.cases.review.model import masked
        from chalicelib.web import pages

        issue, staff, _ = opened.whole
        texts = load("newsroom")
        address = self._address(opened)
        levels = load("preflight")["levels"]
        shown = [finding_of(kept) for kept in issue.checks]
        page = pages.newsletter(
            "approval",
            lang,
            issue=issue,
            authors=", ".join(self._names(issue.authors)),
            checks=[
                {"level": levels[finding.level][lang], "text": message(finding, lang)}
                for finding in shown
            ],
            texts=[self._shown(issue, code, address) for code in LANGS],
            choices=[{"id": name, "label": row[lang]} for name, row in texts["decisions"].items()],
            chosen=typed.decision if typed else chosen,
            remarks=typed.remarks if typed else "",
            errors=[
                {"field": field, "message": texts["errors"][code][lang]} for field, code in errors
            ],
            recipient_masked=masked(staff.email),
            name=staff.name,
            nonce=self.links.nonce(opened.token),
            action=address,
            switch_url=f"{address}?lang={other_language(lang)}",
            frame=self.responder.frame(lang),
        )
        return self.responder.page(page, 422 if errors else 200)

    def _shown(self, issue: Issue, lang: str, address: str) -> dict[str, str]:
        text = self._rendered(issue, lang)
        assert text is not None
        mail = fill(text, self._sample())
        return {
            "lang": lang,
            "subject": mail.subject,
            "preheader": text.preheader,
            "text": mail.text,
            "url": f"{address}/{lang}",
        }

    def _rendered(self, issue: Issue, lang: str) -> Rendered | None:
        return issues.rendered_of(self.store, issue, lang)

    def _sample(self) -> dict[str, str]:
        """What stands where a subscriber's own links will: the public form of the newsletter."""
        form = f"{self.responder.settings.public_url}/newsletter"
        return {"unsubscribe_url": form, "preferences_url": form, "first_name": ""}

    def _told(self, opened: OpenedIssueReview, lang: Lang, status: int) -> Response:
        from chalicelib.web import pages

        standing, facts, remarks = opened.standing, {}, ""
        if standing == "decided":
            issue, _, _ = opened.whole
            decided = issue.approved or {}
            standing = "approved" if decided["decision"] == approval.APPROVE else "sent_back"
            at = formatting.moment(moment(decided["at"]), lang)
            facts = {
                "name": decided["name"],
                "version": decided["version"],
                "issue": issue.id,
                "at": at,
            }
            remarks = decided["remarks"]
        text = load("newsroom")["standing"][standing]
        page = pages.newsletter(
            "decided",
            lang,
            title=text["title"][lang],
            detail=text["detail"][lang].format(**facts),
            remarks=remarks,
            switch_url=f"{self._address(opened)}?lang={other_language(lang)}",
            frame=self.responder.frame(lang),
        )
        return self.responder.page(page, status)

    def _names(self, staff_ids: list[str]) -> list[str]:
        found = [(staff_id, self.roster.get(staff_id)) for staff_id in staff_ids]
        return [staff.name if staff else staff_id for staff_id, staff in found]

    def _address(self, opened: OpenedIssueReview) -> str:
        return f"{self.responder.settings.public_url}/{approval.PAGE}/{opened.token}"


def _typed(fields: Mapping[str, Any]) -> ApprovalInput:
    return ApprovalInput(
        decision=text_of(fields, "decision"),
        remarks=text_of(fields, "remarks").replace("\r\n", "\n"),
        confirm=ticked(fields, "confirm"),
        code=text_of(fields, "code"),
        nonce=text_of(fields, "nonce"),
    )


def _lang(request: Request, staff: Staff | None) -> Lang:
    if staff is None:
        return request.lang
    return lang_or(request.query.get("lang"), cast(Lang, staff.lang))
