"""A stranger's website with our kit: pasted as it is, with the script and without, from disk and
from another origin under the strictest policy. Every form is taken, and nothing typed is lost."""

import json
import re
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Literal
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, Route

import app as application
import samples
from chalicelib.aws.keys import Keys
from chalicelib.core.edits import packed
from chalicelib.core.settings import Settings
from chalicelib.services import Services
from fakes import MemoryMailer, MemoryStore, MemorySuppression, SetClock
from served import served
from tests.browser.test_pages import AXE, MOVED, TAGS, too_wide, violations

POLICY = (
    "default-src 'none'; script-src {api}/kit/relais.js; style-src {api}/kit/relais.css; "
    "connect-src {api}; form-action {api}; base-uri 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
"""Nothing inline, no eval, no style but ours, no text turned into HTML."""

Show = Callable[..., Page]


class Website:
    """Another origin, with one page at a time."""

    def __init__(self) -> None:
        self.html, self.policy = "", ""
        website = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = website.html.encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Security-Policy", website.policy)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: object) -> None:
                """Nothing: a test that fails says why."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def website() -> Iterator[Website]:
    found = Website()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def api(
    settings: Settings, store: MemoryStore, mailer: MemoryMailer, website: Website,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:  # fmt: skip
    def wire(address: str) -> None:
        keys = Keys(links=("a" * 64,), people=b"p" * 32)
        origins = (address, website.origin)
        here = settings.model_copy(update={"public_url": address, "allowed_origins": origins})
        service = Services(here, store, keys, mailer, SetClock(), MemorySuppression())
        monkeypatch.setattr(application, "services", lambda: service)
        monkeypatch.setattr(application, "settings", lambda: here)

    with served(wire) as found:
        yield found


@pytest.fixture
def fr(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="fr-CA", viewport={"width": 360, "height": 800})
    context.set_default_timeout(8_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def pasted(api: str, website: Website, fr: Page) -> Show:
    """Show a page of the website with what somebody pasted, and go there."""

    def show(body: str, *, head: str | None = None, policy: str = POLICY, query: str = "") -> Page:
        linked = f'<link rel="stylesheet" href="{api}/kit/relais.css">' + SCRIPT
        website.html = PAGE.format(
            head=(linked if head is None else head).replace("{api}", api), body=body
        )
        website.policy = policy.format(api=api)
        fr.goto(f"{website.origin}/page{query}")
        unfold(fr)
        return fr

    return show


SCRIPT = '<script src="{api}/kit/relais.js" defer></script>'
PAGE = '<!doctype html><html lang="fr"><meta charset="utf-8"><title>Ici</title>{head}<main><h1>Ici</h1>{body}</main>'

GIVEN = {
    "assessment": samples.assessment(),
    "eoi": samples.eoi(stream=None),
    "application": samples.application(),
    "newsletter": {"email": "ada@example.org", "language": "fr", "consent": True},
}

FEW_ROWS: dict[str, dict[str, object]] = {
    "eoi": {"partners": samples.EOI["partners"][:1]},
    "application": {
        "budget": [samples.APPLICATION["budget"][0] | {"requested": "7 000"}],
    },
}
"""As many rows as a pasted form shows without the script."""

TYPE = """pairs => {
  const form = document.querySelector('form'), lost = []
  for (const [name, value] of pairs) {
    const found = [...form.elements].filter(e => e.name === name)
    const box = found.find(e => /radio|checkbox/.test(e.type) && e.value === value)
    if (box) box.checked = true
    else if (found.length === 1 && !/radio|checkbox/.test(found[0].type)) found[0].value = value
    else lost.push(name)
    for (const e of found) e.dispatchEvent(new Event('input', {bubbles: true}))
    if (found[0]) found[0].dispatchEvent(new Event('change', {bubbles: true}))
  }
  return lost
}"""


def unfold(page: Page) -> None:
    """Open each section, as whoever fills it in does."""
    page.evaluate(
        "document.querySelectorAll('details.section').forEach(d => { d.open = true; "
        "d.firstElementChild.dispatchEvent(new FocusEvent('focusin', { bubbles: true })) })"
    )


def part(api: str, name: str, lang: str = "fr") -> str:
    """Return what somebody copies from the kit."""
    from chalicelib.views import kit_parts

    served_by = application.services()  # type: ignore[attr-defined]
    return kit_parts.part(name, lang, served_by.settings, None)  # type: ignore[arg-type]


def fill(page: Page, name: str, **changes: object) -> None:
    """Type all of a form; without the script, as many rows as it has."""
    given = {**GIVEN[name], **changes}
    if not page.locator(".relais-status").count():
        given |= FEW_ROWS.get(name, {})
    assert page.evaluate(TYPE, samples.as_html(given)) == []


def press(page: Page) -> None:
    page.locator("form p > [type=submit]:not([formaction])").click()


def stored(store: MemoryStore, name: str) -> int:
    if name == "newsletter":
        return len(store.kinds("subscriber"))
    return sum(row["form"] == name for row in [*store.kinds("case"), *store.kinds("orphan")])


@pytest.mark.parametrize("name", GIVEN)
def test_a_form_pasted_in_a_file_is_sent_without_a_script_and_answered_in_its_language(
    name: str, api: str, plain: Page, store: MemoryStore, tmp_path: Path
) -> None:
    """An English one, in a browser that prefers French."""
    file = tmp_path / "page.html"
    file.write_text(PAGE.format(head="", body=part(api, name, "en")), "utf-8")
    plain.goto(file.as_uri())
    fill(plain, name)
    press(plain)
    plain.wait_for_url(f"{api}/**")
    assert plain.locator("html").get_attribute("lang") == "en-CA"
    assert plain.locator(".summary").count() == 0, plain.locator("main").inner_text()
    assert len(store.commits) > 0


@pytest.mark.parametrize("name", GIVEN)
def test_a_form_with_the_script_is_sent_in_its_place_under_the_strictest_policy(
    name: str, api: str, fr: Page, pasted: Show, store: MemoryStore
) -> None:
    said: list[str] = []
    fr.on("console", lambda message: said.append(message.text))
    fr.on("pageerror", lambda error: said.append(str(error)))
    page = pasted(part(api, name))
    page.evaluate("addEventListener('relais:sent', e => { window.told = e.detail })")
    fill(page, name)
    press(page)
    done = page.locator(".relais-done")
    done.wait_for()
    assert done.evaluate("e => e === document.activeElement")
    assert page.evaluate("told.form") == name
    assert said == []
    assert page.context.cookies() == []
    if name == "assessment":
        assert (
            done.locator("h2").inner_text()
            == "Vous êtes en bonne position pour profiter d’un accompagnement"
        )
        assert done.locator("li").count() >= 2
        (onward,) = done.get_by_role("link", name="Soumettre une Déclaration d’intérêt").all()
        result = page.evaluate("told.ref")
        assert str(onward.get_attribute("href")).endswith(f"?assessment_id={result}")
    elif name == "eoi":
        assert re.search(r"DI-2026-\w{5}-\w", done.inner_text())
        assert str(done.locator("a").get_attribute("href")).endswith("?lang=fr")


def test_without_a_script_more_rows_are_written_on_our_pages_and_enter_sends_the_form(
    api: str, plain: Page, store: MemoryStore, tmp_path: Path
) -> None:
    file = tmp_path / "page.html"
    file.write_text(PAGE.format(head="", body=part(api, "eoi")), "utf-8")
    plain.goto(file.as_uri())
    unfold(plain)
    fill(plain, "eoi")
    plain.get_by_role("button", name="Ajouter d’autres lignes").click()
    plain.wait_for_url(f"{api}/draft/*/collective**")
    rows = plain.locator("#f-partners li")
    assert [samples.EOI["partners"][0]["name"] in text for text in rows.all_inner_texts()] == [True]
    plain.go_back()
    unfold(plain)
    plain.locator("[name=org_city]").press("Enter")
    plain.wait_for_url(f"{api}/file/**")
    assert len(store.kinds("case")) == 1


def test_from_disk_the_script_leaves_the_form_to_the_browser(
    api: str, fr: Page, store: MemoryStore, tmp_path: Path
) -> None:
    file = tmp_path / "page.html"
    file.write_text(PAGE.format(head=SCRIPT.format(api=api), body=part(api, "eoi")), "utf-8")
    fr.goto(file.as_uri())
    fr.locator(".relais-status").wait_for(state="attached")
    fill(fr, "eoi")
    press(fr)
    fr.wait_for_url(f"{api}/**")
    assert len(store.kinds("case")) == 1


def test_a_link_to_the_page_fills_in_a_result_and_a_coach_and_nothing_else(
    api: str, pasted: Show
) -> None:
    known = {"assessment_id": "AE-2026-7K4MQ-5", "coach_id": "ada-tremblay"}
    page = pasted(part(api, "eoi"), query=f"?{urlencode({**known, 'org_legal_name': 'x'})}")
    page.locator(".relais-status").wait_for(state="attached")
    for name, text in {**known, "org_legal_name": ""}.items():
        assert page.locator(f"[name={name}]").input_value() == text


def test_the_script_may_come_late_and_twice(api: str, pasted: Show, store: MemoryStore) -> None:
    page = pasted(part(api, "eoi"), head="", policy="")
    fill(page, "eoi", contact_first_name="Ada")
    for _ in range(2):
        page.add_script_tag(url=f"{api}/kit/relais.js")
    assert page.locator("[name=contact_first_name]").input_value() == "Ada"
    assert page.get_by_role("button", name="Ajouter une ligne").count() == 1
    press(page)
    page.locator(".relais-done").wait_for()
    assert len(store.kinds("case")) == 1


def test_where_the_script_is_blocked_the_form_is_sent_plainly(
    api: str, fr: Page, pasted: Show, store: MemoryStore
) -> None:
    fr.route("**/relais.*", lambda route: route.abort())
    page = pasted(part(api, "eoi"))
    fill(page, "eoi")
    press(page)
    page.wait_for_url(f"{api}/**")
    assert len(store.kinds("case")) == 1


def test_where_a_policy_forbids_to_ask_the_form_is_sent_plainly(
    api: str, pasted: Show, store: MemoryStore
) -> None:
    page = pasted(
        part(api, "eoi"), policy=POLICY.replace("connect-src {api}", "connect-src 'none'")
    )
    fill(page, "eoi")
    press(page)
    page.wait_for_url(f"{api}/**")
    assert len(store.kinds("case")) == 1


def test_without_a_network_what_was_typed_stays_and_is_sent_later(
    api: str, pasted: Show, store: MemoryStore
) -> None:
    page = pasted(part(api, "eoi"))
    fill(page, "eoi")
    page.context.set_offline(True)
    press(page)
    box = page.locator(".summary")
    box.wait_for()
    assert "Ce que vous avez saisi est toujours ici" in box.inner_text()
    assert page.locator("[name=contact_email]").input_value() == samples.EOI["contact_email"]
    page.context.set_offline(False)
    press(page)
    page.locator(".relais-done").wait_for()
    assert len(store.kinds("case")) == 1


def test_a_reload_loses_nothing_until_the_form_is_sent(
    api: str, pasted: Show, store: MemoryStore
) -> None:
    page = pasted(part(api, "eoi"))
    fill(page, "eoi")
    for _ in range(2):
        page.reload()
        page.get_by_text("Ce que vous aviez saisi est de retour.").wait_for()
        unfold(page)
        assert page.locator("fieldset.row:visible").count() == 3
    assert page.locator("[name=website]").input_value() == ""
    press(page)
    page.locator(".relais-done").wait_for()
    (case,) = store.kinds("case")
    assert case["answers"]["issue_areas"] == ["employment", "youth"]
    assert page.evaluate("sessionStorage.length") == 0


def test_what_comes_to_a_form_that_is_read_already_moves_nothing_of_it(
    api: str, pasted: Show, store: MemoryStore
) -> None:
    body = part(api, "eoi")
    page = pasted(body)
    page.fill("[name=contact_first_name]", "Ada")
    store.items["EDITS", "EDITS"] = {"number": 1, "edits": packed({"intake/eoi": (1, PAUSE)})}
    application.services().edits.reread()  # type: ignore[attr-defined]
    style = '<link rel="stylesheet" href="{api}/kit/relais.css">'
    pasted(body, head=style, policy=POLICY.partition("require-trusted")[0])
    assert page.evaluate(MOVED) == []
    page.add_script_tag(url=f"{api}/kit/relais.js")
    restored = page.get_by_text("Ce que vous aviez saisi est de retour.")
    paused = page.get_by_text(SAID["fr"])
    restored.wait_for()
    paused.wait_for()
    assert page.evaluate(MOVED) == []
    field = page.locator("[name=contact_last_name]")
    before = field.bounding_box()
    field.focus()
    assert field.bounding_box() == before
    end = page.evaluate("document.querySelector('form').getBoundingClientRect().bottom")
    for each in (restored, paused):
        box = each.bounding_box()
        assert box, "it is still there"
        assert box["y"] > end, "and covers nothing that is written in"


def test_what_was_known_is_as_it_was_typed_over_after_a_reload(api: str, pasted: Show) -> None:
    known = part(api, "newsletter").replace('name="email"', 'name="email" value="ada@example.org"')
    page = pasted(known)
    for typed in ("zoe@example.org", ""):
        page.locator("[name=email]").fill(typed)
        page.reload()
        page.locator(".relais-restored").wait_for()
        assert page.locator("[name=email]").input_value() == typed
    page.get_by_role("button", name="Vider le formulaire").click()
    assert page.locator("[name=email]").input_value() == "ada@example.org"


def test_a_row_that_was_removed_stays_away_after_a_reload(api: str, pasted: Show) -> None:
    page = pasted(part(api, "eoi"))
    fill(page, "eoi")
    rows = page.locator("fieldset.row:visible")
    count = rows.count()
    rows.last.get_by_role("button", name="Retirer").click()
    page.reload()
    page.locator(".relais-restored").wait_for()
    unfold(page)
    assert rows.count() == count - 1


def test_a_form_that_no_page_takes_is_there_for_whoever_comes_back(api: str, pasted: Show) -> None:
    page = pasted(part(api, "newsletter"))
    fill(page, "newsletter")

    def gateway(route: Route) -> None:
        if route.request.resource_type == "document":
            route.fulfill(status=502, body="Bad Gateway")
        else:
            route.abort()

    page.route(f"{api}/newsletter*", gateway)
    press(page)
    page.get_by_text("Bad Gateway").wait_for()
    page.go_back()
    page.locator(".relais-restored").wait_for()
    assert page.locator("[name=email]").input_value()


def test_what_was_kept_can_be_emptied(api: str, pasted: Show) -> None:
    page = pasted(part(api, "newsletter"))
    fill(page, "newsletter")
    page.reload()
    page.get_by_role("button", name="Vider le formulaire").click()
    assert page.locator("[name=email]").input_value() == ""
    assert page.locator("[name=email]").evaluate("e => e === document.activeElement")
    page.reload()
    page.locator(".relais-status").wait_for(state="attached")
    assert page.locator(".relais-restored").count() == 0


@pytest.mark.parametrize("head", ["", SCRIPT], ids=["without", "with"])
def test_a_form_is_kept_for_later_on_our_pages_with_all_that_was_typed(
    head: str, api: str, pasted: Show, store: MemoryStore
) -> None:
    page = pasted(part(api, "application"), head=head)
    fill(page, "application", consent_privacy=False)
    page.get_by_role("button", name="Enregistrer et continuer plus tard").click()
    page.wait_for_url(f"{api}/draft/*/later**")
    (draft,) = store.kinds("draft")
    kept = json.dumps(draft, default=str, ensure_ascii=False)
    assert samples.APPLICATION["fid_legal_name"] in kept
    assert str(samples.APPLICATION["partners"][1]["name"]) in kept
    assert not store.kinds("orphan")


def test_an_answer_that_is_lost_on_its_way_is_asked_for_again_by_the_same_key(
    api: str, pasted: Show, store: MemoryStore
) -> None:
    keys: list[str] = []

    def lose(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page = pasted(part(api, "eoi"))
    page.route(
        "**/forms/eoi?lang=*",
        lambda route: lose(route) if route.request.method == "POST" else route.continue_(),
    )
    page.route("**/health", lambda route: route.abort())
    fill(page, "eoi")
    press(page)
    page.locator(".summary").wait_for()
    press(page)
    page.locator(".relais-done").wait_for()
    assert keys[0] == keys[1]
    assert len(store.kinds("case")) == 1


def test_what_is_wrong_stands_in_a_summary_and_beside_each_field(
    api: str, pasted: Show, store: MemoryStore
) -> None:
    page = pasted(part(api, "eoi"))
    page.evaluate("addEventListener('relais:refused', e => { window.told = e.detail })")
    fill(page, "eoi", contact_email="ada@", website="filled by a machine")
    page.locator("[name='partners[1].name']").fill("")
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = false })")
    press(page)
    summary = page.locator(".summary")
    summary.wait_for()
    assert summary.evaluate("e => e === document.activeElement")
    opened = page.locator("details.section[open]")
    assert opened.count() == 1, "all would be fifteen screens"
    summary.get_by_role("link").filter(has_text="ligne 2").click()
    assert opened.count() == 2
    assert page.locator("[name='partners[1].name']").evaluate("e => e === document.activeElement")
    assert summary.get_attribute("role") == "alert"
    wrong = {e["field"] for e in page.evaluate("told.errors")}
    assert wrong == {"contact_email", "partners[1].name", "person"}
    assert "Nom (Partenaires" in summary.inner_text() or "ligne 2" in summary.inner_text()
    field = page.locator("[name=contact_email]")
    assert field.get_attribute("aria-invalid") == "true"
    error = page.locator(f"#{field.get_attribute('aria-describedby')}")
    assert error.inner_text() == next(
        e["message"] for e in page.evaluate("told.errors") if e["field"] == "contact_email"
    )
    summary.get_by_role("link").filter(has_text="Courriel").click()
    assert field.evaluate("e => e === document.activeElement")
    assert (
        page.locator(f"label[for={field.get_attribute('id')}]").evaluate(
            "e => e.getBoundingClientRect().top"
        )
        > 0
    )
    field.fill("ada@example.org")
    page.locator("[name='partners[1].name']").fill("Maison des jeunes")
    page.get_by_label("Oui, je suis une personne.").check()
    press(page)
    page.locator(".relais-done").wait_for()
    assert len(store.kinds("case")) == 1


def test_every_form_with_its_errors_is_accessible_and_fits_in_light_and_in_dark(
    api: str, pasted: Show
) -> None:
    style = "<style>:root{color-scheme:light dark}body{background:Canvas;color:CanvasText}</style>"
    head = f'<link rel="stylesheet" href="{api}/kit/relais.css">{style}{SCRIPT}'
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for names, lang in (
        (("newsletter", "assessment"), "fr"),
        (("eoi",), "fr"),
        (("application",), "en"),
    ):
        page = pasted("".join(part(api, name, lang) for name in names), head=head, policy="")
        page.set_viewport_size({"width": 320, "height": 800})
        if "application" in names:
            # What it opens for its first mistake has the colours of all others.
            page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = false })")
        for form in page.locator("relais-form").all():
            form.locator("p > [type=submit]:not([formaction])").click()
            form.locator(".summary").wait_for()
        page.evaluate(AXE)
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme)
            assert violations(page, ["wcag2aa"]) == []
        unfold(page)
        assert violations(page, TAGS, colours=False) == []
        assert too_wide(page) == []
    # Without our style, the one line of the guide is enough for the widest part.
    guide = (Path(__file__).parents[2] / "docs" / "website.md").read_text("utf-8")
    (line,) = re.findall("^fieldset {.*", guide, re.MULTILINE)
    for style, fits in (("", False), (f"<style>{line}</style>", True)):
        page.set_content(PAGE.format(head=style, body=part(api, "application")))
        unfold(page)
        assert (too_wide(page) == []) is fits


def test_rows_conditions_and_counts_follow_what_is_typed(api: str, pasted: Show) -> None:
    page = pasted(part(api, "eoi"))
    rows = page.locator("fieldset.row:visible")
    more = page.get_by_role("button", name="Ajouter une ligne")
    assert rows.count() == 1
    for name in ("Un", "Deux", "Trois"):
        if name != "Un":
            more.click()
        page.keyboard.type(name) if name != "Un" else page.locator(
            "[name='partners[0].name']"
        ).fill(name)
    assert rows.count() == 3
    page.get_by_role("button", name="Retirer la ligne 2").click()
    assert rows.count() == 2
    assert page.locator("[name='partners[1].name']").input_value() == "Trois"
    assert page.locator("[name='partners[2].name']").input_value() == ""
    assert page.get_by_role("status").first.inner_text() == "La ligne 2 est retirée."

    number = page.locator("[name=org_bn]")
    assert not number.is_visible()
    page.locator("[name=org_status][value=registered_charity]").check()
    assert number.is_visible()
    text = page.locator("[name=issue_summary]")
    text.fill("é" * 10)
    limit = int(text.get_attribute("data-max") or 0)
    assert (
        page.locator(f"#{text.get_attribute('id')}-limit").inner_text()
        == f"Caractères restants\u00a0: {limit - 10}"
    )


def test_a_form_that_is_not_there_is_brought_and_sent(
    api: str, pasted: Show, store: MemoryStore
) -> None:
    page = pasted('<relais-form form="newsletter" lang="en"></relais-form>')
    page.locator("relais-form form").wait_for()
    assert page.locator("relais-form button").inner_text() == "Subscribe"
    fill(page, "newsletter")
    press(page)
    page.locator(".relais-done").wait_for()
    assert store.kinds("subscriber")


def test_a_form_that_cannot_be_brought_leads_to_its_own_page(
    api: str, fr: Page, pasted: Show
) -> None:
    fr.route("**/kit/newsletter*", lambda route: route.abort())
    page = pasted('<relais-form form="newsletter" lang="en"></relais-form>')
    link = page.get_by_role("link", name="Open it on a page of its own")
    assert link.get_attribute("href") == f"{api}/newsletter?lang=en"


def test_an_invitation_fills_in_what_is_known_and_a_wrong_one_says_where_to_go(
    api: str, fr: Page, pasted: Show
) -> None:
    known = '{"values": {"fid_city": "Laval", "partners": [{"name": "École du Parc"}]}}'
    headers = {"Access-Control-Allow-Origin": "*"}
    fr.route(
        "**/forms/application?*invite=good",
        lambda route: route.fulfill(body=known, headers=headers),
    )
    page = pasted(part(api, "application"), query="?invite=good")
    page.get_by_text("Ce que vous nous avez déjà dit est rempli.").wait_for()
    assert page.locator("[name=fid_city]").input_value() == "Laval"
    assert page.locator("[name='partners[0].name']").input_value() == "École du Parc"
    assert page.locator("[name=invite]").input_value() == "good"
    assert not page.locator("[name=ref]").is_visible()

    page = pasted(part(api, "application"), query="?invite=wrong")
    summary = page.locator(".summary")
    summary.wait_for()
    assert summary.locator("h2").inner_text() == "Une Déclaration d’intérêt doit venir en premier"
    assert (
        summary.get_by_role("link", name="Retrouver mon dossier").get_attribute("href")
        == f"{api}/file?lang=fr"
    )
    assert page.locator("[name=invite]").input_value() == ""
    assert page.locator("[name=ref]").is_visible()


PAUSE = {
    "status": "paused",
    "words": {"fr": "Le cycle est complet.", "en": "The cycle is full."},
    "reopens": "2030-09-01",
}
SAID = {
    "fr": "Le cycle est complet. Date de réouverture\u00a0: 1",
    "en": "The cycle is full. The form",
}


def test_a_form_that_is_paused_says_so_and_loses_nothing_that_was_typed(
    api: str, pasted: Show, store: MemoryStore
) -> None:
    open_form = {lang: part(api, "eoi", lang) for lang in SAID}
    page = pasted(open_form["fr"])
    fill(page, "eoi")
    paused = {"intake/eoi": (1, PAUSE)}
    store.items["EDITS", "EDITS"] = {"number": 1, "edits": packed(paused)}
    application.services().edits.reread()  # type: ignore[attr-defined]
    press(page)
    refused = page.locator(".summary")
    refused.wait_for()
    assert SAID["fr"] in refused.inner_text()
    assert refused.evaluate("e => e === document.activeElement")
    assert page.locator("[name=org_city]").input_value() == "Montréal"
    page.reload()
    page.get_by_text("Ce que vous aviez saisi est de retour.").wait_for()
    assert page.locator("[name='partners[2].name']").input_value() == "Ville de l’Exemple"
    assert SAID["fr"] in page.locator(".summary").inner_text()

    page = pasted(open_form["en"])
    told = page.locator(".summary")
    told.wait_for()
    assert SAID["en"] in told.inner_text()
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    assert page.locator("[name=org_city]").input_value() == "Montréal", "of the other language"
    for lang, said in SAID.items():
        page = pasted(f'<relais-form form="eoi" lang="{lang}"></relais-form>')
        page.locator("relais-form section").wait_for()
        assert said in page.locator("relais-form").inner_text()
        assert page.locator("relais-form form").count() == 0
    assert not store.kinds("case")


def test_coaches_are_found_as_one_types(published: object, api: str, pasted: Show) -> None:
    page = pasted(part(api, "coaches"))
    page.locator("#co-q").press_sequentially("logement", delay=5)
    first = page.locator(".relais-found li a").first
    first.wait_for()
    assert (first.get_attribute("href") or "").startswith(f"{api}/coaches/")
    page.locator("#co-q").fill("xyzzyx")
    page.get_by_text("Aucun résultat pour cette recherche.").wait_for()


def test_both_languages_of_a_form_stand_on_one_page(api: str, pasted: Show) -> None:
    page = pasted(part(api, "newsletter") + part(api, "newsletter", "en"))
    twice = "[...document.querySelectorAll('[id]')].map(e => e.id).filter((id, at, all) => all.indexOf(id) !== at)"
    assert page.evaluate(twice) == []
