"""Days for somebody's calendar, as iCalendar (RFC 5545)."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

from chalicelib.core.languages import Lang

CALENDAR: Final = "text/calendar; charset=utf-8"

LINE_BYTES: Final = 75
"""Bytes of a line before it is folded."""

DAYS_AHEAD: Final = 7
"""Days before a date that the calendar calls it to mind."""


class DayToKeep(NamedTuple):
    """A day that somebody is told: all of it, in whatever zone the calendar is. `uid` stays the
    same when the day is moved, and `sequence` grows."""

    uid: str
    day: date
    title: str
    text: str
    sequence: int = 0


def calendar_file(days: Iterable[DayToKeep], lang: Lang, now: datetime) -> str:
    """Return the days as one file: each takes its earlier self's place where it was added before,
    keeps nobody busy, and is called to mind a week ahead."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Relais//Relais//EN", "METHOD:PUBLISH"]
    for each in days:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{_text(each.uid)}",
            f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}",
            f"SEQUENCE:{each.sequence}",
            f"DTSTART;VALUE=DATE:{each.day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{each.day + timedelta(days=1):%Y%m%d}",
            f"SUMMARY;LANGUAGE={lang}-CA:{_text(each.title)}",
            f"DESCRIPTION;LANGUAGE={lang}-CA:{_text(each.text)}",
            "TRANSP:TRANSPARENT",
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            f"DESCRIPTION:{_text(each.title)}",
            f"TRIGGER:-P{DAYS_AHEAD}D",
            "END:VALARM",
            "END:VEVENT",
        ]
    return "".join(f"{_folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"])


def _text(value: str) -> str:
    """Return a value of type TEXT: what would end a line or a value is escaped."""
    escaped = re.sub(r"([\\;,])", r"\\\1", value)
    return re.sub(r"\r\n|\r|\n", r"\\n", re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", "", escaped))


def _folded(line: str) -> str:
    """Return a line as several of 75 bytes at most, each but the first with a space ahead; no
    character is parted."""
    folded, size = [""], 0
    for character in line:
        width = len(character.encode())
        if size + width > LINE_BYTES:
            folded, size = [*folded, " "], 1
        folded[-1] += character
        size += width
    return "\r\n".join(folded)
