"""What mail programs make of each letter, as the package holds it: styled, small, known to them."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

import pytest

import gallery
from chalicelib import content
from chalicelib.core.languages import Lang
from chalicelib.forms import choices
from chalicelib.forms.description import readable
from chalicelib.mail.letters import PREHEADER_LENGTH, preheader
from letter_facts import LETTERS, composed
from packaged_letters import packaged_letters

LIMIT_BYTES: Final = 100_000
"""Gmail cuts off what comes after 102 kB."""

KNOWN: Final = json.loads((Path(__file__).parent / "can_i_email.json").read_text("utf-8"))

WORSE_WITHOUT: Final = {
    "border-radius": "corners are square",
    "max-height property": "the preheader is hidden by mso-hide",
    "table-layout": "a long address makes the letter wider",
    "overflow-wrap": "the same",
    "word-break": "the same",
    "white-space": "a reference may be broken at its hyphen",
    "overflow": "the preheader is hidden by display or mso-hide",
    "@media (prefers-color-scheme)": "the program turns the colours itself, or leaves them light",
    "color-scheme CSS property": "the same",
    "color-scheme meta tag": "the same",
    "display:none": "the preheader is a pixel high, in the colour of its ground",
    "<style> element": "letters stay light; all other styles stand in their elements",
    "<body> element": "the colours stand in a table as well",
    "role attribute": "tables are announced as such",
    "HTML5 semantics": "its content is shown as that of a div",
    "system-ui, ui-serif, ui-sans-serif, ui-rounded, ui-monospace": "the next font is taken",
}
"""What some program does not know, and what its reader sees instead."""

STYLED: Final = ("body", "h1", "h2", "p", "ul", "ol", "li", "dl", "dt", "dd", "a", "blockquote")
"""Elements that a program without a style sheet would draw in its own way."""


@pytest.fixture(scope="module", autouse=True)
def _as_packaged() -> Iterator[None]:
    with packaged_letters():
        yield


@pytest.fixture(scope="module")
def letters() -> dict[str, str]:
    names = [(name, lang) for name in LETTERS for lang in gallery.LANGS]
    return {f"{name} {lang}": composed(name, lang, "Table").html for name, lang in names}


class Elements(HTMLParser):
    """What a mail is made of, by the names that the data has for it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def features(page: str) -> set[str]:
    """Return the features that a mail uses, by their titles in the data."""
    used = set()
    declared = re.findall(
        r"([a-z-]+):([^;}\"]+)", "".join(re.findall(r"<style>(.*?)</style>", page, re.S))
    )
    for tag, attributes in Elements(page).found:
        used |= {f"<{tag}> element", tag, *(f"{name} attribute" for name in attributes)}
        if re.fullmatch("h[1-6]", tag):
            used.add("<h1> to <h6> elements")
        if tag in {"ul", "ol", "dl"}:
            used.add("<ul>, <ol> and <dl>")
        if tag in {"main", "footer", "header", "section", "nav", "article"}:
            used.add("HTML5 semantics")
        if attributes.get("href", "").startswith("mailto:"):
            used.add("mailto: links")
        if attributes.get("name") == "color-scheme":
            used.add("color-scheme meta tag")
        style = attributes.get("style", "")
        declared += [tuple(one.split(":", 1)) for one in style.split(";") if one]
    for name, value in declared:
        used |= {name, f"{name} property", f"{name} shorthand", f"{name} CSS property"}
        used |= {
            f"{name}:{value}",
            *(f"{unit} unit" for unit in re.findall(r"\d([a-z]+|%)", value)),
        }
        if "system-ui" in value:
            used.add("system-ui, ui-serif, ui-sans-serif, ui-rounded, ui-monospace")
    used |= {f"@media ({name})" for name in re.findall(r"@media \(([a-z-]+)", page)}
    return used


def test_programs_know_all_that_a_letter_cannot_be_read_without(letters: dict[str, str]) -> None:
    support = KNOWN["css"] | KNOWN["html"]
    issues = [mail for lang in gallery.LANGS for mail in gallery.issue_mails(lang).values()]
    used = set.union(*(features(page) for page in (*letters.values(), *issues))) & set(support)
    unknown = {name for name in used if "n" in support[name]}
    assert len(used) > 40
    assert unknown - set(WORSE_WITHOUT) == set()
    assert set(WORSE_WITHOUT) - unknown == set(), "programs have learned it, or letters left it"


def test_each_element_has_its_style_where_a_program_drops_sheets(letters: dict[str, str]) -> None:
    for name, page in letters.items():
        bare = {
            tag for tag, given in Elements(page).found if tag in STYLED and "style" not in given
        }
        assert bare == set(), name
        assert ".sheet{padding" not in page


def test_a_button_is_drawn_by_the_cell_around_it(letters: dict[str, str]) -> None:
    buttons = 0
    for page in letters.values():
        for cell, link in re.findall(r'(<td class="press"[^>]*>)(<a class="button"[^>]*>)', page):
            assert "background:#" in cell
            assert "mso-padding-alt:" in cell
            assert "display:inline-block" in link
            buttons += 1
        assert page.count('class="button"') == page.count('class="press"')
    assert buttons > 100


def answer(field: Any, text: str) -> Any:
    """Return the longest answer that a field takes."""
    match field["type"]:
        case "rows":
            row = {cell["key"]: answer(cell, text) for cell in field["fields"]}
            return [row] * field["max"]
        case "choices":
            return [option["id"] for option in choices.options(field)]
        case "choice":
            return choices.options(field)[0]["id"]
        case "lines":
            return [(text * 200)[: field["max_length"]]] * field["max"]
        case "bool" | "consent":
            return True
        case "money" | "decimal" | "int":
            return 99_999_900
        case "date":
            return "2026-09-30"
        case "month":
            return "2026-09"
        case "month_day":
            return "09-30"
        case "bn_rr":
            return "123456789RR0001"
        case "phone":
            return "+15145550123"
    return (text * 5000)[: field.get("max", 200)]


@pytest.mark.parametrize("lang", gallery.LANGS)
@pytest.mark.parametrize("typed", ["L’été à Gaspé. ", "&'<>", "\U0001f600"])
def test_the_longest_letter_is_shown_whole_by_gmail(lang: Lang, typed: str) -> None:
    copies = {}
    for form in ("application", "eoi"):
        fields = [f for section in content.form(form)["sections"] for f in section["fields"]]
        copies[form] = readable(form, {f["key"]: answer(f, typed) for f in fields}, lang)
    given = {
        "answers": copies["application"],
        "eoi_answers": copies["eoi"],
        "message": "Été\n" * 500,
    }
    sizes = {}
    for name in LETTERS:
        page = composed(name, lang, "Regroupement d’été " * 10, **given).html
        sizes[name] = len(page.encode())
    assert {name: size for name, size in sizes.items() if size >= LIMIT_BYTES} == {}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Bonjour Ève,\n\nVotre page\nest à jour.\n\nMerci", "Votre page est à jour. Merci"),
        ("Hello Sam, Table sent a form.\n\nRead it:\nhttps://e.org/a", "Table sent a form."),
        ("Bonjour,\n\nLe lien :\nhttps://e.org/a\n\nIl est personnel.", "Il est personnel."),
        ("Bonjour Ève,\n\n" + "un mot " * 40, "Un mot " + "un mot " * 14 + "un…"),
        ("https://e.org/a", ""),
        ("Hello Sam,\n\nenter 1234:\n\nit is\n\n== To do ==\n\n- one\n-- \nUs", "It is To do one"),
    ],
)
def test_a_list_of_mails_shows_how_the_letter_begins(text: str, wanted: str) -> None:
    assert preheader(text, ["1234"]) == wanted
    assert len(wanted) <= PREHEADER_LENGTH + 1


def test_each_letter_has_a_preheader_of_its_own(letters: dict[str, str]) -> None:
    shown = [
        re.search(r'<div class="preheader"[^>]*>([^<]*)</div>', one) for one in letters.values()
    ]
    begun = [one[1].split("\u034f")[0] for one in shown if one]
    assert len(begun) == len(letters)
    assert all(len(one) > 20 for one in begun), [one for one in begun if len(one) <= 20]
    assert not any(secret in one for one in begun for secret in ("://", "4T7K ", "123456"))


def test_outlook_s_own_dark_colours_are_ours(letters: dict[str, str]) -> None:
    issues = [gallery.issue_mails(lang)["sample"] for lang in gallery.LANGS]
    for mail in [*letters.values(), *issues]:
        assert "[data-ogsc] a{color:#7fd6bd!important}" in mail
        assert "[data-ogsb]" in mail
