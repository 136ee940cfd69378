"""Rules across a form: what blocks says what to change, what does not is kept for staff."""

from datetime import date
from typing import Any

import pytest

import samples
from chalicelib import content
from chalicelib.forms import parsing
from chalicelib.forms.problems import InvalidForm

TODAY = date(2026, 11, 23)
N = "\u00a0"


def refused(form: str, **changes: Any) -> dict[str, str]:
    """field → code; `on` is the day of the submission."""
    today = changes.pop("on", TODAY)
    try:
        parsing.parse(form, getattr(samples, form)(**changes), "fr", today)
    except InvalidForm as invalid:
        return {p.field: p.code for p in invalid.problems}
    return {}


def warned(form: str, **changes: Any) -> dict[str, str]:
    found = parsing.parse(form, getattr(samples, form)(**changes), "fr", TODAY).warnings
    return {w.field: w.code for w in found}


def row(category: str, amount: int, requested: int, **more: Any) -> dict[str, Any]:
    fees = {"quantity": 1, "unit_cost": amount} if category == "coach_fees" else {}
    return {"category": category, "description": "x", "amount": amount, "requested": requested,
            **fees, **more}  # fmt: skip


def income(amount: int) -> list[dict[str, Any]]:
    return [{"source": "x", "kind": "cash", "status": "confirmed", "amount": amount}]


@pytest.mark.parametrize(
    ("month", "fits"),
    [
        ("2026-10", False),
        ("2026-11", True),
        ("2027-12", True),
        ("2028-05", True),
        ("2028-06", False),
    ],
)
def test_a_start_is_wished_for_within_eighteen_months(month: str, fits: bool) -> None:
    assert refused("eoi", start_month=month) == ({} if fits else {"start_month": "month_soon"})


@pytest.mark.parametrize(
    ("year", "fits"), [(2025, False), (2026, True), (2041, True), (2042, False)]
)
def test_a_target_year_is_this_year_or_one_of_the_next_fifteen(year: int, fits: bool) -> None:
    found = refused("application", target_year=year)
    assert found == ({} if fits else {"target_year": "year_soon"})


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        ("2026-11-23", "2027-11-23", None),
        ("2026-11-23", "2027-11-24", "too_long_span"),
        ("2026-11-30", "2027-11-30", None),
        ("2028-02-29", "2029-02-28", None),
        ("2028-02-29", "2029-03-01", "too_long_span"),
        ("2026-12-31", "2026-12-31", "end_before_start"),
        ("2026-12-31", "2026-12-30", "end_before_start"),
    ],
)
def test_coaching_lasts_a_year_at_most(start: str, end: str, code: str | None) -> None:
    milestones = [{"date": start, "description": "x"}, {"date": end, "description": "y"}]
    found = refused("application", start_date=start, end_date=end, milestones=milestones)
    assert found.get("end_date") == code
    assert code or found == {}


def test_today_is_not_the_past() -> None:
    assert "start_date" not in refused("application", on=date(2027, 9, 1))
    assert refused("application", on=date(2027, 9, 2))["start_date"] == "date_past"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"org_status": "unknown"}, {"fiduciary_known": "not_a_donee"}),
        ({"org_status": "other_qualified_donee"}, {}),
        ({"org_status": "nonprofit", "fiduciary_known": "unknown"}, {}),
        (
            {"fiduciary_known": "other", "fiduciary_name": "X", "fiduciary_status": "other"},
            {"fiduciary_known": "not_a_donee"},
        ),
        (
            {"fiduciary_known": "other", "fiduciary_name": "X", "fiduciary_bn": "123456789RR0001",
             "fiduciary_status": "registered_charity"},
            {"fiduciary_bn": "bn_check"},
        ),
        ({"stage": "action"}, {"stage": "under_way"}),
        ({"org_postal_code": "X1A 0A0"}, {"org_postal_code": "postal_mismatch"}),
        ({"org_postal_code": "X1A 0A0", "org_province": "NT"}, {}),
        (
            {"org_postal_code": "X0C 0A0", "org_province": "NT"},
            {"org_postal_code": "postal_mismatch"},
        ),
    ],
)  # fmt: skip
def test_warnings_of_a_declaration(changes: dict[str, Any], expected: dict[str, str]) -> None:
    assert warned("eoi", **changes) == expected


@pytest.mark.parametrize(("count", "few"), [(1, True), (2, True), (3, False), (15, False)])
def test_fewer_than_four_organizations_is_worth_a_word(count: int, few: bool) -> None:
    partner = samples.eoi()["partners"][0]
    assert warned("eoi", partners=[partner] * count) == (
        {"partners": "few_partners"} if few else {}
    )


def test_warnings_of_an_application() -> None:
    team = [{**one, "organization": name} for one, name in
            zip(samples.application()["team"], ("Table", " table "), strict=True)]  # fmt: skip
    assert warned("application", team=team) == {"team": "one_organization"}
    assert warned("application", fid_status="nonprofit") == {"fid_status": "not_a_donee"}
    coach = {"coach_status": "chosen", "coach_other": "Zoé Roy, zoe@example.org"}
    assert warned("application", **coach) == {"coach_other": "other_coach"}
    assert warned("application", coach_status="chosen", coach_id="zoe-roy") == {}
    link = {"declare_conflict": "yes", "conflict_detail": "Une cousine."}
    assert warned("application", **link) == {"declare_conflict": "conflict"}
    budget = [row("coach_fees", 400, 400), row("meetings", 600, 600)]
    assert warned("application", budget=budget, income=[]) == {"budget": "fees_under_half"}
    assert warned("application", fid_province="ON") == {"fid_postal_code": "postal_mismatch"}


def test_a_chosen_coach_is_named() -> None:
    assert refused("application", coach_status="chosen") == {"coach_id": "coach_needed"}


def test_a_budget_that_is_too_full_names_the_difference_too() -> None:
    given = samples.application(budget=[row("coach_fees", 1000, 1000)], income=income(250))
    with pytest.raises(InvalidForm) as invalid:
        parsing.parse("application", given, "fr", TODAY)
    (problem,) = invalid.value.problems
    assert problem.message("fr") == (
        f"Les dépenses sont de 1{N}000{N}$; le montant demandé et les contributions totalisent "
        f"1{N}250{N}$. Corrigez l’écart de 250{N}$."
    )


def test_coordination_time_may_be_a_contribution() -> None:
    budget = [row("coach_fees", 1000, 1000), row("backbone_time", 500, 0)]
    assert refused("application", budget=budget, income=income(500)) == {}


@pytest.mark.parametrize(
    ("setting", "limit", "fits", "field", "code"),
    [
        ("max_request_cad", 7000, 8000, "budget", "over_maximum"),
        ("min_contribution_percent", 25, 20, "income", "contribution_low"),
        ("admin_fee_max_percent", 9, 10, "budget", "admin_fee_high"),
    ],
)
def test_limits_are_enforced_once_they_are_published(
    monkeypatch: pytest.MonkeyPatch, setting: str, limit: int, fits: int, field: str, code: str
) -> None:
    budget = [row("coach_fees", 9200, 7200), row("admin_fee", 800, 800)]
    given: dict[str, Any] = {"budget": budget, "income": income(2000)}
    assert refused("application", **given) == {}
    monkeypatch.setitem(content.programme(), setting, limit)
    assert refused("application", **given) == {field: code}
    monkeypatch.setitem(content.programme(), setting, fits)
    assert refused("application", **given) == {}


def test_a_programme_may_fund_coordination_time(monkeypatch: pytest.MonkeyPatch) -> None:
    budget = [row("coach_fees", 900, 900), row("backbone_time", 100, 100)]
    given: dict[str, Any] = {"budget": budget, "income": []}
    assert refused("application", **given) == {"budget[1].requested": "backbone_requested"}
    monkeypatch.setitem(content.programme(), "backbone_time_fundable", True)
    assert refused("application", **given) == {}


def test_totals_without_contributions() -> None:
    given = samples.application(budget=[row("coach_fees", 900, 900)], income=[])
    answers = parsing.parse("application", given, "fr", TODAY).answers
    assert (answers["total_contributions"], answers["contribution_percent"]) == (0, 0)
    assert "income" not in answers


def test_a_blank_row_does_not_move_the_problem_of_the_row_after_it() -> None:
    budget = [{}, row("coach_fees", 1000, 1200)]
    found = refused("application", budget=budget, income=[])
    assert found["budget[1].requested"] == "requested_over"


@pytest.mark.parametrize(
    ("form", "wrong", "together"),
    [
        ("application", {"fid_city": ""}, {"coach_status": "chosen"}),
        ("application", {"success": ""}, {"end_date": "2020-01-01", "start_date": "2020-02-01"}),
        ("eoi", {"contact_email": "ada@"}, {"start_month": "2001-01"}),
    ],
)
def test_what_answers_say_together_is_told_in_the_round_of_all_else(
    form: str, wrong: dict[str, Any], together: dict[str, Any]
) -> None:
    alone = refused(form, **together)
    assert alone
    assert alone.items() <= refused(form, **together, **wrong).items()


def test_an_answer_that_is_wrong_by_itself_breaks_no_rule_beside() -> None:
    assert refused("application", coach_status="chosen", coach_id="x" * 500).keys() == {"coach_id"}
    assert refused("application", start_date="soon").keys() == {"start_date"}
