"""Ceilings on letters: nothing is lost, nobody is bombed, and staff still see every form."""

import re

import samples
from chalicelib import content
from chalicelib.core.languages import LANGS
from chalicelib.mail import alerts
from environment import RITA, SAM
from fakes import MemoryStore
from journey import ADA, Journey
from visitor import token

HOUR = 5
DAY = 20


def victims(way: Journey) -> int:
    return sum("victim" in mail.to for mail in way.mailer.sent)


def declared(way: Journey, number: int, address: str = "victim+{}@example.org") -> str:
    answer = way.visitor.send("/forms/eoi", samples.eoi(contact_email=address.format(number)))
    assert answer.status_code == 201, answer.body
    return str(answer.json_body["ref"])


def test_one_mailbox_gets_five_letters_an_hour_whatever_its_tags_and_none_is_lost(
    way: Journey, store: MemoryStore
) -> None:
    for number in range(8):
        declared(way, number)
    way.deliver()
    assert victims(way) == HOUR
    way.clock.pass_(minutes=30)
    way.deliver()
    assert victims(way) == HOUR
    way.clock.pass_(hours=1)
    way.deliver()
    assert victims(way) == 8, "delayed, and not dropped"
    owed = [row for row in store.kinds("letter") if row["status"] == "owed"]
    assert owed == []


def test_one_mailbox_has_ten_forms_a_day_and_the_others_wait_for_staff(way: Journey) -> None:
    refs = [declared(way, number) for number in range(14)]
    assert [way.case(ref).state for ref in refs] == ["EOI_PENDING"] * 10 + ["HELD_AS_SPAM"] * 4
    for _ in range(48):
        way.clock.pass_(hours=1)
        way.deliver()
    assert victims(way) == 10


def test_the_views_share_the_counter_of_a_mailbox(way: Journey) -> None:
    for number in range(3):
        declared(way, number)
    for number in range(3):
        answer = way.visitor.send(
            "/forms/assessment", samples.assessment(send_to_email=f"victim+r{number}@example.org")
        )
        assert answer.status_code == 201
    way.visitor.send(
        "/newsletter", {"email": "victim@example.org", "language": "fr", "consent": True}
    )
    way.deliver()
    assert victims(way) == HOUR
    way.clock.pass_(hours=2)
    way.deliver()
    assert victims(way) == 7


def test_a_result_is_mailed_to_one_mailbox_ten_times_a_day_and_shown_beyond(way: Journey) -> None:
    """Strangers asked for all of them: whose mailbox it is takes the assessment all the same."""
    told = [
        way.visitor.send(
            "/forms/assessment", samples.assessment(send_to_email=f"victim+{n}@example.org")
        )
        for n in range(12)
    ]
    assert [each.status_code for each in told] == [201] * 12
    warned = [each.json_body.get("warnings", []) for each in told]
    assert warned[:10] == [[]] * 10
    assert all(one["code"] == "result_not_mailed" for (one,) in warned[10:])
    asked = [row for row in way.store.kinds("letter") if row["letter"] == "assessment_result"]
    assert len(asked) == 10
    for each, says in ((told[9], False), (told[11], True)):
        page = f"/file/{token(each.json_body['links']['status'], 'file')}"
        for lang in LANGS:
            shown = way.visitor.page(f"{page}?lang={lang}").body.decode()
            assert (content.messages()["result_not_mailed"][lang] in shown) is says


def test_beyond_the_ceiling_of_all_letters_they_leave_later_and_admins_are_told_once(
    way: Journey, store: MemoryStore
) -> None:
    way.settings(UNPROVED_LETTERS_PER_HOUR="4")
    for number in range(10):
        declared(way, number, "p{}@example.org")
    way.deliver()

    def receipts() -> int:
        return sum(bool(re.match(r"p\d@", mail.to)) for mail in way.mailer.sent)

    assert receipts() == 4
    alerted = [row for row in store.kinds("letter") if row["letter"] == alerts.LETTER]
    assert {row["pk"].partition("#")[2].rpartition("-2026")[0] for row in alerted} == {
        alerts.MANY_LETTERS
    }
    assert sum("partiront avec quelques heures de retard" in m.text for m in way.mailer.sent) == 1
    for _ in range(24):
        way.clock.pass_(hours=1)
        way.deliver()
    assert receipts() == 10


def test_a_letter_that_was_tried_again_is_counted_once(way: Journey) -> None:
    from chalicelib.core.errors import DeliveryFailed

    declared(way, 0)
    way.mailer.failing = [DeliveryFailed("later", permanent=False)] * 3
    for _ in range(4):
        way.deliver()
        way.clock.pass_(hours=1)
    (counter,) = [
        row for row in way.store.kinds("rate")
        if row["pk"].startswith("RATE#all_unproved") and row["posts"]
    ]  # fmt: skip
    assert counter["posts"] == 1


def test_staff_get_thirty_letters_an_hour_and_one_digest_of_the_rest(
    way: Journey, store: MemoryStore
) -> None:
    refs = [declared(way, number, "p{}@example.org") for number in range(40)]
    way.deliver()
    for staff in (RITA, SAM):
        assert len(way.mailer.to(str(staff["email"]))) == 30
    way.clock.pass_(hours=1)
    way.deliver()
    for staff in (RITA, SAM):
        (digest,) = way.mailer.to(str(staff["email"]))[30:]
        assert digest.text.count("/review/") == 30, "as many as a digest lists"
        assert re.search(r"Et 10 de plus|And 10 more", digest.text)
    assert all(way.case(ref).state == "EOI_PENDING" for ref in refs)
    assert not [row for row in store.kinds("letter") if row["status"] == "owed"]


def test_the_page_says_that_the_mail_follows(way: Journey) -> None:
    page = way.visitor.submit("/forms/eoi", [*samples.as_html(samples.eoi()), ("lang", "fr")])
    shown = way.visitor.page(page.headers["Location"].partition("/api")[2]).body.decode()
    assert "suit, d’ordinaire en quelques minutes" in shown


def test_a_lost_link_comes_within_the_hour_whatever_else_is_sent_to_its_mailbox(
    way: Journey,
) -> None:
    way.declare(ADA)
    for _ in range(3):
        for number in range(12):
            way.visitor.send("/forms/assessment", samples.assessment(send_to_email=ADA))
            declared(way, number, f"ada.tremblay+{number}@example.org")
        way.deliver()
        before = len(way.letters(ADA, "/file/"))
        for _ in range(3):
            way.visitor.submit("/file", [("email", ADA)])
            way.deliver()
        assert len(way.letters(ADA, "/file/")) == before + 1, "one, and at once"
        way.clock.pass_(hours=1)


def test_letters_beyond_the_ceiling_of_all_use_the_room_of_each_hour(way: Journey) -> None:
    """Were all of them to come back in the same hour, the hours between would send nothing."""
    way.settings(UNPROVED_LETTERS_PER_HOUR="5", POSTS_PER_HOUR="1000")
    for number in range(60):
        declared(way, number, "visitor{}@example.org")
    for _ in range(24):
        way.deliver()
        way.clock.pass_(hours=1)
    assert sum("visitor" in mail.to for mail in way.mailer.sent) >= 55
