"""`relais privacy …`: what the programme says of personal information, as pages."""

import re
from pathlib import Path
from typing import Final

import typer

from chalicelib.core.languages import LANGS
from chalicelib.people import retention
from infra.operator.commands import Commands
from infra.operator.session import session_of
from infra.package import ROOT

_TABLE: Final = re.compile(r"(<!-- retention -->\n\n).*?(\n\n<!-- /retention -->)", re.DOTALL)

commands = Commands("Keep the pages about personal information.")


@commands.add("print")
def print_(context: typer.Context) -> None:
    """Write the table of what is kept into docs/privacy.fr.md and docs/privacy.en.md."""
    session = session_of(context)
    for lang in LANGS:
        path = page(lang)
        text = path.read_text("utf-8")
        table = retention.table(lang)
        path.write_text(_TABLE.sub(lambda found: f"{found[1]}{table}{found[2]}", text), "utf-8")  # noqa: B023
        session.say(f"Wrote {path.relative_to(ROOT)}")


def page(lang: str) -> Path:
    return ROOT / "docs" / f"privacy.{lang}.md"
