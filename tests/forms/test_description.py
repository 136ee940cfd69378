"""What a website is told of a form agrees with what is accepted from it."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import samples
from chalicelib import content
from chalicelib.core.languages import Lang
from chalicelib.forms import description, parsing
from chalicelib.forms.normalise import nest
from chalicelib.forms.prefill import prefill
from chalicelib.forms.problems import InvalidForm, Problem

TODAY = date(2026, 11, 23)

ACROSS = {
    "budget_gap", "coach_needed", "date_past", "end_before_start", "fees_product",
    "milestone_outside", "month_soon", "no_coach_fees", "nothing_requested", "one_lead",
    "requested_over", "same_email", "too_long_span", "year_soon", "backbone_requested",
}  # fmt: skip
"""Rules between fields, which a schema cannot say."""

quick = settings(max_examples=60, database=None, derandomize=True)

TEXT = st.text("aé’œ bᐃ\n", min_size=1, max_size=30).map(lambda t: f"x{t}x")
LINE = st.text("aé’œ bᐃ", min_size=1, max_size=10).map(lambda t: f"x{t}x")
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "name": LINE,
    "line": LINE,
    "text": TEXT,
    "email": st.sampled_from(["ada@example.org", "Zoe.Roy+x@Example.ORG"]),
    "phone": st.sampled_from(["514 555-0123", "+15145550199"]),
    "digits": st.integers(0, 9_999_999).map(str),
    "url": st.sampled_from(["https://example.org", "example.org/a?b=c"]),
    "bn_rr": st.sampled_from(["123456782RR0001", "100000009 rr 0002"]),
    "postal_code": st.sampled_from(["H2X 1Y4", "t5j2r7"]),
    "date": st.dates(date(2027, 1, 1), date(2027, 12, 31)).map(str),
    "month": st.sampled_from(["2026-12", "2028-05", "2035-01"]),
    "month_day": st.dates().map(lambda d: d.isoformat()[5:]),
    "bool": st.booleans(),
    "coach_ref": st.just("zoe-roy"),
    "assessment_ref": st.just("AE-2026-00000-0"),
}


def value_of(f: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Answers that the description allows."""
    kind = f["type"]
    if kind == "rows":
        return st.lists(answers_of(f["fields"]), min_size=f["min"], max_size=f["max"])
    if kind == "lines":
        return st.lists(LINE, min_size=f["min"], max_size=f["max"])
    if kind in ("choice", "choices"):
        one = st.sampled_from([o["id"] for o in f["options"]])
        return one if kind == "choice" else st.lists(one, min_size=f["min"], max_size=f["max"])
    if kind == "consent":
        return st.just(True) if f["required"] else st.booleans()
    if kind == "int":
        return st.integers(f.get("min", 2020), f.get("max", 2050))
    if kind == "decimal":
        quarters = st.integers(int(f["min"] * 4), int(f["max"] * 4)).map(lambda n: n / 4)
        return quarters | quarters.map(lambda n: str(n).replace(".", ","))
    if kind == "money":
        return st.integers(f.get("min", 0), f.get("max", 9_999_999)).flatmap(
            lambda n: st.sampled_from([n, str(n), f"{n:,}", f"{n:,} $".replace(",", "\u00a0")])
        )
    return VALUES[kind]


def answers_of(fields: list[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    needed = {f["key"]: value_of(f) for f in fields if f["required"]}
    others = {f["key"]: value_of(f) for f in fields if not f["required"]}
    return st.fixed_dictionaries(needed, optional=others)


def schema_of(form: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(description.describe(form, "en")["schema"])


def outcome(form: str, fields: Mapping[str, Any]) -> parsing.Submission | list[Problem]:
    try:
        return parsing.parse(form, fields, "fr", TODAY)
    except InvalidForm as invalid:
        return list(invalid.problems)


def codes(form: str, fields: Mapping[str, Any]) -> set[str]:
    found = outcome(form, fields)
    return {p.code for p in found} if isinstance(found, list) else set()


@pytest.mark.parametrize("form", parsing.FORMS)
def test_what_the_description_allows_fits_the_schema_and_is_accepted(form: str) -> None:
    sections = description.describe(form, "en")["sections"]
    schema = schema_of(form)

    @quick
    @given(answers_of([f for section in sections for f in section["fields"]]))
    def agrees(answers: dict[str, Any]) -> None:
        found = codes(form, answers) - ACROSS
        refused = [error.message for error in schema.iter_errors(answers)]
        # A condition may ask for more: then both must miss it.
        assert bool(refused) == bool(found), (refused, found)
        assert found <= {"required", "required_choice"}

    agrees()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


@pytest.mark.parametrize("form", parsing.FORMS)
def test_any_json_is_a_submission_or_a_list_of_problems(form: str) -> None:
    keys = [f["key"] for section in content.form(form)["sections"] for f in section["fields"]]

    @quick
    @given(st.dictionaries(st.sampled_from(keys) | st.text(max_size=9), JSON, max_size=12))
    def holds(changes: dict[str, Any]) -> None:
        for fields in (changes, {**getattr(samples, form)(), **changes}):
            submission = outcome(form, fields)
            if isinstance(submission, parsing.Submission):
                json.dumps(submission.answers, allow_nan=False)
                assert description.readable(form, submission.answers, "fr")
            else:
                assert submission
                for problem in submission:
                    assert "{" not in problem.message("fr") + problem.message("en")

    holds()


@pytest.mark.parametrize("form", parsing.FORMS)
def test_any_names_of_an_html_form_nest(form: str) -> None:
    piece = st.sampled_from(["partners", "team", "[0]", "[1]", "[99]", "[]", ".", "-", "name", "0"])
    names = st.lists(piece, max_size=6).map("".join) | st.text(max_size=12)

    @quick
    @given(st.lists(st.tuples(names, st.sampled_from(["", "x"])), max_size=12))
    def holds(pairs: list[tuple[str, str]]) -> None:
        assert codes(form, nest(pairs))

    holds()


@pytest.mark.parametrize("form", parsing.FORMS)
def test_blank_is_no_answer_to_what_is_required_in_both(form: str) -> None:
    schema = schema_of(form)
    for section in description.describe(form, "en")["sections"]:
        for f in section["fields"]:
            if f["required"] and "default" not in f:
                given_blank = {**getattr(samples, form)(), f["key"]: " "}
                assert codes(form, given_blank), f["key"]
                assert list(schema.iter_errors(given_blank)), f["key"]


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("form", parsing.FORMS)
def test_a_description_is_json_and_small(form: str, lang: Lang) -> None:
    text = json.dumps(description.describe(form, lang), ensure_ascii=False)
    assert len(text.encode()) < 100_000


def test_the_application_that_a_declaration_starts_raises_only_what_is_missing() -> None:
    changes: list[dict[str, Any]] = [
        {},
        {"fiduciary_known": "other", "fiduciary_name": "X", "fiduciary_status": "other"},
        {"fiduciary_known": "unknown", "coach_status": "chosen", "coach_id": "zoe-roy"},
    ]
    for change in changes:
        eoi = parsing.parse("eoi", samples.eoi(**change), "fr", TODAY).answers
        missing = {"required", "required_choice", "required_consent", "too_few"}
        assert codes("application", prefill(eoi)) <= missing


def test_blank_answers_are_left_out_of_a_copy() -> None:
    answers = parsing.parse(
        "eoi", samples.eoi(contact_phone=None, org_website=""), "fr", TODAY
    ).answers
    keys = {
        r["key"] for section in description.readable("eoi", answers, "fr") for r in section["rows"]
    }
    assert not {"contact_phone", "org_website", "goal"} & keys
    assert {"contact_email", "partners"} <= keys
