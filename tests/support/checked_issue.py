"""An issue in two files and its check, as the tests of both need them."""

from datetime import UTC, datetime
from pathlib import Path

from accounts import SetAccount
from chalicelib.newsletter.issues.findings import Finding
from chalicelib.newsletter.issues.preflight import LinkAnswer, PreflightContext, check
from chalicelib.newsletter.issues.source import read_folder
from chalicelib.newsletter.pace import Allowance
from issue_factory import IMPRINT

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)

HEAD = """---
subject: {subject}
preheader: {preheader}
slug: 2026-03
date: 2026-03-02
topics:
---
"""
FR = HEAD.format(subject="Le printemps arrive", preheader="Trois dates à retenir") + (
    "\n## Des dates\n\nVoici [le programme](https://www.example.org/p)\u00a0: à bientôt!\n"
)
EN = HEAD.format(subject="Spring is here", preheader="Three dates to keep") + (
    "\n## Dates\n\nHere is [the programme](https://www.example.org/p): see you soon!\n"
)


CONTEXT = PreflightContext(
    imprint=IMPRINT,
    sender="Innoweave <forms@example.org>",
    images_from=("https://www.example.org",),
    account=SetAccount(Allowance(rate=14, daily=50_000, used=1_000)),
    at_most=1000,
    audience=lambda topics: {"fr": 120, "en": 80},
    now=NOW,
    tries=lambda urls: {url: LinkAnswer("well") for url in urls},
)


def checked(
    folder: Path, fr: str | bytes = FR, en: str | bytes = EN, context: PreflightContext = CONTEXT
) -> list[Finding]:
    for name, text in (("fr.md", fr), ("en.md", en)):
        (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return check(*read_folder(folder), context)[1]


def both(old: str, new: str) -> dict[str, str]:
    return {"fr": FR.replace(old, new), "en": EN.replace(old, new)}
