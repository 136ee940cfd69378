"""What the review page shows of the conditions of an approval."""

from collections.abc import Collection
from datetime import date

from chalicelib.cases.case import Case, Condition
from chalicelib.cases.guards import standing_conditions
from chalicelib.cases.review.reviews import Reviews
from chalicelib.cases.states import awaits


def conditions_facts(case: Case) -> list[dict[str, object]]:
    """Return the conditions of an approval: `text`, `due`, and the `id` that the form posts."""
    return [
        {**dated(condition), "id": str(number)}
        for number, condition in enumerate(case.conditions or [])
    ]


def new_days_facts(
    case: Case, reviews: Reviews, events: Collection[str]
) -> list[dict[str, object]]:
    """Return the conditions that may be given a new day, with the number that the form posts:
    those of an approval, or those that votes ask for once a day of them is over."""
    reopens = case.came_from is not None and awaits(case.came_from) == "conditions"
    today = str(reviews.today)
    found = [
        {**dated(one), "id": str(number), "over": one["due"] <= today}
        for number, one in enumerate(standing_conditions(case, reviews.votes(case)))
    ]
    if "postpone" in events or ("reopen" in events and reopens):
        return found
    return found if "conditions" in events and any(one["over"] for one in found) else []


def dated(condition: Condition) -> dict[str, object]:
    """Return a condition with its day as one."""
    return {**condition, "due": date.fromisoformat(condition["due"])}
