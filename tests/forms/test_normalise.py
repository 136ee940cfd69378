"""Text is made tidy in bounded work: its length and its marks are looked at before anything else."""

import unicodedata
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import samples
from chalicelib import content
from chalicelib.core.languages import LANGS
from chalicelib.forms import field_types, normalise, parsing
from chalicelib.forms.normalise import MAX_MARKS, TEXT_LIMIT, has_sane_marks, tidy
from chalicelib.forms.problems import InvalidForm

MARK = "\u0301"
BOTH = "\u0301\u0316"


def longest_run(text: str) -> int:
    """The rule of UAX #15, written down as it stands there."""
    longest = run = 0
    for part in unicodedata.normalize("NFKD", text):
        run = run + 1 if unicodedata.combining(part) else 0
        longest = max(longest, run)
    return longest


@settings(max_examples=300)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "a", "é", "\u1f82", "\u0344", "\uff9e", "한", "\U0001d160", "\u034f"]),
            st.sampled_from([MARK, BOTH, "\u0344", "\u0f73", "\uff9e", "\u3099"]),
            st.integers(0, 34),
        ),
        max_size=5,
    )
)  # fmt: skip
def test_marks_in_a_row_are_counted_as_the_standard_does(
    parts: list[tuple[str, str, int]],
) -> None:
    text = "".join(start + mark * count for start, mark, count in parts)
    assert has_sane_marks(text) == (longest_run(text) <= MAX_MARKS)


@pytest.mark.parametrize(("count", "fits"), [(1, True), (30, True), (31, False), (60_000, False)])
@pytest.mark.parametrize("key", ["org_legal_name", "contact_title", "issue_summary"])
def test_thirty_marks_in_a_row_are_taken_and_no_more(key: str, count: int, fits: bool) -> None:
    given = samples.eoi(**{key: "a" + MARK * count})
    # The letter á itself holds a mark, so one in the row becomes part of it.
    if fits:
        parsing.parse("eoi", given, "fr", date(2026, 3, 2))
        return
    with pytest.raises(InvalidForm) as refused:
        parsing.parse("eoi", given, "fr", date(2026, 3, 2))
    (problem,) = refused.value.problems
    assert problem.field == key
    assert problem.code == ("marks" if count == 31 else "too_long")


def test_marks_are_refused_in_a_row_of_a_table_and_in_a_line_too() -> None:
    many = "x" + MARK * 40
    rows = [{"name": many, "sector": "education", "commitment": "confirmed"}]
    with pytest.raises(InvalidForm) as refused:
        parsing.parse("eoi", samples.eoi(partners=rows), "fr", date(2026, 3, 2))
    assert [(p.field, p.code) for p in refused.value.problems] == [("partners[0].name", "marks")]
    lines = samples.application(objectives=["Un", many])
    with pytest.raises(InvalidForm) as refused:
        parsing.parse("application", lines, "fr", date(2026, 3, 2))
    assert ("objectives[1]", "marks") in [(p.field, p.code) for p in refused.value.problems]


def test_the_message_names_the_limit_in_both_languages() -> None:
    for lang in LANGS:
        assert str(MAX_MARKS) in content.messages()["marks"][lang]


def test_words_of_any_language_are_tidied_as_before() -> None:
    for text in (
        "Nguyễn Thị Ánh",
        "ᐃᓄᒃᑎᑐᑦ",
        "Łódź",
        "עִבְרִית",
        "हिन्दी",
        "กำลังใจ",
        "e\u0301te\u0301",
        "한국어",
    ):
        assert tidy(f" {text}\t") == unicodedata.normalize("NFC", text)


def test_a_text_that_is_too_long_is_left_as_it_is() -> None:
    long = BOTH * TEXT_LIMIT
    assert tidy(long) is long
    assert tidy("é" * 11, 10) == "é" * 11


def test_every_text_of_every_form_has_a_limit_before_it_is_normalised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    normalised: list[int] = []

    class Counting:
        combining = staticmethod(unicodedata.combining)
        decomposition = staticmethod(unicodedata.decomposition)
        category = staticmethod(unicodedata.category)

        @staticmethod
        def normalize(form: str, text: str) -> str:
            normalised.append(len(text))
            return unicodedata.normalize(form, text)  # type: ignore[arg-type]

    monkeypatch.setattr(normalise, "unicodedata", Counting)
    for form in (*parsing.FORMS, "newsletter", "message", "profile"):
        fields = [f for section in content.form(form)["sections"] for f in section["fields"]]
        for f in fields:
            given: dict[str, Any] = {f["key"]: "é" * 120_000}
            if f["type"] == "rows":
                given = {f["key"]: [{inner["key"]: "é" * 9000 for inner in f["fields"]}] * 10}
            with pytest.raises(InvalidForm) as refused:
                parsing.parse(form, given, "fr", date(2026, 3, 2))
            told = {problem.field.partition("[")[0] for problem in refused.value.problems}
            assert "when" in f or f["key"] in told
    longest = max(
        field_types.length_limit(f)
        for form in (*parsing.FORMS, "newsletter", "message", "profile")
        for section in content.form(form)["sections"]
        for each in section["fields"]
        for f in (each, *each.get("fields", ()))
    )
    assert max(normalised, default=0) <= 4 * longest + 1000
    assert 4 * longest + 1000 <= TEXT_LIMIT
