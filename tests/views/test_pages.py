"""The pages as documents: headings, labels, ids, languages; whatever people typed is kept, inert."""

import base64
import gzip
import hashlib
import html
import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

import pytest

import gallery
from chalicelib import content
from chalicelib.core.languages import Lang, other_language
from chalicelib.core.page_style import page_style
from chalicelib.core.settings import read
from chalicelib.core.templates import TEMPLATES, field_id
from chalicelib.forms import description as described
from chalicelib.forms.parsing import FORMS
from chalicelib.views import kit_parts
from chalicelib.views.form_page import respond_with_form
from chalicelib.web.pages import Pages
from chalicelib.web.request import BODY_LIMIT, MULTIPART, SWITCH_PAGE
from environment import ENVIRONMENT
from visitor import HTML, Visitor

HOSTILE = "<script>alert(\"1\")</script> & 'Fils'"
CONTROLS = ("input", "select", "textarea")

PUBLIC_URL = read(ENVIRONMENT).public_url

Attributes = dict[str, str]


class Document(HTMLParser):
    """A page taken apart: each element with its attributes and the elements around it."""

    VOID = ("input", "meta", "link", "br", "hr", "img")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, Attributes, tuple[str, ...]]] = []
        self.open: list[str] = []
        self.feed(page)
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        repeated = [name for name, times in Counter(name for name, _ in attrs).items() if times > 1]
        assert not repeated, f"{tag} says {repeated} twice"
        found = {name: value or "" for name, value in attrs}
        self.elements.append((tag, found, tuple(self.open)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def all(self, *tags: str) -> list[Attributes]:
        return [found for tag, found, _ in self.elements if tag in tags]

    @property
    def controls(self) -> list[Attributes]:
        return [one for one in self.all(*CONTROLS) if one.get("type") != "hidden"]

    @property
    def ids(self) -> list[str]:
        return [found["id"] for _, found, _ in self.elements if "id" in found]


SCRIPTS = ("/kit/relais.js", "/kit/pages.js", "/kit/images.js", "/kit/renew.js")

NAMES = [*(f"page {n}" for n in gallery.PAGES), *(f"website {n}" for n in gallery.SITE)]


@pytest.fixture(params=gallery.LANGS)
def lang(request: pytest.FixtureRequest) -> Lang:
    found: Lang = request.param
    return found


@pytest.fixture(params=NAMES)
def document(request: pytest.FixtureRequest, lang: Lang) -> Document:
    return taken_apart(request.param, lang)


@cache
def taken_apart(named: str, lang: Lang) -> Document:
    kind, name = named.split()
    made = gallery.pages(lang) if kind == "page" else gallery.website(lang)
    return Document(made[name])


def blank(form: str, lang: Lang, **changes: Any) -> str:
    description = {
        **described.describe(form, lang, privacy_contact="privacy@example.org"),
        "action": f"https://relais.example.org/api/forms/{form}",
    }
    given: dict[str, Any] = {"values": {}, "hidden": {}}
    pages = Pages(read(ENVIRONMENT))
    return respond_with_form(pages, description, lang, **(given | changes)).body


def asked(form: str, lang: Lang) -> str:
    """The page that asks all of a form; of one in steps, the one that a website pastes."""
    if not content.form(form).get("steps"):
        return blank(form, lang)
    pasted = (TEMPLATES.parent / "website" / "kit" / f"{form}.{lang}.html").read_text("utf-8")
    (stem,) = re.findall(r'id="(\w+-)website"', pasted)
    return pasted.replace(f'="{stem}', '="f-').replace(f" {stem}", " f-")


def test_the_gallery_holds_every_page(lang: Lang) -> None:
    assert set(gallery.pages(lang)) == set(gallery.PAGES)
    assert set(gallery.website(lang)) == set(gallery.SITE)


def test_every_template_of_a_page_is_filled_in_with_its_facts() -> None:
    gallery.pages("fr")
    names = {f"pages/{path.name}" for path in (TEMPLATES / "pages").glob("[!_]*.html")}
    assert names - gallery.FILLED == set(), "no page of the gallery shows them"


def test_a_page_is_a_sound_document(document: Document, lang: Lang) -> None:
    assert [one["lang"] for one in document.all("html")] == [f"{lang}-CA"]
    assert len(document.all("h1")) == 1
    assert len(document.all("title")) == 1
    assert len(document.all("main")) == 1
    scripts = [str(one.get("src")) for one in document.all("script")]
    assert all(script.endswith(SCRIPTS) for script in scripts), "nothing else"
    assert [i for i, times in Counter(document.ids).items() if times > 1] == []
    for _, found, _ in document.elements:
        assert not [name for name in found if name.startswith("on") or name == "style"]


def test_headings_leave_no_level_out(document: Document) -> None:
    levels = [int(tag[1]) for tag, _, _ in document.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_each_control_has_a_label_and_what_describes_it(document: Document) -> None:
    labels = Counter(one["for"] for one in document.all("label") if "for" in one)
    within = [
        one for tag, one, around in document.elements if tag in CONTROLS and "label" in around
    ]
    others = [one for one in document.controls if one not in within]
    assert [c for c in others if labels[c["id"]] != 1] == []
    assert [c for c in within if "id" in c] == []
    assert [c for c in document.controls if not c["name"]] == []
    ids = set(document.ids)
    for _, found, _ in document.elements:
        assert set(found.get("aria-describedby", "").split()) <= ids
    assert set(labels) <= ids


def posted_to(lang: Lang) -> Iterator[SplitResult]:
    """Where the forms of all pages are posted to, but for the bucket, which answers by itself."""
    for name in NAMES:
        page = taken_apart(name, lang)
        forms = [one for one in page.all("form") if one.get("method") == "post"]
        buttons = [
            one
            for one in page.all("button")
            if "formaction" in one and one.get("name") != SWITCH_PAGE
        ]
        for address in [one["action"] for one in forms] + [one["formaction"] for one in buttons]:
            if address.startswith(PUBLIC_URL) or name != "page draft-document":
                yield urlsplit(address)


def test_each_form_is_posted_to_an_address_that_says_its_language(lang: Lang) -> None:
    said = {(where.path, *parse_qs(where.query).get("lang", [])) for where in posted_to(lang)}
    # What was refused can be sent again from the same address, to be read in the other language.
    assert said - {(path, lang) for path, *_ in said} == {("", other_language(lang))}


def test_a_body_that_nobody_can_read_is_refused_in_the_language_of_its_page(
    visitor: Visitor, lang: Lang
) -> None:
    """Whatever the browser prefers: nothing in such a body says what the page was in."""
    addresses = {
        f"{where.path.partition('/api')[2]}?{where.query}"
        for where in posted_to(lang)
        if where.path
    }
    by_shape = {re.sub(r"[\w.~-]{20,}", "…", address): address for address in addresses}
    other = {"Accept-Language": other_language(lang), "Sec-Fetch-Site": "same-origin"}
    statuses: Counter[int] = Counter()
    for address in by_shape.values():
        for body in (b"broken", b"x" * BODY_LIMIT * 24):
            refused = visitor.request(
                "POST", address, body, **HTML, **other, **{"Content-Type": MULTIPART}
            )
            statuses[refused.status_code] += 1
            assert f'<html lang="{lang}-CA">' in refused.body.decode()[:200], address
    assert statuses[400] > 3
    assert statuses[413] > 3


def test_links_within_a_page_lead_somewhere(document: Document) -> None:
    links = [one["href"] for one in document.all("a")]
    assert "" not in links
    assert {link[1:] for link in links if link.startswith("#")} <= set(document.ids)


def test_radios_stand_in_a_group_with_a_name(document: Document) -> None:
    for tag, found, around in document.elements:
        if tag == "input" and found.get("type") == "radio":
            assert "fieldset" in around


@pytest.mark.parametrize("form", FORMS)
def test_each_wrong_answer_is_linked_marked_and_described(form: str, lang: Lang) -> None:
    page = Document(gallery.pages(lang)[f"{form}-errors"])
    targets = [one["href"][1:] for one in page.all("a") if one["href"].startswith("#f-")]
    assert targets
    described_by = [one.get("aria-describedby", "") for _, one, _ in page.elements]
    for target in targets:
        assert target in page.ids
        assert any(f"{target}-error" in ids.split() for ids in described_by)


@pytest.mark.parametrize("form", FORMS)
def test_a_form_asks_every_field_once(form: str, lang: Lang) -> None:
    page = Document(asked(form, lang))
    names = {one["name"] for one in page.controls}
    for section in described.describe(form, lang)["sections"]:
        for field in section["fields"]:
            if "hidden" in field:
                assert field["key"] not in names
            elif field["type"] == "rows":
                for number in range(max(field["min"], 1)):
                    cells = {f"{field['key']}[{number}].{f['key']}" for f in field["fields"]}
                    assert cells <= names
            elif field["type"] == "lines":
                assert {f"{field['key']}[{n}]" for n in range(field["max"])} <= names
            else:
                assert field["key"] in names


def test_a_condition_is_said_in_words_and_read_with_its_field() -> None:
    page = asked("eoi", "fr")
    said = (
        "À remplir si vous avez répondu «\u00a0Oui\u00a0» à la question "
        "«\u00a0Avez-vous déjà reçu du soutien d’Innoweave?\u00a0»."
    )
    assert re.search(rf'id="f-earlier-support-detail-when"[^>]*>{re.escape(said)}</p>', page)
    (control,) = (c for c in Document(page).controls if c["name"] == "earlier_support_detail")
    assert control["aria-describedby"].split()[0] == "f-earlier-support-detail-when"
    assert "” or “" in asked("eoi", "en"), "one of two answers"


@pytest.mark.parametrize("form", FORMS)
def test_no_field_is_conditional_without_saying_when(form: str, lang: Lang) -> None:
    page = asked(form, lang)
    for section in described.describe(form, lang)["sections"]:
        for field in section["fields"]:
            if "asked_when" in field:
                assert f'id="{field_id(field["key"])}-when"' in page
            for inner in field.get("fields", []):
                if "asked_when" in inner:
                    assert f'id="{field_id(field["key"] + "[0]." + inner["key"])}-when"' in page


def test_rows_beyond_those_asked_say_that_they_may_stay_empty(lang: Lang) -> None:
    spare = {"fr": "Laissez cette ligne vide", "en": "Leave this row empty"}[lang]
    lists = [field for section in described.describe("application", lang)["sections"]
             for field in section["fields"] if field["type"] == "rows"]  # fmt: skip
    assert asked("application", lang).count(spare) == sum(field["min"] == 0 for field in lists) == 1


@pytest.mark.parametrize("name", ["eoi-errors", "eoi-banner", "review-eoi-errors"])
def test_what_went_wrong_takes_the_focus_without_a_script(name: str, lang: Lang) -> None:
    page = Document(gallery.pages(lang)[name])
    assert [one["role"] for one in page.all("div") if "autofocus" in one] == ["alert"]


def test_the_review_page_leads_to_each_of_its_parts(lang: Lang) -> None:
    for name, parts in (("review-eoi", 4), ("review-application", 5)):
        page = Document(gallery.pages(lang)[name])
        links = [
            found["href"] for tag, found, around in page.elements if tag == "a" and "nav" in around
        ]
        assert len(links) == parts
        assert links[-1] == "#decide"


@pytest.mark.parametrize("name", gallery.PAGES)
def test_a_page_leads_to_itself_in_the_other_language(name: str, lang: Lang) -> None:
    other = "en" if lang == "fr" else "fr"
    page = Document(gallery.pages(lang)[name])
    links = [one for one in page.all("a") if one.get("hreflang") == f"{other}-CA"]
    if page.all("form") and not links:
        # Where somebody has typed, a button of the form: nothing of it is lost.
        (button,) = [one for one in page.all("button") if one.get("lang") == f"{other}-CA"]
        if "form" in button:
            assert button["form"] in [one.get("id") for one in page.all("form")]
            assert button["value"].removeprefix("lang:") == other
        return
    assert len(links) == 1
    assert f"lang={other}" in links[0]["href"]


def test_a_french_page_has_no_straight_apostrophe() -> None:
    for name, page in gallery.pages("fr").items():
        shown = html.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL))
        assert re.findall(r"\w'\w.{0,30}", shown) == [], name


def test_a_form_goes_back_with_what_is_hidden(lang: Lang) -> None:
    given = {"lang": lang, "invite": 'a"b', "redirect": "https://www.example.org/?a=1&b=2"}
    page = Document(blank("eoi", lang, hidden=given))
    kept = {one["name"]: one["value"] for one in page.all("input") if one["type"] == "hidden"}
    assert kept == given


@pytest.mark.parametrize("form", FORMS)
def test_whatever_was_typed_is_kept_and_inert(form: str, lang: Lang) -> None:
    values: dict[str, Any] = {}
    sections = described.describe(form, lang)["sections"]
    for field in (f for section in sections for f in section["fields"]):
        rows = {inner["key"]: HOSTILE for inner in field.get("fields", [])}
        values[field["key"]] = [rows, rows, rows, rows] if rows else HOSTILE
    page = blank(form, lang, values=values)
    assert "<script" not in re.sub(r"<script src=\S+ defer></script>", "", page, count=1)
    assert html.escape(HOSTILE).replace("&quot;", "&#34;").replace("&#x27;", "&#39;") in page


@pytest.mark.parametrize(
    "value", [None, 3, True, "x", [], ["x"], {"a": "x"}, [["x"]], [None], [{"name": ["x"]}]]
)
@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_shown_again_whatever_came(form: str, value: Any) -> None:
    sections = described.describe(form, "fr")["sections"]
    values = {field["key"]: value for section in sections for field in section["fields"]}
    Document(blank(form, "fr", values=values))


@pytest.mark.parametrize("kind", ["decided-undo", "review-eoi", "review-application"])
def test_a_decision_needs_the_nonce_of_its_page(kind: str, lang: Lang) -> None:
    page = Document(gallery.pages(lang)[kind])
    nonces = [one for one in page.all("input") if one.get("name") == "nonce"]
    assert nonces
    for nonce in nonces:
        assert nonce["type"] == "hidden"
        assert nonce["value"]
    assert [
        one for one in page.all("input") if one.get("name") == "confirm" and "checked" in one
    ] == []


def test_no_page_of_the_gallery_is_the_one_for_our_own_mistakes(lang: Lang) -> None:
    broken = content.problems()["broken"]["title"][lang]
    for name, page in gallery.pages(lang).items():
        assert broken not in page or name.startswith("interface-"), name


PAGE_LIMIT = 60_000
SITE_LIMIT = 62_000
"""Bytes of a page of the example website: a part of the kit with its style, and what is around it."""


def test_every_page_is_light_and_the_style_sheet_small(lang: Lang) -> None:
    assert len(page_style().text) < 15_000
    for name, page in gallery.pages(lang).items():
        assert len(page.encode()) < PAGE_LIMIT, name
    for name, page in gallery.website(lang).items():
        assert len(page.encode()) < SITE_LIMIT, name


SENT_LIMIT = 30_000
"""Bytes of a page and of its scripts as they are sent: half of what a page may have before."""

GATEWAY = json.loads((Path(__file__).parents[2] / ".chalice" / "config.json").read_text("utf-8"))


def sent(text: str) -> int:
    """Return the bytes of an answer as the gateway sends it to a browser."""
    least, body = GATEWAY["minimum_compression_size"], text.encode()
    return len(body) if len(body) < least else len(gzip.compress(body, 6))


def test_every_page_with_its_scripts_is_light_on_its_way(lang: Lang) -> None:
    assert 0 < GATEWAY["minimum_compression_size"] <= 2_000, "what is small gains nothing"
    scripts = {name: sent(kit_parts.file(name)) for name in kit_parts.SERVED}
    used = set()
    for name, page in {**gallery.pages(lang), **gallery.website(lang)}.items():
        loaded = {
            each["src"].rpartition("/kit/")[2]
            for each in Document(page).all("script")
            if "src" in each
        }
        assert sent(page) + sum(scripts[one] for one in loaded) < SENT_LIMIT, name
        assert 'rel="stylesheet"' not in page, name
        used |= loaded
    assert used >= {"relais.js", "pages.js", "renew.js"}


UNCOUNTED = re.compile(r"(desk-(rule|text|criteria)|issue)")
"""Pages on which staff edit many texts at once: only one that is too long is told so."""


def test_every_box_says_how_much_it_takes_and_counts(lang: Lang) -> None:
    counted = set()
    for name, page in gallery.pages(lang).items():
        for box in Document(page).all("textarea"):
            if "readonly" in box or UNCOUNTED.match(name):
                continue
            hint = f"{box['id']}-limit"
            assert f'id="{hint}" data-count="' in page, (name, box)
            assert hint in str(box["aria-describedby"]).split()
            assert int(str(box["data-max"])) >= 200
            counted.add(name)
    assert {"file-question", "review-eoi", "desk-file", "withdrawing", "proposal"} <= counted


def test_a_paused_form_asks_nothing(lang: Lang) -> None:
    for made in (gallery.pages(lang), gallery.website(lang)):
        assert Document(made["eoi-paused"]).controls == []


def test_the_policy_names_the_style_that_stands_on_the_page(lang: Lang) -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", gallery.pages(lang)["fresh"], re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"sha256-{digest}" == page_style().named
