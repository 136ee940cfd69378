"""What a visitor typed, on every page that refuses their post: nothing of it is ever lost."""

from collections.abc import Sequence
from typing import Final, TypedDict

from markupsafe import escape

from chalicelib import content
from chalicelib.content.edits import cached
from chalicelib.core import templates
from chalicelib.core.languages import LANGS, Lang
from chalicelib.core.ticks import tick
from chalicelib.forms import parsing
from chalicelib.forms.cleaning import CHOSEN_TYPES
from chalicelib.forms.ignored import is_beside_answers
from chalicelib.web.request import ASKS_DATES, SWITCH_PAGE, Request
from chalicelib.web.request import BODY_LIMIT as TAKEN_LIMIT
from chalicelib.web.responses import HTML, Response

KEPT_PAGE_LIMIT: Final = 1_000_000
"""Bytes of a body that is too large to be taken, and still read to be shown again."""

TRY_AGAIN: Final = frozenset((429, 500, 503))
"""Statuses after which the very same post may be taken."""

BROUGHT: Final = "file"
"""The field that brings a document: no page holds it, to be sent again."""

NEVER_SHOWN: Final = frozenset(
    [
        "lang",
        "nonce",
        "redirect",
        "started_at",
        "notice",
        "consent_shown",
        "invite",
        "uninvited",
        "website",
        "action",
        "decision",
        "confirm",
        "code",
        "step_code",
        "revised",
        "sure",
        "page",
        "person",
        "met",
        "colleague",
        "choice",
        "act",
        "next",
        "version",
        "seen",
        SWITCH_PAGE,
        ASKS_DATES,
        "opened",
        "do",
        "replaces",
        "after",
        "sheet",
        "edition",
        "status",
        "events",
        "once",
        "filters",
        "column",
        "format",
        "their_lang",
        "other",
        "when",
        "text",
        BROUGHT,
    ]
)
"""Fields that a page sends for itself, or that are chosen: no text of anybody."""


MAX_TEXTS: Final = 500
"""Texts that are shown; no form has as many."""

TICK_MAX_LENGTH: Final = 12
"""Characters of what may stand for a ticked box."""


class TypedValue(TypedDict):
    name: str
    label: str
    text: str


def with_typed_text(request: Request, response: Response) -> Response:
    """Return the page that refuses a post with what was typed, ready to copy or to be sent again;
    as it is where all of it stands on the page already."""
    if request.method != "POST" or response.content_type != HTML:
        return response
    if "</main>" not in response.body:
        # A frame of a page on which all of it stands.
        return response
    pairs = _pairs(request)
    # What is too large to be taken is shown once: again, it would be refused again.
    is_small = len(request.body) <= TAKEN_LIMIT
    can_again = is_small and BROUGHT not in dict(pairs) and response.status in TRY_AGAIN
    again = request.again_in(lang_of(response)) if can_again else ""
    return beside_page(response, pairs, again)


def lang_of(page: Response) -> Lang:
    """Return the language that a page of ours is in."""
    return "en" if '<html lang="en' in page.body[:200] else "fr"


def beside_page(response: Response, pairs: Sequence[tuple[str, str]], again: str = "") -> Response:
    """Return a page with what was typed below it, as it is where all of that stands there already;
    `again` is the address to send it to as it was, blank where that is of no use."""
    lang = lang_of(response)
    typed = _typed(pairs, lang)
    if _holds_all(response.body, typed):
        return response
    block = templates.render("pages/_typed.html", lang=lang, typed=typed, action=again, pairs=pairs)
    before, end, after = response.body.rpartition("</main>")
    return response._replace(body=f"{before}{block}\n{end}{after}")


def _holds_all(page: str, typed: Sequence[TypedValue]) -> bool:
    """Say whether a page shows every text, however its spaces and lines are broken."""
    if len(page) < sum(len(each["text"]) for each in typed):
        # A text may have spaces that a page has not: it is shown once too often, and not lost.
        return False
    shown = " ".join(page.split())
    # As plain text: what is marked as safe makes one more object of each word.
    return all(" ".join(str(escape(each["text"])).split()) in shown for each in typed)


def _pairs(request: Request) -> list[tuple[str, str]]:
    """Return the names and values that were sent; none when they cannot be read."""
    return request.pairs_or_none if len(request.body) <= KEPT_PAGE_LIMIT else []


def _typed(pairs: Sequence[tuple[str, str]], lang: Lang) -> list[TypedValue]:
    """Return the texts among them, and not what a page sends for itself, or what was chosen."""
    labels, chosen = _labels()[lang], _labels()["chosen"]
    found: list[TypedValue] = []
    for name, text in pairs:
        key = name.rpartition(".")[2]
        if name in NEVER_SHOWN or key in chosen or not text.strip():
            continue
        if len(text) < TICK_MAX_LENGTH and tick(text) is not None:
            continue
        if key not in labels and is_beside_answers(name, ()):
            continue
        found.append({"name": name, "label": labels.get(key, ""), "text": text})
        if len(found) == MAX_TEXTS:
            break
    return found


@cached
def _labels() -> dict[str, dict[str, str]]:
    """Return what the fields of the forms and of the desk are called in each language, and which
    are `chosen`."""
    found: dict[str, dict[str, str]] = {"fr": {}, "en": {}, "chosen": {}}
    for form in parsing.ALL_FORMS:
        fields = [f for section in content.form(form)["sections"] for f in section["fields"]]
        for f in [one for each in fields for one in (each, *each.get("fields", ()))]:
            if f["type"] in CHOSEN_TYPES:
                found["chosen"][f["key"]] = ""
            for lang in ("fr", "en"):
                found[lang].setdefault(f["key"], f["label"][lang])
    desk = content.desk()
    for words in (
        desk["issue_fields"],
        content.coaches()["columns"],
        desk["settings"],
        desk["edits"],
    ):
        for key, label in words.items():
            for lang in LANGS:
                found[lang].setdefault(key, label[lang])
    return found
