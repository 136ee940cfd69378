"""Pages for browsers: a template with its facts, in the frame and with the headers of every page."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

from chalicelib import content
from chalicelib.core.errors import StoreDown
from chalicelib.core.languages import Lang, other_language
from chalicelib.core.settings import Settings
from chalicelib.web.responses import HTML, PRIVATE, Response

SCRIPT: Final = ("kit", "pages.js")
"""Where the script of our own pages stands."""

_POSTED_TO: Final = (' method="post" action="', ' formaction="')
"""What the HTML of a page says ahead of the address that a form is posted to."""

CoachNames = Callable[[Lang], Sequence[tuple[str, str]]]
"""Returns the coaches that a form offers, each by its id and name, in the order of a language."""

MAX_COACHES: Final = 200
"""Coaches that a form offers as a list: beyond, it asks for one and leads to the directory."""


class Pages:
    """Makes every page of Relais. The templates, and Jinja, are loaded with the first one."""

    def __init__(self, settings: Settings, coach_names: CoachNames | None = None) -> None:
        """`coach_names` lists the coaches for whoever chooses one in a form."""
        self._settings = settings
        self._coach_names = coach_names

    def respond(
        self,
        template: str,
        lang: Lang,
        facts: Mapping[str, object],
        *,
        address: str = "",
        switch_url: str = "",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        scripted: bool = False,
        framed: bool = False,
    ) -> Response:
        """Return `templates/pages/{template}.html` with its facts, or that of another folder.

        `address` is where the page stands, whatever its language: the link to the other language
        leads there, or to `switch_url`, and there is none without them. A page is never stored, found, framed or named
        to other sites, unless `headers` say otherwise; `framed` lets it frame pages of ours.
        """
        from chalicelib.web import rendering

        if address:
            switch_url = in_language(address, other_language(lang))
        frame = self._frame(lang)
        html = rendering.render(
            template,
            lang,
            {"coach_list": partial(self._coach_list, lang), **facts},
            frame=frame,
            switch_url=switch_url,
        )
        html = self._posted_in_language(html, lang)
        fixed = {
            **PRIVATE,
            "Content-Security-Policy": self._policy_of_forms(scripted=scripted, framed=framed),
        }
        return Response(status, html, HTML, {**fixed, **(headers or {})})

    def _coach_list(self, lang: Lang) -> Sequence[tuple[str, str]]:
        """Return the coaches to choose from; none while they are too many, or out of reach."""
        with suppress(StoreDown):
            found = self._coach_names(lang) if self._coach_names else ()
            return found if len(found) <= MAX_COACHES else ()
        return ()

    def _posted_in_language(self, html: str, lang: Lang) -> str:
        """Return a page whose forms say its language in the address that they are posted to: of a
        body that is too large, or broken, nothing else of the form is ever read."""
        for mark in _POSTED_TO:
            before, *others = html.split(mark)
            html = mark.join([before, *(self._in_language(other, lang) for other in others)])
        return html

    def _in_language(self, html: str, lang: Lang) -> str:
        """Return HTML that begins with an address of a form, where it is ours with its language."""
        address, end, after = html.partition('"')
        says = "?lang=" in address or ";lang=" in address
        if says or not address.startswith(self.address("")):
            return html
        return f"{address}{'&amp;' if '?' in address else '?'}lang={lang}{end}{after}"

    def address(self, *parts: str) -> str:
        """Return the public address of a page: `address("coaches", slug)` is `…/coaches/{slug}`."""
        return "/".join((self._settings.public_url, *parts))

    def photo_origins(self) -> list[str]:
        """Return where a page may show pictures from: the website, each with a slash at its end."""
        return [origin + "/" for origin in self._settings.allowed_origins]

    def policy(
        self,
        *,
        images: Sequence[str],
        forms: Sequence[str] = ("'none'",),
        framed_by: str = "'none'",
    ) -> str:
        """Return a Content-Security-Policy: our style sheet, no script, and these origins alone
        for pictures and for what forms are sent to."""
        from chalicelib.core.page_style import page_style

        logo = content.theme()["logo"]
        shown = [*images, logo] if logo else images
        return (
            f"default-src 'none'; style-src '{page_style().named}'; "
            f"form-action {' '.join(forms)}; img-src {' '.join(shown)}; "
            f"frame-ancestors {framed_by}; base-uri 'none'"
        )

    def _policy_of_forms(self, *, scripted: bool, framed: bool) -> str:
        # Browsers hold the redirect after a form to form-action too: the website is part of it.
        forms = ["'self'", *self._settings.allowed_origins]
        policy = self.policy(images=self.photo_origins(), forms=forms)
        policy += "; frame-src 'self'" if framed else ""
        return self.with_script(policy) if scripted else policy

    def with_script(self, policy: str, *scripts: Sequence[str]) -> str:
        """Return a policy that lets scripts of ours run besides: that of all pages, or others."""
        places = " ".join(self.address(*each) for each in scripts or (SCRIPT,))
        return f"{policy}; script-src {places}; connect-src 'self'"

    def _frame(self, lang: Lang) -> dict[str, str]:
        """Return what every page says of the organisation."""
        settings = self._settings
        return {
            "organization": settings.organization_name,
            "contact_email": settings.contact_email,
            "privacy_contact": settings.privacy_contact,
            "person_in_charge": settings.person_in_charge(lang),
            "website_url": settings.site(lang),
            "script": self.address(*SCRIPT),
            "home_url": in_language(self.address(""), lang),
        }


def in_language(address: str, lang: str) -> str:
    """Return the address with `lang` added to its query."""
    return f"{address}{'&' if '?' in address else '?'}lang={lang}"
