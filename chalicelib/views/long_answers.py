"""Answers that are too long for the page of a file: each long section is on a page of its own."""

from typing import Final

from chalicelib.cases.case import Case
from chalicelib.core.errors import NotFound
from chalicelib.core.languages import Lang
from chalicelib.forms import description
from chalicelib.web.pages import Pages, in_language
from chalicelib.web.responses import Response

PART: Final = "part"
"""The field of the query that names a section, as `description.readable` has its id."""


def part_url(address: str, lang: Lang) -> str:
    """Return the beginning of the addresses of sections, which ends before the id of one."""
    return f"{in_language(address, lang)}&{PART}="


def respond_with_part(pages: Pages, case: Case, wanted: str, back: str, lang: Lang) -> Response:
    """Answer with one section of the answers in a file. Raises NotFound for what is none."""
    for form, answers in (("eoi", case.answers), ("application", case.application or {})):
        for section in description.readable(form, answers, lang):
            if section["id"] == wanted:
                facts = {"case": case, "section": section, "back": in_language(back, lang)}
                return pages.respond("part", lang, facts, address=f"{part_url(back, lang)}{wanted}")
    raise NotFound(wanted)
