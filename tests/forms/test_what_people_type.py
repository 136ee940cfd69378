"""What people type is read as they mean it, by one check a kind, and refused in words otherwise."""

import sys
import unicodedata
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import samples
from chalicelib import content
from chalicelib.core import formatting, typed_dates
from chalicelib.core.email_address import email_or_none
from chalicelib.core.languages import LANGS, Lang
from chalicelib.core.phone_number import phone_or_none
from chalicelib.core.typed_text import in_plain_signs, is_visible, without_hidden
from chalicelib.forms import ignored, parsing
from chalicelib.forms.entered import entered, readings
from chalicelib.forms.normalise import Repeated, tidy
from chalicelib.forms.numbers import cents_or_none
from chalicelib.forms.problems import InvalidForm

TODAY = date(2026, 3, 2)
FORMS = (*parsing.FORMS, "newsletter", "message", "profile")

HIDDEN = [
    chr(c)
    for c in range(sys.maxunicode + 1)
    if unicodedata.category(chr(c)) == "Cf" and not 0xE0020 <= c < 0xE0080
    and unicodedata.name(chr(c), "").split()[0] not in ("ARABIC", "SYRIAC", "KAITHI", "EGYPTIAN")
]  # fmt: skip
SPACES = [chr(c) for c in range(sys.maxunicode + 1) if unicodedata.category(chr(c)) == "Zs"]


def problems(form: str, given: dict[str, Any], lang: Lang = "fr") -> dict[str, str]:
    with pytest.raises(InvalidForm) as refused:
        parsing.parse(form, given, lang, TODAY)
    return {p.field: p.code for p in refused.value.problems}


def answers(form: str, given: dict[str, Any], lang: Lang = "fr") -> dict[str, Any]:
    return parsing.parse(form, given, lang, TODAY).answers


@settings(max_examples=60)
@given(
    mark=st.sampled_from(HIDDEN),
    ends=st.text(st.sampled_from([*HIDDEN, *SPACES, "\n"]), max_size=9),
)
def test_no_mark_that_cannot_be_seen_changes_what_is_kept(mark: str, ends: str) -> None:
    assert tidy(f"{ends}Ada{ends}") == "Ada"
    assert tidy(ends) == ""
    assert phone_or_none(f"{ends}514{mark}555-0123{ends}") == "+15145550123"
    assert email_or_none(f"{ends}ada{mark}@exam{mark}ple.org{ends}") == "ada@example.org"
    assert cents_or_none(f"1{mark}000{ends}") == 100_000
    assert typed_dates.read_day(f"{ends}2026-09-{mark}01") == date(2026, 9, 1)


def test_every_separator_parts_words_and_no_word_is_glued_to_the_next() -> None:
    for code in range(0x3001):
        c = chr(code)
        if c.isspace():
            assert without_hidden(f"un{c}mot").split() == ["un", "mot"], hex(code)
            assert in_plain_signs(f"514{c}555").split() == ["514", "555"], hex(code)


@pytest.mark.parametrize("blank", ["\u200b", "\u00ad", "\u2800", "\u3164", "\u0301", "\ufeff \u00a0", "\u200d\u200c"])  # fmt: skip
@pytest.mark.parametrize("key", ["contact_title", "issue_summary", "contact_first_name"])
def test_a_required_answer_has_something_to_be_seen(key: str, blank: str) -> None:
    assert problems("eoi", samples.eoi(**{key: blank})) == {key: "required"}


def test_letters_that_are_joined_by_a_mark_and_signs_of_several_parts_stay_whole() -> None:
    for text in (
        "می\u200cخواهم",
        "क्\u200dष",
        "👩\u200d🔬",
        "❤\ufe0f",
        "🏴\U000e0067\U000e007f",
        "« oui »",
    ):
        assert tidy(f" {text} ") == text
        assert is_visible(text)


@settings(max_examples=80)
@given(
    before=st.text(st.sampled_from(" <(\"“«,;"), max_size=3),
    after=st.text(st.sampled_from(" >)\"”»,;.…!?'"), max_size=3),
    local=st.from_regex(r"[a-z0-9!#$%&*+/=?^_|~-]{1,9}(\.[a-z0-9]{1,9}){0,2}", fullmatch=True),
    domain=st.sampled_from(["example.org", "a-b.co.uk", "québec.ca", "xn--qubec-csa.ca"]),
)  # fmt: skip
def test_what_is_copied_beside_an_address_is_no_part_of_it(
    before: str, after: str, local: str, domain: str
) -> None:
    kept = f"{local}@{domain.replace('québec', 'xn--qubec-csa')}"
    assert email_or_none(f"{before}{local}@{domain}{after}") == kept
    assert email_or_none(kept) == kept


@pytest.mark.parametrize("typed", [
    ".ada@example.org", "ada.@example.org", "a..da@example.org", "ada@example", "ada@example.123", "ada@127.0.0.1",
    "ada@-example.org", "ada@example-.org", "ada@exa_mple.org", "ada@exa’mple.org", "ada@exam…ple.org",
    "ada@example…org", "ada@xn--a.org", "ada@½.org", "ada@" + "a" * 64 + ".org", "a" * 65 + "@example.org", "ada @example.org",
    "ada@exam ple.org", "ada@example.org, bob@example.org", "é@example.org", "@example.org", "ada@", "ada@.org", "ada@example..org",
])  # fmt: skip
def test_what_no_mail_server_takes_is_refused(typed: str) -> None:
    assert email_or_none(typed) is None


WRITINGS = {
    "fr": ["{d} {m} {y}", "le {d} {m} {y}", "{m} {d}, {y}", "{y} {m} {d}"],
    "en": ["{m} {d}, {y}", "{d} {m} {y}", "{m} {d} {y}"],
}


@settings(max_examples=60)
@given(day=st.dates(date(1950, 1, 1), date(2080, 12, 31)), lang=st.sampled_from(LANGS))
def test_a_day_is_read_as_it_is_written_in_words_and_figures(day: date, lang: Lang) -> None:
    names = {formatting.MONTHS[lang][day.month - 1], formatting.MONTHS[lang][day.month - 1].upper()}
    for month in names:
        for writing in WRITINGS[lang]:
            typed = writing.format(d=day.day, m=month, y=day.year)
            assert typed_dates.read_day(typed, lang) == day, typed
    assert typed_dates.read_day(formatting.long_date(day, lang), None) == day
    assert typed_dates.read_month(formatting.long_month(f"{day:%Y-%m}", lang)) == f"{day:%Y-%m}"
    shown = formatting.day_of_year(f"{day:%m-%d}", lang)
    assert typed_dates.read_month_day(shown, None) == f"{day:%m-%d}"
    assert typed_dates.read_day(f"{day:%d/%m/%Y}", "fr") == day
    if day.day > 12 or day.day == day.month:
        assert typed_dates.read_day(f"{day:%m/%d/%Y}", lang) == day
        assert typed_dates.read_day(f"{day:%d.%m.%Y}", "en") == day


@pytest.mark.parametrize("lang", LANGS)
def test_a_date_that_may_be_two_days_is_asked_about_in_words(lang: Lang) -> None:
    typed = samples.application(start_date="03/04/2027")
    if lang == "fr":
        assert answers("application", typed, lang)["start_date"] == "2027-04-03"
        return
    with pytest.raises(InvalidForm) as refused:
        parsing.parse("application", typed, lang, TODAY)
    (problem,) = refused.value.problems
    assert (
        problem.message("en")
        == "Is this March 4, 2027 or April 3, 2027? Write the month as a word."
    )
    assert problem.message("fr").startswith("S’agit-il du 4 mars 2027 ou du 3 avril 2027?")


@settings(max_examples=80)
@given(cents=st.integers(0, 10_000_000_000_000), lang=st.sampled_from(LANGS))
def test_an_amount_is_read_as_it_is_shown_to_the_cent(cents: int, lang: Lang) -> None:
    assert cents_or_none(formatting.money(cents, lang)) == cents
    assert cents_or_none(f"{cents // 100},{cents % 100:02d}") == cents
    assert cents_or_none(f"{cents // 100}.{cents % 100:02d} $") == cents


def fields(form: str) -> list[Any]:
    found = [f for section in content.form(form)["sections"] for f in section["fields"]]
    return [one for f in found for one in (f, *f.get("fields", ()))]


def test_every_amount_has_a_limit_that_somebody_chose() -> None:
    money = {
        (form, f["key"]): f["max"] for form in FORMS for f in fields(form) if f["type"] == "money"
    }
    assert money["application", "fid_annual_budget"] == 100_000_000_000
    refused = samples.application(fid_annual_budget="100 000 000 000,01 $")
    assert problems("application", refused) == {"fid_annual_budget": "at_most"}


def test_a_budget_with_cents_adds_up_exactly() -> None:
    fees = {"category": "coach_fees", "description": "x", "quantity": "33,3", "unit_cost": "87,55",
            "amount": "2 915,42", "requested": "2 914,32"}  # fmt: skip
    income = [{"source": "x", "kind": "cash", "status": "confirmed", "amount": "1,10"}]
    found = answers("application", samples.application(budget=[fees], income=income))
    assert (found["total_expenses"], found["total_requested"]) == (291_542, 291_432)
    short = {**fees, "requested": "2 914,31"}
    assert problems("application", samples.application(budget=[short], income=income)) == {
        "budget": "budget_gap"
    }


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("form", ["eoi", "application"])
def test_answers_in_the_fields_of_a_form_read_well_and_are_the_same_again(
    form: str, lang: Lang
) -> None:
    given = samples.eoi() if form == "eoi" else samples.application(fid_annual_budget="1 234,56")
    kept = answers(form, given, lang)
    shown = entered(form, kept, lang)
    assert answers(form, {k: v for k, v in shown.items() if k in given}, lang) == kept
    assert "+1514" not in str(shown)
    if form == "application":
        assert shown["fid_annual_budget"] == formatting.money(123_456, lang)


@pytest.mark.parametrize(
    ("lang", "shown"),
    [("fr", ["31 mars 2028", "514 555-0123, poste 12", "1 234,56 $", "ada@example.org"]),
     ("en", ["March 31, 2028", "514-555-0123, ext. 12", "$1,234.56", "ada@example.org"])],
)  # fmt: skip
def test_what_was_written_in_another_way_is_echoed_as_it_is_read(
    lang: Lang, shown: list[str]
) -> None:
    rows = [{"date": "31/03/2028", "description": "x"}]
    typed = {"milestones": rows, "applicant_phone": "tel. 5145550123 x12", "end_date": "31/31/2028",
             "fid_annual_budget": "1234.56", "applicant_email": "<ada@example.org>,",
             "fid_fiscal_year_end": ["x"], "fid_lead_email": "ada@example.org"}  # fmt: skip
    found = readings("application", typed, lang)
    assert sorted(" ".join(text.split()) for text in found.values()) == sorted(shown)
    assert found["milestones[0].date"] == shown[0]


def test_an_extension_goes_to_the_field_beside_the_number() -> None:
    found = answers("eoi", samples.eoi(contact_phone="514 555-0123 poste 34", contact_phone_ext=""))
    assert (found["contact_phone"], found["contact_phone_ext"]) == ("+15145550123", "34")
    again = samples.eoi(contact_phone="514 555-0123 x34", contact_phone_ext="poste 34")
    assert answers("eoi", again)["contact_phone_ext"] == "34"
    both = samples.eoi(contact_phone="514 555-0123 x34", contact_phone_ext="35")
    assert problems("eoi", both) == {"contact_phone_ext": "two_extensions"}
    lead = answers("application", samples.application(fid_lead_phone="514 555-0123 poste 9"))
    assert formatting.phone(lead["fid_lead_phone"], None, "en") == "514-555-0123, ext.\u00a09"


@pytest.mark.parametrize("nothing", ["n/a", "N/A", "none", "None.", "s.o.", "S. O.", "sans objet", "Aucun", "néant", "-", "—", "not applicable"])  # fmt: skip
def test_nothing_to_say_in_an_optional_field_is_an_empty_one(nothing: str) -> None:
    optional = ["org_website", "contact_phone", "goal_draft", "start_month", "org_usual_name"]
    found = answers("eoi", samples.eoi(**dict.fromkeys(optional, nothing)))
    assert not set(optional) & set(found)


def test_a_name_that_is_a_word_for_nothing_is_a_name() -> None:
    for last in ("Na", "Nil", "Rien"):
        assert answers("eoi", samples.eoi(contact_last_name=last))["contact_last_name"] == last


@pytest.mark.parametrize("last", ["", "n/a", "-"])
def test_people_with_one_name_have_a_name(last: str) -> None:
    assert "contact_last_name" not in answers("eoi", samples.eoi(contact_last_name=last))
    team = samples.application()["team"]
    given = samples.application(team=[team[0], {**team[1], "last_name": last}])
    assert "last_name" not in answers("application", given)["team"][1]


@pytest.mark.parametrize("link", ["Claim at https://example.org/x", "www.example.org", "see example.org/claim", "[x](y)"])  # fmt: skip
@pytest.mark.parametrize("key", ["contact_first_name", "contact_last_name", "contact_title", "org_legal_name", "collective_name"])  # fmt: skip
def test_a_link_in_a_name_is_refused_in_words(key: str, link: str) -> None:
    assert problems("eoi", samples.eoi(**{key: link})) == {key: "link"}
    row = {"name": link, "sector": "education", "commitment": "confirmed"}
    assert problems("eoi", samples.eoi(partners=[row])) == {"partners[0].name": "link"}


def test_what_a_website_sends_beside_its_answers_is_passed_over() -> None:
    beside = ["_charset_", "_token", "submit", "btn_send", "csrf_token", "authenticity_token", "submit.x", "form_id",
              "g-recaptcha-response", "utm_source", "contact_email_confirm", "contact_email2", "op"]  # fmt: skip
    assert answers("eoi", samples.eoi(**dict.fromkeys(beside, "x"))) == answers(
        "eoi", samples.eoi()
    )
    assert problems("eoi", samples.eoi(contact_emial="x")) == {"contact_emial": "unknown_field"}
    for form in FORMS:
        for f in fields(form):
            assert not ignored.is_beside_answers(f["key"], {}), f["key"]


def test_of_a_single_field_that_comes_twice_the_last_value_counts() -> None:
    twice = Repeated(["ada@example.net", "ada@example.org"])
    assert answers("eoi", samples.eoi(contact_email=twice))["contact_email"] == "ada@example.org"
    assert problems("eoi", samples.eoi(contact_email=["a@example.org", "b@example.org"])) == {
        "contact_email": "wrong_type"
    }, "a script says what it means"


@pytest.mark.parametrize("yes", ["on", "Oui", "YES", "1", "true", "x", ["0", "on"], ["true", "false"], 1])  # fmt: skip
def test_a_tick_is_one_in_any_spelling(yes: Any) -> None:
    value = Repeated(yes) if isinstance(yes, list) else yes
    assert answers("eoi", samples.eoi(consent_privacy=value))["consent_privacy"] is True
    assert problems("eoi", samples.eoi(consent_privacy=Repeated(["0"]))) == {
        "consent_privacy": "required_consent"
    }
