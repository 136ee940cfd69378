"""A scanner with a whole browser opens every link of the newsletter; a person presses buttons."""

import re

from playwright.sync_api import Page

from chalicelib.newsletter.subscribers import subscriber
from chalicelib.services import Services
from fakes import MemoryMailer, MemoryStore, SetClock
from subscribers import ADA


def swept(address: str) -> Services:
    import app as application

    service: Services = application.services()  # type: ignore[attr-defined]
    while service.mail.outbox.sweep():
        pass
    return service


def linked(text: str, page: str) -> str:
    return str(re.findall(rf"http\S+/newsletter/{page}/[\w.~-]+", text)[-1])


def test_a_scanner_that_is_a_browser_changes_nothing(
    address: str, page: Page, plain: Page, store: MemoryStore, mailer: MemoryMailer,
    clock: SetClock,
) -> None:  # fmt: skip
    plain.goto(f"{address}/newsletter")
    clock.pass_(seconds=30)
    plain.locator("#f-email").fill(ADA)
    plain.locator("input[name=consent]").check()
    plain.get_by_role("button", name="M’abonner").click()
    assert "Vérifiez vos courriels" in plain.content()
    service = swept(address)
    (mail,) = mailer.to(ADA)
    _scanned(page, store, [linked(mail.text, "confirm"), linked(mail.text, "unsubscribe")])

    plain.goto(linked(mail.text, "confirm"))
    plain.get_by_role("button", name="Confirmer").click()
    person = service.subscribers.sign_ups.person(ADA)
    assert service.subscribers.repository.get(person).status == subscriber.ACTIVE  # type: ignore[union-attr]
    plain.get_by_role("link", name="Voir mes préférences").click()
    preferences = plain.url
    plain.get_by_label("Nouvelle adresse courriel").fill("ada.roy@example.org")
    plain.get_by_role("button", name="Changer").click()
    swept(address)
    moved = linked(mailer.to("ada.roy@example.org")[-1].text, "confirm")
    leave = service.links.unsubscribe(person)
    _scanned(page, store, [preferences, moved, leave, service.links.keep(person, 0)])

    plain.goto(leave)
    plain.get_by_role("button", name="Me désabonner").click()
    assert "Vous ne recevrez plus l’infolettre" in plain.content()
    assert service.subscribers.repository.get(person).status == subscriber.UNSUBSCRIBED  # type: ignore[union-attr]


def _scanned(page: Page, store: MemoryStore, links: list[str]) -> None:
    """Opens each link, follows what the page links to, and hovers over its buttons."""
    before = str(store.items), len(store.commits)
    for link in links:
        answer = page.goto(link)
        assert answer is not None
        assert answer.status == 200
        for button in page.get_by_role("button").all():
            button.hover()
        for href in page.eval_on_selector_all("main a, header a", "all => all.map(a => a.href)"):
            if href.startswith(link.partition("/newsletter")[0]):
                page.goto(href)
    assert (str(store.items), len(store.commits)) == before
