"""What one form takes over from another, so that nobody types it twice (WCAG 3.3.7)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from chalicelib import content

if TYPE_CHECKING:
    from chalicelib.content.shapes.forms import FormField

_SAME: Final = (
    "collective_name", "population", "community", "scope", "provinces_served", "why_integration",
    "affected_involved", "coach_id",
)  # fmt: skip
_PERSON: Final = ("first_name", "last_name", "title", "email", "phone", "phone_ext", "language")
_ORG: Final = (
    "legal_name", "status", "bn", "city", "province", "postal_code", "website",
)  # fmt: skip


def prefill(eoi: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers of an application that its declaration gives."""
    given = {key: eoi[key] for key in _SAME if key in eoi}
    given |= {f"applicant_{k}": eoi[f"contact_{k}"] for k in _PERSON if f"contact_{k}" in eoi}
    if eoi["fiduciary_known"] == "lead":
        given |= {f"fid_{k}": eoi[f"org_{k}"] for k in _ORG if f"org_{k}" in eoi}
    elif eoi["fiduciary_known"] == "other":
        theirs = {"fid_legal_name": "fiduciary_name", "fid_status": "fiduciary_status",
                  "fid_bn": "fiduciary_bn"}  # fmt: skip
        given |= {k: eoi[v] for k, v in theirs.items() if v in eoi}
    ours = {"name": eoi["org_legal_name"], "commitment": "confirmed"}
    given["partners"] = [ours, *eoi["partners"]]
    if eoi["coach_status"] != "not_yet":
        given["coach_status"] = eoi["coach_status"]
    return given


def declared(application: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers of a declaration that an application gives; some stay open."""
    given = {key: application[key] for key in _SAME if key in application}
    given |= {f"contact_{k}": application[f"applicant_{k}"] for k in _PERSON
              if f"applicant_{k}" in application}  # fmt: skip
    given |= {f"org_{k}": application[f"fid_{k}"] for k in _ORG if f"fid_{k}" in application}
    keys = {f["key"] for f in _field("eoi", "partners")["fields"]}
    given["partners"] = [
        {k: v for k, v in partner.items() if k in keys}
        for partner in application.get("partners", [])
        if partner.get("name") != application["fid_legal_name"]
    ]
    return given | {
        "fiduciary_known": "lead",
        "coach_status": application.get("coach_status", "not_yet"),
    }


def _field(form: str, key: str) -> "FormField":
    sections = content.form(form)["sections"]
    return next(f for section in sections for f in section["fields"] if f["key"] == key)
