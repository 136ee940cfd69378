"""Every knob of programme.json turns something: a text, a rule or a date."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

import samples
from chalicelib import content
from chalicelib.cases import effects, guards, unreached
from chalicelib.cases.case import Case
from chalicelib.cases.due_dates import decision_due
from chalicelib.cases.faults import MailFault
from chalicelib.cases.schedule import cycle_end
from chalicelib.core.languages import LANGS, Lang
from chalicelib.core.links import Links
from chalicelib.core.settings import read
from chalicelib.core.stored_links import link
from chalicelib.forms import description, notice, parsing
from chalicelib.forms.assessment import QUESTIONS
from chalicelib.forms.problems import InvalidForm
from chalicelib.mail.writers.assessment import AssessmentLetter, assessment_result
from environment import ENVIRONMENT
from journey import RITA, Journey
from letter_facts import composed
from turned import turned

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
SETTINGS = read(ENVIRONMENT)


def described(form: str) -> object:
    return [
        description.describe(form, lang, privacy_contact="a@b.ca", privacy_policy="https://b.ca/p")
        for lang in LANGS
    ]


def row(category: str, amount: int, requested: int) -> dict[str, Any]:
    fees = {"quantity": 1, "unit_cost": amount} if category == "coach_fees" else {}
    return {"category": category, "description": "x", "amount": amount, "requested": requested,
            **fees}  # fmt: skip


BUDGET = [row("coach_fees", 9000, 8000), row("admin_fee", 800, 800)]
INCOME = [{"source": "x", "kind": "cash", "status": "confirmed", "amount": 1000}]
COORDINATION = [*BUDGET, row("backbone_time", 500, 500)]


def problems(form: str, **changes: Any) -> object:
    try:
        parsing.parse(form, getattr(samples, form)(**changes), "fr", TODAY)
    except InvalidForm as refused:
        return [(p.field, p.code, p.message("fr")) for p in refused.problems]
    return []


def budgeted() -> object:
    return problems("application", budget=BUDGET, income=INCOME)


def coordinated() -> object:
    return problems("application", budget=COORDINATION, income=INCOME)


def spanned() -> object:
    return problems("application", start_date="2027-01-01", end_date="2027-12-31")


def letters(name: str) -> object:
    return [composed(name, lang, "Collectif").text for lang in LANGS]


def pending() -> Case:
    return replace(new_case(), state="EOI_PENDING", clocks={"A": {"since": "2026-11-23"}})


def unreachable() -> Case:
    """One that is asked something, whose mail came back twenty days ago."""
    case = replace(new_case(), state="EOI_INFO_REQUESTED")
    fault: MailFault = {
        "kind": "bounce", "to": "applicant", "address": case.mail_to, "why": "550",
        "at": "2026-11-03T15:00:00+00:00", "event": 2,
    }  # fmt: skip
    return replace(case, mail_faults=[fault])


def new_case() -> Case:
    return Case.begun(
        NOW, person="p", lang="fr", email="a@b.ca", contact_name="A", org="B", answers={},
        warnings=[],
    )  # fmt: skip


KNOBS: list[tuple[tuple[str, ...], object, Callable[[], object]]] = [
    (("intake", "assessment"), "paused", lambda: described("assessment")),
    (("intake", "eoi"), "paused", lambda: described("eoi")),
    (("intake", "application"), "paused", lambda: described("application")),
    (("max_request_cad",), 5000, budgeted),
    (("min_contribution_percent",), 50, budgeted),
    (("admin_fee_max_percent",), 1, budgeted),
    (("backbone_time_fundable",), True, coordinated),
    (("max_months",), 3, spanned),
    (("team_min",), 3, lambda: described("eoi")),
    (("team_min",), 3, lambda: described("application")),
    (("team_min",), 3, lambda: letters("eoi_approved")),
    (("team_max",), 9, lambda: problems("eoi", team_size_planned=7)),
    (("team_max",), 9, lambda: described("assessment")),
    (("team_max",), 9, lambda: letters("eoi_approved")),
    (("assessment_minutes",), 7, lambda: described("assessment")),
    (("eoi_minutes_min",), 5, lambda: described("eoi")),
    (("eoi_minutes_max",), 55, lambda: described("eoi")),
    (("application_minutes_min",), 5, lambda: described("application")),
    (("application_minutes_max",), 200, lambda: letters("eoi_approved")),
    (("application_link_valid_days",), 10, lambda: effects._apply_by(NOW)),
    (("reply_target_business_days",), 9, lambda: decision_due(pending())),
    (("reply_target_business_days",), 9, lambda: letters("eoi_received")),
    (("reopen_days",), 9, guards.reopen_window),
    (("reopen_days",), 9, lambda: letters("eoi_info_requested")),
    (("extensions_max",), 5, lambda: letters("staff_invitation_ended")),
    (("review_link_days",), 9, lambda: link("h", "rita-roy", NOW)["expires_at"]),
    (("review_link_days",), 9, lambda: letters("staff_eoi_received")),
    (("unreached_days",), 9, lambda: unreached.waits(unreachable(), NOW)),
    (("cycle",), "spring", lambda: new_case().cycle),
    (("cycle_ends",), "2027-03-31", lambda: cycle_end("2026", TODAY)),
    (("links", "ci_101_fr"), "https://example.org/101", lambda: presentation("fr")),
    (("links", "ci_101_en"), "https://example.org/101", lambda: presentation("en")),
    (("signature", "fr"), "Une signature", lambda: letters("eoi_received")),
    (("signature", "en"), "A signature", lambda: letters("eoi_received")),
    (("privacy_notice", "id"), "privacy-9", lambda: notice.notice("eoi", "fr", SETTINGS)),
    (("privacy_notice", "fr"), "Un avis", lambda: notice.notice("eoi", "fr", SETTINGS)),
    (("privacy_notice", "en"), "A notice", lambda: notice.notice("eoi", "en", SETTINGS)),
    *(
        ((name, form), {"en": "another", "fr": "autre"}, lambda form=form: described(form))
        for name in ("retention", "form_name")
        for form in ("assessment", "eoi", "application")
        if (name, form) != ("form_name", "assessment")
    ),
]  # fmt: skip


def presentation(lang: Lang) -> object:
    """The link of the result that somebody gets by e-mail."""
    links = Links(["k" * 64], "https://relais.example.org", "")
    answers = {question: f"{question[:2]}_0" for question in QUESTIONS}
    return assessment_result(AssessmentLetter("AE-2026-7K4MQ-5", answers, lang, links, "a@b.ca"))[
        "links"
    ]["ci_101"]


IDS = [f"{number}-{'.'.join(knob)}" for number, (knob, _, _) in enumerate(KNOBS)]


@pytest.mark.parametrize(("knob", "to", "seen"), KNOBS, ids=IDS)
def test_a_knob_of_the_programme_turns_something(
    knob: tuple[str, ...], to: object, seen: Callable[[], object]
) -> None:
    before = seen()
    with turned(*knob, to=to):
        assert seen() != before
    assert seen() == before


def test_a_second_extension_and_its_length_go_by_the_programme(way: Journey) -> None:
    case = way.declare()
    way.decide(RITA, decision="approve")
    way.after_undo()
    with turned("extension_days", to=10), turned("extensions_max", to=1):
        before = way.again(case).apply_by
        assert before is not None
        assert way.press(way.fresh(RITA), decision="extend").status_code == 200
        assert str(way.again(case).apply_by) > before
        assert way.press(way.fresh(RITA), decision="extend").status_code == 409


def test_every_knob_is_turned_here() -> None:
    turned_here = {knob[0] for knob, _, _ in KNOBS} | {"extension_days"}
    assert turned_here == content.programme().keys()
