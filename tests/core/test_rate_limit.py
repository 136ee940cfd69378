"""One table of limits: each view has its own, and no library is shut out by it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chalicelib.core import rate_limit
from chalicelib.core.addresses import mailbox_of
from chalicelib.core.errors import TooMany
from chalicelib.core.rate_limit import EVERY_ROUTE, LIMITS, ROUTES
from chalicelib.core.settings import read
from chalicelib.views.desk import routes as desk_routes
from chalicelib.views.desk.rights import RIGHTS
from environment import ENVIRONMENT
from fakes import MemoryStore

KEY = b"p" * 32
NOW = datetime(2026, 3, 2, 15, 20, 30, tzinfo=UTC)
LIBRARY = 20
"""People who share one network."""


def test_every_address_that_takes_a_post_has_limits() -> None:
    source = Path("app.py").read_text("utf-8")
    views = [part.partition(",") for part in source.split("app.views(")[1:]]
    posted = {path.strip(' \n"') for path, _, methods in views if "POST=" in methods} - {"path"}
    at_desk = {path for path, methods in desk_routes.ROUTES.items() if "POST" in methods}
    assert posted | at_desk >= set(ROUTES)
    # What only staff who are signed in may post has the limits of signing in.
    signed_in = {path for method, path in RIGHTS if method == "POST"}
    assert (posted | at_desk) - set(ROUTES) <= signed_in
    for path, names in ROUTES.items():
        assert names, path
        assert set(names) <= set(LIMITS), path


def test_every_limit_is_of_some_address() -> None:
    used = {name for names in ROUTES.values() for name in names}
    assert used | set(EVERY_ROUTE) == set(LIMITS)


def test_every_limit_has_a_number_and_one_only_for_a_window() -> None:
    settings = read(ENVIRONMENT)
    for name, limit in LIMITS.items():
        assert bool(limit.setting) != bool(limit.per_hour or limit.per_day), name
        assert not limit.setting or getattr(settings, limit.setting) > 0, name


def test_no_limit_of_a_network_can_be_met_by_twenty_people() -> None:
    """Three posts each within an hour."""
    stage = json.loads(Path("infra/stages/prod.json").read_text("utf-8"))
    numbers = {
        "posts_per_hour": int(stage["PostsPerHour"]),
        "signups_per_hour": int(stage["SignupsPerHour"]),
    }
    for name, limit in LIMITS.items():
        if limit.subject == "network":
            number = numbers[limit.setting] if limit.setting else limit.per_hour
            assert number >= 3 * LIBRARY, name


def test_what_a_stranger_can_bring_about_for_others_refuses_nobody() -> None:
    for name, limit in LIMITS.items():
        if limit.subject in ("mailbox", "coach", "account"):
            assert limit.beyond != "refuse", name


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("victim+1@Example.org", "victim@example.org"),
        (" Victim+a+b@example.org", "victim@example.org"),
        ("v.i.c.t.i.m+x@gmail.com", "victim@gmail.com"),
        ("victim@googlemail.com", "victim@gmail.com"),
        ("v.ictim@example.org", "v.ictim@example.org"),
        ("+tag@example.org", "+tag@example.org"),
    ],
)
def test_the_addresses_of_one_mailbox_are_counted_as_one(given: str, wanted: str) -> None:
    assert mailbox_of(given) == wanted


def test_one_network_is_an_address_or_the_64_that_a_household_is_given() -> None:
    def subject(address: str) -> str:
        return rate_limit.of_network(address, KEY)

    assert subject("2001:db8::1") == subject("2001:db8::ffff:ffff")
    assert subject("2001:db8::1") != subject("2001:db8:0:1::1")
    assert subject("192.0.2.1") != subject("192.0.2.2")


def test_an_hour_and_a_day_are_counted_and_told_in_seconds(store: MemoryStore) -> None:
    for _ in range(2):
        rate_limit.count(store, "file_copies", "one", NOW)
    with pytest.raises(TooMany) as hour:
        rate_limit.count(store, "file_copies", "one", NOW)
    assert hour.value.seconds == 39 * 60 + 30
    later = NOW.replace(hour=16)
    for at in (later, later, NOW.replace(hour=17)):
        rate_limit.count(store, "file_copies", "one", at)
    with pytest.raises(TooMany) as day:
        rate_limit.count(store, "file_copies", "one", NOW.replace(hour=17))
    assert day.value.seconds == 6 * 3600 + 39 * 60 + 30
    rate_limit.count(store, "file_copies", "two", later)
    rows = store.kinds("rate")
    assert len(rows) == 6
    assert all(row["expires"] > NOW.timestamp() for row in rows)
