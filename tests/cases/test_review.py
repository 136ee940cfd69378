"""Review links: a scanner decides nothing, one decision stands, and it can be taken back in time."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

import samples
from chalicelib.cases.leaving import LeavingTimes
from chalicelib.core.records import moment
from chalicelib.services import Services
from fakes import MemoryMailer, MemoryStore, SetClock
from journey import RITA, Journey
from sent_again import send_again
from visitor import HTML, Visitor, decide, hidden, token

Deliver = Callable[[], int]


@pytest.fixture
def link(visitor: Visitor, mailer: MemoryMailer, deliver: Deliver) -> str:
    """Rita's link to a fresh declaration."""
    visitor.send("/forms/eoi", samples.eoi())
    deliver()
    return token(mailer.to("rita.roy@example.org")[-1].text, "review")


def case(store: MemoryStore) -> dict[str, Any]:
    (found,) = store.kinds("case")
    return found


def events(store: MemoryStore) -> list[str]:
    return [e["event"] for e in sorted(store.kinds("event"), key=lambda e: int(e["number"]))]


def test_a_link_is_kept_as_a_hash_for_one_person_and_one_version(
    link: str, store: MemoryStore
) -> None:
    kept = store.kinds("link")
    assert {k["recipient"] for k in kept} == {"rita-roy", "sam-lee"}
    assert all(k["case_version"] == 1 for k in kept)
    assert link not in str(store.items)


def test_a_thousand_looks_change_nothing(visitor: Visitor, link: str, store: MemoryStore) -> None:
    before = repr(store.items)
    for number in range(500):
        query = ("", "?decision=approve", "?decision=decline", "?lang=en")[number % 4]
        assert visitor.page(f"/review/{link}{query}").status_code == 200
        assert visitor.head(f"/review/{link}{query}").body == b""
    assert repr(store.items) == before


def test_a_scanner_that_presses_the_button_decides_nothing(
    visitor: Visitor, link: str, store: MemoryStore
) -> None:
    page = visitor.page(f"/review/{link}?decision=approve").body.decode()
    assert 'value="approve" checked' in page
    pressed = [("nonce", hidden(page, "nonce")), ("decision", "approve")]
    assert visitor.submit(f"/review/{link}", pressed).status_code == 422
    assert case(store)["state"] == "EOI_PENDING"


@pytest.mark.parametrize(
    "fields",
    [
        {"decision": "approve", "confirm": "on"},
        {"decision": "approve", "confirm": "on", "nonce": "made-up"},
        {"decision": "", "confirm": "on"},
        {"decision": "undo", "confirm": "on"},
        {"decision": "release", "confirm": "on"},
        {"decision": "apply", "confirm": "on"},
        {"decision": "decline", "confirm": "on"},
        {"decision": "decline", "confirm": "on", "message": "x" * 3001, "reason": "funds"},
    ],
)
def test_what_is_missing_or_wrong_decides_nothing(
    visitor: Visitor, link: str, store: MemoryStore, fields: dict[str, str]
) -> None:
    page = visitor.page(f"/review/{link}").body.decode()
    given = {"nonce": hidden(page, "nonce"), **fields}
    if "nonce" not in fields and len(fields) == 2 and fields["decision"] == "approve":
        del given["nonce"]
    answer = visitor.submit(f"/review/{link}", list(given.items()))
    assert answer.status_code in (409, 422)
    assert case(store)["state"] == "EOI_PENDING"


def test_what_was_typed_is_kept_when_something_is_missing(visitor: Visitor, link: str) -> None:
    answer = decide(visitor, link, decision="decline", message="Merci & à bientôt")
    body = answer.body.decode()
    assert answer.status_code == 422
    assert "Merci &amp; à bientôt" in body
    assert 'value="decline" checked' in body
    assert "Choisissez au moins un motif" in body


def test_a_page_read_for_hours_still_decides(visitor: Visitor, link: str, clock: SetClock) -> None:
    page = visitor.page(f"/review/{link}").body.decode()
    clock.pass_(hours=8)
    fields = {"nonce": hidden(page, "nonce"), "decision": "approve", "confirm": "on"}
    assert visitor.submit(f"/review/{link}", list(fields.items())).status_code == 200


def test_a_page_open_too_long_asks_again(visitor: Visitor, link: str, clock: SetClock) -> None:
    page = visitor.page(f"/review/{link}").body.decode()
    clock.pass_(hours=13)
    fields = {"nonce": hidden(page, "nonce"), "decision": "approve", "confirm": "on"}
    answer = visitor.submit(f"/review/{link}", list(fields.items()))
    assert answer.status_code == 422
    assert "après 12\u00a0heures" in answer.body.decode()
    fields["nonce"] = hidden(answer.body.decode(), "nonce")
    assert visitor.submit(f"/review/{link}", list(fields.items())).status_code == 200


def test_who_comes_second_is_told_who_decided(
    visitor: Visitor, link: str, mailer: MemoryMailer, store: MemoryStore
) -> None:
    sams = token(mailer.to("sam.lee@example.org")[-1].text, "review")
    page = visitor.page(f"/review/{sams}").body.decode()
    assert decide(visitor, link, decision="approve").status_code == 200
    fields = {
        "nonce": hidden(page, "nonce"),
        "decision": "decline",
        "reason": "funds",
        "confirm": "on",
    }
    late = visitor.submit(f"/review/{sams}", list(fields.items()))
    assert late.status_code == 409
    assert "Rita Roy" in late.body.decode()
    assert 'lang="en-CA"' in late.body.decode()
    assert case(store)["state"] == "EOI_APPROVED"
    assert "Rita Roy" in visitor.page(f"/review/{sams}").body.decode()


def test_fifty_approve_and_fifty_decline_at_once_and_one_decision_stands(
    visitor: Visitor, link: str, mailer: MemoryMailer, store: MemoryStore, service: Services,
    clock: SetClock,
) -> None:  # fmt: skip
    from chalicelib.cases.guards import DecisionInput
    from chalicelib.cases.review.model import Decision

    sams = token(mailer.to("sam.lee@example.org")[-1].text, "review")
    reviews = service.views.review.reviews
    start = threading.Barrier(100)
    outcomes: list[Any] = []

    def press(mine: str, name: str) -> None:
        said = Decision(
            name, DecisionInput(reasons=("funds",) if name == "decline" else ()), confirm=True,
            nonce=service.links.nonce(mine),
        )  # fmt: skip
        start.wait()
        outcomes.append(reviews.decide(mine, said))

    people = [(link, "approve"), (sams, "decline")] * 50
    threads = [threading.Thread(target=press, args=person) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kinds = sorted(outcome.kind for outcome in outcomes)
    assert kinds == ["already"] * 99 + ["decided"]
    assert all(outcome.opened.decision for outcome in outcomes if outcome.kind == "already")
    assert len(events(store)) == 2
    held = [row for row in store.kinds("letter") if row.get("due_at", "") > "2026-03-02T15:05"]
    assert len(held) == 1


def test_an_expired_link_says_so_and_sends_a_fresh_one_to_its_owner_alone(
    visitor: Visitor, link: str, clock: SetClock, mailer: MemoryMailer, deliver: Deliver,
    store: MemoryStore,
) -> None:  # fmt: skip
    clock.pass_(days=14)
    page = visitor.page(f"/review/{link}")
    assert page.status_code == 410
    assert "Reçue – à l’étude" in page.body.decode()
    refused = visitor.submit(f"/review/{link}", [("decision", "approve"), ("confirm", "on")])
    assert refused.status_code == 410
    before = len(mailer.sent)
    for _ in range(3):
        assert visitor.submit(f"/review/{link}", [("decision", "fresh")]).status_code == 200
    deliver()
    (fresh,) = mailer.sent[before:]
    assert fresh.to == "rita.roy@example.org"
    assert decide(visitor, token(fresh.text, "review"), decision="approve").status_code == 200


def test_an_unknown_link_gets_the_same_page_and_no_mail(
    visitor: Visitor, link: str, mailer: MemoryMailer, deliver: Deliver
) -> None:
    for unknown in ("rubbish", "x" * 43, "é", "x" * 5000):
        assert visitor.page(f"/review/{unknown}").status_code == 410
        assert visitor.submit(f"/review/{unknown}", [("decision", "approve")]).status_code == 410
        assert visitor.submit(f"/review/{unknown}", [("decision", "fresh")]).status_code == 200
    before = len(mailer.sent)
    deliver()
    assert len(mailer.sent) == before


def test_who_leaves_the_roster_loses_their_links_at_once(
    visitor: Visitor, link: str, store: MemoryStore
) -> None:
    page = visitor.page(f"/review/{link}").body.decode()
    store.items["STAFF", "rita-roy"]["active"] = False
    fields = [("nonce", hidden(page, "nonce")), ("decision", "approve"), ("confirm", "on")]
    assert visitor.submit(f"/review/{link}", fields).status_code == 410
    assert visitor.page(f"/review/{link}").status_code == 410
    assert case(store)["state"] == "EOI_PENDING"


def test_wrong_tries_are_kept_and_limited(visitor: Visitor, link: str, store: MemoryStore) -> None:
    statuses = []
    for _ in range(22):
        fields = [("nonce", "made-up"), ("decision", "approve"), ("confirm", "on")]
        statuses.append(visitor.submit(f"/review/{link}", fields).status_code)
    assert statuses == [422] * 20 + [429] * 2
    attempts = store.kinds("attempt")
    assert len(attempts) == 20
    assert {a["by"] for a in attempts} == {"rita-roy"}
    assert events(store) == ["submit"]


def test_within_ten_minutes_a_decision_is_undone_and_the_applicant_never_hears_of_it(
    visitor: Visitor, link: str, mailer: MemoryMailer, store: MemoryStore, clock: SetClock,
    service: Services, deliver: Deliver,
) -> None:  # fmt: skip
    done = decide(visitor, link, decision="approve").body.decode()
    deliver()
    assert "Annuler cette décision" in done
    clock.pass_(minutes=9, seconds=59)
    undo = [("nonce", hidden(done, "nonce")), ("decision", "undo"), ("confirm", "on")]
    page = visitor.submit(f"/review/{link}", undo)
    assert page.status_code == 200
    assert "Décision annulée" in page.body.decode()
    assert case(store)["state"] == "EOI_PENDING"
    assert "decided" not in case(store)
    assert "apply_by" not in case(store)
    clock.pass_(days=1)
    service.mail.outbox.sweep()
    deliver()
    assert len(mailer.to("ada.tremblay@example.org")) == 1
    assert events(store) == ["submit", "approve", "undo"]
    fresh = token(mailer.to("rita.roy@example.org")[-1].text, "review")
    again = visitor.page(f"/review/{fresh}").body.decode()
    assert "Décision annulée (Rita Roy)" in again
    assert decide(visitor, fresh, decision="decline", reason="funds").status_code == 200


def test_a_decision_that_can_still_be_undone_is_hidden_from_the_applicant(
    visitor: Visitor, link: str, mailer: MemoryMailer, clock: SetClock, deliver: Callable[[], None]
) -> None:
    own = token(mailer.to("ada.tremblay@example.org")[0].text, "file")
    decide(visitor, link, decision="decline", reason="funds")
    assert "Reçue – à l’étude" in visitor.page(f"/file/{own}").body.decode()
    assert visitor.get(f"/file/{own}").json_body["status"] == "EOI_PENDING"
    clock.pass_(minutes=10)
    deliver()
    assert "Non retenue" in visitor.page(f"/file/{own}").body.decode()


def test_a_robot_that_presses_undo_takes_nothing_back(
    visitor: Visitor, link: str, store: MemoryStore
) -> None:
    done = decide(visitor, link, decision="approve").body.decode()
    pressed = [("nonce", hidden(done, "nonce")), ("decision", "undo")]
    answer = visitor.submit(f"/review/{link}", pressed)
    assert answer.status_code == 422
    assert "Cochez la case" in answer.body.decode()
    assert case(store)["state"] == "EOI_APPROVED"


def test_after_too_many_tries_the_right_answer_is_refused_too(
    visitor: Visitor, link: str, store: MemoryStore
) -> None:
    for _ in range(20):
        visitor.submit(f"/review/{link}", [("nonce", "made-up"), ("decision", "approve")])
    assert decide(visitor, link, decision="approve").status_code == 429
    assert case(store)["state"] == "EOI_PENDING"


def test_coming_too_late_is_noted_and_not_for_ever(
    visitor: Visitor, link: str, store: MemoryStore
) -> None:
    decide(visitor, link, decision="approve")
    for _ in range(30):
        answer = visitor.submit(f"/review/{link}", [("decision", "decline")])
        assert answer.status_code == 409
        assert "Rita Roy" in answer.body.decode()
    assert len(store.kinds("attempt")) == 20


def test_a_letter_that_is_late_says_only_what_still_stands(
    visitor: Visitor, link: str, mailer: MemoryMailer, deliver: Deliver
) -> None:
    done = decide(visitor, link, decision="approve").body.decode()
    undo = [("nonce", hidden(done, "nonce")), ("decision", "undo"), ("confirm", "on")]
    assert visitor.submit(f"/review/{link}", undo).status_code == 200
    deliver()
    late, undone = [m for m in mailer.to("rita.roy@example.org") if "Enregistré" in m.subject]
    assert "annulable" not in late.subject
    assert "/review/" not in late.text
    assert "décision annulée" in undone.subject


def test_an_undone_decision_is_nobody_s(
    visitor: Visitor, link: str, mailer: MemoryMailer, deliver: Deliver
) -> None:
    done = decide(visitor, link, decision="approve").body.decode()
    undo = [("nonce", hidden(done, "nonce")), ("decision", "undo"), ("confirm", "on")]
    visitor.submit(f"/review/{link}", undo)
    deliver()
    sams = token(mailer.to("sam.lee@example.org")[-1].text, "review")
    decide(visitor, sams, decision="decline", reason="funds")
    page = visitor.page(f"/review/{link}").body.decode()
    assert "Sam Lee" in page
    assert "Rita Roy" not in page


def test_the_link_in_the_confirmation_undoes_too(
    visitor: Visitor, link: str, mailer: MemoryMailer, store: MemoryStore, deliver: Deliver
) -> None:
    decide(visitor, link, decision="decline", reason="funds")
    deliver()
    recorded = mailer.to("rita.roy@example.org")[-1]
    assert "L’enjeu" not in recorded.subject
    assert "Les fonds disponibles ne permettaient pas" in recorded.text, (
        "what the applicant will read"
    )
    mine = token(recorded.text, "review")
    page = visitor.page(f"/review/{mine}?decision=undo").body.decode()
    fields = [("nonce", hidden(page, "nonce")), ("decision", "undo"), ("confirm", "on")]
    assert visitor.submit(f"/review/{mine}", fields).status_code == 200
    assert case(store)["state"] == "EOI_PENDING"


def test_after_ten_minutes_it_is_too_late_and_that_is_said(
    visitor: Visitor, link: str, store: MemoryStore, clock: SetClock
) -> None:
    done = decide(visitor, link, decision="approve").body.decode()
    clock.pass_(minutes=10)
    page = visitor.submit(
        f"/review/{link}",
        [("nonce", hidden(done, "nonce")), ("decision", "undo"), ("confirm", "on")],
    )
    assert page.status_code == 409
    assert "trop tard" in page.body.decode()
    assert case(store)["state"] == "EOI_APPROVED"


def test_another_person_cannot_undo(
    visitor: Visitor, link: str, mailer: MemoryMailer, store: MemoryStore, service: Services
) -> None:
    sams = token(mailer.to("sam.lee@example.org")[-1].text, "review")
    decide(visitor, link, decision="approve")
    fields = [("nonce", service.links.nonce(sams)), ("decision", "undo"), ("confirm", "on")]
    assert visitor.submit(f"/review/{sams}", fields).status_code == 409
    assert case(store)["state"] == "EOI_APPROVED"


def test_undo_and_the_leaving_letter_cannot_both_happen(
    visitor: Visitor, link: str, store: MemoryStore, clock: SetClock, service: Services,
    mailer: MemoryMailer,
) -> None:  # fmt: skip
    done = decide(visitor, link, decision="approve").body.decode()
    held = next(r for r in store.kinds("letter") if r["letter"] == "eoi_approved")
    key = (held["pk"], held["sk"])
    clock.pass_(minutes=9, seconds=59)

    def letter_leaves_first(_: object) -> None:
        store.before = lambda writes: None
        clock.pass_(seconds=1)
        assert service.mail.outbox.deliver(key) == "sent"

    store.before = letter_leaves_first
    undo = [("nonce", hidden(done, "nonce")), ("decision", "undo"), ("confirm", "on")]
    assert visitor.submit(f"/review/{link}", undo).status_code == 409
    assert case(store)["state"] == "EOI_APPROVED"
    assert "Invitation" in mailer.to("ada.tremblay@example.org")[-1].subject


def test_without_an_undo_window_letters_leave_at_once(
    visitor: Visitor, link: str, mailer: MemoryMailer, service: Services, deliver: Deliver
) -> None:
    from datetime import timedelta

    service.cases.decisions.leaving = LeavingTimes(timedelta(0))
    page = decide(visitor, link, decision="approve").body.decode()
    assert "Annuler" not in page
    deliver()
    assert "Invitation" in mailer.to("ada.tremblay@example.org")[-1].subject
    assert "annulable" not in mailer.to("rita.roy@example.org")[-1].subject


def test_a_link_dies_when_the_file_goes_on(
    visitor: Visitor, link: str, mailer: MemoryMailer, deliver: Deliver, store: MemoryStore
) -> None:
    send_again(visitor, mailer, deliver, org_city="Laval")
    assert visitor.page(f"/review/{link}").status_code == 410
    deliver()
    fresh = token(mailer.to("rita.roy@example.org")[-1].text, "review")
    page = visitor.page(f"/review/{fresh}")
    assert "Laval" in page.body.decode()
    assert "envoyée de nouveau" in page.body.decode()


def test_the_kept_copy_of_a_letter_does_not_hand_its_links_on(
    link: str, store: MemoryStore
) -> None:
    import json
    import zlib

    copies = [
        json.loads(zlib.decompress(row["copy"])) for row in store.kinds("letter") if "copy" in row
    ]
    assert len(copies) == 3
    for kept in copies:
        assert kept["subject"]
        assert kept["to"].endswith("@example.org")
        assert "/review/…" in kept["text"] or "/file/…" in kept["text"]
        assert link not in str(kept)


def test_the_review_page_shows_warnings_history_and_whom_the_link_is_for(
    visitor: Visitor, mailer: MemoryMailer, deliver: Deliver
) -> None:
    visitor.send(
        "/forms/eoi", samples.eoi(org_bn="123456789RR0001", partners=samples.eoi()["partners"][:1])
    )
    deliver()
    mine = token(mailer.to("sam.lee@example.org")[-1].text, "review")
    page = visitor.page(f"/review/{mine}").body.decode()
    assert "s***@example.org" in page
    assert "123456789" in page
    assert "does not pass the usual check" in page
    assert "most collectives have four or more" in page
    assert "yours included" not in page, "which speaks to the applicant"
    assert "Declaration received" in page
    assert "Registered charity" in page, "answers are said in the reader's language"


def test_staff_see_an_assessment_that_was_attached_and_no_other(
    visitor: Visitor, mailer: MemoryMailer, deliver: Deliver
) -> None:
    ref = visitor.send("/forms/assessment", samples.assessment()).json_body["ref"]
    for number, attached in enumerate((ref, "AE-2026-00000-0", None)):
        form = samples.eoi(contact_email=f"a{number}@example.org", assessment_id=attached)
        assert visitor.send("/forms/eoi", form).status_code == 201
        deliver()
        mine = token(mailer.to("sam.lee@example.org")[-1].text, "review")
        page = visitor.page(f"/review/{mine}").body.decode()
        assert ("You are well placed to benefit from coaching" in page) is (attached == ref)


def test_events_are_chained(
    visitor: Visitor, link: str, store: MemoryStore, service: Services
) -> None:
    from chalicelib.cases.audit import FIRST_EVENT, chained, digested

    decide(visitor, link, decision="approve")
    before = FIRST_EVENT
    for event in sorted(store.kinds("event"), key=lambda e: int(e["number"])):
        assert event["before"] == before
        assert event["digest"] == digested(event["data"], event["salt"])
        assert event["hash"] == chained(event, before)
        before = event["hash"]
    assert case(store)["head"] == before
    assert moment(case(store)["updated_at"]).tzinfo is not None


def test_head_and_get_of_a_page_say_the_same(visitor: Visitor, link: str) -> None:
    assert (
        visitor.head(f"/review/{link}").status_code == visitor.page(f"/review/{link}").status_code
    )
    assert HTML


def test_only_the_link_that_decided_takes_the_decision_back(way: Journey) -> None:
    way.declare()
    earlier = way.review(RITA).removeprefix("/review/")
    send_again(way.visitor, way.mailer, way.deliver, org_city="Laval")
    way.deliver()
    latest = way.review(RITA).removeprefix("/review/")
    way.decide(RITA, decision="approve")
    reviews = way.service.views.review.reviews
    assert reviews.open(latest).standing == "undo"
    assert reviews.open(earlier).standing == "decided"
