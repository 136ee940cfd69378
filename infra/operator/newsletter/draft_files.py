"""The files of an issue that is begun."""

from datetime import date
from pathlib import Path

from chalicelib.core.languages import LANGS
from chalicelib.newsletter.issues import draft_template


def begin(folder: Path, slug: str, today: date) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for lang in LANGS:
        (folder / f"{lang}.md").write_text(draft_template.text(lang, slug, today), "utf-8")
