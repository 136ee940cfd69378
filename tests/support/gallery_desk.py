"""The pages of the desk, for the tests that look at every page."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from staff_browser import StaffBrowser, link_of

if TYPE_CHECKING:
    from gallery import Walk

Pages = Iterator[tuple[str, str]]


def sign_in(walk: "Walk") -> Pages:
    browser = StaffBrowser(walk.visitor, walk.lang)
    email, at = str(walk.staff["email"]), f"?lang={walk.lang}"

    def letter() -> str:
        walk.deliver()
        return str(walk.mailer.to(email)[-1].text)

    yield "desk-sign-in", browser.get(f"/desk{at}").body.decode()
    wrong = browser.post("/desk", ("email", "eve@"), ("lang", walk.lang))
    yield "desk-sign-in-errors", browser.post(f"/desk{at}", ("email", "eve@")).body.decode()
    assert wrong.status_code == 422
    browser.ask(email)
    path = link_of(letter())
    yield "desk-code", browser.get(f"/desk{at}&asked=1").body.decode()
    yield "desk-code-errors", browser.post(f"/desk{at}", ("code", "1")).body.decode()
    yield "desk-link", browser.get(path).body.decode()
    stranger = StaffBrowser(walk.visitor, walk.lang)
    page = stranger.get(path).body.decode()
    yield "desk-link-errors", stranger.post(path, ("nonce", _hidden(page))).body.decode()
    browser.post(path, ("nonce", _hidden(browser.get(path).body.decode())))
    yield "desk-over", browser.get(f"{path}{at}").body.decode()
    page = browser.get("/desk/account").body.decode()
    yield "desk-account", page
    yield "desk-confirm", browser.get("/desk/account?next=/desk").body.decode()
    form = ("nonce", _hidden(page))
    browser.post("/desk/account", form, ("act", "send_code"))
    wrong = browser.post("/desk/account", form, ("act", "confirm"), ("code", "1"))
    yield "desk-confirm-errors", wrong.body.decode()
    letter()
    yield "desk-refused", browser.post(f"/desk/account{at}").body.decode()
    walk.clock.pass_(hours=13)
    lost = browser.post(f"/desk/account{at}", ("message", "Je réfléchis encore."))
    yield "desk-lost", lost.body.decode()


def _hidden(page: str) -> str:
    return page.partition('name="nonce" value="')[2].partition('"')[0]
