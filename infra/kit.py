"""Writes the kit that websites paste: `python -m infra.kit` writes the one of website/kit."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from chalicelib.core.languages import LANGS
from chalicelib.core.settings import Settings
from chalicelib.newsletter.subscribers.consent_text import ConsentTexts
from chalicelib.views import kit_parts
from infra.kit_types import declarations

KIT: Final = Path(__file__).resolve().parent.parent / "website" / "kit"

EXAMPLE: Final = Settings.model_construct(
    public_url="https://relais.example.org/api",
    website_url="https://www.example.org",
    organization_name="Innoweave",
    contact_email="info@example.org",
    privacy_contact="vieprivee@example.org",
    privacy_policy_fr="https://www.example.org/fr/confidentialite",
    privacy_policy_en="https://www.example.org/en/privacy",
    postal_address="1234, rue Exemple, Montréal (Québec) H2X 1Y4",
)
"""What the kit of the repository says of whom it is for: `relais kit write` says it of a stage."""


def files(settings: Settings, texts: ConsentTexts | None) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each file of the kit."""
    for name in kit_parts.PARTS:
        for lang in LANGS:
            yield f"{name}.{lang}.html", kit_parts.part(name, lang, settings, texts)
    for name in kit_parts.FILES:
        yield name, kit_parts.file(name)
    yield "relais.d.ts", declarations()


def write(folder: Path, settings: Settings, texts: ConsentTexts | None) -> int:
    """Write the kit into a folder; return how many files it has."""
    folder.mkdir(parents=True, exist_ok=True)
    found = dict(files(settings, texts))
    for name, text in found.items():
        (folder / name).write_text(text, "utf-8")
    return len(found)


if __name__ == "__main__":
    sys.stdout.write(f"Wrote {write(KIT, EXAMPLE, None)} files to {KIT}\n")
