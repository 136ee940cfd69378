"""A described form as a page: to fill in, or once more with all that was entered and what is wrong."""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

from chalicelib import content
from chalicelib.core.languages import Lang
from chalicelib.forms.spam import PERSON_FIELD
from chalicelib.web.form_errors import Description, FormErrors, LinkedError, form_errors
from chalicelib.web.mending import SHOWN_AGAIN, Mending, to_mend
from chalicelib.web.pages import Pages
from chalicelib.web.problems import ProblemText
from chalicelib.web.request import ASKS_DATES
from chalicelib.web.responses import Response


class FormFacts(FormErrors):
    """`banner` is the title and the detail of what is wrong with the form as a whole; `hidden`
    has the fields that nobody sees, `reads` how answers are read that were written in another
    way, by the id of their field. A `brief` page folds what is optional."""

    description: Description
    action: str
    values: Mapping[str, object]
    hidden: Mapping[str, str]
    banner: tuple[str, str] | None
    brief: bool
    reads: Mapping[str, str]


class MendedFormFacts(FormFacts):
    """A form that came whole and is shown in steps: `begin` makes a draft of it, blank
    where there are none of it."""

    mending: Mending
    begin: str


AMBIGUOUS: Final = ("date", "month", "month_day", "money", "decimal")
"""Kinds of answers that may be read in another way than they were meant."""


def respond_with_form(  # noqa: PLR0913
    pages: Pages,
    description: Description,
    lang: Lang,
    *,
    values: Mapping[str, object],
    hidden: Mapping[str, str],
    address: str = "",
    refused: ProblemText | None = None,
    status: int = 0,
) -> Response:
    """Return the form with `values` in its fields, which is posted to `description["action"]`.
    Of a form in steps, what is to be mended alone.

    `address` is that of the page, where it says more than the action does; `status` takes the place
    of that of `refused`.
    """
    errors = refused.errors if refused else []
    facts: FormFacts = {
        **form_errors(errors, description, lang, other_fields=(PERSON_FIELD,)),
        "description": description,
        "action": description["action"],
        "values": without_blank_rows(description, values),
        "reads": _reads(description["form"], values, hidden, lang),
        "hidden": {"lang": lang, **{key: value for key, value in hidden.items() if value}},
        "banner": refused.banner if refused else None,
        "brief": "start" in content.form(description["form"]),
    }
    # One page of all of it would be longer than anybody fills in.
    mends = content.form(description["form"]).get("steps") or (facts["brief"] and refused)
    return pages.respond(
        "mend" if mends else "form",
        lang,
        _mended(facts, pages.address("draft")) if mends else facts,
        address=address or description["action"],
        status=(status or refused.status) if refused else 200,
        headers=refused.headers if refused else None,
        scripted=True,
    )


def _reads(
    form: str, values: Mapping[str, object], hidden: Mapping[str, str], lang: Lang
) -> dict[str, str]:
    from chalicelib.core.templates import field_id
    from chalicelib.forms.entered import readings

    found = readings(form, values, lang, asks_dates=bool(hidden.get(ASKS_DATES)))
    return {field_id(path): text for path, text in found.items()}


def _mended(facts: FormFacts, begin: str) -> MendedFormFacts:
    from chalicelib.core.templates import field_id

    description, given = facts["description"], facts["values"]
    fields = [field for section in description["sections"] for field in section["fields"]]
    noted = [
        f["key"] for f in fields if f["type"] in AMBIGUOUS and field_id(f["key"]) in facts["reads"]
    ]
    found = to_mend(description, given, facts["problems"], noted=noted, boxes=SHOWN_AGAIN)
    kept = "" if facts["brief"] else f"{begin}?form={description['form']}"
    return {**facts, "mending": found, "begin": kept}


def start_facts(
    description: Description, query: Mapping[str, str], lang: Lang, *, begin: str
) -> dict[str, object]:
    """Return what the page before the first section of a form in steps shows: `query` stays with
    whoever begins, and with whoever prefers one page."""
    address = f"{description['action']}?{urlencode(query)}" if query else description["action"]
    return {
        "description": description,
        "begin": begin,
        "hidden": {"form": description["form"], **query},
        "address": address,
        "blank": f"{description['action']}?blank=1&lang={lang}",
    }


def without_blank_rows(description: Description, values: Mapping[str, object]) -> dict[str, object]:
    """Return the values with no blank rows at the end of a list: the page shows one more."""
    found = dict(values)
    for section in description["sections"]:
        for f in section["fields"]:
            rows = found.get(f["key"])
            if f["type"] == "rows" and isinstance(rows, list):
                while rows and not (isinstance(rows[-1], dict) and any(rows[-1].values())):
                    rows = rows[:-1]
                found[f["key"]] = rows
    return found


def revised(
    description: Description | None,
    values: Mapping[str, object] | None,
    problems: Sequence[LinkedError],
    opened: str,
) -> Mending | None:
    """Return what is revised of a form, of which one section is open; None while nothing is."""
    if description is None or values is None:
        return None
    return to_mend(description, without_blank_rows(description, values), problems, (opened,))
