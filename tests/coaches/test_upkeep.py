"""Messages to coaches, and how coaches and staff keep the directory right."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from chalicelib.coaches import upkeep
from chalicelib.coaches.coach import Coach
from chalicelib.coaches.edition import Edition
from chalicelib.coaches.editions import EditionStore
from chalicelib.coaches.proposals import EDITABLE_COLUMNS, OpenProposal
from chalicelib.core.records import stamp
from chalicelib.services import Services
from fakes import MemoryMailer, MemoryStore, SetClock
from sample_coaches import MIREILLE, PRIVATE
from samples import as_html
from visitor import Visitor, hidden, token

Deliver = Callable[[], int]
CONTACT = f"/coaches/{MIREILLE}/contact"
MESSAGE = {"name": "Zoé Roy", "email": "zoe@example.org", "message": "Bonjour!\nUne question."}


def sent(visitor: Visitor, **other: object) -> Any:
    return visitor.send(CONTACT, {**MESSAGE, **other})


def test_a_message_reaches_a_coach_whose_address_nobody_sees(
    visitor: Visitor, published: Edition, deliver: Deliver, mailer: MemoryMailer
) -> None:
    answer = sent(visitor, lang="en")
    assert answer.status_code == 201
    assert PRIVATE not in answer.body.decode()
    deliver()
    (mail,) = mailer.sent
    assert (mail.to, mail.reply_to) == (PRIVATE, "zoe@example.org")
    assert "  Une question." in mail.text


def test_the_same_message_twice_is_sent_once(
    visitor: Visitor, published: Edition, deliver: Deliver, mailer: MemoryMailer
) -> None:
    assert "Idempotent-Replayed" not in sent(visitor).headers
    assert sent(visitor).headers["Idempotent-Replayed"] == "true"
    deliver()
    assert len(mailer.sent) == 1


def test_a_message_and_its_letter_are_kept_for_thirty_days(
    visitor: Visitor, published: Edition, deliver: Deliver, store: MemoryStore, clock: SetClock
) -> None:
    sent(visitor)
    deliver()
    kept = [item for item in store.items.values() if item["pk"].startswith("MESSAGE#")]
    assert {item["kind"] for item in kept} == {"message", "letter"}
    assert {item["expires"] for item in kept} == {int(clock().timestamp()) + 30 * 86400}


def test_a_message_that_does_not_fit_comes_back_with_what_was_typed(
    visitor: Visitor, published: Edition, store: MemoryStore
) -> None:
    problem = sent(visitor, email="zoe@", lang="en")
    assert problem.status_code == 422
    assert [e["field"] for e in problem.json_body["errors"]] == ["email"]
    page = visitor.submit(CONTACT, [*{**MESSAGE, "email": "zoe@"}.items(), ("lang", "fr")])
    assert page.status_code == 422
    assert "Une question." in page.body.decode()
    assert not store.kinds("message")


def test_a_network_may_not_write_to_coaches_without_end(
    service: Services, published: Edition, visitor: Visitor
) -> None:
    service.views.coach_contact.messages._per_hour = 3
    for number in range(3):
        assert sent(visitor, message=str(number)).status_code == 201
    answer = sent(visitor)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 3600


def test_posts_from_anywhere_do_not_shut_a_coach_s_form(
    service: Services, published: Edition, visitor: Visitor, deliver: Deliver, clock: SetClock,
    mailer: MemoryMailer, store: MemoryStore,
) -> None:  # fmt: skip
    messages = service.views.coach_contact.messages
    for number in range(30):
        fields = {**MESSAGE, "message": f"Trop {number}."}
        messages.send(MIREILLE, fields, "fr", address=f"192.0.2.{number}")
    page = visitor.submit(CONTACT, [*MESSAGE.items(), ("lang", "fr")])
    assert page.status_code == 303
    told = visitor.page(page.headers["Location"].partition("/api")[2]).body.decode()
    assert "d’ici quelques heures" in told
    deliver()
    before = len(mailer.sent)
    clock.pass_(hours=1)
    deliver()
    assert ["Une question." in mail.text for mail in mailer.sent[before:]] == [True]


def test_a_flood_of_messages_to_one_coach_is_kept_for_staff(
    service: Services, published: Edition, deliver: Deliver, clock: SetClock,
    mailer: MemoryMailer, store: MemoryStore,
) -> None:  # fmt: skip
    messages = service.views.coach_contact.messages
    sent = [
        messages.send(MIREILLE, {**MESSAGE, "message": f"{n}"}, "fr", address=f"192.0.2.{n}")
        for n in range(150)
    ]
    assert [one.later for one in sent] == [False] * 30 + [True] * 120
    clock.pass_(hours=2)
    deliver()
    assert len(mailer.sent) == 100
    held = [row for row in store.kinds("message") if row.get("held") == "crowded"]
    assert len(held) == 50, "none is lost"
    messages.release(held[0])
    deliver()
    assert len(mailer.sent) == 101


def test_a_message_that_looks_odd_is_asked_whether_a_person_sends_it(
    visitor: Visitor, published: Edition, deliver: Deliver, store: MemoryStore, mailer: MemoryMailer
) -> None:
    refused = sent(visitor, website="spam")
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json_body["errors"]] == ["person"]
    assert list(store.kinds("message")) == []
    assert sent(visitor, website="spam", person=True).status_code == 201
    assert deliver() == 1
    assert mailer.sent[0].to == PRIVATE


def test_a_message_to_a_coach_who_left_meanwhile_goes_to_the_programme(
    visitor: Visitor, service: Services, published: Edition, deliver: Deliver, mailer: MemoryMailer
) -> None:
    sent(visitor)
    coach = service.coaches.upkeep.coach(MIREILLE)
    assert coach
    service.coaches.upkeep.withdraw(coach)
    deliver()
    (mail,) = [m for m in mailer.sent if m.reply_to]
    assert mail.to == "info@example.org"


def test_nobody_writes_to_a_coach_who_is_not_there(visitor: Visitor, published: Edition) -> None:
    assert visitor.send("/coaches/nobody/contact", MESSAGE).status_code == 404


# The yearly check, and a coach's own link.


@pytest.fixture
def coach_link(
    service: Services, editions: EditionStore, coaches: Sequence[Coach], clock: SetClock, deliver: Deliver,
    mailer: MemoryMailer,
) -> str:  # fmt: skip
    """The link in the letter of Mireille, who was last checked a year ago."""
    today = clock().date()
    catalogue = [
        coach.model_copy(
            update={
                "last_verified_at": today - upkeep.CHECK_INTERVAL
                if coach.slug == MIREILLE
                else today,
            }
        )
        for coach in coaches
    ]
    editions.publish(catalogue, by="test", why="", after=None)
    assert service.coaches.upkeep.check() == 1
    deliver()
    return f"/coach/{token(mailer.to(PRIVATE)[-1].text, 'coach')}"


def act(visitor: Visitor, link: str, fields: dict[str, Any]) -> Any:
    nonce = hidden(visitor.page(link).body.decode(), "nonce")
    return visitor.submit(link, [*as_html(fields), ("nonce", nonce), ("lang", "en")])


def now(service: Services) -> Coach:
    coach = service.coaches.upkeep.coach(MIREILLE)
    assert coach
    return coach


def page_form(coach: Coach, **changes: Any) -> dict[str, Any]:
    stands = coach.model_dump(mode="json", exclude_none=True)
    kept = {
        key: stands[key] for key in EDITABLE_COLUMNS if stands.get(key) not in (None, False, [])
    }
    return {**kept, **changes, "action": "change"}


def test_a_coach_is_asked_once_a_year_and_reminded_once(
    service: Services, coach_link: str, clock: SetClock, deliver: Deliver, mailer: MemoryMailer
) -> None:
    for _ in range(90):
        service.coaches.upkeep.check()
        clock.pass_(days=1)
        service.coaches.upkeep.check()
        service.coaches.upkeep.check()
        deliver()
    mine = [m for m in mailer.to(PRIVATE) if "/coach/" in m.text]
    assert len(mine) == 2


def test_nobody_is_asked_at_night_and_a_dead_sweep_is_made_up_for(
    service: Services,
    editions: EditionStore,
    coaches: Sequence[Coach],
    clock: SetClock,
    store: MemoryStore,
) -> None:
    old = clock().date() - upkeep.CHECK_INTERVAL
    catalogue = [coach.model_copy(update={"last_verified_at": old}) for coach in coaches[:3]]
    editions.publish(catalogue, by="test", why="", after=None)
    clock.now = clock.now.replace(hour=8)
    assert service.coaches.upkeep.check() == 0
    clock.now = clock.now.replace(hour=15)

    class Died(BaseException): ...

    left = [2]

    def die(writes: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Died

    store.before = die
    with pytest.raises(Died):
        service.coaches.upkeep.check()
    store.before = lambda writes: None
    assert service.coaches.upkeep.check() == 1
    assert service.coaches.upkeep.check() == 0
    assert len(store.kinds("letter")) == 3


def test_a_look_at_one_s_own_page_changes_nothing(
    visitor: Visitor, coach_link: str, store: MemoryStore
) -> None:
    before = dict(store.items)
    for _ in range(20):
        assert visitor.page(coach_link).status_code == 200
        assert visitor.head(coach_link).status_code == 200
    assert store.items == before
    page = visitor.page(coach_link)
    assert page.headers["Cache-Control"] == "no-store"


def test_a_coach_confirms_a_page_that_is_right(
    visitor: Visitor, service: Services, coach_link: str, clock: SetClock
) -> None:
    assert "is confirmed" in act(visitor, coach_link, {"action": "confirm"}).body.decode()
    assert now(service).last_verified_at == clock().date()
    edition = service.coaches.editions.current()
    act(visitor, coach_link, {"action": "confirm"})
    assert service.coaches.editions.current() == edition


def test_changes_wait_for_staff_and_are_published_by_one_of_them(
    visitor: Visitor, service: Services, coach_link: str, deliver: Deliver, mailer: MemoryMailer,
    store: MemoryStore,
) -> None:  # fmt: skip
    given = page_form(now(service), city="Laval", availability="full")
    assert "changes were sent" in act(visitor, coach_link, given).body.decode()
    assert now(service).city == "Montréal"
    deliver()
    links = [
        f"/proposal/{token(mailer.to(f'{who}@example.org')[-1].text, 'proposal')}"
        for who in ("rita.roy", "sam.lee")
    ]
    before = dict(store.items)
    page = visitor.page(links[1]).body.decode()
    assert "<del>Montréal</del>" in page
    assert "<ins>Laval</ins>" in page
    assert store.items == before
    decision = {"decision": "publish", "confirm": "on"}
    assert act(visitor, links[1], {**decision, "confirm": ""}).status_code == 422
    assert "are published" in act(visitor, links[1], decision).body.decode()
    coach = now(service)
    assert (coach.city, coach.availability) == ("Laval", "full")
    assert coach.email == PRIVATE
    assert visitor.page(links[0]).status_code == 410
    assert visitor.submit(links[0], [*decision.items(), ("nonce", "x")]).status_code == 410
    deliver()
    assert "à jour" in mailer.to(PRIVATE)[-1].subject
    (done,) = store.kinds("proposal")
    assert (done["status"], done["by"]) == ("published", "sam-lee")


def opened_by(who: str, service: Services, mailer: MemoryMailer) -> OpenProposal:
    link = token(mailer.to(f"{who}@example.org")[-1].text, "proposal")
    opened = service.coaches.proposals.open(link)
    assert isinstance(opened, OpenProposal)
    return opened


def test_two_who_decide_at_once_give_one_decision(
    visitor: Visitor, service: Services, coach_link: str, deliver: Deliver, mailer: MemoryMailer
) -> None:
    act(visitor, coach_link, page_form(now(service), city="Laval"))
    deliver()
    rita, sam = (opened_by(who, service, mailer) for who in ("rita.roy", "sam.lee"))
    assert service.coaches.proposals.decide(rita, publish=False, remarks="Non")
    assert not service.coaches.proposals.decide(sam, publish=True, remarks="")
    assert now(service).city == "Montréal"
    deliver()
    assert len([m for m in mailer.to(PRIVATE) if "modifications" in m.subject]) == 1


def test_changes_go_on_top_of_what_staff_changed_meanwhile(
    visitor: Visitor, service: Services, coach_link: str, deliver: Deliver, mailer: MemoryMailer
) -> None:
    act(visitor, coach_link, page_form(now(service), city="Laval"))
    deliver()
    service.coaches.upkeep.edit(MIREILLE, {"organization": "Autre"}, by="staff", why="")
    opened = opened_by("sam.lee", service, mailer)
    assert service.coaches.proposals.decide(opened, publish=True, remarks="")
    assert (now(service).city, now(service).organization) == ("Laval", "Autre")


def test_newer_changes_take_the_place_of_older_ones(
    visitor: Visitor, service: Services, coach_link: str, deliver: Deliver, mailer: MemoryMailer
) -> None:
    act(visitor, coach_link, page_form(now(service), city="Laval"))
    deliver()
    old = f"/proposal/{token(mailer.to('sam.lee@example.org')[-1].text, 'proposal')}"
    act(visitor, coach_link, page_form(now(service), city="Gatineau"))
    deliver()
    assert visitor.page(old).status_code == 410
    new = f"/proposal/{token(mailer.to('sam.lee@example.org')[-1].text, 'proposal')}"
    assert "Gatineau" in visitor.page(new).body.decode()


def test_a_coach_takes_the_page_down_at_once_and_staff_hear_of_it(
    visitor: Visitor, service: Services, coach_link: str, deliver: Deliver, mailer: MemoryMailer,
    clock: SetClock,
) -> None:  # fmt: skip
    assert act(visitor, coach_link, {"action": "withdraw"}).status_code == 422
    assert now(service).public
    assert act(visitor, coach_link, {"action": "withdraw", "sure": "on"}).status_code == 200
    assert not now(service).public
    clock.pass_(seconds=30)
    assert visitor.get(f"/coaches/{MIREILLE}").status_code == 404
    deliver()
    assert "Mireille" in mailer.to("rita.roy@example.org")[-1].subject
    for edition in service.coaches.editions.restorable()[1:]:
        assert MIREILLE not in [coach.slug for coach in service.coaches.editions.catalogue(edition)]


@pytest.mark.parametrize("fields", [{"action": "confirm"}, {"action": "withdraw", "sure": "on"}])
def test_a_robot_that_presses_buttons_without_the_page_changes_nothing(
    visitor: Visitor, service: Services, coach_link: str, fields: dict[str, str]
) -> None:
    before = service.coaches.editions.current()
    assert visitor.submit(coach_link, list(fields.items())).status_code == 422
    assert service.coaches.editions.current() == before


def test_what_does_not_fit_is_said_beside_its_field_and_kept(
    visitor: Visitor, service: Services, coach_link: str
) -> None:
    page = act(
        visitor, coach_link, page_form(now(service), first_name="", languages=["es"], city="Laval")
    )
    text = page.body.decode()
    assert page.status_code == 422
    assert 'href="#f-first-name"' in text
    assert 'value="Laval"' in text


def test_a_link_dies_with_the_address_it_was_sent_to(
    visitor: Visitor, service: Services, coach_link: str
) -> None:
    service.coaches.upkeep.edit(MIREILLE, {"email": "other@example.org"}, by="staff", why="")
    assert visitor.page(coach_link).status_code == 404
    assert visitor.page("/coach/forged").status_code == 404


def test_a_coach_gets_a_lost_link_again_by_their_address_alone(
    visitor: Visitor, service: Services, coach_link: str, deliver: Deliver, mailer: MemoryMailer,
    clock: SetClock,
) -> None:  # fmt: skip
    broken = visitor.page("/coach/forged")
    assert broken.status_code == 404
    assert 'name="email"' in broken.body.decode()
    mailer.sent.clear()
    told = {
        email: visitor.submit("/file", [("email", email), ("lang", "fr")])
        for email in (PRIVATE.upper(), "nobody@example.org")
    }
    answers = {(one.status_code, one.headers["Location"]) for one in told.values()}
    assert len(answers) == 1, "nobody learns who is a coach"
    deliver()
    (mail,) = mailer.sent
    assert mail.to.lower() == PRIVATE
    page = visitor.page(f"/coach/{token(mail.text, 'coach')}")
    assert page.status_code == 200
    assert page.body.decode().count("nonce")
    service.coaches.upkeep.withdraw(service.coaches.upkeep.coach(MIREILLE))  # type: ignore[arg-type]
    clock.pass_(hours=2)
    deliver()
    mailer.sent.clear()
    visitor.submit("/file", [("email", PRIVATE), ("lang", "fr")])
    deliver()
    assert [mail for mail in mailer.sent if mail.to == PRIVATE] == [], "whoever left has none"


def test_a_link_to_judge_ends_after_two_weeks_and_with_its_owner(
    visitor: Visitor, service: Services, coach_link: str, deliver: Deliver, mailer: MemoryMailer,
    clock: SetClock, store: MemoryStore,
) -> None:  # fmt: skip
    act(visitor, coach_link, page_form(now(service), city="Laval"))
    deliver()
    rita, sam = (
        f"/proposal/{token(mailer.to(f'{who}@example.org')[-1].text, 'proposal')}"
        for who in ("rita.roy", "sam.lee")
    )
    store.items["STAFF", "rita-roy"]["active"] = False
    assert visitor.page(rita).status_code == 410
    assert visitor.page(sam).status_code == 200
    clock.pass_(days=15)
    assert visitor.page(sam).status_code == 410
    assert visitor.page("/proposal/unknown").status_code == 410


def test_the_kept_copies_of_letters_hold_no_link_that_gives_a_right(
    visitor: Visitor, service: Services, coach_link: str, deliver: Deliver, store: MemoryStore
) -> None:
    import json
    import zlib

    act(visitor, coach_link, page_form(now(service), city="Laval"))
    deliver()
    copies = [
        json.loads(zlib.decompress(item["copy"]))
        for item in store.kinds("letter")
        if "copy" in item
    ]
    assert len(copies) == 3
    for copy in copies:
        assert not re.findall(r"/(?:coach|proposal)/[\w-]{8,}", copy["text"] + copy["html"])


def test_an_edition_names_who_published_it(
    visitor: Visitor, service: Services, coach_link: str, clock: SetClock
) -> None:
    clock.pass_(seconds=1)
    act(visitor, coach_link, {"action": "confirm"})
    newest = service.coaches.editions.restorable()[0]
    assert (newest.by, newest.why, newest.at) == (MIREILLE, "confirmed", stamp(clock()))


def test_a_link_about_a_page_opens_no_file_and_no_issue(
    visitor: Visitor, service: Services, coach_link: str, deliver: Deliver, mailer: MemoryMailer
) -> None:
    act(visitor, coach_link, page_form(now(service), city="Laval"))
    deliver()
    proposal = token(mailer.to("sam.lee@example.org")[-1].text, "proposal")
    for elsewhere in ("review", "newsletter/review"):
        unknown = visitor.page(f"/{elsewhere}/unknown").status_code
        assert visitor.page(f"/{elsewhere}/{proposal}").status_code == unknown
        posted = visitor.submit(f"/{elsewhere}/{proposal}", [("decision", "approve")])
        assert posted.status_code == unknown
