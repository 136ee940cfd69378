"""The whole newsletter in random weather: `python -m bench.newsletter weather` has a thousand runs."""

import pytest

from newsletter_weather import Found, Weather


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_whatever_people_staff_and_ses_do_at_once_the_figures_are_what_happened(first: int) -> None:
    """Nobody is written to who must not be, nobody is forgotten, nobody gets it twice."""
    runs = [Weather(seed).run() for seed in range(first, first + 20)]
    assert sum(run.mailed for run in runs) > 100
    assert sum(run.deaths for run in runs) > 10


def test_the_weather_of_a_seed_is_the_same_again() -> None:
    one, other = (Weather(7).run() for _ in range(2))
    assert isinstance(one, Found)
    assert one == other
