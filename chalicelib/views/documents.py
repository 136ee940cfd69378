"""Documents beside a form, as every page shows them: what each is, how far its scan is, a link."""

from collections.abc import Callable, Sequence
from typing import TypedDict

from chalicelib import content
from chalicelib.core.formatting import number
from chalicelib.core.languages import Lang
from chalicelib.forms.attachment import SHUT, Attachment, label_of
from chalicelib.web.pages import in_language
from chalicelib.web.responses import PRIVATE, Response, see_other

QUERY = "document"
"""The name in a page's query of the document that is to be saved."""

DocumentLink = Callable[[Sequence[Attachment], str], str]
"""Returns the address that saves one of these documents. Raises NotFound."""


class DocumentFacts(TypedDict):
    """`url` saves the document, and is blank while nobody may; `why` is told to whoever sent it."""

    id: str
    label: str
    name: str
    size: str
    state: str
    status: str
    why: str
    url: str


def document_facts(
    found: Sequence[Attachment], form: str, address: str, lang: Lang
) -> list[DocumentFacts]:
    """Return documents in words; `address` is of the page that shows them, and saves them."""
    states = content.review()["documents"]
    return [
        {
            "id": one.id,
            "label": label_of(form, one.field, lang),
            "name": one.saved_as,
            "size": size_text(one.size, lang),
            "state": one.state,
            "status": states[one.state][lang],
            "why": content.messages()[one.why][lang] if one.state in SHUT else "",
            "url": _saving(address, one.id, lang) if one.state == "clean" else "",
        }
        for one in found
    ]


def saved(link: str) -> Response:
    """Send a browser to the bucket for a document: for once, and named to nobody."""
    return see_other(link, PRIVATE)


def size_text(size: int, lang: Lang) -> str:
    """Return a size in words: `340 kB`, `1.2 MB`."""
    small = size < 1_000_000
    unit = {"fr": ("ko", "Mo"), "en": ("kB", "MB")}[lang][not small]
    shown = max(1, round(size / 1000)) if small else round(size / 1_000_000, 1)
    return f"{number(shown, lang)}\u00a0{unit}"


def _saving(address: str, attachment_id: str, lang: Lang) -> str:
    mark = "&" if "?" in address else "?"
    return in_language(f"{address}{mark}{QUERY}={attachment_id}", lang)
