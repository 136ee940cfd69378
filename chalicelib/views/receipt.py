"""What a script is answered whose form is stored, sent whole or in steps."""

from collections.abc import Mapping
from typing import cast

from chalicelib import content
from chalicelib.cases.intake.submission import Receipt, received_text
from chalicelib.core.languages import Lang
from chalicelib.core.links import Links
from chalicelib.forms import assessment
from chalicelib.web.problems import in_words


def explained(
    result: Mapping[str, object], ref: str, lang: Lang, links: Links, contact_email: str
) -> dict[str, object]:
    """Return the result of a self-assessment with the address that each of its actions leads to;
    an action that leads nowhere is left out."""
    addresses = {
        "eoi": links.declare(lang, assessment_id=ref),
        "coaches": links.coaches(lang),
        "contact": f"mailto:{contact_email}",
        "ci_101": content.programme()["links"].get(f"ci_101_{lang}"),
    }
    given = cast("list[dict[str, str]]", result["actions"])
    actions = [{**one, "url": url} for one in given if (url := addresses.get(one["id"]))]
    return {**result, "actions": actions, "talk": assessment.talk(lang, contact_email)}


def receipt_body(receipt: Receipt, links: Links, contact_email: str) -> dict[str, object]:
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
        result, ref, lang = receipt.result, receipt.ref, receipt.lang
        body["result"] = explained(result, ref, lang, links, contact_email)
    return body
