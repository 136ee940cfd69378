"""What staff change at the desk: each change is a version, with who and why, and can be undone by
going back to any other one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from chalicelib.cases.staff import Staff
from chalicelib.content.edits import Value
from chalicelib.core.edits import IN_FORCE, MARK_SHARDS, EditsInForce, edits_of, mark_key, packed
from chalicelib.core.errors import Conflict, EditedByOther, RelaisError
from chalicelib.core.ports import Change, Item, Key, Now, Put, Store, Write
from chalicelib.core.records import stamp
from chalicelib.desk import log

EDIT_ATTEMPTS: Final = 5
"""How often an edit is saved anew because another subject was edited in the same moment."""

IN_FORCE_MAX_BYTES: Final = 300_000
"""What all edits may take together, compressed: a row holds 400 kB."""

VERSIONS_SHOWN: Final = 30


class TooMuchEdited(RelaisError):
    """All edits together would no longer fit into the row that processes read."""


class Version(NamedTuple):
    """One edit of a subject; a `value` of None is the packaged one."""

    number: int
    value: Value
    by: str
    why: str
    at: str


@dataclass(frozen=True)
class DeskEdits:
    store: Store
    in_force: EditsInForce
    now: Now

    def versions(self, subject: str) -> list[Version]:
        """Return the last versions of a subject, the newest first."""
        return [_version(row) for row in self.store.latest(_owner(subject), VERSIONS_SHOWN)]

    def version(self, subject: str, number: int) -> Version | None:
        row = self.store.get(*_key(subject, number))
        return None if row is None else _version(row)

    def standing(self) -> dict[str, tuple[int, Value]]:
        """Return all that is in force, as the store has it now."""
        return edits_of(self.store.get(*IN_FORCE))

    def save(self, by: Staff, subject: str, value: Value, why: str, seen: int) -> None:
        """Make a value the next version of a subject, and put it in force; None takes the edit
        away. `seen` is the number of the version that its editor saw. Raises EditedByOther when
        somebody else was faster, and TooMuchEdited."""
        for attempt in range(EDIT_ATTEMPTS):
            row = self.store.get(*IN_FORCE)
            try:
                self.store.commit(self._writes(by, subject, value, why, seen, row))
            except Conflict as conflict:
                is_last = attempt == EDIT_ATTEMPTS - 1
                if conflict.met(_key(subject, seen + 1)) is not None or is_last:
                    raise EditedByOther from None
                continue
            self.in_force.reread()
            return

    def _writes(  # noqa: PLR0913
        self, by: Staff, subject: str, value: Value, why: str, seen: int, row: Item | None
    ) -> list[Write]:
        now = self.now()
        number = (row or {}).get("number", 0) + 1
        edits = {s: e for s, e in edits_of(row).items() if s != subject}
        if value is not None:
            edits[subject] = (number, value)
        whole = packed(edits)
        if len(whole) > IN_FORCE_MAX_BYTES:
            raise TooMuchEdited
        pk, sk = _key(subject, seen + 1)
        version = {
            "pk": pk, "sk": sk, "kind": "edit", "number": seen + 1, "edit": number,
            "value": {"is": value}, "by": by.id, "name": by.name, "why": why, "at": stamp(now),
        }  # fmt: skip
        return [
            Put(version),
            *_counted(IN_FORCE, row, number, {"kind": "edits", "edits": whole}),
            *(
                write
                for shard in range(MARK_SHARDS)
                for write in _counted(mark_key(shard), row, number, {"kind": "edit_mark"})
            ),
            log.entry(by, "edited", {"whose": subject}, now),
        ]


def _counted(key: Key, row: Item | None, number: int, facts: Mapping[str, object]) -> list[Write]:
    """Return the write that counts up one of the rows that go by the number of the last edit."""
    if row is None:
        return [Put({"pk": key[0], "sk": key[1], "number": number, **facts})]
    return [Change(key, expect={"number": number - 1}, set={**facts, "number": number})]


def _owner(subject: str) -> str:
    return f"EDIT#{subject}"


def _key(subject: str, number: int) -> Key:
    return _owner(subject), f"VERSION#{number:06d}"


def _version(row: Item) -> Version:
    return Version(row["number"], row["value"]["is"], row["name"], row["why"], row["at"])
