"""The switch of language of every page: nothing that was typed is lost by it.

A page that is only read has a link. Where somebody types, it is a button of that form: what is in
it comes here, and goes into the page that the address shows in the other language. A page that
answers a post has a button that sends the same again, where that was refused and will be again.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import unescape
from typing import Final, NamedTuple

from markupsafe import Markup, escape

from chalicelib.core.languages import Lang, lang_or, other_language
from chalicelib.web import kept_text
from chalicelib.web.request import ASKS_DATES, SWITCH_PAGE, Request
from chalicelib.web.responses import HTML, Response

NAMES: Final[Mapping[Lang, str]] = {"fr": "Français", "en": "English"}
GO_ON: Final[Mapping[Lang, str]] = {"fr": "Continuer", "en": "Continue"}

REFUSED_AGAIN: Final = frozenset((400, 409, 413, 415, 422))
"""Statuses of a post that did nothing, and will do nothing if it is sent again as it was."""

REPOST_LIMIT: Final = 600
"""Values of a post that is sent again in another language: twice those of the longest form."""

SAYS_WHICH: Final = ("act", "decision")
"""Hidden fields by which the forms of one page differ."""

CARRIED: Final = ("seen", "events")
"""Hidden fields that say what somebody had before them as they typed: a form that is shown again
says the same, so that what others saved meanwhile is met when it is sent."""

_PLACE = re.compile(r'<div id="switch">(.*?)</div>', re.DOTALL)
_TYPED = re.compile(
    r"<textarea\b(?![^>]* readonly)"
    r'|<input\b(?![^>]* name="website")[^>]* type="(?:text|email|search|tel|url|number)"'
)
"""What somebody types in: the trap for robots is none of it."""

_SUBMIT = re.compile(r"<button\b([^>]*)>")
_CONTROL = re.compile(r"<(input|textarea|select)\b[^>]*>")
_OPTION = re.compile(r"<option\b[^>]*>")

Pairs = Sequence[tuple[str, str]]


class FormPlace(NamedTuple):
    """A form of a page: where its opening tag begins and ends, and where it is closed."""

    start: int
    inside: int
    end: int


def _forms(page: str) -> Iterator[FormPlace]:
    """Yield the forms of a page; it is walked once, however much text is in it."""
    start = page.find("<form")
    while start >= 0:
        inside = page.find(">", start) + 1
        end = page.find("</form>", inside)
        if end < 0:
            return
        yield FormPlace(start, inside, end)
        start = page.find("<form", end)


def _controls(form: str) -> Iterator[tuple[str, int, int]]:
    """Yield the opening tag of each control of a form, and where all of the control is."""
    at = 0
    while found := _CONTROL.search(form, at):
        at = found.end()
        if found[1] != "input":
            close = f"</{found[1]}>"
            at = form.find(close, at) + len(close)
        yield found[0], found.start(), at


def shown_again(request: Request, show: Callable[[Request], Response]) -> Response:
    """Return what an address shows in the language that was chosen, with what was typed in the
    form whose button it was."""
    lang = lang_or(dict(request.pairs).get(SWITCH_PAGE), request.lang)
    return filled_again(show(request.opened(lang)), request.pairs)


def filled_again(response: Response, pairs: Pairs) -> Response:
    """Return a page with what was typed in the form that it was typed in; what the page has no
    place for now is shown beside it."""
    if response.content_type != HTML:
        return response
    body = response.body
    form = _most_like(body, pairs)
    if form is not None:
        filled = refilled(body[form.start : form.end], pairs)
        if _typed_elsewhere(pairs, kept_text.lang_of(response)):
            filled = _marked(filled)
        response = response._replace(body=body[: form.start] + filled + body[form.end :])
    return kept_text.beside_page(response, pairs)


def _typed_elsewhere(pairs: Pairs, lang: Lang) -> bool:
    """Say whether some of what was typed may have been so on a page of the other language."""
    given = dict(pairs)
    return bool({ASKS_DATES, SWITCH_PAGE} & set(given)) or given.get("lang", lang) != lang


def _marked(form: str) -> str:
    """Return a form that says, once, that not all in it was typed in the language of its page."""
    mark = f'<input type="hidden" name="{ASKS_DATES}" value="1">'
    return form if f'name="{ASKS_DATES}"' in form else form.replace(">", f">{mark}", 1)


def _still_marked(request: Request, response: Response) -> Response:
    """Return the page that answers a form; where it shows one that was switched again, that still
    says so."""
    if request.method != "POST" or not request.asks_dates:
        return response
    body, pairs = response.body, request.pairs
    form = _most_like(body, pairs)
    if form is None:
        return response
    marked = _marked(body[form.start : form.end])
    return response._replace(body=body[: form.start] + marked + body[form.end :])


def _most_like(page: str, pairs: Pairs) -> FormPlace | None:
    """Return the form of a page that these values fit best, if any."""
    places = [(_likeness(page[form.start : form.end], pairs), form) for form in _forms(page)]
    likeness, form = max(places, key=lambda place: place[0], default=(0, FormPlace(0, 0, 0)))
    return form if likeness > 0 else None


def _likeness(form: str, pairs: Pairs) -> int:
    """Return how many controls of a form these values fit; nothing where it says itself that it is
    another one."""
    given, shown, agreed = dict(pairs), set(), 0
    for tag, _, _ in _controls(form):
        name = _attribute(tag, "name")
        if _attribute(tag, "type") != "hidden":
            shown.add(name)
        elif name in SAYS_WHICH and name in given:
            if given[name] != _attribute(tag, "value"):
                return 0
            agreed += 1
    return agreed + len(shown & set(given))


def with_switch(request: Request, response: Response) -> Response:
    """Return a page with its switch of language."""
    response = _still_marked(request, response)
    place = _PLACE.search(response.body) if response.content_type == HTML else None
    if place is None or "<button" in place[1]:
        return response
    there = other_language(kept_text.lang_of(response))
    form = _typed_form(response.body)
    if form is not None:
        return _with_button(request, response, form, there)
    pairs = request.pairs_or_none if response.status in REFUSED_AGAIN else []
    if request.method == "POST" and 0 < len(pairs) <= REPOST_LIMIT:
        switch = _repost(request, pairs, there)
    elif place[1].strip():
        return response
    else:
        switch = Markup('<a href="{}" lang="{}-CA" hreflang="{}-CA">{}</a>').format(
            request.again_in(there), there, there, NAMES[there]
        )
    start, end = place.span(1)
    return response._replace(body=response.body[:start] + str(switch) + response.body[end:])


def refilled(form: str, pairs: Pairs) -> str:
    """Return the HTML of a form with what was typed and chosen in it; what a page hides in its
    form stays as the page has it, but for what says what was seen."""
    given: dict[str, list[str]] = {}
    for name, text in pairs:
        given.setdefault(name, []).append(text)
    filled, at = [], 0
    for _, start, end in _controls(form):
        filled += [form[at:start], _filled(form[start:end], given)]
        at = end
    return "".join([*filled, form[at:]])


def _filled(control: str, given: Mapping[str, Sequence[str]]) -> str:
    opening = control.partition(">")[0]
    texts = given.get(_attribute(opening, "name"))
    kind = _attribute(opening, "type")
    if control.startswith("<input") and kind in ("checkbox", "radio"):
        plain = re.sub(r" checked(?=[\s>])", "", control)
        chosen = (_attribute(opening, "value") or "on") in (texts or ())
        return plain.replace("<input", "<input checked", 1) if chosen else plain
    if texts is None or kind in ("file", "password", "submit"):
        return control
    if kind == "hidden" and _attribute(opening, "name") not in CARRIED:
        return control
    if control.startswith("<textarea"):
        return f"{opening}>\n{escape(texts[0])}</textarea>"
    if control.startswith("<select"):
        return _OPTION.sub(lambda option: _option(option[0], texts), control)
    plain = re.sub(r' value="[^"]*"', "", control)
    return plain.replace("<input", f'<input value="{escape(texts[0])}"', 1)


def _option(option: str, texts: Sequence[str]) -> str:
    plain = re.sub(r" selected(?=[\s>])", "", option)
    chosen = _attribute(option, "value") in texts
    return plain.replace("<option", "<option selected", 1) if chosen else plain


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\s{name}="([^"]*)"', tag)
    return unescape(found[1]) if found else ""


def _typed_form(page: str) -> int | None:
    """Return which form of a page somebody types in: the first that is posted."""
    for number, form in enumerate(_forms(page)):
        opening, inside = page[form.start : form.inside], page[form.inside : form.end]
        if 'method="post"' in opening and _TYPED.search(inside):
            return number
    return None


def _with_button(request: Request, response: Response, number: int, lang: Lang) -> Response:
    """Return the page with a button of its form in place of the link: it goes to the address that
    shows the page, whatever the form goes to."""
    body = response.body
    form = list(_forms(body))[number]
    name = _attribute(body[form.start : form.inside], "id") or "typing"
    here = other_language(lang)
    first = _SUBMIT.search(body, form.inside, form.end)
    if not _attribute(body[form.start : form.inside], "id"):
        at = form.start + len("<form")
        body = f'{body[:at]} id="{name}"{body[at:]}'
    # The key Enter presses the first button of a form, wherever on the page it stands.
    own = "".join(
        f' {each}="{escape(_attribute(first[1], each))}"'
        for each in ("name", "value")
        if first and _attribute(first[1], each)
    )
    switch = (
        f'<button class="unseen" type="submit" form="{name}"{own} tabindex="-1" '
        f'aria-hidden="true">{GO_ON[here]}</button>'
        f'<button class="link" type="submit" form="{name}" name="{SWITCH_PAGE}" '
        f'value="{lang}" formaction="{escape(request.again_in(lang))}" formnovalidate lang="{lang}-CA">{NAMES[lang]}</button>'
    )
    return response._replace(body=_PLACE.sub(lambda _: f'<div id="switch">{switch}</div>', body, 1))


def _repost(request: Request, pairs: Pairs, lang: Lang) -> Markup:
    """Return a form that sends the same again, in the other language; what only switched does so
    again."""
    replaced = ("lang", ASKS_DATES)
    kept = [
        (name, lang if name == SWITCH_PAGE else text)
        for name, text in pairs
        if name not in replaced
    ]
    # Each text is escaped alone: a form may have thousands.
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(text)}">'
        for name, text in [*kept, ("lang", lang), (ASKS_DATES, "1")]
    )
    return Markup(
        '<form method="post" action="{}" accept-charset="utf-8">{}'
        '<button class="link" type="submit" lang="{}-CA">{}</button></form>'
    ).format(request.again_in(lang), Markup(hidden), lang, NAMES[lang])
