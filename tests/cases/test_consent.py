"""What somebody agreed to with a form is kept as it was shown: version, words, time and page."""

import hashlib
from typing import Any

import pytest

import samples
from chalicelib import content
from chalicelib.cases.case import Case
from chalicelib.core.errors import StoreDown
from chalicelib.core.languages import LANGS, Lang
from chalicelib.core.settings import read
from chalicelib.forms import notice
from environment import ENVIRONMENT
from journey import RITA, Journey
from visitor import hidden

SETTINGS = read(ENVIRONMENT)
PAGE = "https://www.example.org/fr/eoi"


def words(way: Journey, text_hash: str) -> str:
    return str(way.store.items[f"NOTICE#{text_hash}", "NOTICE"]["text"])


def sent(way: Journey, form: str = "eoi", **fields: Any) -> Case:
    given = (samples.eoi if form == "eoi" else samples.application)(**fields)
    answer = way.visitor.send(f"/forms/{form}", given, Referer=PAGE)
    assert answer.status_code == 201, answer.body
    way.deliver()
    return way.case(answer.json_body["ref"])


@pytest.mark.parametrize("lang", LANGS)
def test_the_words_that_a_form_showed_are_kept_with_it(way: Journey, lang: Lang) -> None:
    described = way.visitor.get(f"/forms/eoi?lang={lang}").json_body
    case = sent(way, notice=described["notice_hash"])
    consent = (case.consents or {})["eoi"]
    assert consent == {
        "version": content.programme()["privacy_notice"]["id"],
        "text_hash": described["notice_hash"],
        "text_lang": lang,
        "shown": True,
        "at": "2026-03-02T15:00:00.000Z",
        "page": PAGE,
    }
    text = words(way, consent["text_hash"])
    assert hashlib.sha256(text.encode()).hexdigest() == consent["text_hash"]
    boxes = [f for s in described["sections"] for f in s["fields"] if f["key"] == "consent_privacy"]
    assert described["notice"] in text
    assert boxes[0]["label"] in text


def test_the_page_of_relais_sends_back_what_it_shows(way: Journey) -> None:
    page = way.visitor.submit("/forms/eoi", [("lang", "en"), ("org_city", "Laval")]).body.decode()
    shown = hidden(page, "notice")
    pairs = [*samples.as_html(samples.eoi()), ("lang", "en"), ("notice", shown)]
    assert way.visitor.submit("/forms/eoi", pairs).status_code == 303
    (row,) = way.store.kinds("case")
    consent = row["consents"]["eoi"]
    assert (consent["text_hash"], consent["text_lang"], consent["shown"]) == (shown, "en", True)


def test_a_deploy_between_page_and_post_keeps_the_words_that_were_shown(
    way: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A22: what was shown is what is kept, though the notice says something else by now."""
    shown = way.visitor.get("/forms/eoi?lang=fr").json_body["notice_hash"]
    programme = content.programme()
    other = {"id": "privacy-2027-1", "fr": "Tout autre avis.", "en": "Another notice."}
    monkeypatch.setitem(programme, "privacy_notice", other)
    notice._notice.cache_clear()
    try:
        case = sent(way, notice=shown)
        later = sent(way, contact_email="bea@example.org")
    finally:
        notice._notice.cache_clear()
    consent = (case.consents or {})["eoi"]
    assert (consent["version"], consent["text_hash"]) == ("privacy-2026-3", shown)
    assert consent["shown"]
    assert "Tout autre avis" not in words(way, shown)
    now = (later.consents or {})["eoi"]
    assert (now["version"], now["shown"]) == ("privacy-2027-1", False)
    assert words(way, now["text_hash"]).startswith("Tout autre avis.")


@pytest.mark.parametrize("given", ["", "rubbish", "0" * 64, "é" * 64])
def test_a_form_that_names_no_notice_of_ours_is_recorded_as_such(way: Journey, given: str) -> None:
    case = sent(way, notice=given)
    consent = (case.consents or {})["eoi"]
    current = notice.notice("eoi", "fr", SETTINGS)
    assert current is not None
    assert (consent["shown"], consent["text_hash"]) == (False, current.text_hash)
    assert words(way, current.text_hash) == current.text


def test_the_notice_of_another_form_is_not_what_was_shown(way: Journey) -> None:
    shown = way.visitor.get("/forms/application?lang=fr").json_body["notice_hash"]
    assert not (sent(way, notice=shown).consents or {})["eoi"]["shown"]


def test_the_words_are_stored_once_however_many_agree(way: Journey) -> None:
    for number in range(3):
        sent(way, contact_email=f"p{number}@example.org")
    assert len(way.store.kinds("notice")) == 1


def test_an_application_brings_a_consent_of_its_own(way: Journey) -> None:
    case = way.apply()
    assert set(case.consents or {}) == {"eoi", "application"}
    texts = {one["text_hash"] for one in (case.consents or {}).values()}
    assert len(texts) == 2


def test_an_address_of_a_page_with_an_invitation_is_kept_without_it(way: Journey) -> None:
    given = samples.eoi()
    page = "https://www.example.org/fr/application?invite=WyJhIl0.abc"
    answer = way.visitor.send("/forms/eoi", given, Referer=page)
    consent = (way.case(answer.json_body["ref"]).consents or {})["eoi"]
    assert "WyJhIl0" not in consent["page"]


def test_a_form_is_shown_while_the_store_is_out_of_reach(
    way: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(_: object) -> None:
        raise StoreDown("away")

    monkeypatch.setattr(way.store, "commit", down)
    assert way.visitor.get("/forms/eoi").status_code == 200


def test_staff_read_what_was_agreed_to(way: Journey) -> None:
    shown = way.visitor.get("/forms/eoi?lang=fr").json_body["notice_hash"]
    case = sent(way, notice=shown)
    page = way.visitor.page(way.review(RITA)).body.decode()
    assert "privacy-2026-3" in page
    assert "pour étudier votre déclaration et communiquer avec vous" in page
    assert case.answers["consent_privacy"] is True


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("form", ["eoi", "application", "assessment"])
def test_the_notice_names_who_keeps_what_where_for_how_long_and_the_policy(
    form: str, lang: Lang
) -> None:
    text = notice.notice_text(form, lang, "vieprivee@example.org", SETTINGS.privacy_policy(lang))
    place = "in Canada, in Québec" if lang == "en" else "au Canada, au Québec"
    outside = "outside Québec" if lang == "en" else "hors du Québec"
    retention = content.programme()["retention"][form][lang]
    for part in (
        "Amazon Web Services", "ca-central-1", place, outside, retention, "vieprivee@example.org",
        SETTINGS.privacy_policy(lang),
    ):  # fmt: skip
        assert part in text


def test_a_form_that_asks_no_consent_keeps_none() -> None:
    assert notice.notice("assessment", "fr", SETTINGS) is None
    assert notice.notice("message", "fr", SETTINGS) is None
