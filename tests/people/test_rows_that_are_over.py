"""Whatever the table has not removed yet is judged by its own end: DynamoDB may take two days."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import pytest

import samples
from chalicelib import content
from chalicelib.cases.staff import Staff
from chalicelib.core.errors import BadLink
from chalicelib.core.records import HELD_MESSAGES
from chalicelib.forms.drafts.draft import ROW_ID
from journey import ADA, RITA, Journey
from visitor import token

Look = Callable[[], object]
"""Tries to use a row, and says whether that went."""

LATER: Final = 2_000_000_000
NOON: Final = "2026-03-02T17:00:00.000Z"

BY_KEY: Final = "its key names the hour, day or week that it is about, and readers ask for that"
BY_PUT: Final = "the next one is put in its place by a condition on its end"
BY_TIME: Final = "it says when it was asked for, and is good for minutes or hours of that"
HISTORY: Final = "it says what was: nobody has a right by it"
LETTER: Final = "it is due once, long before its end; what it is about is judged as it is written"


def link(way: Journey) -> Look:
    way.declare()
    path = way.review(RITA).removeprefix("/review/")
    return lambda: way.service.cases.reviews.open(path).standing != "unknown"


def session(way: Journey) -> Look:
    sessions = way.service.desk.sessions
    session_id, begun = sessions.begun(rita(way), "browser")
    way.store.commit([begun])
    return lambda: sessions.owner(session_id) or sessions.find(session_id)


def kept_form(way: Journey) -> Look:
    name = way.service.desk.kept.keep("rita-roy", [("remarks", "Bien")])
    return lambda: way.service.desk.kept.of(name, "rita-roy")


def job(way: Journey) -> Look:
    jobs = way.service.desk.jobs
    made = jobs.begin(rita(way), "export", {})
    return lambda: [
        *jobs.latest("rita-roy", "export"),
        *filter(None, [jobs.of("rita-roy", made.id)]),
    ]


def assessment(way: Journey) -> Look:
    told = way.visitor.send("/forms/assessment", samples.assessment(send_to_email=ADA))
    path = token(told.json_body["links"]["status"], "file")

    def look() -> bool:
        try:
            return bool(way.service.lookup.assessed(path))
        except BadLink:
            return False

    return look


def message(way: Journey) -> Look:
    row = {"pk": "MESSAGE#1", "sk": "MESSAGE", "kind": "message", "expires": LATER,
           "state_key": HELD_MESSAGES, "updated_at": NOON}  # fmt: skip
    way.store.items["MESSAGE#1", "MESSAGE"] = row
    held = way.service.coaches.messages
    return lambda: [*held.first_held(9), *filter(None, [held.one_held("1")])]


def proposal(way: Journey) -> Look:
    row = {"pk": "PROPOSAL#ada", "sk": "PROPOSAL", "kind": "proposal", "expires": LATER, "version": 1,
           "status": "waiting", "changes": {}, "slug": "ada"}  # fmt: skip
    way.store.items["PROPOSAL#ada", "PROPOSAL"] = row
    return lambda: way.service.coaches.proposals.newest("ada")


def rita(way: Journey) -> Staff:
    found = way.service.cases.roster.get("rita-roy")
    assert found is not None
    return found


PROBES: Final = {
    "link": link, "session": session, "kept_form": kept_form, "job": job,
    "assessment": assessment, "message": message, "proposal": proposal,
}  # fmt: skip
"""How a row that somebody may still use is used."""

OTHERS: Final = {
    "draft": "below",
    "stored_form": "a repeat of it counts as new: `is_kept` in intake",
    **dict.fromkeys(("rate", "mail_count", "stray", "started", "batch", "move"), BY_KEY),
    **dict.fromkeys(("once", "mail_limit", "issue_limit"), BY_PUT),
    **dict.fromkeys(("sign_in", "step_up", "canary", "job_open", "person_hold", "usual_delay"), BY_TIME),
    **dict.fromkeys(("attempt", "desk_log", "job_made", "name", "coach_edit", "missed_word", "withdrawal",
                     "request", "erasure", "left", "reported"), HISTORY),
}  # fmt: skip


def test_of_every_row_that_ends_by_time_it_is_known_what_judges_it_until_it_is_gone() -> None:
    ended = {row["name"]: row for row in content.retention()["rows"] if row["ended_by"] == "ttl"}
    letters = {name for name, row in ended.items() if row.get("kind") == "letter"}
    assert set(ended) == {*PROBES, *OTHERS, *letters}, LETTER


@pytest.mark.parametrize("kind", PROBES)
def test_a_row_that_is_over_is_good_for_nothing_though_the_table_has_it_still(
    way: Journey, kind: str
) -> None:
    look = PROBES[kind](way)
    assert look()
    for row in way.store.kinds(kind):
        row["expires"] = int(way.clock().timestamp())
    assert not look()


def test_a_draft_that_is_over_is_neither_read_nor_brought_to_life(way: Journey) -> None:
    drafts = way.service.drafts.drafts
    holder = drafts.begin("eoi", "fr", "192.0.2.1", {}, {})
    drafts.save(holder, "contact", {"contact_first_name": "Ada"}, version=0)
    (row,) = way.store.kinds("draft")
    way.clock.now = datetime.fromtimestamp(row["expires"], UTC)
    before = dict(row)
    acts: tuple[Callable[[], object], ...] = (
        lambda: drafts.get(holder),
        lambda: drafts.save(holder, "contact", {"contact_first_name": "Eve"}, version=1),
        lambda: drafts.save(holder, "organization", {"org_city": "Laval"}, version=0),
        lambda: drafts.save_row(holder, "collective", "partners", {ROW_ID: "a"}, seen=""),
        lambda: drafts.extend(holder),
        lambda: drafts.erase(holder),
    )
    for act in acts:
        with pytest.raises(BadLink):
            act()
    path = f"/draft/{way.service.links.draft(*holder).rpartition('/')[2]}"
    saved = {"version": 1, "fields": {"contact_first_name": "Eve"}}
    assert way.visitor.send(f"{path}/contact", saved).status_code == 410
    page = way.visitor.submit(f"{path}/contact?lang=fr", [("contact_first_name", "Eve")])
    assert "Ce formulaire commencé n’est plus gardé" in page.body.decode()
    assert dict(way.store.kinds("draft")[0]) == before
