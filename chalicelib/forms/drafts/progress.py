"""How far each section of a draft is, and what is to be mended before it can be sent."""

from collections.abc import Mapping
from datetime import date
from typing import Final, Literal, NamedTuple

from chalicelib.core.languages import Lang
from chalicelib.forms.drafts.draft import FormDraft, Values, section_ids
from chalicelib.forms.drafts.typed import section_of
from chalicelib.forms.parsing import Examined, examine
from chalicelib.forms.problems import Problem, key_of

Status = Literal["new", "begun", "complete", "wrong"]

MISSING: Final = ("required", "required_choice", "required_consent", "too_few")
"""Problems of what was not answered yet."""


class SectionProgress(NamedTuple):
    """A section with what is missing in it, and what is wrong with what is there."""

    id: str
    status: Status
    missing: int
    wrong: int
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def examined(draft: FormDraft, lang: Lang, today: date) -> Examined:
    return examine(draft.form, draft.values, lang, today, asks_dates=True)


def progress(draft: FormDraft, found: Examined) -> list[SectionProgress]:
    """Return every section, in the order of the form."""
    return [_section(draft, name, found) for name in section_ids(draft.form)]


def _section(draft: FormDraft, name: str, found: Examined) -> SectionProgress:
    keys = {f["key"] for f in section_of(draft.form, name)["fields"]}
    problems = tuple(p for p in found.problems if key_of(p.field) in keys)
    warnings = tuple(p for p in found.warnings if key_of(p.field) in keys)
    missing = sum(p.code in MISSING for p in problems)
    wrong = len(problems) - missing
    status: Status = "complete"
    if not draft.sections[name].version:
        status = "new"
    elif problems:
        status = "wrong" if wrong else "begun"
    return SectionProgress(name, status, missing, wrong, problems, warnings)


def problems_of(form: str, name: str, values: Values, lang: Lang, today: date) -> list[Problem]:
    """Return what is wrong with the answers of one section by themselves."""
    keys = {f["key"] for f in section_of(form, name)["fields"]}
    given: Mapping[str, object] = {key: value for key, value in values.items() if key in keys}
    found = examine(form, given, lang, today, asks_dates=True)
    return [p for p in found.problems if key_of(p.field) in keys]
