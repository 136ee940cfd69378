"""Looks after attachments: what the scan found, what came late, and what nobody owns any more."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from chalicelib.core.errors import Conflict, Refused
from chalicelib.core.letter_row import ALL_STAFF, APPLICANT, letter
from chalicelib.core.metrics import Measure
from chalicelib.core.ports import Change, Delete, Item, Key, Now, Put, Store, Write
from chalicelib.core.records import is_over, moment, stamp
from chalicelib.forms.attachment import (
    LARGE_BYTES,
    LATE_AGAIN,
    LOOK_AGAIN,
    QUARANTINE,
    SCAN_PATIENCE,
    SHUT,
    Attachment,
    AttachmentState,
    attachment_key,
    due,
    id_of,
)
from chalicelib.forms.attachments.attachments import arrival
from chalicelib.forms.attachments.bringing import digest_of
from chalicelib.forms.attachments.ports import CLEAN, THREATS, UNSUPPORTED, DocumentStore, Seen
from chalicelib.forms.attachments.wrong_file import WrongFile
from chalicelib.forms.drafts.draft import OPEN, draft_key
from chalicelib.forms.problems import InvalidForm

log = logging.getLogger("relais.attachments")

CLOCK: Final = "ATTACHMENT"
"""The first word of the keys of attachments, by which the sweep knows whose they are."""

UNSCANNED: Final = "unscanned-attachment-seconds"
"""The measure of how long a scan has said nothing; kept for each one that is late."""

ORPHAN_AGE: Final = timedelta(hours=2)
"""How old an object is before the daily sweep asks whose it is: none is on its way any more."""

FILE: Final = "CASE#"
"""How the owner of a document begins that is of a file."""

LOST: Final = "file_lost"
OVER: Final = "file_over"
LOCKED: Final = "file_unsupported"
THREAT: Final = "file_threat"


AddedToFile = Callable[[Attachment, int], Sequence[Write]]
"""Returns the writes by which a file has a document that came to the bucket, of this size. Raises
Conflict or Refused where it takes none."""


@dataclass(frozen=True)
class AttachmentMinder:
    """Each step is one conditional write that may come again: events come twice, late, in any
    order, or never, and the object's own tag says what is true."""

    store: Store
    bucket: Callable[[], DocumentStore]
    added: AddedToFile
    measure: Measure
    now: Now

    def mind(self, key: Key) -> str:
        """Look at an attachment that is due, and return what became of it."""
        row = self.store.get(*key)
        if row is None or "due_at" not in row:
            return "stopped"
        if row["due_at"] > stamp(self.now()):
            return "later"
        return self._look(Attachment.of(row))

    def heard(self, key: str) -> str:
        """Look at once at the object that the scan has told of, and return what became of it."""
        row = self.store.get(*attachment_key(id_of(key)))
        if row is None:
            return "unknown"
        found = Attachment.of(row)
        if found.state == "expected":
            self._look(found)
            row = self.store.get(*found.key) or row
            found = Attachment.of(row)
        if found.state == "clean" and found.mark:
            return self._again(found)
        return self._look(found) if found.state in ("scanning", "late") else found.state

    def _again(self, found: Attachment) -> str:
        """Look at other bytes that came under the key of a document, as if they were the first."""
        owner, seen = self._owner(found), self.bucket().look(found.object_key)
        if owner is None or seen is None or seen.mark == found.mark:
            return found.state
        return self._scanned(found, owner, seen)

    def sweep(self) -> dict[str, int]:
        """Delete every object that nobody owns, and return how many there are of each outcome."""
        outcomes: dict[str, int] = {}
        before = self.now() - ORPHAN_AGE
        for one in self.bucket().all():
            attachment_id = id_of(one.key)
            if not attachment_id or one.at > before:
                continue
            outcome = self._owned_or_gone(one.key, attachment_id)
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
        return outcomes

    def _owned_or_gone(self, key: str, attachment_id: str) -> str:
        row = self.store.get(*attachment_key(attachment_id))
        if row is None:
            self.bucket().delete(key)
            return "orphan"
        found = Attachment.of(row)
        owner = self._owner(found)
        return self._delete(found) if owner is None else "owned"

    def _look(self, found: Attachment) -> str:
        owner = self._owner(found)
        if owner is None:
            return self._delete(found)
        if found.state in ("clean", *SHUT):
            return self._settled(found, owner)
        seen = self.bucket().look(found.object_key)
        if found.state == "expected":
            if seen is not None:
                return self._arrived(found, seen)
            return "later" if found.row["due_at"] > stamp(self.now()) else self._delete(found)
        return self._scanned(found, owner, seen)

    def _arrived(self, found: Attachment, seen: Seen) -> str:
        """Take up what a browser sent without coming back, as far as there is room for it."""
        if seen.size > LARGE_BYTES:
            return self._delete(found)
        try:
            if found.owner.startswith(FILE):
                writes = self.added(found, seen.size)
            else:
                writes = arrival(self.store, found, self.now(), size=seen.size)
            self.store.commit(writes)
        except (Conflict, Refused, InvalidForm):
            return self._delete(found)
        return "arrived"

    def _scanned(self, found: Attachment, owner: Item, seen: Seen | None) -> str:
        if seen is None:
            return self._settle(found, owner, "refused", why=LOST)
        if seen.size > LARGE_BYTES:
            return self._settle(found, owner, "refused", why=OVER)
        if seen.result == THREATS:
            return self._settle(found, owner, "held_back", why=THREAT)
        if seen.result == UNSUPPORTED:
            return self._settle(found, owner, "refused", why=LOCKED)
        if seen.result != CLEAN:
            return self._waits(found, seen)
        if found.kind and not found.mark:
            return self._settle(found, owner, "clean")
        from chalicelib.forms.attachments.inspection import inspect

        # What came past us is read now, when the scan allows it: its kind is its bytes'.
        body = self.bucket().read(found.object_key)
        digest = digest_of(body)
        if found.digest == digest:
            return self._back(found, owner, seen.mark)
        try:
            kind = inspect(body)
        except WrongFile as wrong:
            return self._settle(found, owner, "refused", why=wrong.code)
        facts = {"file_kind": kind, "mark": seen.mark, "digest": digest}
        return self._settle(found, owner, "clean", **facts)

    def _back(self, found: Attachment, owner: Item, mark: str) -> str:
        """Keep the mark of bytes that were looked at before, and came back out of a copy: nobody
        is told of them twice."""
        facts: Item = {"state": "clean", "mark": mark}
        return self._change(found, [], "clean", **facts, **self._next(found, owner, "clean"))

    def _waits(self, found: Attachment, seen: Seen) -> str:
        """Look again later; after a quarter of an hour somebody is told."""
        waited = self.now() - moment(found.at)
        late = waited >= SCAN_PATIENCE
        if late:
            self.measure(UNSCANNED, waited.total_seconds())
            log.warning("attachment %s: not scanned (%s)", found.id, seen.result or "no result")
        state: AttachmentState = "late" if late else "scanning"
        again = due(found.id, self.now() + (LATE_AGAIN if late else LOOK_AGAIN))
        return self._change(found, [], state, state=state, **again)

    def _settle(
        self,
        found: Attachment,
        owner: Item,
        state: AttachmentState,
        **learnt: str,
    ) -> str:
        """Keep what the scan found, and what was learnt of the bytes; owe the letters of a file that
        was sent before it did."""
        facts: Item = {"state": state, "settled_at": stamp(self.now()), **learnt}
        letters: list[Write] = []
        if found.owner.startswith(FILE):
            # Of what was added later the morning's letter tells, unless nobody can open it.
            tells = state != "clean" or "added" not in found.row
            readers = {"staff_document_checked": ALL_STAFF} if tells else {}
            readers |= {} if state == "clean" else {"document_held_back": APPLICANT}
            letters = [
                Put(letter(found.owner, f"D{found.id[:12]}{found.mark[:6]}", name, to=reader,
                           due=stamp(self.now()), facts={"attachment": found.id}))
                for name, reader in readers.items()
            ]  # fmt: skip
        return self._change(found, letters, state, **facts, **self._next(found, owner, state))

    def _settled(self, found: Attachment, owner: Item) -> str:
        """Delete what was shut long enough; else wait for the end of what the document is of."""
        if found.state in SHUT and self._shut_until(found) <= self.now():
            self.bucket().delete(found.object_key)
        return self._change(found, [], "kept", **self._next(found, owner, found.state))

    def _next(self, found: Attachment, owner: Item, state: AttachmentState) -> Item:
        """Return when a document is looked at next, as what it keeps: at the end of its quarantine,
        at that of its draft; one of a file goes when the file says so."""
        ends = []
        if state in SHUT and self._shut_until(found) > self.now():
            ends.append(self._shut_until(found))
        if "expires" in owner:
            ends.append(datetime.fromtimestamp(owner["expires"], UTC) + LOOK_AGAIN)
        return due(found.id, min(ends)) if ends else {}

    def _shut_until(self, found: Attachment) -> datetime:
        settled = found.row.get("settled_at")
        return (moment(settled) if settled else self.now()) + QUARANTINE

    def _change(
        self, found: Attachment, letters: list[Write], outcome: str, **facts: object
    ) -> str:
        gone = () if "due_at" in facts else ("due_at", "due_shard")
        change = Change(found.key, expect=found.unchanged(), set=facts, remove=gone)
        try:
            self.store.commit([change, *letters])
        except Conflict:
            return "taken"
        return outcome

    def _owner(self, found: Attachment) -> Item | None:
        """Return the row of what a document is of; None when that is over, or has it no more."""
        kind, _, owner_id = found.owner.partition("#")
        if kind == "DRAFT":
            draft = self.store.get(*draft_key(owner_id)) or {}
            has = f"file_{found.id}" in draft or found.state == "expected"
            lives = draft.get("state") == OPEN and not is_over(draft, self.now())
            return draft if lives and has else None
        if kind == "CASE":
            case = self.store.get(found.owner, "CASE") or {}
            has = found.id in (case.get("attachments") or ()) or found.state == "expected"
            return case if case and has else None
        return None

    def _delete(self, found: Attachment) -> str:
        """Delete an attachment: its object first, so that no object is ever without a row."""
        self.bucket().delete(found.object_key)
        try:
            self.store.commit([Delete(found.key, expect=found.unchanged())])
        except Conflict:
            return "taken"
        return "deleted"
