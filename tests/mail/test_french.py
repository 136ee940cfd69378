"""French as it is typeset in Canada: `relais content check` finds what is not, everywhere."""

import pytest

from chalicelib.content import HERE
from chalicelib.core import typography
from chalicelib.core.templates import TEMPLATES
from infra.content.check import WEBSITE
from infra.content.passages import one_language, passages, templates

N = "\u00a0"


def faults(text: str) -> list[str]:
    return [f"{name}: {text!r}" for name in typography.faults(text)]


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


def test_each_passage_of_a_template_is_found_in_its_language() -> None:
    template = (
        '{% if lang == "fr" %}Un {% if a %}deux{% else %}trois{% endif %}{% else %}One{% endif %}'
        '{{ "Oui" if lang == "fr" else "Yes" }}{% if lang == "en" %}Two{% endif %}{{ both }}'
    )
    found = {lang: " ".join(one.text for one in passages(template) if one.lang == lang)
             for lang in ("fr", "en")}  # fmt: skip
    assert sorted(found["fr"].split()) == ["Oui", "Un", "deux", "trois"]
    assert sorted(found["en"].split()) == ["One", "Two", "Yes"]
    assert list(one_language('{% if lang == "fr" %}Un texte{% endif %}')) == [1]
    assert list(one_language('{% if lang == "fr" %}Un{% else %}One{% endif %}')) == []


def test_the_french_of_all_templates_and_pages_is_read() -> None:
    read = [
        one for path in templates(TEMPLATES, WEBSITE) for one in passages(path.read_text("utf-8"))
    ]
    lines = [one.text for one in read if one.lang == "fr"]
    assert len(lines) > 500
    assert "Besoin d’aide? Écrivez à …. Protection des renseignements personnels" in " ".join(lines)
    assert len(list(HERE.glob("*.json"))) > 20
