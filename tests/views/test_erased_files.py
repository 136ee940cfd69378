"""Whatever link of an erased file is opened or posted to, it says so in words."""

import pytest

import samples
from chalicelib.cases.case import Case
from chalicelib.core.records import stamp
from journey import ADA, RITA, SAM, Journey
from visitor import token

NEW = "ada@new.example.org"


def erase(way: Journey, case: Case) -> None:
    """Let the time of an ended file pass, and the sweep empty it."""
    clock = way.store.items[case.key[0], "CLOCK#R"]
    clock |= {"due_at": stamp(way.clock()), "since": "2024-02-01", "until": "2026-02-01"}
    for _ in range(6):
        way.service.mail.outbox.sweep()
    assert way.again(case).state == "ANONYMISED"
    assert not way.store.rows(case.key[0], "LETTER#")


@pytest.fixture
def links(way: Journey) -> dict[str, str]:
    """The paths of every kind of link to one file, which is erased by now."""
    told = way.visitor.send("/forms/eoi", samples.eoi()).json_body
    found = {"standing": told["links"]["status"].removeprefix(way.service.settings.public_url)}
    way.deliver()
    case = way.case(told["ref"])
    found["review"] = way.review(SAM)
    way.decide(RITA, decision="approve")
    way.deliver()
    found["undo"] = f"/review/{token(way.letters(RITA, 'undo')[-1], 'review')}"
    way.after_undo()
    invite = way.invite()
    found["invitation"] = f"/forms/application?invite={invite}"
    found["file"] = way.own()
    way.do(found["file"], action="correct", address=NEW)
    way.deliver()
    found["address"] = way.own(NEW)
    way.visitor.send("/forms/application", samples.application(ref=case.ref, fid_city="Laval"))
    way.visitor.send("/forms/eoi", samples.eoi(org_city="Laval"))
    way.deliver()
    claims = [text for text in way.letters(ADA, "/file/") if "demande" in text]
    found["claim"] = f"/file/{token(claims[-1], 'file')}"
    found["declaration"] = (
        f"/declaration/{token(way.letters(ADA, '/declaration/')[-1], 'declaration')}"
    )
    way.do(found["file"], "?do=withdraw", action="withdraw")
    erase(way, case)
    return found


KINDS = ("standing", "review", "undo", "invitation", "file", "address", "claim", "declaration")


def test_every_link_of_an_erased_file_answers_410_in_words(
    way: Journey, links: dict[str, str]
) -> None:
    assert set(links) == set(KINDS)
    before = {key: dict(row) for key, row in way.store.items.items() if key[0].startswith("CASE#")}
    for kind, path in links.items():
        page = way.visitor.page(path)
        assert page.status_code == 410, kind
        assert "Ce dossier a été effacé" in page.body.decode(), kind
        script = way.visitor.get(path)
        assert script.status_code == 410, kind
        assert "file_erased" in script.body.decode(), kind
        fields = [("action", "confirm"), ("decision", "approve"), ("confirm", "on"), ("nonce", "x"),
                  ("choice", "replace")]  # fmt: skip
        if kind != "invitation":
            assert way.visitor.submit(path, fields).status_code == 410, kind
    given = samples.application(invite=links["invitation"].partition("=")[2])
    assert way.visitor.send("/forms/application", given).status_code == 410
    after = {key: row for key, row in way.store.items.items() if key[0].startswith("CASE#")}
    assert after == before, "an erased file stays empty"
