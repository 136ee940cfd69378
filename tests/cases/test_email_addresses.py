"""One rule for an e-mail address, at every way in: what a form refuses, nothing else takes."""

from collections.abc import Callable

import pytest
from chalice.test import HTTPResponse

import samples
from journey import RITA, Journey

REFUSED = ("adé@x.ca", "a..b@x.ca", "a[b@x.ca", "ada@", "ada@x", f"{'x' * 250}@example.org")
FRENCH = ("ada@Québec.ca", "ada@xn--qubec-csa.ca")
"""How a person writes it, and how mail servers know it."""


def declared(way: Journey, address: str) -> HTTPResponse:
    return way.visitor.send("/forms/eoi", samples.eoi(contact_email=address))


def subscribed(way: Journey, address: str) -> HTTPResponse:
    fields = {"email": address, "language": "fr", "consent": True}
    return way.visitor.send("/newsletter", fields)


def asked_for_links(way: Journey, address: str) -> HTTPResponse:
    return way.visitor.send("/file", {"email": address})


def corrected_by_applicant(way: Journey, address: str) -> HTTPResponse:
    way.declare()
    return way.do(way.own(), action="correct", address=address)


def corrected_by_staff(way: Journey, address: str) -> HTTPResponse:
    way.declare()
    return way.press(way.review(RITA), decision="correct_address", address=address)


WAYS = (declared, subscribed, asked_for_links, corrected_by_applicant, corrected_by_staff)


@pytest.mark.parametrize("address", REFUSED)
@pytest.mark.parametrize("send", WAYS)
def test_what_is_no_address_is_refused(
    way: Journey, send: Callable[[Journey, str], HTTPResponse], address: str
) -> None:
    assert send(way, address).status_code == 422


@pytest.mark.parametrize("send", WAYS)
def test_a_letter_goes_to_the_ascii_form_of_a_domain(
    way: Journey, send: Callable[[Journey, str], HTTPResponse]
) -> None:
    if send is asked_for_links:
        way.declare(FRENCH[0])
    assert send(way, FRENCH[0]).status_code < 400
    way.deliver()
    assert way.mailer.to(FRENCH[1])
    assert not [mail.to for mail in way.mailer.sent if not mail.to.isascii()]


def test_an_address_is_not_corrected_into_itself_written_otherwise(way: Journey) -> None:
    way.declare(FRENCH[0])
    answer = way.do(way.own(FRENCH[1]), action="correct", address=FRENCH[0])
    assert answer.status_code == 422
