"""What may be done with a draft: begun, changed by section, kept longer, shared, thrown away."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from chalicelib.core import rate_limit
from chalicelib.core.errors import (
    BadLink,
    Conflict,
    DraftBusy,
    DraftLate,
    DraftLinkReplaced,
    DraftOver,
)
from chalicelib.core.ports import Change, Delete, Item, Now, Put, Store, Write
from chalicelib.core.records import is_over, stamp
from chalicelib.forms.attachment import attachments_in, released
from chalicelib.forms.drafts.draft import (
    EMPTY_RETENTION,
    OPEN,
    SENT,
    FormDraft,
    Saved,
    Values,
    draft_key,
    lifetime,
    new_editor,
    new_id,
    row_names,
)
from chalicelib.forms.drafts.merging import beside, digests, merge
from chalicelib.forms.drafts.refused import DraftSent, EditedMeanwhile, Holder
from chalicelib.forms.drafts.rows import (
    ChangedRows,
    RowList,
    is_blank,
    with_row,
    with_row_back,
    without_row,
)
from chalicelib.forms.drafts.typed import check_carried, check_size, prefilled

SAVE_ATTEMPTS: Final = 24
"""How often a write is built anew because another came in between: all editors at once, twice."""


@dataclass(frozen=True)
class Drafts:
    """Each save is one conditional write; who saves on top of another's version is shown both."""

    store: Store
    now: Now
    people_key: bytes = field(repr=False)
    per_hour: int

    def begin(  # noqa: PLR0913
        self,
        form: str,
        lang: str,
        network: str,
        carried: Mapping[str, str],
        known: Values,
        entered: Values | None = None,
    ) -> Holder:
        """Begin a draft, with what is `known` already in its sections, and what was `entered` on
        another page: such a draft is kept as one that was changed now. Raises TooMany, TooLarge."""
        check_carried(carried)
        now = self.now()
        holder = Holder(new_id(form), new_editor())
        pk, sk = draft_key(holder.draft)
        row = {
            "pk": pk,
            "sk": sk,
            "kind": "draft",
            "form": form,
            "lang": lang,
            "state": OPEN,
            "edits": 0,
            "made_at": stamp(now),
            "expires": int((now + EMPTY_RETENTION).timestamp()),
            "carried": {name: text for name, text in carried.items() if text},
            f"editor_{holder.editor}": True,
            **prefilled(form, {**known, **(entered or {})}),
            **(lifetime(holder.draft, now) if entered else {}),
        }
        subject = rate_limit.of_network(network, self.people_key)
        writes = rate_limit.counters("draft_starts", subject, now, per_hour=self.per_hour)
        try:
            self.store.commit([Put(row), *writes])
        except Conflict:
            raise rate_limit.too_many(now) from None
        return holder

    def get(self, holder: Holder) -> FormDraft:
        """Return the draft that a link opens. Raises DraftOver and DraftLinkReplaced for a link
        that opens nothing any more, and DraftSent."""
        return self._standing(self.store.get(*draft_key(holder.draft)), holder)

    def save(
        self,
        holder: Holder,
        section: str,
        values: Values,
        *,
        version: int,
        seen: str = "",
        carried: Mapping[str, str] | None = None,
    ) -> Saved:
        """Keep what was typed in a section, whether it fits or not; `values` has all of it, and
        lists of rows only where they change. Raises EditedMeanwhile, DraftSent, BadLink, TooLarge.
        """
        form = holder.form
        check_size(form, values, carried)
        for _ in range(SAVE_ATTEMPTS):
            try:
                self.store.commit([self._change(holder, section, values, version, carried)])
                return Saved(values, version + 1, holder.editor, stamp(self.now()))
            except Conflict as conflict:
                draft = self._standing(conflict.met(draft_key(holder.draft)), holder)
            there = draft.sections[section]
            if there.version == version:
                raise BadLink("draft")
            theirs = beside(there.values, form, section, values)
            if theirs == values:
                return there
            merged = merge(values, theirs, seen)
            if merged.disputed:
                raise EditedMeanwhile(draft, section, values, theirs, merged)
            values, version, seen = merged.values, there.version, digests(theirs)
        raise DraftBusy

    def save_row(  # noqa: PLR0913
        self, holder: Holder, section: str, rows: str, row: Values, *, seen: str
    ) -> FormDraft:
        """Keep one row of a list, a new one at its end; twice the same is kept once, one that was
        emptied is taken out, and a blank one that no page showed is none. Raises as `save` does."""
        if is_blank(row) and not seen:
            return self.get(holder)
        where = RowList(section, rows)
        return self._change_rows(holder, where, lambda draft: with_row(draft, where, row, seen))

    def remove_row(self, holder: Holder, section: str, rows: str, row_id: str) -> FormDraft:
        """Take one row out of a list, to be put back while no other is taken out; nothing happens
        when it is gone already."""
        where = RowList(section, rows)
        return self._change_rows(holder, where, lambda draft: without_row(draft, where, row_id))

    def restore_row(self, holder: Holder, section: str, rows: str, row_id: str) -> FormDraft:
        """Put the row back that was taken out last, where it was; nothing happens when it is there
        already, or another one was taken out since."""
        where = RowList(section, rows)
        return self._change_rows(holder, where, lambda draft: with_row_back(draft, where, row_id))

    def change(
        self,
        holder: Holder,
        writes: Callable[[FormDraft], Sequence[Write]],
        is_done: Callable[[Conflict], bool] = lambda conflict: False,
    ) -> None:
        """Make the writes of a draft as it stands, and anew when it was changed in between; none
        are left when `is_done` says so of what was met. Raises DraftBusy, and what `get` does."""
        for _ in range(SAVE_ATTEMPTS):
            made = writes(self.get(holder))
            if not made:
                return
            try:
                return self.store.commit(made)
            except Conflict as conflict:
                if is_done(conflict):
                    return
        raise DraftBusy

    def extend(self, holder: Holder) -> FormDraft:
        """Keep a draft as long as if it had been changed now."""
        self.change(holder, lambda draft: [draft.extending(self.now())])
        return self.get(holder)

    def remove_editor(self, holder: Holder, editor: str) -> None:
        """End the link of a colleague; that of whoever began the draft stays good."""

        def writes(draft: FormDraft) -> list[Change]:
            other = editor in draft.editors and editor != holder.editor
            return [draft.leaving(editor)] if other and not draft.began(editor) else []

        self.change(holder, writes)

    def erase(self, holder: Holder) -> None:
        """Delete a draft with everything of it: first what could still be changed. Nothing happens
        when it is gone already."""

        def writes(draft: FormDraft) -> list[Change | Delete]:
            there = attachments_in(self.store, draft.key[0], draft.attachments)
            return [Delete(draft.key, expect=draft.unchanged()), *released(there, self.now())]

        try:
            self.change(holder, writes)
        except BadLink:
            if not self.is_gone(holder):
                raise
        self.forget_rest(holder.draft)

    def is_gone(self, holder: Holder) -> bool:
        return self.store.get(*draft_key(holder.draft)) is None

    def forget_rest(self, draft_id: str) -> None:
        """Delete the letters of a draft that was sent or deleted."""
        for row in self.store.rows(draft_key(draft_id)[0], "LETTER#"):
            self.store.commit([Delete((row["pk"], row["sk"]))])

    def _standing(self, row: Item | None, holder: Holder) -> FormDraft:
        """Return the draft of a row that its holder may see."""
        if not row:
            raise DraftOver(holder.form)
        draft = FormDraft.of(row)
        if is_over(row, self.now()):
            is_sent = row["state"] == SENT
            raise DraftOver(holder.form) if is_sent else DraftLate(holder.form, draft.until)
        if row["state"] == SENT:
            raise DraftSent(draft)
        if holder.editor not in draft.editors:
            raise DraftLinkReplaced("draft")
        return draft

    def _change(  # noqa: PLR0913
        self,
        holder: Holder,
        section: str,
        values: Values,
        version: int,
        carried: Mapping[str, str] | None,
    ) -> Change:
        lists = row_names(holder.form, section)
        now = self.now()
        return Change(
            draft_key(holder.draft),
            expect={
                "state": OPEN,
                f"editor_{holder.editor}": True,
                **({f"v_{section}": version} if version else {}),
            },
            absent=() if version else (f"v_{section}",),
            set={
                f"d_{section}": {k: v for k, v in values.items() if k not in lists},
                **{f"r_{key}": values[key] for key in lists if key in values},
                **{f"c_{name}": text for name, text in (carried or {}).items() if text},
                f"v_{section}": version + 1,
                f"by_{section}": holder.editor,
                f"at_{section}": stamp(now),
                **lifetime(holder.draft, now),
            },
            remove=("reminded_at",),
            add={"edits": 1},
            # Who saves does not read first: what is over must not come to life by it.
            unless_over=int(now.timestamp()),
        )

    def _change_rows(
        self, holder: Holder, where: RowList, change: Callable[[FormDraft], ChangedRows]
    ) -> FormDraft:
        """Change a list of rows as it stands, and again when somebody else was quicker."""
        draft = self.get(holder)
        for _ in range(SAVE_ATTEMPTS):
            there = draft.sections[where.section]
            changed = change(draft)
            values = {**there.values, where.rows: changed.kept}
            check_size(draft.form, values)
            write = self._change(holder, where.section, values, there.version, None)
            write = write._replace(set={**write.set, **changed.noted})
            try:
                self.store.commit([write])
                return self.get(holder)
            except Conflict as conflict:
                draft = self._standing(conflict.met(draft.key), holder)
        raise DraftBusy
