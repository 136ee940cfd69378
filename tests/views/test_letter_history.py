"""The page of a file shows what its people were told: every e-mail as it left, and its outcome."""

import html
import re

import pytest

from chalicelib.core import templates
from chalicelib.core.letter_row import tag_of
from chalicelib.core.links import Links
from gallery_cases import bounced
from journey import ADA, RITA, SAM, Journey


def shown(way: Journey, address: str = RITA) -> str:
    return html.unescape(way.visitor.page(way.fresh(address)).body.decode())


def letters_of(page: str) -> list[str]:
    part = page.split('id="letters"')[1].split('id="decide"')[0]
    return re.findall(r"<li>(.*?)</li>", part, re.DOTALL)


def test_every_letter_to_a_person_is_shown_as_it_left_without_its_links(way: Journey) -> None:
    way.declare()
    way.decide(RITA, decision="approve", message="Bravo!\nÀ bientôt.")
    way.after_undo()
    page = shown(way)
    mails = way.mailer.to(ADA)
    assert len(mails) == 2
    for mail in mails:
        assert mail.subject in page
        assert Links.redact(mail.text).strip() in page
        for secret in re.findall(r"/file/([\w.~-]+)|invite=([\w.~-]+)", mail.text):
            assert "".join(secret) not in page
    newest, oldest = [line for line in letters_of(page) if "<pre" in line]
    assert mails[1].subject in newest
    assert mails[0].subject in oldest
    assert ADA in newest


def test_a_file_has_its_newest_letters_to_read_and_the_others_on_a_page_of_their_own(
    way: Journey,
) -> None:
    way.declare()
    for question in ("Un?", "Deux?"):
        way.decide(RITA, decision="ask", message=question)
        way.after_undo()
        way.do(way.own(), action="reply", answer="Oui.")
        way.deliver()
    link = way.fresh(RITA)
    page = html.unescape(way.visitor.page(link).body.decode())
    assert len([line for line in letters_of(page) if "<pre" in line]) == 3
    (every,) = re.findall(r'href="[^"]*(/review/[^"]*letters=1[^"]*)"', page)
    read = html.unescape(way.visitor.page(every).body.decode())
    for mail in way.mailer.to(ADA):
        assert Links.redact(mail.text).strip() in read


def test_letters_to_staff_are_listed_without_what_only_their_reader_may_use(way: Journey) -> None:
    way.apply()
    page = shown(way, SAM)
    assert "E-mails to staff" in page
    assert way.subjects(RITA)[-1] in page
    assert way.code(RITA) not in page


def test_each_outcome_is_told_in_words(way: Journey) -> None:
    case = way.declare()
    rows = [r for r in way.store.kinds("letter") if r["letter"] == "eoi_received"]
    tag = tag_of(rows[0]["pk"], rows[0]["sk"])
    assert "sent on" in letters_of(shown(way, SAM))[0]
    delivered = {"eventType": "Delivery", "mail": {"tags": {"mail": [tag]}, "messageId": "m"}}
    way.service.delivery_events.settle(delivered)
    assert "delivered on" in letters_of(shown(way, SAM))[0]
    way.service.delivery_events.settle(bounced(tag))
    assert "came back on" in letters_of(shown(way, SAM))[0]
    assert "550 5.1.1 unknown" in letters_of(shown(way, SAM))[0]
    way.decide(RITA, decision="decline", reason="funds")
    assert "leaves on" in letters_of(shown(way, SAM))[0]
    undo = next(text for text in way.letters(RITA, "/review/")[::-1] if "decision=undo" in text)
    way.press("/review/" + re.findall(r"/review/([\w-]+)", undo)[-1], decision="undo")
    page = shown(way, SAM)
    assert "not sent: the decision was undone" in page
    assert way.again(case).state == "EOI_PENDING"


def test_every_status_that_a_letter_can_have_has_its_words(way: Journey) -> None:
    from typing import get_args

    from chalicelib import content
    from chalicelib.mail.delivery_events import ReportedStatus
    from chalicelib.mail.letter_rows import FinalStatus

    told = {"owed", "claimed", "cancelled", *get_args(ReportedStatus), *get_args(FinalStatus)}
    assert set(content.review()["letter_status"]) == told


def test_the_version_of_the_templates_is_kept_with_each_letter(way: Journey) -> None:
    way.declare()
    for row in way.store.kinds("letter"):
        if row["status"] == "sent":
            version = templates.version(f"email/{row['letter']}")
            assert row["template_version"] == version
            assert re.fullmatch(r"[0-9a-f]{12}", version)
    assert templates.version("email/eoi_received") in shown(way)


@pytest.mark.parametrize(
    "changed", ["email/probe/body.txt", "email/probe/subject.txt", "email/_base/part.txt"]
)
def test_whatever_a_letter_is_made_from_makes_its_version(
    changed: str, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pathlib import Path

    root = Path(str(tmp_path))
    monkeypatch.setattr(templates, "TEMPLATES", root)
    for folder in ("email/probe", "email/_base"):
        (root / folder).mkdir(parents=True)
    (root / "email/probe/body.txt").write_text('{% include "email/_base/part.txt" %}')
    (root / "email/probe/subject.txt").write_text("s")
    (root / "email/_base/part.txt").write_text("a")
    templates.version.cache_clear()
    before = templates.version("email/probe")
    (root / changed).write_text((root / changed).read_text() + "b")
    templates.version.cache_clear()
    assert templates.version("email/probe") != before
    templates.version.cache_clear()
