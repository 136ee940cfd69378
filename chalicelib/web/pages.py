"""The pages people land on: one function a page, each a whole document without a script."""

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup

from chalicelib.core.languages import Lang
from chalicelib.core.templates import TEMPLATES, field_id, render

STYLE: Final = (TEMPLATES / "pages" / "_style.css").read_text("utf-8").strip()

STYLE_HASH: Final = "sha256-" + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
"""Names the one style sheet to the Content-Security-Policy: no other style is applied."""

Frame = Mapping[str, str]
"""What each page says of the organisation: organization, contact_email, privacy_contact,
person_in_charge, website_url."""


def form(  # noqa: PLR0913
    name: str,
    description: Mapping[str, Any],
    lang: Lang,
    *,
    action: str,
    values: Mapping[str, Any],
    problems: Sequence[Mapping[str, str]],
    hidden: Mapping[str, str],
    switch_url: str,
    frame: Frame,
    banner: tuple[str, str] | None = None,
) -> str:
    """A form with what was typed; `problems` stand in a summary and beside their fields."""
    labels = dict(_labels(description, lang))
    summary = [{**p, **_target(p["field"], labels, description["title"])} for p in problems]
    return _page(
        "form",
        lang,
        frame,
        description=description,
        action=action,
        values=values,
        problems=summary,
        wrong={p["field"]: p["message"] for p in problems},
        hidden=hidden,
        banner=banner,
        switch_url=switch_url,
    )


def uninvited(lang: Lang, *, frame: Frame, **facts: Any) -> str:
    """What comes before an application, and how to go on all the same."""
    return _page("uninvited", lang, frame, **facts)


def thanks(
    name: str,
    lang: Lang,
    *,
    ref: str,
    result: Mapping[str, Any],
    links: Mapping[str, str | None],
    switch_url: str,
    frame: Frame,
) -> str:
    """The result of a self-assessment."""
    return _page("thanks", lang, frame, ref=ref, result=result, links=links, switch_url=switch_url)


def file(lang: Lang, *, frame: Frame, **facts: Any) -> str:
    """The applicant's page; `problems` of an answer stand in a summary and beside their fields."""
    labels = dict(_labels(facts["description"], lang)) if facts["description"] else {}
    problems = facts.pop("problems")
    errors = [{**p, **_target(p["field"], labels, "")} for p in problems]
    wrong = {p["field"]: p["message"] for p in problems}
    for error in errors:
        if error["field"] in ("answer", "address"):
            error["target"] = f"f-{error['field']}"
            error["label"] = ""
    return _page("file", lang, frame, errors=errors, wrong=wrong, **facts)


def withdrawing(lang: Lang, *, frame: Frame, **facts: Any) -> str:
    """Asks before a file is withdrawn."""
    return _page("withdrawing", lang, frame, **facts)


def confirming(lang: Lang, *, frame: Frame, **facts: Any) -> str:
    """Asks at a new address whether it is the right one."""
    return _page("confirming", lang, frame, **facts)


def done(lang: Lang, *, frame: Frame, **facts: Any) -> str:
    """What an applicant just did to their file."""
    return _page("done", lang, frame, **facts)


def review(lang: Lang, *, frame: Frame, **facts: Any) -> str:
    """The staff's page: the whole submission, its warnings and history, and the choices."""
    return _page("review", lang, frame, **facts)


def decided(lang: Lang, *, frame: Frame, **facts: Any) -> str:
    """Who decided what and when; `undo` (action, nonce, until) while it can be taken back."""
    return _page("decided", lang, frame, **facts)


def voted(lang: Lang, *, frame: Frame, **facts: Any) -> str:
    """A vote is kept, and who else voted; the decision waits for the others."""
    return _page("voted", lang, frame, **facts)


def noted(lang: Lang, *, frame: Frame, **facts: Any) -> str:
    """A step beside the decision is done."""
    return _page("noted", lang, frame, **facts)


def refused(lang: Lang, *, frame: Frame, **facts: Any) -> str:
    """Why a step is not possible now."""
    return _page("refused", lang, frame, **facts)


def away(lang: Lang, *, frame: Frame, **facts: Any) -> str:
    """Somebody away decides nothing before they say that they are back."""
    return _page("away", lang, frame, **facts)


def undone(lang: Lang, *, frame: Frame, **facts: Any) -> str:
    return _page("undone", lang, frame, **facts)


def expired(lang: Lang, *, frame: Frame, **facts: Any) -> str:
    """A link that no longer works, and a button for a fresh one."""
    other = "en" if lang == "fr" else "fr"
    return _page("expired", lang, frame, switch_url=f"{facts['action']}?lang={other}", **facts)


def fresh(lang: Lang, *, frame: Frame) -> str:
    """Said to everybody who asks for a fresh link, whoever they are."""
    return _page("fresh", lang, frame)


def newsletter(page: str, lang: Lang, *, frame: Frame, **facts: Any) -> str:
    """`confirm`, `leave`, `preferences`, or `said`: what became of it."""
    return _page(f"newsletter_{page}", lang, frame, **facts)


def coaches(lang: Lang, *, frame: Frame, **facts: Any) -> str:
    """The search: q, found (an answer of the directory), wrong, said, filters, filtered, action,
    clear_url, next_url, suggestions, urls."""
    return _page("coaches", lang, frame, **facts)


def coach(lang: Lang, *, frame: Frame, **facts: Any) -> str:
    """One coach: coach (a page of the directory), photo, contact_url, search_url."""
    return _page("coach", lang, frame, **facts)


def own(  # noqa: PLR0913
    description: Mapping[str, Any],
    lang: Lang,
    *,
    values: Mapping[str, Any],
    problems: Sequence[Mapping[str, str]],
    frame: Frame,
    **facts: Any,
) -> str:
    """A coach's own page: action, banner, nonce, name, verified, public."""
    labels = dict(_labels(description, lang))
    return _page(
        "own",
        lang,
        frame,
        description=description,
        values=values,
        problems=[{**p, **_target(p["field"], labels, description["title"])} for p in problems],
        wrong={p["field"]: p["message"] for p in problems},
        **facts,
    )


def proposal(lang: Lang, *, frame: Frame, **facts: Any) -> str:
    """A coach's changes, for staff: title, changes, action, nonce, name, error, wrong, decision,
    remarks."""
    return _page("proposal", lang, frame, **facts)


def lost(lang: Lang, *, frame: Frame, **facts: Any) -> str:
    """Asks for the address of somebody's files: typed, wrong, action."""
    return _page("lost", lang, frame, **facts)


def told(lang: Lang, *, frame: Frame, **facts: Any) -> str:
    """Something was done: title, paragraphs, links (each a label and its address)."""
    return _page("told", lang, frame, **facts)


def problem(lang: Lang, *, frame: Frame, status: int, title: str, detail: str) -> str:
    return _page("problem", lang, frame, status=status, title=title, detail=detail)


def _page(template: str, lang: Lang, frame: Frame, /, **facts: Any) -> str:
    facts.setdefault("switch_url", "")
    return render(f"pages/{template}.html", lang=lang, frame=frame, style=Markup(STYLE), **facts)


def _target(field: str, labels: Mapping[str, str], title: str) -> dict[str, str]:
    """Where a problem's link leads, and what it is called there."""
    for path in (field, field.partition("[")[0]):
        if path in labels:
            return {"target": field_id(field), "label": labels[path]}
    return {"target": "", "label": field or title}


def _labels(description: Mapping[str, Any], lang: Lang) -> Iterator[tuple[str, str]]:
    word = "ligne" if lang == "fr" else "row"
    for section in description["sections"]:
        for f in section["fields"]:
            yield f["key"], f["label"]
            for number in range(f["max"] if "fields" in f or f["type"] == "lines" else 0):
                if f["type"] == "lines":
                    yield f"{f['key']}[{number}]", f"{f['label']} {number + 1}"
                for inner in f.get("fields", []):
                    path = f"{f['key']}[{number}].{inner['key']}"
                    yield path, f"{inner['label']} ({f['label']}, {word} {number + 1})"
