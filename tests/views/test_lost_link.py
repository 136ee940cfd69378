"""Whoever lost their link gets it again, by mail, and nobody learns who has a file."""

from collections.abc import Callable

import pytest

import samples
from chalicelib.cases.case import Case
from chalicelib.core.languages import LANGS
from chalicelib.core.links import person_key
from chalicelib.services import Services
from fakes import MemoryMailer, MemoryStore, SetClock
from journey import RITA, Journey
from visitor import Visitor, token

ADA = "ada@example.org"
Deliver = Callable[[], int]


def ask(visitor: Visitor, email: str, lang: str = "fr") -> str:
    answer = visitor.submit("/file", [("email", email), ("lang", lang)])
    assert answer.status_code == 303, answer.body
    page = visitor.page(f"/file?{answer.headers['Location'].partition('?')[2]}")
    assert page.status_code == 200
    return page.body.decode()


@pytest.fixture
def mailed(visitor: Visitor, mailer: MemoryMailer, deliver: Deliver) -> Callable[..., list[str]]:
    """Asks, and returns the texts of what that brought to the address."""

    def asked(email: str, lang: str = "fr") -> list[str]:
        deliver()
        before = len(mailer.to(email))
        ask(visitor, email, lang)
        deliver()
        return [mail.text for mail in mailer.to(email)[before:]]

    return asked


def test_the_links_of_all_files_come_to_the_address_of_the_forms(
    visitor: Visitor, mailed: Callable[..., list[str]]
) -> None:
    told = visitor.send("/forms/eoi", samples.eoi(contact_email="Ada@Example.org")).json_body
    (text,) = mailed(ADA)
    assert told["ref"] in text
    assert "Reçue – à l’étude" in text
    page = visitor.page(f"/file/{token(text, 'file')}").body.decode()
    assert "Jeunes en action" in page, "the link came by mail, and shows the whole file"


def test_every_address_gets_the_same_answer_and_only_files_bring_a_mail(
    visitor: Visitor, mailer: MemoryMailer, deliver: Deliver
) -> None:
    visitor.send("/forms/eoi", samples.eoi(contact_email=ADA))
    deliver()
    before = len(mailer.sent)
    assert ask(visitor, ADA) == ask(visitor, "nobody@example.org")
    deliver()
    assert [mail.to for mail in mailer.sent[before:]] == [ADA]


def test_asking_often_brings_one_mail_an_hour(
    visitor: Visitor, mailed: Callable[..., list[str]], clock: SetClock
) -> None:
    visitor.send("/forms/eoi", samples.eoi(contact_email=ADA))
    assert len(mailed(ADA, "en")) == 1
    assert mailed(ADA) == []
    clock.pass_(minutes=61)
    assert len(mailed(ADA)) == 1


def test_a_network_may_not_ask_without_end(visitor: Visitor) -> None:
    for number in range(60):
        ask(visitor, f"nobody{number}@example.org")
    answer = visitor.submit("/file", [("email", ADA)])
    assert answer.status_code == 429
    assert "Retry-After" in answer.headers


def test_the_address_goes_when_the_letter_has_left(
    visitor: Visitor, mailed: Callable[..., list[str]], store: MemoryStore
) -> None:
    visitor.send("/forms/eoi", samples.eoi(contact_email=ADA))
    mailed(ADA)
    mailed("nobody@example.org")
    kept = [item for key, item in store.items.items() if key[0].startswith("FILES#")]
    assert {item["status"] for item in kept} == {"sent", "dropped"}
    assert ADA not in str(kept)
    assert "nobody@" not in str(kept)


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_what_is_no_address_is_said_in_words(visitor: Visitor, lang: str) -> None:
    answer = visitor.submit("/file", [("email", "ada@"), ("lang", lang)])
    assert answer.status_code == 422
    assert 'value="ada@"' in answer.body.decode()
    told = visitor.send("/file", {"email": ["x"], "lang": lang})
    assert told.status_code == 422
    assert told.json_body["errors"][0]["field"] == "email"


def test_a_corrected_address_gets_the_links_and_the_old_one_does_not(
    visitor: Visitor, mailed: Callable[..., list[str]], service: Services
) -> None:
    told = visitor.send("/forms/eoi", samples.eoi(contact_email=ADA)).json_body
    case = service.lookup.case(told["ref"].partition("-")[2])
    assert case
    service.cases.applicant.correct_address(case, "ada.roy@example.org", by="rita-roy")
    assert mailed(ADA) == []
    assert len(mailed("ada.roy@example.org")) == 1


def test_a_broken_link_leads_to_the_form(visitor: Visitor) -> None:
    page = visitor.page("/file/nonsense?lang=en")
    assert page.status_code == 404
    assert "This link does not work" in page.body.decode()
    assert 'type="email"' in page.body.decode()


# The links of a file come to whoever it writes to, however it came to that address.

NEW = "ada@new.example.org"


def uninvited(way: Journey) -> str:
    told = way.visitor.send("/forms/application", samples.application(applicant_email=NEW))
    return str(told.json_body["ref"])


def corrected_by_staff(way: Journey) -> str:
    case = way.declare(ADA)
    way.decide(RITA, decision="correct_address", address=NEW)
    return case.ref


def corrected_by_herself(way: Journey) -> str:
    case = way.declare(ADA)
    way.do(way.own(ADA), action="correct", address=NEW)
    way.deliver()
    way.do(way.own(NEW), action="confirm")
    return case.ref


def applied_from_another_address(way: Journey) -> str:
    case = way.declare(ADA)
    way.decide(RITA, decision="approve")
    way.after_undo()
    form = samples.application(applicant_email=NEW)
    told = way.visitor.send("/forms/application", {**form, "invite": way.invite(ADA)})
    assert told.status_code == 201
    way.deliver()
    way.do(way.own(NEW), action="confirm")
    return str(way.again(case).app_ref)


def treated_as_a_declaration(way: Journey) -> str:
    ref = uninvited(way)
    way.deliver()
    way.decide(RITA, decision="treat_as_eoi")
    return way.case(ref).ref


def corrected_and_ended(way: Journey) -> str:
    ref = corrected_by_staff(way)
    way.deliver()
    way.do(way.own(NEW), "?do=withdraw", action="withdraw")
    return ref


@pytest.mark.parametrize(
    "come",
    [uninvited, corrected_by_staff, corrected_by_herself, applied_from_another_address,
     treated_as_a_declaration, corrected_and_ended],
)  # fmt: skip
def test_links_come_to_whoever_the_file_writes_to_and_to_nobody_before(
    way: Journey, come: Callable[[Journey], str]
) -> None:
    ref = come(way)
    way.deliver()
    way.clock.pass_(hours=2)
    before = len(way.mailer.sent)
    for address in (NEW, NEW.upper(), ADA):
        ask(way.visitor, address)
    way.deliver()
    (mail,) = way.mailer.sent[before:]
    assert mail.to.lower() == NEW
    assert ref in mail.text
    assert way.visitor.page(f"/file/{token(mail.text, 'file')}").status_code == 200
    for row in way.store.kinds("case"):
        case = Case.of(row)
        assert case.person == person_key(case.mail_to, way.service.parts.people_key)


@pytest.mark.parametrize("lang", LANGS)
def test_a_form_that_was_kept_for_later_is_found_again_by_its_address_alone(
    visitor: Visitor, mailed: Callable[..., list[str]], clock: SetClock, lang: str
) -> None:
    begun = visitor.send("/draft", {"form": "eoi", "lang": lang}).json_body
    own = token(begun["links"]["draft"], "draft")
    visitor.send(f"/draft/{own}/contact", {"version": 0, "fields": {"contact_email": ADA}})
    assert mailed(ADA, lang) == [], "an answer is no address to write to"
    assert visitor.send(f"/draft/{own}/later", {"email": ADA, "lang": lang}).status_code == 202
    clock.pass_(hours=2)
    (text,) = mailed(ADA, lang)[-1:]
    assert mailed("bea@example.org", lang) == []
    link = token(text, "draft")
    assert visitor.get(f"/draft/{link}").json_body["form"] == "eoi"


def test_a_form_that_was_sent_or_deleted_is_no_draft_any_more(
    visitor: Visitor, mailed: Callable[..., list[str]], clock: SetClock
) -> None:
    begun = visitor.send("/draft", {"form": "eoi"}).json_body
    own = token(begun["links"]["draft"], "draft")
    visitor.send(f"/draft/{own}/later", {"email": ADA})
    assert "formulaire" in mailed(ADA)[-1]
    clock.pass_(hours=2)
    gone = visitor.submit(f"/draft/{own}/delete", [("confirm", "on")])
    assert gone.status_code == 200
    assert mailed(ADA) == []
