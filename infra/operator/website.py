"""`relais kit write`: what a website pastes in its pages, in the words of one stage."""

from pathlib import Path
from typing import Annotated

import typer

from chalicelib.core.languages import LANGS
from chalicelib.newsletter.subscribers.consent_text import ConsentTexts
from chalicelib.services import Services
from chalicelib.views import kit_parts
from infra import kit
from infra.operator.commands import Commands
from infra.operator.session import session_of

commands = Commands("The forms and the directory for the pages of a website.")


@commands.callback()
def of_kit() -> None:
    """Write the forms and the directory for the pages of a website."""


@commands.add()
def write(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where to, such as a folder of the website.")],
) -> None:
    """Write each form, the directory, the script and the style sheet into a folder, to be pasted."""
    session = session_of(context)
    services = session.operator.services
    _keep_words(services)
    texts = ConsentTexts(services.settings, services.parts.people_key)
    session.say(f"Wrote {kit.write(folder, services.settings, texts)} files to {folder}")


def _keep_words(services: Services) -> None:
    """Keep the notices that these pages will show, before somebody agrees to them."""
    for form in kit_parts.PARTS:
        for lang in LANGS:
            if form != kit_parts.COACHES and (shown := services.notices.current(form, lang)):
                services.notices.keep(shown)
