"""A second declaration changes nothing until the address of the file says what it is."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

import samples
from chalicelib.cases.case import Case
from chalicelib.cases.effects import Decider
from chalicelib.cases.open_files import MAX_KEPT
from chalicelib.core.errors import Conflict
from chalicelib.core.letter_row import APPLICANT
from journey import ADA, RITA, SAM, Journey
from visitor import hidden, token

TYPED = "Ne payez pas evil.example"


def second(way: Journey, **answers: Any) -> Case:
    """What anybody who knows the address may post; returns what was kept of it."""
    given = samples.eoi(**{"contact_email": ADA, "org_city": "Laval", **answers})
    told = way.visitor.send("/forms/eoi", given)
    assert told.status_code == 201, told.body
    way.deliver()
    return way.case(told.json_body["ref"])


def link(way: Journey, address: str = ADA) -> str:
    letters = way.letters(address, "/declaration/")
    return f"/declaration/{token(letters[-1], 'declaration')}"


def answer(way: Journey, choice: str, path: str = "") -> Any:
    path = path or link(way)
    page = way.visitor.page(path).body.decode()
    fields = {"nonce": hidden(page, "nonce"), "choice": choice}
    told = way.visitor.submit(path, list(fields.items()))
    way.deliver()
    return told


def replaces(case: Case) -> str:
    return f"replace:{case.id}"


def test_a_second_declaration_changes_nothing_and_the_address_is_asked(way: Journey) -> None:
    first = way.declare()
    letters_to_staff = len(way.mailer.to(RITA))
    kept = second(way, org_legal_name=TYPED, contact_first_name="Payez")
    assert way.again(first) == first
    assert (kept.state, kept.beside, kept.mail_to) == ("EOI_TO_CONFIRM", first.id, ADA)
    assert kept.ref != first.ref
    assert len(way.mailer.to(RITA)) == letters_to_staff
    mail = way.mailer.to(ADA)[-1]
    assert first.ref in mail.subject
    for words in (mail.subject, mail.text, mail.html):
        assert "evil.example" not in words
        assert "Payez" not in words


def test_the_answer_to_the_post_is_the_same_whether_there_is_a_file_or_not(way: Journey) -> None:
    way.declare()
    beside = way.visitor.send("/forms/eoi", samples.eoi(org_city="Laval"))
    fresh = way.visitor.send("/forms/eoi", samples.eoi(contact_email="zoe@example.org"))

    def shape(told: Any) -> tuple[int, str, list[str]]:
        body = told.json_body
        text = re.sub(r"DI-\d{4}-\w{5}-\w|/file/[\w.~-]+", "…", str(body))
        return told.status_code, text, sorted(told.headers)

    assert shape(beside) == shape(fresh)
    pages = [
        re.sub(r"DI-\d{4}-\w{5}-\w|/file/[\w.~-]+", "…",
               way.visitor.page(f"/file/{token(told.json_body['links']['status'], 'file')}?new=1")
               .body.decode())
        for told in (beside, fresh)
    ]  # fmt: skip
    assert pages[0] == pages[1]


def test_it_replaces_the_first_one_when_the_address_says_so(way: Journey) -> None:
    first = way.declare()
    kept = second(way)
    page = way.visitor.page(link(way)).body.decode()
    assert "<del>Montréal</del>" in page
    assert "<ins>Laval</ins>" in page
    assert answer(way, replaces(first)).status_code == 200
    now = way.again(first)
    assert (now.version, now.answers["org_city"], now.email) == (2, "Laval", ADA)
    (event,) = [row for row in way.service.lookup.history(first) if row["event"] == "revise"]
    assert event["data"]["before"]["org_city"] == "Montréal"
    ended = way.again(kept)
    assert (ended.state, ended.linked_to) == ("LINKED", first.id)
    staff = way.mailer.to(RITA)[-1]
    assert "envoyée de nouveau" in staff.subject or "sent again" in staff.subject
    assert "Montréal" in staff.text
    assert "Laval" in staff.text


def test_another_project_becomes_a_file_of_its_own_and_both_go_on(way: Journey) -> None:
    first = way.declare()
    kept = second(way, org_legal_name="Deuxième collectif")
    assert answer(way, "another").status_code == 200
    own = way.again(kept)
    assert (own.state, own.ref) == ("EOI_PENDING", kept.ref)
    assert way.again(first) == first
    assert way.subjects(ADA)[-1].endswith(f"({own.ref})")
    assert "Deuxième collectif" in way.subjects(RITA)[-1]
    assert first.ref in way.mailer.to(RITA)[-1].text
    # Both are decided, and the first one does not notice what becomes of the second.
    way.decide(RITA, decision="approve")
    way.after_undo()
    assert way.again(own).state == "EOI_APPROVED"
    assert way.again(first) == first
    given = samples.application(applicant_email=ADA)
    applied = way.visitor.send("/forms/application", {**given, "invite": way.invite()})
    assert applied.status_code == 201
    assert way.again(own).state == "APP_PENDING"
    assert way.again(first) == first


def test_an_application_without_an_invitation_may_belong_to_either_file(way: Journey) -> None:
    first = way.declare()
    own = second(way, org_legal_name="Deuxième collectif")
    answer(way, "another")
    sent = way.visitor.send("/forms/application", samples.application(applicant_email=ADA))
    orphan = way.case(sent.json_body["ref"])
    found = way.service.cases.candidates.of(orphan)
    assert {case.id for case in found} == {first.id, own.id}


def test_lost_links_list_both_files_and_what_waits(way: Journey) -> None:
    first = way.declare()
    own = second(way, org_legal_name="Deuxième collectif")
    answer(way, "another")
    waiting = second(way, org_city="Gatineau")
    way.visitor.send("/file", {"email": ADA, "lang": "fr"})
    way.deliver()
    text = way.mailer.to(ADA)[-1].text
    assert all(case.ref in text for case in (first, own, waiting))
    assert text.count("/file/") == 2
    assert text.count("/declaration/") == 1
    assert way.visitor.page(f"/declaration/{token(text, 'declaration')}").status_code == 200


def test_what_strangers_send_pushes_no_file_out_of_the_lost_links(way: Journey) -> None:
    first = way.declare()
    for number in range(12):
        # Slow enough for no ceiling on mail to one box, and no limit of its forms.
        way.clock.pass_(hours=3)
        second(way, org_city=f"Ville {number}")
        answer(way, "not_me")
    way.clock.pass_(hours=2)
    way.visitor.send("/file", {"email": ADA, "lang": "fr"})
    way.deliver()
    text = way.mailer.to(ADA)[-1].text
    assert first.ref in text
    assert text.count("/file/") == 1


def test_not_me_ends_it_and_staff_hear_but_not_the_sender(way: Journey) -> None:
    first = way.declare()
    told = way.visitor.send("/forms/eoi", samples.eoi(org_city="Laval")).json_body
    way.deliver()
    kept = way.case(told["ref"])
    receipt = f"/file/{token(told['links']['status'], 'file')}"
    before = way.visitor.page(receipt).body
    letters = len(way.mailer.to(ADA))
    assert answer(way, "not_me").status_code == 200
    assert way.again(kept).state == "EOI_NOT_CONFIRMED"
    assert way.again(first) == first
    assert first.ref in way.subjects(RITA)[-1]
    seen = way.visitor.page(way.review(RITA))
    assert seen.status_code == 200
    assert "Refusée par son adresse" in seen.body.decode()
    assert len(way.mailer.to(ADA)) == letters
    assert way.visitor.page(receipt).body == before
    # Its answers are erased soon.
    way.clock.pass_(days=36)
    way.deliver()
    assert way.again(kept).state == "ANONYMISED"
    assert way.again(first).answers == first.answers


def test_unanswered_it_is_asked_once_more_and_ends_after_two_weeks(way: Journey) -> None:
    first = way.declare()
    kept = second(way)
    asked = []
    for _ in range(16):
        way.clock.pass_(days=1)
        way.deliver()
        way.deliver()
        asked.append(len(way.letters(ADA, "/declaration/")))
    assert asked == [1] * 6 + [2] * 10
    assert "Rappel" in next(mail.subject for mail in way.mailer.to(ADA)[::-1]
                            if "/declaration/" in mail.text)  # fmt: skip
    assert way.again(kept).state == "EOI_NOT_CONFIRMED"
    assert way.again(first).answers == first.answers
    assert way.visitor.page(link(way)).status_code == 410


def test_looking_changes_nothing_and_neither_does_a_robot_that_presses(way: Journey) -> None:
    first = way.declare()
    kept = second(way)
    path = link(way)
    nonce = hidden(way.visitor.page(path).body.decode(), "nonce")
    for fields in (
        {},
        {"nonce": nonce},
        {"choice": replaces(first)},
        {"choice": "another"},
        {"choice": "approve", "nonce": nonce},
        {"choice": "replace:2026-XXXXX-X", "nonce": nonce},
    ):
        assert way.visitor.submit(path, list(fields.items())).status_code == 422
    assert (way.again(first), way.again(kept)) == (first, kept)


@pytest.mark.parametrize("choice", ["replace", "another", "not_me"])
def test_an_answer_counts_once_however_often_it_is_pressed(way: Journey, choice: str) -> None:
    first = way.declare()
    kept = second(way)
    path = link(way)
    page = way.visitor.page(path).body.decode()
    fields = [("nonce", hidden(page, "nonce")), ("choice", choice)]
    assert way.visitor.submit(path, fields).status_code == 200
    after = way.again(first), way.again(kept)
    for again in ("replace", "another", "not_me"):
        fields[1] = ("choice", again)
        assert way.visitor.submit(path, fields).status_code == 409
    assert (way.again(first), way.again(kept)) == after


def test_a_pending_question_stays_when_somebody_posts_and_goes_when_its_address_replaces(
    way: Journey,
) -> None:
    first = way.declare()
    way.decide(RITA, decision="ask", message="Qui porte le projet?")
    way.after_undo()
    second(way)
    asked = way.again(first)
    assert (asked.state, asked.question is not None) == ("EOI_INFO_REQUESTED", True)
    answer(way, replaces(first))
    assert (way.again(first).state, way.again(first).question) == ("EOI_PENDING", None)


@pytest.mark.parametrize("state", ["EOI_APPROVED", "APP_PENDING"])
def test_a_file_that_went_on_is_not_replaced(way: Journey, state: str) -> None:
    if state == "APP_PENDING":
        first = way.apply()
    else:
        first = way.declare()
        way.decide(RITA, decision="approve")
        way.after_undo()
    first = way.again(first)
    kept = second(way, org_city="Laval")
    assert kept.state == "EOI_TO_CONFIRM"
    page = way.visitor.page(link(way)).body.decode()
    assert "replace:" not in page
    assert answer(way, replaces(first)).status_code == 422
    assert way.again(first) == first
    assert answer(way, "another").status_code == 200
    assert way.again(kept).state == "EOI_PENDING"
    assert way.again(first) == first


def test_staff_who_decide_in_the_same_moment_win_or_lose_whole(way: Journey) -> None:
    first = way.declare()
    second(way)
    declarations = way.service.cases.kept_declarations
    seen = declarations.opened(link(way).rpartition("/")[2])
    way.decide(RITA, decision="approve")
    with pytest.raises(Conflict):
        declarations.replace(seen, seen.file)
    assert way.again(first).state == "EOI_APPROVED"
    assert way.again(seen.case).state == "EOI_TO_CONFIRM"


def test_after_the_file_ended_a_new_declaration_is_a_first_one(way: Journey) -> None:
    way.declare()
    way.decide(RITA, decision="decline", reason="not_ci")
    way.after_undo()
    assert second(way).state == "EOI_PENDING"


def test_an_ended_file_that_is_opened_again_is_still_the_first_one(way: Journey) -> None:
    first = way.declare()
    way.do(way.own(), "?do=withdraw", action="withdraw")
    way.deliver()
    way.service.cases.decisions.act(
        way.again(first), "reopen", Decider("rita-roy", "Rita Roy"), _because()
    )
    assert second(way).beside == first.id


def _because() -> Any:
    from chalicelib.cases.guards import DecisionInput

    return DecisionInput(message="Elle a téléphoné.")


@pytest.mark.parametrize("days", [0, 2, 300])
def test_the_very_same_content_makes_no_record_at_any_age(way: Journey, days: int) -> None:
    first = way.declare()
    kept = second(way)
    way.clock.pass_(days=days)
    cases = len(way.store.kinds("case"))
    commits = len(way.store.commits)
    for given in (samples.eoi(), samples.eoi(contact_email=ADA.upper())):
        told = way.visitor.send("/forms/eoi", given)
        assert (told.status_code, told.json_body["ref"]) == (201, first.ref)
        assert told.headers["Idempotent-Replayed"] == "true"
    if days < 14:
        again = way.visitor.send("/forms/eoi", samples.eoi(org_city="Laval"))
        assert again.json_body["ref"] == kept.ref
    assert len(way.store.kinds("case")) == cases
    assert len(way.store.commits) == commits
    assert way.again(first) == first


def test_the_first_version_sent_again_after_it_was_replaced_is_no_repeat(way: Journey) -> None:
    first = way.declare()
    second(way)
    answer(way, replaces(first))
    again = second(way, org_city="Montréal")
    assert (again.state, again.beside) == ("EOI_TO_CONFIRM", first.id)
    answer(way, replaces(first))
    assert way.again(first).answers["org_city"] == "Montréal"
    assert way.events(first) == ["submit", "revise", "revise"]


def test_so_many_wait_at_once_and_the_owner_is_never_refused(way: Journey) -> None:
    way.declare()
    for number in range(MAX_KEPT + 8):
        told = way.visitor.send("/forms/eoi", samples.eoi(org_city=f"Ville {number}"))
        assert told.status_code == 201
        way.deliver()
        receipt = f"/file/{token(told.json_body['links']['status'], 'file')}"
        assert "c’est bien reçu" in way.visitor.page(receipt).body.decode()
    kept = [case for case in way.store.kinds("case") if case["state"] == "EOI_TO_CONFIRM"]
    assert len(kept) == MAX_KEPT
    assert {case["answers"]["org_city"] for case in kept} == {f"Ville {n}" for n in range(MAX_KEPT)}
    # One mailbox gets five letters an hour that anybody can set off: the others come later.
    way.clock.pass_(hours=1, minutes=30)
    way.deliver()
    letters = way.letters(ADA, "/declaration/")
    assert len(letters) == MAX_KEPT + 1, "one a kept one, and one that lists what waits"
    assert max(letter.count("/declaration/") for letter in letters) == MAX_KEPT
    # Once there is room, what was not kept is no repeat.
    answer(way, "not_me")
    assert second(way, org_city="Ville 9").state == "EOI_TO_CONFIRM"


def test_each_of_several_files_may_be_the_one_that_is_replaced(way: Journey) -> None:
    first = way.declare()
    other = second(way, org_legal_name="Deuxième collectif")
    answer(way, "another")
    second(way, org_legal_name="Deuxième collectif", org_city="Gatineau")
    page = way.visitor.page(link(way)).body.decode()
    assert replaces(first) in page
    assert replaces(other) in page
    answer(way, replaces(other))
    assert way.again(other).answers["org_city"] == "Gatineau"
    assert way.again(first) == first


def test_a_link_that_went_to_an_address_before_a_correction_opens_nothing(way: Journey) -> None:
    first = way.declare()
    kept = second(way)
    path = link(way)
    moved = way.service.cases.applicant.correct_address(
        way.again(first), "new@example.org", by="rita-roy"
    )
    assert way.visitor.page(path).status_code == 404
    fields = [("nonce", way.service.links.nonce(path.rpartition("/")[2])), ("choice", "another")]
    assert way.visitor.submit(path, fields).status_code == 404
    # The reminder goes to the new address, and what it says counts there.
    way.clock.pass_(days=8)
    way.deliver()
    way.deliver()
    answer(way, "another", link(way, "new@example.org"))
    own = way.again(kept)
    assert (own.state, own.person, own.mail_to) == ("EOI_PENDING", moved.person, "new@example.org")
    assert way.service.lookup.case(first.id) is not None
    third = second(way, contact_email="new@example.org", org_city="Gatineau")
    assert third.beside in (first.id, own.id)


def test_the_file_s_own_address_is_asked_and_not_the_spelling_that_was_typed(way: Journey) -> None:
    way.declare()
    second(way, contact_email=ADA.upper())
    assert way.letters(ADA, "/declaration/")
    assert not way.mailer.to(ADA.upper())


def test_the_morning_letter_counts_what_waits(way: Journey) -> None:
    way.declare()
    second(way)
    from chalicelib.cases.deadlines.agenda import Agenda
    from chalicelib.core import eastern_time

    days = Agenda(way.store, way.service.cases.roster).of(eastern_time.today(way.clock()))
    assert {day.unconfirmed for day in days.values()} == {1}
    assert [len(day.decide) for day in days.values()] == [1, 1] or days


def test_the_letter_and_its_page_speak_the_language_of_the_file(way: Journey) -> None:
    way.declare(contact_language="en")
    second(way, contact_language="fr")
    assert "Another declaration" in way.subjects(ADA)[-1]
    assert "What is this declaration?" in way.visitor.page(link(way)).body.decode()
    french = way.visitor.page(f"{link(way)}?lang=fr").body.decode()
    assert "Qu’est-ce que cette déclaration?" in french


def test_a_script_answers_too(way: Journey) -> None:
    first = way.declare()
    second(way)
    path = link(way)
    shown = way.visitor.get(path).json_body
    assert shown["choices"] == [replaces(first), "another", "not_me"]
    nonce = way.service.links.nonce(path.rpartition("/")[2])
    wrong = way.visitor.send(path, {"nonce": nonce})
    assert (wrong.status_code, wrong.json_body["errors"][0]["code"]) == (422, "choose")
    done = way.visitor.send(path, {"nonce": nonce, "choice": "replace"})
    assert (done.status_code, done.json_body["status"]) == (200, "replaced")
    assert way.visitor.get(path).status_code == 410


def test_letters_to_staff_name_no_second_declaration_before_it_counts(way: Journey) -> None:
    way.declare()
    kept = second(way)
    for staff in (RITA, SAM):
        assert not [mail for mail in way.mailer.to(staff) if kept.ref in mail.subject + mail.text]


def test_a_released_declaration_is_a_file_like_the_others(way: Journey) -> None:
    for n in range(10):
        way.visitor.send("/forms/application", samples.application(fid_city=f"Ville {n}"))
    told = way.visitor.send("/forms/eoi", samples.eoi()).json_body
    held = way.case(told["ref"])
    assert held.state == "HELD_AS_SPAM"
    way.service.cases.decisions.release(held, Decider("operator", "operator"))
    way.clock.pass_(days=1)
    assert second(way).beside == held.id


def test_who_acts_is_written_in_the_history(way: Journey) -> None:
    first = way.declare()
    kept = second(way)
    answer(way, replaces(first))
    assert way.events(first) == ["submit", "revise"]
    assert way.events(kept) == ["keep_beside", "join"]
    rows: Sequence[Mapping[str, Any]] = way.service.lookup.history(kept)
    assert {row["actor"] for row in rows} == {APPLICANT}
