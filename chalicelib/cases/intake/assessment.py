"""A self-assessment is scored at once; its result is nobody's."""

from datetime import time
from typing import Any

from chalicelib import content
from chalicelib.cases.intake.submission import Arrival, Receipt
from chalicelib.cases.lookup import assessment_key
from chalicelib.core import business_days, eastern_time, references
from chalicelib.core.letter_row import APPLICANT, letter
from chalicelib.core.ports import Put, Write
from chalicelib.core.records import stamp
from chalicelib.forms import assessment as assessments
from chalicelib.forms.problems import RESULT_NOT_MAILED, Problem


def assessment(visit: Arrival) -> tuple[list[Write], Receipt]:
    """Return what a self-assessment writes, and its receipt. Beyond so many results a day for one
    mailbox, whoever asked for them, a result is shown and not mailed, and says so."""
    answers = dict(visit.submission.answers)
    address = answers.pop("send_to_email", None)
    result = assessments.score(answers)
    number = references.new_file_number(eastern_time.local(visit.now).year)
    ref = references.reference(visit.submission.form, number)
    pk, sk = assessment_key(ref)
    item = {
        "pk": pk,
        "sk": sk,
        "kind": "assessment",
        "ref": ref,
        "lang": visit.submission.lang,
        "form_version": visit.submission.version,
        "answers": answers,
        "total": result.total,
        "band": result.band,
        "at": stamp(visit.now),
        "expires": _expires(visit),
    }
    writes: list[Write] = [Put(item)]
    if address and visit.is_crowded:
        item["unsent"] = True
    elif address:
        owed = letter(pk, 1, "assessment_result", to=APPLICANT, due=stamp(visit.now))
        writes.append(Put({**owed, "address": address, "expires": item["expires"]}))
        writes += visit.mailbox_counters("results_of_mailbox", address)
    made = receipt(visit, ref, answers)
    if "unsent" in item:
        made = made._replace(warnings=(Problem("send_to_email", RESULT_NOT_MAILED),))
    return writes, made


def _expires(visit: Arrival) -> int:
    """Return when the answers go, in seconds since 1970."""
    today = eastern_time.today(visit.now)
    last = business_days.after_months(today, content.retention()["assessment_months"])
    return int(business_days.at_eastern_time(last, time(23, 59)).timestamp())


def receipt(
    visit: Arrival, ref: str, answers: dict[str, Any], *, replayed: bool = False
) -> Receipt:
    scored = assessments.score(answers)
    return Receipt(
        form="assessment",
        ref=ref,
        status=scored.band,
        lang=visit.submission.lang,
        status_url=visit.links.file(ref, ""),
        replayed=replayed,
        warnings=visit.submission.warnings if replayed else (),
        result=assessments.explain(scored, answers, visit.submission.lang),
    )
