"""A described form as a page: to fill in, or once more with all that was entered and what is wrong."""

from collections.abc import Mapping
from urllib.parse import urlencode

from chalicelib.core.languages import Lang
from chalicelib.forms.spam import PERSON_FIELD
from chalicelib.web.form_errors import Description, FormErrors, form_errors
from chalicelib.web.pages import Pages
from chalicelib.web.problems import ProblemText
from chalicelib.web.responses import Response


class FormFacts(FormErrors):
    """`banner` is the title and the detail of what is wrong with the form as a whole; `hidden`
    has the fields that nobody sees, `reads` how answers are read that were written in another
    way, by the id of their field."""

    description: Description
    action: str
    values: Mapping[str, object]
    hidden: Mapping[str, str]
    banner: tuple[str, str] | None
    reads: Mapping[str, str]


def respond_with_form(  # noqa: PLR0913
    pages: Pages,
    description: Description,
    lang: Lang,
    *,
    values: Mapping[str, object],
    hidden: Mapping[str, str],
    address: str = "",
    refused: ProblemText | None = None,
) -> Response:
    """Return the form with `values` in its fields, which is posted to `description["action"]`.

    `address` is that of the page, where it says more than the action does.
    """
    errors = refused.errors if refused else []
    facts: FormFacts = {
        **form_errors(errors, description, lang, other_fields=(PERSON_FIELD,)),
        "description": description,
        "action": description["action"],
        "values": without_blank_rows(description, values),
        "reads": _reads(description, values, lang),
        "hidden": {"lang": lang, **{key: value for key, value in hidden.items() if value}},
        "banner": refused.banner if refused else None,
    }
    return pages.respond(
        "form",
        lang,
        facts,
        address=address or description["action"],
        status=refused.status if refused else 200,
        headers=refused.headers if refused else None,
        scripted=True,
    )


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
        "whole": f"{description['action']}?{urlencode({**query, 'whole': '1', 'lang': lang})}",
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


def _reads(description: Description, values: Mapping[str, object], lang: Lang) -> dict[str, str]:
    from chalicelib.core.templates import field_id
    from chalicelib.forms.entered import readings

    found = readings(description["form"], values, lang)
    return {field_id(path): text for path, text in found.items()}
