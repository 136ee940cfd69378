"""What the record of a coach may hold, and what of it the public gets."""

import json
from datetime import date
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from chalicelib.coaches.catalogue import DATE_COLUMNS
from chalicelib.coaches.coach import Coach, public_profile
from chalicelib.coaches.directory.search import Directory
from chalicelib.coaches.directory.snapshot import build, fallback, serialise

ADA: dict[str, Any] = {
    "slug": "ada-cote",
    "first_name": " Ada ",
    "last_name": "Côté",
    "province": "QC",
    "serves": ["QC", "ON", "QC"],
    "modes": "remote",
    "languages": ["fr", "iu"],
    "streams": ["collective_impact"],
    "bio_fr": "Ligne 1\r\nLigne 2\x07",
    "email": "ada.private@EXAMPLE.org",
    "phone": "514 555-0123",
    "rate_note": "180 $ l’heure",
    "availability": "open",
    "status": "published",
    "consent_publication": "2026-01-01",
    "last_verified_at": "2026-02-01",
}


def coach(**more: Any) -> Coach:
    return Coach.model_validate(ADA | more)


def test_a_catalogue_reads_every_day_of_a_coach_as_a_day() -> None:
    days = {
        name
        for name, column in Coach.model_fields.items()
        if date in (column.annotation, *get_args(column.annotation))
    }
    assert set(DATE_COLUMNS) == days


def test_a_coach_is_tidied() -> None:
    ada = coach(last_name="Co\u0302te\u0301", website="example.org/ada")
    assert (ada.first_name, ada.last_name) == ("Ada", "Côté")
    assert ada.bio_fr == "Ligne 1\nLigne 2"
    assert (ada.serves, ada.modes) == (("QC", "ON"), ("remote",))
    assert (ada.email, ada.phone) == ("ada.private@example.org", "+15145550123")
    assert ada.website == "https://example.org/ada"


@pytest.mark.parametrize("name", ["O’Brien", "D'Amours", "Jean-François", "ᐃᓄᒃ", "Nguyễn"])
def test_names_are_kept_as_they_are(name: str) -> None:
    assert coach(last_name=name).last_name == name


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("slug", "Ada Côté", "reference"),
        ("first_name", "12", "name"),
        ("first_name", "Ada\nBcc: x", "one_line"),
        ("province", "QX", "unknown_choice"),
        ("serves", ["QC", "Mars"], "unknown_choice"),
        ("languages", ["xx"], "unknown_choice"),
        ("languages", ["iu"], "official_language"),
        ("streams", ["cooking"], "unknown_choice"),
        ("streams", [], "missing"),
        ("bio_fr", "", "bio_needed"),
        ("bio_fr", "é" * 1_501, "string_too_long"),
        ("photo", "https://example.org/a.jpg", "alt_needed"),
        ("email", "ada@", "email"),
        ("phone", "911", "phone"),
        ("website", "javascript:alert(1)", "url"),
        ("availability", "maybe", "literal_error"),
        ("consent_publication", None, "consent_needed"),
        ("shoe_size", "39", "extra_forbidden"),
    ],
)
def test_a_wrong_value_is_refused(column: str, value: Any, code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        coach(**{column: value})
    assert code in [error["type"] for error in refused.value.errors()]


def test_a_biography_may_be_as_long_as_the_limit() -> None:
    assert coach(bio_fr="e\u0301" * 1_500).bio_fr == "é" * 1_500


def test_nothing_private_is_in_a_profile() -> None:
    text = json.dumps(public_profile(coach()), ensure_ascii=False)
    for private in ("ada.private", "5550123", "180", "2026-0", "published"):
        assert private not in text
    assert public_profile(coach())["contact"] == "form"


def test_an_address_and_a_number_are_shown_when_their_coach_says_so() -> None:
    shown = public_profile(coach(email_public=True, phone_public="yes"))
    assert (shown["contact"], shown["email"]) == ("email", "ada.private@example.org")
    assert shown["phone"] == "+15145550123"


def test_only_the_published_with_consent_are_in_a_snapshot() -> None:
    others = [
        coach(slug="draft", status="draft"),
        coach(slug="gone", status="archived", consent_publication=None),
    ]
    snapshot = build([coach(), *others])
    assert [row["slug"] for row in snapshot["rows"]] == ["ada-cote"]
    assert snapshot["version"] == build([coach()])["version"]


def test_nothing_private_is_anywhere_in_a_snapshot_or_the_fallback() -> None:
    snapshot = build([coach()])
    for text in (json.dumps(snapshot), json.dumps(fallback(snapshot))):
        for private in ("ada.private", "5550123", "180 $", "2026-0"):
            assert private not in text


def test_a_snapshot_is_the_same_whatever_the_order_and_new_with_any_change() -> None:
    bo = coach(slug="bo-roy", last_name="Roy")
    assert serialise(build([coach(), bo])) == serialise(build([bo, coach()]))
    assert build([coach()])["version"] != build([coach(city="Lévis")])["version"]


def test_a_page_says_when_a_biography_is_in_the_other_language() -> None:
    directory = Directory.load(serialise(build([coach()])))
    french, english = directory.coach("ada-cote", "fr"), directory.coach("ada-cote", "en")
    assert french is not None
    assert english is not None
    assert "bio_note" not in french
    assert (english["bio"], english["bio_lang"]) == ("Ligne 1\nLigne 2", "fr")
    assert english["bio_note"] == "This biography is available in French only."
    assert english["labels"]["streams"] == {"collective_impact": "Collective Impact"}
    assert directory.coach("nobody", "fr") is None


def test_an_empty_directory_answers() -> None:
    directory = Directory.load(serialise(build([])))
    assert directory.search("ada", day="2026-01-01")["total"] == 0
    assert directory.search(day="2026-01-01")["results"] == []
    assert directory.coach("ada-cote", "fr") is None
