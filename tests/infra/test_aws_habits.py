"""The list of what AWS does otherwise is whole: each row has evidence, a mend, and tests that exist."""

import re

from infra.package import ROOT

ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "aws.md").read_text("utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| habit")
]


def test_every_habit_of_aws_has_evidence_a_mend_and_a_test_that_exists() -> None:
    assert ROWS
    for habit, evidence, mend, held in (row[:4] for row in ROWS):
        assert "https://docs.aws.amazon.com/" in evidence, habit
        assert mend, habit
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", held)
        assert named, habit
        for path, name in named:
            assert f"def {name}(" in (ROOT / path).read_text("utf-8"), (path, name)
