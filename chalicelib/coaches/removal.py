"""Takes a coach out of the directory, with all that is kept about them."""

from collections.abc import Sequence
from typing import Literal

from chalicelib.coaches.editions import EditionStore
from chalicelib.core.ports import DELETES_PER_COMMIT, Delete, Store, Write


class CoachRemoval:
    def __init__(self, editions: EditionStore) -> None:
        self._editions = editions

    def remove(
        self, slug: str, by: str, also: Sequence[Write] = ()
    ) -> Literal["removed", "earlier", "unknown"]:
        """Take somebody out of the current edition and of every one that is kept, with their
        proposals and letters; `earlier` when the current edition did not have them. What is written
        `also` is so where it had them.

        Doing it again after a death goes on. Raises Conflict when somebody published meanwhile.
        """
        current = self._editions.current()
        catalogue = self._editions.catalogue(current)
        kept = [coach for coach in catalogue if coach.slug != slug]
        there = len(kept) < len(catalogue)
        if there:
            noted: list[Write] = [
                write
                for coach in catalogue
                if coach.slug == slug
                for write in self._editions.withdrawals.noted(coach)
            ]
            why = "removed a coach"
            self._editions.publish(
                kept, by=by, why=why, after=current, also=[*noted, *also], one_page=True
            )
        earlier = self._editions.forget(slug)
        gone = forget_rows(self._editions.store, f"PROPOSAL#{slug}", f"COACH#{slug}")
        self._editions.withdrawals.finish(slug)
        if there:
            return "removed"
        return "earlier" if earlier or gone else "unknown"


def forget_rows(store: Store, *partitions: str, prefix: str = "") -> int:
    """Delete the rows of some partitions whose `sk` starts so; return how many there were."""
    keys = [(row["pk"], row["sk"]) for pk in partitions for row in store.rows(pk, prefix)]
    for start in range(0, len(keys), DELETES_PER_COMMIT):
        store.commit([Delete(key) for key in keys[start : start + DELETES_PER_COMMIT]])
    return len(keys)
