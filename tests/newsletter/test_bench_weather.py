"""Issues sent in a world that dies, throttles and forgets: nobody is lost, nobody gets two."""

import pytest

from bench.support.newsstand import Newsstand
from bench.support.simulated import Weather
from chalicelib.newsletter.sending.ledger import BATCH_SIZE

BAD = Weather(
    kill=0.02, throttle=0.02, throttle_one=0.002, lose_answer=0.02, late=0.05, twice=0.05, pauses=60
)


@pytest.mark.parametrize(("readers", "seed"), [(1000, 2), (400, 0), (400, 1), (400, 2)])
def test_whatever_dies_everybody_gets_it_once(readers: int, seed: int) -> None:
    found = Newsstand(readers, cap=500, rate=500, weather=BAD, seed=seed).send()
    assert found.kills > 5
    assert (found.lost, found.doubled) == (0, 0)
    assert found.at_once <= BATCH_SIZE


@pytest.mark.parametrize(("cap", "readers"), [(14, 1400), (50, 2500), (160, 6000), (500, 6000)])
def test_the_pace_is_what_ses_permits_and_none_is_lost(cap: int, readers: int) -> None:
    stand = Newsstand(readers, cap=cap, rate=cap)
    found = stand.send()
    assert (found.lost, found.doubled, found.throttled) == (0, 0, 0)
    times = stand.ses.times
    # The last call starts what is sent in its own span.
    seconds = times[-1][0] - times[0][0]
    sent = sum(number for _, number in times[:-1])
    assert sent / seconds >= 0.97 * 0.8 * cap
    assert sent / seconds <= 1.05 * 0.8 * cap


def test_the_same_seed_gives_the_same_run() -> None:
    one, other = (Newsstand(300, cap=500, rate=500, weather=BAD, seed=2).send() for _ in range(2))
    assert one.kills
    assert one == other
