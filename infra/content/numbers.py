"""Whether numbers, dates and addresses that stand in two places agree."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

from chalicelib.cases.effects import ANSWER_DAYS
from chalicelib.newsletter.issues.theme import MIN_CONTRAST_RATIO, contrast
from infra.content.slips import Contents, Slip

DAYS_OF_MONTH: Final = 30

RANGES: Final = (
    ("team_min", "team_max"),
    ("eoi_minutes_min", "eoi_minutes_max"),
    ("application_minutes_min", "application_minutes_max"),
)


def slips(contents: Contents) -> Iterator[Slip]:
    yield from _programme(contents["programme"])
    kept = [name for name, form in contents.items() if isinstance(form, dict) and "stored" in form]
    yield from _retention(contents["programme"], contents["retention"], _funded(contents), kept)
    yield from _within(contents)
    yield from _bases(contents["newsletter"]["bases"])
    yield from _holidays(contents["holidays"])
    yield from _clocks(contents["clocks"]["clocks"])
    yield from _reminders(contents["clocks"]["clocks"], contents["programme"])
    yield from _colours(contents["theme"])
    yield from _order(contents["streams"])
    yield from _synonyms(contents["synonyms"]["groups"])


def _programme(programme: Any) -> Iterator[Slip]:
    for low, high in RANGES:
        if programme[low] > programme[high]:
            what = f"{low} is over {high}"
            yield Slip("programme", (low,), what, "Put the smaller number first.")
    for name, address in programme["links"].items():
        if address is not None and not address.startswith("https://"):
            mend = "Give the whole address, which begins with https://, or null."
            yield Slip("programme", ("links", name), f"{address} is no address", mend)


def _funded(contents: Contents) -> int:
    """Return the months that a file is kept which ended with money."""
    months = contents["retention"]["case_months"]
    states = contents["states"]["states"].items()
    return min((months[name] for name, state in states if state.get("funded") and name in months),
               default=0)  # fmt: skip


def _retention(programme: Any, table: Any, funded: int, kept: list[str]) -> Iterator[Slip]:
    """Find what the notices promise otherwise than it is kept."""
    others = table["case_months"].get("others", 0)
    wanted = {
        "assessment": [table["assessment_months"]],
        "eoi": [others],
        "application": [(funded - programme["max_months"]) // 12, others],
        **{form: [_months_of(form, table)] for form in kept},
    }
    for form, numbers in wanted.items():
        for lang in ("en", "fr"):
            text = programme["retention"].get(form, {}).get(lang, "")
            for number in numbers:
                if text and str(number) not in re.findall(r"\d+", text):
                    what = f"“{text}” does not say {number}, as retention.json does"
                    mend = "Put the same time into both files."
                    yield Slip("programme", ("retention", form, lang), what, mend)


def _months_of(form: str, table: Any) -> int:
    months: dict[str, int] = table["form_months"]
    return months.get(form, months.get("others", 0))


def _within(contents: Contents) -> Iterator[Slip]:
    """Find each file that would be erased before a day that somebody was told of it."""
    months = contents["retention"]["case_months"]
    declined = {row["to"] for row in contents["states"]["transitions"] if row.get("reason")}
    kept = min(months.get(name, 0) for name in ({*declined} & months.keys()) | {"others"})
    for name, days in contents["programme"].items():
        if name.endswith("_days") and days > kept * DAYS_OF_MONTH:
            what = f"{days} days are longer than a file is kept, {kept} months by retention.json"
            yield Slip("programme", (name,), what, "Give fewer days, or keep files longer.")


def _reminders(clocks: Any, programme: Any) -> Iterator[Slip]:
    """Find each reminder that comes after the days that it is about."""
    given = {"reply_by": ANSWER_DAYS, "apply_by": programme["application_link_valid_days"]}
    for name, clock in clocks.items():
        most = clock.get("lasts") or given.get(clock.get("until"))
        for at, step in enumerate(clock["steps"]):
            days = step.get("after", step.get("before", 0))
            if most and "letter" in step and days >= most:
                what = f"a reminder at {days} days, where somebody has {most}"
                place = ("clocks", name, "steps", at)
                yield Slip("clocks", place, what, f"Give fewer than {most} days.")


def _bases(bases: Any) -> Iterator[Slip]:
    """Find each implied consent whose length is said otherwise than it is counted."""
    for number, basis in enumerate(bases):
        months = basis["months"]
        if months is None:
            continue
        for lang in ("en", "fr"):
            named = set(map(int, re.findall(r"\d+", basis[lang])))
            if not named & {months, months / 12}:
                what = f"“{basis[lang]}”, and “months” is {months}"
                yield Slip(
                    "newsletter", ("bases", number, lang), what, "Say the same time in both."
                )


def _holidays(days: Any) -> Iterator[Slip]:
    for number, (one, other) in enumerate(pairwise(days)):
        if str(one) >= str(other):
            what = f"{other} does not come after {one}"
            yield Slip("holidays", (number + 1,), what, "Run python -m infra.holidays.")


def _clocks(clocks: Any) -> Iterator[Slip]:
    """Find each ladder whose steps do not come one after the other."""
    for name, clock in clocks.items():
        unit = clock["unit"]
        for key, rising in (("after", True), ("before", False)):
            times = [
                (at, step[key])
                for at, step in enumerate(clock["steps"])
                if key in step and step.get("unit", unit) == unit
            ]
            for (_, first), (at, second) in pairwise(times):
                if (first < second) is not rising:
                    place = ("clocks", name, "steps", at, key)
                    what = f"{key} {second} comes too early beside {first}"
                    yield Slip("clocks", place, what, "Put the steps in the order of their days.")


def _colours(theme: Any) -> Iterator[Slip]:
    """Find each text that has less contrast on its ground than WCAG 2.2 asks for."""
    for number, (text, ground, *_) in enumerate(theme["text_on"]):
        for name in (text, ground):
            if name not in theme["light"]:
                mend = f"Name one of the colours: {', '.join(theme['light'])}."
                yield Slip("theme", ("text_on", number), f"no such colour: {name}", mend)
        for palette in ("light", "dark"):
            colours = theme[palette]
            if not {text, ground} <= colours.keys():
                continue
            found = contrast(colours[text], colours[ground])
            if found < MIN_CONTRAST_RATIO:
                what = f"{text} on {ground} has a contrast of {found:.1f}"
                mend = f"Give one of the two another shade: {MIN_CONTRAST_RATIO} is needed."
                yield Slip("theme", (palette, text), what, mend)


def _order(streams: Any) -> Iterator[Slip]:
    seen: set[int] = set()
    for number, stream in enumerate(streams):
        if stream["order"] in seen:
            what = f"order {stream['order']} stands twice"
            yield Slip("streams", (number, "order"), what, "Give each stream its own place.")
        seen.add(stream["order"])


def _synonyms(groups: Any) -> Iterator[Slip]:
    seen: set[str] = set()
    for number, group in enumerate(groups):
        for word in group:
            if word.casefold() in seen:
                what = f"“{word}” is in two groups"
                yield Slip("synonyms", ("groups", number), what, "Keep it in one of them.")
        seen.update(word.casefold() for word in group)
