"""A document on its way to whatever it is for: what was brought, whether it is one, its row."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from chalicelib.core import rate_limit
from chalicelib.core.errors import Conflict, NotFound
from chalicelib.core.ports import Item, Put, Store
from chalicelib.core.records import stamp
from chalicelib.forms.attachment import (
    DIRECT_BYTES,
    OFFER_BYTES,
    OFFER_SECONDS,
    SHUT,
    Attachment,
    AttachmentState,
    attachment_key,
    due,
    fields_of,
    new_attachment_id,
    plain_name,
)
from chalicelib.forms.attachments.ports import DocumentStore, Offer
from chalicelib.forms.attachments.wrong_file import WrongFile
from chalicelib.forms.problems import InvalidForm, Problem

if TYPE_CHECKING:
    from chalicelib.content.shapes.forms import AttachmentField

LINK_SECONDS: Final = 120
"""How long the address of a download works: it is followed at once."""

OFFER_GRACE: Final = timedelta(minutes=10)
"""How long after the end of an offer a document may still be on its way."""


ADDED_FULL: Final = "file_added_full"
"""The code for a file that has as many documents as may be added to it."""


class Brought(NamedTuple):
    """A file as a form brought it, for a field; `replaces` is the document that the page showed in
    its place, if any."""

    field: str
    name: str
    body: bytes = b""
    replaces: str = ""


class Offered(NamedTuple):
    id: str
    offer: Offer
    until: datetime


def kind_of(brought: Brought) -> str:
    """Return the kind of a document that a form brought. Raises InvalidForm for what is none of
    ours."""
    if not brought.body:
        raise wrong(brought.field, "file_missing")
    if len(brought.body) > DIRECT_BYTES:
        raise wrong(brought.field, "file_large")
    try:
        from chalicelib.forms.attachments.inspection import inspect

        return inspect(brought.body)
    except WrongFile as found:
        raise wrong(brought.field, found.code) from None


def digest_of(body: bytes) -> str:
    return sha256(body).hexdigest()


def brought_before(found: Iterable[Attachment], brought: Brought) -> Attachment | None:
    """Return the document that was brought by the same press of a button, pressed twice: the same
    bytes for the same field, of which one can be opened."""
    digest = digest_of(brought.body)
    return next(
        (one for one in found
         if one.field == brought.field and one.digest == digest and one.state not in SHUT),
        None,
    )  # fmt: skip


def awaited(owner: str, brought: Brought, now: datetime, looked_at: datetime) -> Item:
    """Return the row of a document that is about to come."""
    made = new_attachment_id()
    pk, sk = attachment_key(made)
    state: AttachmentState = "expected"
    return {
        "pk": pk,
        "sk": sk,
        "kind": "attachment",
        "owner": owner,
        "field": brought.field,
        "name": plain_name(brought.name),
        "state": state,
        "at": stamp(now),
        **({"replaces": brought.replaces} if brought.replaces else {}),
        **due(made, looked_at),
    }


def offer_ends(now: datetime) -> datetime:
    """Return when a document that is offered now is on its way no more."""
    return now + timedelta(seconds=OFFER_SECONDS) + OFFER_GRACE


def offered(bucket: DocumentStore, made: Attachment, now: datetime, back: str) -> Offered:
    """Let a browser send a document to the bucket until an hour has passed; then it comes `back`."""
    offer = bucket.offer(made.object_key, OFFER_BYTES, OFFER_SECONDS, back)
    return Offered(made.id, offer, now + timedelta(seconds=OFFER_SECONDS))


def reserve(store: Store, row: Item, network: str, people_key: bytes, now: datetime) -> Attachment:
    """Write the row of what is about to come, and return it: every object has its row before it is
    there. Raises TooMany."""
    subject = rate_limit.of_network(network, people_key)
    counters = rate_limit.counters("uploads", subject, now)
    try:
        store.commit([Put(row), *counters])
    except Conflict as conflict:
        raise rate_limit.too_many(now, rate_limit.full_window(conflict, counters)) from None
    return Attachment.of(row)


def saving_link(bucket: DocumentStore, found: Sequence[Attachment], attachment_id: str) -> str:
    """Return the address that saves one of these documents. Raises NotFound for one that is not
    among them, or may not be opened."""
    for one in found:
        if one.id == attachment_id and one.state == "clean" and _is_the_same(bucket, one):
            return bucket.link(one.object_key, one.saved_as, LINK_SECONDS)
    raise NotFound(attachment_id)


def _is_the_same(bucket: DocumentStore, document: Attachment) -> bool:
    """Say whether the bytes are those that were looked at: whoever has the page for a large
    document may send others under its key while that page is good."""
    if not document.mark:
        return True
    seen = bucket.look(document.object_key)
    return seen is not None and seen.mark == document.mark


def field_of(form: str, key: str) -> "AttachmentField":
    """Return a document that may go with a form. Raises NotFound."""
    for f in fields_of(form):
        if f["key"] == key:
            return f
    raise NotFound(key)


def wrong(key: str, code: str) -> InvalidForm:
    return InvalidForm([Problem(key, code)])
