"""The roster, kept alike in memory and in DynamoDB."""

from collections.abc import Iterator
from datetime import UTC, datetime

import boto3
import pytest
from moto import mock_aws

from chalicelib.aws.listings import DynamoListings
from chalicelib.cases.staff import Roster, RosterRefused, Staff
from chalicelib.core.ports import Store
from fakes import MemoryStore
from tables import make_tables

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


@pytest.fixture(params=["memory", "dynamo"])
def roster(request: pytest.FixtureRequest, aws: None) -> Iterator[Roster]:
    with mock_aws():
        store: Store = MemoryStore()
        if request.param == "dynamo":
            client = boto3.client("dynamodb")
            make_tables(client)
            store = DynamoListings(client, "Records", "Subscribers")
        yield Roster(store)


@pytest.fixture
def rita(roster: Roster) -> str:
    return roster.add("Rita Roy", "Rita@Example.org", "fr", NOW)


@pytest.fixture
def sam(roster: Roster) -> str:
    return roster.add("Sam Lee", "sam@example.org", "en", NOW)


def test_somebody_is_added_once(roster: Roster, rita: str) -> None:
    assert roster.all() == [Staff("rita-roy", "Rita Roy", "Rita@example.org", "fr", True)]
    with pytest.raises(RosterRefused, match="on the roster already"):
        roster.add("Rita", "rita@example.org", "fr", NOW)
    assert roster.add("Rita Roy", "other@example.org", "en", NOW) == "rita-roy-2"


def test_who_was_removed_comes_back_with_the_name_and_language_given(
    roster: Roster, rita: str
) -> None:
    roster.remove(rita)
    assert roster.active() == []
    with pytest.raises(RosterRefused, match="not on the roster"):
        roster.remove(rita)
    assert roster.add("Rita  Roy-Tan", "RITA@example.org", "en", NOW) == rita
    assert [(one.name, one.lang) for one in roster.active()] == [("Rita Roy-Tan", "en")]


@pytest.mark.parametrize(
    ("name", "email"),
    [("", "a@example.org"), (" ", "a@example.org"), ("?", "a@example.org"), ("Ada", "a@"),
     ("Ada", "Ada <a@example.org>")],
)  # fmt: skip
def test_who_has_no_name_or_no_address_is_refused(roster: Roster, name: str, email: str) -> None:
    with pytest.raises(RosterRefused):
        roster.add(name, email, "fr", NOW)
    assert roster.all() == []


@pytest.mark.parametrize("name", ["李明", "Staff", "Applicant", "Fiduciary"])
def test_nobody_is_called_what_letters_call_their_readers(roster: Roster, name: str) -> None:
    added = roster.add(name, "x@example.org", "en", NOW)
    assert added not in {"staff", "applicant", "fiduciary", ""}


def test_an_absence_begins_and_ends(roster: Roster, rita: str) -> None:
    roster.set_away(rita, "2026-08-03")
    away = roster.require(rita)
    assert away.away("2026-08-02")
    assert not away.away("2026-08-03")
    roster.end_absence(rita)
    roster.end_absence(rita)
    assert roster.require(rita).away_until is None


def test_a_deputy_and_a_manager_are_somebody_else_on_the_roster(
    roster: Roster, rita: str, sam: str
) -> None:
    for assign, role in ((roster.set_deputy, "deputy"), (roster.set_manager, "manager")):
        assign(rita, sam)
        assert getattr(roster.require(rita), role) == sam
        with pytest.raises(RosterRefused, match=f"their own {role}"):
            assign(rita, rita)
        with pytest.raises(RosterRefused, match="nobody is not on the roster"):
            assign(rita, "nobody")
        with pytest.raises(RosterRefused, match="nobody is not on the roster"):
            assign("nobody", sam)


def test_an_admin_is_one_until_told_otherwise(roster: Roster, rita: str) -> None:
    roster.set_admin(rita, admin=True)
    assert roster.require(rita).admin
    roster.set_admin(rita, admin=False)
    assert not roster.require(rita).admin
    with pytest.raises(RosterRefused):
        roster.set_admin("nobody", admin=True)


def test_a_stranger_is_not_made_by_a_change(roster: Roster) -> None:
    with pytest.raises(RosterRefused):
        roster.end_absence("nobody")
    assert roster.all() == []
