"""A form that opens no file is kept as it came, for as long as the table of retention says."""

from datetime import datetime, time
from typing import Final, cast

from chalicelib import content
from chalicelib.cases.intake.submission import Arrival, Receipt
from chalicelib.cases.transition import STAFF_PREFIX
from chalicelib.core import business_days, eastern_time, references
from chalicelib.core.letter_row import ALL_STAFF, APPLICANT, letter
from chalicelib.core.ports import Item, Key, Put, Store, Write
from chalicelib.core.records import is_over, stamp

OWNER: Final = "FORM"
"""How the keys of a stored form, and of its letters, begin."""


def stored_form(visit: Arrival) -> tuple[list[Write], Receipt]:
    """Return what a form writes that opens no file, and its receipt: the answers, and the letters
    that its content names. Beyond so many forms a day in the name of one mailbox, its sender gets
    no letter; staff still do."""
    form, answers = visit.submission.form, visit.submission.answers
    kept = content.form(form)["stored"]
    number = references.new_file_number(eastern_time.local(visit.now).year)
    ref = references.reference(form, number)
    address = answers.get(kept.get("email", ""), "")
    item: Item = {
        "form": form,
        "form_version": visit.submission.version,
        "lang": visit.submission.lang,
        "answers": answers,
    }
    if address:
        item |= {"address": address, "sender": visit.person}
    if visit.consent:
        item["consent"] = cast("Item", visit.consent)
    counters = visit.mailbox_counters("forms_of_mailbox", address) if address else []
    for_sender = bool(address) and not visit.is_crowded
    names = [n for n in kept["letters"] if n.startswith(STAFF_PREFIX) or for_sender]
    return [*rows(ref, item, names, visit.now), *counters], visit.receipt(ref, visit.person or "")


def rows(ref: str, item: Item, letters: list[str], now: datetime) -> list[Put]:
    """Return the row of a form that came now, and those of the letters that it owes."""
    pk, sk = stored_form_key(ref)
    expires = _expires(item["form"], now)
    row = {"pk": pk, "sk": sk, "kind": "stored_form", "ref": ref, **item, "at": stamp(now)}
    owed = [
        letter(
            pk, 1, name, to=ALL_STAFF if name.startswith(STAFF_PREFIX) else APPLICANT,
            due=stamp(now),
        )
        for name in letters
    ]  # fmt: skip
    return [Put({**each, "expires": expires}) for each in (row, *owed)]


def is_kept(store: Store, ref: str, now: datetime) -> bool:
    """Say whether a form is there still."""
    found = store.get(*stored_form_key(ref))
    return found is not None and not is_over(found, now)


def stored_form_key(ref: str) -> Key:
    return f"{OWNER}#{ref}", OWNER


def _expires(form: str, now: datetime) -> int:
    """Return when the answers go, in seconds since 1970."""
    table = content.retention()["form_months"]
    last = business_days.after_months(eastern_time.today(now), table.get(form, table["others"]))
    return int(business_days.at_eastern_time(last, time(23, 59)).timestamp())
