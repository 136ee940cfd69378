"""An application that came without an invitation, joined to the case it belongs to."""

from chalicelib.cases.case import Case, case_key
from chalicelib.cases.effects import Decider
from chalicelib.cases.guards import DecisionInput, GuardContext, check
from chalicelib.cases.matching import linkable
from chalicelib.cases.states import step
from chalicelib.cases.transition import StateChange
from chalicelib.core import references, stored_links
from chalicelib.core.errors import Refused
from chalicelib.core.ports import Item, Now, Store
from chalicelib.core.records import stamp


class Orphans:
    """Both cases move in one transaction, or neither does."""

    def __init__(self, store: Store, now: Now) -> None:
        self._store = store
        self._now = now

    def target(self, ref: str) -> Case | None:
        """Return the case that a reference names, when an application can be joined to it."""
        found = references.parse_reference(ref)
        if found is None:
            return None
        item = self._store.get(*case_key(references.file_number_of(found)))
        case = None if item is None else Case.of(item)
        return case if case is not None and linkable(case) else None

    def link(self, orphan: Case, target: Case, by: Decider, *, link: Item | None = None) -> Case:
        """Give the application to `target`, and return it; the orphan says where it went.

        Raises Refused, and Conflict when one of the two moved meanwhile.
        """
        now = self._now()
        decided = {"decision": "link", "by": by.id, "name": by.name, "at": stamp(now)}
        changes = []
        for case, event, other in ((orphan, "link", target), (target, "attach", orphan)):
            row = step(case.state, event)
            check(row, GuardContext(case, by.id, DecisionInput(), now))
            data = {**decided, "case": other.id}
            changes.append(StateChange(case, row, now, by.id, data))
        if orphan.id == target.id or not linkable(target):
            raise Refused("candidate")
        away, joined = changes
        away.sets = {"linked_to": target.id}
        joined.sets = {
            "application": orphan.application,
            "application_warnings": orphan.application_warnings,
            "applied_at": orphan.applied_at,
            "lang": orphan.lang,
            "contact_name": orphan.contact_name,
        }
        joined.removes = ["question", "address"]
        joined.owes_letters()
        writes = [*away.writes(), *joined.writes()]
        if link is not None:
            writes.append(stored_links.use(link, "link", now, case_version=orphan.version))
        self._store.commit(writes)
        return joined.after()
