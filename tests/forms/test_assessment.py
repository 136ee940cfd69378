"""The self-assessment: every combination has one band, and the reference results hold."""

from collections import Counter
from itertools import product

import pytest

from chalicelib.core.languages import Lang
from chalicelib.forms import assessment


def answers(*points: int) -> dict[str, str]:
    return {q: f"{q[:2]}_{n}" for q, n in zip(assessment.QUESTIONS, points, strict=True)}


def test_all_combinations_fall_into_one_band() -> None:
    bands = Counter(assessment.score(answers(*p)).band for p in product(range(4), repeat=5))
    expected = {"other_approach": 256, "preparing": 515, "ready": 182, "early": 55, "advanced": 16}
    assert bands == expected


@pytest.mark.parametrize(
    ("points", "total", "band", "held"),
    [
        ((0, 3, 3, 3, 3), 12, "other_approach", ["q1_fit"]),
        ((3, 3, 3, 2, 2), 13, "advanced", []),
        ((2, 3, 3, 2, 2), 12, "advanced", []),
        ((1, 3, 3, 3, 3), 13, "preparing", ["q1_fit"]),
        ((3, 1, 0, 2, 2), 8, "ready", []),
        ((2, 2, 1, 2, 1), 8, "ready", []),
        ((3, 3, 2, 3, 0), 11, "preparing", ["q5_capacity"]),
        ((3, 0, 3, 3, 3), 12, "preparing", ["q2_goal"]),
        ((2, 1, 1, 1, 1), 6, "preparing", ["q2_goal", "q3_approach"]),
        ((2, 1, 0, 1, 0), 4, "early", ["q5_capacity"]),
        ((3, 3, 3, 3, 3), 15, "advanced", []),
    ],
)
def test_reference_results(points: tuple[int, ...], total: int, band: str, held: list[str]) -> None:
    result = assessment.score(answers(*points))
    assert (result.total, result.band, list(result.held_back_by)) == (total, band, held)


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_band_is_explained(lang: Lang) -> None:
    for points in (
        (0, 0, 0, 0, 0),
        (2, 1, 0, 1, 0),
        (2, 1, 1, 1, 1),
        (3, 1, 0, 2, 2),
        (3, 3, 3, 3, 3),
    ):
        result = assessment.score(answers(*points))
        said = assessment.explain(result, answers(*points), lang)
        assert said["title"]
        assert said["next_steps"]
        assert said["actions"]
        assert len(said["advice"]) == sum(p <= 1 for p in points)
        shown = result.band in ("preparing", "early")
        assert bool(said["held_back"]) is shown
