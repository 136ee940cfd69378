"""A post that is refused for what is in it counts against its network; a good one costs no more."""

import pytest

import app as application
import samples
from chalicelib.core.rate_limit import LIMITS
from fakes import MemoryStore
from visitor import FORM, JSON, Visitor


@pytest.mark.parametrize(
    "path", ["/forms/eoi", "/forms/application", "/forms/assessment", "/newsletter", "/file"]
)
@pytest.mark.parametrize(
    ("body", "kind"),
    [(b'{"email":"ada@"}', "application/json"), (b"[", "application/json"), (b"x", "text/plain"),
     (b"x" * 300_000, "application/json")],
)  # fmt: skip
def test_a_refused_post_is_counted_in_one_write(
    visitor: Visitor, store: MemoryStore, path: str, body: bytes, kind: str
) -> None:
    before = len(store.commits)
    response = visitor.request("POST", path, body, **{"Content-Type": kind})
    assert response.status_code in (400, 413, 415, 422)
    assert len(store.commits) == before + 1
    (counter,) = [row for row in store.kinds("rate") if "#refused_posts#" in f"#{row['pk']}"]
    assert counter["posts"] == 1


def test_a_post_that_is_taken_costs_no_more(visitor: Visitor, store: MemoryStore) -> None:
    assert visitor.send("/forms/eoi", samples.eoi()).status_code == 201
    assert len(store.commits) == 1


def test_beyond_the_limit_a_refused_post_is_told_to_wait_and_a_good_one_is_taken(
    visitor: Visitor,
) -> None:
    for _ in range(LIMITS["refused_posts"].per_hour):
        assert visitor.request("POST", "/file", b"{", **JSON).status_code == 400
    response = visitor.request("POST", "/file", b"{", **JSON)
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) <= 3600
    assert visitor.send("/forms/eoi", samples.eoi()).status_code == 201


@pytest.mark.parametrize(
    "route", sorted(each for each in application.app.routes if "{token}" in each)
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_link_that_opens_nothing_is_counted_wherever_it_is_tried(
    visitor: Visitor, store: MemoryStore, route: str, method: str
) -> None:
    """Also where a link that is over, and one that never was, get the same page."""
    if method not in application.app.routes[route]:
        return
    body = b"nonce=x&confirm=on&email=ada%40example.org"
    for number in range(2):
        path = route.format(token=f"guess{number}-{'a' * 30}", lang="fr", page="tasks")
        # The desk takes forms of its own pages alone, and says so of all others first.
        answer = visitor.request(method, path, body, Sec_Fetch_Site="same-origin", **FORM)
        if answer.status_code == 405:
            return
    (counter,) = [row for row in store.kinds("rate") if "#failures#" in row["pk"]]
    assert counter["posts"] == 2
    store.items[counter["pk"], counter["sk"]]["posts"] = LIMITS["failures"].per_hour
    again = visitor.request(method, path, body, Sec_Fetch_Site="same-origin", **FORM)
    assert again.status_code == 429
