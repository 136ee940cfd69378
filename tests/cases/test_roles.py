"""What each role may read and decide, outside the desk as at the desk: letters, links, lists."""

import pytest

import chalicelib.wiring.mail  # noqa: F401  all letters register themselves
import samples
from chalicelib.cases.deadlines.agenda import Agenda
from chalicelib.cases.file_roster import FileRoster
from chalicelib.cases.roles import FILE_ROLES, ROLES, Role
from chalicelib.cases.staff import Roster
from chalicelib.core import eastern_time
from chalicelib.core.errors import Overtaken
from chalicelib.core.letter_row import ADMINS, ALL_STAFF, letter
from chalicelib.core.records import stamp
from chalicelib.mail.letters import ACTOR, LETTERS, STAFF
from chalicelib.mail.readers import readers
from chalicelib.mail.writers.draft import ToStaff
from chalicelib.views.desk.rights import RIGHTS
from journey import ADA, RITA, SAM, Journey
from visitor import hidden

OF_NO_FILE = {
    "newsletter_news", "newsletter_review", "newsletter_held", "staff_action_needed",
    "staff_coach_left", "staff_digest", "staff_coach_silent", "staff_coach_unreachable", "staff_coach_update",
    "staff_desk_code", "staff_missed_words", "staff_privacy_request",
}  # fmt: skip
"""Letters to the staff that say nothing of a file: of coaches, issues, and what admins see to."""

INSIDE = sorted(name for name, one in LETTERS.items() if one.readers & {STAFF, ACTOR, ADMINS})


def with_role(way: Journey, whose: str, *roles: Role) -> None:
    way.store.items["STAFF", whose]["roles"] = list(roles)


@pytest.mark.parametrize("name", INSIDE)
def test_each_letter_goes_to_the_roles_that_see_what_it_is_about(name: str, way: Journey) -> None:
    case, roster = way.declare(), Roster(way.store)
    to_all = ADMINS if ADMINS in LETTERS[name].readers else ALL_STAFF
    for role in ROLES:
        with_role(way, "sam-lee", role)
        row = letter(case.key[0], 1, name, to=to_all, due=stamp(way.clock()))
        may_read = name in OF_NO_FILE or role != "communications"
        got = {one.id for one in readers(way.store, roster, row, way.clock())}
        assert got == ({"rita-roy", "sam-lee"} if may_read else {"rita-roy"}), role
        to_staff = ToStaff(roster, way.service.mail.sender)
        if may_read:
            assert to_staff.reader({**row, "to": "sam-lee"}) is not None
        else:
            with pytest.raises(Overtaken):
                to_staff.reader({**row, "to": "sam-lee"})


def test_the_roles_of_files_are_those_of_the_desk() -> None:
    assert RIGHTS["GET", "/desk/files/{ref}"].roles == FILE_ROLES == {*ROLES} - {"communications"}
    assert set(INSIDE) >= OF_NO_FILE


def test_who_sees_no_file_hears_of_none_and_is_asked_for_nothing(way: Journey) -> None:
    with_role(way, "sam-lee", "communications")
    way.store.items["STAFF", "rita-roy"]["deputy"] = "sam-lee"
    way.service.cases.digest.ensure_scheduled()
    case = way.apply()
    for _ in range(4):
        way.clock.pass_(days=4)
        way.deliver()
    assert any(case.ref in text for text in way.letters(RITA, "/review/"))
    assert way.letters(SAM) == []
    assert {one.id for one in FileRoster(way.store).active()} == {"rita-roy"}
    reviews = way.service.cases.reviews
    assert reviews.colleagues(reviews.roster.require("rita-roy")) == []
    days = Agenda(way.store, Roster(way.store)).of(eastern_time.today(way.clock()))
    assert (days["rita-roy"].decide, days["sam-lee"].decide) == ([case.id], [])
    link = way.fresh(RITA)
    page = way.visitor.page(link).body.decode()
    assert "Sam Lee" not in page
    refused = way.press(link, decision="assign", colleague="sam-lee")
    assert refused.status_code == 422
    assert way.again(case).owner is None


def test_a_link_ends_with_the_role_it_was_sent_for(way: Journey) -> None:
    case = way.declare()
    link, page = way.review(SAM), way.visitor.page(way.review(SAM)).body.decode()
    assert case.org in page
    assert ADA in page
    with_role(way, "sam-lee", "communications")
    closed = way.visitor.page(link)
    assert closed.status_code == 410
    assert case.org not in closed.body.decode()
    assert ADA not in closed.body.decode()
    nonce = ("nonce", hidden(page, "nonce"))
    way.visitor.submit(link, [nonce, ("decision", "approve"), ("confirm", "on")])
    way.visitor.submit(link, [("decision", "fresh")])
    way.deliver()
    assert way.again(case) == case
    assert len(way.letters(SAM)) == 1


def test_a_vote_ends_with_the_role_of_whoever_gave_it(way: Journey) -> None:
    way.settings(RELAIS_QUORUM_APPLICATION="2")
    case = way.apply()
    way.decide(SAM, decision="approve", code=way.code(SAM))
    case = way.again(case)
    assert len(way.service.cases.decisions.votes(case)) == 1
    with_role(way, "sam-lee", "communications")
    assert way.service.cases.decisions.votes(case) == []


def test_what_was_owed_to_somebody_is_read_by_who_still_may(way: Journey) -> None:
    case = way.declare()
    owed = letter(case.key[0], 9, "staff_case_link", to="sam-lee", due=stamp(way.clock()))
    way.store.items[owed["pk"], owed["sk"]] = owed
    with_role(way, "sam-lee", "communications")
    before = len(way.letters(RITA, "/review/"))
    way.deliver()
    assert len(way.letters(RITA, "/review/")) == before + 1
    assert len(way.letters(SAM)) == 1


def test_a_letter_to_all_that_waits_is_not_sent_to_whose_role_was_taken_away(way: Journey) -> None:
    assert way.visitor.send("/forms/eoi", samples.eoi()).status_code == 201
    (row,) = (one for one in way.store.kinds("letter") if one["to"] == ALL_STAFF)
    assert way.service.mail.outbox.deliver((row["pk"], row["sk"])) == "spread"
    with_role(way, "sam-lee", "communications")
    way.deliver()
    assert way.letters(SAM) == []


def test_where_nobody_may_see_files_letters_wait_and_the_staff_are_told(way: Journey) -> None:
    for whose in ("rita-roy", "sam-lee"):
        with_role(way, whose, "communications")
    case = way.declare()
    told = [mail.text for whose in (RITA, SAM) for mail in way.mailer.to(whose)]
    assert told
    assert all("--role officer" in text and case.org not in text for text in told)
    with_role(way, "rita-roy", "officer")
    way.clock.pass_(minutes=6)
    way.deliver()
    assert way.letters(RITA, "/review/")
