"""How far an issue is, for a terminal: its numbers, and a bar."""

from collections.abc import Iterator, Mapping

from chalicelib.content import load
from chalicelib.core import formatting
from chalicelib.core.languages import LANGS

BAR = 40

Counts = Mapping[str, Mapping[str, int]]
"""lang → name → number."""


def figures(counts: Counts, lang: str) -> Iterator[str]:
    labels = load("newsroom")["counts"]
    wide = max(len(row[lang]) for row in labels.values())
    yield bar(*done_of(counts))
    yield f"{'':{wide}}  {'FR':>9}  {'EN':>9}"
    for name, row in labels.items():
        numbers = "  ".join(f"{formatting.number(counts[of][name], lang):>9}" for of in LANGS)
        yield f"{row[lang]:{wide}}  {numbers}"


def done_of(counts: Counts) -> tuple[int, int]:
    """How many are dealt with, of how many."""
    done = sum(counts[lang][name] for lang in LANGS for name in ("sent", "skipped", "failed"))
    return done, sum(counts[lang]["queued"] for lang in LANGS)


def bar(done: int, queued: int) -> str:
    share = min(1.0, done / queued) if queued else 0.0
    filled = int(share * BAR)
    return f"[{'#' * filled}{'.' * (BAR - filled)}] {int(share * 100):3d} %  {done}/{queued}"
