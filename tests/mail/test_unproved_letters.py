"""What somebody reads whose address another person may have typed: nothing that was typed."""

import re

import pytest

import chalicelib.wiring.mail  # noqa: F401 - every room that has letters
import gallery
import hostile_twin
import samples
from chalicelib import content
from chalicelib.cases.applicant import COPY_LETTER
from chalicelib.cases.case import Case
from chalicelib.cases.effects import Decider
from chalicelib.cases.guards import DecisionInput
from chalicelib.core.languages import Lang
from chalicelib.core.letter_row import APPLICANT, OUTSIDE
from chalicelib.mail.letters import LETTERS
from chalicelib.mail.writers.phrases import plain_name
from chalicelib.services import Services
from fakes import MemoryMailer, SetClock
from hostile_twin import TRACES
from journey import ADA, Journey
from subscribers import Person

HOSTILE = "Gagnez 1000 dollars! (evil)"
TEXTS = (HOSTILE, "https://evil.example/a", "<b>evil1</b> [evil](https://evil.example)")


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
        ("[Zoé](x)", ""),
        ("Zoé\u202eRoy", ""),
        ("Zoé\u200bRoy", ""),
        ("Zoé\x07", ""),
        ("Zoé@Roy", ""),
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
    assert marked >= {
        "eoi_received", "orphan_received", "fiduciary_named", "assessment_result",
        "address_confirm", "file_links", "newsletter_confirm", "newsletter_reminder",
        "newsletter_move", "declaration_beside", "declarations_waiting", "application_confirm",
        "form_received",
    }  # fmt: skip
    assert COPY_LETTER not in marked


def test_what_a_form_owes_before_anybody_has_used_a_link_is_marked() -> None:
    for row in content.states()["transitions"]:
        if "NEW" in row["from"]:
            for name in row["letters"]:
                registered = LETTERS[name]
                assert registered.readers & set(OUTSIDE) == registered.unproved, name


@pytest.mark.parametrize("lang", gallery.LANGS)
def test_every_letter_repeats_nothing_to_an_unproved_address(lang: Lang) -> None:
    """Whoever set it off: a form, a clock, or staff who decided about what a stranger sent."""
    twins = gallery.twins(lang)
    by_link = {("file_copy", APPLICANT)}
    assert set(twins) == hostile_twin.to_somebody_outside()
    for (name, reader), mail in twins.items():
        if (name, reader) not in by_link:
            for part in (mail.subject, mail.text, mail.html):
                assert [trace for trace in TRACES if trace in part] == [], (name, reader)
            assert "None" not in mail.text, name


def test_what_is_looked_for_would_be_found(way: Journey) -> None:
    case = hostile_twin.unproved(way.declare())
    for proved in (True, False):
        letter = way.service.mail.sender.compose(
            "file_reopened", "fr",
            {"message": "Voilà.", "status_url": "", "state_name": "", "next_step": "",
             "until": None, "conditions": []},
            case, proved=proved,
        )  # fmt: skip
        assert ("evil" in letter.text and "evil" in letter.html) == proved


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("text", TEXTS)
def test_no_word_that_was_typed_reaches_an_unproved_address(
    way: Journey, lang: str, text: str
) -> None:
    _posted(way, "eoi", samples.eoi(contact_language=lang), text)
    application = samples.application(applicant_language=lang, applicant_email="zoe@example.org")
    _posted(way, "application", application, text)
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
    assert any("evil" in mail.text for mail in way.mailer.sent), "staff read all of it"


def _posted(way: Journey, form: str, given: dict[str, object], text: str) -> None:
    """Send the form with this text in every field that takes it."""
    fields = hostile_twin.answers(form, given, text)
    told = way.visitor.send(f"/forms/{form}", fields)
    if told.status_code == 422:
        for error in told.json_body["errors"]:
            key = re.split(r"[.\[]", error["field"])[0]
            # Whoever sends an odd form is asked whether a person sends it.
            fields[key] = "on" if key == "person" else given[key]
        told = way.visitor.send(f"/forms/{form}", fields)
    assert told.status_code == 201, told.body
    assert text in fields.values()
    for row in way.store.kinds("case"):
        if row["state"] == "HELD_AS_SPAM":
            way.service.cases.decisions.release(Case.of(row), Decider("operator", "operator"))


def test_a_decision_names_the_organization_to_who_has_used_a_link_and_to_nobody_before(
    way: Journey,
) -> None:
    told = {}
    for address, acts in (("ada@example.net", False), ("eve@example.net", True)):
        case = way.declare(address, org_legal_name=HOSTILE)
        if acts:
            way.do(way.own(address), action="copy")
            way.deliver()
        assert bool(way.again(case).proved) == acts
        decider = Decider("rita-roy", "Rita Roy")
        case = way.again(case)
        way.service.cases.decisions.act(
            case, "decline", decider, DecisionInput(reasons=("not_ci",), message="Non.")
        )
        way.after_undo()
        way.service.cases.decisions.act(
            way.again(case), "reopen", decider, DecisionInput(message="Erreur.")
        )
        way.deliver()
        told[acts] = way.letters(address)[-1]
    assert "Le dossier DI-" in told[False]
    assert "(votre organisme)" not in told[False]
    assert "evil" not in told[False]
    assert "evil" in told[True]


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
