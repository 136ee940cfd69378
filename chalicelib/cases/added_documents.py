"""Documents that an applicant adds to a file after it was sent, while it is open."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chalicelib.cases.case import Case, case_key
from chalicelib.cases.proof import proved
from chalicelib.cases.states import step
from chalicelib.cases.transition import StateChange
from chalicelib.core import eastern_time
from chalicelib.core.business_days import next_morning
from chalicelib.core.errors import Conflict, Refused, TooLarge
from chalicelib.core.letter_row import ALL_STAFF, APPLICANT, letter
from chalicelib.core.ports import Change, Item, KeySource, Now, Put, Store, Write
from chalicelib.core.records import stamp
from chalicelib.forms.attachment import (
    LARGE_BYTES,
    LOOK_AGAIN,
    SHUT,
    Attachment,
    AttachmentState,
    attachment_key,
    attachments_in,
    due,
    fields_of,
    released,
)
from chalicelib.forms.attachments.bringing import (
    ADDED_FULL,
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
    wrong,
)
from chalicelib.forms.attachments.ports import DocumentStore

EVENT: Final = "add_document"


@dataclass(frozen=True)
class AddedDocuments:
    """What was sent stays, and as many documents as the form takes may be added to it. Each has its
    event in the chain of its file, and the next morning's letter tells the staff."""

    store: Store
    bucket: Callable[[], DocumentStore]
    now: Now
    keys: KeySource
    """Asked when somebody brings a document: the function that hears of scans may read none."""

    def room(self, case: Case) -> dict[str, int]:
        """Return how many documents may still be added, by their field: those that nobody can open
        leave their place."""
        taken = [one.field for one in self._added(case) if one.state not in SHUT]
        return {f["key"]: f["max"] - taken.count(f["key"]) for f in fields_of(case.form)}

    def add(self, case: Case, brought: Brought, network: str) -> Case:
        """Keep a document that the page of a file brought, and return the file. Raises InvalidForm
        for what is none of ours or has no room, Refused where a file takes none, Conflict when it
        moved meanwhile. The same one twice is kept once."""
        step(case.state, EVENT)
        field_of(case.form, brought.field)
        kind = kind_of(brought)
        if brought_before(self._added(case), brought) is not None:
            return case
        self._check(case, brought.field)
        row = self._row(case, brought, self.now() + LOOK_AGAIN) | {
            "size": len(brought.body),
            "file_kind": kind,
            "digest": digest_of(brought.body),
        }
        made = reserve(self.store, row, network, self.keys.people, self.now())
        self.bucket().put(made.object_key, brought.body)
        change, writes = self._arrival(case, made)
        try:
            self.store.commit(writes)
        except Conflict:
            self.store.commit(released([made], self.now()))
            raise
        return change.after()

    def offer(
        self, case: Case, brought: Brought, network: str, back: Callable[[str], str]
    ) -> Offered:
        """Let a browser send a large document by itself; `back` makes of its id the address where
        it comes back. Raises as `add` does."""
        self._check(case, brought.field)
        row = self._row(case, brought, offer_ends(self.now()))
        made = reserve(self.store, row, network, self.keys.people, self.now())
        return offered(self.bucket(), made, self.now(), back(made.id))

    def came(self, case: Case, attachment_id: str) -> bool:
        """Take up a document that a browser says it sent; return whether the file has it. A second
        time changes nothing. Raises Refused, Conflict, InvalidForm, and TooLarge for one over our
        limit, which the sweep takes away."""
        row = self.store.get(*attachment_key(attachment_id))
        if row is None or row["owner"] != case.key[0]:
            return False
        found = Attachment.of(row)
        if found.state != "expected":
            return True
        seen = self.bucket().look(found.object_key)
        if seen is None:
            return False
        if seen.size > LARGE_BYTES:
            raise TooLarge
        _, writes = self._arrival(case, found, seen.size)
        self.store.commit(writes)
        return True

    def arrival(self, found: Attachment, size: int) -> Sequence[Write]:
        """Return the writes by which a file has a document that came to the bucket without its
        browser coming back. Raises Refused and InvalidForm where it takes none any more."""
        item = self.store.get(*case_key(found.owner.partition("#")[2]))
        if item is None:
            raise Refused("not_now")
        return self._arrival(Case.of(item), found, size)[1]

    def _added(self, case: Case) -> list[Attachment]:
        there = attachments_in(self.store, case.key[0], case.attachments)
        return [one for one in there if "added" in one.row]

    def _check(self, case: Case, key: str) -> None:
        """Raise Refused where the file takes no documents, NotFound for one that its form does not
        have, and InvalidForm where there is no room."""
        step(case.state, EVENT)
        field_of(case.form, key)
        if self.room(case)[key] < 1:
            raise wrong(key, ADDED_FULL)

    def _row(self, case: Case, brought: Brought, looked_at: datetime) -> Item:
        return {**awaited(case.key[0], brought, self.now(), looked_at), "added": True}

    def _arrival(
        self, case: Case, found: Attachment, size: int = 0
    ) -> tuple[StateChange, list[Write]]:
        """Return the step of a file that has a document more, and its writes: no name of a file
        stands in the chain of events."""
        self._check(case, found.field)
        now = self.now()
        data = {"document": found.id, "field": found.field}
        change = StateChange(case, step(case.state, EVENT), now, APPLICANT, data)
        change.sets = {
            "attachments": [*(case.attachments or []), found.id],
            "proved": proved(case, case.mail_to, "link", now),
        }
        state: AttachmentState = "scanning"
        arrived = Change(
            found.key,
            expect=found.unchanged(),
            set={"state": state, "at": stamp(now), **({"size": size} if size else {}),
                 **due(found.id, now + LOOK_AGAIN)},
        )  # fmt: skip
        return change, [*change.writes(), arrived, *self._letter(change)]

    def _letter(self, change: StateChange) -> list[Put]:
        """Owe the next morning's letter about the file, if it is not owed yet."""
        morning = next_morning(change.now)
        name, pk = change.row.letters[0], change.case.key[0]
        since = f"M{eastern_time.local(morning):%Y%m%d}"
        facts = {"since": stamp(change.now)}
        owed = letter(pk, since, name, to=ALL_STAFF, due=stamp(morning), facts=facts, by_day=True)
        return [] if self.store.get(owed["pk"], owed["sk"]) else [Put(owed)]
