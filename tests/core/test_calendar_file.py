"""Days for a calendar: files that every calendar reads, whatever is written in them."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.calendar_file import LINE_BYTES, DayToKeep, calendar_file

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


def unfolded(written: str) -> list[str]:
    return written.replace("\r\n ", "").split("\r\n")[:-1]


def value(lines: list[str], name: str) -> str:
    found = next(line for line in lines if line.startswith(name)).partition(":")[2]
    return found.replace("\\n", "\n").replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\")


@settings(max_examples=60)
@given(st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=300))
def test_a_line_is_folded_between_characters_and_says_the_same(title: str) -> None:
    written = calendar_file([DayToKeep("DI-1@e.org", date(2026, 3, 8), title, "")], "fr", NOW)
    for line in written.encode().split(b"\r\n"):
        assert len(line) <= LINE_BYTES
        line.decode()
    escaped = title.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    assert f"SUMMARY;LANGUAGE=fr-CA:{escaped}" in unfolded(written)


@pytest.mark.parametrize("given_text", ["a\r\nEND:VCALENDAR", "a\nATTACH:x", "a\rb", "a\x00b"])
def test_what_somebody_typed_starts_no_line_of_its_own(given_text: str) -> None:
    day = DayToKeep("DI-1@e.org", date(2026, 3, 8), given_text, given_text)
    lines = unfolded(calendar_file([day], "en", NOW))
    assert [line for line in lines if line.startswith(("ATTACH", "b"))] == []
    assert lines.count("END:VCALENDAR") == 1
    assert "\x00" not in "".join(lines)


def test_a_day_is_the_same_day_in_every_zone_and_over_the_change_of_clocks() -> None:
    # The clocks of Toronto change on March 8, 2026.
    day = DayToKeep("DI-1@e.org", date(2026, 3, 8), "A", "B", sequence=4)
    lines = unfolded(calendar_file([day], "en", NOW))
    assert "DTSTART;VALUE=DATE:20260308" in lines
    assert "DTEND;VALUE=DATE:20260309" in lines
    assert "DTSTAMP:20260302T013000Z" in lines
    assert "SEQUENCE:4" in lines
    assert lines[0] == "BEGIN:VCALENDAR"
    assert value(lines, "UID") == "DI-1@e.org"
    assert {line.partition(":")[2] for line in lines if line.startswith("BEGIN")} == {
        "VCALENDAR", "VEVENT", "VALARM",
    }  # fmt: skip
