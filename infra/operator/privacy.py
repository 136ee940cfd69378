"""`relais privacy …`: what the programme says of personal information, as pages."""

from pathlib import Path
from typing import Final

import typer

from chalicelib.core.languages import LANGS
from chalicelib.people import retention
from infra.operator.commands import Commands
from infra.operator.session import session_of
from infra.package import ROOT

START: Final = "<!-- retention -->"
END: Final = "<!-- /retention -->"

commands = Commands("Keep the pages about personal information.")


@commands.add("print")
def print_(context: typer.Context) -> None:
    """Write the table of what is kept into docs/privacy.fr.md and docs/privacy.en.md."""
    session = session_of(context)
    for lang in LANGS:
        path = page(lang)
        text = path.read_text("utf-8")
        table = f"\n\n{retention.table(lang)}\n\n"
        before, _, rest = text.partition(START)
        path.write_text(f"{before}{START}{table}{END}{rest.partition(END)[2]}", "utf-8")
        session.say(f"Wrote {path.relative_to(ROOT)}")


def page(lang: str) -> Path:
    return ROOT / "docs" / f"privacy.{lang}.md"
