"""French as it is typeset in Canada, in all content and in every French passage of a template."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.content import HERE
from chalicelib.newsletter.issues import typography

TEMPLATES = HERE.parent.parent / "templates"
N = "\u00a0"


def faults(text: str) -> list[str]:
    return [f"{name}: {text!r}" for name in typography.faults(text)]


def french(content: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(content, dict):
        for key, value in content.items():
            if key == "fr":
                yield from strings(value, f"{place}.fr")
            else:
                yield from french(value, f"{place}.{key}")
    elif isinstance(content, list):
        for number, value in enumerate(content):
            yield from french(value, f"{place}[{number}]")


def strings(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from strings(inner, f"{place}.{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from strings(inner, f"{place}[{number}]")


# ---------------------------------------------------------------- templates

TAG = re.compile(r"\{%-?\s*(.*?)\s*-?%\}|\{#.*?#\}", re.DOTALL)
INLINE = re.compile(r'"([^"]*)"\s+if lang == "fr"\s+else\s+"([^"]*)"')
WORDS = re.compile(r'"fr":\s*\{(.*?)\}\s*,?\s*"en"', re.DOTALL)


def passages(template: str) -> Iterator[str]:
    """What stands under `{% if lang == "fr" %}`, and French strings in expressions."""
    yield from (found[1] for found in INLINE.finditer(template))
    for table in WORDS.finditer(template):
        yield from re.findall(r':\s*"([^"]*)"', table[1])
    under: list[bool] = []
    at = 0
    for tag in TAG.finditer(template):
        if any(under):
            yield template[at : tag.start()]
        at = tag.end()
        said = tag[1] or ""
        if said.startswith("if "):
            under.append(said == 'if lang == "fr"')
        elif said.startswith(("else", "elif")) and under:
            under[-1] = False
        elif said == "endif":
            under.pop()


def lines(passage: str) -> Iterator[str]:
    text = INLINE.sub("", passage)
    text = re.sub(r"\{\{.*?\}\}", "X", text, flags=re.DOTALL)
    for line in html.unescape(re.sub(r"<[^>]*>", "", text)).splitlines():
        if line.strip(" \n"):
            yield line.strip(" \n").removeprefix("- ")


# ---------------------------------------------------------------- tests


@pytest.mark.parametrize("path", sorted(HERE.glob("*.json")), ids=lambda p: p.name)
def test_french_content_is_typeset(path: Path) -> None:
    found = french(json.loads(path.read_text("utf-8")), path.stem)
    wrong = [f"{place}: {fault}" for place, text in found for fault in faults(text)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "path",
    sorted(p for p in TEMPLATES.rglob("*") if p.suffix in (".html", ".txt")),
    ids=lambda p: str(p.relative_to(TEMPLATES)),
)
def test_french_in_templates_is_typeset(path: Path) -> None:
    found = (line for part in passages(path.read_text("utf-8")) for line in lines(part))
    wrong = [fault for line in found for fault in faults(line)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", sorted(HERE.glob("*.json")), ids=lambda p: p.name)
def test_english_content_has_curly_apostrophes(path: Path) -> None:
    flipped = path.read_text("utf-8").replace('"fr":', '"français":').replace('"en":', '"fr":')
    found = french(json.loads(flipped), path.stem)
    wrong = [f"{place}: {text}" for place, text in found if re.search(r"\w'\w|  ", text)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "good",
    [
        f"Voici pourquoi{N}: «{N}trop tôt{N}».",
        f"Le total est de 24{N}350,72{N}$, soit 40{N}%.",
        "De 14:30 à 15:00, voir https://example.org/a:b!",
        f"Priorité no{N}1; qui, quoi? Ici!",
        f"Composez le 514{N}555-0123.",
    ],
)
def test_good_french_passes(good: str) -> None:
    assert faults(good) == []


@pytest.mark.parametrize(
    "bad",
    [
        "L'enjeu",
        "Voici pourquoi: trop tôt",
        "Voici pourquoi : trop tôt",
        f"« trop tôt{N}»",
        f"«{N}trop tôt »",
        "Quoi ?",
        f"Ici{N}!",
        "deux  espaces",
        "40 %",
        "40%",
        "12 500",
        "no 1",
        "“trop tôt”",
    ],
)
def test_bad_french_is_found(bad: str) -> None:
    assert faults(bad)


def test_french_passages_of_a_template_are_found() -> None:
    template = (
        '{% if lang == "fr" %}Un {% if a %}deux{% else %}trois{% endif %}{% else %}One{% endif %}'
        '{{ "Oui" if lang == "fr" else "Yes" }}{% if lang == "en" %}Two{% endif %}'
    )
    assert sorted("".join(passages(template)).split()) == ["OuiUn", "deuxtrois"]
