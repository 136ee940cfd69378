"""The letters that drafts owe: a link for later, one for a colleague, a reminder before the end."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from chalicelib.core import rate_limit
from chalicelib.core.errors import Conflict
from chalicelib.core.languages import Lang
from chalicelib.core.letter_row import APPLICANT, letter
from chalicelib.core.links import person_key
from chalicelib.core.ports import Change, Item, Key, Now, Put, Store, Write
from chalicelib.core.records import stamp
from chalicelib.forms.drafts.draft import OPEN, RETENTION, FormDraft, draft_key, new_editor
from chalicelib.forms.drafts.drafts import Drafts
from chalicelib.forms.drafts.refused import Holder

DRAFT_LETTERS: Final = "DRAFT"
"""How the keys of these letters begin."""

CLOCK: Final = "ANSWERS"
"""How the key of the row ends in which a reminder falls due."""


@dataclass(frozen=True)
class DraftLetters:
    """Each letter is owed in the transaction that makes its link good."""

    store: Store
    drafts: Drafts
    now: Now
    people_key: bytes = field(repr=False)

    def keep(self, holder: Holder, email: str, lang: Lang) -> None:
        """Owe the link to whoever writes the draft, at most once an hour to an address; the draft
        is kept at that address from now on, unless it is a colleague's."""
        kept = {"email": email, "person": person_key(email, self.people_key), "lang": lang,
                "owner": holder.editor}  # fmt: skip

        def change(draft: FormDraft) -> Change:
            return Change(draft.key, expect={"state": OPEN, f"editor_{holder.editor}": True},
                          set=kept if draft.may_move(holder.editor) else {},
                          add={"edits": 1})  # fmt: skip

        self._owe(holder, "draft_link", holder.editor, email, lang, change)

    def renew(self, draft: FormDraft, holder: Holder, lang: Lang) -> Holder:
        """Put a new link in the place of that of whoever keeps the draft at their address, and owe
        it there in the same step: the old one opens nothing from there on. Raises TooMany."""
        if not draft.kept_by(holder.editor):
            return holder
        fresh = new_editor()

        def change(draft: FormDraft) -> Change:
            return draft.renewing(holder.editor, fresh)

        self._owe(holder, "draft_link", fresh, draft.email, lang, change, mark=fresh)
        return holder._replace(editor=fresh)

    def invite(self, holder: Holder, email: str, name: str, lang: Lang) -> None:
        """Give a colleague a link of their own, by mail. Raises TooMany."""
        editor = new_editor()

        def change(draft: FormDraft) -> Change:
            return draft.inviting(name, editor)

        self._owe(holder, "draft_colleague", editor, email, lang, change)

    def fire(self, key: Key) -> str:
        """Remind whoever left an address that a draft ends soon, once; say what became of it."""
        row, now = self.store.get(*key), self.now()
        if row is None or "due_at" not in row:
            return "stopped"
        if row["due_at"] > stamp(now):
            return "later"
        change = Change(key, expect={"due_at": row["due_at"], "state": row["state"]},
                        set={"reminded_at": stamp(now)}, remove=("due_at", "due_shard"),
                        add={"edits": 1})  # fmt: skip
        writes: list[Write] = [change]
        draft = FormDraft.of(row)
        owner = next(iter(draft.editors), "")
        if draft.email and row["state"] == OPEN:
            facts = {"lang": draft.lang, "editor": row.get("owner", owner)}
            owed = self._letter(key, "draft_ending", draft.email, facts, now, by_day=True)
            writes.append(Put(owed))
        try:
            self.store.commit(writes)
        except Conflict:
            return "taken"
        return "reminded" if len(writes) > 1 else "stopped"

    def _owe(  # noqa: PLR0913
        self,
        holder: Holder,
        name: str,
        editor: str,
        email: str,
        lang: Lang,
        change: Callable[[FormDraft], Change],
        mark: str = "",
    ) -> None:
        now = self.now()
        counters = rate_limit.counters("draft_letters", holder.draft, now)
        facts: dict[str, object] = {"lang": lang, "editor": editor}
        owed = self._letter(draft_key(holder.draft), name, email, facts, now, mark=mark)

        def is_done(conflict: Conflict) -> bool:
            if conflict.met((owed["pk"], owed["sk"])) is not None:
                return True  # Asked for within this hour: the letter is on its way already.
            if any(conflict.met(counter.key) is not None for counter in counters):
                raise rate_limit.too_many(now, rate_limit.full_window(conflict, counters)) from None
            return False

        self.drafts.change(holder, lambda draft: [change(draft), Put(owed), *counters], is_done)

    def _letter(  # noqa: PLR0913
        self,
        key: Key,
        name: str,
        email: str,
        facts: dict[str, object],
        now: datetime,
        *,
        by_day: bool = False,
        mark: str = "",
    ) -> Item:
        mailbox = person_key(email, self.people_key)[:8]
        since = f"{now:%Y%m%d%H}{mark}-{mailbox}"
        row = letter(key[0], since, name, to=APPLICANT, due=stamp(now), facts=facts,
                     by_day=by_day)  # fmt: skip
        expires = int((now + RETENTION).timestamp())
        return {**row, "address": email, "expires": expires}
