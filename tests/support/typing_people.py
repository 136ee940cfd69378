"""People of a random life who type into the pages: whatever the page says, their text is kept."""

import html
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlencode

from chalicelib.cases.case import Case
from chalicelib.cases.review.link import review_link
from chalicelib.cases.states import staff_steps
from chalicelib.core.errors import RelaisError
from chalicelib.core.ports import Item, Key
from chalicelib.web import kept_text
from chalicelib.web.request import Request
from chalicelib.web.responses import Response

if TYPE_CHECKING:
    from simulation import Act, Life

BROWSER: Final = {
    "accept": "text/html", "content-type": "application/x-www-form-urlencoded",
}  # fmt: skip
ACTIONS: Final = ("reply", "withdraw", "correct", "reply")
CHOICES: Final = ("ask", "decline", "approve", "conditions", "waitlist", "reopen")
NETWORK: Final = "192.0.2.7"


class View(Protocol):
    def __call__(self, request: Request, token: str) -> Response: ...


def writes_to_file(life: "Life", act: "Act", case: Case) -> None:
    """The applicant answers, withdraws, or names another address, on the page as they saw it."""
    action = ACTIONS[act.who % len(ACTIONS)]
    token = life.service.links.file(case.id, case.person).rpartition("/")[2]
    text = _text(life, act)
    given = {"action": action, "nonce": life.service.links.nonce(token), "confirm": "on"}
    named = {"correct": "address", "withdraw": "message"}.get(action, "answer")
    typed = f"m{act.at}@example.org" if action == "correct" else text
    _post(life, life.service.views.file.act, token, {**given, named: typed}, typed)


def decides_on_page(life: "Life", act: "Act", case: Case, by: str) -> None:
    """A member of staff writes on the page of a file, as it was some steps ago."""
    made = life.service.links.new_review()
    token = made.url.rpartition("/")[2]
    allowed = staff_steps(case.state)
    link = review_link(made.token_hash, case=case, recipient=by, allowed=allowed, now=life.clock())
    life.store.put({name: value for name, value in link.items() if value is not None})
    text = _text(life, act)
    given = {
        "decision": CHOICES[act.at % len(CHOICES)], "confirm": "on" if act.stale != 1 else "",
        "nonce": life.service.links.nonce(token), "code": made.code, "reason": "not_ci",
        "message": text, "condition_0": "Un fiduciaire", "due_0": "2031-05-05",
    }  # fmt: skip
    _post(life, life.service.views.review.decide, token, given, text)


def confirms_address(life: "Life", act: "Act", case: Case) -> None:
    url = life.service.links.address(case.id, case.person, f"m{act.at}@example.org")
    token = url.rpartition("/")[2]
    given = {"action": "confirm", "confirm": "on", "nonce": life.service.links.nonce(token)}
    _post(life, life.service.views.file.act, token, given, "")


def answers_claim(life: "Life", act: "Act", orphan: Case, person: str) -> None:
    """The address of a file says whether an application that named it is theirs."""
    assert orphan.claims is not None
    token = life.service.links.claim(orphan.id, orphan.claims, person).rpartition("/")[2]
    action = ("confirm", "not_me")[act.who % 2]
    given = {"action": action, "confirm": "on", "nonce": life.service.links.nonce(token)}
    _post(life, life.service.views.file.act, token, given, "")


def asks_for_links(life: "Life", address: str) -> None:
    life.service.views.lost_link.lost_links.ask(address, "fr", NETWORK)


def _text(life: "Life", act: "Act") -> str:
    return f"Texte {len(life.store.commits)}-{act.who}, « entre guillemets » & long"


def _post(life: "Life", view: View, token: str, given: dict[str, str], text: str) -> None:
    body = urlencode(given).encode()
    request = Request("POST", BROWSER, {}, body, NETWORK)
    page = _answer(life, lambda: view(request, token), request)
    if page.status >= 500:
        life.unwritten.append(ValueError(f"{given} got {page.status}"))
    there = text in html.unescape(page.body)
    if text and not there and (page.status >= 400 or not _is_kept(life.store.items, text)):
        life.unwritten.append(ValueError(f"{given} is lost: {page.status}"))


def _answer(life: "Life", view: Callable[[], Response], request: Request) -> Response:
    """What the app answers: whatever a view raises becomes a page, and every page keeps the text."""
    try:
        page = view()
    except RelaisError as error:
        page = life.service.views.file.problems.respond(request, error)
    return kept_text.with_typed_text(request, page) if page.status >= 400 else page


def _is_kept(items: dict[Key, Item], text: str) -> bool:
    rows = (row for row in items.values() if row.get("kind") in ("case", "event", "letter"))
    return any(text in str(row) for row in rows)
