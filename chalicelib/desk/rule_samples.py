"""What people read of the rules: the sentences of the letters and pages that say them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from html import unescape
from typing import Final

from chalicelib import content
from chalicelib.content.edits import SETTINGS, Value, value_of
from chalicelib.core import formatting, templates
from chalicelib.core.languages import Lang
from chalicelib.core.letter_passages import shown
from chalicelib.core.settings import Settings, with_edits
from chalicelib.desk.editing import Sample
from chalicelib.desk.letter_texts import (
    body_of,
    examples_of,
    in_force,
    passages_of_letter,
    subject_of,
)

DATES_READ: Final = (
    ("cycle_ends", "cycle_ends", ("eoi_declined", "application_declined")),
    ("reply_target_business_days", "reply_target_business_days",
     ("eoi_received", "application_received")),
    ("application_link_valid_days", "apply_by", ("eoi_approved",)),
)  # fmt: skip
"""Each date or delay, the name by which letters say it, and the letters that do."""

REFUSAL: Final = "eoi_declined"
"""The letter whose reasons are shown; that about an application says them in the same way."""

_REASONS: Final = "{% if reasons %}"
_FOOTER: Final = re.compile(r"<footer>(.*?)</footer>", re.DOTALL)


def of_dates(value: Mapping[str, Value], today: date, lang: Lang) -> Iterator[Sample]:
    """Yield each sentence that says a date or a delay, below what its letter is called; what is
    new against the programme in force is marked."""
    known, standing = {**content.packaged("programme"), **value}, content.programme()
    for rule, name, letters in DATES_READ:
        words = _in_words(rule, known[rule], today, lang)
        is_new = known[rule] != standing[rule]  # type: ignore[literal-required]
        for letter in letters if words else ():
            worded, filled = in_force(letter, lang), examples_of(letter, lang, **{name: words})
            for one in passages_of_letter(letter):
                if name in one.filled:
                    yield _heading(letter, lang)
                    text = one.texts[lang]
                    yield Sample(filled.text(worded.get(text, text)), is_new)


def of_reasons(value: Sequence[Mapping[str, Value]], lang: Lang) -> Iterator[Sample]:
    """Yield the letter of a refusal down to its reasons, each of which is a line of it: those that
    are offered, but for the one that whoever decides writes."""
    worded, filled = in_force(REFUSAL, lang), examples_of(REFUSAL, lang)
    source = body_of(REFUSAL).read_text("utf-8")
    runs = list(shown(source, lang))
    end = source.find(_REASONS, runs[0].start)
    for run in runs:
        if run.end <= end:
            yield Sample(filled.text(worded.get(run.text, run.text)), False)
    standing = {row["id"]: row for row in content.lists()["decline_reason"]}
    for row in value:
        if not (row.get("retired") or row.get("needs_message")):
            old: Mapping[str, Value] = standing.get(row["id"], {})
            yield Sample(f"– {row[lang]}", row[lang] != old.get(lang) or "retired" in old)


def of_settings(value: Mapping[str, str], deployed: Settings, lang: Lang) -> Iterator[Sample]:
    """Yield how every page and every letter to applicants ends; what is new is marked."""
    standing = with_edits(deployed, value_of(SETTINGS) or {})
    words, old = content.desk()["edits"], dict(_feet(standing, lang))
    for place, lines in _feet(with_edits(deployed, value), lang):
        yield Sample(words[place][lang], False)
        for text in lines:
            yield Sample(text, text not in old[place])


def _feet(settings: Settings, lang: Lang) -> Iterator[tuple[str, list[str]]]:
    """Yield the lines of each foot, by the code of its words."""
    shared = {
        "organization": settings.organization_name,
        "contact_email": settings.contact_email,
    }
    frame = {
        **shared,
        "privacy_contact": settings.privacy_contact,
        "person_in_charge": settings.person_in_charge(lang),
        "website_url": "",
    }
    page = templates.render("pages/_page.html", lang=lang, frame=frame, style="", switch_url="")
    footer = unescape(re.sub(r"<[^>]+>", "", "".join(_FOOTER.findall(page))))
    yield "foot_of_pages", [footer.strip()]
    sender = {**shared, "postal_address": settings.postal_address}
    foot = templates.render("email/_base/foot.txt", lang=lang, sender=sender)
    lines = (line.strip("- ") for line in foot.split("\n"))
    yield "foot_of_letters", [line for line in lines if line]


def _in_words(rule: str, value: Value, today: date, lang: Lang) -> str:
    """Return a date or a delay as a letter writes it; blank where there is none."""
    if rule == "cycle_ends":
        return formatting.long_date(date.fromisoformat(value), lang) if value else ""
    if rule == "application_link_valid_days":
        return formatting.long_date(today + timedelta(days=value), lang)
    return str(value)


def _heading(letter: str, lang: Lang) -> Sample:
    """Return which letter the next sentence is of."""
    words = content.desk()["edits"]["in_letter"][lang]
    return Sample(words.format(about=subject_of(letter, lang)), False)
