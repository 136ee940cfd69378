"""Words that nobody knows are counted, without who asked, and taught in one step."""

import json
import shutil
from pathlib import Path

import pytest

from chalicelib.coaches.edition import Edition
from chalicelib.coaches.missed_words import PK, WORDS_PER_MINUTE
from chalicelib.content import HERE
from chalicelib.services import Services
from fakes import MemoryStore
from infra.content.check import faults
from infra.operator.errors import OperatorError
from infra.operator.teaching import teach
from visitor import Visitor


def test_a_word_is_written_down_from_the_third_time_on_and_nothing_else(
    service: Services, published: Edition, visitor: Visitor, store: MemoryStore
) -> None:
    for time in range(1, 5):
        visitor.get("/coaches?q=aquaponie+Jean.Roy@example.org+5145550123+gouvernance")
        words = [each.word for each in service.coaches.missed_words.listed()]
        assert words == ([] if time < 3 else ["aquaponie"])
    kept = json.dumps([row for (pk, _), row in store.items.items() if pk == PK], default=str)
    assert "example" not in kept
    assert "514" not in kept


def test_a_flood_of_odd_words_writes_little(
    service: Services, published: Edition, store: MemoryStore
) -> None:
    for number in range(500):
        service.coaches.missed_words.count(
            [f"mot{'abcdefghij'[number % 10]}{'x' * (number // 25)}"]
        )
    assert len([pk for pk, _ in store.items if pk == PK]) <= WORDS_PER_MINUTE


@pytest.mark.parametrize("like", ["logement", "Outaouais", "carrière"])
def test_a_missed_word_becomes_another_name_in_one_step(tmp_path: Path, like: str) -> None:
    folder = tmp_path / "content"
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__", "shapes"))
    file = teach("aquaponie", like, folder)
    assert "aquaponie" in (folder / file).read_text("utf-8")
    assert teach("aquaponie", like, folder) == file
    assert (folder / file).read_text("utf-8").count("aquaponie") == 1
    changed = len((folder / file).read_text("utf-8").splitlines())
    assert changed == len((HERE / file).read_text("utf-8").splitlines())
    with pytest.raises(OperatorError):
        teach("aquaponie", "zzxxqq", folder)


def test_the_content_is_sound_with_what_was_taught() -> None:
    assert faults() == []
