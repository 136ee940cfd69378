"""Erases a person from the forms that opened no file."""

from chalicelib.coaches.removal import forget_rows
from chalicelib.core.ports import Change, Store
from chalicelib.people.export import FORM_LINE, is_sender
from chalicelib.people.finder import FoundRow, Person, PersonFound, opened, texts
from chalicelib.people.masking import names_of, without, without_anywhere


def erase(store: Store, found: PersonFound) -> None:
    """Delete the forms that a person sent, with their letters, and mask the person in others'."""
    for row in found.of(FORM_LINE):
        if is_sender(row):
            forget_rows(store, row.key[0])
        else:
            _mask(store, row, found.person)


def _mask(store: Store, found: FoundRow, person: Person) -> None:
    kept = store.get(*found.key)
    if kept is None:
        return
    names = names_of(kept["answers"], person)
    pattern = person.pattern(names)
    # The form last: it is what names the person, should this die in between.
    for row in store.rows(found.key[0], "LETTER#"):
        if any(pattern.search(text) for _, text in texts(opened(row))):
            facts = without_anywhere(row["facts"], person, names)
            store.commit([Change((row["pk"], row["sk"]), set={"facts": facts}, remove=("copy",))])
    answers = without(kept["answers"], person, names)
    store.commit([Change(found.key, expect={"answers": kept["answers"]}, set={"answers": answers})])
