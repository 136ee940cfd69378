"""The letters: complete in both languages, the same links everywhere, safe with hostile values."""

import html
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

import gallery
from chalicelib import letters
from chalicelib.languages import Lang
from chalicelib.render import TEMPLATES
from chalicelib.timing import delays

EMAIL = TEMPLATES / "email"
PARTS = {"subject.txt", "body.txt", "body.html"}
HOSTILE = "<script>alert(\"1\")</script> & 'Fils'"
BREAKING = "Table\r\nBcc: eve@example.org\nX: y"


def facts(lang: Lang, org: str) -> dict[str, Any]:
    """Everything that any letter may be told, with one value everywhere a person may type."""
    told = [
        {
            "title": org,
            "rows": [
                {"key": "a", "label": org, "value": org},
                {"key": "b", "label": "B", "table": {"head": [org, "n"], "body": [[org, ""]]}},
            ],
        }
    ]
    moment = datetime(2026, 3, 2, 15, tzinfo=UTC)
    case = SimpleNamespace(
        id="1", ref="DI-2026-4T7KQ-M", app_ref="DF-2026-4T7KQ-M", state="EOI_PENDING", lang=lang,
        org=org, contact_name=org, submitted_at=moment, applied_at=moment,
        apply_by=date(2026, 9, 1),
    )  # fmt: skip
    sender = {"organization": org, "contact_email": "a@example.org", "postal_address": org}
    preview = letters.Letter("eoi_declined", lang, org, org, "")
    result: dict[str, Any] = dict.fromkeys(
        ("title", "summary", "held_back_intro", "disclaimer", "talk"), org
    ) | {
        "score": 8,
        "max": 15,
        "held_back": [{"id": "q1_fit", "label": org}],
        "advice": [org],
        "next_steps": [org],
        "actions": [{"id": "eoi", "label": org}],
    }
    return {
        "case": case, "sender": sender, "answers": told, "eoi_answers": told, "warnings": [org],
        "status_url": "https://example.org/file/a", "review_url": "https://example.org/review/b",
        "apply_url": "https://example.org/fr?invite=c", "undo_url": "https://example.org/review/d",
        "code": "4T7K", "due": date(2026, 3, 23), "staff_name": org, "decided_by": org,
        "decision": "approve", "undo_until": moment, "preview": preview, "revised": True,
        "apply_by": date(2026, 9, 1), "message": org, "reasons": [org], "result": result,
        "confirm_url": "https://example.org/newsletter/confirm/e",
        "cancel_url": "https://example.org/newsletter/unsubscribe/f",
        "unsubscribe_url": "https://example.org/newsletter/unsubscribe/g",
        "preferences_url": "https://example.org/newsletter/preferences/h",
        "link": "https://example.org/coach/i", "coach": org, "published": False, "remarks": org,
        "visitor": {"name": org, "email": "v@example.org", "organization": org, "lang": lang},
        "issue": "2026-03", "version": 2, "subjects": [("fr", org), ("en", org)], "asked_by": org,
        "asked_at": date(2026, 3, 2), "until": date(2026, 9, 1),
        "links": {"eoi": "https://example.org/eoi"}, "reply_by": date(2026, 3, 23),
        "reopen_by": date(2026, 4, 1), "answer": org, "question": org, "why": org,
        "changes": [{"label": org, "before": org, "after": org}], "eoi_url": "https://example.org/eoi",
        "conditions": [{"text": org, "due": date(2026, 9, 1)}], "state_name": org,
        "next_step": org, "old_address": "a@example.org", "new_address": "b@example.org",
        "phone": "514 555-0123", "assigned_by": org,
        "candidates": [{"ref": "DI-2026-4T7KQ-M", "org": org, "state_name": org}],
        "awaited": "conditions", "last": True, "url": "https://example.org/file/k",
        "usual": delays.Usual(12, 30, 40), "days": 5, "owner": org, "more": 2, "more_waiting": 1,
        "failed": 3, "waiting": [{"ref": "DF-2026-4T7KQ-M", "org": org, "state_name": org, "days": 1}],
        "decide": [{"ref": "DI-2026-4T7KQ-M", "org": org, "state_name": org, "days": 5,
                    "url": "https://example.org/review/l", "code": "4T7K"}],
        "files": [{"ref": org, "state_name": org, "url": "https://example.org/file/m"}],
        "step_code": "123456", "what": org, "command": "run it",
        "advice": org, "progress_url": "https://example.org/newsletter/progress/j",
    }  # fmt: skip


def composed(name: str, lang: Lang, org: str) -> letters.Letter:
    given = facts(lang, org)
    needed = letters.LETTERS[name] | {"case", "sender"}
    return letters.compose(name, lang, **{key: given[key] for key in needed})


@pytest.fixture(params=sorted(letters.LETTERS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def links_in_text(text: str) -> set[str]:
    return {found.rstrip(".,;:") for found in re.findall(r"https?://[^\s>]+", text)}


def links_in_html(text: str) -> set[str]:
    found = re.findall(r'href="(https?://[^"]+)"', text)
    return {html.unescape(link) for link in found}


def test_each_letter_has_a_folder_and_each_folder_a_letter() -> None:
    folders = {path.name: path for path in EMAIL.iterdir() if not path.name.startswith("_")}
    assert set(folders) == set(letters.LETTERS)
    for path in folders.values():
        assert {part.name for part in path.iterdir()} == PARTS


def test_each_letter_is_met_on_the_way_through_the_app() -> None:
    assert {name.partition("-")[0] for name in gallery.LETTERS} == set(letters.LETTERS)
    for lang in gallery.LANGS:
        assert set(gallery.letters(lang)) == set(gallery.LETTERS)


def test_the_package_holds_the_templates() -> None:
    vendor = TEMPLATES.parent / "vendor" / "templates"
    assert vendor.is_symlink()
    assert str(vendor.readlink()) == "../templates"


def test_a_letter_says_the_same_links_in_both_languages_and_in_both_parts(name: str) -> None:
    found = [composed(name, lang, "Table de quartier") for lang in gallery.LANGS]
    links = [links for one in found for links in (links_in_text(one.text), links_in_html(one.html))]
    assert all(one == links[0] for one in links), links
    assert found[0].text != found[1].text


@pytest.mark.parametrize("lang", gallery.LANGS)
def test_a_letter_is_whole(name: str, lang: Lang) -> None:
    letter = composed(name, lang, "Table de quartier")
    assert letter.html.count("<h1>") == 1
    assert f'<html lang="{lang}-CA">' in letter.html
    assert letter.subject
    assert "1234" not in letter.subject
    for part in (letter.subject, letter.text, letter.html):
        assert not re.search(r"\bNone\b|\bnull\b|\{\{|\{%|\[\]|\(\)", part)
    assert "\n\n\n" not in letter.text
    assert "\u00a0\u00a0" not in letter.text
    assert "Table de quartier" in letter.text


@pytest.mark.parametrize("lang", gallery.LANGS)
def test_a_letter_escapes_what_people_typed(name: str, lang: Lang) -> None:
    letter = composed(name, lang, HOSTILE)
    assert "<script" not in letter.html
    assert "&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt; &amp; &#39;Fils&#39;" in letter.html
    assert HOSTILE in letter.text
    assert "&lt;" not in letter.text + letter.subject
    assert not re.search(r"<[^>]*\son\w+=", letter.html)


@pytest.mark.parametrize("lang", gallery.LANGS)
def test_a_subject_is_one_line_whatever_the_organization_is_called(name: str, lang: Lang) -> None:
    assert len(composed(name, lang, BREAKING).subject.splitlines()) == 1
    assert len(composed(name, lang, "x" * 5000).subject) <= 250


@pytest.mark.parametrize("lang", gallery.LANGS)
@pytest.mark.parametrize("name", gallery.LETTERS, indirect=True)
def test_letters_as_sent_have_no_gap(name: str, lang: Lang) -> None:
    mail = gallery.letters(lang)[name]
    assert mail.lang == lang
    assert len(mail.subject) <= 120 or gallery.LONG["org_legal_name"] in mail.subject
    assert links_in_html(mail.html) <= links_in_text(mail.text)
    for missing in missing_words(mail.text, lang):
        pytest.fail(f"left in the other language: {missing}")


def missing_words(text: str, lang: Lang) -> Iterator[str]:
    other = {"fr": r"\b(?:Hello|your|decision is)\b", "en": r"\b(?:Bonjour|votre|Décision)\b"}
    yield from re.findall(other[lang], text)


def test_a_fact_that_is_missing_is_an_error() -> None:
    with pytest.raises(TypeError, match="status_url"):
        letters.compose("eoi_received", "fr", answers=[], revised=False)
