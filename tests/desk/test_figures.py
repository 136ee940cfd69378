"""The figures of the programme: each step is counted once, and a recount finds the same."""

import re
from collections import Counter
from typing import Any

import pytest

from chalicelib.cases.case import Case
from chalicelib.cases.effects import Decider
from chalicelib.cases.figures import (
    ENDS,
    FIGURES,
    MAIL,
    MAX_STAGE_DAYS,
    NEWS,
    REACH,
    Fact,
    Figure,
    figure_writes,
    recounted_figures,
)
from chalicelib.cases.file_index import COUNTS
from chalicelib.cases.guards import DecisionInput
from chalicelib.cases.milestones import Passed
from chalicelib.core.letter_row import APPLICANT, tag_of
from chalicelib.core.ports import Change
from chalicelib.core.records import stamp
from chalicelib.desk.figures import Figures, FigureTable, Group, months, months_back
from chalicelib.desk.recount import CHECKED, CountsDiffered, Recount
from chalicelib.newsletter.subscribers.growth import (
    faults_of,
    growth_of,
    growth_of_all,
    months_of,
)
from journey import Journey
from subscribers import Person
from tests.desk.test_programme import signed_in

BY = Decider("rita-roy", "Rita Roy")
NO = DecisionInput(reasons=("not_ci",))


@pytest.fixture
def lived(way: Journey) -> list[Case]:
    """Four declarations: approved after three days, declined after five, taken back, and new."""
    decisions = way.service.cases.decisions
    cases = [way.declare(f"a{n}@example.org", org_legal_name=f"Maison {n}") for n in range(4)]
    way.clock.pass_(days=3)
    decisions.act(cases[0], "approve", BY)
    declined = decisions.act(cases[2], "decline", BY, NO)
    decisions.undo(declined, BY)
    way.clock.pass_(days=2)
    decisions.act(cases[1], "decline", BY, NO)
    return cases


def table(way: Journey, first: str = "2026-03", last: str = "2026-03") -> FigureTable:
    return Figures(way.store).table(first, last)[0]


def test_each_step_is_counted_as_it_is_taken_and_what_is_taken_back_is_not(
    way: Journey, lived: list[Case]
) -> None:
    found = table(way)
    reached = {name: found.number(REACH, name) for name in ("received", "decided", "invited")}
    assert reached == {"received": 4, "decided": 2, "invited": 1}
    assert found.whats(ENDS) == [("declined", 1), ("why_not_ci", 1)]
    assert found.stage("declaration") == (3, 5, 2)
    assert found.stage("invitation") is None
    assert found.stage("declaration", Group("r", "not_ci")) == (5, 5, 1)
    assert found.stage("whole", Group("r", "not_ci")) == (5, 5, 1)
    assert found.stage("declaration", Group("r", "other")) is None
    assert found.stage("declaration", month="2026-03") == (3, 5, 2)
    group = Group("l", lived[0].lang)
    assert found.number(REACH, "received", group) == 4
    assert found.number(REACH, "received", Group("l", "xx")) == 0
    assert table(way, "2026-01", "2026-02").number(REACH, "received") == 0


def test_a_form_costs_one_more_write_and_not_one_more_call(way: Journey) -> None:
    before = len(way.store.commits)
    way.declare("one@example.org")
    (writes,) = [c for c in way.store.commits[before:] if any(w.key[1] == "CASE" for w in c)]
    counted = [write for write in writes if write.key[0] == FIGURES]
    assert len(counted) == 1
    assert all(isinstance(one, Change) and not one.expect and not one.absent for one in counted)


def test_the_page_shows_what_is_counted_of_everybody_and_of_a_group(
    way: Journey, lived: list[Case]
) -> None:
    rita = signed_in(way, "officer", confirmed=False)
    page = rita.get("/desk/figures").body.decode()
    assert "avril 2025 – mars 2026" in page.replace("\u00a0", " ")
    rows = dict(re.findall(r'<th scope="row">([^<]+)<svg.*?</th><td>(\d+)</td>', page))
    assert rows["Reçus"] == "4"
    assert rows["Déclaration décidée"] == "2"
    assert rows["Refusés"] == "1"
    lang = lived[0].lang
    assert "Par langue" in page
    months, reasons = (
        page.split(f"Les jours de chaque étape, {by}")[1] for by in ("par mois", "par motif")
    )
    assert re.search(r">2026-03</td>.*?>3 \(5\)</td>", months, re.S)
    assert re.search(r'data-head="Motif".*?>5 \(5\)</td>', reasons, re.S)
    some = rita.get(f"/desk/figures?of=l_{lang}&from=2026-03&to=2026-03").body.decode()
    assert "Par langue" not in some
    assert ">4<" in some
    other = rita.get(f"/desk/figures?of=l_{'en' if lang == 'fr' else 'fr'}").body.decode()
    assert ">4<" not in other
    for odd in ("from=x&to=y", "from=2026-03&to=2025-01", "of=z_fr", "of=l_", "of=" + "a" * 4000):
        assert rita.get(f"/desk/figures?{odd}").status_code == 200, odd
    assert signed_in(way, "communications", confirmed=False).get("/desk/figures").status_code == 403


def recount(way: Journey) -> Recount:
    def cases() -> list[Case]:
        return [Case.of(row) for row in way.store.kinds("case")]

    return Recount(way.store, way.clock, cases, lambda: growth_of_all(way.store))


def figures_now(way: Journey) -> dict[Any, Any]:
    rows = {(row["pk"], row["sk"]): row for row in way.store.kinds("figures")}
    named = {key: {k: n for k, n in row.items() if "__" in k and n} for key, row in rows.items()}
    return {key: one for key, one in named.items() if one}


def test_what_went_wrong_is_found_mended_and_raises_the_alarm_once_a_day(
    way: Journey, lived: list[Case]
) -> None:
    assert recount(way).daily()
    assert not recount(way).daily(), "once a day"
    for pk in (FIGURES, COUNTS):
        key = next(k for k, row in way.store.items.items() if k[0] == pk and k != CHECKED)
        name = next(n for n in way.store.items[key] if "__" in n)
        way.store.commit([Change(key, add={name: 7})])
    lost = next(k for k in way.store.items if k[0] == FIGURES and k != CHECKED)
    way.store.items[lost] = {
        k: v for k, v in way.store.items[lost].items() if "__received" not in k
    }
    way.clock.pass_(days=1)
    with pytest.raises(CountsDiffered):
        recount(way).daily()
    cases = [Case.of(row) for row in way.store.kinds("case")]
    assert figures_now(way) == recounted_figures(cases)
    way.clock.pass_(days=1)
    assert recount(way).daily()


def test_what_people_do_while_files_are_read_is_no_fault(way: Journey, lived: list[Case]) -> None:
    times = 0

    def busy() -> list[Case]:
        nonlocal times
        seen = [Case.of(row) for row in way.store.kinds("case")]
        times += 1
        way.declare(f"busy{times}@example.org", org_legal_name=f"Hâte {times}")
        return seen

    before = figures_now(way)
    assert Recount(way.store, way.clock, busy, tuple).repair() == 0
    assert figures_now(way) != before, "the form that came meanwhile is counted"
    assert recount(way).repair() == 0


def test_who_dies_while_counting_is_followed_by_another_run(
    way: Journey, lived: list[Case]
) -> None:
    def dies() -> list[Case]:
        raise RuntimeError("out of time")

    with pytest.raises(RuntimeError):
        Recount(way.store, way.clock, dies, tuple).daily()
    assert not recount(way).daily(), "somebody may be at it still"
    way.clock.pass_(minutes=31)
    assert recount(way).daily()


def test_who_comes_to_the_newsletter_and_leaves_it_is_counted_with_the_change(
    way: Journey, lived: list[Case]
) -> None:
    people = [
        Person(way.service, way.mailer, way.clock, f"n{number}@example.org").joined()
        for number in range(3)
    ]
    left = people[0].service.subscribers.subscriptions.leave(people[0].id, channel="page")
    assert left == "left"
    found = table(way)
    assert (found.number(NEWS, "came"), found.number(NEWS, "left")) == (3, 1)
    feedback = way.service.subscribers.feedback
    at = stamp(way.clock())
    assert feedback.bounced(people[1].id, hard=True, at=at) == "bounced"
    assert feedback.bounced(people[1].id, hard=True, at=at) == "already"
    assert feedback.complained(people[2].id) == "complained"
    french = Group("l", "fr")
    some, _ = Figures(way.store).table("2026-03", "2026-03", french)
    assert some.number(NEWS, "came", french) == 3
    for what in ("bounced", "complained"):
        assert (table(way).number(NEWS, what), some.number(NEWS, what, french)) == (1, 1)
    rita = signed_in(way, "officer", confirmed=False)
    page = rita.get("/desk/figures").body.decode()
    assert "Arrivées pendant ces mois\u00a0: 3; départs\u00a0: 3." in page
    assert "revenu\u00a0: 1; signalé comme pourriel\u00a0: 1" in page
    assert recount(way).repair() == 0


def test_an_e_mail_about_a_file_that_is_called_spam_or_comes_back_is_counted_once(
    way: Journey, lived: list[Case]
) -> None:
    for kind, case in (("Complaint", lived[0]), ("Bounce", lived[1])):
        row = next(r for r in way.store.rows(case.key[0], "LETTER#") if r["to"] == APPLICANT)
        who = [{"emailAddress": case.mail_to}]
        what = {
            "timestamp": stamp(way.clock()), "feedbackId": kind, "bounceType": "Permanent",
            "complainedRecipients": who, "bouncedRecipients": who,
        }  # fmt: skip
        tags = {"mail": [tag_of(row["pk"], row["sk"])]}
        mail = {"messageId": kind, "tags": tags, "destination": [case.mail_to]}
        report = {"eventType": kind, "mail": mail, kind.lower(): what}
        for _ in range(2):
            way.service.feedback.take([report])
    found = table(way)
    assert (found.number(MAIL, "complained"), found.number(MAIL, "bounced")) == (1, 1)
    assert recount(way).repair() == 0


def passed(**days: str) -> Passed:
    return {"days": days, "of": {"lang": "fr", "province": "QC", "stream": ""}}  # type: ignore[typeddict-item]


def test_a_stage_as_long_as_years_or_shorter_than_nothing_is_counted_in_bounds() -> None:
    for days, what in (
        (passed(received="2020-01-01", decided="2026-01-01"), f"d{MAX_STAGE_DAYS}"),
        (passed(received="2026-01-02", decided="2026-01-01"), "d0"),
    ):
        writes = figure_writes("CASE#1", None, days)
        names = {name for one in writes if isinstance(one, Change) for name in one.add}
        assert f"a__{what}" in names
        assert f"p_QC__{what}" in names
        assert f"s_0__{what}" in names
        undone = figure_writes("CASE#1", days, None)
        total: Counter[tuple[Any, str]] = Counter()
        for one in (*writes, *undone):
            assert isinstance(one, Change)
            total.update({(one.key, name): step for name, step in one.add.items()})
        assert not any(total.values())


def test_percentiles_are_those_of_every_single_file() -> None:
    days = [0, 1, 1, 2, 3, 5, 8, 13, 21, 34]
    found = FigureTable(
        Figure(Fact("2026-03", "declaration", f"d{n}"), "a", "", times)
        for n, times in Counter(days).items()
    )
    assert found.stage("declaration") == (3, 21, 10)
    assert found.stage("declaration", month="2026-03") == (3, 21, 10)
    assert found.stage("declaration", month="2026-04") is None


def test_months_go_over_the_end_of_a_year() -> None:
    from datetime import date

    assert months("2025-11", "2026-02") == ["2025-11", "2025-12", "2026-01", "2026-02"]
    assert list(months_back(date(2026, 1, 31), 3)) == ["2026-01", "2025-12", "2025-11"]


def test_an_erased_file_stays_counted_and_names_nobody(way: Journey, lived: list[Case]) -> None:
    before = figures_now(way)
    way.clock.pass_(days=900)
    for _ in range(40):
        way.service.mail.outbox.sweep()
    states = {row["state"] for row in way.store.kinds("case")}
    assert "ANONYMISED" in states
    erased = next(row for row in way.store.kinds("case") if row["state"] == "ANONYMISED")
    assert set(erased["passed"]["of"]) == {"lang", "province", "stream"}
    reach = {key: one for key, one in before.items() if "#reach#" in key[1]}
    now = figures_now(way)
    for key, one in reach.items():
        assert {name: now[key][name] for name in one} == one
    assert now == recounted_figures([Case.of(row) for row in way.store.kinds("case")])


@pytest.mark.parametrize(
    ("at", "month"),
    [("2026-04-01T03:59:59.999Z", "2026-03"), ("2026-04-01T04:00:00.000Z", "2026-04"),
     ("2027-01-01T04:30:00.000Z", "2026-12"), ("2027-01-01T05:00:00.000Z", "2027-01")],
)  # fmt: skip
def test_a_subscription_counts_in_the_month_of_its_eastern_day(at: str, month: str) -> None:
    row = {"pk": "SUBSCRIBER#1", "status": "BOUNCED", "confirmed_at": at, "left_at": at}
    assert {key[1].partition("#")[0] for key in growth_of(row)} == {month}
    assert dict(months_of(row)) == {"came": month, "left": month}
    assert dict(faults_of(row)) == {"bounced": month}
