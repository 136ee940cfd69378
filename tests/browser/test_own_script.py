"""The small script of our own pages: it keeps and counts what is typed, and nothing needs it."""

import gzip
import re

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

import files
from chalicelib.views import kit_parts
from fakes import MemoryStore

LIMIT_BYTES = 2048
"""Of the script as it travels."""

WORDS = "Le quartier manque de tout"


@pytest.fixture
def section(page: Page, address: str) -> Page:
    """The part of a declaration that has long answers; a script may run at once, as in a browser."""
    page.clock.install()
    return begun(page, address)


def begun(page: Page, address: str) -> Page:
    page.goto(f"{address}/forms/eoi?lang=fr")
    page.click("main form button")
    page.goto(re.sub(r"/contact\b.*", "/issue?lang=fr", page.url))
    return page


def kept(store: MemoryStore, name: str = "issue_summary") -> object:
    (draft,) = store.kinds("draft")
    return draft.get("d_issue", {}).get(name)


def wait(page: Page, words: str) -> None:
    """Let the pause after the last key pass."""
    page.clock.fast_forward(3000)
    expect(page.locator("#kept")).to_contain_text(words, timeout=8000)


def test_the_script_is_small_and_stores_nothing_in_the_browser() -> None:
    script = kit_parts.file("pages.js")
    assert len(gzip.compress(script.encode())) < LIMIT_BYTES
    assert not re.search(r"cookie|localStorage|sessionStorage|innerHTML|eval\(", script)


def test_an_image_that_is_too_large_is_made_smaller_before_it_is_sent(page: Page) -> None:
    page.set_content(
        '<form><input type="file" data-bytes="60000" data-wide="120" data-said="said" '
        'data-smaller="Elle part en {} pixels."><p id="said"></p><button>Ajouter</button></form>'
    )
    page.add_script_tag(content=kit_parts.file("images.js"))
    box, said = page.locator("input"), page.locator("#said")
    for name, body, is_shrunk in (
        ("Été.png", files.drawn_png(300, 200) + bytes(60_000), True),
        ("petite.png", files.drawn_png(300, 200), False),
        ("rompue.png", b"x" * 70_000, False),
    ):
        given = {"name": name, "mimeType": "image/png", "buffer": body}
        box.set_input_files(given)  # type: ignore[arg-type]
        expect(page.locator("button")).to_be_enabled()
        expect(said).to_have_text("Elle part en 120 × 80 pixels." if is_shrunk else "")
        sent = box.evaluate("box => [box.files[0].name, box.files[0].type, box.files[0].size]")
        assert sent[:2] == (["Été.jpg", "image/jpeg"] if is_shrunk else [name, "image/png"])
        assert sent[2] <= 60_000 if is_shrunk else sent[2] == len(body)


@pytest.mark.parametrize("name", ["pages.js", "images.js", "renew.js", "relais.js"])
def test_a_script_calls_nothing_that_a_phone_of_six_years_lacks(name: str) -> None:
    """Safari 14 is the last of some telephones; what it lacks would end a script half-way."""
    newer = r"\.at\(|replaceAll|AbortSignal\.timeout|structuredClone|hasOwn\(|\?\?=|\|\|=|findLast"
    assert not re.search(newer, kit_parts.file(name))


def test_what_was_typed_just_before_a_reload_is_there(
    page: Page, address: str, store: MemoryStore
) -> None:
    # By the browser's own clock: one that is set says nothing of how a page was reached.
    begun(page, address).fill("[name=issue_summary]", WORDS)
    page.reload()
    expect(page.locator("[name=issue_summary]")).to_have_value(WORDS)
    assert kept(store) == WORDS


def test_a_button_keeps_what_was_typed_once(section: Page) -> None:
    posts: list[str] = []

    def note(sent: Request) -> None:
        if sent.method == "POST":
            posts.append(sent.url)

    section.on("request", note)
    section.fill("[name=issue_summary]", WORDS)
    section.get_by_role("button", name="Continuer", exact=True).click()
    section.wait_for_load_state()
    assert len(posts) == 1


def test_what_is_typed_is_kept_without_a_button_and_nobody_is_asked_twice(
    section: Page, store: MemoryStore
) -> None:
    shifts = section.evaluate(
        "() => new Promise(done => { window.shifts = 0; new PerformanceObserver(list => list"
        ".getEntries().forEach(e => { if (!e.hadRecentInput) window.shifts += e.value }))"
        ".observe({type: 'layout-shift', buffered: true}); done(window.shifts) })"
    )
    assert shifts == 0
    section.fill("[name=issue_summary]", WORDS)
    assert section.inner_text("#f-issue-summary-limit") == f"{len(WORDS)} caractères sur 1\u00a0500"
    section.check("[name=scope] >> nth=0")
    section.locator("[name=issue_areas]").nth(0).check()
    section.locator("[name=issue_areas]").nth(1).check()
    wait(section, "Enregistré à")
    assert kept(store) == WORDS
    assert isinstance(kept(store, "issue_areas"), list)
    assert section.evaluate("window.shifts") == 0
    section.reload()
    assert section.input_value("[name=issue_summary]") == WORDS
    # What comes after is mine too, and not another version of it.
    section.fill("[name=issue_summary]", f"{WORDS}, et du")
    wait(section, "Enregistré à")
    section.fill("[name=issue_summary]", f"{WORDS}, et du temps")
    with section.expect_navigation():
        section.click("button[value=continue]")
    assert "/issue" not in section.url or "check=wrong" in section.url, section.url
    assert section.locator("h1").inner_text() != "Deux versions"
    assert kept(store) == f"{WORDS}, et du temps"


def test_two_who_write_are_both_kept_and_shown_by_the_button(
    browser: Browser, section: Page, store: MemoryStore
) -> None:
    other = browser.new_page(java_script_enabled=False, locale="fr-CA")
    other.goto(section.url)
    other.fill("[name=issue_summary]", "Autre chose")
    with other.expect_navigation():
        other.click("button[value=continue]")
    section.fill("[name=issue_summary]", WORDS)
    wait(section, "les deux versions")
    assert kept(store) == "Autre chose", "nothing is written over"
    with section.expect_navigation():
        section.click("button[value=continue]")
    assert WORDS in section.content()
    assert "Autre chose" in section.content()
    other.close()


def test_without_a_network_it_is_said_and_the_button_still_saves(
    section: Page, store: MemoryStore
) -> None:
    def away(route: Route) -> None:
        if route.request.headers.get("content-type") == "application/json":
            route.abort()
        else:
            route.continue_()

    section.route("**/draft/**", away)
    section.fill("[name=issue_summary]", "x" * 1501)
    assert section.inner_text("#f-issue-summary-limit") == (
        "Trop long\u00a0: 1\u00a0501 caractères sur 1\u00a0500"
    )
    wait(section, "Pas encore enregistré")
    section.fill("[name=issue_summary]", WORDS)
    with section.expect_navigation():
        section.click("button[value=continue]")
    assert kept(store) == WORDS


def test_the_policy_lets_no_other_script_run(section: Page) -> None:
    refused = section.evaluate(
        "() => new Promise(done => { document.addEventListener('securitypolicyviolation',"
        " e => done(e.effectiveDirective)); const s = document.createElement('script');"
        " s.textContent = 'window.ran = 1'; document.body.append(s) })"
    )
    assert refused.startswith("script-src")
    assert section.evaluate("window.ran") is None


def test_a_row_is_kept_while_it_is_written_once_and_not_twice(
    section: Page, store: MemoryStore
) -> None:
    section.goto(re.sub(r"/issue\b.*", "/collective?lang=fr", section.url))
    with section.expect_navigation():
        section.click("button[value='add:partners']")
    for name in ("École", "École du Parc"):
        section.fill("[name=name]", name)
        wait(section, "Enregistré à")
        (draft,) = store.kinds("draft")
        assert [row["name"] for row in draft["r_partners"]] == [name]
        section.evaluate("document.getElementById('kept').textContent = ''")
    section.reload()
    assert section.input_value("[name=name]") == "École du Parc"
    section.fill("[name=name]", "École du Parc et du Lac")
    with section.expect_navigation():
        section.click("button[value=done]")
    (draft,) = store.kinds("draft")
    assert [row["name"] for row in draft["r_partners"]] == ["École du Parc et du Lac"]
