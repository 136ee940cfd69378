"""What happens beside a file while somebody writes costs nobody their text, nor a second try."""

from collections.abc import Callable, Sequence

import pytest

from chalicelib.cases.case import Case
from chalicelib.cases.effects import Decider
from chalicelib.cases.guards import DecisionInput
from chalicelib.core.ports import Write
from journey import RITA, SAM, Journey
from visitor import hidden

SAMS = Decider("sam-lee", "Sam Lee")
TEXT = "Une longue explication, qu’il a fallu une heure pour écrire."


@pytest.fixture
def meanwhile(way: Journey, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Have a step taken between what the next posts read and what they write, so many times."""
    store = way.service.store
    commit = store.commit

    def arrange(step: Callable[[], object], times: int = 1) -> None:
        left = [step] * times

        def delayed(writes: Sequence[Write]) -> None:
            if left and any(write.key[0].startswith("CASE#") for write in writes):
                now = left.pop()
                monkeypatch.setattr(store, "commit", commit)
                now()
                monkeypatch.setattr(store, "commit", delayed)
            commit(writes)

        monkeypatch.setattr(store, "commit", delayed)

    return arrange


def assign(way: Journey, case: Case) -> Callable[[], object]:
    given = DecisionInput(colleague="sam-lee")
    return lambda: way.service.cases.decisions.act(way.again(case), "assign", SAMS, given)


@pytest.mark.parametrize("times", [1, 3])
def test_a_decision_is_recorded_though_a_quiet_step_came_between(
    way: Journey, meanwhile: Callable[..., None], times: int
) -> None:
    case = way.declare()
    mine = way.review(RITA)
    meanwhile(assign(way, case), times)
    assert way.press(mine, decision="ask", message=TEXT).status_code == 200
    after = way.again(case)
    assert after.question is not None
    assert after.question["text"] == TEXT
    assert way.events(case)[1:] == ["assign"] * times + ["ask"]


def test_a_colleague_s_vote_between_makes_the_next_one_the_decision(
    way: Journey, meanwhile: Callable[..., None]
) -> None:
    way.settings(QUORUM_APPLICATION="2")
    case = way.apply()
    ritas, code = way.review(RITA), way.code(RITA)
    meanwhile(lambda: way.service.cases.decisions.act(way.again(case), "approve", SAMS))
    assert way.press(ritas, decision="approve", code=code).status_code == 200
    assert way.again(case).state == "APP_APPROVED"
    assert way.events(case)[-2:] == ["vote", "approve"]


def test_an_answer_arrives_though_the_file_was_assigned_meanwhile(
    way: Journey, meanwhile: Callable[..., None]
) -> None:
    case = way.declare()
    way.decide(RITA, decision="ask", message="Combien?")
    way.after_undo()
    own = way.own()
    meanwhile(assign(way, case))
    assert way.do(own, action="reply", answer=TEXT).status_code == 200
    assert way.events(case)[-2:] == ["assign", "reply"]


def test_a_step_that_matters_is_named_and_the_text_kept(
    way: Journey, meanwhile: Callable[..., None]
) -> None:
    case = way.declare()
    own, mine = way.own(), way.review(SAM)
    nonce = hidden(way.visitor.page(own).body.decode(), "nonce")
    leave = [("nonce", nonce), ("action", "withdraw"), ("confirm", "on")]
    meanwhile(lambda: way.visitor.submit(own, leave))
    late = way.press(mine, decision="ask", message=TEXT)
    page = late.body.decode()
    assert (late.status_code, way.again(case).state) == (409, "WITHDRAWN")
    assert TEXT in page
    assert "Since this link was sent" in page or "Depuis l’envoi de ce lien" in page
    assert "Retir" in page or "Withdrawn" in page
