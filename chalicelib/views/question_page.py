"""A short form of choices, one question a screen: what was chosen goes along in the address, so that
Back, a reload and the other language keep it, and nothing is stored before the end."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from chalicelib import content
from chalicelib.core.languages import Lang
from chalicelib.views.form_page import respond_with_form
from chalicelib.web.form_errors import Description
from chalicelib.web.pages import Pages, in_language
from chalicelib.web.request import Request
from chalicelib.web.responses import Response

QUESTION: Final = "question"
"""The field of the query that counts the questions, from one on."""

WHOLE: Final = "whole"
"""The field of the query that asks for all of them on one page."""

_CARRIED: Final = ("redirect", "started_at")


def asks_one_by_one(form: str) -> bool:
    """Say whether a form begins with a page of its own, and then asks a question a screen."""
    return "start" in content.form(form)


def respond_with_question(
    pages: Pages, request: Request, description: Description, lang: Lang, now: datetime
) -> Response:
    """Answer with the page before the first question, a question, or what is asked after them."""
    questions = description["sections"][0]["fields"]
    given = _given(request.query, questions)
    asked = request.query.get(QUESTION, "")
    if description["status"] != "open" or not (asked.isascii() and asked.isdigit()):
        return _start(pages, request, description, lang)
    number = min(max(int(asked[:9]), 1), len(questions) + 1)
    unanswered = [at for at, f in enumerate(questions[: number - 1], 1) if f["key"] not in given]
    wrong = bool(unanswered)
    number = unanswered[0] if wrong else number
    kept = {key: request.query[key] for key in _CARRIED if request.query.get(key)}
    kept = {"started_at": str(int(now.timestamp())), **kept, **given}
    if number > len(questions):
        return _last(pages, description, kept, lang)
    address = f"{description['action']}?{urlencode({**kept, QUESTION: str(number)})}"
    before = {**kept, QUESTION: str(number - 1)}
    question = questions[number - 1]
    facts = {
        "description": description,
        "question": question,
        "number": number,
        "count": len(questions),
        "value": given.get(question["key"], ""),
        "wrong": wrong,
        "hidden": {k: v for k, v in kept.items() if k != question["key"]} | {"lang": lang},
        "before": in_language(f"{description['action']}?{urlencode(before)}", lang),
    }
    return pages.respond("question", lang, facts, address=address)


def _start(pages: Pages, request: Request, description: Description, lang: Lang) -> Response:
    kept = {key: request.query[key] for key in ("redirect",) if request.query.get(key)}
    action = description["action"]
    facts = {
        "description": description,
        "start": content.form(description["form"])["start"][lang],  # type: ignore[typeddict-item]
        "hidden": {**kept, "lang": lang, QUESTION: "1"},
        "blank": in_language(f"{action}?blank=1", lang),
        "whole": in_language(f"{action}?{urlencode({**kept, WHOLE: '1'})}", lang),
    }
    address = f"{action}?{urlencode(kept)}" if kept else action
    return pages.respond("question_start", lang, facts, address=address)


def _last(pages: Pages, description: Description, kept: Mapping[str, str], lang: Lang) -> Response:
    """Answer with what is asked after the questions, and the button that sends them all."""
    rest = {**description, "sections": description["sections"][1:], "intro": ""}
    address = f"{description['action']}?{urlencode({**kept, QUESTION: '99'})}"
    return respond_with_form(pages, rest, lang, values={}, hidden=kept, address=address)


def _given(query: Mapping[str, str], questions: Sequence[Description]) -> dict[str, str]:
    """Return the answers that the address has, of those that there are."""
    return {
        f["key"]: chosen
        for f in questions
        if (chosen := query.get(f["key"], "")) in {option["id"] for option in f["options"]}
    }
