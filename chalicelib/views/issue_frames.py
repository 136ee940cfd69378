"""An issue as it will be read, in pages that can do nothing: the mail, its text part, its page."""

from dataclasses import dataclass
from datetime import date

from chalicelib.core.languages import LANGS, Lang
from chalicelib.newsletter.issues.rendered import Filled, Rendered, fill
from chalicelib.views.issue_images import ImageOrigins
from chalicelib.web.pages import Pages, in_language
from chalicelib.web.responses import HTML, PRIVATE, Response


@dataclass(frozen=True)
class IssueFrames:
    pages: Pages
    origins: ImageOrigins

    def sample(self, text: Rendered) -> Filled:
        """Fill a text as nobody's: the public form of the newsletter stands where a subscriber's
        own links will."""
        form = self.pages.address("newsletter")
        return fill(text, {"unsubscribe_url": form, "preferences_url": form, "first_name": ""})

    def mail(self, text: Rendered, *, framed: bool = False) -> Response:
        """Return the mail as it will be received; `framed` for a page of ours that shows it."""
        html = self.sample(text).html
        headers = {**PRIVATE, "Content-Security-Policy": self._policy(html, framed=framed)}
        return Response(200, html, HTML, headers)

    def text(self, text: Rendered) -> Response:
        """Return the text part, in a page to be framed."""
        filled = self.sample(text)
        facts = {"subject": filled.subject, "text": filled.text}
        headers = {"Content-Security-Policy": self._policy("", framed=True)}
        lang: Lang = "fr" if text.lang == "fr" else "en"
        return self.pages.respond("desk/text_part", lang, facts, headers=headers)

    def page(self, lang: Lang, title: str, summary: str, day: date, body: str) -> Response:
        """Return the page of the archive, to be framed; its links lead to where they will."""
        from markupsafe import Markup

        archive = self.pages.address("newsletter", "archive")
        feed = self.pages.address("newsletter", "feed")
        facts: dict[str, object] = {
            "title": title,
            "summary": summary,
            "date": day,
            "body": Markup(body),
            "archive_url": in_language(archive, lang),
            "form_url": in_language(self.pages.address("newsletter"), lang),
            "own_url": in_language(archive, lang),
            "alternates": {code: in_language(archive, code) for code in LANGS},
            "feeds": {"atom": f"{feed}.{lang}.xml", "json": f"{feed}.{lang}.json"},
        }
        policy = self.pages.policy(images=self.origins(body), framed_by="'self'")
        headers = {"Content-Security-Policy": f"sandbox; {policy}"}
        return self.pages.respond("newsletter_issue", lang, facts, headers=headers)

    def _policy(self, html: str, *, framed: bool) -> str:
        origins = " ".join(self.origins(html))
        ancestors = "'self'" if framed else "'none'"
        return (
            f"sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src {origins}; "
            f"frame-ancestors {ancestors}; base-uri 'none'; form-action 'none'"
        )
