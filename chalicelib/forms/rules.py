"""What fields say together: rules across a form, and warnings that do not block."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple

from chalicelib import content
from chalicelib.forms import numbers
from chalicelib.forms.problems import Problem

Answers = dict[str, Any]

FEW_ORGANIZATIONS: Final = 4
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


class Rule(NamedTuple):
    """What some answers say together: looked at when those it `needs` are there, and none of
    them, or of those it also `reads`, is wrong by itself."""

    needs: tuple[str, ...]
    check: "_Check"
    reads: tuple[str, ...] = ()

    def fits(self, answers: Answers, unsound: Collection[str]) -> bool:
        return all(key in answers for key in self.needs) and not any(
            key in unsound for key in (*self.needs, *self.reads)
        )


def check(
    form: str, answers: Answers, today: date, unsound: Collection[str] = ()
) -> tuple[list[Problem], list[Problem]]:
    """Return (problems, warnings) of the rules whose answers are there and not `unsound`; add the
    computed totals to the answers of an application."""
    problems, warnings = RULES.get(form, ((), ()))
    return _found(problems, answers, today, unsound), _found(warnings, answers, today, unsound)


def _found(
    rules: Sequence[Rule], answers: Answers, today: date, unsound: Collection[str]
) -> list[Problem]:
    return [
        problem
        for rule in rules
        if rule.fits(answers, unsound)
        for problem in rule.check(answers, today)
    ]


def _start_month(answers: Answers, today: date) -> Iterator[Problem]:
    first, last = _month(today, 0), _month(today, START_MONTHS)
    if not first <= answers["start_month"] <= last:
        yield Problem("start_month", "month_soon", {"first": first, "last": last})


def _few_partners(answers: Answers, _: date) -> Iterator[Problem]:
    if (count := 1 + len(answers["partners"])) < FEW_ORGANIZATIONS:
        yield Problem("partners", "few_partners", {"count": count})


def _eoi_fiduciary(answers: Answers, _: date) -> Iterator[Problem]:
    donees = {"lead": answers.get("org_status"), "other": answers.get("fiduciary_status")}
    if donees.get(answers["fiduciary_known"], "registered_charity") not in (*_DONEES, None):
        yield Problem("fiduciary_known", "not_a_donee")


def _stage(answers: Answers, _: date) -> Iterator[Problem]:
    if answers["stage"] == "action":
        yield Problem("stage", "under_way")


def _coach(answers: Answers, _: date) -> Iterator[Problem]:
    if answers["coach_status"] == "chosen" and not (
        answers.get("coach_id") or answers.get("coach_other")
    ):
        yield Problem("coach_id", "coach_needed")


def _target_year(answers: Answers, today: date) -> Iterator[Problem]:
    if not today.year <= answers["target_year"] <= today.year + TARGET_YEARS:
        last = today.year + TARGET_YEARS
        yield Problem("target_year", "year_soon", {"first": str(today.year), "last": str(last)})


def _fiduciary_status(answers: Answers, _: date) -> Iterator[Problem]:
    if answers["fid_status"] not in _DONEES:
        yield Problem("fid_status", "not_a_donee")


def _completed_by(answers: Answers, _: date) -> Iterator[Problem]:
    if answers["completed_by"] != "fiduciary_lead":
        yield Problem("completed_by", "not_fiduciary_lead")


def _one_organization(answers: Answers, _: date) -> Iterator[Problem]:
    if len({row["organization"].casefold() for row in answers["team"]}) == 1:
        yield Problem("team", "one_organization")


def _other_coach(answers: Answers, _: date) -> Iterator[Problem]:
    if answers["coach_other"]:
        yield Problem("coach_other", "other_coach")


def _coach_fees(answers: Answers, _: date) -> Iterator[Problem]:
    fees = sum(r["requested"] for r in answers["budget"] if r["category"] == "coach_fees")
    if 2 * fees < answers["total_requested"]:
        yield Problem("budget", "fees_under_half")


def _conflict(answers: Answers, _: date) -> Iterator[Problem]:
    if answers["declare_conflict"] == "yes":
        yield Problem("declare_conflict", "conflict")


def _team(answers: Answers, _: date) -> Iterator[Problem]:
    leads = sum(row["role"] == "lead" for row in answers["team"])
    if leads != 1:
        yield Problem("team", "one_lead", {"count": leads})


def _shared_mailboxes(answers: Answers, _: date) -> Iterator[Problem]:
    """Warn of a shared mailbox only: two people of a small organization may well read one."""
    seen: set[str] = set()
    for number, row in enumerate(answers["team"]):
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


def _milestones(answers: Answers, _: date) -> Iterator[Problem]:
    start, end = answers["start_date"], answers["end_date"]
    for number, row in enumerate(answers["milestones"]):
        if not start <= row["date"] <= end:
            yield Problem(f"milestones[{number}].date", "milestone_outside")


def _budget(answers: Answers, _: date) -> Iterator[Problem]:
    rows, income = answers["budget"], answers.get("income", [])
    expenses = sum(row["amount"] for row in rows)
    requested = sum(row["requested"] for row in rows)
    contributions = sum(row["amount"] for row in income)
    answers["total_expenses"] = expenses
    answers["total_requested"] = requested
    answers["total_contributions"] = contributions
    if expenses:
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
    """Check the limits; what the programme has not published is null, and not enforced."""
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


def _place(code: str, province: str) -> Rule:
    return Rule((code, province), lambda answers, _: _other_place(answers, code, province))


def _other_place(answers: Answers, code: str, province: str) -> Iterator[Problem]:
    places = _PROVINCES[answers[code][0]]
    if answers[code].startswith(("X0A", "X0B", "X0C")):
        places = {"NU"}
    if answers[province] not in places:
        yield Problem(code, "postal_mismatch", {"postal_code": answers[code]})


def _number(key: str) -> Rule:
    return Rule((key,), lambda answers, _: _odd_number(answers, key))


def _odd_number(answers: Answers, key: str) -> Iterator[Problem]:
    if not numbers.luhn(answers[key]):
        yield Problem(key, "bn_check", {"number": {"bn": answers[key]}})


def _month(today: date, later: int) -> str:
    months = today.year * 12 + today.month - 1 + later
    return f"{months // 12}-{months % 12 + 1:02d}"


def _later(day: str, months: int) -> str:
    """Return the same day so many months later; the last of the month where there is none."""
    start = date.fromisoformat(day)
    return f"{_month(start, months)}-{start.day:02d}"


_Check = Callable[[Answers, date], Iterator[Problem]]


def _profile(answers: Answers, today: date) -> Iterator[Problem]:
    from chalicelib.forms.profile_rules import misfits  # a visitor's form does without

    return (Problem(column, code) for column, code in misfits(answers))


_EOI: Final = (Rule(("start_month",), _start_month),)
# Each is about a field that the declaration of a programme may be without.
_EOI_WARNINGS: Final = (
    Rule(("partners",), _few_partners),
    _place("org_postal_code", "org_province"),
    _number("org_bn"),
    _number("fiduciary_bn"),
    Rule(("fiduciary_known",), _eoi_fiduciary, reads=("org_status", "fiduciary_status")),
    Rule(("stage",), _stage),
)
_APPLICATION: Final = (
    Rule(("team",), _team),
    Rule(("coach_status",), _coach, reads=("coach_id", "coach_other")),
    Rule(("start_date", "end_date"), _dates),
    Rule(("start_date", "end_date", "milestones"), _milestones),
    Rule(("target_year",), _target_year),
    Rule(("budget",), _budget, reads=("income",)),
)
_APPLICATION_WARNINGS: Final = (
    _place("fid_postal_code", "fid_province"),
    _number("fid_bn"),
    Rule(("fid_status",), _fiduciary_status),
    Rule(("completed_by",), _completed_by),
    Rule(("team",), _one_organization),
    Rule(("team",), _shared_mailboxes),
    Rule(("coach_other",), _other_coach),
    Rule(("budget", "total_requested"), _coach_fees),
    Rule(("declare_conflict",), _conflict),
)

RULES: Final[Mapping[str, tuple[Sequence[Rule], Sequence[Rule]]]] = {
    "eoi": (_EOI, _EOI_WARNINGS),
    "application": (_APPLICATION, _APPLICATION_WARNINGS),
    "profile": ((Rule((), _profile),), ()),
}
"""The rules of each form that has any, and its warnings."""
