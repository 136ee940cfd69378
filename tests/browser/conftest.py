"""One Chromium for all of these tests; without it they fail, and do not pass by being skipped."""

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, sync_playwright

import app as application
from accounts import SetWorld
from chalicelib.aws.keys import Keys
from chalicelib.core.settings import Settings
from chalicelib.services import Services
from fakes import (
    MemoryBulkMailer,
    MemoryDocuments,
    MemoryImages,
    MemoryMailer,
    MemoryObjects,
    MemoryQueue,
    MemoryStore,
    MemorySuppression,
    SetClock,
)
from served import served

QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium")
    assert found, "these tests need chromium: apt-get install chromium fonts-dejavu-core"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session", autouse=True)
def arrived() -> Iterator[None]:
    """Let a click and a key wait until the page that they lead to is parsed.

    Playwright waits until the answer begins, where a title and a count are still those of nothing.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in ("click", "press"):
            patch.setattr(Locator, name, then_arrive(getattr(Locator, name)))
        yield


def then_arrive(act: Callable[..., None]) -> Callable[..., None]:
    def acted(self: Locator, *args: object, **named: object) -> None:
        act(self, *args, **named)
        if not self.page.is_closed():
            self.page.wait_for_load_state("domcontentloaded")

    return acted


@pytest.fixture(scope="session")
def shared(browser: Browser) -> Page:
    """A page for tests that put their own document in it."""
    page: Page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.context.set_offline(True)
    return page


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="fr-CA")
    yield context.new_page()
    context.close()


@pytest.fixture
def address(
    settings: Settings, store: MemoryStore, mailer: MemoryMailer, clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:  # fmt: skip
    def wire(address: str) -> None:
        keys = Keys(links=("a" * 64,), people=b"p" * 32)
        here = settings.model_copy(update={"public_url": address, "allowed_origins": (address,)})
        service = Services(here, store, keys, mailer, clock, MemorySuppression(),
                           bulk=(MemoryBulkMailer(), MemoryQueue()),
                           objects=MemoryObjects(), documents=MemoryDocuments(clock), outside=SetWorld(),
                           images=MemoryImages(clock))  # fmt: skip
        monkeypatch.setattr(application, "services", lambda: service)
        monkeypatch.setattr(application, "settings", lambda: here)

    with served(wire) as found:
        yield found


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """A browser of Québec, without scripts."""
    context = browser.new_context(java_script_enabled=False, locale="fr-CA")
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()
