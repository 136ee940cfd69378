"""The life of an issue: every step of the table and no other, once, in a chain."""

import itertools
from dataclasses import replace
from typing import cast

import pytest

from chalicelib import content
from chalicelib.cases.audit import FIRST_EVENT, chained
from chalicelib.core.errors import Conflict, NotFound, Refused
from chalicelib.core.ports import Put
from chalicelib.newsletter.issue_counts import Readership, count, counted
from chalicelib.newsletter.issues.issue import (
    Issue,
    IssueEvent,
    IssueStatus,
    rendered_of,
    status_after,
    text_key,
)
from chalicelib.newsletter.issues.lifecycle import IssueLifecycle
from fakes import MemoryStore, SetClock

STATES = cast("list[IssueStatus]", list(content.issues()["states"]))
EVENTS = cast("list[IssueEvent]", [row["event"] for row in content.issues()["transitions"]])

MARCH = Issue(
    id="2026-03",
    status="SCHEDULED",
    version=1,
    events=0,
    head=FIRST_EVENT,
    authors=["rita-roy"],
    topics=[],
    date="2026-03-02",
    created_at="2026-03-01T15:00:00.000Z",
    updated_at="2026-03-01T15:00:00.000Z",
)


@pytest.fixture
def lifecycle(store: MemoryStore, clock: SetClock) -> IssueLifecycle:
    store.commit([Put(MARCH.item())])
    return IssueLifecycle(store, clock)


@pytest.mark.parametrize(("state", "event"), [*itertools.product(STATES, EVENTS)])
def test_every_state_and_event_is_defined_or_refused(state: IssueStatus, event: IssueEvent) -> None:
    sources = {row["event"]: row["from"] for row in content.issues()["transitions"]}
    if state in sources[event]:
        assert status_after(state, event) in STATES
    else:
        with pytest.raises(Refused):
            status_after(state, event)


def test_every_state_but_the_first_is_reached() -> None:
    assert {row["to"] for row in content.issues()["transitions"]} == set(STATES)


def test_an_issue_goes_from_start_to_report(lifecycle: IssueLifecycle) -> None:
    issue = lifecycle.start(lifecycle.get("2026-03"))
    issue = lifecycle.pause(issue, "rita-roy", "a wrong link")
    assert issue.paused is not None
    assert issue.paused["by"] == "rita-roy"
    issue = lifecycle.resume(issue, "rita-roy")
    issue = lifecycle.auto_pause(issue, "bounces", {"rate": "5.1"})
    issue = lifecycle.finished(lifecycle.resume(issue, "sam-lee"), {"fr": {"sent": 2}})
    assert issue == lifecycle.get("2026-03")
    assert issue.status == "SENT"
    assert issue.paused is None
    assert issue.report == {"fr": {"sent": 2}}


def test_the_events_of_an_issue_are_a_chain(lifecycle: IssueLifecycle, store: MemoryStore) -> None:
    lifecycle.cancel(
        lifecycle.pause(lifecycle.start(lifecycle.get("2026-03")), "rita-roy"), "sam-lee"
    )
    head = FIRST_EVENT
    for row in store.rows("ISSUE#2026-03", "EVENT#"):
        assert row["before"] == head
        head = row["hash"]
        assert head == chained(row, row["before"])
    assert lifecycle.get("2026-03").head == head


def test_of_two_at_once_one_wins(lifecycle: IssueLifecycle, store: MemoryStore) -> None:
    seen = lifecycle.start(lifecycle.get("2026-03"))
    lifecycle.pause(seen, "rita-roy")
    with pytest.raises(Conflict):
        lifecycle.cancel(seen, "sam-lee")
    assert lifecycle.get("2026-03").status == "PAUSED"
    assert len(store.rows("ISSUE#2026-03", "EVENT#")) == 2


def test_a_step_twice_is_refused(lifecycle: IssueLifecycle) -> None:
    issue = lifecycle.start(lifecycle.get("2026-03"))
    with pytest.raises(Refused):
        lifecycle.start(issue)


def test_what_joins_a_step_fails_with_it(lifecycle: IssueLifecycle, store: MemoryStore) -> None:
    seen = lifecycle.get("2026-03")
    store.any_rows = True
    with pytest.raises(Conflict):
        lifecycle.start(replace(seen, events=7), also=[Put({"pk": "ISSUE#2026-03", "sk": "X"})])
    assert store.get("ISSUE#2026-03", "X") is None


def test_an_issue_waits_for_the_sweep_while_it_is_due(
    lifecycle: IssueLifecycle, store: MemoryStore, clock: SetClock
) -> None:
    lifecycle.start(lifecycle.get("2026-03"), due=clock())
    later = "2030-01-01"
    assert list(store.due(later)) == [("ISSUE#2026-03", "ISSUE")]
    lifecycle.pause(lifecycle.get("2026-03"), "rita-roy")
    assert list(store.due(later)) == []


def test_an_unknown_issue_is_not_here(lifecycle: IssueLifecycle) -> None:
    with pytest.raises(NotFound):
        lifecycle.get("2026-04")


def test_counts_are_summed_by_language(store: MemoryStore) -> None:
    for shard in range(20):
        store.commit([count("2026-03", Readership("fr"), str(shard), {"sent": 2, "failed": 1})])
    store.commit([count("2026-03", Readership("en"), "0", {"sent": 5})])
    found = counted(store, "2026-03")
    assert (found["fr"]["sent"], found["fr"]["failed"], found["en"]["sent"]) == (40, 20, 5)
    assert found["en"]["bounced"] == 0
    assert len(store.rows("ISSUE#2026-03", "COUNTS#fr#")) > 1


def test_a_text_of_another_version_is_not_sent(store: MemoryStore) -> None:
    pk, sk = text_key("2026-03", "fr")
    text = {"lang": "fr", "subject": "S", "preheader": "P", "html": "H", "text": "T"}
    store.commit([Put({"pk": pk, "sk": sk, "version": 1, **text})])
    found = rendered_of(store, MARCH, "fr")
    assert found is not None
    assert found.subject == "S"
    assert rendered_of(store, replace(MARCH, version=2), "fr") is None
    assert rendered_of(store, MARCH, "en") is None
