"""Our plugin in a real WordPress, driven by an administrator, an author and visitors behind a page
cache: `make wordpress`. Its name keeps it out of `make test`."""

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

import app as application
import samples
from chalicelib.aws.keys import Keys
from chalicelib.core.settings import read
from chalicelib.services import Services
from chalicelib.views import kit_parts
from environment import ENVIRONMENT
from fakes import MemoryMailer, MemoryStore, MemorySuppression, SetClock
from served import served
from wordpress import Wordpress, running

PUT = """async ([title, content]) => {
  const {dispatch, select} = wp.data
  dispatch('core/editor').editPost({title, status: 'publish'})
  dispatch('core/block-editor').resetBlocks(wp.blocks.parse(content))
  await dispatch('core/editor').savePost()
  return select('core/editor').getPermalink()
}"""
"""What the editor does when somebody pastes blocks and presses Publish."""

READY = "() => window.wp && wp.data && wp.data.select('core/editor').getCurrentPostId()"


class Place(NamedTuple):
    """A WordPress, the Relais that it shows, and what Relais stores."""

    wordpress: Wordpress
    api: str
    store: MemoryStore


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    store = MemoryStore()
    with pytest.MonkeyPatch.context() as patch, running(tmp_path_factory.mktemp("wp")) as found:

        def wire(address: str) -> None:
            keys = Keys(links=("a" * 64,), people=b"p" * 32)
            changed = {"public_url": address, "allowed_origins": (address, found.url)}
            here = read(ENVIRONMENT).model_copy(update=changed)
            parts = (MemoryMailer(), SetClock(), MemorySuppression())
            service = Services(here, store, keys, *parts)
            patch.setattr(application, "services", lambda: service)
            patch.setattr(application, "settings", lambda: here)

        with served(wire) as api:
            yield Place(found, api, store)
        assert found.complaints() == ""


def signed_in(browser: Browser, place: Place, name: str) -> Page:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(f"{place.wordpress.url}/wp-login.php")
    page.fill("#user_login", name)
    page.fill("#user_pass", "secret")
    page.click("#wp-submit")
    page.wait_for_url("**/wp-admin/**")
    return page


@pytest.fixture(scope="module")
def admin(browser: Browser, place: Place) -> Iterator[Page]:
    """The administrator, who has said where Relais is."""
    page = signed_in(browser, place, "admin")
    page.goto(f"{place.wordpress.url}/wp-admin/options-general.php")
    page.get_by_label("Relais").fill(f"{place.api}/")
    page.click("#submit")
    assert page.get_by_label("Relais").input_value() == place.api
    yield page
    page.context.close()


@pytest.fixture(scope="module")
def author(browser: Browser, place: Place, admin: Page) -> Iterator[Page]:
    """An author, whose `<form>` and `<script>` WordPress takes out."""
    page = signed_in(browser, place, "author")
    yield page
    page.context.close()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="fr-CA", viewport={"width": 360, "height": 800})
    context.set_default_timeout(30_000)
    yield context
    context.close()


def publish(page: Page, place: Place, title: str, content: str, kind: str = "post") -> str:
    page.goto(f"{place.wordpress.url}/wp-admin/post-new.php?post_type={kind}")
    page.wait_for_function(READY)
    return str(page.evaluate(PUT, [title, content]))


def fill(page: Page, fields: dict[str, object]) -> None:
    from tests.browser.test_kit import TYPE

    assert page.evaluate(TYPE, samples.as_html(fields)) == []


def test_the_editor_shows_each_part_under_its_own_name(admin: Page, place: Place) -> None:
    admin.goto(f"{place.wordpress.url}/wp-admin/post-new.php?post_type=page")
    admin.wait_for_function(READY)
    titles = admin.evaluate(
        "wp.blocks.getBlockTypes().filter(b => b.name.startsWith('relais/')).map(b => [b.name, b.title])"
    )
    assert dict(titles) == {
        "relais/eoi": "Relais – Declaration of interest",
        "relais/application": "Relais – Application for coaching funding",
        "relais/assessment": "Relais – Collective Impact self-assessment",
        "relais/newsletter": "Relais – Newsletter",
        "relais/coaches": "Relais – Coaches",
    }


@pytest.mark.parametrize("name", kit_parts.PARTS)
def test_a_visitor_reads_a_block_in_the_very_words_of_the_kit(
    name: str, admin: Page, place: Place, visitor: BrowserContext
) -> None:
    block = f'<!-- wp:relais/{name} {{"lang":"fr"}} /-->'
    link = publish(admin, place, f"Page {name}", block, "page")
    shown = visitor.request.get(link).text()
    served_by = application.services()  # type: ignore[attr-defined]
    kit = kit_parts.part(name, "fr", served_by.settings, served_by.views.kit.consent_texts)
    assert words(kit) in words(shown), "no typography of WordPress changes what is consented to"
    assert f"{place.api}/kit/relais.js" in shown
    assert f"href='{place.api}/kit/relais.css" in shown.partition("</head>")[0]


def words(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def test_what_an_author_places_survives_where_a_pasted_form_does_not(
    author: Page, place: Place, visitor: BrowserContext
) -> None:
    content = (
        '<!-- wp:relais/eoi {"lang":"fr"} /-->'
        '<!-- wp:shortcode -->[relais form="newsletter" lang="en"]<!-- /wp:shortcode -->'
        '<!-- wp:html --><form action="/x"><input name="mine"></form><script>1</script><!-- /wp:html -->'
    )
    shown = visitor.request.get(publish(author, place, "By an author", content)).text()
    assert f'action="{place.api}/forms/eoi?lang=' in shown
    assert f'action="{place.api}/newsletter?lang=' in shown
    assert "Subscribe" in shown
    assert 'name="mine"' not in shown


@pytest.fixture(scope="module")
def eoi_page(admin: Page, place: Place) -> str:
    return publish(admin, place, "EOI", '<!-- wp:relais/eoi {"lang":"fr"} /-->', "page")


def test_a_visitor_of_a_cached_page_sends_the_form_in_its_place(
    eoi_page: str, place: Place, visitor: BrowserContext
) -> None:
    visitor.request.get(eoi_page)
    page = visitor.new_page()
    answer = page.goto(eoi_page)
    assert answer is not None
    assert answer.headers.get("x-page-cache") == "hit"
    page.locator("relais-form p > [type=submit]:not([formaction])").click()
    page.locator(".summary").wait_for()
    assert page.locator(".summary").evaluate("e => e === document.activeElement")
    before = len(place.store.kinds("case"))
    fill(page, samples.eoi(stream=None, contact_email="wp.script@example.org"))
    page.locator("relais-form p > [type=submit]:not([formaction])").click()
    page.locator(".relais-done").wait_for()
    assert len(place.store.kinds("case")) == before + 1


def test_a_visitor_of_a_cached_page_sends_the_form_without_a_script(
    eoi_page: str, place: Place, browser: Browser
) -> None:
    context = browser.new_context(java_script_enabled=False, locale="fr-CA")
    page = context.new_page()
    page.goto(eoi_page)
    before = len(place.store.kinds("case"))
    few = samples.EOI["partners"][:1]
    fill(page, samples.eoi(stream=None, contact_email="wp.plain@example.org", partners=few))
    page.locator("relais-form p > [type=submit]:not([formaction])").click()
    page.wait_for_url(f"{place.api}/**")
    assert page.locator("h1").inner_text() == "Merci, c’est bien reçu"
    assert len(place.store.kinds("case")) == before + 1
    context.close()


def test_an_invitation_is_kept_by_no_cache(
    admin: Page, place: Place, visitor: BrowserContext
) -> None:
    block = '<!-- wp:relais/application {"lang":"fr"} /-->'
    link = publish(admin, place, "Demande", block, "page")
    invited = f"{link}&invite=nobody"
    for _ in range(2):
        answer = visitor.request.get(invited)
        assert "x-page-cache" not in answer.headers
        assert "no-cache" in answer.headers["cache-control"]
    page = visitor.new_page()
    page.goto(invited)
    page.locator(".summary").wait_for()
    assert page.get_by_role("link", name="Retrouver mon dossier").count() == 1


def test_while_relais_is_away_the_last_good_part_is_shown(
    admin: Page, place: Place, visitor: BrowserContext
) -> None:
    link = publish(admin, place, "Away", '<!-- wp:relais/newsletter {"lang":"fr"} /-->', "page")
    assert "M’abonner" in visitor.request.get(link).text()
    place.wordpress.run(
        'foreach ( RELAIS_PARTS as $name ) { $key = "relais_{$name}_fr"; $kept = get_option( $key );'
        " if ( $kept ) { $kept['asked'] = 0; update_option( $key, $kept ); } }"
    )

    def away() -> Services:
        raise RuntimeError("away")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(application, "services", away)
        shown = visitor.request.get(f"{link}&again=1").text()
    assert f'action="{place.api}/newsletter?lang=' in shown
