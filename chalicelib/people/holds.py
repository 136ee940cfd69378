"""Legal holds of a person: on their files, on their subscriptions, and on what would expire."""

from datetime import date, datetime, time, timedelta
from typing import Final

from chalicelib import content
from chalicelib.cases.case import case_key
from chalicelib.core import business_days, eastern_time
from chalicelib.core.legal_hold import held_until, hold_key
from chalicelib.core.ports import Change, Delete, Key, Now, Store
from chalicelib.core.records import stamp
from chalicelib.people.finder import Person, PersonFound

EXPIRING: Final = (
    "message", "message_letter", "proposal", "subscriber_letter", "coach_letter",
    "proposal_letter", "batch", "asked", "stored_form", "form_letter",
)  # fmt: skip
"""The lines of the table whose rows a hold keeps beyond their time."""


class LegalHolds:
    def __init__(self, store: Store, now: Now) -> None:
        self._store = store
        self._now = now

    def until(self, person: Person) -> date | None:
        """Return the last day of a hold on a person that is on; None without one."""
        today = eastern_time.today(self._now())
        found = [held_until(self._store, f"PERSON#{key}", today) for key in sorted(person.keys)]
        return max((day for day in found if day is not None), default=None)

    def set(self, found: PersonFound, reason: str, until: date) -> int:
        """Hold everything found of a person to the end of a day; return how many rows were kept
        beyond their time. Setting it again changes reason and day, and takes in what is new."""
        now = self._now()
        months = content.retention()["request_months"]
        values = {"kind": "hold", "reason": reason, "until": str(until), "at": stamp(now),
                  "expires": _end(business_days.after_months(until, months))}  # fmt: skip
        for pk in _partitions(found):
            self._store.commit([Change(hold_key(pk), set=values)])
        last, kept = _end(until), 0
        for row in found.of(*EXPIRING):
            item = self._store.get(*row.key)
            if item is not None and item.get("expires", last) < last:
                self._store.commit([
                    Change(row.key, expect={"kind": item["kind"]}, set={"expires": last})
                ])  # fmt: skip
                kept += 1
        return kept

    def release(self, found: PersonFound) -> bool:
        """End the hold; return whether there was one. What it kept goes within a day or two."""
        keys = [key for pk in _partitions(found) if self._store.get(*(key := hold_key(pk)))]
        for key in keys:
            self._store.commit([Delete(key)])
        return bool(keys)


def _partitions(found: PersonFound) -> list[str]:
    people = [f"PERSON#{key}" for key in sorted(found.person.keys)]
    return [*people, *(case_key(id)[0] for id in sorted(found.files))]


def _end(day: date) -> int:
    end: datetime = business_days.at_eastern_time(day, time(23, 59))
    return int((end + timedelta(minutes=1)).timestamp())


def file_held(store: Store, key: Key, now: datetime) -> bool:
    return held_until(store, key[0], eastern_time.today(now)) is not None
