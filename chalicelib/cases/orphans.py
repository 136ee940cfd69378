"""An application that came without an invitation, joined to the case it belongs to."""

from collections.abc import Mapping
from datetime import datetime

from chalicelib.cases.case import Case, case_key
from chalicelib.cases.effects import Decider
from chalicelib.cases.guards import DecisionInput, GuardContext, check
from chalicelib.cases.joining import owe_joined
from chalicelib.cases.lookup import in_time
from chalicelib.cases.matching import linkable
from chalicelib.cases.proof import proved_application, proved_by_joining
from chalicelib.cases.staff import Roster
from chalicelib.cases.states import step
from chalicelib.cases.transition import StateChange
from chalicelib.core import references, stored_links
from chalicelib.core.errors import Refused
from chalicelib.core.letter_row import APPLICANT
from chalicelib.core.ports import Change, Item, Now, Store
from chalicelib.core.records import moment, stamp
from chalicelib.forms.attachment import attachments_in, handed_over


class Orphans:
    """Both cases move in one transaction, or neither does. The address of the file stays: that
    of the application is asked to confirm, where it is another one."""

    def __init__(self, store: Store, roster: Roster, now: Now) -> None:
        self._store = store
        self._now = now
        self._roster = roster

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
        staff = self._roster.get(by.id)
        address = None if staff is None else staff.email
        away, joined = _joined(orphan, target, ("link", "attach"), by.id, now, decided, address)
        joined.sets["proved"] = proved_by_joining(orphan, target)
        owe_joined(joined, orphan.application or {}, fiduciary=False)
        writes = [*away.writes(), *joined.writes(), *_documents(self._store, orphan, target)]
        if link is not None:
            writes.append(stored_links.use(link, "link", now, case_version=orphan.version))
        self._store.commit(writes)
        return joined.after()

    def confirm(self, orphan: Case, target: Case) -> Case:
        """Give the application to the case that it claims, whose own address says so: the
        invitation of that case is used then. A second time changes nothing.

        Raises Refused, and Conflict when one of the two moved meanwhile.
        """
        if orphan.linked_to == target.id:
            return target
        if orphan.disowned:
            raise Refused("not_now")
        if not in_time(target, moment(orphan.applied_at or orphan.submitted_at)):
            raise Refused("not_now")
        events = ("link_confirmed", "apply_confirmed")
        now = self._now()
        away, joined = _joined(orphan, target, events, APPLICANT, now, {})
        joined.sets["proved"] = proved_application(target, "link", now)
        owe_joined(joined, orphan.application or {}, fiduciary=True)
        documents = _documents(self._store, orphan, target)
        self._store.commit([*away.writes(), *joined.writes(), *documents])
        return joined.after()

    def disown(self, orphan: Case, target: Case) -> Case:
        """Note that the address of the case that an application claims says that it is not
        theirs, and tell the staff; the file stays as it is. A second time changes nothing.

        Raises Refused, and Conflict when the application moved meanwhile.
        """
        if orphan.disowned:
            return orphan
        row = step(orphan.state, "disown")
        change = StateChange(orphan, row, self._now(), APPLICANT, {"case": target.id})
        change.sets = {"disowned": True}
        change.owes_letters({"file": target.ref})
        self._store.commit(change.writes())
        return change.after()


def _documents(store: Store, orphan: Case, target: Case) -> list[Change]:
    """Return the writes that give the documents of an application to the file that it joins: with
    that file they go."""
    return handed_over(attachments_in(store, orphan.key[0], orphan.attachments), target.key[0])


def _joined(  # noqa: PLR0913
    orphan: Case,
    target: Case,
    events: tuple[str, str],
    by: str,
    now: datetime,
    data: Mapping[str, object],
    address: str | None = None,
) -> tuple[StateChange, StateChange]:
    """Return the steps of both cases. Raises Refused."""
    changes = []
    for case, event, other in ((orphan, events[0], target), (target, events[1], orphan)):
        row = step(case.state, event)
        check(row, GuardContext(case, by, DecisionInput(), now, address=address))
        changes.append(StateChange(case, row, now, by, {**data, "case": other.id}))
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
        "consents": {**(target.consents or {}), **(orphan.consents or {})},
    }
    if orphan.attachments:
        joined.sets["attachments"] = orphan.attachments
    joined.removes = ["question"]
    return away, joined
