"""Forms: what fits is kept as it was meant; what does not is said, in both languages."""

from datetime import date
from typing import Any

import jsonschema
import pytest

import samples
from chalicelib import content
from chalicelib.core.languages import Lang
from chalicelib.forms import description, parsing
from chalicelib.forms.normalise import nest
from chalicelib.forms.prefill import prefill
from chalicelib.forms.problems import InvalidForm

TODAY = date(2026, 11, 23)
NBSP = "\u00a0"


def problems(form: str, given: Any) -> dict[str, str]:
    """field → code; empty when the form fits. Every message can be said in both languages."""
    try:
        parsing.parse(form, given, "fr", TODAY)
    except InvalidForm as invalid:
        for problem in invalid.problems:
            assert problem.message("fr")
            assert problem.message("en")
        return {p.field: p.code for p in invalid.problems}
    return {}


def warnings(form: str, given: Any) -> dict[str, str]:
    found = parsing.parse(form, given, "fr", TODAY).warnings
    assert all(w.message("fr") and w.message("en") for w in found)
    return {w.field: w.code for w in found}


@pytest.mark.parametrize("form", parsing.FORMS)
def test_a_whole_form_is_accepted_from_json_and_from_both_kinds_of_html(form: str) -> None:
    sample = getattr(samples, form)()
    as_json = parsing.parse(form, sample, "fr", TODAY)
    for style in ("brackets", "dashes"):
        html = parsing.parse(form, nest(samples.as_html(sample, style)), "fr", TODAY)
        without_no = {k: v for k, v in as_json.answers.items() if k != "partners"}
        assert {k: v for k, v in html.answers.items() if k != "partners"} == without_no
    assert as_json.version == content.form(form)["version"]


@pytest.mark.parametrize("form", parsing.FORMS)
def test_each_required_field_is_missed(form: str) -> None:
    sample = getattr(samples, form)()
    fields = [f for section in content.form(form)["sections"] for f in section["fields"]]
    for f in fields:
        if f["required"] and "when" not in f and "default" not in f:
            blanks: tuple[Any, ...] = (None, "", "   ", [])
            for blank in blanks:
                given = {k: v for k, v in sample.items() if k != f["key"]}
                if blank is not None:
                    given[f["key"]] = blank
                code = problems(form, given).get(f["key"])
                assert code in ("required", "required_choice", "required_consent"), (
                    f["key"],
                    blank,
                )


@pytest.mark.parametrize(
    ("form", "answer", "field"),
    [
        ("eoi", {"org_status": "registered_charity", "org_bn": None}, "org_bn"),
        ("eoi", {"fiduciary_known": "other"}, "fiduciary_name"),
        ("eoi", {"fiduciary_known": "other"}, "fiduciary_status"),
        ("eoi", {"earlier_support": "yes"}, "earlier_support_detail"),
        ("application", {"completed_by": "other"}, "completed_by_reason"),
        ("application", {"signing_authority_same": "no"}, "signatory_email"),
        ("application", {"declare_conflict": "yes"}, "conflict_detail"),
        ("application", {"coach_status": "chosen"}, "coach_id"),
    ],
)
def test_what_a_condition_asks_for_is_required(
    form: str, answer: dict[str, Any], field: str
) -> None:
    assert field in problems(form, getattr(samples, form)(**answer))


def test_what_a_condition_does_not_ask_for_is_left_out() -> None:
    given = samples.eoi(org_status="nonprofit", org_bn="rubbish")
    assert "org_bn" not in parsing.parse("eoi", given, "fr", TODAY).answers


def test_unknown_fields_are_refused_by_name() -> None:
    assert problems("eoi", samples.eoi(favourite_colour="red")) == {
        "favourite_colour": "unknown_field"
    }
    team = [{**samples.application()["team"][0], "age": 3}, samples.application()["team"][1]]
    assert problems("application", samples.application(team=team)) == {
        "team[0].age": "unknown_field"
    }


@pytest.mark.parametrize(
    "value", [7, 1.5, True, {}, {"a": 1}, [["x"]], [{"a": {}}], 10**400, [None]]
)
@pytest.mark.parametrize("form", parsing.FORMS)
def test_a_wrong_type_in_any_field_is_a_problem_and_no_accident(form: str, value: Any) -> None:
    sample = getattr(samples, form)()
    for section in content.form(form)["sections"]:
        for f in section["fields"]:
            problems(form, {**sample, f["key"]: value})
            for row in f.get("fields", []):
                rows = [{**r, row["key"]: value} for r in sample.get(f["key"], [{}])]
                problems(form, {**sample, f["key"]: rows})


@pytest.mark.parametrize(
    "value", ["\x00", "\ud800", "\u202e", "x" * 100_000, "=1+1", "<script>", "0" * 5000]
)
@pytest.mark.parametrize("form", parsing.FORMS)
def test_hostile_text_in_any_field_is_a_problem_or_plain_text(form: str, value: str) -> None:
    sample = getattr(samples, form)()
    for section in content.form(form)["sections"]:
        for f in section["fields"]:
            problems(form, {**sample, f["key"]: value})


def test_ten_thousand_rows_are_one_problem() -> None:
    rows = [{"name": "x", "sector": "other", "commitment": "confirmed"}] * 10_000
    assert problems("eoi", samples.eoi(partners=rows)) == {"partners": "too_many"}


@pytest.mark.parametrize(("count", "fits"), [(1, False), (2, True), (5, True), (6, False)])
def test_a_team_has_two_to_five_people(count: int, fits: bool) -> None:
    lead, member = samples.application()["team"]
    team = [lead, *({**member, "email": f"m{n}@example.org"} for n in range(count - 1))]
    assert ("team" not in problems("application", samples.application(team=team))) is fits


def test_the_length_is_counted_in_characters_after_composition() -> None:
    composed, decomposed = "é" * 1500, "e\u0301" * 1500
    for text in (composed, decomposed):
        answers = parsing.parse("eoi", samples.eoi(issue_summary=text), "fr", TODAY).answers
        assert answers["issue_summary"] == composed
    assert problems("eoi", samples.eoi(issue_summary=composed + "é")) == {
        "issue_summary": "too_long"
    }


def test_line_ends_count_as_one_and_control_characters_are_taken_out() -> None:
    given = samples.eoi(issue_summary="  un\r\ndeux\x07\x1b  ")
    assert parsing.parse("eoi", given, "fr", TODAY).answers["issue_summary"] == "un\ndeux"


@pytest.mark.parametrize("key", ["contact_first_name", "org_legal_name", "collective_name"])
def test_a_line_break_in_a_name_is_refused(key: str) -> None:
    assert problems("eoi", samples.eoi(**{key: "Ada\r\nBcc: all@example.org"})) == {key: "one_line"}


@pytest.mark.parametrize("name", ["O’Brien", "D'Amours", "Jean-François", "ᐃᓄᒃ", "Nguyễn"])
def test_names_are_kept_unchanged(name: str) -> None:
    answers = parsing.parse("eoi", samples.eoi(contact_last_name=name), "fr", TODAY).answers
    assert answers["contact_last_name"] == name


def test_blank_rows_are_left_out_and_problems_keep_their_place_on_the_page() -> None:
    pairs = [p for p in samples.as_html(samples.eoi()) if not p[0].startswith("partners")]
    pairs += [("partners[0].name", ""), ("partners[0].sector", ""), ("partners[2].name", "Y")]
    assert problems("eoi", nest(pairs)) == {
        "partners[2].sector": "required_choice",
        "partners[2].commitment": "required_choice",
    }
    pairs += [("partners[2].sector", "other"), ("partners[2].commitment", "nonsense")]
    assert problems("eoi", nest(pairs)) == {"partners[2].commitment": "choose"}


def test_nesting_is_bounded_and_never_fails() -> None:
    odd = [("a[9999].b", "1"), ("a[0]", "2"), ("a", "3"), ("b", "1"), ("b[0].c", "2"), ("c[]", "1"),
           ("c[]", "2"), ("", ""), ("[0].x", "1"), ("d[0].e", "1"), ("d[0].e", "2")]  # fmt: skip
    found = nest(odd)
    assert found["c"] == ["1", "2"]
    assert isinstance(found["a"], list)
    assert len(found["a"]) == 2
    assert found["d"] == [{"e": ["1", "2"]}]


def test_the_language_of_letters_is_the_form_s_unless_told() -> None:
    given = samples.eoi(contact_language=None)
    assert parsing.parse("eoi", given, "en", TODAY).answers["contact_language"] == "en"


@pytest.mark.parametrize(
    ("given", "cents"),
    [
        ("12 500", 1_250_000),
        ("12,500", 1_250_000),
        ("12500 $", 1_250_000),
        (12500, 1_250_000),
        (f"12{NBSP}500,00", 1_250_000),
        ("$12,500.00", 1_250_000),
        ("12.500,00", None),
        ("12,50", 1_250),
        ("1.5", 150),
        ("-5", None),
        ("abc", None),
        (True, None),
        (1.5, 150),
        (12500.0, 1_250_000),
    ],
)
def test_money_as_people_write_it(given: Any, cents: int | None) -> None:
    sample = samples.application(fid_annual_budget=given)
    if cents is None:
        assert problems("application", sample) == {"fid_annual_budget": "money"}
    else:
        answers = parsing.parse("application", sample, "fr", TODAY).answers
        assert answers["fid_annual_budget"] == cents


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("123456782RR0001", "123456782RR0001"), ("12345 6782 rr 0001", "123456782RR0001"),
        (f"123456782{NBSP}RR-0001", "123456782RR0001"), ("100000009RR0002", "100000009RR0002"),
        ("123456789RR0001", "123456789RR0001"), ("123456782RT0001", None), ("123456782", None),
        ("123456782RR001", None), ("000000000RR0001", None), ("123456782RR0000", None),
    ],
)  # fmt: skip
def test_charity_numbers(given: str, stored: str | None) -> None:
    sample = samples.eoi(org_bn=given)
    if stored is None:
        assert problems("eoi", sample) == {"org_bn": "bn_rr"}
    else:
        assert parsing.parse("eoi", sample, "fr", TODAY).answers["org_bn"] == stored


def test_a_charity_number_that_fails_the_check_is_a_warning() -> None:
    assert warnings("eoi", samples.eoi(org_bn="123456789RR0001")) == {"org_bn": "bn_check"}


@pytest.mark.parametrize(
    ("given", "stored"),
    [("h2x 1y4", "H2X 1Y4"), ("K1A0B1", "K1A 0B1"), ("H0H 0H0", "H0H 0H0"), ("D1A 1A1", None),
     ("W1A 1A1", None), ("H2O 1A1", None), ("H2X1Y", None)],
)  # fmt: skip
def test_postal_codes(given: str, stored: str | None) -> None:
    sample = samples.eoi(org_postal_code=given)
    if stored is None:
        assert problems("eoi", sample) == {"org_postal_code": "postal_code"}
    else:
        assert parsing.parse("eoi", sample, "fr", TODAY).answers["org_postal_code"] == stored


def test_soft_warnings_do_not_block() -> None:
    assert warnings("eoi", samples.eoi()) == {}
    two = samples.eoi(partners=samples.eoi()["partners"][:2])
    assert warnings("eoi", two) == {"partners": "few_partners"}
    assert warnings("eoi", samples.eoi(org_postal_code="T5J 2R7")) == {
        "org_postal_code": "postal_mismatch"
    }
    assert warnings("eoi", samples.eoi(org_postal_code="X0A 0A0", org_province="NU")) == {}
    assert warnings("eoi", samples.eoi(stage="action")) == {"stage": "under_way"}
    assert warnings("eoi", samples.eoi(org_status="unincorporated")) == {
        "fiduciary_known": "not_a_donee"
    }
    assert warnings("application", samples.application()) == {}
    other = samples.application(completed_by="other", completed_by_reason="Absence")
    assert warnings("application", other) == {"completed_by": "not_fiduciary_lead"}


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("514 555-0123", "+15145550123"),
        ("(514) 555.0123", "+15145550123"),
        ("1-514-555-0123", "+15145550123"),
        ("+33 1 23 45 67 89", "+33123456789"),
        ("114 555-0123", None),
        ("514 155-0123", None),
        ("555-0123", None),
    ],
)
def test_phone_numbers(given: str, stored: str | None) -> None:
    sample = samples.eoi(contact_phone=given)
    if stored is None:
        assert problems("eoi", sample) == {"contact_phone": "phone"}
    else:
        assert parsing.parse("eoi", sample, "fr", TODAY).answers["contact_phone"] == stored


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (" Ada.T+x@Example.ORG ", "Ada.T+x@example.org"),
        ("ada@exämple.org", "ada@xn--exmple-cua.org"),
        ("ada", None),
        ("ada@example", None),
        ("a@b@c.org", None),
        ("é@example.org", None),
        ("a..b@example.org", None),
        ("ada@example.org, bob@example.org", None),
        ("x" * 250 + "@example.org", None),
    ],
)
def test_addresses(given: str, stored: str | None) -> None:
    sample = samples.eoi(contact_email=given)
    if stored is None:
        assert list(problems("eoi", sample)) == ["contact_email"]
    else:
        assert parsing.parse("eoi", sample, "fr", TODAY).answers["contact_email"] == stored


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"start_date": "2026-11-22"}, "start_date", "date_past"),
        ({"start_date": "2026-02-30"}, "start_date", "date"),
        ({"end_date": "2027-09-01"}, "end_date", "end_before_start"),
        ({"end_date": "2028-09-02"}, "end_date", "too_long_span"),
        ({"target_year": 2042}, "target_year", "year_soon"),
        ({"fid_fiscal_year_end": "13-13"}, "fid_fiscal_year_end", "month_day"),
        ({"coach_hours": 501}, "coach_hours", "range"),
        ({"fid_staff_fte": "beaucoup"}, "fid_staff_fte", "number"),
    ],
)
def test_dates_and_numbers_of_an_application(
    changes: dict[str, Any], field: str, code: str
) -> None:
    assert problems("application", samples.application(**changes))[field] == code


def test_milestones_lie_between_start_and_end() -> None:
    milestones = [
        {"date": "2027-08-31", "description": "x"},
        {"date": "2028-04-01", "description": "y"},
    ]
    assert problems("application", samples.application(milestones=milestones)) == {
        "milestones[0].date": "milestone_outside",
        "milestones[1].date": "milestone_outside",
    }


def test_a_team_has_one_lead_and_a_shared_mailbox_is_worth_a_word() -> None:
    lead, member = samples.application()["team"]
    assert problems(
        "application", samples.application(team=[lead, {**member, "role": "lead"}])
    ) == {"team": "one_lead"}
    same = [lead, {**member, "email": lead["email"].upper()}]
    parsed = parsing.parse("application", samples.application(team=same), "fr", TODAY)
    assert ("team[1].email", "same_email") in [(w.field, w.code) for w in parsed.warnings]


def fees(**changes: Any) -> dict[str, Any]:
    row = {"category": "coach_fees", "description": "x", "quantity": 100, "unit_cost": 100,
           "amount": 10_000, "requested": 8_000}  # fmt: skip
    return {**row, **changes}


def income(amount: int) -> list[dict[str, Any]]:
    return [{"source": "x", "kind": "cash", "status": "confirmed", "amount": amount}]


def test_a_budget_that_does_not_add_up_names_the_difference() -> None:
    given = samples.application(budget=[fees()], income=income(1500))
    with pytest.raises(InvalidForm) as invalid:
        parsing.parse("application", given, "fr", TODAY)
    (problem,) = invalid.value.problems
    assert problem.code == "budget_gap"
    assert f"500{NBSP}$" in problem.message("fr")
    assert "$500" in problem.message("en")


@pytest.mark.parametrize(
    ("rows", "field", "code"),
    [
        ([fees(requested=10_001)], "budget[0].requested", "requested_over"),
        ([fees(quantity=90)], "budget[0].amount", "fees_product"),
        ([fees(category="meetings")], "budget", "no_coach_fees"),
        ([fees(requested=0)], "budget", "nothing_requested"),
        (
            [
                fees(),
                {"category": "backbone_time", "description": "x", "amount": 100, "requested": 100},
            ],
            "budget[1].requested",
            "backbone_requested",
        ),
    ],
)
def test_budget_rules(rows: list[dict[str, Any]], field: str, code: str) -> None:
    assert (
        problems("application", samples.application(budget=rows, income=income(2000)))[field]
        == code
    )


def test_coach_fees_may_differ_from_hours_times_rate_by_a_dollar() -> None:
    given = samples.application(budget=[fees(amount=10_001, requested=8_001)], income=income(2000))
    assert problems("application", given) == {}


def test_the_totals_are_computed_here() -> None:
    answers = parsing.parse("application", samples.application(), "fr", TODAY).answers
    assert (answers["total_expenses"], answers["total_requested"]) == (1_000_000, 800_000)
    assert (answers["total_contributions"], answers["contribution_percent"]) == (200_000, 20)
    assert problems("application", samples.application(total_requested=1)) == {
        "total_requested": "unknown_field"
    }


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("form", parsing.FORMS)
def test_a_description_has_what_a_website_needs(form: str, lang: Lang) -> None:
    shown = description.describe(form, lang, privacy_contact="vieprivee@example.org")
    assert "{" not in shown["notice"]
    assert "vieprivee@example.org" in shown["notice"]
    for section in shown["sections"]:
        assert section["title"]
        for f in section["fields"]:
            assert f["label"]
            if f["type"] in ("choice", "choices"):
                assert all(o["id"] and o["label"] for o in f["options"])


def test_provinces_stand_in_the_order_of_each_language() -> None:
    shown = description.describe("eoi", "fr")
    province = next(f for s in shown["sections"] for f in s["fields"] if f["key"] == "org_province")
    labels = [o["label"] for o in province["options"]]
    assert labels[:4] == ["Alberta", "Colombie-Britannique", "Île-du-Prince-Édouard", "Manitoba"]
    assert labels[-1] == "Yukon"


@pytest.mark.parametrize("form", parsing.FORMS)
def test_the_json_schema_agrees_with_what_is_accepted(form: str) -> None:
    schema = description.describe(form, "en")["schema"]
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    sample = getattr(samples, form)()
    assert list(validator.iter_errors(sample)) == []
    for section in content.form(form)["sections"]:
        for f in section["fields"]:
            without = {k: v for k, v in sample.items() if k != f["key"]}
            refused = f["key"] in problems(form, without)
            cross = {"coach_id"}
            if f["key"] not in cross:
                assert bool(list(validator.iter_errors(without))) is refused, f["key"]
    assert list(validator.iter_errors({**sample, "surprise": 1}))


def test_an_application_starts_with_what_the_declaration_told() -> None:
    eoi = parsing.parse("eoi", samples.eoi(), "fr", TODAY).answers
    known = prefill(eoi)
    assert known["applicant_email"] == "ada.tremblay@example.org"
    assert known["fid_bn"] == "123456782RR0001"
    assert [row["name"] for row in known["partners"]][:2] == [
        "Table de quartier Cœur-de-l’Île",
        "École du Parc",
    ]
    names = {f["key"] for s in content.form("application")["sections"] for f in s["fields"]}
    assert set(known) <= names


def test_a_readable_copy_has_every_answer_in_words() -> None:
    answers = parsing.parse("application", samples.application(), "fr", TODAY).answers
    text = str(description.readable("application", answers, "en"))
    for said in (
        "Registered charity",
        "$250,000",
        "Team lead",
        "Total requested",
        "$8,000",
        "Hybrid",
    ):
        assert said in text
    assert "registered_charity" not in text


@pytest.mark.parametrize("depth", [3, 400, 900])
@pytest.mark.parametrize("key", ["contact_title", "issue_areas", "partners", "team_size_planned"])
def test_deep_lists_and_objects_are_a_problem(key: str, depth: int) -> None:
    for wrap in (lambda inner: [inner], lambda inner: {"name": inner}):
        deep: Any = "x"
        for _ in range(depth):
            deep = wrap(deep)
        assert problems("eoi", samples.eoi(**{key: deep}))


def test_too_many_fields_are_one_problem() -> None:
    many = {f"x{n}": "1" for n in range(100_000)}
    assert problems("eoi", samples.eoi(**many)) == {"": "too_much"}
    assert problems("eoi", samples.eoi(partners=[many]))["partners[0]"] == "too_much"


def test_marks_that_hide_or_turn_text_are_taken_out() -> None:
    given = samples.eoi(contact_title="Direc\u202etrice\u200b\t\x07", issue_summary="a\u2028b\tc")
    answers = parsing.parse("eoi", given, "fr", TODAY).answers
    assert (answers["contact_title"], answers["issue_summary"]) == ("Directrice", "a\nb c")
    assert problems("eoi", samples.eoi(contact_title="\u200b")) == {"contact_title": "required"}
    for end in ("\r", "\x85", "\u2028"):
        given = samples.eoi(contact_title=f"Ada{end}Bcc: all@example.org")
        assert problems("eoi", given) == {"contact_title": "one_line"}


def test_a_row_with_nothing_but_an_empty_box_is_blank() -> None:
    partners = [*samples.application()["partners"], {"name": "", "role": " ", "is_new": False}]
    answers = parsing.parse(
        "application", samples.application(partners=partners), "fr", TODAY
    ).answers
    assert len(answers["partners"]) == 2


def test_a_problem_in_a_list_of_lines_keeps_its_place_on_the_page() -> None:
    pairs = [("objectives", ""), ("objectives", "x" * 301), ("objectives", "")]
    html = [p for p in samples.as_html(samples.application()) if not p[0].startswith("objectives")]
    assert problems("application", nest(html + pairs)) == {"objectives[1]": "too_long"}
    blank = [("objectives", ""), ("objectives", " ")]
    assert problems("application", nest(html + blank)) == {"objectives": "required"}


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_description_says_the_default_language_and_not_its_rule(lang: Lang) -> None:
    shown = description.describe("eoi", lang)
    fields = {f["key"]: f for section in shown["sections"] for f in section["fields"]}
    assert fields["contact_language"]["default"] == lang


def test_a_paused_form_says_so_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    assert description.describe("eoi", "fr")["paused"] is None
    monkeypatch.setitem(content.programme()["intake"], "eoi", "paused")
    description._described.cache_clear()
    shown = description.describe("eoi", "fr")
    description._described.cache_clear()
    assert shown["status"] == "paused"
    assert "nouvelles déclarations" in shown["paused"]


def test_problems_stand_in_the_order_of_the_page() -> None:
    partners = [{"name": "Y", "commitment": "nonsense"}, {"sector": "other"}]
    given = samples.eoi(surprise=1, contact_email="x", contact_title=None, partners=partners)
    assert list(problems("eoi", given)) == [
        "surprise",
        "contact_title",
        "contact_email",
        "partners[0].sector",
        "partners[0].commitment",
        "partners[1].name",
        "partners[1].commitment",
    ]


@pytest.mark.parametrize(
    "key", ["org_city[0].x", "partners[0].name", "partners[3].x", "x[9].y", ""]
)
def test_an_unknown_name_that_looks_like_a_row_is_only_unknown(key: str) -> None:
    assert problems("eoi", samples.eoi(**{key: "1"})) == {key: "unknown_field"}
