"""Documents of a draft: brought by a form or sent to the bucket, replaced, removed, opened."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.core.errors import BadLink, Conflict, DraftBusy, TooLarge
from chalicelib.core.ports import Change, Item, Now, Store
from chalicelib.core.records import stamp
from chalicelib.forms.attachment import (
    LARGE_BYTES,
    LOOK_AGAIN,
    Attachment,
    AttachmentState,
    attachment_key,
    attachments_in,
    due,
    released,
)
from chalicelib.forms.attachments.bringing import (
    Brought,
    Offered,
    awaited,
    brought_before,
    digest_of,
    field_of,
    kind_of,
    offer_ends,
    offered,
    reserve,
    saving_link,
    wrong,
)
from chalicelib.forms.attachments.ports import DocumentStore
from chalicelib.forms.drafts.draft import OPEN, FormDraft, draft_key, lifetime
from chalicelib.forms.drafts.drafts import Drafts
from chalicelib.forms.drafts.refused import DraftSent, Holder
from chalicelib.forms.problems import InvalidForm


@dataclass(frozen=True)
class Attachments:
    """Every object has its row before it is there, so that whatever dies in between, the sweep
    finds it; a draft lists a document only once it is there."""

    store: Store
    drafts: Drafts
    bucket: Callable[[], DocumentStore]
    now: Now
    people_key: bytes = field(repr=False)

    def of_draft(self, draft: FormDraft) -> list[Attachment]:
        return attachments_in(self.store, draft.key[0], draft.attachments)

    def of_file(self, owner: str, ids: Sequence[str] | None) -> list[Attachment]:
        """Return the documents of a file, by the key of its row."""
        return attachments_in(self.store, owner, ids)

    def add(self, holder: Holder, brought: Brought, network: str) -> Attachment:
        """Keep a document that a form brought. Raises InvalidForm for what is none of ours or has
        no room, and what `Drafts.get` does. The same one twice is kept once."""
        field_of(holder.form, brought.field)
        draft, kind = self.drafts.get(holder), kind_of(brought)
        if (twice := self._brought_before(draft, brought)) is not None:
            return twice
        _check_room(draft, brought)
        row = awaited(draft.key[0], brought, self.now(), self.now() + LOOK_AGAIN)
        row |= {"size": len(brought.body), "file_kind": kind, "digest": digest_of(brought.body)}
        made = reserve(self.store, row, network, self.people_key, self.now())
        self.bucket().put(made.object_key, brought.body)
        try:
            return self._take_up(holder, brought, made)
        except (InvalidForm, DraftSent, BadLink, DraftBusy):
            self.store.commit(released([made], self.now()))
            raise

    def _take_up(self, holder: Holder, brought: Brought, made: Attachment) -> Attachment:
        """List a document that is there, unless another press of the button was faster; return the
        one that is listed."""
        kept = made

        def writes(draft: FormDraft) -> list[Change]:
            nonlocal kept
            if (twice := self._brought_before(draft, brought)) is not None:
                kept = twice
                return [] if twice.id == made.id else released([made], self.now())
            _check_room(draft, brought)
            return [
                each._replace(expect={**each.expect, **draft.unchanged()})
                if each.key == draft.key
                else each
                for each in arrival(self.store, made, self.now(), holder.editor)
            ]

        self.drafts.change(holder, writes)
        return kept

    def _brought_before(self, draft: FormDraft, brought: Brought) -> Attachment | None:
        """Return the document that another press of the same button brought; none while the one
        that is to be replaced is still there."""
        if brought.replaces in draft.attachments:
            return None
        return brought_before(self.of_draft(draft), brought)

    def offer(
        self, holder: Holder, brought: Brought, network: str, back: Callable[[str], str]
    ) -> Offered:
        """Let a browser send a large document by itself; `back` makes of its id the address where
        it comes back. Raises as `add` does."""
        draft = self._with_room(holder, brought)
        row = awaited(draft.key[0], brought, self.now(), offer_ends(self.now()))
        made = reserve(self.store, row, network, self.people_key, self.now())
        return offered(self.bucket(), made, self.now(), back(made.id))

    def came(self, holder: Holder, attachment_id: str) -> bool:
        """Take up a document that a browser says it sent; return whether the draft has it. A second
        time changes nothing. Raises TooLarge for one over our limit, which the sweep takes away."""
        draft = self.drafts.get(holder)
        row = self.store.get(*attachment_key(attachment_id))
        if row is None or row["owner"] != draft.key[0]:
            return False
        found = Attachment.of(row)
        if found.state != "expected":
            return True
        seen = self.bucket().look(found.object_key)
        if seen is None:
            return False
        if seen.size > LARGE_BYTES:
            raise TooLarge
        try:
            self.store.commit(arrival(self.store, found, self.now(), holder.editor, seen.size))
        except Conflict:
            return attachment_id in self.drafts.get(holder).attachments
        return True

    def remove(self, holder: Holder, attachment_id: str) -> None:
        """Take a document out of a draft; nothing happens when it is gone already."""

        def writes(draft: FormDraft) -> list[Change]:
            key = draft.attachments.get(attachment_id)
            if key is None:
                return []
            change = Change(
                draft.key,
                expect={**_open(holder.editor), f"file_{attachment_id}": key},
                set=lifetime(draft.id, self.now()),
                remove=(f"file_{attachment_id}", "reminded_at"),
                add={"edits": 1, f"files_{key}": -1},
            )
            gone = attachments_in(self.store, draft.key[0], [attachment_id])
            return [change, *released(gone, self.now())]

        self.drafts.change(holder, writes)

    def link(self, found: Sequence[Attachment], attachment_id: str) -> str:
        """Return the address that saves one of these documents. Raises NotFound for one that is
        not among them, or may not be opened."""
        return saving_link(self.bucket(), found, attachment_id)

    def _with_room(self, holder: Holder, brought: Brought) -> FormDraft:
        """Return the draft, where a document has a place in it. Raises as `_check_room` does."""
        field_of(holder.form, brought.field)
        draft = self.drafts.get(holder)
        _check_room(draft, brought)
        return draft


def _check_room(draft: FormDraft, brought: Brought) -> None:
    """Refuse a document that has no place in a draft. Raises NotFound for a field that the form
    does not have, and InvalidForm."""
    f = field_of(draft.form, brought.field)
    there = [one for one, key in draft.attachments.items() if key == brought.field]
    if brought.replaces and brought.replaces not in there:
        raise wrong(brought.field, "file_changed")
    if not brought.replaces and len(there) >= f["max"]:
        raise wrong(brought.field, "file_full" if f["max"] > 1 else "file_changed")


def arrival(
    store: Store, found: Attachment, now: datetime, editor: str = "", size: int = 0
) -> list[Change]:
    """Return the writes by which a draft has a document that is there, in place of the one that it
    replaces; `editor` is whose link brought it."""
    draft_id = found.owner.partition("#")[2]
    form = draft_id.rpartition("-")[0]
    replaces = found.row.get("replaces", "")
    counter = {} if replaces else {f"files_{found.field}": 1}
    most = field_of(form, found.field)["max"]
    state: AttachmentState = "scanning"
    return [
        Change(
            found.key,
            expect=found.unchanged(),
            set={"state": state, "at": stamp(now), **({"size": size} if size else {}),
                 **due(found.id, now + LOOK_AGAIN)},
            remove=("replaces",),
        ),
        Change(
            draft_key(draft_id),
            expect={**_open(editor), **({f"file_{replaces}": found.field} if replaces else {})},
            set={f"file_{found.id}": found.field, **lifetime(draft_id, now)},
            remove=("reminded_at", *([f"file_{replaces}"] if replaces else [])),
            add={"edits": 1, **counter},
            at_most=dict.fromkeys(counter, most),
        ),
        *released(attachments_in(store, found.owner, [replaces] if replaces else []), now),
    ]  # fmt: skip


def _open(editor: str) -> Item:
    return {"state": OPEN, **({f"editor_{editor}": True} if editor else {})}
