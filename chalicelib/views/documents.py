"""Documents beside a form, as every page shows them: what each is, how far its scan is, a link."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypedDict
from urllib.parse import urlsplit

from chalicelib import content
from chalicelib.core.errors import TooLarge
from chalicelib.core.formatting import number
from chalicelib.core.languages import Lang
from chalicelib.forms.attachment import (
    DIRECT_BYTES,
    LARGE_BYTES,
    OFFER_SECONDS,
    SHUT,
    Attachment,
    label_of,
)
from chalicelib.forms.attachments.bringing import Brought, Offered
from chalicelib.forms.problems import Problem
from chalicelib.web.html_forms import UploadedFile
from chalicelib.web.pages import SCRIPT, Pages, in_language
from chalicelib.web.problems import Problems, in_words
from chalicelib.web.request import MULTIPART, Request, text_field
from chalicelib.web.responses import PRIVATE, Response, json_response, see_other

if TYPE_CHECKING:
    from chalicelib.content.shapes.forms import AttachmentField

PAGE: Final = "documents"
"""The page, of a draft or a file, that takes documents."""

ACCEPTED: Final = ".pdf,.docx,.odt,.jpg,.jpeg,.png,.heic,.heif"
"""What a browser offers first to choose from; the bytes are what counts."""

ROOM_FOR_FIELDS: Final = 64 * 1024
"""Bytes of a body beside those of its file."""

QUERY: Final = "document"
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


class FieldFacts(TypedDict):
    """A document that may go with a form, with those that are there; `room` is for how many more."""

    key: str
    label: str
    help: str
    max: int
    room: int
    documents: list[DocumentFacts]


def field_facts(
    f: "AttachmentField", there: Sequence[DocumentFacts], lang: Lang, room: int | None = None
) -> FieldFacts:
    """Return what a page says of a document that may go with a form."""
    return {
        "key": f["key"],
        "label": f["label"][lang],
        "help": f["help"][lang] if "help" in f else "",
        "max": f["max"],
        "room": f["max"] - len(there) if room is None else room,
        "documents": list(there),
    }


def bounds(lang: Lang) -> dict[str, object]:
    """Return what a page says of the documents that it takes itself."""
    return {
        "accepted": ACCEPTED,
        "limit": limit_text(DIRECT_BYTES, lang),
        "bytes": DIRECT_BYTES,
        "over": content.messages()["file_large"][lang],
        "over_any": content.messages()["file_over"][lang],
    }


def read_body(request: Request) -> tuple[dict[str, object], UploadedFile | None]:
    """Return the fields of a page that takes documents, and the file that it brings, if any. Raises
    TooLarge, WrongType or Malformed."""
    if len(request.body) > DIRECT_BYTES + ROOM_FOR_FIELDS:
        raise TooLarge
    return request.with_file() if request.kind == MULTIPART else (request.fields(), None)


def too_large_problem(problems: Problems, form: str, lang: Lang) -> Response:
    """Answer a script whose body is too large to be read: which file it was is not known."""
    text = problems.text(TooLarge(), lang, form=form)
    wrong = in_words(Problem("", "file_large"), lang)
    return problems.document(text._replace(detail=wrong["message"], errors=[wrong]), lang)


def brought(fields: Mapping[str, object], file: UploadedFile | None) -> tuple[str, Brought]:
    """Return what a page that takes documents is to do, and what it brings for that."""
    do, _, what = text_field(fields, "do").partition(":")
    name = file.name if file else text_field(fields, "name")
    body = file.body if file else b""
    return do, Brought(what, name, body, text_field(fields, "replaces"))


def limit_text(limit: int, lang: Lang) -> str:
    """Return what a document may be at most, in words."""
    return size_text(limit // 1024 // 1024 * 1_000_000, lang)


RENEWING: Final = ("kit", "renew.js")
"""Where the script stands that renews the page for a large document."""

OVER: Final = "over"
"""What a page of documents says is done where one came that is larger than any may be."""


def offer_response(  # noqa: PLR0913
    request: Request,
    pages: Pages,
    lang: Lang,
    facts: Mapping[str, object],
    offered: Offered,
    again: Mapping[str, str],
    address: str,
) -> Response:
    """Answer with a page whose form goes to the bucket, with nothing that its sender may change but
    the file, and a button that renews it: `again` are the fields by which it was asked for. Answer
    a script with what such a form sends."""
    url = offered.offer.url
    if not request.wants_page:
        body = {"id": offered.id, "url": url, "fields": offered.offer.fields}
        return json_response(body, PRIVATE)
    shown = {
        **facts,
        "url": url,
        "fields": offered.offer.fields,
        "accepted": ACCEPTED,
        "limit": limit_text(LARGE_BYTES, lang),
        "bytes": LARGE_BYTES,
        "until": offered.until,
        "seconds": OFFER_SECONDS,
        "again": again,
        "address": address,
        "renewing": pages.address(*RENEWING),
    }
    bucket = "{0.scheme}://{0.netloc}".format(urlsplit(url))
    policy = pages.policy(images=pages.photo_origins(), forms=["'self'", bucket])
    headers = {"Content-Security-Policy": pages.with_script(policy, SCRIPT, RENEWING)}
    return pages.respond("draft_document", lang, shown, address=address, headers=headers)


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
