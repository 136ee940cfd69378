"""Who decides an application: so many people, each once, none who stands back or is away."""

import re
import threading

import pytest

import environment
from chalicelib.cases.effects import Decider
from chalicelib.cases.guards import DecisionInput
from chalicelib.core.errors import Conflict, Refused
from chalicelib.core.ports import Put
from journey import ADA, RITA, SAM, Journey


@pytest.fixture
def two(way: Journey) -> Journey:
    way.settings(QUORUM_APPLICATION="2")
    return way


def test_with_a_quorum_of_one_a_single_person_approves(way: Journey) -> None:
    case = way.apply()
    assert way.decide(RITA, decision="approve", code=way.code(RITA)).status_code == 200
    assert way.again(case).state == "APP_APPROVED"


def test_two_people_approve_and_the_applicant_hears_once(two: Journey) -> None:
    case = two.apply()
    before = len(two.mailer.to(ADA))
    ritas, sams = two.review(RITA), two.review(SAM)
    voted = two.press(ritas, decision="approve", code=two.code(RITA))
    assert "Votre vote est enregistré" in voted.body.decode()
    assert two.again(case).state == "APP_PENDING"
    two.deliver()
    assert "vote" in two.subjects(RITA)[-1]
    assert "1 vote sur 2" in two.visitor.page(ritas).body.decode()
    page = two.visitor.page(sams).body.decode()
    assert "Approved so far: Rita Roy" in page, "her vote did not end Sam's link"
    assert two.press(sams, decision="approve", code=two.code(SAM)).status_code == 200
    assert two.again(case).state == "APP_APPROVED"
    two.after_undo()
    assert len(two.mailer.to(ADA)) == before + 1
    assert two.events(case)[-2:] == ["vote", "approve"]


def test_a_vote_that_no_other_can_follow_says_so(two: Journey) -> None:
    two.apply()
    two.decide(SAM, decision="recuse", message="Mon voisin")
    voted = two.decide(RITA, decision="approve", code=two.code(RITA)).body.decode()
    assert "1 vote sur 2" in voted
    assert "plus assez de personnes pour voter" in voted


def test_nobody_votes_twice(two: Journey) -> None:
    case = two.apply()
    ritas = two.review(RITA)
    two.press(ritas, decision="approve", code=two.code(RITA))
    nonce = two.service.links.nonce(ritas.rpartition("/")[2])
    fields = [("decision", "approve"), ("code", two.code(RITA)), ("confirm", "on"),
              ("nonce", nonce)]  # fmt: skip
    assert two.visitor.submit(ritas, fields).status_code == 409
    fresh = two.fresh(RITA)
    again = two.press(fresh, decision="approve", code=two.code(RITA))
    assert again.status_code == 409
    assert "déjà voté" in again.body.decode()
    assert two.again(case).state == "APP_PENDING"
    assert two.attempts(case)[-1]["why"] == "unique_voter"


def test_a_condition_of_one_voter_holds_for_all(two: Journey) -> None:
    case = two.apply()
    two.decide(RITA, decision="conditions", code=two.code(RITA),
               condition_0="Signer l’entente", due_0="2026-05-01")  # fmt: skip
    page = two.visitor.page(two.review(SAM)).body.decode()
    assert "Signer l’entente" in page
    two.decide(SAM, decision="approve", code=two.code(SAM))
    after = two.again(case)
    assert after.state == "APP_CONDITIONAL"
    assert [(c["text"], c["due"]) for c in after.conditions or []] == [
        ("Signer l’entente", "2026-05-01")
    ]
    two.after_undo()
    assert "Signer l’entente (d’ici le 1er mai 2026)" in two.letters(ADA)[-1]


@pytest.mark.parametrize(
    "fields",
    [{}, {"condition_0": "Signer"}, {"condition_0": "Signer", "due_0": "hier"},
     {"condition_0": "Signer", "due_0": "2026-03-01"}, {"due_0": "2026-05-01"}],
)  # fmt: skip
def test_an_approval_with_conditions_says_which_and_by_when(
    way: Journey, fields: dict[str, str]
) -> None:
    case = way.apply()
    answer = way.decide(RITA, decision="conditions", code=way.code(RITA), **fields)
    assert answer.status_code == 422
    assert way.again(case).state == "APP_PENDING"


def test_when_all_conditions_are_met_the_approval_takes_effect(way: Journey) -> None:
    case = way.apply()
    way.decide(RITA, decision="conditions", code=way.code(RITA), condition_0="Un", due_0="2026-05-01",
               condition_1="Deux", due_1="2026-06-01")  # fmt: skip
    way.after_undo()
    review = way.fresh(SAM)
    assert way.press(review, decision="conditions_met", met="0").status_code == 422
    nonce = way.service.links.nonce(review.rpartition("/")[2])
    fields = [("decision", "conditions_met"), ("met", "0"), ("met", "1"), ("confirm", "on"),
              ("nonce", nonce), ("code", way.code(SAM))]  # fmt: skip
    assert way.visitor.submit(review, fields).status_code == 200
    way.deliver()
    assert way.again(case).state == "APP_APPROVED"
    assert "approuvée" in way.subjects(ADA)[-1]


def test_an_undone_approval_takes_its_vote_along_and_no_other(two: Journey) -> None:
    case = two.apply()
    two.decide(RITA, decision="approve", code=two.code(RITA))
    sams = two.review(SAM)
    two.press(sams, decision="approve", code=two.code(SAM))
    assert two.press(sams, decision="undo").status_code == 200
    after = two.again(case)
    assert after.state == "APP_PENDING"
    assert [v["by"] for v in after.votes or []] == ["rita-roy"]
    two.after_undo()
    assert "approuvée" not in two.subjects(ADA)[-1]


def test_one_person_may_decline(two: Journey) -> None:
    case = two.apply()
    two.decide(RITA, decision="approve", code=two.code(RITA))
    two.decide(SAM, decision="decline", code=two.code(SAM), reason="funds")
    assert two.again(case).state == "APP_DECLINED"


def test_two_last_votes_at_once_make_one_decision(two: Journey) -> None:
    case = two.apply()
    people = [Decider("rita-roy", "Rita Roy"), Decider("sam-lee", "Sam Lee")]
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def approve(by: Decider) -> None:
        start.wait()
        while True:
            try:
                outcomes.append(
                    two.service.cases.decisions.act(two.again(case), "approve", by).state
                )
            except Conflict:
                continue
            except Refused as refused:
                outcomes.append(refused.why)
            return

    threads = [threading.Thread(target=approve, args=(by,)) for by in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["APP_APPROVED", "APP_PENDING"]
    assert two.events(case)[-2:] == ["vote", "approve"]


def test_from_the_waiting_list_it_takes_a_quorum_as_well(two: Journey) -> None:
    case = two.apply()
    two.decide(RITA, decision="approve", code=two.code(RITA))
    two.decide(SAM, decision="waitlist", message="En juin, peut-être.")
    two.deliver()
    after = two.again(case)
    assert (after.state, after.votes) == ("APP_WAITLISTED", None)
    assert "liste d’attente" in two.subjects(ADA)[-1]
    assert "En juin, peut-être." in two.letters(ADA)[-1]
    for address in (RITA, SAM):
        link = two.fresh(address)
        two.press(link, decision="approve", code=two.code(address))
    assert two.again(case).state == "APP_APPROVED"


def test_who_stands_back_loses_links_letters_and_vote_at_once(two: Journey) -> None:
    case = two.apply()
    ritas, sams = two.review(RITA), two.review(SAM)
    two.press(ritas, decision="approve", code=two.code(RITA))
    again = two.fresh(RITA)
    done = two.press(again, decision="recuse")
    assert done.status_code == 200
    assert "récusé" in done.body.decode()
    after = two.again(case)
    assert after.recused == ["rita-roy"]
    assert after.votes == []
    for link in (ritas, again):
        assert two.visitor.page(link).status_code == 410
        nonce = two.service.links.nonce(link.rpartition("/")[2])
        fields = [("decision", "decline"), ("reason", "funds"), ("confirm", "on"),
                  ("nonce", nonce), ("code", two.code(RITA))]  # fmt: skip
        assert two.visitor.submit(link, fields).status_code == 410
    assert two.again(case).state == "APP_PENDING"
    assert two.visitor.page(sams).status_code == 200, "the others go on"
    before = len(two.mailer.to(RITA))
    two.press(sams, decision="ask", message="Pourquoi?")
    two.after_undo()
    two.do(two.own(), action="reply", answer="Voilà.")
    two.deliver()
    assert len(two.mailer.to(RITA)) == before
    with pytest.raises(Refused):
        two.service.cases.decisions.act(two.again(case), "approve", Decider("rita-roy", "Rita Roy"))


def test_who_is_away_decides_nothing_until_they_are_back(way: Journey) -> None:
    case = way.declare()
    link = way.review(RITA)
    way.store.items["STAFF", "rita-roy"]["away_until"] = "2026-03-09"
    page = way.visitor.page(link)
    assert "Vous êtes en absence" in page.body.decode()
    refused = way.press(link, decision="approve")
    assert refused.status_code == 409
    assert way.again(case).state == "EOI_PENDING"
    assert way.attempts(case)[-1]["why"] == "away"
    assert way.press(link, decision="back").status_code == 200
    assert "away_until" not in way.store.items["STAFF", "rita-roy"]
    assert way.press(link, decision="approve").status_code == 200


def test_an_absence_ends_by_itself(way: Journey) -> None:
    way.declare()
    way.store.items["STAFF", "rita-roy"]["away_until"] = "2026-03-02"
    assert way.decide(RITA, decision="approve").status_code == 200


def test_a_file_is_assigned_to_a_colleague_who_gets_a_link(way: Journey) -> None:
    case = way.declare()
    link = way.review(RITA)
    for wrong in ("", "rita-roy", "nobody"):
        assert way.press(link, decision="assign", colleague=wrong).status_code == 422
    done = way.press(link, decision="assign", colleague="sam-lee", message="Yours.")
    assert done.status_code == 200
    way.deliver()
    assert way.again(case).owner == "sam-lee"
    assert "Yours." in way.letters(SAM)[-1]
    assert way.decide(SAM, decision="approve").status_code == 200


def test_a_code_by_mail_confirms_the_decision(way: Journey) -> None:
    way.settings(STEP_UP="on")
    case = way.apply()
    link, code = way.review(RITA), way.code(RITA)
    step = way.press(link, decision="approve", code=code, message="Bravo!")
    assert "6 chiffres" in step.body.decode()
    assert "Bravo!" in step.body.decode(), "what was typed is kept"
    assert way.again(case).state == "APP_PENDING"
    way.deliver()
    digits = digits_of(way)
    wrong = way.press(link, decision="approve", code=code, step_code="000000")
    assert wrong.status_code == 422
    right = way.press(link, decision="approve", code=code, step_code=f" {digits[:3]} {digits[3:]}")
    assert right.status_code == 200
    assert way.again(case).state == "APP_APPROVED"
    # A longer number, a hash or a compressed copy may hold the same six digits by chance.
    assert not re.search(rf"(?<!\w){digits}(?!\w)", str(way.store.items)), (
        "the code is kept nowhere"
    )


def test_a_code_dies_after_ten_minutes_and_after_five_tries(way: Journey) -> None:
    way.settings(STEP_UP="on")
    case = way.apply()
    link, code = way.review(RITA), way.code(RITA)
    way.press(link, decision="approve", code=code)
    way.deliver()
    old = digits_of(way)
    way.clock.pass_(minutes=10)
    assert way.press(link, decision="approve", code=code, step_code=old).status_code == 422
    way.deliver()
    fresh = digits_of(way)
    assert fresh != old
    for _ in range(5):
        way.press(link, decision="approve", code=code, step_code="000000")
    assert way.press(link, decision="approve", code=code, step_code=fresh).status_code == 422
    assert way.again(case).state == "APP_PENDING"


def test_a_declaration_asks_for_no_code_by_mail(way: Journey) -> None:
    way.settings(STEP_UP="on")
    case = way.declare()
    assert way.decide(RITA, decision="approve").status_code == 200
    assert way.again(case).state == "EOI_APPROVED"


def digits_of(way: Journey) -> str:
    import re

    (found,) = re.findall(r"\b\d{6}\b", way.mailer.to(RITA)[-1].text)
    return str(found)


def test_words_of_a_decision_have_a_limit(way: Journey) -> None:
    case = way.declare()
    with pytest.raises(Refused):
        way.service.cases.decisions.act(
            case, "approve", Decider("sam-lee", "Sam"), DecisionInput(message="x" * 3001)
        )


def test_when_everybody_stands_back_the_admins_hear_of_it_and_a_newcomer_gets_the_file(
    way: Journey,
) -> None:
    way.declare()
    for who in (RITA, SAM):
        way.decide(who, decision="recuse", message="Ma cousine")
    for _ in range(20):
        way.clock.pass_(days=1)
        way.deliver()
    assert "Intervention requise" in " ".join(way.subjects(RITA))
    (told, *others) = way.letters(RITA, "récusé d’un dossier")
    assert len(others) < 20, "once a day at most"
    assert "Cœur-de-l’Île" not in told, "they stand back from it"
    noa = {"sk": "noa-kim", "name": "Noa Kim", "email": "noa@example.org"}
    way.store.commit([Put({**environment.RITA, **noa})])
    way.clock.pass_(days=1)
    way.deliver()
    assert way.letters("noa@example.org", "/review/")


def test_a_vote_decides_once_fewer_votes_are_enough(two: Journey) -> None:
    case = two.apply()
    ritas = two.review(RITA)
    two.press(
        ritas, decision="conditions", code=two.code(RITA), condition_0="Un", due_0="2026-05-01"
    )
    two.settings(QUORUM_APPLICATION="1")
    assert "suffisent maintenant" in two.visitor.page(ritas).body.decode()
    fresh = two.fresh(RITA)
    assert "L’approbation d’une personne suffit" in two.visitor.page(fresh).body.decode()
    assert two.press(fresh, decision="approve", code=two.code(RITA)).status_code == 200
    after = two.again(case)
    assert after.state == "APP_CONDITIONAL"
    assert [each["text"] for each in after.conditions or []] == ["Un"]
    assert [vote["by"] for vote in after.votes or []] == ["rita-roy"]


@pytest.mark.parametrize("gone", [RITA, SAM])
def test_the_vote_of_somebody_removed_does_not_count(two: Journey, gone: str) -> None:
    """Neither do the conditions that it asked for; taken back, it counts again."""
    case = two.apply()
    two.decide(
        gone, decision="conditions", code=two.code(gone), condition_0="Un", due_0="2026-05-01"
    )
    voter = (two.again(case).votes or [])[0]["by"]
    noa = {"sk": "noa-kim", "name": "Noa Kim", "email": "noa@example.org"}
    two.store.commit([Put({**environment.RITA, **noa})])
    two.service.cases.roster.remove(voter)
    act = two.service.cases.decisions.act
    after = act(two.again(case), "approve", Decider("noa-kim", "Noa Kim"))
    assert (after.state, [vote["by"] for vote in after.votes or []]) == ("APP_PENDING", ["noa-kim"])
    other = "sam-lee" if voter == "rita-roy" else "rita-roy"
    assert act(two.again(case), "approve", Decider(other, other)).state == "APP_APPROVED"
