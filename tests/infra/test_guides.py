"""The guides of a first afternoon say in two languages what the commands say."""

import ast
import re

import pytest

import gallery
import pictures
from infra.operator.doctor import CHECKS
from infra.package import ROOT

GUIDES = {
    lang: (ROOT / "docs" / f"operators.{lang}.md").read_text("utf-8") for lang in ("en", "fr")
}

SAID = "\n".join(
    node.value
    for room in ("infra", "chalicelib")
    for path in sorted((ROOT / room).rglob("*.py"))
    for node in ast.walk(ast.parse(path.read_text("utf-8")))
    if isinstance(node, ast.Constant) and isinstance(node.value, str)
)
"""Every string of the source: what a command can say."""


def blocks(guide: str) -> list[str]:
    return re.findall(r"^```\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)


def answers(guide: str) -> list[str]:
    """What the commands answer: in the blocks below a command, and in the table of step 5."""
    lines = [line for block in blocks(guide) for line in block.splitlines()]
    cells = re.findall(r"^\| `([^`]+)` \|", guide.partition("## 5.")[2].partition("## 6.")[0], re.M)
    return [line for line in lines if not line.startswith("$")] + cells


def test_both_guides_have_the_same_steps_commands_and_answers() -> None:
    en, fr = (GUIDES[lang] for lang in ("en", "fr"))
    assert blocks(en) == blocks(fr)
    assert answers(en) == answers(fr)
    heads = [re.findall(r"^## (\d+)\. ", guide, re.MULTILINE) for guide in (en, fr)]
    assert heads[0] == heads[1] == [str(n) for n in range(1, 11)]
    links = [re.findall(r"\]\((?!operators\.)([^)]+)\)", guide) for guide in (en, fr)]
    assert links[0] == links[1]


@pytest.mark.parametrize("answer", answers(GUIDES["en"]))
def test_what_the_guides_show_is_what_the_commands_say(answer: str) -> None:
    if answer.startswith("Well"):
        assert answer == f"Well: {len(CHECKS)} checks"
        return
    parts = re.split(
        r"…|\d+|relais-prod|prod|Sender|AccessDenied|https://| in infra/stages/.*", answer
    )
    for part in (part.strip(" ():") for part in parts):
        assert part.removeprefix("wrong").strip() in SAID, part


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_step_says_how_it_went(lang: str) -> None:
    well = {"en": "**It went well**", "fr": "**Tout va bien**"}[lang]
    steps = re.split(r"^## \d+\. ", GUIDES[lang], flags=re.MULTILINE)[1:]
    # Filling in a file shows nothing, and the last is what comes after.
    assert [n for n, step in enumerate(steps, 1) if well not in step] == [4, 10]


def test_both_guides_for_staff_show_the_same_pictures_of_pages_that_are_tested() -> None:
    en, fr = (list(pictures.named(lang)) for lang in ("en", "fr"))
    assert len(en) >= 8
    assert [(one.page, one.screens) for one in en] == [(one.page, one.screens) for one in fr]
    for one in [*en, *fr]:
        assert one.page in gallery.PAGES
        assert one.path.exists(), "make pictures"
    assert {path.name for path in (ROOT / "docs" / "pictures").iterdir()} == {
        one.path.name for one in [*en, *fr]
    }
    heads = [
        re.findall(r"^## ", (ROOT / "docs" / f"staff.{lang}.md").read_text("utf-8"), re.M)
        for lang in ("en", "fr")
    ]
    assert len(heads[0]) == len(heads[1])


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_word_to_press_in_a_guide_stands_on_the_pages(lang: str) -> None:
    shown = "\n".join(
        path.read_text("utf-8")
        for folder in ("templates", "chalicelib/content")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in (".html", ".json")
    )
    guide = (ROOT / "docs" / f"staff.{lang}.md").read_text("utf-8")
    words = re.findall(r"\*\*([^*]+)\*\*", guide)
    assert len(words) > 10
    for word in words:
        assert word in shown or word.capitalize() in shown, word
