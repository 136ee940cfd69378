"""The votes on an application: which are on what is decided now, and whose they are."""

from collections.abc import Sequence

from chalicelib.cases.case import Case, Vote
from chalicelib.cases.states import shows


def votes_on(case: Case) -> list[Vote]:
    """Return the votes on what is decided now: on the approval or, once there are conditions to
    it, on whether they are met."""
    about = "conditions_met" if shows(case.state, "conditions") else None
    return [vote for vote in case.votes or [] if vote.get("on") == about]


def voters(votes: Sequence[Vote]) -> list[str]:
    """Return the ids of who has voted, each once."""
    return list(dict.fromkeys(vote["by"] for vote in votes))
