"""What somebody reads whose address another person may have typed: nothing that was typed."""

import pytest

import chalicelib.wiring.mail  # noqa: F401 - every room that has letters
import samples
from chalicelib import content
from chalicelib.cases.applicant import COPY_LETTER
from chalicelib.mail.letters import LETTERS
from chalicelib.mail.writers.phrases import plain_name
from chalicelib.services import Services
from fakes import MemoryMailer, SetClock
from journey import ADA, Journey
from subscribers import Person

HOSTILE = "Gagnez 1000 dollars! (evil)"
FREE = ("text", "line", "name")


def hostile(answers: dict[str, object], kept: set[str]) -> dict[str, object]:
    """The same form with the hostile words wherever a person may write."""
    return {
        key: HOSTILE if isinstance(value, str) and key in kept else value
        for key, value in answers.items()
    }


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("Zoé Roy", "Zoé Roy"),
        ("Jean-François d’Arc O'Neil", "Jean-François d’Arc O'Neil"),
        ("Łukasz Żółć", "Łukasz Żółć"),
        ("evil.example", ""),
        ("https://evil.example", ""),
        ("Zoé Roy 514 555-0123", ""),
        ("Zoé\nRoy", ""),
        ("Zoé  Roy", ""),
        ("Zoé <b>", ""),
        ("a" * 61, ""),
        ("", ""),
    ],
)
def test_a_plain_name_has_letters_spaces_hyphens_and_apostrophes_alone(
    given: str, wanted: str
) -> None:
    assert plain_name(given) == wanted


def test_the_letters_that_strangers_can_set_off_are_marked() -> None:
    marked = {name for name, registered in LETTERS.items() if registered.unproved}
    assert marked == {
        "eoi_received", "orphan_received", "fiduciary_named", "assessment_result",
        "address_confirm", "file_links", "newsletter_confirm", "newsletter_reminder",
        "newsletter_move",
    } | (marked & {"declaration_again", "declaration_again_reminder"})  # fmt: skip
    assert COPY_LETTER not in marked


def free_fields(form: str) -> set[str]:
    found = set()
    for section in content.form(form)["sections"]:
        for field in section["fields"]:
            if field["type"] in FREE:
                found.add(field["key"])
    return found


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_no_word_that_was_typed_reaches_an_unproved_address(way: Journey, lang: str) -> None:
    eoi = hostile(samples.eoi(contact_language=lang), free_fields("eoi"))
    assert HOSTILE in eoi.values()
    told = way.visitor.send("/forms/eoi", eoi)
    assert told.status_code == 201, told.body
    application = samples.application(applicant_language=lang, applicant_email="zoe@example.org")
    told = way.visitor.send("/forms/application", hostile(application, free_fields("application")))
    assert told.status_code == 201, told.body
    way.visitor.send("/newsletter", {
        "email": "bea@example.org", "language": lang, "consent": True, "first_name": "Gagnez",
    })  # fmt: skip
    way.deliver()
    way.visitor.submit("/file", [("email", ADA), ("lang", lang)])
    way.deliver()
    outside = [
        mail for mail in way.mailer.sent if mail.to in (ADA, "zoe@example.org", "bea@example.org")
    ]
    assert len(outside) == 4
    for mail in outside:
        for part in (mail.subject, mail.text, mail.html):
            assert "evil" not in part
            assert "Gagnez" not in part


def test_the_copy_is_behind_the_link_and_comes_by_a_button(way: Journey) -> None:
    way.visitor.send("/forms/eoi", samples.eoi(org_legal_name="Jeunes en action"))
    way.deliver()
    (receipt,) = way.mailer.to(ADA)
    assert "Jeunes en action" not in receipt.text + receipt.html + receipt.subject
    own = way.own()
    assert "Jeunes en action" in way.visitor.page(own).body.decode()
    before = len(way.mailer.to(ADA))
    for _ in range(2):
        done = way.do(own, action="copy")
        assert "Vous recevrez la copie par courriel" in done.body.decode()
        way.clock.pass_(seconds=5)
    assert way.do(own, action="copy").status_code == 429
    way.deliver()
    copies = way.mailer.to(ADA)[before:]
    assert len(copies) == 2
    assert "Jeunes en action" in copies[0].text


def test_a_fiduciary_lead_is_told_without_a_word_of_the_applicant(way: Journey) -> None:
    way.apply(fid_lead_email="fid@example.org", fid_legal_name=HOSTILE)
    (told,) = way.mailer.to("fid@example.org")
    for part in (told.subject, told.text, told.html):
        assert "evil" not in part
    assert "evil" in way.letters(ADA)[-1], "who was invited has proved the address"


def test_a_change_of_address_says_nothing_of_the_file_to_the_new_one(way: Journey) -> None:
    way.declare(org_legal_name=HOSTILE)
    way.do(way.own(), action="correct", address="new@example.org")
    way.deliver()
    (told,) = way.mailer.to("new@example.org")
    assert "evil" not in told.subject + told.text + told.html


def test_a_subscriber_s_first_name_is_in_no_confirmation(
    service: Services, mailer: MemoryMailer, clock: SetClock
) -> None:
    ada = Person(service, mailer, clock)
    ada.sign_up(name="evil.example")
    assert "evil" not in str(mailer.sent)
