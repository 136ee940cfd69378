"""What somebody reads who was told no: reasons in sentences, and where to go from there."""

import pytest

from chalicelib import content
from chalicelib.core.languages import LANGS, Lang
from journey import ADA, RITA, Journey
from letter_facts import composed


def test_other_is_no_reason_and_the_message_says_why(way: Journey) -> None:
    way.declare()
    way.decide(RITA, decision="decline", reason="other", message="Le projet est hors du Canada.")
    way.after_undo()
    letter = way.letters(ADA)[-1]
    assert "Autre" not in letter
    assert "Le projet est hors du Canada." in letter
    assert "/coaches" in letter
    assert "/fr/eoi" in letter


@pytest.mark.parametrize("lang", LANGS)
def test_every_reason_is_a_sentence_about_the_file(lang: Lang) -> None:
    for reason in content.lists()["decline_reason"]:
        if reason["id"] != "other":
            assert len(reason[lang].split()) > 3, reason["id"]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", ["eoi_declined", "application_declined"])
def test_the_end_of_the_cycle_is_told_where_the_programme_has_one(name: str, lang: Lang) -> None:
    day = "31 décembre 2026" if lang == "fr" else "December 31, 2026"
    assert day in composed(name, lang, "Collectif").text
    assert day not in composed(name, lang, "Collectif", cycle_ends=None).text


@pytest.mark.parametrize("lang", LANGS)
def test_the_team_signs_what_leaves_the_house_and_nothing_else(lang: Lang) -> None:
    signature = content.programme()["signature"][lang]
    for part in (composed("file_closed", lang, "X").text, composed("file_closed", lang, "X").html):
        assert signature in part
    to_staff = composed("staff_waiting", lang, "X")
    assert signature not in to_staff.text
    assert signature not in to_staff.html


@pytest.mark.parametrize("lang", LANGS)
def test_a_closed_file_s_letter_has_its_reason_in_a_paragraph_of_its_own(lang: Lang) -> None:
    text = composed("file_closed", lang, "X").text
    assert "\n\nRien n’est perdu." in text or "\n\nNothing is lost." in text
