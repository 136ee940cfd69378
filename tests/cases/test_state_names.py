"""Each reader has a state, an end and a doer in their own words."""

import ast
import re
from pathlib import Path

import pytest

from chalicelib import content
from chalicelib.cases.effects import Decider
from chalicelib.cases.states import kind, next_step, public_name, staff_name
from chalicelib.core.languages import LANGS, Lang
from chalicelib.core.settings import read
from chalicelib.forms import notice
from chalicelib.views.review_facts import _entry
from environment import ENVIRONMENT
from journey import RITA, Journey

ROOT = Path(__file__).resolve().parents[2]

SPEAKS_TO_THE_APPLICANT = re.compile(r"\b(your?|we|our|vous|votre|vos|nous|notre|nos)\b", re.I)


@pytest.mark.parametrize("state", content.states()["states"])
def test_staff_never_read_a_state_that_speaks_to_the_applicant(state: str) -> None:
    for lang in LANGS:
        assert not SPEAKS_TO_THE_APPLICANT.search(staff_name(state, lang))


def test_a_question_waits_for_you_or_for_the_collective(way: Journey) -> None:
    way.declare()
    way.decide(RITA, decision="ask", message="Qui coordonne?")
    way.after_undo()
    own = way.visitor.page(way.own()).body.decode()
    assert "En attente de votre réponse" in own
    page = way.visitor.page(way.fresh(RITA)).body.decode()
    assert "En attente de la réponse du collectif" in page
    assert "votre réponse" not in page.split("<main", 1)[1].split("<form", 1)[0]


@pytest.mark.parametrize("lang", LANGS)
def test_a_closed_file_says_what_was_awaited_in_vain(lang: Lang) -> None:
    told = {
        source: next_step("APP_LAPSED", lang, source)
        for source in ("APP_PENDING", "APP_INFO_REQUESTED", "APP_CONDITIONAL")
    }
    assert len(set(told.values())) == 3
    assert "conditions" in told["APP_CONDITIONAL"]
    assert "question" in told["APP_INFO_REQUESTED"]
    assert ("apologize" if lang == "en" else "excuser") in told["APP_PENDING"]
    assert kind("APP_LAPSED") == "terminal"


def test_the_history_names_nobody_an_operator_in_french() -> None:
    row = {"event": "release", "at": "2026-03-02T15:00:00.000Z", "actor": "operator",
           "data": {"name": "operator"}}  # fmt: skip
    assert _entry(row, [], "fr")["who"] == "la personne qui exploite Relais"
    assert _entry(row, [], "en")["who"] == "whoever operates Relais"
    row["data"] = {"name": "Rita Roy"}
    assert _entry(row, [], "fr")["who"] == "Rita Roy"
    assert Decider("operator", "operator").name in content.review()["actors"]


def test_the_person_in_charge_has_a_title_in_the_language_of_the_page(way: Journey) -> None:
    for lang, title in (("fr", "Direction générale"), ("en", "Executive Director")):
        page = way.visitor.page(f"/forms/eoi?lang={lang}").body.decode()
        assert f"{title}, <a href" in page


@pytest.mark.parametrize("lang", LANGS)
def test_the_notice_of_the_self_assessment_is_true_of_it(lang: Lang) -> None:
    settings = read(ENVIRONMENT)
    text = notice.notice_text("assessment", lang, "a@b.ca", settings.privacy_policy(lang))
    of_file = notice.notice_text("eoi", lang, "a@b.ca", settings.privacy_policy(lang))
    contacts = "to contact you" if lang == "en" else "communiquer avec vous"
    assert contacts in of_file
    assert contacts not in text
    assert str(content.retention()["assessment_months"]) in text
    assert ("only if you attach" if lang == "en" else "que si vous joignez") in text


@pytest.mark.parametrize("state", content.states()["states"])
def test_both_readers_have_a_name_for_every_state(state: str) -> None:
    for lang in LANGS:
        assert public_name(state, lang).strip()
        assert staff_name(state, lang).strip()


def test_no_state_is_named_in_the_code() -> None:
    """What a state means is said by its row: another one can be added beside it."""
    states = content.states()["states"].keys()
    named = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.value}"
        for room in ("chalicelib", "infra")
        for path in (ROOT / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and node.value in states
    ]
    assert named == []
