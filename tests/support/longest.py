"""Answers of a form with every text as long, and every list as full, as it may be."""

from typing import Any

from chalicelib import content

WORDS = "L'été dernier, « nos » partenaires ont rencontré à l'école les collectifs de la région. "


def longest(form: str, answers: dict[str, Any]) -> dict[str, Any]:
    """Return the answers with every text as long, and every list as full, as it may be."""
    found = dict(answers)
    for section in content.form(form)["sections"]:
        for field in section["fields"]:
            key = field["key"]
            if field["type"] == "rows" and key in found:
                written = {
                    inner["key"]: text for inner in field["fields"] if (text := typed(inner))
                }
                found[key] = [{**found[key][0], **written}] * int(field["max"])
            elif field["type"] == "lines":
                found[key] = [f"{number} {WORDS}" * 2 for number in range(int(field["max"]))]
            elif text := typed(field):
                found[key] = f"{key} {text}"[: len(text)]
    return found


def typed(field: Any) -> str:
    if field["type"] not in ("text", "line", "name"):
        return ""
    return (WORDS * 100)[: field.get("max") or field.get("max_length") or 80]
