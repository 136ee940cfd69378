"""An application that came without an invitation, joined to the case it belongs to."""

from chalicelib.cases.case import Case, case_key
from chalicelib.cases.effects import Decider
from chalicelib.cases.guards import DecisionInput, GuardContext, check
from chalicelib.cases.matching import linkable
from chalicelib.cases.states import step
from chalicelib.cases.transition import StateChange
from chalicelib.core import references
from chalicelib.core.errors import Refused
from chalicelib.core.letter_row import ALL_STAFF, APPLICANT
from chalicelib.core.ports import Change, Item, Now, Store
from chalicelib.core.records import stamp


class Orphans:
    """Both cases move in one transaction, or neither does."""

    def __init__(self, store: Store, now: Now) -> None:
        self._store = store
        self._now = now

    def target(self, ref: str) -> Case | None:
        """The case that a reference names, when an application can be joined to it."""
        found = references.parse_reference(ref)
        item = (
            None if found is None else self._store.get(*case_key(references.file_number_of(found)))
        )
        case = None if item is None else Case.of(item)
        return case if case is not None and linkable(case) else None

    def link(self, orphan: Case, target: Case, by: Decider, *, link: Item | None = None) -> Case:
        """Gives the application to `target`; the orphan says where it went.

        Raises Refused, and Conflict when one of the two moved meanwhile.
        """
        row, attach = step(orphan.state, "link"), step(target.state, "attach")
        now = self._now()
        for one, case in ((row, orphan), (attach, target)):
            check(one, GuardContext(case, by.id, DecisionInput(), now, 1))
        if orphan.id == target.id or not linkable(target):
            raise Refused("candidate")
        said = {"decision": "link", "by": by.id, "name": by.name, "at": stamp(now)}
        away = StateChange(
            orphan, row, now, by.id, {**said, "from": orphan.state, "to": row.to, "case": target.id}
        )
        away.sets = {"linked_to": target.id}
        joined = StateChange(
            target,
            attach,
            now,
            by.id,
            {**said, "from": target.state, "to": attach.to, "case": orphan.id},
        )
        joined.sets = {
            "application": orphan.application,
            "application_warnings": orphan.application_warnings,
            "applied_at": orphan.applied_at,
            "lang": orphan.lang,
            "contact_name": orphan.contact_name,
        }
        joined.removes = ["question", "address"]
        joined.owes(["application_received"], APPLICANT, due=now)
        joined.owes(["staff_application_received"], ALL_STAFF, due=now)
        writes = [*away.writes(), *joined.writes()]
        if link is not None:
            writes.append(
                Change(
                    (link["pk"], link["sk"]),
                    expect={"case_version": orphan.version},
                    absent=("used_at",),
                    set={"used_at": stamp(now), "used_as": "link"},
                )
            )
        self._store.commit(writes)
        return joined.after()
