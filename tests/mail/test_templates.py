"""The letters: complete in both languages, the same links everywhere, safe with hostile values."""

import html
import re
from collections.abc import Iterator

import pytest

import gallery
from chalicelib.core.languages import Lang
from chalicelib.core.templates import TEMPLATES
from chalicelib.mail import letters
from letter_facts import LETTERS, composed

EMAIL = TEMPLATES / "email"
PARTS = {"subject.txt", "body.txt", "body.html"}
HOSTILE = "<script>alert(\"1\")</script> & 'Fils'"
BREAKING = "Table\r\nBcc: eve@example.org\nX: y"


@pytest.fixture(params=sorted(LETTERS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def links_in_text(text: str) -> set[str]:
    return {found.rstrip(".,;:") for found in re.findall(r"https?://[^\s>]+", text)}


def links_in_html(text: str) -> set[str]:
    found = re.findall(r'href="(https?://[^"]+)"', text)
    return {html.unescape(link) for link in found}


def test_each_letter_has_a_folder_and_each_folder_a_letter() -> None:
    folders = {path.name: path for path in EMAIL.iterdir() if not path.name.startswith("_")}
    assert set(folders) == set(LETTERS)
    for path in folders.values():
        assert {part.name for part in path.iterdir()} == PARTS


def test_each_letter_is_met_on_the_way_through_the_app() -> None:
    assert {name.partition("-")[0] for name in gallery.LETTERS} == set(LETTERS)
    for lang in gallery.LANGS:
        assert set(gallery.letters(lang)) == set(gallery.LETTERS)


def test_the_package_holds_the_templates() -> None:
    vendor = TEMPLATES.parent / "vendor" / "templates"
    assert vendor.is_symlink()
    assert str(vendor.readlink()) == "../templates"


def test_a_letter_says_the_same_links_in_both_languages_and_in_both_parts(name: str) -> None:
    found = [composed(name, lang, "Table de quartier") for lang in gallery.LANGS]
    links = [links for one in found for links in (links_in_text(one.text), links_in_html(one.html))]
    assert all(one == links[0] for one in links), links
    assert found[0].text != found[1].text


@pytest.mark.parametrize("lang", gallery.LANGS)
def test_a_letter_is_whole(name: str, lang: Lang) -> None:
    letter = composed(name, lang, "Table de quartier")
    assert letter.html.count("<h1>") == 1
    assert f'<html lang="{lang}-CA">' in letter.html
    assert letter.subject
    assert "1234" not in letter.subject
    for part in (letter.subject, letter.text, letter.html):
        assert not re.search(r"\bNone\b|\bnull\b|\{\{|\{%|\[\]|\(\)", part)
    assert "\n\n\n" not in letter.text
    assert "\u00a0\u00a0" not in letter.text
    assert "Table de quartier" in letter.text


@pytest.mark.parametrize("lang", gallery.LANGS)
def test_a_letter_escapes_what_people_typed(name: str, lang: Lang) -> None:
    letter = composed(name, lang, HOSTILE)
    assert "<script" not in letter.html
    assert "&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt; &amp; &#39;Fils&#39;" in letter.html
    assert HOSTILE in letter.text
    assert "&lt;" not in letter.text + letter.subject
    assert not re.search(r"<[^>]*\son\w+=", letter.html)


@pytest.mark.parametrize("lang", gallery.LANGS)
def test_a_subject_is_one_line_whatever_the_organization_is_called(name: str, lang: Lang) -> None:
    assert len(composed(name, lang, BREAKING).subject.splitlines()) == 1
    assert len(composed(name, lang, "x" * 5000).subject) <= 250


@pytest.mark.parametrize("lang", gallery.LANGS)
@pytest.mark.parametrize("name", gallery.LETTERS, indirect=True)
def test_letters_as_sent_have_no_gap(name: str, lang: Lang) -> None:
    mail = gallery.letters(lang)[name]
    assert mail.lang == lang
    assert len(mail.subject) <= 120 or gallery.LONG["org_legal_name"] in mail.subject
    assert links_in_html(mail.html) <= links_in_text(mail.text)
    for missing in missing_words(mail.text, lang):
        pytest.fail(f"left in the other language: {missing}")


def missing_words(text: str, lang: Lang) -> Iterator[str]:
    other = {"fr": r"\b(?:Hello|your|decision is)\b", "en": r"\b(?:Bonjour|votre|Décision)\b"}
    yield from re.findall(other[lang], text)


def test_a_fact_that_is_missing_is_an_error() -> None:
    with pytest.raises(TypeError, match="status_url"):
        letters.compose("eoi_received", "fr", answers=[], revised=False)
