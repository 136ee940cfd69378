"""What fields say together: rules across a form, and warnings that do not block."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from chalicelib import content
from chalicelib.forms import field_types
from chalicelib.forms.problems import Problem

Answers = dict[str, Any]

FEW: Final = 4
"""Organizations in a coached collective, as Innoweave counted them: fewer is worth a word."""

PRODUCT_TOLERANCE_CENTS: Final = 100
"""How far hours times rate may be from an amount that somebody rounded to the dollar."""

START_MONTHS: Final = 18
TARGET_YEARS: Final = 15

_DONEES: Final = {"registered_charity", "other_qualified_donee"}

_PROVINCES: Final = {
    "A": {"NL"}, "B": {"NS"}, "C": {"PE"}, "E": {"NB"}, "G": {"QC"}, "H": {"QC"}, "J": {"QC"},
    "K": {"ON"}, "L": {"ON"}, "M": {"ON"}, "N": {"ON"}, "P": {"ON"}, "R": {"MB"}, "S": {"SK"},
    "T": {"AB"}, "V": {"BC"}, "X": {"NT", "NU"}, "Y": {"YT"},
}  # fmt: skip
"""First letter of a postal code → where it is."""


def check(form: str, answers: Answers, today: date) -> tuple[list[Problem], list[Problem]]:
    """(problems, warnings); adds the computed totals to the answers of an application."""
    problems, warnings = RULES.get(form, (_nothing, _nothing))
    return list(problems(answers, today)), list(warnings(answers))


def _nothing(*_: object) -> Iterator[Problem]:
    return iter(())


def _eoi_problems(answers: Answers, today: date) -> Iterator[Problem]:
    month = answers.get("start_month")
    first, last = _month(today, 0), _month(today, START_MONTHS)
    if month is not None and not first <= month <= last:
        yield Problem("start_month", "month_soon", {"first": first, "last": last})


def _eoi_warnings(answers: Answers) -> Iterator[Problem]:
    """Each is about a field that the declaration of a programme may be without."""
    if "partners" in answers and (count := 1 + len(answers["partners"])) < FEW:
        yield Problem("partners", "few_partners", {"count": count})
    if "org_postal_code" in answers and "org_province" in answers:
        yield from _place(answers, "org_postal_code", "org_province")
    yield from _numbers(answers, "org_bn", "fiduciary_bn")
    donees = {"lead": answers.get("org_status"), "other": answers.get("fiduciary_status")}
    if donees.get(answers.get("fiduciary_known", ""), "registered_charity") not in _DONEES:
        yield Problem("fiduciary_known", "not_a_donee")
    if answers.get("stage") == "action":
        yield Problem("stage", "under_way")


def _application_problems(answers: Answers, today: date) -> Iterator[Problem]:
    yield from _team(answers["team"])
    if answers["coach_status"] == "chosen" and not (
        answers.get("coach_id") or answers.get("coach_other")
    ):
        yield Problem("coach_id", "coach_needed")
    yield from _dates(answers, today)
    year = answers.get("target_year")
    if year is not None and not today.year <= year <= today.year + TARGET_YEARS:
        last = today.year + TARGET_YEARS
        yield Problem("target_year", "year_soon", {"first": str(today.year), "last": str(last)})
    yield from _budget(answers)


def _application_warnings(answers: Answers) -> Iterator[Problem]:
    yield from _place(answers, "fid_postal_code", "fid_province")
    yield from _numbers(answers, "fid_bn")
    if answers["fid_status"] not in _DONEES:
        yield Problem("fid_status", "not_a_donee")
    if answers["completed_by"] != "fiduciary_lead":
        yield Problem("completed_by", "not_fiduciary_lead")
    if len({row["organization"].casefold() for row in answers["team"]}) == 1:
        yield Problem("team", "one_organization")
    yield from _shared_mailboxes(answers["team"])
    if answers.get("coach_other"):
        yield Problem("coach_other", "other_coach")
    fees = sum(r["requested"] for r in answers["budget"] if r["category"] == "coach_fees")
    if 2 * fees < answers["total_requested"]:
        yield Problem("budget", "fees_under_half")
    if answers["declare_conflict"] == "yes":
        yield Problem("declare_conflict", "conflict")


def _team(team: list[Answers]) -> Iterator[Problem]:
    leads = sum(row["role"] == "lead" for row in team)
    if leads != 1:
        yield Problem("team", "one_lead", {"count": leads})


def _shared_mailboxes(team: list[Answers]) -> Iterator[Problem]:
    """Two people of a small organization may well read one mailbox."""
    seen: set[str] = set()
    for number, row in enumerate(team):
        if row["email"].lower() in seen:
            yield Problem(f"team[{number}].email", "same_email")
        seen.add(row["email"].lower())


def _dates(answers: Answers, today: date) -> Iterator[Problem]:
    start, end = answers["start_date"], answers["end_date"]
    months = content.programme()["max_months"]
    if start < today.isoformat():
        yield Problem("start_date", "date_past")
    if end <= start:
        yield Problem("end_date", "end_before_start")
    elif end > _later(start, months):
        yield Problem("end_date", "too_long_span", {"months": months})
    for number, row in enumerate(answers["milestones"]):
        if not start <= row["date"] <= end:
            yield Problem(f"milestones[{number}].date", "milestone_outside")


def _budget(answers: Answers) -> Iterator[Problem]:
    rows, income = answers["budget"], answers.get("income", [])
    expenses = sum(row["amount"] for row in rows)
    requested = sum(row["requested"] for row in rows)
    contributions = sum(row["amount"] for row in income)
    answers["total_expenses"] = expenses
    answers["total_requested"] = requested
    answers["total_contributions"] = contributions
    answers["contribution_percent"] = (200 * contributions + expenses) // (2 * expenses)
    yield from _budget_rows(rows)
    if not any(row["category"] == "coach_fees" for row in rows):
        yield Problem("budget", "no_coach_fees")
    elif requested == 0:
        yield Problem("budget", "nothing_requested")
    elif gap := expenses - requested - contributions:
        money = {
            "expenses": {"cents": expenses},
            "covered": {"cents": requested + contributions},
            "difference": {"cents": abs(gap)},
        }
        yield Problem("budget", "budget_gap", money)
    yield from _limits(rows, requested, contributions, expenses)


def _budget_rows(rows: list[Answers]) -> Iterator[Problem]:
    fundable = content.programme()["backbone_time_fundable"]
    for number, row in enumerate(rows):
        path = f"budget[{number}]"
        if row["requested"] > row["amount"]:
            facts = {"amount": {"cents": row["amount"]}}
            yield Problem(f"{path}.requested", "requested_over", facts)
        if row["category"] == "coach_fees":
            product = round(Decimal(str(row["quantity"])) * row["unit_cost"])
            if abs(product - row["amount"]) > PRODUCT_TOLERANCE_CENTS:
                yield Problem(f"{path}.amount", "fees_product", {"product": {"cents": product}})
        if row["category"] == "backbone_time" and row["requested"] and not fundable:
            yield Problem(f"{path}.requested", "backbone_requested")


def _limits(
    rows: list[Answers], requested: int, contributions: int, expenses: int
) -> Iterator[Problem]:
    """What the programme has not published is null, and not enforced."""
    programme = content.programme()
    most, share = programme["max_request_cad"], programme["min_contribution_percent"]
    fee = programme["admin_fee_max_percent"]
    if most is not None and requested > most * 100:
        yield Problem("budget", "over_maximum", {"max": {"cents": most * 100}})
    if share is not None and contributions * 100 < share * expenses:
        yield Problem("income", "contribution_low", {"percent": {"percent": share}})
    asked = sum(row["requested"] for row in rows if row["category"] == "admin_fee")
    if fee is not None and asked * 100 > fee * requested:
        yield Problem("budget", "admin_fee_high", {"percent": {"percent": fee}})


def _place(answers: Answers, code: str, province: str) -> Iterator[Problem]:
    places = _PROVINCES[answers[code][0]]
    if answers[code].startswith(("X0A", "X0B", "X0C")):
        places = {"NU"}
    if answers[province] not in places:
        yield Problem(code, "postal_mismatch", {"postal_code": answers[code]})


def _numbers(answers: Answers, *keys: str) -> Iterator[Problem]:
    for key in keys:
        if key in answers and not field_types.luhn(answers[key]):
            yield Problem(key, "bn_check", {"number": {"bn": answers[key]}})


def _month(today: date, later: int) -> str:
    months = today.year * 12 + today.month - 1 + later
    return f"{months // 12}-{months % 12 + 1:02d}"


def _later(day: str, months: int) -> str:
    """The same day so many months later; the last of the month where there is none."""
    start = date.fromisoformat(day)
    return f"{_month(start, months)}-{start.day:02d}"


_Problems = Callable[[Answers, date], Iterator[Problem]]
_Warnings = Callable[[Answers], Iterator[Problem]]


def _profile_problems(answers: Answers, today: date) -> Iterator[Problem]:
    from chalicelib.forms.profile_rules import misfits  # a visitor's form does without

    return (Problem(column, code) for column, code in misfits(answers))


RULES: Final[Mapping[str, tuple[_Problems, _Warnings]]] = {
    "eoi": (_eoi_problems, _eoi_warnings),
    "application": (_application_problems, _application_warnings),
    "profile": (_profile_problems, _nothing),
}
"""The rules of each form that has any, and its warnings."""
