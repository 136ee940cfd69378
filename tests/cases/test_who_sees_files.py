"""Whoever sees no file at the desk is sent none, and opens none by a link of before."""

import samples
from chalicelib.core.letter_row import ALL_STAFF
from journey import ADA, RITA, SAM, Journey
from visitor import hidden


def now_writes_the_newsletter(way: Journey) -> None:
    way.store.items["STAFF", "sam-lee"]["roles"] = ["communications"]


def test_who_writes_the_newsletter_is_sent_no_file_and_is_given_none(way: Journey) -> None:
    now_writes_the_newsletter(way)
    way.service.cases.digest.ensure_scheduled()
    case = way.declare()
    for _ in range(3):
        way.deliver()
        way.clock.pass_(days=1)
    assert any(case.ref in text for text in way.letters(RITA))
    assert way.letters(SAM) == []
    reviews = way.service.cases.reviews
    rita = reviews.roster.require("rita-roy")
    assert reviews.colleagues(rita) == []
    way.decide(RITA, decision="assign", colleague="sam-lee")
    assert way.case(case.ref).owner is None


def test_a_link_of_before_opens_no_file_to_who_writes_the_newsletter_now(way: Journey) -> None:
    case = way.declare()
    way.deliver()
    path = way.review(SAM)
    page = way.visitor.page(path).body.decode()
    assert ADA in page
    now_writes_the_newsletter(way)
    assert ADA not in way.visitor.page(path).body.decode()
    nonce = ("nonce", hidden(page, "nonce"))
    way.visitor.submit(path, [nonce, ("decision", "approve"), ("confirm", "on")])
    way.visitor.submit(path, [("decision", "fresh")])
    way.deliver()
    assert way.case(case.ref).state == "EOI_PENDING"
    assert len(way.letters(SAM)) == 1


def test_a_letter_that_waits_is_not_sent_to_who_writes_the_newsletter_now(way: Journey) -> None:
    assert way.visitor.send("/forms/eoi", samples.eoi()).status_code == 201
    (row,) = (one for one in way.store.kinds("letter") if one["to"] == ALL_STAFF)
    assert way.service.mail.outbox.deliver((row["pk"], row["sk"])) == "spread"
    now_writes_the_newsletter(way)
    way.deliver()
    assert way.letters(SAM) == []
