"""What becomes of a declaration that was kept beside a file: its address says it by mail."""

from dataclasses import dataclass
from typing import Final

from chalicelib.cases.case import Case, case_key
from chalicelib.cases.lookup import Cases
from chalicelib.cases.open_files import OpenFiles, find, open_key
from chalicelib.cases.states import kind, step, table
from chalicelib.cases.taking_back import as_known
from chalicelib.cases.transition import StateChange
from chalicelib.core.errors import BadLink
from chalicelib.core.letter_row import APPLICANT
from chalicelib.core.links import Links
from chalicelib.core.ports import Now, Store, Write
from chalicelib.core.records import stamp

REVISION: Final = "revise"


@dataclass(frozen=True)
class KeptDeclaration:
    """A declaration, the file whose address was asked, and the files of the same person that it
    may replace the answers of, the one it was kept beside first."""

    case: Case
    file: Case
    replaceable: list[Case]

    @property
    def waits(self) -> bool:
        return kind(self.case.state) == "unconfirmed"


class KeptDeclarations:
    """Each answer is one transaction. Raises Refused when the case or file is not where that can
    be, Conflict when one of them moved meanwhile."""

    def __init__(self, store: Store, cases: Cases, links: Links, now: Now) -> None:
        self._store = store
        self._cases = cases
        self._links = links
        self._now = now

    def opened(self, token: str) -> KeptDeclaration:
        """Return what a link asks about. Raises BadLink, also when the file has another address
        by now."""
        case_id, person = self._links.open_declaration(token)
        case = self._cases.unerased(case_id)
        file = None if case is None or case.beside is None else self._cases.unerased(case.beside)
        if case is None or file is None or not file.person.startswith(person):
            raise BadLink("declaration")
        found = find(self._opened(file.person), file.person, self._cases)
        others = [one for one in found.open[::-1] if one.id != file.id]
        files = [one for one in (file, *others) if self._may_be_revised(one)]
        return KeptDeclaration(case, file, files)

    def _may_be_revised(self, file: Case) -> bool:
        """Say whether a file takes other answers, in the state that its person knows."""
        return (self._cases.known_state(file), REVISION) in table()

    def replace(self, kept: KeptDeclaration, file: Case) -> Case:
        """Give its answers to a file, which keeps those before in its history, and return it.
        The address stays: it is corrected by both addresses."""
        case, now = kept.case, self._now()
        file = as_known(self._store, file, REVISION, now)
        before = file.answers
        data = {"form": "eoi", "before": before, "declaration": case.id}
        change = StateChange(file, step(file.state, REVISION), now, APPLICANT, data)
        change.sets = {
            "answers": {**case.answers, "contact_email": before["contact_email"]},
            "warnings": case.warnings,
            "lang": case.lang,
            "contact_name": case.contact_name,
            "org": case.org,
            "consents": {**(file.consents or {}), **(case.consents or {})},
            # The first form was perhaps not hers; these answers are.
            "proved": {**(file.proved or {}), "eoi": {"at": stamp(now), "by": "link"}},
        }
        change.removes = ["question", "votes"]
        change.owes_letters({"revised": True, "form": "eoi", "before": before})
        ending = StateChange(case, step(case.state, "join"), now, APPLICANT, {"case": file.id})
        ending.sets = {"linked_to": file.id}
        self._store.commit([*change.writes(), *ending.writes(), *self._settled(kept, file)])
        return change.after()

    def confirm(self, kept: KeptDeclaration) -> Case:
        """Make it a file of its own, under the address that said so, and return it."""
        case, file = kept.case, kept.file
        now = self._now()
        change = StateChange(case, step(case.state, "confirm"), now, APPLICANT, {})
        change.sets = {
            "person": file.person,
            "address": file.mail_to,
            "proved": {"eoi": {"at": stamp(now), "by": "link"}},
        }
        change.owes_letters()
        self._store.commit([*change.writes(), *self._settled(kept, case)])
        return change.after()

    def disown(self, kept: KeptDeclaration) -> Case:
        """End it, and tell staff that somebody sent it in her name; the sender hears nothing."""
        case, file = kept.case, kept.file
        row = step(case.state, "disown")
        change = StateChange(case, row, self._now(), APPLICANT, {"case": file.id})
        change.owes_letters({"file": file.ref})
        self._store.commit([*change.writes(), *self._settled(kept, file)])
        return change.after()

    def _settled(self, kept: KeptDeclaration, remaining: Case) -> list[Write]:
        """Return what forgets that it was kept, and finds the file that remains of it."""
        case, person = kept.case, kept.file.person
        opened = self._opened(person).without(case.id).with_file(remaining.id)
        if case.person == person:
            return [opened.write()]
        # The file has another address since: it was kept under the one before.
        before = self._opened(case.person)
        left = [before.without(case.id).write()] if case.id in before.kept else []
        return [opened.write(), *left]

    def _opened(self, person: str) -> OpenFiles:
        return OpenFiles.of(person, self._store.get(*open_key(person)))


def asked_file(store: Store, case: Case) -> Case | None:
    """Return the file that a declaration was kept beside, as it is now; None once it is gone."""
    item = None if case.beside is None else store.get(*case_key(case.beside))
    file = None if item is None else Case.of(item)
    return None if file is None or kind(file.state) == "gone" else file
