"""What one form asks and another told already: nobody types it twice (WCAG 3.3.7)."""

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.content import load

_SAME: Final = (
    "collective_name", "population", "community", "scope", "provinces_served", "why_integration",
    "affected_involved", "coach_id",
)  # fmt: skip
_PERSON: Final = ("first_name", "last_name", "title", "email", "phone", "phone_ext", "language")
_ORG: Final = (
    "legal_name", "status", "bn", "city", "province", "postal_code", "website",
)  # fmt: skip


def prefill(eoi: Mapping[str, Any]) -> dict[str, Any]:
    """What an application asks and the declaration told already (WCAG 3.3.7)."""
    known = {key: eoi[key] for key in _SAME if key in eoi}
    known |= {f"applicant_{k}": eoi[f"contact_{k}"] for k in _PERSON if f"contact_{k}" in eoi}
    if eoi["fiduciary_known"] == "lead":
        known |= {f"fid_{k}": eoi[f"org_{k}"] for k in _ORG if f"org_{k}" in eoi}
    elif eoi["fiduciary_known"] == "other":
        theirs = {"fid_legal_name": "fiduciary_name", "fid_status": "fiduciary_status",
                  "fid_bn": "fiduciary_bn"}  # fmt: skip
        known |= {k: eoi[v] for k, v in theirs.items() if v in eoi}
    ours = {"name": eoi["org_legal_name"], "commitment": "confirmed"}
    known["partners"] = [ours, *eoi["partners"]]
    if eoi["coach_status"] != "not_yet":
        known["coach_status"] = eoi["coach_status"]
    return known


def declared(application: Mapping[str, Any]) -> dict[str, Any]:
    """What a declaration asks and an application told already: read as one, it has gaps."""
    known = {key: application[key] for key in _SAME if key in application}
    known |= {f"contact_{k}": application[f"applicant_{k}"] for k in _PERSON
              if f"applicant_{k}" in application}  # fmt: skip
    known |= {f"org_{k}": application[f"fid_{k}"] for k in _ORG if f"fid_{k}" in application}
    keys = {f["key"] for f in _asked("eoi", "partners")["fields"]}
    known["partners"] = [
        {k: v for k, v in partner.items() if k in keys}
        for partner in application.get("partners", [])
        if partner.get("name") != application["fid_legal_name"]
    ]
    return known | {
        "fiduciary_known": "lead",
        "coach_status": application.get("coach_status", "not_yet"),
    }


def _asked(form: str, key: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        f for section in load(form)["sections"] for f in section["fields"] if f["key"] == key
    )
    return found
