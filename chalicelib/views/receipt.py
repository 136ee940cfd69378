"""What a script is answered whose form is stored, sent whole or in steps."""

from chalicelib.cases.intake.submission import Receipt, received_text
from chalicelib.forms import assessment
from chalicelib.web.problems import in_words


def receipt_body(receipt: Receipt, contact_email: str) -> dict[str, object]:
    """Return what a script is answered whose form is stored."""
    body: dict[str, object] = {
        "ref": receipt.ref,
        "status": receipt.status,
        "message": received_text(receipt.form, receipt.ref, receipt.lang),
        "links": {"status": receipt.status_url},
    }
    if receipt.warnings:
        body["warnings"] = [in_words(warning, receipt.lang) for warning in receipt.warnings]
    if receipt.result is not None:
        body["result"] = {**receipt.result, "talk": assessment.talk(receipt.lang, contact_email)}
    return body
