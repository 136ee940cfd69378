"""The parts of Relais that a website pastes in its pages, its script and its style sheet."""

import json
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from chalicelib import content
from chalicelib.content.edits import cached
from chalicelib.core import templates
from chalicelib.core.languages import LANGS, Lang
from chalicelib.core.settings import Settings
from chalicelib.forms import parsing
from chalicelib.newsletter.subscribers.consent_text import SHOWN_FIELD, ConsentTexts
from chalicelib.views.described import NEWSLETTER, describe_form

COACHES: Final = "coaches"

PARTS: Final = (*parsing.FORMS, NEWSLETTER, COACHES)
"""What a website may show: each form that anybody may post, and the search of the directory."""

FILES: Final = {
    "relais.js": "text/javascript; charset=utf-8",
    "relais.css": "text/css; charset=utf-8",
}
"""What makes the parts comfortable; each works without."""

SERVED: Final = {
    **FILES, **dict.fromkeys(("pages.js", "images.js", "renew.js"), FILES["relais.js"])
}  # fmt: skip
"""These, and the scripts of our own pages, which no website needs."""

COMMENTS: Final = ("//", "/*")
"""How a line begins that is for readers; it is nothing but a comment."""


class Invited(NamedTuple):
    """Whom a letter invited to apply: the token of its link, and what they told us before, as it
    is entered."""

    token: str
    values: Mapping[str, object]


NOBODY: Final = Invited("", {})


def part(
    name: str,
    lang: Lang,
    settings: Settings,
    texts: ConsentTexts | None,
    invited: Invited = NOBODY,
) -> str:
    """Return the HTML of a part in one language, to be pasted as it is. `texts`: as for
    `describe_form`."""
    facts: dict[str, object] = {
        "lang": lang,
        "api": settings.public_url,
        "words": {key: text[lang] for key, text in content.kit()["script"].items()},
        # Both languages of a part may stand on one page.
        "id_prefix": _short(name) + ("" if lang == "fr" else lang[0]),
        "pasted": True,
    }
    if name == COACHES:
        return templates.render("kit/coaches.html", **facts) + "\n"
    described = describe_form(name, lang, settings, texts)
    hidden = {
        SHOWN_FIELD: described.get(SHOWN_FIELD, ""),
        "notice": described.get("notice_hash", ""),
    }
    in_steps = bool(content.form(name).get("steps"))
    draft = f"{settings.public_url}/draft?form={name}&lang={lang}" if in_steps else ""
    facts |= {"description": described, "hidden": hidden, "invited": invited, "rows_at": draft}
    html = templates.render("kit/form.html", **facts)
    return _without_gaps(html) + "\n"


def _short(name: str) -> str:
    """Return how the ids of a part begin: by as little of its name as no other part has."""
    others = [part for part in PARTS if part != name]
    short = (name[:end] for end in range(2, len(name) + 1))
    return next((s for s in short if not any(o.startswith(s) for o in others)), name)


def _without_gaps(html: str) -> str:
    """Return HTML without empty lines, which an editor takes for paragraphs each, and without the
    empty values that an input has in any case."""
    return re.sub(r'(<input [^>]*) value=""', r"\1", re.sub(r"\n\s*\n+", "\n", html))


@cached
def file(name: str) -> str:
    """Return the script, with its words in both languages, or the style sheet, with the colours
    of our pages."""
    return _lean(templates.render(f"kit/{name}", words=_words(), **content.theme()))


def _lean(text: str) -> str:
    """Return a file as visitors load it: without indentation, and with the comment at its head
    alone."""
    lines = [line.strip().partition(" // ")[0] for line in text.splitlines()]
    head = next(number for number, line in enumerate(lines) if not line.startswith(COMMENTS))
    body = [line for line in lines[head:] if line and not line.startswith(COMMENTS)]
    return "\n".join([*lines[:head], *body, ""])


def _words() -> str:
    script, found = content.kit()["script"], content.coaches()["found"]
    several = {lang: found["several"][lang].replace("{count}", "{n}") for lang in LANGS}
    words = {
        lang: {
            **{key: text[lang] for key, text in script.items()},
            "none": found["none"][lang],
            "one": found["one"][lang],
            "several": several[lang],
        }
        for lang in LANGS
    }
    return json.dumps(words, ensure_ascii=False)
