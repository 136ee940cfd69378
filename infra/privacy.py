"""`python -m infra.privacy` writes the table of what is kept into the pages about privacy."""

from pathlib import Path

from chalicelib.core.languages import LANGS, Lang
from chalicelib.people import retention
from infra.package import ROOT

START = "<!-- retention -->"
END = "<!-- /retention -->"


def page(lang: Lang) -> Path:
    return ROOT / "docs" / f"privacy.{lang}.md"


def written(lang: Lang) -> str:
    """Return the page with the table as it is now."""
    before, _, rest = page(lang).read_text("utf-8").partition(START)
    return f"{before}{START}\n\n{retention.table(lang)}\n\n{END}{rest.partition(END)[2]}"


def main() -> None:
    for lang in LANGS:
        page(lang).write_text(written(lang), "utf-8")


if __name__ == "__main__":
    main()
