"""Finds every row about one person: a list of addresses, followed through every move."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from chalicelib.coaches.edition import EditionLost
from chalicelib.coaches.editions import EditionStore
from chalicelib.core import rate_limit
from chalicelib.core.letter_row import kept_copy
from chalicelib.core.links import person_key
from chalicelib.core.ports import Item, Key
from chalicelib.people import retention
from chalicelib.people.ports import WholeTables

if TYPE_CHECKING:
    from chalicelib.coaches.coach import Coach

Progress = Callable[[int], None]

KEY_BYTES: Final = 16
"""How long the key of a person is in the ledger of an issue."""

MOVE: Final = "correct_address"
"""The step that moves a file to another address; its event has the keys of both."""

ADDRESS_IN_TEXT: Final = re.compile(r"[^\s@<>()\[\],:;\"]+@[^\s@<>()\[\],:;\"]+\.\w+")

_ROLES: Final = {
    "contact_email": "contact",
    "applicant_email": "applicant",
    "fid_lead_email": "fiduciary",
    "signatory_email": "signatory",
    "email": "team",
}
"""The field of a form that an address stands in → what its owner is in the file."""


OWN_IN_DRAFTS: Final = (".contact_email", ".applicant_email")
"""The fields of a draft in which whoever writes it gives their address."""


@dataclass
class Person:
    """Somebody by all that leads to them: addresses in lower case, their keys, coach's slugs.

    `files` are the ids of the files that are theirs.
    """

    addresses: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    slugs: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)

    def size(self) -> int:
        return sum(map(len, (self.addresses, self.keys, self.slugs, self.files)))

    def pattern(self, names: Iterable[str] = ()) -> re.Pattern[str]:
        """Return what finds an address, a key, or one of the names, in any letter case."""
        known = {*self.addresses, *self.keys, *(name.lower() for name in names)}
        words = "|".join(re.escape(word) for word in sorted(known))
        return re.compile(rf"(?<![\w.+-])(?:{words})(?![\w-]|\.\w)", re.IGNORECASE)


@dataclass(frozen=True)
class FoundRow:
    """A row about somebody: its line in the table of retention, and where in it they stand."""

    key: Key
    line: str
    places: tuple[str, ...]


@dataclass
class PersonFound:
    """Everything about one person. `files` has the roles in each file, by its id."""

    person: Person
    rows: list[FoundRow] = field(default_factory=list)
    files: dict[str, set[str]] = field(default_factory=dict)
    coaches: "list[Coach]" = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """Return how many rows there are of each line, and the coaches, in order."""
        found: dict[str, int] = {}
        for row in self.rows:
            found[row.line] = found.get(row.line, 0) + 1
        if self.coaches:
            found["edition_part"] = len(self.coaches)
        return dict(sorted(found.items()))

    def of(self, *lines: str) -> list[FoundRow]:
        return [row for row in self.rows if row.line in lines]


class Finder:
    """Reads both tables whole, as often as it learns another address: an operator's work."""

    def __init__(self, tables: WholeTables, editions: EditionStore, people_key: bytes) -> None:
        self._tables = tables
        self._editions = editions
        self._key = people_key

    def find(
        self, email: str, known: Person | None = None, progress: Progress = lambda count: None
    ) -> PersonFound:
        """Return everything about the owner of an address; `known` is what was known before."""
        person = known or Person()
        self._learn(person, email)
        while True:
            before = person.size()
            coaches = self._coaches(person)
            found = self._pass(person, progress)
            if person.size() == before:
                found.coaches = coaches
                return found

    def _pass(self, person: Person, progress: Progress) -> PersonFound:
        boxes = {rate_limit.of_mailbox(address, self._key) for address in person.addresses}
        found, pattern = PersonFound(person), person.pattern(boxes)
        for count, row in enumerate(self._tables.everything(), 1):
            progress(count)
            if len(person.keys) > len(person.addresses):
                self._name(person, row)
            places = tuple(_places(row, person, pattern))
            if not places:
                continue
            self._learn_from(person, row)
            line = retention.row_of(row["pk"], row["sk"], row.get("kind"))
            found.rows.append(
                FoundRow((row["pk"], row["sk"]), line["name"] if line else "", places)
            )
            if row.get("kind") == "case":
                roles = {role for place in places if (role := _role(place))}
                found.files[row["id"]] = roles | ({"owner"} if row["id"] in person.files else set())
        return found

    def _name(self, person: Person, row: Item) -> None:
        """Add the addresses in a row whose keys are known from a move that kept no more."""
        for _, text in texts(opened(row)):
            for address in ADDRESS_IN_TEXT.findall(text.lower()) if "@" in text else ():
                if person_key(address, self._key) in person.keys:
                    person.addresses.add(address)

    def _learn(self, person: Person, email: str) -> None:
        person.addresses.add(email.lower())
        person.keys.add(person_key(email, self._key))

    def _learn_from(self, person: Person, row: Item) -> None:
        """Add what a row about somebody tells of their other addresses."""
        if row.get("kind") == "subscriber":
            here = row["pk"].removeprefix("PERSON#")
            # Where two subscriptions were joined, each address may be another person's.
            earlier = {one["person"] for one in row.get("moved_from") or () if not one["joined"]}
            if earlier & person.keys:
                person.keys.add(here)
            if here in person.keys:
                person.keys |= earlier
                if row.get("email"):
                    self._learn(person, row["email"])
        # What a form says of an address proves nothing: a move does, which both addresses were
        # told of.
        if row.get("kind") == "event" and row["event"] == MOVE and "data" in row:
            person.keys |= {row["data"]["before"], row["data"]["address"]}
        if row.get("kind") == "case" and row["person"] in person.keys:
            person.files.add(row["id"])
            if row.get("address"):
                self._learn(person, row["address"])

    def _coaches(self, person: Person) -> "list[Coach]":
        """Return the person's rows in every edition that is kept, the newest of each slug."""
        found: dict[str, Coach] = {}
        for edition in self._editions.restorable():
            try:
                catalogue = self._editions.catalogue(edition)
            except EditionLost:
                continue
            for coach in catalogue:
                if coach.email.lower() in person.addresses or coach.slug in person.slugs:
                    person.slugs.add(coach.slug)
                    self._learn(person, coach.email)
                    found.setdefault(coach.slug, coach)
        return list(found.values())


def is_own_draft(places: Iterable[str]) -> bool:
    """Say whether a draft is the person's, by where their address stands in it: as whoever writes
    it, and not as somebody whom it names."""
    return any(place == "email" or place.endswith(OWN_IN_DRAFTS) for place in places)


def opened(row: Item) -> Item:
    """Return a row with the copy of its letter opened."""
    copy = kept_copy(row)
    return row if copy is None else {**row, "copy": copy}


def texts(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text in a value, with its place: `application.team[0].email`."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from texts(part, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list | tuple):
        for number, part in enumerate(value):
            yield from texts(part, f"{path}[{number}]")


def _places(row: Item, person: Person, pattern: re.Pattern[str]) -> Iterator[str]:
    for path, text in texts(opened(row)):
        if pattern.search(text):
            yield path
    people: Any = row.get("people")
    if row.get("kind") == "batch" and isinstance(people, bytes):
        each = (people[at : at + KEY_BYTES].hex() for at in range(0, len(people), KEY_BYTES))
        yield from ("people" for key in each if key in person.keys)
    if row.get("whose") in {key[:8] for key in person.keys}:
        yield "whose"
    first, _, owner = row["pk"].partition("#")
    if first in ("PROPOSAL", "COACH") and owner in person.slugs:
        yield "pk"
    for name in ("coach", "proposal"):
        if row.get(name) in person.slugs and row.get("kind") in ("message", "link"):
            yield name
    if first == "MORNING" and row.get("facts"):
        listed = {*row["facts"].get("decide", ()), *row["facts"].get("waiting", ())}
        yield from ("facts" for _ in listed & person.files)


def _role(place: str) -> str | None:
    if place in ("person", "address"):
        return "owner"
    if not place.startswith(("answers.", "application.")):
        return None
    return _ROLES.get(place.rpartition(".")[2])
