"""What each operation of the OpenAPI document answers: done, or refused by the table of problems."""

from collections.abc import Iterable, Mapping
from typing import Final

from chalicelib import content
from chalicelib.core import errors
from chalicelib.core.languages import Lang
from chalicelib.forms.problems import InvalidForm
from chalicelib.web.problems import code_of

Responses = dict[str, Mapping[str, object]]

PAGE: Final = {"text/html": {"schema": {"type": "string"}}}
PAGE_OR_DAYS: Final = {**PAGE, "text/calendar": {"schema": {"type": "string"}}}
"""A page, and with `days` in the query the days that it tells of."""

PROBLEM: Final = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}

ERRORS: Final[Mapping[str, tuple[type[Exception], ...]]] = {
    "any": (errors.TooMany, errors.StoreDown, Exception),
    "body": (errors.Malformed, errors.TooLarge, errors.WrongType),
    "place": (errors.NotFound,),
    "link": (errors.BadLink, errors.FileErased),
    "fields": (InvalidForm,),
    "step": (errors.Refused, errors.Conflict),
    "form": (errors.IntakePaused, errors.KeyReused),
    "invitation": (errors.NotInvited, errors.InviteOver, errors.AlreadyApplied),
    "draft": (errors.EditedByOther, errors.DraftChanged),
    "draft_act": (errors.DraftBusy,),
    "draft_link": (errors.DraftOver, errors.DraftLate, errors.DraftLinkReplaced),
    "section": (errors.SectionTooLarge,),
    "search": (errors.BadQuery,),
}
"""What goes wrong, by what an operation has to do with. A method that an address does not have is
no operation."""

OUTCOMES: Final = ("409", "410", "422")
"""Refusals that an address of one person words by itself: what became of what was asked for."""


def refusals(lang: Lang, kinds: Iterable[str], *, outcome: bool = False) -> Responses:
    """Return the responses to what goes wrong, by status, as the table of problems has them.

    `outcome`: a script may also be answered with what became of what it asked for.
    """
    titles: dict[str, dict[str, str]] = {}
    for kind in ("any", *kinds):
        for error in ERRORS[kind]:
            code = code_of(error)
            text = content.problems()[code]
            titles.setdefault(str(text["status"]), {})[code] = text["title"][lang]
    return {
        status: {
            "description": " · ".join(found.values()),
            "content": {
                **PROBLEM,
                **PAGE,
                **(json("Outcome") if outcome and status in OUTCOMES else {}),
            },
        }
        for status, found in sorted(titles.items())
    }


def json(schema: str) -> dict[str, object]:
    """Return what a script is answered, by the name of its schema."""
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def answer(lang: Lang, status: str, *kinds: Mapping[str, object]) -> Responses:
    """Return the response of a status that is no refusal; it has these kinds of content."""
    described: dict[str, object] = {"description": content.interface()["answers"][status][lang]}
    media = {name: schema for kind in kinds for name, schema in kind.items()}
    return {status: {**described, "content": media} if media else described}
