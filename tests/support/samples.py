"""Complete, valid submissions by invented people, to be changed by each test."""

import copy
from typing import Any

EOI: dict[str, Any] = {
    "contact_first_name": "Ada",
    "contact_last_name": "Tremblay",
    "contact_title": "Coordonnatrice",
    "contact_email": "ada.tremblay@example.org",
    "contact_phone": "514 555-0123",
    "contact_phone_ext": "12",
    "contact_language": "fr",
    "org_legal_name": "Table de quartier Cœur-de-l’Île",
    "org_type": "roundtable",
    "org_status": "registered_charity",
    "org_bn": "123456782 RR 0001",
    "org_city": "Montréal",
    "org_province": "QC",
    "org_postal_code": "h2x 1y4",
    "org_website": "https://example.org",
    "collective_name": "Jeunes en action",
    "partners": [
        {"name": "École du Parc", "sector": "education", "commitment": "confirmed"},
        {"name": "Maison des jeunes", "sector": "nonprofit", "commitment": "confirmed"},
        {"name": "Ville de l’Exemple", "sector": "public", "commitment": "in_discussion"},
    ],
    "fiduciary_known": "lead",
    "team_size_planned": 4,
    "stream": "collective_impact",
    "issue_areas": ["youth", "employment"],
    "issue_summary": "Trop de jeunes du quartier n’ont ni emploi ni formation.",
    "population": "Les jeunes de 16 à 24 ans sans emploi.",
    "community": "Cœur-de-l’Île",
    "scope": "neighbourhood",
    "provinces_served": ["QC"],
    "goal_draft": "Réduire de moitié le nombre de jeunes sans emploi.",
    "why_integration": "Aucun organisme ne peut y arriver seul; il faut un plan intégré.",
    "stage": "group",
    "help_wanted": "Préciser un objectif commun et une façon de travailler ensemble.",
    "coach_status": "need_help",
    "earlier_support": "no",
    "heard_from": "partner",
    "consent_privacy": True,
    "confirm_authority": True,
}

APPLICATION: dict[str, Any] = {
    "completed_by": "fiduciary_lead",
    "applicant_first_name": "Ada",
    "applicant_last_name": "Tremblay",
    "applicant_title": "Coordonnatrice",
    "applicant_email": "ada.tremblay@example.org",
    "applicant_phone": "514 555-0123",
    "applicant_language": "fr",
    "fid_legal_name": "Table de quartier Cœur-de-l’Île",
    "fid_status": "registered_charity",
    "fid_bn": "123456782RR0001",
    "fid_street": "1234, rue Exemple",
    "fid_city": "Montréal",
    "fid_province": "QC",
    "fid_postal_code": "H2X 1Y4",
    "fid_annual_budget": "250 000 $",
    "fid_fiscal_year_end": "03-31",
    "fid_staff_fte": "3,5",
    "fid_lead_first_name": "Béatrice",
    "fid_lead_last_name": "O’Brien",
    "fid_lead_title": "Directrice",
    "fid_lead_email": "beatrice.obrien@example.org",
    "signing_authority_same": "yes",
    "fid_agreement": "not_needed",
    "collective_name": "Jeunes en action",
    "collective_description": "Né en 2024, le collectif décide par consensus.",
    "partners": [
        {"name": "Table de quartier Cœur-de-l’Île", "sector": "nonprofit",
         "commitment": "confirmed", "role": "Rassembler"},
        {"name": "École du Parc", "sector": "education", "commitment": "confirmed",
         "role": "Former", "is_new": False},
    ],
    "affected_involved": "Un comité de jeunes participe à chaque décision.",
    "team": [
        {"first_name": "Ada", "last_name": "Tremblay", "organization": "Table de quartier",
         "title": "Coordonnatrice", "email": "ada.tremblay@example.org", "role": "lead",
         "hours_month": 10, "language": "fr"},
        {"first_name": "Jean-François", "last_name": "D’Amours", "organization": "École du Parc",
         "title": "Enseignant", "email": "jf.damours@example.org", "role": "member",
         "hours_month": 6, "language": "both"},
    ],
    "team_informed": True,
    "problem": "Le taux de chômage des jeunes est le double de la moyenne.",
    "population": "Environ 1 200 jeunes de 16 à 24 ans.",
    "community": "Cœur-de-l’Île",
    "scope": "neighbourhood",
    "provinces_served": ["QC"],
    "impact_goal": "D’ici cinq ans, deux fois moins de jeunes sans emploi.",
    "why_integration": "Les services sont dispersés.",
    "approach_now": "Une ébauche de plan commun existe.",
    "support_measurement": "0",
    "support_activities": "1",
    "support_communication": "2",
    "support_backbone": "1",
    "coach_status": "need_help",
    "objectives": ["Préciser l’objectif commun", "Convenir de mesures communes"],
    "deliverables": "Un plan d’action commun.",
    "start_date": "2027-09-01",
    "end_date": "2028-03-31",
    "coach_hours": 60,
    "mode": "hybrid",
    "coaching_language": "fr",
    "milestones": [
        {"date": "2027-11-15", "description": "Objectif adopté"},
        {"date": "2028-03-01", "description": "Plan adopté"},
    ],
    "budget": [
        {"category": "coach_fees", "description": "Accompagnement", "quantity": "60",
         "unit_cost": "150", "amount": "9 000", "requested": "8 000"},
        {"category": "meetings", "description": "Rencontres", "amount": "1 000",
         "requested": "0"},
    ],
    "income": [
        {"source": "Table de quartier", "kind": "in_kind", "status": "confirmed",
         "amount": "2 000 $"},
    ],
    "success": "Les partenaires suivront le même plan.",
    "declare_accuracy": True,
    "declare_authority": True,
    "declare_use": True,
    "declare_conflict": "no",
    "consent_privacy": True,
    "signed_name": "Béatrice O’Brien",
    "signed_title": "Directrice",
}  # fmt: skip

ASSESSMENT: dict[str, Any] = {
    "q1_fit": "q1_3",
    "q2_goal": "q2_1",
    "q3_approach": "q3_0",
    "q4_people": "q4_2",
    "q5_capacity": "q5_2",
}


def eoi(**changes: Any) -> dict[str, Any]:
    return _changed(EOI, changes)


def application(**changes: Any) -> dict[str, Any]:
    return _changed(APPLICATION, changes)


def assessment(**changes: Any) -> dict[str, Any]:
    return _changed(ASSESSMENT, changes)


def _changed(sample: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A copy with changes; None takes a field out."""
    fields = {**copy.deepcopy(sample), **changes}
    return {key: value for key, value in fields.items() if value is not None}


def as_html(fields: dict[str, Any], style: str = "brackets") -> list[tuple[str, str]]:
    """The same answers as a browser sends them."""
    pairs = []
    for key, value in fields.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for number, row in enumerate(value):
                for name, cell in row.items():
                    pair = (f"{key}[{number}].{name}", f"{key}-{number}-{name}")
                    pairs += _typed(pair[style != "brackets"], cell)
        elif key == "objectives":
            pairs += [(f"{key}[{number}]", str(one)) for number, one in enumerate(value)]
        elif isinstance(value, list):
            pairs += [(key, str(one)) for one in value]
        else:
            pairs += _typed(key, value)
    return pairs


def _typed(name: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, bool):
        return [(name, "on")] if value else []
    return [(name, str(value))]
