"""The row of an attachment: whose it is, what it is called, and how far the scan is."""

import re
import secrets
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from chalicelib import content
from chalicelib.core.languages import Lang
from chalicelib.core.ports import Change, Item, Key, Store
from chalicelib.core.records import shard_of, stamp

if TYPE_CHECKING:
    from chalicelib.content.shapes.forms import AttachmentField

AttachmentState = Literal["expected", "scanning", "late", "clean", "held_back", "refused"]
"""`expected` until its bytes are there, `scanning` until the scan has said something, `late` when
it said nothing in time; `held_back` for malware, `refused` for what cannot be scanned or is none of
our kinds. Only what is `clean` can be opened."""

SHUT: Final = ("held_back", "refused")

DIRECT_BYTES: Final = 4 * 1024 * 1024
"""What a form brings itself: API Gateway hands it to the function in Base64, six megabytes of it."""

LARGE_BYTES: Final = 25 * 1024 * 1024
"""What a browser may send to the bucket."""

OFFER_BYTES: Final = 4 * LARGE_BYTES
"""What the bucket itself takes in. Beyond, it answers in its own XML, without a script; what is less,
and over our own limit, our page can refuse in words."""

OFFER_SECONDS: Final = 3600
"""How long a browser may begin to send a large document."""

LOOK_AGAIN: Final = timedelta(minutes=2)
"""How soon the sweep looks for the result of a scan that nobody told of."""

SCAN_PATIENCE: Final = timedelta(minutes=15)
"""How long a scan may take before somebody is told."""

LATE_AGAIN: Final = timedelta(hours=1)
"""How often a late one is looked at."""

QUARANTINE: Final = timedelta(days=30)
"""How long what was held back is kept, where nobody can open it."""

FILE_NAME_LENGTH: Final = 100
"""Characters of a file's name that are kept."""

NOBODY: Final = "-"
"""The owner of an attachment that waits to be deleted."""

_UNSAFE: Final = re.compile(r'[\\/:*?"<>|;]')


@dataclass(frozen=True)
class Attachment:
    """A document as its row keeps it; `owner` is the key of the draft or the file that it is of."""

    id: str
    owner: str
    field: str
    name: str
    state: AttachmentState
    size: int
    at: str
    kind: str
    why: str
    mark: str
    """What the bytes bore that were looked at, of a document that a browser may send once more as
    long as its page is good."""
    digest: str
    """Of the bytes that a form brought, or that were looked at: they may come back with another
    mark, as S3 marks bytes by the parts in which they came."""
    row: Item

    @classmethod
    def of(cls, row: Item) -> "Attachment":
        return cls(
            id=row["pk"].partition("#")[2],
            owner=row["owner"],
            field=row["field"],
            name=row["name"],
            state=row["state"],
            size=row.get("size", 0),
            at=row["at"],
            kind=row.get("file_kind", ""),
            why=row.get("why", ""),
            mark=row.get("mark", ""),
            digest=row.get("digest", ""),
            row=row,
        )

    @property
    def key(self) -> Key:
        return attachment_key(self.id)

    @property
    def object_key(self) -> str:
        return object_key(self.id)

    @property
    def saved_as(self) -> str:
        """The name under which it is downloaded: its own, with the extension of what it is."""
        stem, dot, extension = self.name.rpartition(".")
        plain = stem if dot and len(extension) <= 5 else self.name
        return f"{plain}.{self.kind}" if self.kind else plain

    def unchanged(self) -> Item:
        """Return what the row must still hold for a change of it to be written."""
        return {name: self.row[name] for name in ("owner", "state")}


def attachment_key(attachment_id: str) -> Key:
    return f"ATTACHMENT#{attachment_id}", "ATTACHMENT"


def object_key(attachment_id: str) -> str:
    return f"incoming/{attachment_id}"


def id_of(key: str) -> str:
    """Return the attachment that an object is of; blank for another object."""
    folder, _, attachment_id = key.partition("/")
    return attachment_id if folder == "incoming" else ""


def new_attachment_id() -> str:
    return secrets.token_hex(16)


def due(attachment_id: str, at: datetime) -> Item:
    """Return what a row keeps of when it is looked at next."""
    return {"due_at": stamp(at), "due_shard": shard_of(attachment_key(attachment_id)[0])}


def fields_of(form: str) -> "list[AttachmentField]":
    """Return the documents that may go with a form."""
    return content.form(form).get("attachments", [])


def label_of(form: str, key: str, lang: Lang) -> str:
    """Return what a form calls a document; the last field's name where it has that one no more."""
    fields = fields_of(form)
    return next((f["label"][lang] for f in fields if f["key"] == key), fields[-1]["label"][lang])


def plain_name(name: str) -> str:
    """Return the name of a file without folders, and without signs that mislead or break a header."""
    last = name.replace("\\", "/").rpartition("/")[2]
    # Format characters can turn the direction of writing: `exe.pdf` that is none.
    spaced = (" " if c.isspace() else c for c in unicodedata.normalize("NFC", last[:400]))
    kept = _UNSAFE.sub("-", "".join(c for c in spaced if c.isprintable())).strip(" .-")
    if len(kept) > FILE_NAME_LENGTH:
        stem, _, extension = kept.rpartition(".")
        kept = (
            f"{stem[: FILE_NAME_LENGTH - 6]}.{extension[:5]}" if stem else kept[:FILE_NAME_LENGTH]
        )
    return kept or "document"


def attachments_in(store: Store, owner: str, ids: Collection[str] | None) -> list[Attachment]:
    """Return those of these attachments that are there, and whose they should be, in the order in
    which they came."""
    if not ids:
        return []
    rows = store.batch_get(list(map(attachment_key, ids))).values()
    found = [Attachment.of(row) for row in rows if row["owner"] == owner]
    return sorted(found, key=lambda one: one.at)


def released(found: Iterable[Attachment], now: datetime) -> list[Change]:
    """Return the writes that give attachments up with what they are of: nobody finds them from
    there on, nothing is left of their names, and the next sweep deletes them."""
    gone = {"owner": NOBODY, "name": "-"}
    return [
        Change(one.key, expect={"owner": one.owner}, set={**gone, **due(one.id, now)})
        for one in found
    ]


def handed_over(found: Iterable[Attachment], owner: str) -> list[Change]:
    """Return the writes that give attachments to another owner, with what they are of."""
    return [Change(one.key, expect={"owner": one.owner}, set={"owner": owner}) for one in found]
