"""What of a file is proved: which form's address somebody has used a link or an invitation of."""

from datetime import datetime

from chalicelib.cases.case import Case, FormName, Proof, ProvedBy
from chalicelib.core.email_address import is_same_address
from chalicelib.core.records import stamp

Proved = dict[FormName, Proof]


def proved(case: Case, address: str, by: ProvedBy, now: datetime) -> Proved:
    """Return what is proved of a case once somebody acted by a mail to this address: each form
    that gave it, from the first time on."""
    given: dict[FormName, str | None] = {
        "eoi": case.answers.get("contact_email"),
        "application": (case.application or {}).get("applicant_email"),
    }
    proof: Proof = {"at": stamp(now), "by": by}
    fresh = {form: proof for form, one in given.items() if one and is_same_address(one, address)}
    return {**fresh, **(case.proved or {})}


def proved_application(case: Case, by: ProvedBy, now: datetime) -> Proved:
    """Return what is proved of a case whose own address sends, or confirms, its application."""
    proof: Proof = {"at": stamp(now), "by": by}
    return {**proved(case, case.mail_to, by, now), "application": proof}


def proved_by_joining(orphan: Case, target: Case) -> Proved:
    """Return what is proved of `target` once staff have given it the application of `orphan`."""
    found = (orphan.proved or {}).get("application")
    return {**(target.proved or {}), **({"application": found} if found else {})}
