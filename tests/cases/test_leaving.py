"""Decided now, sent later today: until the letter leaves nobody outside hears of it, and the
decision can be taken back. The clock of the tests stands at ten on a Monday, Eastern time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import samples
from chalicelib.cases.case import Case
from chalicelib.cases.effects import Decider
from chalicelib.cases.figures import FIGURES, figures
from chalicelib.cases.guards import DecisionInput
from chalicelib.cases.leaving import LeavingTimes
from chalicelib.cases.review.model import Decision
from chalicelib.cases.staff import Staff
from chalicelib.cases.turnaround import STAGES
from chalicelib.core import eastern_time
from chalicelib.core.business_days import QuietHours
from chalicelib.core.errors import DeliveryFailed, Refused
from chalicelib.desk.many import Chosen
from chalicelib.people.erasure import ErasureDecision, ErasureRefused
from environment import RITA as RITAS_ROW
from fakes import SetClock
from journey import ADA, RITA, SAM, Journey
from staff_browser import StaffBrowser, form_of
from visitor import token

FOUR = "2026-03-02T16:00"
TEN_MINUTES = LeavingTimes(timedelta(minutes=10), QuietHours())


@pytest.mark.parametrize(
    ("now", "chosen", "leaves"),
    [
        ("2026-03-02T10:00", "", "2026-03-02T10:10"),
        ("2026-03-02T10:00", "hour", "2026-03-02T11:00"),
        ("2026-03-02T10:00", FOUR, FOUR),
        ("2026-03-02T15:59", FOUR, FOUR),
        ("2026-03-02T16:00", FOUR, None),
        ("2026-03-03T09:00", FOUR, None),
        ("2026-03-01T10:00", FOUR, None),
        ("2026-03-02T10:00", "2026-03-02T20:00", None),
        ("2026-03-02T10:00", "2026-03-02T07:59", None),
        ("2026-03-02T10:00", "16:00", None),
        ("2026-03-02T10:00", "soon", None),
        ("2026-04-03T10:00", "2026-04-03T16:00", None),
        ("2026-03-02T21:00", "", "2026-03-02T21:10"),
        ("2026-03-02T21:00", "2026-03-03T08:00", "2026-03-03T08:00"),
        ("2026-03-02T21:00", "2026-03-03T09:00", None),
        ("2026-03-02T19:00", "2026-03-03T08:00", None),
        ("2026-03-02T19:30", "hour", None),
        ("2026-04-03T10:00", "hour", None),
        ("2026-04-03T10:00", "2026-04-04T08:00", "2026-04-04T08:00"),
        ("2026-03-08T10:00", "2026-03-08T16:00", "2026-03-08T16:00"),
    ],
)  # fmt: skip
def test_a_letter_leaves_today_by_day_and_never_at_a_moment_that_is_over(
    now: str, chosen: str, leaves: str | None
) -> None:
    found = TEN_MINUTES.at(chosen, eastern(now))
    assert found == (eastern(leaves) if leaves else None)


@pytest.mark.parametrize("now", ["2026-03-02T09:55", "2026-03-02T19:59", "2026-04-03T10:00"])
def test_each_hour_that_is_offered_can_be_chosen(now: str) -> None:
    hours = list(TEN_MINUTES.hours(eastern(now)))
    assert len(hours) == {"2026-03-02T09:55": 9}.get(now, 0)
    for hour in hours:
        assert TEN_MINUTES.at(f"{eastern_time.local(hour):%Y-%m-%dT%H:%M}", eastern(now)) == hour


def test_without_an_undo_a_letter_still_waits_for_the_moment_that_is_chosen() -> None:
    now, at_once = eastern("2026-03-02T10:00"), LeavingTimes()
    assert at_once.at("", now) == now
    assert at_once.at("2026-03-02T23:00", now) == eastern("2026-03-02T23:00")


def eastern(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=eastern_time.zone())


def at(way: Journey, hour: str, day: str = "2026-03-02") -> None:
    way.clock.now = eastern(f"{day}T{hour}").astimezone(UTC)


def status(way: Journey) -> str:
    own = token(way.mailer.to(ADA)[0].text, "file")
    return str(way.visitor.get(f"/file/{own}").json_body["status"])


def undo(way: Journey, path: str) -> int:
    nonce = way.service.links.nonce(path.removeprefix("/review/"))
    fields = [("nonce", nonce), ("decision", "undo"), ("confirm", "on")]
    return way.visitor.submit(path, fields).status_code


def decided_on_a_declaration(way: Journey, **fields: str) -> tuple[Case, str]:
    """Rita decides from her mail at ten, and the letter is to leave at four."""
    case = way.declare()
    review = way.review(RITA)
    given = {"decision": "approve", "leaves": FOUR, **fields}
    assert way.press(review, **given).status_code == 200
    way.deliver()
    return way.again(case), review


def counted(way: Journey) -> int:
    found = figures(way.store.rows(FIGURES), lambda kind: ("a__",))
    return sum(one.number for one in found if one.fact.kind in STAGES.values())


def test_a_letter_leaves_at_the_moment_that_was_chosen_and_tells_no_sooner(way: Journey) -> None:
    case, review = decided_on_a_declaration(way)
    assert case.state == "EOI_APPROVED"
    assert "annulable jusqu’au 2 mars 2026 à 16\u00a0h" in way.subjects(RITA)[-1]
    assert "2 mars 2026 à 16\u00a0h" in way.visitor.page(review).body.decode()
    at(way, "15:59")
    way.deliver()
    assert status(way) == "EOI_PENDING"
    assert len(way.subjects(ADA)) == 1
    at(way, "16:00")
    assert status(way) == "EOI_PENDING", "not before it has left"
    assert undo(way, review) == 409
    way.deliver()
    assert "Invitation" in way.subjects(ADA)[-1]
    assert status(way) == "EOI_APPROVED"
    way.deliver()
    assert len(way.subjects(ADA)) == 2
    assert counted(way) == 1


def test_until_then_it_is_taken_back_with_its_clock_and_its_count(way: Journey) -> None:
    case, review = decided_on_a_declaration(way, decision="ask", message="Combien?")
    before = (case.clocks or {})["A"]["since"]
    at(way, "15:59")
    assert undo(way, review) == 200
    at(way, "16:30")
    way.deliver()
    again = way.again(case)
    assert (again.state, again.question, counted(way)) == ("EOI_PENDING", None, 0)
    assert (again.clocks or {})["A"] == {"since": before, "at": (case.clocks or {})["A"]["at"]}
    assert len(way.subjects(ADA)) == 1


def test_a_letter_that_leaves_a_day_late_still_tells_first(way: Journey, clock: SetClock) -> None:
    case, review = decided_on_a_declaration(way, decision="decline", reason="funds")
    at(way, "16:00")
    way.mailer.failing += [DeliveryFailed("busy", permanent=False)] * 3
    at(way, "17:00", "2026-03-03")  # nothing was swept in between: the process had died
    assert status(way) == "EOI_PENDING"
    assert undo(way, review) == 409, "its time was told, and is over"
    way.deliver()
    for _ in range(4):
        clock.pass_(minutes=31)
        way.deliver()
    assert sum("Au sujet" in one for one in way.subjects(ADA)) == 1
    assert status(way) == "EOI_DECLINED"
    assert (way.events(case), counted(way)) == (["submit", "decline"], 1)


@pytest.mark.parametrize("fields", [
    {"leaves": "2026-03-02T09:59"}, {"leaves": "2026-03-03T09:00"}, {"leaves": "x"},
])  # fmt: skip
def test_a_moment_that_cannot_be_decides_nothing_and_keeps_what_was_typed(
    way: Journey, fields: dict[str, str]
) -> None:
    case = way.declare()
    told = way.decide(RITA, decision="approve", message="Bravo & merci", **fields)
    body = told.body.decode()
    assert told.status_code == 422
    assert "ce moment est passé" in body
    assert "Bravo &amp; merci" in body
    assert way.again(case).state == "EOI_PENDING"


def test_a_letter_that_cannot_wait_is_not_sent_at_once_instead(way: Journey) -> None:
    case = way.apply()
    code = way.code(RITA)
    told = way.decide(RITA, decision="waitlist", leaves=FOUR, code=code)
    assert told.status_code == 422
    assert "ne peut pas attendre" in told.body.decode()
    assert way.again(case).state == "APP_PENDING"
    assert way.decide(RITA, decision="waitlist", code=code).status_code == 200


def test_in_the_evening_a_decision_can_be_taken_back_until_its_letter_leaves_in_the_morning(
    way: Journey,
) -> None:
    case = way.declare()
    review = way.review(RITA)
    at(way, "21:00")
    morning = "2026-03-03T08:00"
    assert f'value="{morning}"' in way.visitor.page(review).body.decode()
    page = way.press(review, decision="approve", leaves=morning).body.decode()
    assert "3 mars 2026 à 8\u00a0h" in page
    at(way, "07:59", "2026-03-03")
    way.deliver()
    assert undo(way, review) == 200
    assert way.again(case).state == "EOI_PENDING"


# Two people, and an absence.


@pytest.fixture
def sam(way: Journey) -> StaffBrowser:
    browser = StaffBrowser(way.visitor)
    browser.sign_in(SAM, way.mailer, way.deliver)
    return browser


def undone_at_desk(browser: StaffBrowser, case: Case) -> int:
    path = f"/desk/files/{case.ref}?v={case.version}&e={case.events}"
    form = form_of(browser.get(path))
    fields = {"nonce": form, "decision": "undo", "confirm": "on"}
    return browser.post(path, *fields.items()).status_code


def test_a_colleague_takes_a_decision_back_only_while_its_maker_is_away(
    way: Journey, sam: StaffBrowser
) -> None:
    case, review = decided_on_a_declaration(way)
    page = sam.get(f"/desk/files/{case.ref}?lang=fr").body.decode()
    assert "Le courriel de la décision (Rita Roy) part le 2 mars 2026 à 16\u00a0h" in page
    assert "j’annule cette décision" not in page
    assert undone_at_desk(sam, case) == 409
    way.service.cases.roster.set_away("rita-roy", "2026-03-09")
    page = sam.get(f"/desk/files/{case.ref}?lang=fr").body.decode()
    assert "Moi, Sam Lee, j’annule cette décision" in page
    assert undone_at_desk(sam, case) == 303
    assert way.again(case).state == "EOI_PENDING"
    way.deliver()
    told = next(text for text in way.letters(RITA)[::-1] if "est annulée" in text)
    assert "prise par Rita Roy" in told
    assert "Elle a été annulée par Sam Lee." in told
    at(way, "16:00")
    way.deliver()
    assert len(way.subjects(ADA)) == 1
    assert undo(way, review) in (409, 410)


def test_whoever_stands_back_takes_nothing_back(way: Journey) -> None:
    case, _ = decided_on_a_declaration(way)
    way.store.items["STAFF", "rita-roy"]["active"] = False
    way.store.items[case.key]["recused"] = ["sam-lee"]
    with pytest.raises(Refused, match="not_recused"):
        way.service.cases.decisions.act(
            way.again(case), "undo", Decider("sam-lee", "Sam Lee"), DecisionInput()
        )


# What the applicant does meanwhile, knowing nothing of it.


@pytest.mark.parametrize("fields", [
    {"decision": "approve"}, {"decision": "decline", "reason": "funds"},
    {"decision": "ask", "message": "Combien?"},
])  # fmt: skip
def test_a_file_is_withdrawn_as_if_nothing_had_been_decided(
    way: Journey, fields: dict[str, str]
) -> None:
    case, _ = decided_on_a_declaration(way, **fields)
    own = way.own()
    told = way.do(own, "?do=withdraw", action="withdraw")
    assert told.status_code == 200, told.body
    at(way, "16:01")
    way.deliver()
    assert way.again(case).state == "WITHDRAWN"
    assert way.events(case)[1:] == [fields["decision"], "undo", "withdraw"]
    assert [one for one in way.subjects(ADA)[1:] if "retiré" not in one] == []
    told_to_rita = next(text for text in way.letters(RITA) if "est annulée" in text)
    assert "Cette personne vient d’agir dans son dossier" in told_to_rita
    assert counted(way) == 0


def test_a_withdrawal_that_dies_half_way_is_ended_by_the_next_one(way: Journey) -> None:
    case, _ = decided_on_a_declaration(way)
    commits = []

    def second_dies(writes: Any) -> None:
        commits.append(writes)
        if len(commits) == 2:
            raise SystemExit

    way.store.before = second_dies
    with pytest.raises(SystemExit):
        way.service.cases.applicant.withdraw(way.again(case), "")
    way.store.before = lambda writes: None
    assert way.again(case).state == "EOI_PENDING", "under review again, and staff know"
    way.service.cases.applicant.withdraw(way.again(case), "")
    assert way.events(case) == ["submit", "approve", "undo", "withdraw"]


def test_other_answers_take_a_decision_back_that_was_about_the_old_ones(way: Journey) -> None:
    case, _ = decided_on_a_declaration(way, decision="decline", reason="funds")
    way.visitor.send("/forms/eoi", samples.eoi(contact_email=ADA, org_city="Laval"))
    way.deliver()
    path = f"/declaration/{token(way.letters(ADA, '/declaration/')[-1], 'declaration')}"
    assert "retenue" not in way.visitor.page(path).body.decode()
    assert way.do(path, choice=f"replace:{case.id}").status_code == 200
    again = way.again(case)
    assert (again.state, again.answers["org_city"]) == ("EOI_PENDING", "Laval")
    at(way, "16:01")
    way.deliver()
    assert not any("Au sujet" in one for one in way.subjects(ADA))


def test_a_refusal_is_told_though_its_person_asks_to_be_erased_meanwhile(way: Journey) -> None:
    """The law has what a decision was made on kept for a year: the file stays, and its letter."""
    case, _ = decided_on_a_declaration(way, decision="decline", reason="funds")
    erasure = way.service.people(way.store).erasure
    done = erasure.erase(erasure.find(ADA), ErasureDecision("asked for it"))
    assert list(done.files) == [case.ref]
    at(way, "16:01")
    way.deliver()
    assert len(way.subjects(ADA)) == 2


def test_an_open_file_is_erased_once_its_decision_stands(way: Journey) -> None:
    decided_on_a_declaration(way)
    erasure = way.service.people(way.store).erasure
    with pytest.raises(ErasureRefused, match="can be undone until"):
        erasure.erase(erasure.find(ADA), ErasureDecision("asked for it", force_open=True))


# Many at once.


def test_many_decisions_leave_together_and_a_run_that_is_late_sends_none_too_soon(
    way: Journey,
) -> None:
    files = [way.declare(f"ada{n}@example.org", org_legal_name=f"Maison {n}") for n in range(3)]
    desk = way.service.desk
    seen = [Chosen(case.id, case.version, case.events) for case in files]
    decision = Decision("approve", DecisionInput(leaves=FOUR), confirm=True)
    job = desk.many.begin(desk.jobs, Staff.of(RITAS_ROW), seen, decision, {})
    job = desk.jobs.run(job, 0)
    assert len(job.row["results"]) == 1
    at(way, "16:05")  # the others were left by a process that died
    desk.jobs.run_open(60)
    done = desk.jobs.of("rita-roy", job.id)
    assert done is not None
    results = [(one["outcome"], one["why"]) for one in done.row["results"]]
    assert results == [("done", ""), ("invalid", "leaves_over"), ("invalid", "leaves_over")]
    way.deliver()
    states = [way.again(case).state for case in files]
    assert states == ["EOI_APPROVED", "EOI_PENDING", "EOI_PENDING"]
    assert sum("Invitation" in mail.subject for mail in way.mailer.sent) == 1
