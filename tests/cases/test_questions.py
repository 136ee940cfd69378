"""A question stops the clock of the staff; its answer brings the file back, with what changed."""

import pytest

import samples
from chalicelib.cases.applicant import ApplicantReply
from chalicelib.core.errors import Conflict
from journey import ADA, RITA, SAM, Journey
from sent_again import send_again

QUESTION = "Combien de jeunes?\nDepuis quand?"


@pytest.fixture
def asked(way: Journey) -> Journey:
    """A declaration about which the applicant was asked something."""
    way.declare()
    assert way.decide(RITA, decision="ask", message=QUESTION).status_code == 200
    way.after_undo()
    return way


def test_a_question_is_asked_answered_and_the_file_goes_on(asked: Journey) -> None:
    letter = asked.letters(ADA)[-1]
    assert "Combien de jeunes?" in letter
    assert "23 mars 2026" in letter, "21 days to answer"
    own = asked.own()
    page = asked.visitor.page(own).body.decode()
    assert "En attente de votre réponse" in page
    assert "Depuis quand?" in page
    answer = asked.do(own, action="reply", answer="Douze, depuis mai.")
    assert answer.status_code == 200
    assert "votre réponse a été ajoutée" in answer.body.decode()
    asked.deliver()
    (case,) = asked.store.kinds("case")
    assert case["state"] == "EOI_PENDING"
    assert "question" not in case
    assert "Douze, depuis mai." in asked.letters(ADA)[-1]
    assert "a répondu" in asked.subjects(RITA)[-1]
    assert "Depuis quand?" in asked.letters(RITA)[-1]
    review = asked.visitor.page(asked.review(SAM)).body.decode()
    assert "Answer received" in review
    assert "Douze, depuis mai." in review
    assert asked.decide(RITA, decision="approve").status_code == 200


def test_both_sides_see_what_an_answer_changed_field_by_field(asked: Journey) -> None:
    pairs = dict(samples.as_html(samples.eoi(org_city="Laval", issue_summary="Encore plus.")))
    asked.do(asked.own(), action="reply", answer="Voilà.", revised="1", **pairs)
    asked.deliver()
    for text in (asked.letters(ADA)[-1], asked.letters(RITA)[-1]):
        changed = text.partition("CE QUI A CHANGÉ")[2]
        assert "Avant\u00a0: Montréal" in changed
        assert "Maintenant\u00a0: Laval" in changed
        assert "Encore plus." in changed
        assert "Cœur-de-l’Île" not in changed.partition("\n\n")[0], "what stayed is left out"
    for page in (asked.visitor.page(asked.review(RITA)), asked.visitor.page(asked.own())):
        body = page.body.decode()
        assert "<del>" in body
        assert "Laval" in body.partition("<ins>")[2]


def test_a_form_sent_back_as_it_was_changes_nothing(asked: Journey) -> None:
    page = asked.visitor.page(asked.own()).body.decode()
    from visitor import hidden

    pairs = [*samples.as_html(samples.eoi()), ("nonce", hidden(page, "nonce")),
             ("action", "reply"), ("answer", "Rien à changer."), ("revised", "1")]  # fmt: skip
    assert asked.visitor.submit(asked.own(), pairs).status_code == 200
    (event,) = [e for e in asked.store.kinds("event") if e["event"] == "reply"]
    assert "before" not in event["data"]


def test_what_is_invalid_in_an_answer_is_said_and_what_was_typed_is_kept(asked: Journey) -> None:
    pairs = dict(samples.as_html(samples.eoi(org_city="")))
    answer = asked.do(asked.own(), action="reply", answer="À & B", revised="1", **pairs)
    body = answer.body.decode()
    assert answer.status_code == 422
    assert "À &amp; B" in body
    assert 'href="#f-org-city"' in body
    for wrong in ("", "x" * 3001):
        again = asked.do(asked.own(), action="reply", answer=wrong)
        assert again.status_code == 422
        assert 'href="#f-answer"' in again.body.decode()
    (case,) = asked.store.kinds("case")
    assert case["state"] == "EOI_INFO_REQUESTED"


def test_a_question_without_words_is_none(way: Journey) -> None:
    way.declare()
    answer = way.decide(RITA, decision="ask", message="  ")
    assert answer.status_code == 422
    assert "Écrivez la question" in answer.body.decode()
    (case,) = way.store.kinds("case")
    assert case["state"] == "EOI_PENDING"


def test_a_question_can_be_taken_back_and_the_applicant_never_sees_it(way: Journey) -> None:
    case = way.declare()
    review = way.review(RITA)
    way.press(review, decision="ask", message=QUESTION)
    assert "à l’étude" in way.visitor.page(way.own()).body.decode()
    assert QUESTION not in way.visitor.page(way.own()).body.decode()
    assert way.press(review, decision="undo").status_code == 200
    way.after_undo()
    assert len(way.mailer.to(ADA)) == 1
    after = way.again(case)
    assert (after.state, after.question, after.decided) == ("EOI_PENDING", None, None)


def test_who_withdraws_before_the_question_is_out_never_reads_it(way: Journey) -> None:
    case = way.declare()
    own = way.own()
    way.decide(RITA, decision="ask", message=QUESTION)
    assert way.do(own, "?do=withdraw", action="withdraw").status_code == 200
    way.after_undo()
    assert way.again(case).state == "WITHDRAWN"
    assert not any(QUESTION in letter for letter in way.letters(ADA))


def test_votes_given_before_an_answer_fall(way: Journey) -> None:
    way.settings(QUORUM_APPLICATION="2")
    case = way.apply()
    way.decide(RITA, decision="approve", code=way.code(RITA))
    assert [v["by"] for v in way.again(case).votes or []] == ["rita-roy"]
    way.decide(SAM, decision="ask", message="And the budget?")
    way.after_undo()
    assert "And the budget?" in way.letters(ADA)[-1]
    pairs = dict(samples.as_html(samples.application(fid_city="Laval")))
    sent = way.do(way.own(), action="reply", answer="Voici.", revised="1", **pairs)
    assert sent.status_code == 200, sent.body
    way.deliver()
    after = way.again(case)
    assert (after.state, after.votes) == ("APP_PENDING", None)
    assert after.application
    assert after.application["fid_city"] == "Laval"
    way.decide(SAM, decision="approve", code=way.code(SAM))
    assert way.again(case).state == "APP_PENDING", "one of two: the vote before is gone"
    way.decide(RITA, decision="approve", code=way.code(RITA))
    assert way.again(case).state == "APP_APPROVED"


def test_a_corrected_form_does_not_move_the_address(asked: Journey) -> None:
    pairs = dict(samples.as_html(samples.eoi(contact_email="eve@example.org")))
    asked.do(asked.own(), action="reply", answer="Voilà.", revised="1", **pairs)
    asked.deliver()
    assert asked.mailer.to("eve@example.org") == []
    (case,) = asked.store.kinds("case")
    assert case["answers"]["contact_email"] == ADA


def test_two_answers_at_once_are_one(asked: Journey) -> None:
    (found,) = asked.store.kinds("case")
    case = asked.case(f"DI-{found['id']}")
    asked.service.cases.applicant.reply(case, ApplicantReply("Une."))
    with pytest.raises(Conflict):
        asked.service.cases.applicant.reply(case, ApplicantReply("Deux."))
    assert asked.events(case).count("reply") == 1
    late = asked.visitor.submit(asked.own(), [("action", "reply"), ("answer", "Trois.")])
    assert late.status_code == 409
    assert asked.attempts(case)[-1]["by"] == "applicant"


def test_sending_the_form_again_answers_the_question_too(asked: Journey) -> None:
    first = asked.store.kinds("case")[0]["id"]
    send_again(asked.visitor, asked.mailer, asked.deliver, org_city="Laval")
    case = asked.case(f"DI-{first}")
    assert (case.state, case.answers["org_city"]) == ("EOI_PENDING", "Laval")


def test_a_form_sent_again_takes_a_question_back_that_nobody_has_read(way: Journey) -> None:
    case = way.declare()
    way.decide(RITA, decision="ask", message=QUESTION)
    send_again(way.visitor, way.mailer, way.deliver, org_city="Laval")
    way.after_undo()
    assert way.again(case).state == "EOI_PENDING"
    assert not [text for text in way.letters(ADA) if "Depuis quand?" in text]


@pytest.mark.parametrize("form", ["eoi", "application"])
def test_a_corrected_form_changes_the_language_of_the_file(way: Journey, form: str) -> None:
    case = way.declare(contact_language="fr") if form == "eoi" else way.apply()
    assert case.lang == "fr"
    way.decide(RITA, decision="ask", message=QUESTION)
    way.after_undo()
    corrected = (
        samples.eoi(contact_language="en")
        if form == "eoi"
        else samples.application(applicant_language="en")
    )
    pairs = dict(samples.as_html(corrected))
    sent = way.do(way.own(), action="reply", answer="Voici.", revised="1", **pairs)
    assert sent.status_code == 200, sent.body
    way.deliver()
    assert way.again(case).lang == "en"
    assert "Your answer" in way.letters(ADA)[-1]
