"""A step that meets another one is taken again, on what is there then."""

import pytest

from chalicelib.core.conflicts import retry_on_conflict
from chalicelib.core.errors import Conflict, StoreDown


@pytest.mark.parametrize("met", [0, 1, 4])
def test_a_step_is_taken_again_after_each_conflict(met: int) -> None:
    taken: list[int] = []

    def act() -> int:
        taken.append(len(taken))
        if len(taken) <= met:
            raise Conflict({})
        return taken[-1]

    assert retry_on_conflict(act, 5, "too often") == met


def test_a_step_that_is_met_each_time_says_why_it_gives_up() -> None:
    taken: list[None] = []

    def act() -> None:
        taken.append(None)
        raise Conflict({})

    with pytest.raises(StoreDown, match="too often"):
        retry_on_conflict(act, 5, "too often")
    assert len(taken) == 5
