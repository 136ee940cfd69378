"""What nobody sends by hand leaves on time: reminders, escalations, last calls, ends."""

import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

import samples
from chalicelib.cases import audit
from chalicelib.cases.case import Case
from chalicelib.cases.deadlines import started
from chalicelib.cases.intake.submission import IncomingForm
from chalicelib.cases.schedule import clock_key
from chalicelib.cases.turnaround import Turnaround, usual
from chalicelib.core.errors import DeliveryFailed, StoreDown
from chalicelib.desk.recount import Recount
from chalicelib.mail.outbox import Outbox
from clock_steps import NOOR, Programme
from environment import RITA, SAM
from visitor import token

ADA = "ada@example.org"
MONDAY = "2026-03-02T15:00:00+00:00"
"""Ten in the morning, there."""


@pytest.fixture
def programme() -> Programme:
    return Programme(MONDAY)


def test_staff_who_decide_nothing_are_reminded_and_then_others_are() -> None:
    rita = {**RITA, "deputy": "sam-lee", "manager": "noor-ali"}
    programme = Programme(MONDAY, (rita, SAM, NOOR))
    case = programme.declare(ADA)
    programme.act(case, "assign", colleague="rita-roy")
    programme.day("2026-03-17")
    assert programme.sent("staff_waiting", "rita-roy") == ["2026-03-04 09:00", "2026-03-09 09:00"]
    assert programme.sent("staff_waiting", "sam-lee") == ["2026-03-09 09:00"]
    assert programme.sent("staff_waiting", "noor-ali") == ["2026-03-12 09:00"]
    assert programme.sent("holding_note") == ["2026-03-16 09:00"]


def test_the_holding_note_comes_again_every_twenty_business_days(programme: Programme) -> None:
    programme.declare(ADA)
    programme.day("2026-07-31")
    assert programme.sent("holding_note") == [
        "2026-03-16 09:00", "2026-04-14 09:00", "2026-05-12 09:00", "2026-06-10 09:00",
        "2026-07-10 09:00",
    ]  # fmt: skip


def test_a_file_without_an_owner_is_everybodys(programme: Programme) -> None:
    programme.declare(ADA)
    programme.day("2026-03-04")
    for one in ("rita-roy", "sam-lee"):
        assert programme.sent("staff_waiting", one) == ["2026-03-04 09:00"]


@pytest.mark.parametrize(
    ("away", "reader"),
    [
        ((), "rita-roy"),
        (("rita-roy",), "sam-lee"),
        (("rita-roy", "sam-lee"), "noor-ali"),
        (("rita-roy", "noor-ali"), "sam-lee"),
    ],
)
def test_whoever_is_away_is_stood_in_for(away: tuple[str, ...], reader: str) -> None:
    staff = [{**one, "deputy": "sam-lee", "manager": "noor-ali"} for one in (RITA, SAM, NOOR)]
    programme = Programme(MONDAY, staff)
    case = programme.declare(ADA)
    programme.act(case, "assign", colleague="rita-roy")
    for one in away:
        programme.store.put({**programme.store.items["STAFF", one], "away_until": "2026-04-01"})
    programme.day("2026-03-04")
    readers = {s.to for s in programme.letters if s.letter == "staff_waiting"}
    assert readers == {reader}


def test_a_new_file_goes_to_whoever_is_there() -> None:
    programme = Programme(MONDAY, ({**RITA, "away_until": "2026-03-10"}, SAM))
    programme.declare(ADA)
    assert programme.sent("staff_eoi_received", "rita-roy") == []
    assert len(programme.sent("staff_eoi_received", "sam-lee")) == 1


def test_a_letter_to_somebody_away_is_read_by_the_deputy() -> None:
    rita = {**RITA, "away_until": "2026-03-10", "deputy": "noor-ali"}
    programme = Programme(MONDAY, (rita, SAM, NOOR))
    case = programme.declare(ADA)
    programme.act(case, "assign", by="sam-lee", colleague="rita-roy")
    (letter,) = [s for s in programme.letters if s.letter == "staff_assigned"]
    assert letter.mail.to == NOOR["email"]
    opened = programme.service.views.review.reviews.open(token(letter.mail.text, "review"))
    assert opened.staff is not None
    assert (opened.staff.id, opened.standing) == ("noor-ali", "open")


def test_who_stands_back_hears_nothing_and_somebody_else_does(programme: Programme) -> None:
    case = programme.declare(ADA)
    programme.act(case, "recuse")
    programme.day("2026-03-09")
    assert programme.sent("staff_waiting", "rita-roy") == []
    assert len(programme.sent("staff_waiting", "sam-lee")) == 2


def test_even_when_all_are_away_somebody_is_told() -> None:
    gone = {"away_until": "2027-01-01"}
    programme = Programme(MONDAY, ({**RITA, **gone}, {**SAM, **gone}))
    programme.declare(ADA)
    programme.day("2026-03-04")
    assert len(programme.sent("staff_waiting")) == 2


def test_an_unanswered_question_is_asked_again_and_then_the_file_is_closed(
    programme: Programme,
) -> None:
    case = programme.ask(programme.declare(ADA))
    programme.day("2026-03-24")
    assert programme.sent("reminder") == [
        "2026-03-09 09:00", "2026-03-16 09:00", "2026-03-21 09:00"
    ]  # fmt: skip
    assert programme.sent("file_closed") == ["2026-03-24 09:00"]
    assert programme.again(case).state == "EOI_LAPSED"
    last = [s.mail for s in programme.letters if s.letter == "reminder"][-1]
    assert "23 mars 2026" in last.subject
    assert "dernier rappel" in last.text


def test_an_answer_stops_its_clock_and_the_other_one_goes_on(programme: Programme) -> None:
    case = programme.declare(ADA)
    programme.day("2026-03-03")
    programme.ask(case)
    programme.day("2026-03-12")
    programme.reply(case)
    programme.day("2026-04-30")
    assert programme.sent("reminder") == ["2026-03-10 09:00"]
    assert programme.sent("file_closed") == []
    # A pause of seven business days: the reminder of March 4 comes on the 13th.
    assert programme.sent("staff_waiting", "sam-lee")[0] == "2026-03-13 09:00"


def test_a_decision_that_is_undone_gives_the_clock_back(programme: Programme) -> None:
    case = programme.declare(ADA)
    programme.day("2026-03-04", "08:55")
    programme.act(case, "approve")
    programme.day("2026-03-04", "09:03")
    assert programme.sent("staff_waiting") == []
    programme.act(case, "undo")
    programme.day("2026-03-10")
    assert programme.sent("staff_waiting", "rita-roy") == ["2026-03-04 09:03", "2026-03-09 09:00"]
    assert programme.sent("eoi_approved") == []
    assert "due_at" not in programme.store.items[clock_key(case.key[0], "C")]


def test_an_invitation_is_called_to_mind_until_it_ends(programme: Programme) -> None:
    case = programme.final(programme.declare(ADA), "approve")
    assert case.apply_by == "2026-08-29"
    programme.day("2026-09-02")
    assert programme.sent("reminder") == [
        "2026-03-16 09:00", "2026-08-15 09:00", "2026-08-26 09:00", "2026-08-28 09:00"
    ]  # fmt: skip
    assert programme.sent("invitation_ended") == ["2026-09-01 09:00"]
    assert len(programme.sent("staff_invitation_ended")) == 2
    assert programme.again(case).state == "INVITE_EXPIRED"


def test_whoever_is_at_work_on_an_application_is_reminded_of_the_end_alone(
    programme: Programme,
) -> None:
    case = programme.final(programme.declare(ADA), "approve")
    programme.pass_(days=2)
    started.note(programme.store, programme.again(case), programme.clock())
    programme.day("2026-08-30")
    assert programme.sent("reminder") == ["2026-08-26 09:00", "2026-08-28 09:00"]


def test_more_time_starts_the_clock_anew(programme: Programme) -> None:
    case = programme.final(programme.declare(ADA), "approve")
    programme.day("2026-08-27")
    programme.act(case, "extend", until="2026-09-30")
    programme.day("2026-10-05")
    assert programme.sent("reminder")[-3:] == [
        "2026-09-16 09:00", "2026-09-27 09:00", "2026-09-29 09:00"
    ]  # fmt: skip
    assert programme.sent("invitation_ended") == ["2026-10-03 09:00"]
    assert len(programme.sent("reminder")) == 7


def test_conditions_have_their_dates_and_two_business_days_of_grace(programme: Programme) -> None:
    case = programme.final(programme.declare(ADA), "approve")
    case = programme.apply(case)
    programme.act(case, "conditions", conditions=(("Trouver un fiduciaire", "2026-06-22"),))
    programme.day("2026-06-30")
    assert programme.sent("reminder") == ["2026-06-08 09:00", "2026-06-19 09:00"]
    # June 24 is Saint-Jean-Baptiste: the second business day of grace is the 25th.
    assert programme.sent("file_closed") == ["2026-06-26 09:00"]
    assert programme.again(case).state == "APP_LAPSED"


def test_the_waiting_list_is_told_each_month_and_ends_with_the_cycle(programme: Programme) -> None:
    case = programme.apply(programme.final(programme.declare(ADA), "approve"))
    programme.act(case, "waitlist")
    programme.day("2027-01-10")
    found = programme.sent("waiting_list_status")
    assert found[:3] == ["2026-04-02 09:00", "2026-05-02 09:00", "2026-06-02 09:00"]
    assert len(found) == 9
    assert programme.sent("application_declined") == ["2027-01-02 08:00"]
    assert programme.again(case).state == "APP_DECLINED"
    declined = [s.mail.text for s in programme.letters if s.letter == "application_declined"]
    assert "Le cycle a pris fin" in declined[0]


def test_a_withdrawn_file_is_quiet(programme: Programme) -> None:
    case = programme.declare(ADA)
    programme.withdraw(case)
    before = len(programme.letters)
    programme.pass_(days=200)
    assert len(programme.letters) == before


@pytest.mark.parametrize(
    ("hour", "left"), [("19:45", "2026-03-02 19:55"), ("21:00", "2026-03-03 08:00")]
)
def test_a_decision_leaves_by_day_and_a_receipt_at_once(hour: str, left: str) -> None:
    programme = Programme(MONDAY)
    programme.day("2026-03-02", hour)
    case = programme.declare(ADA)
    programme.act(case, "approve")
    programme.day("2026-03-03")
    assert programme.sent("eoi_received") == [f"2026-03-02 {hour}"]
    assert programme.sent("eoi_approved") == [left]


def test_a_stage_without_quiet_hours_writes_at_night() -> None:
    programme = Programme(MONDAY, QUIET_HOURS="off")
    programme.day("2026-03-02", "23:00")
    programme.final(programme.declare(ADA), "approve")
    programme.day("2026-03-03")
    assert programme.sent("eoi_approved") == ["2026-03-02 23:10"]


def test_on_a_holiday_nobody_is_reminded() -> None:
    programme = Programme("2026-03-27T15:00:00+00:00")
    programme.ask(programme.declare(ADA))
    programme.day("2026-04-07")
    # Seven days later is Good Friday.
    assert programme.sent("reminder") == ["2026-04-04 08:00"]


def test_a_note_is_dropped_when_another_mail_just_left(programme: Programme) -> None:
    case = programme.declare(ADA)
    programme.day("2026-03-15", "11:00")
    programme.service.views.forms.intake.receive(_again())
    declarations = programme.service.cases.kept_declarations
    (kept,) = [one for one in programme.store.kinds("case") if one["state"] == "EOI_TO_CONFIRM"]
    url = programme.service.links.declaration(kept["id"], case.person)
    seen = declarations.opened(url.rpartition("/")[2])
    declarations.replace(seen, seen.file)
    programme.day("2026-03-17")
    assert programme.sent("holding_note") == [], "its clock was started anew"
    programme.day("2026-03-26", "11:00")
    programme.service.cases.applicant.correct_address(
        programme.again(case), "ada.new@example.org", by="rita-roy"
    )
    programme.day("2026-03-31")
    assert programme.sent("holding_note") == [], "another mail went out a day before"
    programme.day("2026-04-29")
    assert programme.sent("holding_note") == ["2026-04-27 09:00"]


def _again() -> IncomingForm:
    return IncomingForm("eoi", samples.eoi(contact_email=ADA, org_city="Laval"), "fr")


def test_after_an_outage_one_reminder_goes_out_and_not_three(programme: Programme) -> None:
    case = programme.ask(programme.declare(ADA))
    programme.swept = False
    programme.day("2026-03-22", "11:00")
    programme.swept = True
    programme.settle()
    assert programme.sent("reminder") == ["2026-03-22 11:00"]
    # The last call came a day late: the end waits as long as it would have.
    assert "24 mars 2026" in programme.letters[-1].mail.subject
    programme.day("2026-03-31")
    assert programme.sent("file_closed") == ["2026-03-25 09:00"]
    assert programme.again(case).state == "EOI_LAPSED"


def test_after_an_outage_each_of_the_staff_gets_their_letter_once() -> None:
    rita = {**RITA, "deputy": "sam-lee", "manager": "noor-ali"}
    programme = Programme(MONDAY, (rita, SAM, NOOR))
    case = programme.declare(ADA)
    programme.act(case, "assign", colleague="rita-roy")
    programme.swept = False
    programme.day("2026-03-13", "11:00")
    programme.swept = True
    programme.settle()
    found = [s.to for s in programme.letters if s.letter == "staff_waiting"]
    assert found == ["rita-roy", "sam-lee", "noor-ali"]


def test_an_outage_that_ends_at_night_wakes_nobody(programme: Programme) -> None:
    programme.ask(programme.declare(ADA))
    programme.declare("bea@example.org")
    programme.swept = False
    programme.day("2026-03-14", "03:00")
    programme.swept = True
    programme.day("2026-03-17")
    assert programme.sent("reminder")[0] == "2026-03-14 08:00"
    # March 14 is a Saturday: the applicants' day, but not the staff's.
    assert programme.sent("staff_waiting")[0] == "2026-03-16 08:00"


def test_a_step_and_a_decision_cannot_both_win(programme: Programme) -> None:
    case = programme.declare(ADA)
    key = clock_key(case.key[0], "A")
    programme.swept = False
    programme.day("2026-03-04", "10:00")
    clocks = programme.service.cases.deadlines

    def decide(writes: object) -> None:
        programme.store.before = lambda writes: None
        programme.act(case, "decline", reasons=("not_ci",))

    programme.store.before = decide
    assert clocks.fire(key) == "taken"
    assert clocks.fire(key) == "stopped"
    programme.swept = True
    programme.day("2026-03-20")
    assert programme.sent("staff_waiting") == []


def test_two_sweeps_at_once_remind_once(programme: Programme) -> None:
    case = programme.declare(ADA)
    programme.swept = False
    programme.day("2026-03-04", "10:00")
    key = clock_key(case.key[0], "A")
    outcomes: list[str] = []
    barrier = threading.Barrier(4)

    def fire() -> None:
        barrier.wait()
        outcomes.append(programme.service.cases.deadlines.fire(key))

    threads = [threading.Thread(target=fire) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("reminded") == 1
    rows = [r for r in programme.store.kinds("letter") if r["letter"] == "staff_waiting"]
    assert len(rows) == 2, "one each for Rita and Sam"


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_crash_at_the_step_loses_and_doubles_nothing(programme: Programme, moment: str) -> None:
    case = programme.declare(ADA)
    programme.swept = False
    programme.day("2026-03-04", "10:00")
    commit = programme.store.commit

    def crash(writes: object) -> None:
        if moment == "after":
            commit(writes)  # type: ignore[arg-type]
        raise StoreDown("away")

    programme.store.commit = crash  # type: ignore[method-assign]
    with pytest.raises(StoreDown):
        programme.service.cases.deadlines.fire(clock_key(case.key[0], "A"))
    programme.store.commit = commit  # type: ignore[method-assign]
    programme.swept = True
    programme.settle()
    assert len(programme.sent("staff_waiting", "rita-roy")) == 1


def test_a_reminder_that_was_answered_before_it_left_is_dropped(programme: Programme) -> None:
    case = programme.ask(programme.declare(ADA))
    programme.day("2026-03-08")
    programme.swept = False
    programme.day("2026-03-09", "09:30")
    assert programme.service.cases.deadlines.fire(clock_key(case.key[0], "B")) == "reminded"
    programme.reply(case)
    programme.swept = True
    programme.settle()
    assert programme.sent("reminder") == []
    (row,) = [r for r in programme.store.kinds("letter") if r["letter"] == "reminder"]
    assert row["status"] == "dropped"


def test_every_shard_has_its_turn_to_be_first(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    first: list[int] = []

    def due(now: str, start: int = 0) -> list[tuple[str, str]]:
        first.append(start)
        return []

    programme.store.due = due  # type: ignore[assignment]
    post: Outbox = programme.service.mail.outbox
    for _ in range(8):
        post.sweep()
        programme.clock.pass_(minutes=1)
    assert sorted(first[:4]) == [0, 1, 2, 3] == sorted(first[4:])


# The morning's letter


def test_a_morning_without_anything_to_do_has_no_letter(programme: Programme) -> None:
    programme.final(programme.declare(ADA), "approve")
    programme.pass_(days=10)
    assert programme.sent("staff_digest") == []


def test_each_business_morning_lists_what_waits(programme: Programme) -> None:
    programme.declare(ADA, org_legal_name="Maison Ada")
    programme.ask(programme.declare("bea@example.org", org_legal_name="Centre Béa"))
    programme.day("2026-03-10")
    digests = programme.sent("staff_digest", "sam-lee")
    assert digests == [f"2026-03-{day:02} 08:30" for day in (3, 4, 5, 6, 9, 10)]
    (mail, *_) = [
        s.mail for s in programme.letters if s.letter == "staff_digest" and s.to == "sam-lee"
    ]
    assert mail.subject == "1 to decide, 1 waiting for a reply, 0 e-mails failed"
    assert "Maison Ada" in mail.text
    assert "/review/" in mail.text


def test_the_morning_counts_the_mails_that_failed(programme: Programme) -> None:
    programme.swept = False
    programme.declare(ADA)
    programme.mailer.failing = [DeliveryFailed("no", permanent=True)]
    programme.swept = True
    programme.settle()
    programme.day("2026-03-03")
    found = [s.mail.subject for s in programme.letters if s.letter == "staff_digest"]
    assert found[0].endswith(("1 courriel en échec", "1 mail failed"))


def test_the_link_of_the_morning_opens_the_file(programme: Programme) -> None:
    programme.declare(ADA)
    programme.day("2026-03-03")
    mail = next(s.mail for s in programme.letters if s.letter == "staff_digest")
    link = token(mail.text, "review")
    assert programme.service.views.review.reviews.open(link).standing == "open"


def test_a_morning_missed_is_not_made_up_for_at_night(programme: Programme) -> None:
    programme.declare(ADA)
    programme.swept = False
    programme.day("2026-03-03", "22:00")
    programme.swept = True
    programme.day("2026-03-04")
    assert programme.sent("staff_digest", "rita-roy") == ["2026-03-04 08:30"]


# The usual delay


def test_the_usual_delay_is_told_from_ten_decisions_on(programme: Programme) -> None:
    for number in range(10):
        programme.declare(f"a{number}@example.org")
    cases = programme.store.kinds("case")
    for number, item in enumerate(sorted(cases, key=lambda c: str(c["id"]))):
        programme.pass_(days=1)
        assert usual_now(programme, "eoi") is None
        case = programme.case(f"DI-{item['id']}")
        programme.act(case, "approve" if number % 2 else "decline", reasons=("not_ci",))
    programme.pass_(days=1)
    assert usual_now(programme, "eoi") == Turnaround(5, 9, 10)
    assert usual_now(programme, "application") is None
    programme.pass_(days=300)
    assert usual_now(programme, "eoi") == Turnaround(5, 9, 10)
    programme.pass_(days=41)
    assert usual(programme.store, "eoi", programme.clock()) is None, "nobody counts any more"
    assert usual_now(programme, "eoi") == Turnaround(5, 9, 10)
    programme.pass_(days=59)
    assert usual_now(programme, "eoi") is None


def usual_now(programme: Programme, form: str) -> Turnaround | None:
    """What is told once all files were counted that day."""

    def cases() -> list[Case]:
        return [Case.of(row) for row in programme.store.kinds("case")]

    Recount(programme.store, programme.clock, cases, tuple).daily()
    return usual(programme.store, form, programme.clock())


# The end of all files


def test_a_file_is_anonymised_after_its_time(programme: Programme) -> None:
    case = programme.declare(ADA, org_legal_name="Maison Secrète")
    programme.ask(case)
    programme.reply(case)
    programme.act(case, "decline", reasons=("not_ci",), message="Parlons-en, Ada.")
    programme.day("2027-03-01")
    assert programme.again(case).state == "EOI_DECLINED"
    programme.day("2027-03-03")
    item = programme.store.items[case.key]
    assert item["state"] == "ANONYMISED"
    assert item["closed"]["was"] == "EOI_DECLINED"
    assert item["answers"]["stream"] == "collective_impact"
    left = [row for key, row in programme.store.items.items() if key[0] == case.key[0]]
    assert {row["kind"] for row in left} == {"case", "event"}
    for word in ("Secrète", "Ada", "ada@", "5145550123", "Parlons-en", "Combien", "Douze"):
        assert word not in repr(left), word
    assert not [k for k in programme.store.items if k[0].startswith("OPEN#")]
    assert audit.verified(programme.store, case.key[0]) is None
    assert programme.declare(ADA).id != case.id


@pytest.mark.parametrize(("event", "months"), [("withdraw", 24), ("decline", 12), ("approve", 96)])
def test_how_long_a_file_is_kept_depends_on_its_end(
    programme: Programme, event: str, months: int
) -> None:
    case = programme.declare(ADA)
    if event == "withdraw":
        programme.withdraw(case)
    elif event == "decline":
        programme.act(case, "decline", reasons=("not_ci",))
    else:
        case = programme.apply(programme.final(case, "approve"))
        programme.act(case, "approve")
    row = programme.store.items[clock_key(case.key[0], "R")]
    year, month = divmod(2 + months, 12)
    assert row["until"] == f"{2026 + year}-{month + 1:02}-02"


def test_an_erasure_that_was_cut_off_goes_on(programme: Programme) -> None:
    case = programme.declare(ADA)
    for _ in range(12):
        programme.ask(case)
        programme.reply(case)
    programme.withdraw(case)
    programme.swept = False
    programme.day("2028-03-03")
    assert programme.service.cases.deadlines.fire(clock_key(case.key[0], "R")) == "moved"
    erase = clock_key(case.key[0], "X")
    turns = 0
    while programme.service.cases.deadlines.fire(erase) == "erased":
        turns += 1
        assert audit.verified(programme.store, case.key[0]) is None
    assert turns > 1
    left = [row for key, row in programme.store.items.items() if key[0] == case.key[0]]
    assert {row["kind"] for row in left} == {"case", "event"}
    assert all("data" not in row for row in left)


def test_a_reopened_file_is_not_forgotten(programme: Programme) -> None:
    case = programme.declare(ADA)
    programme.withdraw(case)
    programme.pass_(days=5)
    programme.act(case, "reopen", message="À sa demande.")
    assert "due_at" not in programme.store.items[clock_key(case.key[0], "R")]
    assert "due_at" in programme.store.items[clock_key(case.key[0], "A")]


def test_letters_of_a_clock_come_in_order(programme: Programme) -> None:
    programme.declare(ADA)
    programme.pass_(days=60)
    mine = [s for s in programme.letters if s.clock]
    assert all(a.at <= b.at for a, b in pairwise(mine))


def test_an_unknown_clock_stops(programme: Programme) -> None:
    case = programme.declare(ADA)
    now = datetime.now(UTC) - timedelta(days=4000)
    row = {**programme.store.items[clock_key(case.key[0], "A")], "sk": "CLOCK#D", "clock": "D",
           "until": "2026-03-01", "due_at": now.isoformat()}  # fmt: skip
    programme.store.put(row)
    assert programme.service.cases.deadlines.fire((case.key[0], "CLOCK#D")) == "stopped"
    assert "due_at" not in programme.store.items[case.key[0], "CLOCK#D"]


def test_a_case_that_is_gone_takes_its_clock_along(programme: Programme) -> None:
    case = programme.declare(ADA)
    del programme.store.items[case.key]
    programme.clock.pass_(days=9)
    assert programme.service.cases.deadlines.fire(clock_key(case.key[0], "A")) == "stopped"
