"""A form as it is offered: described with the words of this deployment, and what its page sends
back of them."""

from typing import Any, Final

from chalicelib.cases.lookup import Cases
from chalicelib.core.languages import Lang
from chalicelib.core.settings import Settings
from chalicelib.forms import description
from chalicelib.forms.notice import notice
from chalicelib.newsletter.subscribers import consent_text
from chalicelib.newsletter.subscribers.consent_text import SHOWN_FIELD, ConsentTexts

NEWSLETTER: Final = "newsletter"
"""The form that signs up: its consent is the whole of it."""


def describe_form(
    form: str, lang: Lang, settings: Settings, texts: ConsentTexts | None
) -> dict[str, Any]:
    """Return what a page of the form is built from. `texts` seals the consent that it shows;
    without them the page brings none back, and the words of the day count."""
    signs_up = form == NEWSLETTER
    offered = consent_text.consent(lang, settings).text if signs_up else ""
    described = description.describe(
        form,
        lang,
        privacy_contact=settings.privacy_contact,
        privacy_policy=settings.privacy_policy(lang),
        newsletter=offered or consent_text.box(lang, settings),
    )
    seals = texts is not None and (signs_up or form == "eoi")
    shown = notice(form, lang, settings)
    return {
        **described,
        **({SHOWN_FIELD: texts.shown(lang)} if texts and seals else {}),
        # What the form sends back, to say which words it showed.
        **({} if shown is None else {"notice_hash": shown.text_hash}),
        "action": f"{settings.public_url}/{form if signs_up else f'forms/{form}'}",
    }


def known_of(invite: str, cases: Cases, lang: Lang) -> dict[str, object]:
    """Return what an invited applicant told us before, as it is entered in an application. Raises
    what a bad invitation deserves."""
    from chalicelib.forms import prefill
    from chalicelib.forms.entered import entered

    return dict(entered("application", prefill.prefill(cases.invited(invite).answers), lang))
