"""The drafts of one person, erased with everything of them."""

from datetime import datetime

from chalicelib.coaches.removal import forget_rows
from chalicelib.core.ports import Store
from chalicelib.forms.attachment import attachments_in, released
from chalicelib.forms.drafts.draft import FormDraft
from chalicelib.people.finder import PersonFound, is_own_draft


def erase(store: Store, found: PersonFound, now: datetime) -> None:
    """Delete the drafts that the person writes, with their letters; their documents go with the
    next sweep."""
    for one in found.of("draft"):
        if not is_own_draft(one.places):
            continue
        row = store.get(*one.key)
        ids = FormDraft.of(row).attachments if row else {}
        if gone := released(attachments_in(store, one.key[0], ids), now):
            store.commit(gone)
        forget_rows(store, one.key[0])
