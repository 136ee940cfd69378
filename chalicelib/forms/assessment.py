"""The self-assessment: five answers, one band, and what to do next. Advice, never a gate."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from chalicelib import content
from chalicelib.core.languages import Lang

if TYPE_CHECKING:
    from chalicelib.content.shapes.forms import Range

QUESTIONS: Final = ("q1_fit", "q2_goal", "q3_approach", "q4_people", "q5_capacity")


class AssessmentScore(NamedTuple):
    """`held_back_by`: the questions that keep the group from being ready, in their order."""

    total: int
    band: str
    held_back_by: tuple[str, ...]


def score(answers: Mapping[str, Any]) -> AssessmentScore:
    """Return the result of five option ids: the first band of the content that fits them."""
    points = {question: _points()[answers[question]] for question in QUESTIONS}
    total = sum(points.values())
    facts = {**points, "total": total}
    band = next(b for b in content.assessment()["bands"] if _fits(b["when"], facts))["id"]
    held = () if band in ("ready", "advanced") else _held_back(points, total)
    return AssessmentScore(total, band, held)


def explain(result: AssessmentScore, answers: Mapping[str, Any], lang: Lang) -> dict[str, Any]:
    """Return what templates and scripts say of a result: score, band, title, summary, what held
    the group back, advice, next steps and actions (`id` and `label`), in one language."""
    form = content.assessment()
    texts, common = form["results"][result.band], form["common"]
    questions = {f["key"]: f for f in form["sections"][0]["fields"]}
    weak = [q for q in QUESTIONS if _points()[answers[q]] <= 1]
    held = result.held_back_by if result.band in ("preparing", "early") else ()
    actions = [texts["primary_action"]]
    if "secondary_action" in texts:
        actions.append(texts["secondary_action"])
    return {
        "score": result.total,
        "max": form["score"]["max"],
        "band": result.band,
        "title": texts["title"][lang],
        "summary": texts["summary"][lang],
        "held_back": [{"id": q, "label": questions[q]["measures"][lang]} for q in held],
        "held_back_intro": common["held_back"][lang],
        "advice": [form["hints"][q][lang] for q in weak],
        "next_steps": [step[lang] for step in texts["steps"]],
        "actions": [{"id": action["id"], "label": action[lang]} for action in actions],
        "disclaimer": common["disclaimer"][lang],
    }


def talk(lang: Lang, contact_email: str) -> str:
    """Return whom to write to with a question about a result."""
    return content.assessment()["common"]["talk"][lang].format(contact_email=contact_email)


def _held_back(points: Mapping[str, int], total: int) -> tuple[str, ...]:
    ready = next(b for b in content.assessment()["bands"] if b["id"] == "ready")["when"]
    failing = tuple(q for q in QUESTIONS if q in ready and points[q] < ready[q].get("min", 0))
    if failing or total >= ready["total"]["min"]:
        return failing
    # Only the total is short: the two lowest, as they stand in the form.
    lowest = sorted(QUESTIONS, key=lambda q: (points[q], QUESTIONS.index(q)))[:2]
    return tuple(sorted(lowest, key=QUESTIONS.index))


def _fits(when: "Mapping[str, Range]", facts: Mapping[str, int]) -> bool:
    return all(
        limits.get("min", 0) <= facts[name] <= limits.get("max", facts[name])
        for name, limits in when.items()
    )


@cache
def _points() -> dict[str, int]:
    fields = content.assessment()["sections"][0]["fields"]
    return {o["id"]: o["score"] for f in fields for o in f["options"]}
