"""Words that nobody knows are counted, without who asked, and taught in one step."""

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from chalicelib.coaches.edition import Edition
from chalicelib.coaches.missed_words import (
    PK,
    WORDS_PER_LETTER,
    WORDS_PER_MINUTE,
    MissedWords,
)
from chalicelib.content import HERE
from chalicelib.services import Services
from fakes import MemoryMailer, MemoryStore, SetClock
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


def test_admins_are_told_of_each_word_once_on_the_morning_of_a_business_day(
    service: Services, published: Edition, store: MemoryStore, clock: SetClock,
    mailer: MemoryMailer, deliver: Callable[[], int],
) -> None:  # fmt: skip
    store.items["STAFF", "rita-roy"]["admin"] = True
    missed = service.coaches.missed_words

    def words_sent(days: int, *words: str) -> list[str]:
        for _ in range(3):
            clock.pass_(minutes=2)
            missed.count(words)
        before = len(mailer.sent)
        for _ in range(days * 4):
            clock.pass_(hours=6)
            service.coaches.upkeep.check()
            service.coaches.upkeep.check()
            deliver()
        sent = [m for m in mailer.sent[before:] if "aquaponie" in m.text or "balcon" in m.text]
        assert {mail.to for mail in sent} <= {"rita.roy@example.org"}
        return [mail.text for mail in sent]

    (first,) = words_sent(4, "aquaponie")
    assert "aquaponie, 3 fois" in first
    assert "relais coaches teach aquaponie --like" in first
    assert words_sent(3, "aquaponie") == []
    (second,) = words_sent(4, "aquaponie", "balconnière")
    assert "balconnière, 3 fois" in second
    assert "aquaponie" not in second


@pytest.mark.parametrize("words", [1, WORDS_PER_LETTER, WORDS_PER_LETTER + 7])
def test_no_word_is_left_out_or_named_twice_however_many_there_are(
    store: MemoryStore, clock: SetClock, words: int
) -> None:
    missed = MissedWords(store, clock, b"key")
    wanted = [f"mot{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(words)]
    for _ in range(3):
        for word in wanted:
            clock.pass_(minutes=1)
            missed.count([word])
    told: list[str] = []

    class Died(BaseException): ...

    def die(writes: object) -> None:
        raise Died

    for day in range(4):
        store.before = die if day % 2 == 0 else lambda writes: None
        with suppress(Died):
            missed.tell()
        store.before = lambda writes: None
        assert missed.tell() == 0 or day % 2 == 0
        clock.pass_(days=1)
    for row in store.kinds("letter"):
        told += [word for word, _ in row["facts"]["words"]]
    assert sorted(told) == sorted(wanted)


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
