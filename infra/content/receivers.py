"""Whether what receives a form finds there what it reads, and what it owes can be sent."""

from collections.abc import Collection, Iterator
from typing import Any, Final

from chalicelib.cases.intake.receive import RECEIVERS
from chalicelib.core.letter_row import APPLICANT
from chalicelib.mail.letters import LETTERS, STAFF
from chalicelib.mail.writers.stored_form import StoredFormLetter
from infra.content.slips import Contents, Slip, instead, unknown

STORED: Final = "stored_form"

ONE_FORM: Final = {"declaration": "eoi", "application": "application", "assessment": "assessment"}
"""What receives one form of the code's own, and no other."""

NEEDED: Final = {
    "eoi": "contact_first_name contact_last_name contact_email contact_language org_legal_name "
    "consent_privacy",
    "application": "applicant_first_name applicant_last_name applicant_email applicant_language "
    "completed_by fid_legal_name fid_status fid_lead_email team coach_status start_date end_date "
    "milestones budget declare_conflict consent_privacy",
    "newsletter": "email language consent",
    "message": "name email message",
}
"""The fields of a form that the code reads; all others are its programme's own."""


def slips(contents: Contents, forms: Contents, offered: Collection[str]) -> Iterator[Slip]:
    """Yield what keeps a form from being received, and the letters about it from being sent."""
    for name in offered:
        yield from _receiver(name, forms.get(name, {}))
    for name, form in forms.items():
        yield from _stored(name, form)
    for name, keys in NEEDED.items():
        fields = _fields(forms.get(name, {"sections": ()}))
        for key in keys.split():
            if key not in fields:
                mend = f"Add a field with this key: the code reads it. {instead(key, fields)}"
                yield Slip(name, ("sections",), f"no field is called {key}", mend)
    yield from _months(contents["retention"]["form_months"], forms)


def _receiver(name: str, form: Any) -> Iterator[Slip]:
    found = form.get("received_as")
    if found not in RECEIVERS:
        what = f"received_as: {found}, so nothing receives it"
        yield Slip(name, ("received_as",), what, instead(str(found), RECEIVERS))
    elif ONE_FORM.get(found, name) != name:
        what = f"received_as: {found} reads the fields of {ONE_FORM[found]} alone"
        yield Slip(name, ("received_as",), what, f"Write “{STORED}”, which takes any form.")
    elif (found == STORED) is not ("stored" in form):
        what = f"stored: goes with received_as {STORED}, and only with that"
        mend = "Say under “stored” which letters are owed, and where the address of the sender is."
        yield Slip(name, ("stored",) if "stored" in form else ("received_as",), what, mend)


def _stored(name: str, form: Any) -> Iterator[Slip]:
    """Find an address to write to that is none, and letters that are not about a form that is kept."""
    stored, place = form.get("stored", {"letters": ()}), ("stored", "letters")
    if "email" in stored:
        addresses = [key for key, field in _fields(form).items() if field["type"] == "email"]
        yield from unknown(
            name, ("stored", "email"), [stored["email"]], addresses, "field of an address"
        )
    about = {key for key, one in LETTERS.items() if StoredFormLetter in _reads(one.facts_of)}
    yield from unknown(name, place, stored["letters"], about, "letter about a stored form")
    for letter in about & set(stored["letters"]):
        readers = LETTERS[letter].readers
        if APPLICANT in readers and "email" not in stored:
            mend = "Say under “email” which field has the address of the sender, or leave it out."
            yield Slip(name, place, f"{letter}: goes to an address that no field has", mend)
        if (STAFF in readers) is not letter.startswith(f"{STAFF}_"):
            mend = "A letter to staff, and no other one, has a name that begins with “staff_”."
            yield Slip(name, place, f"{letter}: its name hides who reads it", mend)


def _months(table: Any, forms: Contents) -> Iterator[Slip]:
    kept = [name for name, form in forms.items() if "stored" in form]
    place = ("form_months",)
    yield from unknown("retention", place, table, {*kept, "others"}, "form that is kept")
    if "others" not in table:
        mend = "Add “others”: how long all other forms are kept, in months."
        yield Slip("retention", place, "form_months: without others", mend)


def _fields(form: Any) -> dict[str, Any]:
    return {field["key"]: field for section in form["sections"] for field in section["fields"]}


def _reads(function: Any) -> list[object]:
    return [kind for name, kind in function.__annotations__.items() if name != "return"]
