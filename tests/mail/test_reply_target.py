"""How soon the programme aims to reply: one number, and every text says it."""

import re
from collections.abc import Iterator

import pytest

import samples
from chalicelib import content
from chalicelib.cases.states import next_step
from chalicelib.core.languages import LANGS, Lang
from chalicelib.core.templates import TEMPLATES
from journey import RITA, Journey
from letter_facts import composed
from turned import turned

SAID: dict[Lang, str] = {"en": "within 9 business days", "fr": "un délai de 9 jours ouvrables"}
NUMBER = re.compile(r"\d+ (business days|jours ouvrables)")


@pytest.fixture(autouse=True)
def _nine_days() -> Iterator[None]:
    with turned("reply_target_business_days", to=9):
        yield


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", ["eoi_received", "application_received"])
def test_receipts_say_the_target_of_the_programme(name: str, lang: Lang) -> None:
    letter = composed(name, lang, "Collectif")
    for part in (letter.text, letter.html):
        assert SAID[lang] in " ".join(part.split())


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("state", ["EOI_PENDING", "HELD_AS_SPAM"])
def test_the_page_of_a_file_says_it(state: str, lang: Lang) -> None:
    assert SAID[lang] in next_step(state, lang)


@pytest.mark.parametrize("lang", LANGS)
def test_a_script_is_told_it_too(way: Journey, lang: Lang) -> None:
    told = way.visitor.send("/forms/eoi", samples.eoi(lang=lang))
    assert SAID[lang] in told.json_body["message"]


def test_staff_are_given_the_day_that_follows_from_it(way: Journey) -> None:
    way.declare()
    assert "13 mars" in way.letters(RITA)[-1]


def test_no_text_states_a_number_of_its_own() -> None:
    files = [*TEMPLATES.rglob("*.*"), *content.HERE.glob("*.json")]
    assert len(files) > 100
    assert [path for path in files if NUMBER.search(path.read_text("utf-8"))] == []
