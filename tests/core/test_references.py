"""References: random, readable, and checked when a person types one."""

import pytest

from chalicelib.core import references


def test_a_new_reference_reads_back() -> None:
    for _ in range(500):
        ref = f"DI-{references.new_file_number(2026)}"
        assert references.parse_reference(ref) == ref


@pytest.mark.parametrize(
    "typed", ["di-2026-{tail}", " DI-2026-{tail} ", "DI–2026–{tail}", "di 2026 {tail}"]
)
def test_a_reference_may_be_typed_as_people_do(typed: str) -> None:
    tail = references.new_file_number(2026).partition("-")[2]
    text = typed.format(tail=tail.lower())
    expected = f"DI-2026-{tail}" if "di 2026" not in typed else None
    assert references.parse_reference(text) == expected


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    ref = next(
        r for r in iter(lambda: f"DF-{references.new_file_number(2026)}", "") if "0" in r[8:13]
    )
    assert references.parse_reference(ref[:8] + ref[8:].replace("0", "O")) == ref


def test_a_wrong_character_or_two_swapped_are_noticed() -> None:
    ref = f"DI-{references.new_file_number(2026)}"
    for position in range(8, 13):
        for letter in references.REFERENCE_ALPHABET.replace(ref[position], ""):
            assert references.parse_reference(ref[:position] + letter + ref[position + 1 :]) is None
    for position in range(8, 12):
        a, b = ref[position], ref[position + 1]
        if a != b:
            assert references.parse_reference(ref[:position] + b + a + ref[position + 2 :]) is None


def test_the_references_of_one_file_share_its_number() -> None:
    assert (
        references.file_number_of("DI-2026-7K4MQ-X")
        == references.file_number_of("DF-2026-7K4MQ-X")
        == "2026-7K4MQ-X"
    )
